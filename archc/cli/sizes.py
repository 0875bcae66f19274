"""`archc sizes`: which input sizes a network accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from .complete import NETWORK
from .face import Command, Face, compiled, file_of, inputs_of, network_options, settings_of
from .progress import progress

if TYPE_CHECKING:
    from ..compiler.graph.graph import Graph


@click.command("sizes", cls=Command)
@click.argument("file", type=NETWORK, metavar="FILE")
@network_options
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.pass_obj
def command(face: Face, file: str, settings: tuple[str, ...], inputs: tuple[str, ...], form: str) -> None:
    """The input sizes that the network accepts, exactly, axis by axis."""
    from ..compiler.analysis.sizes import sizes, sizes_json, sizes_table
    from ..compiler.driver import check
    from ..compiler.importer.in_place import left_to_give

    asked = inputs_of(inputs)
    rest = left_to_give(file, asked)
    file = file_of(face, file, asked)
    graph = compiled(face, file, settings, inputs if rest else ()).graph
    given = {name or graph.inputs[0].names[-1]: shape for name, shape in rest.items()}

    def again(shapes: Mapping[str, tuple[int, ...]]) -> Graph | None:
        checked = check(file, settings=settings_of(settings), inputs={**given, **shapes})
        return None if checked.has_errors else checked.graph

    with progress(face) as watch:
        axes = sizes(graph, again, watch)
    if form == "json":
        face.result(json.dumps(sizes_json(graph.program.name, axes), indent=2))
    else:
        face.result(sizes_table(graph.program.name, axes).rendered(form))
