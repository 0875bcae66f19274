"""`archc fit`: the value of a parameter that meets a budget."""

from __future__ import annotations

from collections.abc import Mapping

import click

from .complete import NETWORK
from .face import Command, Face, file_of, inputs_of, network_options, settings_of
from .progress import progress


@click.command("fit", cls=Command)
@click.argument("file", type=NETWORK, metavar="FILE")
@network_options
@click.option(
    "--vary",
    multiple=True,
    required=True,
    metavar="NAME[=VALUES]",
    help="A parameter: `base`, `base=8..128:8`, `base=1,2,4`. Of several, the last is solved for each value of the others.",
)
@click.option(
    "--match", metavar="COST=TARGET", help="The least that reaches it: `macs=4.1G`, or what another network costs, `macs=resnet50`."
)
@click.option(
    "--most", metavar="COST=TARGET", help="The most that does not exceed it: `parameters=26M`, `time=5ms` (after `archc calibrate`)."
)
@click.option("--nearest", metavar="COST=TARGET", help="The nearest, above or below.")
@click.option("--where", "bounds", multiple=True, metavar="LIMIT", help="What must hold too: `parameters <= 26M`.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.pass_obj
def command(
    face: Face,
    file: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    vary: tuple[str, ...],
    match: str | None,
    most: str | None,
    nearest: str | None,
    bounds: tuple[str, ...],
    form: str,
) -> int:
    """Solve a parameter (or several) for a budget. Costs: parameters, macs, flops, activations, memory, which are exact; and time, as `archc calibrate` lets it be foreseen."""
    from ..variants import fit

    settings_of(settings)
    file_of(face, file, inputs_of(inputs))  # is told here; tables are headed by the word that names it
    with progress(face) as show:

        def told(values: Mapping[str, int], tried: int) -> None:
            show(f"{', '.join(f'{name}={value}' for name, value in values.items())} … {tried:,} tried")

        found = fit(
            file, vary, match=match, most=most, nearest=nearest, where=bounds, set=settings, input=inputs_of(inputs), progress=told
        )  # fmt: skip
    if not found:
        face.say(found.unmet)
        return 1
    face.result(found.rendered(form))
    return 0
