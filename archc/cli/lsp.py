"""`archc lsp`: the language server for editors."""

from __future__ import annotations

from importlib.util import find_spec

import click

from .face import Command, Face


@click.command("lsp", cls=Command)
@click.option("--stdio", is_flag=True, help="Speak over standard input and output; it is what happens anyway.")
@click.pass_obj
def command(face: Face, stdio: bool) -> int:
    """Answer an editor over standard input and output, as the Language Server Protocol has it. Editors start it; docs/editors.md tells how."""
    if find_spec("pygls") is None:
        from ..base.diagnostics import Diagnostic
        from ..compiler.files.system_errors import at
        from ..reporting.error import ArchError

        lacks = Diagnostic("F616", "`archc lsp` needs the package `pygls`", at("archc lsp"), help="`pip install 'archc[lsp]'`")
        raise ArchError((lacks,))
    from ..lsp.serving import made, quiet

    quiet()
    made().start_io()
    return 0
