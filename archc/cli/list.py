"""`archc list`: the networks that come with archc."""

from __future__ import annotations

import json
import sys

import click

from .face import Command, Face, page_width


@click.command("list", cls=Command)
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.pass_obj
def command(face: Face, form: str) -> None:
    """The networks that come with archc, with their numbers."""
    from ..variants import networks

    found = networks()
    if form == "json":
        face.result(json.dumps(found.to_json(), indent=2))
    else:
        face.result(found.table(page_width(sys.stdout) or 10_000).rendered(form))
