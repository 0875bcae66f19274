"""The server of `archc watch`: one page on this machine, and a socket for each tab that shows it."""

from __future__ import annotations

import asyncio
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import field, replace
from functools import partial
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from ..base.diagnostics import Diagnostic
from ..base.records import dataclass
from ..compiler.files.locate import LARGEST_FILE, LIBRARY, Imports, Target
from ..compiler.files.system_errors import of_system
from ..reporting.error import ArchError
from ..reporting.terminal import to_data
from .answers import FORMATS, HELP, Json, Wanted, Writing
from .gate import LOOPBACK, Gate
from .page import assets
from .saved import Saved, Stamp, save, saved, stamps

if TYPE_CHECKING:
    from websockets.asyncio.server import ServerConnection
    from websockets.http11 import Request, Response

EVERY = 0.1
"""Seconds between two looks at the disk. A file counts as written when two of them see the same."""

Result = TypeVar("Result")

UNKNOWN: Stamp = (-1, -1, -1)

LARGEST_MESSAGE = 8 * LARGEST_FILE  # a letter may take six characters of JSON

SILENT = logging.getLogger("archc.live.silent")
SILENT.disabled = True  # a stranger's request is refused, and is no news


class PortTaken(Exception):
    """Another program listens there."""


@dataclass(eq=False)
class Tab:
    """One page that is looked at. Only what it asked last is answered: who types does not wait for what was."""

    socket: ServerConnection
    writing: Writing
    asked: Json | None = None
    changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def send(self, message: Json) -> None:
        from websockets.exceptions import ConnectionClosed

        with suppress(ConnectionClosed):
            await self.socket.send(json.dumps(message))


