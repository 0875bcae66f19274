"""`archc mcp`: archc as tools for agents."""

from __future__ import annotations

from importlib.util import find_spec

import click

from .face import Command


@click.command("mcp", cls=Command)
def command() -> None:
    """Serve check, cost, draw, sizes, fit and explain to an agent, over the Model Context Protocol on standard input and output."""
    if find_spec("mcp") is None:
        from ..base.diagnostics import Diagnostic
        from ..compiler.files.system_errors import at
        from ..reporting.error import ArchError

        lacks = Diagnostic("F616", "`archc mcp` needs the package `mcp`", at("mcp"), help="`pip install 'archc[mcp]'`")
        raise ArchError((lacks,))
    from ..agents.server import server

    server().run("stdio")
