"""The server of `archc watch`, spoken to as a page speaks, and as a stranger does."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from archc.compiler.files.locate import find
from archc.live.answers import Writing
from archc.live.server import PortTaken, Server

pytest.importorskip("websockets")

TEXT = "network n {\n  input x[3, 8, 8]\n  relu\n}\n"
LIMIT = 60


class Page:
    """A tab, as the script sees it."""

    def __init__(self, socket: Any) -> None:
        self.socket = socket

    async def until(self, *parts: str) -> Any:
        """The next message of one of these kinds."""
        while True:
            message = json.loads(await asyncio.wait_for(self.socket.recv(), LIMIT))
            if message["part"] in parts:
                return message

    async def send(self, **message: object) -> None:
        await self.socket.send(json.dumps(message))


Talk = Callable[[str, Callable[[], Awaitable[Page]]], Awaitable[None]]


def talk(file: Path | str, speak: Talk, bug: Callable[[BaseException], None] | None = None) -> None:
    """Starts a server, lets someone speak with it, and ends it."""
    from websockets.asyncio.client import connect

    def fail(error: BaseException) -> None:
        raise AssertionError from error

    async def run() -> None:
        url: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        server = Server(find(str(file)), Writing(str(file)), bug or fail)
        serving = asyncio.create_task(server.run(0, url.set_result))
        address = await asyncio.wait_for(url, LIMIT)
        pages: list[Any] = []

        async def page() -> Page:
            socket = await connect(f"{address.replace('http', 'ws')}socket", origin=address.split("/", 3)[0] + "//" + address.split("/")[2])  # type: ignore[arg-type]
            pages.append(socket)
            return Page(socket)

        try:
            await speak(address, page)
        finally:
            for socket in pages:
                await socket.close()
            serving.cancel()
            with pytest.raises(asyncio.CancelledError):
                await serving

    asyncio.run(run())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "n.arch"
    path.write_text(TEXT, encoding="utf-8")
    return path


async def asked(url: str, **headers: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body of a plain request."""
    _, _, place, path = url.split("/", 3)
    host, port = place.split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    rows = {"Host": place, **headers}
    lines = [f"GET /{path} HTTP/1.1", *(f"{name}: {value}" for name, value in rows.items()), "", ""]
    writer.write("\r\n".join(lines).encode())
    answer = await asyncio.wait_for(reader.read(), LIMIT)
    writer.close()
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *told = head.decode().split("\r\n")
    return int(first.split()[1]), {name.lower(): value for name, _, value in (line.partition(": ") for line in told)}, body


def test_a_stranger_is_refused_and_the_page_asks_nothing_of_others(file: Path) -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        root = url.rsplit("/", 2)[0]
        for address in (f"{root}/", f"{root}/socket", f"{root}/x/", f"{root}/x/socket", f"{root}/favicon.ico"):
            status, _, body = await asked(address)
            assert status == 403
            assert b"network" not in body
        assert (await asked(url, Host="evil.example"))[0] == 403
        upgrade = {
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
        }
        assert (await asked(f"{url}socket", Origin="http://evil.example", **upgrade))[0] == 403
        assert (await asked(f"{url}nothing.js"))[0] == 404
        assert (await asked(f"{url}../../../pyproject.toml"))[0] == 404
        status, headers, body = await asked(url)
        assert status == 200
        assert b'src="watch.js"' in body
        assert "default-src 'none'" in headers["content-security-policy"]
        assert (headers["referrer-policy"], headers["cache-control"]) == ("no-referrer", "no-store")
        assert b"http://" not in body
        assert b"https://" not in body
        for name in ("watch.js", "elements.js", "page.css"):
            assert (await asked(f"{url}{name}"))[0] == 200

    talk(file, speak)


def test_a_save_is_told_to_every_tab_and_an_import_too(file: Path) -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        one, two = await page(), await page()
        assert (await one.until("file"))["text"] == TEXT
        await two.until("file")
        file.write_text(f"from far import far\n{TEXT}", encoding="utf-8")
        for tab in (one, two):
            assert (await tab.until("file"))["text"].startswith("from far")
        await one.send(do="ask", number=7, text=f"from far import far\n{TEXT}")
        found = await one.until("check")
        assert found["number"] == 7
        assert found["diagnostics"][0]["code"].startswith("E")
        file.with_name("far.arch").write_text("block far { relu }\n", encoding="utf-8")
        await one.until("import")

    talk(file, speak)


