"""`archc sweep`: many variants of a network, their costs, and which of them nothing beats."""

from __future__ import annotations

import os

import click

from .complete import NETWORK
from .face import NOT_MADE, Command, Face, file_of, inputs_of, network_options, settings_of
from .progress import bar, progress


@click.command("sweep", cls=Command)
@click.argument("file", type=NETWORK, metavar="FILE")
@network_options
@click.option(
    "--vary",
    multiple=True,
    metavar="NAME=VALUES",
    help="A parameter with its values: `depths=[2,2,2,2],[3,4,6,3]`, `base=8..64:8`. Several make a grid.",
)
@click.option(
    "--list",
    "rows",
    metavar="FILE",
    help="Variants from a CSV or JSON file; columns that are no parameters (an accuracy) are carried along.",
)
@click.option("--batch", type=click.IntRange(min=1), default=1, help="For memory.")
@click.option("--optimizer", type=click.Choice(["sgd", "momentum", "adam", "adamw"]), default="sgd", help="For the memory of training.")
@click.option(
    "--pareto",
    metavar="X,Y",
    help="Which columns the front is of; `+` before one: more is better (`macs,+accuracy`).  [default: macs and what the list's columns tell of a gain, else +parameters]",
)
@click.option("--jobs", type=click.IntRange(min=1), default=None, help="Processes on this machine.  [default: one a core]")
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler, `tcp://host:8786` (extra `archc[dask]`); its workers must see FILE.")
@click.option("--journal", metavar="FILE", help="Where finished variants are noted; a run that was cut off goes on from there.")
@click.option("--time", "timed", is_flag=True, help="A column of microseconds on this machine, as `archc calibrate` lets them be foreseen.")
@click.option("--plot", metavar="FILE.svg", help="Draw the variants and the front, as SVG.")
@click.option("--format", "form", type=click.Choice(["text", "json", "csv", "markdown"]), default="text")
@click.pass_obj
def command(
    face: Face,
    file: str,
    settings: tuple[str, ...],
    inputs: tuple[str, ...],
    vary: tuple[str, ...],
    rows: str | None,
    batch: int,
    optimizer: str,
    pareto: str | None,
    jobs: int | None,
    cluster: str | None,
    journal: str | None,
    timed: bool,
    plot: str | None,
    form: str,
) -> int:
    """Costs of a grid (or a list) of variants, as a table with its Pareto front. Variants that do not compile are rows with the error."""
    from ..variants import sweep

    if cluster and jobs:
        raise click.UsageError("`--jobs` is for this machine, and `--cluster` has its own workers: leave one of them out")
    settings_of(settings)
    file_of(face, file, inputs_of(inputs))  # is told here; tables are headed by the word that names it
    with progress(face) as show:
        found = sweep(
            file, vary or None, variants=rows, set=settings, input=inputs_of(inputs), batch=batch, optimizer=optimizer, pareto=pareto,
            jobs=jobs or os.cpu_count() or 1, cluster=cluster, journal=journal, plot=plot, time=timed, progress=lambda done, of: show(bar(done, of)),
        )  # fmt: skip
    face.result(found.rendered(form))
    if plot:
        face.tell(f"wrote {plot}")
    failed = [result for result in found if result.error]
    if not failed:
        return 0
    face.say(f"{len(failed):,} of {len(found):,} variants cannot be made: the column `error` says why")
    return NOT_MADE if len(failed) < len(found) else 1
