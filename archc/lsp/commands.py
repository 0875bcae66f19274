"""What a line over each network offers: its costs and its picture, the choice of the network that answers are about, a build."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from functools import partial

from lsprotocol import types

from ..compiler.driver import Checked
from ..editor import describe, outline
from ..reporting.error import ArchError
from .desk import Desk

DRAW, SHOW, COST, BUILD, CHOOSE = "archc.draw", "archc.showPicture", "archc.cost", "archc.build", "archc.choose"


def install(server: Desk) -> None:
    """The line over each network, and its commands. All take the address of a file and the name of a network in it ("": the chosen one)."""

    @server.feature(types.TEXT_DOCUMENT_CODE_LENS)
    async def lenses(desk: Desk, params: types.CodeLensParams) -> list[types.CodeLens]:
        uri = params.text_document.uri
        answer = await desk.answer(uri)
        index = desk.answers.index(desk.path(uri))
        found: list[types.CodeLens] = []
        several = len(answer.networks) > 1
        for network in outline.networks(index) if index is not None else []:
            name = network.name.name
            totals = await desk.checks.aside(partial(describe.totals, answer, name))
            if not totals:
                continue
            place = desk.units.range(network.name.span)
            shown = answer.program is not None and answer.program.name == name
            rows = [(totals, COST), ("draw", SHOW), ("build", BUILD)]
            rows += [("shapes shown" if shown else "show its shapes", CHOOSE)] if several else []
            found += [types.CodeLens(place, types.Command(title, command, arguments=[uri, name])) for title, command in rows]
        return found

    @server.command(DRAW)
    async def draw(desk: Desk, uri: str, network: str) -> dict[str, object]:
        """The picture as the text of an SVG, or what is wrong."""
        return await _drawn(desk, uri, network)

    @server.command(SHOW)
    async def show(desk: Desk, uri: str, network: str) -> dict[str, object]:
        """The picture in a file, which the editor is asked to show."""
        made = await _drawn(desk, uri, network)
        if isinstance(made.get("svg"), str):
            folder = os.path.join(tempfile.gettempdir(), f"archc-{os.getpid()}")
            os.makedirs(folder, mode=0o700, exist_ok=True)
            path = os.path.join(folder, f"{made['network']}.svg")
            with open(path, "w", encoding="utf-8") as stream:
                stream.write(str(made["svg"]))
            made["file"] = path
            desk.window_show_document(types.ShowDocumentParams(desk.uri(path), external=True))
        else:
            desk.window_show_message(types.ShowMessageParams(types.MessageType.Error, str(made["error"])))
        return made

    @server.command(COST)
    async def cost(desk: Desk, uri: str, network: str) -> dict[str, object]:
        """The table of costs as text."""
        from ..compiler.analysis.cost import cost

        checked = await _network(desk, uri, network)
        return {"text": await desk.checks.aside(lambda: str(cost(checked.graph)))} if checked is not None else {"error": _NONE}

    @server.command(BUILD)
    async def build(desk: Desk, uri: str, network: str) -> dict[str, object]:
        """`archc build` of the file as it is saved; what it says is shown when it is done."""
        path = desk.path(uri)
        word = f"{path}:{network}" if network else path
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "archc", "build", word, cwd=os.path.dirname(path), stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
        )  # fmt: skip
        said = (await process.communicate())[0].decode("utf-8", "replace").strip()
        kind = types.MessageType.Error if process.returncode else types.MessageType.Info
        desk.window_show_message(types.ShowMessageParams(kind, said or f"built {word}"))
        return {"status": process.returncode, "text": said}

    @server.command(CHOOSE)
    def choose(desk: Desk, uri: str, network: str) -> dict[str, object]:
        """Hover and hints are about this network from now on."""
        desk.answers.chosen[desk.path(uri)] = network
        desk.checks.again()
        capabilities = desk.client_capabilities.workspace
        if capabilities is not None and capabilities.inlay_hint is not None and capabilities.inlay_hint.refresh_support:
            desk.workspace_inlay_hint_refresh(None)
        if capabilities is not None and capabilities.code_lens is not None and capabilities.code_lens.refresh_support:
            desk.workspace_code_lens_refresh(None)
        return {"network": network}


_NONE = "the text has errors, or no such network"


async def _network(desk: Desk, uri: str, network: str) -> Checked | None:
    answer = await desk.answer(uri)
    return answer.checked(network) if network else answer.network


async def _drawn(desk: Desk, uri: str, network: str) -> dict[str, object]:
    from ..compiler.draw import Options
    from ..compiler.draw.inline import svg

    checked = await _network(desk, uri, network)
    if checked is None or checked.program is None:
        return {"error": _NONE}
    try:
        return {"network": checked.program.name, "svg": await desk.checks.aside(lambda: svg(checked.graph, Options()))}
    except ArchError as error:  # too many boxes, say
        return {"network": checked.program.name, "error": str(error)}
