"""Labels that the rounds of a loop give: which there are, where one is asked for that no round has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ...base.diagnostics import Edit, Fix, Label
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..graph.provenance import short
from .closures import Environment, Tensors
from .naming import labels_of_rounds

MOST_LISTED = 6
"""So many labels, or rows of numbered labels, are listed."""


@dataclass(frozen=True, slots=True)
class OfRounds:
    """What is said of a label that is made as those of a loop are, and that no round makes."""

    help: str
    secondary: tuple[Label, ...] = ()
    fix: Fix | None = None


def of_rounds(environment: Environment, entry: Tensors, name: str, span: Span) -> OfRounds | None:
    """`skip(x3)` after `for i in range(3) { "x{i}": … }`. `name` is dotted where the label is; `span` is where it is read, `entry` what comes in there."""
    for level in environment.levels():
        rows = list(labels_of_rounds(level.body))
        for loops, label in rows:
            loop = loops[-1] if loops else None
            pattern = re.compile("".join(re.escape(piece) if isinstance(piece, str) else "(.+)" for piece in label.pieces))
            if not pattern.fullmatch(name) or label.span.start > span.end:
                continue
            others = {other.span for _, other in rows if other is not label}  # `"x{i}_{j}"` did not make what `"x{i}_0"` did
            made = [known for known, row in level.labels.items() if pattern.fullmatch(known) and row.span not in others]
            inside = loop is not None and loop.span.source is span.source and loop.span.start <= span.start < loop.span.end
            if made:
                head = f"`{_head(loop)}` makes" if loop is not None else f"`{label.span.text}` is"
                farther = ", or let the loop run farther" if loop is not None and not inside else ""
                help = f"{head} {listed(made)}{' so far' if inside else ''}: read one of them{farther}"
                return OfRounds(help, (Label(label.span, listed(made)),))
            if loop is not None and inside:
                return _first_round(environment, entry, loop, label, span)
            if loops:
                return _no_round(loops, label)
    return None


def listed(names: Sequence[str]) -> str:
    """`x0` to `x7`, `head`: what counts on is told by its ends, and not more than MOST_LISTED are."""
    rows: list[list[str]] = []
    for name in names:
        if rows and _counts_on(rows[-1][-1], name):
            rows[-1].append(name)
        else:
            rows.append([name])
    told = [part for row in rows for part in ([f"`{row[0]}` to `{row[-1]}`"] if len(row) > 2 else [f"`{name}`" for name in row])]
    if len(told) <= MOST_LISTED:
        return told[0] if len(told) == 1 else f"{', '.join(told[:-1])} and {told[-1]}"
    return f"{', '.join(told[:MOST_LISTED])} and {len(told) - MOST_LISTED} more"


def _counts_on(before: str, name: str) -> bool:
    first, second = re.fullmatch(r"(.*?)(\d+)", before), re.fullmatch(r"(.*?)(\d+)", name)
    return first is not None and second is not None and first[1] == second[1] and int(second[2]) == int(first[2]) + 1


def _head(loop: ast.Repeat | ast.For) -> str:
    """`for i in range(3)`, as it stands in the text."""
    return short(_head_span(loop).text, 60)


def _head_span(loop: ast.Repeat | ast.For) -> Span:
    ends: Iterable[Span] = (
        (loop.values.span,)
        if isinstance(loop, ast.For)
        else (loop.count.span, *((loop.variable.span,) if loop.variable is not None else ()))
    )
    return loop.span.source.span(loop.span.start, max(span.end for span in ends))


def _no_round(loops: Sequence[ast.Repeat | ast.For], label: ast.Text) -> OfRounds:
    """`skip(x0)` after `for i in range(5, 1) { "x{i}": … }`: nobody sees at once that this counts nothing."""
    heads = [f"`{_head(loop)}`" for loop in loops]
    none = "it has none" if len(loops) == 1 else "one of them has none"
    help = (
        f"`{label.span.text}` is made in the rounds of {', in those of '.join(reversed(heads))}, and none made it: "
        f"{none}, or a condition leaves the step out"
    )
    places = (Label(_head_span(loop), "rounds of this would make it") for loop in loops)
    return OfRounds(help, (*places, Label(label.span, "made here, where a round runs")))


def _first_round(environment: Environment, entry: Tensors, loop: ast.Repeat | ast.For, label: ast.Text, span: Span) -> OfRounds:
    """`"x{i}": add { | conv(8) | skip("x{i - 1}") }`: the first round finds none before it."""
    counter = loop.index if isinstance(loop, ast.For) and loop.index is not None else loop.variable
    place = (Label(label.span, "no round before this one made any"),)
    value = environment.binding(counter.name) if counter is not None else None
    if counter is None or value is None or not isinstance(value.value, int) or isinstance(value.value, bool):
        return OfRounds("the first round finds none before it: take the step on a condition", place)
    condition = f"{counter.name} > 0" if value.value == 0 else f"{counter.name} != {value.value}"
    enters = [
        name
        for level in environment.levels()
        for name, row in level.labels.items()
        if isinstance(row.tensor, int) and row.tensor == entry and name.isidentifier()
    ]
    if not enters:
        return OfRounds(
            f"the first round finds none before it: label what comes into the loop, `first: …`, and read "
            f"`skip({span.text} if {condition} else first)`",
            place,
        )
    written = f"{span.text} if {condition} else {enters[0]}"
    message = f"the first round finds none before it: write `{written}`, the label of what comes in there"
    return OfRounds(message, place, Fix(message, (Edit(span, written),)))
