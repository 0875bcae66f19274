"""`archc fit`: the value of a parameter that meets a budget."""

from __future__ import annotations

import json
import re
from math import prod
from typing import TYPE_CHECKING

import click

from .face import Command, Face, compiled, inputs_of, network_options, settings_of
from .vary import few, whole_numbers

if TYPE_CHECKING:
    from ..compiler.explore.family import Family
    from ..compiler.explore.fit import Bound, Goal, Solution

QUANTITIES = ("parameters", "macs", "flops", "activations", "memory")
WAYS = {"match": "reaches", "most": "does not exceed", "nearest": "is nearest to"}
LIMIT = re.compile(r"\s*(\w+)\s*(<=|>=)\s*(\S+)\s*")


@click.command("fit", cls=Command)
@click.argument("file", metavar="FILE")
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
@click.option("--most", metavar="COST=TARGET", help="The most that does not exceed it: `parameters=26M`.")
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
    """Solve a parameter (or several) for a budget. Costs: parameters, macs, flops, activations, memory; whole numbers; exact."""
    from ..compiler.explore.family import Family
    from ..compiler.explore.fit import Vary, fit
    from ..reporting.error import ArchError

    asked = [(way, text) for way, text in (("match", match), ("most", most), ("nearest", nearest)) if text is not None]
    if len(asked) != 1:
        raise click.UsageError("say what to meet: `--match macs=resnet50`, or `--most parameters=26M`")
    settings_of(settings)
    axes = [Vary(*whole_numbers(text)) for text in vary]
    few(prod(len(axis.values) for axis in axes[:-1]))
    texts = dict(setting.split("=", 1) for setting in settings)
    family = Family(file, tuple(texts.items()), tuple(inputs_of(inputs).items()))
    family.need({axis.name: axis.values[0] for axis in axes})
    (way, wanted), *_ = asked
    goal = _goal(face, wanted, way)
    refusals: list[ArchError] = []

    def evaluate(values: object) -> dict[str, int] | None:
        assert isinstance(values, dict)
        try:
            return family.figures(values)
        except ArchError as error:
            refusals.append(error)
            return None

    found = fit(evaluate, axes, goal, [_bound(text) for text in bounds])
    if not found:
        if refusals and len(refusals) >= sum(len(axis.values) for axis in axes[-1:]):
            raise refusals[0]
        face.say(f"no value of {axes[-1].name} {WAYS[way]} {wanted}" + (f" where {' and '.join(bounds)}" if bounds else ""))
        return 1
    _show(face, family, goal, found, form)
    return 0


def _goal(face: Face, text: str, way: str) -> Goal:
    from ..compiler.explore.family import Family
    from ..compiler.explore.fit import Goal

    quantity, equals, target = (part.strip() for part in text.partition("="))
    if not equals or quantity not in QUANTITIES:
        raise click.BadParameter(f"`{text}` is not of the form cost=target, with a cost of {', '.join(QUANTITIES)}")
    number = _number(target)
    if number is None:
        compiled(face, target, (), ())
        number = Family(target).figures({})[quantity]
    return Goal(quantity, number, way)


def _number(text: str) -> int | None:
    """`4.1G` as the integer that it is; None for what is no number."""
    from ..compiler.driver import parse_setting
    from ..dsl.ast import Number

    value, _ = parse_setting("value", text)
    return int(value.value) if isinstance(value, Number) else None


def _bound(text: str) -> Bound:
    from ..compiler.explore.fit import Bound

    match = LIMIT.fullmatch(text)
    number = _number(match[3]) if match is not None else None
    if match is None or number is None or match[1] not in QUANTITIES:
        raise click.BadParameter(f"`{text}` is not of the form `parameters <= 26M`", param_hint="--where")
    return Bound(match[1], number, match[2] == ">=")


def _share(value: int, goal: Goal) -> float:
    return (value - goal.target) / goal.target * 100 if goal.target else 0.0


def _other(row: Solution, goal: Goal) -> tuple[int | None, float | None]:
    """The nearest value on the other side of the target, and how far it is from it."""
    return (None, None) if row.other is None else (row.other[0], _share(row.other[1][goal.quantity], goal))


def _show(face: Face, family: Family, goal: Goal, found: tuple[Solution, ...], form: str) -> None:
    from ..compiler.analysis.table import Cell, Column, Table
    from ..compiler.explore.fit import closest

    if form == "json":
        rows = [
            {
                "values": dict(row.values),
                "figures": dict(row.figures),
                "tried": row.tried,
                "other_side": row.other[0] if row.other else None,
            }
            for row in found
        ]
        best = closest(found, goal)
        face.result(
            json.dumps(
                {
                    "version": 1,
                    "goal": {"quantity": goal.quantity, "target": goal.target, "way": goal.way},
                    "solutions": rows,
                    "best": dict(best.values) if best else None,
                },
                indent=2,
            )
        )
        return
    names = list(found[0].values)
    columns = [Column(name) for name in names]
    columns += [
        Column("parameters"),
        Column("MACs"),
        Column(f"{goal.quantity} - target", "+,d"),
        Column("%", "+.2f"),
        Column("the other side"),
        Column("%", "+.2f"),
        Column("tried"),
    ]
    cells: list[tuple[Cell, ...]] = []
    for row in found:
        value = row.figures[goal.quantity]
        share = _share(value, goal)
        cells.append(
            (
                *(row.values[name] for name in names),
                row.figures["parameters"],
                row.figures["macs"],
                value - goal.target,
                share,
                *_other(row, goal),
                row.tried,
            )
        )
    title = f"{family.file}: {goal.quantity} that {WAYS[goal.way]} {goal.target:,}"
    face.result(Table(tuple(columns), tuple(cells), None, (), title).rendered(form))