def test_the_file_is_deleted_and_comes_back(file: Path) -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        tab = await page()
        await tab.until("file")
        file.unlink()
        gone = await tab.until("file")
        assert gone["text"] is None
        assert gone["diagnostics"][0]["code"] == "F611"
        file.write_text("# back\n", encoding="utf-8")
        assert (await tab.until("file"))["text"] == "# back\n"
        file.write_bytes(b"\xff")
        assert (await tab.until("file"))["diagnostics"][0]["code"] == "F613"

    talk(file, speak)


def test_a_tab_writes_and_the_other_that_did_not_see_it_is_told(file: Path) -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        one, two = await page(), await page()
        version = (await one.until("file"))["version"]
        await two.until("file")
        await one.send(do="save", text="# one\n", over=version)
        assert (await one.until("saved"))["version"] == (await two.until("file"))["version"]
        assert file.read_text(encoding="utf-8") == "# one\n"
        await two.send(do="save", text="# two\n", over=version)
        await two.until("elsewhere")
        assert file.read_text(encoding="utf-8") == "# one\n"
        await two.send(do="save", text="# two\n", over=None)
        await two.until("saved")
        assert file.read_text(encoding="utf-8") == "# two\n"

    talk(file, speak)


def test_a_file_that_cannot_be_written_is_told_with_its_code() -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        tab = await page()
        state = await tab.until("file")
        assert state["shipped"]
        await tab.send(do="save", text="", over=state["version"])
        assert (await tab.until("unsaved"))["diagnostics"][0]["code"] == "F615"

    talk("resnet18", speak)


def test_a_place_in_the_text_is_told_about_beside_the_answers(file: Path) -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        tab = await page()
        await tab.send(do="ask", number=1, text=TEXT)
        await tab.until("done")
        await tab.send(do="hover", asked=5, text=TEXT, offset=TEXT.index("input") + 1)
        told = await tab.until("help")
        assert told["asked"] == 5 and told["found"]["text"]
        await tab.send(do="offers", asked=6, text=TEXT, offset="x")
        assert (await tab.until("help"))["found"]["offers"]

    talk(file, speak)


def test_only_the_last_question_is_answered_to_its_end(file: Path) -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        tab = await page()
        for number in range(20):
            await tab.send(do="ask", number=number, text=TEXT)
        done = await tab.until("done")
        while done["number"] != 19:
            done = await tab.until("done")
        await tab.send(do="draw", form="dot", text=TEXT)
        assert (await tab.until("drawn"))["text"].startswith("digraph")
        await tab.send(do="draw", form="svg", text="network")
        assert (await tab.until("undrawn"))["diagnostics"][0]["severity"] == "error"

    talk(file, speak)


def test_a_failure_of_archc_is_told_and_the_server_goes_on(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from archc.compiler import driver

    seen: list[BaseException] = []

    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        tab = await page()
        with monkeypatch.context() as broken:
            broken.setattr(driver, "check_all", lambda *_, **__: 1 / 0)
            await tab.send(do="ask", number=1, text=TEXT)
            assert (await tab.until("refused"))["bug"] == "the terminal tells more"
            await tab.send(do="draw", form="svg", text=TEXT)
            assert (await tab.until("undrawn"))["bug"] == "the terminal tells more"
        await tab.send(do="ask", number=2, text=TEXT)
        await tab.until("picture")
        assert [type(error) for error in seen] == [ZeroDivisionError, ZeroDivisionError]

    talk(file, speak, seen.append)


def test_a_port_that_is_taken_is_told(file: Path) -> None:
    async def speak(url: str, page: Callable[[], Awaitable[Page]]) -> None:
        port = int(url.split(":")[2].split("/")[0])
        with pytest.raises(PortTaken):
            await Server(find(str(file)), Writing(str(file)), print).run(port, print)

    talk(file, speak)
