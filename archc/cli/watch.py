"""`archc watch`: the text and its picture side by side in a browser, as the file is saved or as one types."""

from __future__ import annotations

from importlib.util import find_spec

import click

from .complete import NETWORK
from .face import Command, Face, file_of, inputs_of, network_options, settings_of


@click.command("watch", cls=Command)
@click.argument("file", type=NETWORK)
@network_options
@click.option("--network", metavar="NAME", help="Which network of the file is shown first; the page can show another.")
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Where the page is.  [default: any that is free]")
@click.option("--open", "opens", is_flag=True, help="Open the page in the browser.")
@click.pass_obj
def command(
    face: Face, file: str, settings: tuple[str, ...], inputs: tuple[str, ...], network: str | None, port: int, opens: bool
) -> int:  # fmt: skip
    """Show the text, its picture, costs and errors on a page of this machine, which follows every save; edits there are written when asked."""
    import asyncio

    from ..compiler.driver import networks_of
    from ..compiler.files.locate import find
    from ..compiler.files.system_errors import at
    from ..compiler.ops.suggest import closest, did_you_mean
    from ..reporting.error import ArchError

    if find_spec("websockets") is None:
        from ..base.diagnostics import Diagnostic

        lacks = Diagnostic("F616", "`archc watch` needs the package `websockets`", at(file), help="`pip install 'archc[watch]'`")
        raise ArchError((lacks,))
    if file == "-":
        raise click.UsageError("standard input is read once, and nothing follows it: name the file")
    from ..live.answers import Writing
    from ..live.saved import saved
    from ..live.server import PortTaken, Server

    file = file_of(face, file)
    target = find(file)
    trouble = saved(target).trouble
    if trouble is not None:
        raise ArchError((trouble,))
    if network is not None and network not in (known := networks_of(file)):
        near = did_you_mean(closest(network, known)) or f"it has {', '.join(known) or 'none'}"
        raise click.BadParameter(f"`{target.name}` has no network `{network}`; {near}", param_hint="--network")
    face.took(file)

    def opened(url: str) -> None:
        face.result(url)
        face.tell(f"{target.name}: the page follows each save; Ctrl-C ends it")
        if opens:
            import webbrowser

            webbrowser.open(url)

    server = Server(target, Writing(file, settings_of(settings), inputs_of(inputs), network or target.network or ""), face.bug)
    try:
        asyncio.run(server.run(port, opened))
    except PortTaken as error:
        raise click.BadParameter(
            f"{port} cannot be listened at ({error}); without `--port` one that is free is taken", param_hint="--port"
        ) from None
    except KeyboardInterrupt:
        face.tell("ended")
    return 0
