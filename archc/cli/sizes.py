"""`archc sizes`: which input sizes a network accepts."""

from __future__ import annotations

import json

import click

from .face import Command, Face, compiled, network_options


@click.command("sizes", cls=Command)
@click.argument("file", metavar="FILE")
@network_options
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.pass_obj
def command(face: Face, file: str, settings: tuple[str, ...], inputs: tuple[str, ...], form: str) -> None:
    """The input sizes that the network accepts, exactly, axis by axis."""
    from ..compiler.analysis.sizes import sizes, sizes_json, sizes_table

    graph = compiled(face, file, settings, inputs).graph
    axes = sizes(graph)
    if form == "json":
        face.result(json.dumps(sizes_json(graph.program.name, axes), indent=2))
    else:
        face.result(sizes_table(graph.program.name, axes).rendered(form))
