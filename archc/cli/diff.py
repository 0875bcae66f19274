"""`archc diff A B`: what changed between two networks, with costs."""

from __future__ import annotations

import json

import click

from .complete import NETWORK
from .face import Command, Face, compiled, sizes_of


@click.command("diff", cls=Command)
@click.argument("before", type=NETWORK, metavar="A")
@click.argument("after", type=NETWORK, metavar="B")
@click.option("--set-a", "settings_a", multiple=True, metavar="NAME=VALUE", help="A parameter of A.")
@click.option("--set-b", "settings_b", multiple=True, metavar="NAME=VALUE", help="A parameter of B.")
@click.option("--input", "inputs", multiple=True, metavar="[NAME=]3x224x224", help="The shape of an input of both.")
@click.option("--time", "timed", is_flag=True, help="How long both take on this machine, as `archc calibrate` lets it be foreseen.")
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text")
@click.option("-o", "--output", metavar="FILE", help="Draw both side by side: .svg, .pdf, .png, .dot, or .html, a page to walk through.")
@click.option("--direction", type=click.Choice(["TB", "LR"]), help="Where the flow leads in the picture: top to bottom, or left to right.")
@click.option("--exit-code", is_flag=True, help="Exit with 1 where they differ.")
@click.pass_obj
def command(
    face: Face,
    before: str,
    after: str,
    settings_a: tuple[str, ...],
    settings_b: tuple[str, ...],
    inputs: tuple[str, ...],
    timed: bool,
    form: str,
    output: str | None,
    direction: str | None,
    exit_code: bool,
) -> int:
    """What leads from A to B: steps added (+), removed (-), renamed (=), moved (>) and changed (~). Each may be the same file with other settings."""
    from ..compiler.analysis.diff import diff
    from ..compiler.files.model_names import is_code

    if direction and not output:
        raise click.UsageError("`--direction` is for the picture: `-o FILE` is not there")
    if output:
        from ..compiler.draw.compare import no_picture

        wrong = no_picture(output)
        if wrong is not None:
            face.diagnostics((wrong,))
            return 2
    if not inputs and is_code(before) is not is_code(after):  # code says no size: it is that of the other
        inputs = sizes_of(face, after if is_code(before) else before)
    first = compiled(face, before, settings_a, inputs, option="--set-a").graph
    second = compiled(face, after, settings_b, inputs, option="--set-b").graph
    difference = diff(first, second, timed=timed)
    face.result(json.dumps(difference.to_json(), indent=2) if form == "json" else difference.text())
    if output:
        from ..compiler.draw import WRONG_CALLS
        from ..compiler.draw.compare import draw_difference
        from .made import told

        said = draw_difference(difference, output, direction=direction)
        face.diagnostics(said)
        if any(row.is_error for row in said):
            return 2 if any(row.code in WRONG_CALLS for row in said) else 3
        told(face, output, "diagram")
    return int(exit_code and bool(difference.changes))
