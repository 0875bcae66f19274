"""`archc list`: the networks that come with archc."""

from __future__ import annotations

import json

import click

from .face import Command, Face, page_width


@click.command("list", cls=Command)
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.pass_obj
def command(face: Face, form: str) -> None:
    """The networks that come with archc, with their numbers."""
    import sys
    from dataclasses import asdict

    from ..compiler.analysis.table import Column, Table
    from ..compiler.files.library import entries

    rows = entries()
    if form == "json":
        face.result(json.dumps({"version": 1, "networks": [asdict(row) for row in rows]}, indent=2))
        return
    columns = (
        Column("network", left=True), Column("parameters"), Column("MACs"), Column("smallest"), Column("lines"), Column("what it is", left=True)
    )  # fmt: skip
    room = (page_width(sys.stdout) or 10_000) - max(len(row.name) for row in rows) - 50
    cells = tuple((row.name, row.parameters, row.macs, row.smallest, row.lines, _short(row.title, room)) for row in rows)
    notes = (
        "Side heads that only training has are not counted. “Smallest”: the side of the smallest square image that it takes; “lines”: of its .arch file.",
        "`archc check NAME` checks one, `archc new mine --from NAME` starts a variant.",
    )
    face.result(Table(columns, cells, None, notes).rendered(form))


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 20)].rstrip() + "…"