@dataclass(eq=False)
class Server:
    """The file, what the disk says of it, and the tabs."""

    target: Target
    writing: Writing
    bug: Callable[[BaseException], None]
    disk: Saved = field(init=False)
    tabs: set[Tab] = field(default_factory=set)
    thread: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "archc"))
    """One text at a time is worked out: more would each be slower."""
    beside: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "help"))

    def __post_init__(self) -> None:
        self.disk = saved(self.target)

    async def run(self, port: int, opened: Callable[[str], None]) -> None:
        """Serves until it is cancelled; `opened` is told the address. Raises `PortTaken`."""
        from websockets.asyncio.server import serve

        gate = Gate(port)
        try:
            listening = await serve(
                self._tab,
                LOOPBACK,
                port,
                process_request=partial(_answered, gate),
                max_size=LARGEST_MESSAGE,
                logger=SILENT,
                close_timeout=1,
            )
        except OSError as error:
            raise PortTaken(str(error)) from error
        gate.port = listening.sockets[0].getsockname()[1]
        try:
            async with listening:
                opened(gate.url)
                await self._follow()
        finally:
            for thread in (self.thread, self.beside):
                thread.shutdown(wait=False, cancel_futures=True)

    # ---------------------------------------------------------------------------------------------- the disk

    async def _follow(self) -> None:
        """Looks at the file and at those that took part in the answers, for ever, and tells the tabs."""
        loop = asyncio.get_running_loop()
        known: dict[str, Stamp] = {}
        before: dict[str, Stamp] = {}
        while True:
            now = await loop.run_in_executor(None, stamps, {self.target.path, *self._others()})
            settled = {path: stamp for path, stamp in now.items() if path in before and before[path] == stamp}
            # One that is met for the first time may have been written, or deleted, after it was read.
            met = {self.target.path: UNKNOWN} | known
            changed = {path for path, stamp in settled.items() if met.get(path) != stamp}
            known |= settled
            before = now
            if self.target.path in changed:
                await self._told(await loop.run_in_executor(None, saved, self.target))
            if changed - {self.target.path}:
                await self._all({"part": "import"})
            await asyncio.sleep(EVERY)

    def _others(self) -> set[str]:
        """What the file imports, or would if it were there. The library of archc does not change."""
        rows = [tab.writing.imports for tab in self.tabs]
        paths = {path for row in rows for path in (*row.paths.values(), *row.sought)} - {self.target.path}
        return {path for path in paths if os.path.dirname(path) != LIBRARY}

    async def _told(self, disk: Saved) -> None:
        if disk != self.disk:
            self.disk = disk
            await self._all(self._file())

    async def _all(self, message: Json) -> None:
        await asyncio.gather(*(tab.send(message) for tab in self.tabs))

    def _file(self) -> Json:
        trouble = [self.disk.trouble] if self.disk.trouble is not None else []
        return {
            "part": "file", "name": self.target.name, "text": self.disk.text, "version": self.disk.version, "shipped": self.target.is_shipped,
            "diagnostics": to_data(trouble)["diagnostics"],
        }  # fmt: skip

    # ---------------------------------------------------------------------------------------------- the tabs

    async def _tab(self, socket: ServerConnection) -> None:
        from websockets.exceptions import ConnectionClosed

        tab = Tab(socket, replace(self.writing, imports=Imports()))
        self.tabs.add(tab)
        answering = asyncio.create_task(self._answering(tab))
        try:
            await tab.send(self._file())
            async for text in socket:
                await self._heard(tab, json.loads(text))
        except ConnectionClosed:
            pass
        finally:
            self.tabs.discard(tab)
            answering.cancel()

    async def _heard(self, tab: Tab, message: Json) -> None:
        if message.get("do") == "ask":
            tab.asked = message
            tab.changed.set()
        elif message.get("do") == "save":
            over = message.get("over")
            await self._save(tab, str(message.get("text", "")), over if isinstance(over, str) else None)
        elif message.get("do") in HELP:
            await self._help(tab, message)
        elif message.get("do") == "draw" and message.get("form") in FORMATS:
            await self._draw(tab, message)

    async def _save(self, tab: Tab, text: str, over: str | None) -> None:
        try:
            disk = await asyncio.get_running_loop().run_in_executor(None, save, self.target, text, over)
        except ArchError as error:
            await tab.send({"part": "unsaved", "diagnostics": to_data(error.diagnostics)["diagnostics"]})
            return
        if disk is None:
            await self._told(saved(self.target))
            await tab.send({"part": "elsewhere"})
            return
        await tab.send({"part": "saved", "version": disk.version})
        await self._told(disk)

    async def _draw(self, tab: Tab, message: Json) -> None:
        form = str(message["form"])
        work = partial(tab.writing.drawn, str(message.get("text", "")), Wanted.of(message), form)
        made = await self._worked_out(work)
        if isinstance(made, bytes):
            await tab.send({"part": "drawn", "form": form, "text": made.decode("utf-8")})
        else:
            await tab.send({"part": "undrawn", **_refused(made)})

    async def _help(self, tab: Tab, message: Json) -> None:
        """At once, beside the answers: who types waits for no picture."""
        offset = message.get("offset")
        work = partial(tab.writing.help, str(message["do"]), str(message.get("text", "")), offset if isinstance(offset, int) else 0)
        found = await self._worked_out(work, self.beside)
        await tab.send({"part": "help", "asked": message.get("asked"), "found": {} if isinstance(found, tuple) else found})

    async def _answering(self, tab: Tab) -> None:
        """Answers what the tab asked last, part by part; a newer question ends an answer between two parts."""
        while True:
            await tab.changed.wait()
            tab.changed.clear()
            asked = tab.asked or {}
            number, text = asked.get("number"), str(asked.get("text", ""))
            parts = tab.writing.answers(text, Wanted.of(asked))
            while not tab.changed.is_set():
                part = await self._worked_out(partial(_next, parts))
                if isinstance(part, tuple):
                    part = {"part": "refused", **_refused(part)}
                await tab.send({**part, "number": number})
                if part["part"] in ("done", "refused"):
                    break

    async def _worked_out(self, work: Callable[[], Result], thread: ThreadPoolExecutor | None = None) -> Result | tuple[Diagnostic, ...]:
        """The result of some work in a thread. What the system refuses, and what archc does wrong, is told; the server goes on."""
        try:
            return await asyncio.get_running_loop().run_in_executor(thread or self.thread, work)
        except ArchError as error:
            return error.diagnostics
        except Exception as error:
            known = of_system(error, self.target.name)
            if known is not None:
                return (known,)
            self.bug(error)
            return ()


def _refused(diagnostics: tuple[Diagnostic, ...]) -> Json:
    """Why there is no answer; without a diagnostic it is archc that has failed."""
    return {"diagnostics": to_data(diagnostics)["diagnostics"], **({} if diagnostics else {"bug": "the terminal tells more"})}


def _next(parts: Iterator[Json]) -> Json:
    return next(parts, {"part": "done"})


# ------------------------------------------------------------------------------------------------ the page


def _answered(gate: Gate, connection: ServerConnection, request: Request) -> Response | None:
    """The answer to a request; None where a tab may open its socket."""
    from websockets.datastructures import Headers
    from websockets.http11 import Response

    headers: Mapping[str, list[str]] = {name: request.headers.get_all(name) for name in ("Host", "Origin")}
    asked = gate.admits(request.path, headers)
    if asked is None:
        return connection.respond(HTTPStatus.FORBIDDEN, "The address that `archc watch` printed is the only one.\n")
    if asked == "socket":
        return None
    found = assets().get(asked or "index.html")
    if found is None:
        return connection.respond(HTTPStatus.NOT_FOUND, "There is no such file.\n")
    kind, data = found
    headers_of = {
        "Content-Type": kind,
        "Content-Length": str(len(data)),
        "Content-Security-Policy": gate.policy,
        "Cache-Control": "no-store",
        "Connection": "close",
        "Referrer-Policy": "no-referrer",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
    }
    return Response(HTTPStatus.OK, HTTPStatus.OK.phrase, Headers(headers_of), data)
