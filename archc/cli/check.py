"""`archc check`: what is wrong, and nothing else. It must start quickly: no torch, no networkx."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from .complete import NETWORK
from .face import NOT_READ, Command, Face, file_of, inputs_of, network_options, observer, settings_of

if TYPE_CHECKING:
    from ..base.diagnostics import Diagnostic
    from ..compiler.driver import Checked

PASSES = 4
"""How often edits are made at most: one may bring to light what the next one puts right."""


@click.command("check", cls=Command)
@click.argument("files", type=NETWORK, nargs=-1, required=True, metavar="FILE...")
@network_options
@click.option(
    "--format", "form", type=click.Choice(["text", "short", "json"]), default="text", help="short: one line each, as editors read it."
)
@click.option("--deny", type=click.Choice(["warnings"]), help="Count warnings as errors.")
@click.option("--fix", is_flag=True, help="Make the edits that are known to put things right.")
@click.pass_obj
def command(
    face: Face, files: tuple[str, ...], settings: tuple[str, ...], inputs: tuple[str, ...], form: str, deny: str | None, fix: bool
) -> int:
    """Parse, elaborate and check; print what is wrong. `-` is standard input."""
    from ..compiler.driver import check_all, in_order
    from ..compiler.importer.in_place import left_to_give

    if fix and "-" in files:
        raise click.UsageError("`--fix` changes files, and standard input is none: name the file")
    values, shapes = settings_of(settings), inputs_of(inputs)
    texts = [(file_of(face, file, shapes), left_to_give(file, shapes)) for file in files]
    found = [row for file, given in texts for row in check_all(file, settings=values, inputs=given, observe=observer(face))]
    for text, _ in texts:
        face.took(text)
    passes = PASSES if fix else 0
    while passes and _fixed(face, found):
        passes -= 1
        found = [row for file, given in texts for row in check_all(file, settings=values, inputs=given)]
    rows = in_order(row for checked in found for row in checked.diagnostics)
    if form == "text":
        face.diagnostics(rows)
        _summary(face, found, rows)
    else:
        from ..reporting.terminal import to_json, to_short

        face.result(to_json(rows) if form == "json" else to_short(rows))
    if any(row.code in NOT_READ for row in rows):
        return 2
    return int(any(row.is_error or deny for row in rows))


def _summary(face: Face, found: list[Checked], rows: Sequence[Diagnostic]) -> None:
    from ..compiler.ops.base import show

    for checked in found:
        if checked.program is not None:
            nodes = checked.program.nodes
            ends = [
                ", ".join(show(node.shape) for node in nodes if node.is_port and bool(node.inputs) is out and not node.training_only)
                for out in (False, True)
            ]
            face.tell(f"{checked.target.name}: {checked.program.name}: {ends[0]} -> {ends[1]}")
        elif not checked.has_errors:
            face.tell(f"{checked.target.name}: blocks alone, no network to build")
    if rows:
        from ..reporting.terminal import counted

        face.tell(counted(rows))


def _fixed(face: Face, found: list[Checked]) -> bool:
    """Write the edits that the diagnostics offer; whether there were any."""
    from ..compiler.files.write import rewrite
    from ..reporting.fixes import applied

    paths = {checked.target.name: checked.target.path for checked in found if not checked.target.is_shipped}
    changed = applied(row for checked in found for row in checked.diagnostics if row.primary.span.source.name in paths)
    for name, (text, count) in changed.items():
        if name in paths and rewrite(paths[name], text):
            face.tell(f"{name}: {count} fixed")
    return bool(changed)
