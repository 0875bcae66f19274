"""`archc sweep`: many variants of a network, their costs, and which of them nothing beats."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Sequence
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .face import Command, Face, inputs_of, is_terminal, network_options, settings_of
from .vary import few, texts

if TYPE_CHECKING:
    from ..compiler.draw.plot import Point
    from ..compiler.explore.family import Family
    from ..compiler.explore.sweep import Result, Value, Variant


@click.command("sweep", cls=Command)
@click.argument("file", metavar="FILE")
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
    default="macs,parameters",
    metavar="X,Y",
    help="Which columns the front is of; `+` before one: more is better (`macs,+accuracy`).",
)
@click.option("--jobs", type=click.IntRange(min=1), default=None, help="Processes on this machine.  [default: one a core]")
@click.option("--cluster", metavar="ADDRESS", help="A Dask scheduler, `tcp://host:8786` (extra `archc[dask]`); its workers must see FILE.")
@click.option("--journal", metavar="FILE", help="Where finished variants are noted; a run that was cut off goes on from there.")
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
    pareto: str,
    jobs: int | None,
    cluster: str | None,
    journal: str | None,
    plot: str | None,
    form: str,
) -> int:
    """Costs of a grid (or a list) of variants, as a table with its Pareto front. Variants that do not compile are rows with the error."""
    from ..compiler.explore.family import Evaluation, Family
    from ..compiler.explore.sweep import Cluster, Journal, Local, Pool, grid, serial, sweep

    if bool(vary) == (rows is not None):
        raise click.UsageError("say which variants: `--vary base=8,16,32` (a grid), or `--list variants.csv`")
    if file == "-":
        raise click.BadParameter("other processes read the file too, and standard input can be read once: save it", param_hint="FILE")
    settings_of(settings)
    fixed = dict(setting.split("=", 1) for setting in settings)
    family = Family(
        os.path.abspath(file) if os.path.exists(file) else file,
        tuple(fixed.items()),
        tuple(inputs_of(inputs).items()),
        batch,
        optimizer=optimizer,
    )
    if rows is not None:
        variants = _listed(rows, family)
    else:
        axes = dict(texts(text) for text in vary)
        few(prod(len(values) for values in axes.values()))
        variants = grid(axes)
        family.need({name: values[0] for name, values in axes.items()})
    count = jobs or os.cpu_count() or 1
    pool: Pool = Cluster(cluster) if cluster else serial if count == 1 else Local(count)
    notes = Journal(Path(journal), family.stamp()) if journal else None
    results = sweep(variants, Evaluation(family), pool, notes, _progress(face))
    x, y = _axes(pareto)
    front = _front(results, x, y)
    _show(face, results, front, x.lstrip("+"), y.lstrip("+"), file, form)
    if plot:
        from ..compiler.draw.plot import points_svg
        from ..compiler.files.write import write

        write(plot, points_svg(_points(results, front, x, y), x.lstrip("+"), y.lstrip("+"), file))
        face.tell(f"wrote {plot}")
    return int(all(result.error for result in results))


def _listed(path: str, family: Family) -> tuple[Variant, ...]:
    from ..compiler.explore.sweep import NoList, listed
    from ..compiler.files.locate import text_of

    try:
        variants = listed(text_of(path), family.parameters())
    except NoList as error:
        raise click.BadParameter(f"`{path}` is no list of variants: {error}", param_hint="--list") from None
    if not variants:
        raise click.BadParameter(
            f"`{path}` holds no variants: a heading with the names of parameters, then a line for each", param_hint="--list"
        )
    return variants


def _axes(text: str) -> tuple[str, str]:
    names = [name.strip() for name in text.split(",")]
    if len(names) != 2 or not all(names):
        raise click.BadParameter(f"`{text}` is not two columns: `macs,parameters`", param_hint="--pareto")
    return names[0], names[1]


def _figure(result: Result, name: str) -> float | None:
    value: Value = result.row.get(name.lstrip("+"))
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return None
    return None if value is None or isinstance(value, bool) else value


def _front(results: Sequence[Result], x: str, y: str) -> dict[Variant, bool]:
    from ..compiler.explore.pareto import front

    measured = [(result.variant, _figure(result, x), _figure(result, y)) for result in results if not result.error]
    rows = [(variant, (one, two)) for variant, one, two in measured if one is not None and two is not None]
    best = front([row for _, row in rows], (x.startswith("+"), y.startswith("+")))
    return {variant: on for (variant, _), on in zip(rows, best, strict=True)}


def _points(results: Sequence[Result], front: dict[Variant, bool], x: str, y: str) -> list[Point]:
    from ..compiler.draw.plot import Point

    return [
        Point(row.variant.name, _figure(row, x) or 0, _figure(row, y) or 0, front[row.variant]) for row in results if row.variant in front
    ]


def _show(face: Face, results: Sequence[Result], front: dict[Variant, bool], x: str, y: str, file: str, form: str) -> None:
    from ..compiler.analysis.table import Cell, Column, Table
    from ..compiler.draw.plot import points_text
    from ..compiler.explore.sweep import columns, to_csv

    if form == "json":
        rows = [{**result.row, "pareto": front.get(result.variant, False)} for result in results]
        face.result(json.dumps({"version": 1, "file": file, "pareto": [x, y], "rows": rows}, indent=2))
        return
    if form == "csv":
        face.result(to_csv(results))
        return
    names = columns(results)
    cells: list[tuple[Cell, ...]] = [
        (*(result.row.get(name) for name in names), "*" if front.get(result.variant) else "") for result in results
    ]
    table = Table((*(Column(name) for name in names), Column("")), tuple(cells), None, (f"*: on the Pareto front of {x} and {y}.",), file)
    face.result(table.rendered(form))
    if form == "text" and len(front) > 1:
        face.result(points_text(_points(results, front, x, y), x, y))


def _progress(face: Face) -> Callable[[int, int], None]:
    """A bar on a terminal, nothing elsewhere."""
    if face.quiet or not is_terminal(sys.stderr):
        return lambda done, of: None

    def show(done: int, of: int) -> None:
        filled = round(30 * done / max(1, of))
        face.show(f"\r{'█' * filled}{'░' * (30 - filled)} {done} of {of}" + ("\n" if done == of else ""))

    return show
