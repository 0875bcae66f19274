"""`archc fmt`: the one layout."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .complete import NETWORK
from .face import NOT_READ, Command, Face

if TYPE_CHECKING:
    from ..base.source import Source


@click.command("fmt", cls=Command)
@click.argument("files", type=NETWORK, nargs=-1, required=True, metavar="FILE...")
@click.option("--check", is_flag=True, help="Change nothing; exit with 1 where something would change.")
@click.option("--diff", is_flag=True, help="Change nothing; print what would change.")
@click.pass_obj
def command(face: Face, files: tuple[str, ...], check: bool, diff: bool) -> int:
    """Give files the one layout: two spaces a level, one statement a line. What a file means never changes. `-`: standard input to output."""
    from ..base.diagnostics import Diagnostic
    from ..compiler.files.locate import find, read
    from ..compiler.files.model_names import is_source
    from ..compiler.files.write import rewrite
    from ..dsl.format.printer import format_source
    from ..dsl.parser.parse import parse

    status = changed = 0
    for file in files:
        if is_source(file):
            raise click.BadParameter(
                f"`{file}` is a model, whose text is laid out as it is imported; name a file of yours", param_hint="FILE"
            )
        target = find(file)
        if target.is_shipped:
            raise click.BadParameter(f"`{file}` comes with archc; name a file of yours", param_hint="FILE")
        source = read(target)
        problems = (source,) if isinstance(source, Diagnostic) else parse(source)[1]
        if isinstance(source, Diagnostic) or any(row.is_error for row in problems):
            face.diagnostics(problems)
            status = max(status, 2 if any(row.code in NOT_READ for row in problems) else 1)
            continue
        text = format_source(source)
        if file == "-" and not check and not diff:
            face.result(text.encode())  # a file's bytes, whatever the terminal can show
            changed += 1
            continue
        if text == source.text:
            continue
        changed += 1
        if diff:
            face.result(_difference(source, text).encode())
        if check or diff:
            face.tell(f"{target.name}: would change")
        elif rewrite(target.path, text):
            face.tell(f"{target.name}: changed")
        else:
            face.tell(f"{target.name}: is no file that could be changed")
    if not status and not changed:
        face.tell(f"{len(files)} file{'s' if len(files) > 1 else ''}: nothing to change")
    return status or int(check and changed > 0)


def _difference(source: Source, text: str) -> str:
    from difflib import unified_diff

    before, after = source.text.splitlines(), text.splitlines()
    return "".join(f"{line}\n" for line in unified_diff(before, after, source.name, f"{source.name} (laid out)", lineterm=""))
