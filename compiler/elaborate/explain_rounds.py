"""Labels that the rounds of a loop give: which there are, where one is asked for that no round has."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

from ...base.diagnostics import Edit, Fix, Label
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..graph.provenance import short
from .closures import Environment, Labelled, Origin, Partial, Template, Tensors
from .naming import in_one_scope, plain_label
from .shape_of import Shapes

MOST_LISTED = 6
"""So many labels, or rows of numbered labels, are listed."""

Loop: TypeAlias = ast.Repeat | ast.For


@dataclass(frozen=True, slots=True)
class OfRounds:
    """What is said of a label that is made as those of a loop are, and that no round makes. `bounds`: what the loops count was worked out from."""

    help: str
    secondary: tuple[Label, ...] = ()
    fix: Fix | None = None
    bounds: tuple[Origin, ...] = ()


@dataclass(frozen=True, slots=True, eq=False)
class _Bound:
    """Where the head of a loop is read, to tell what its names are (a `Reader`)."""

    environment: Environment
    entry: Shapes | None = None

    @staticmethod
    def decided(axis: int, told: str) -> tuple[list[Label], list[Origin]]:
        return [], []


@dataclass(frozen=True, slots=True, eq=False)
class _Dynamic:
    """A label with an expression: the loops that hold it, the innermost last, the surroundings of its text, and the calls that lead there."""

    label: ast.Text
    loops: tuple[Loop, ...]
    environment: Environment
    calls: tuple[Span, ...] = ()

    def matches(self, name: str) -> bool:
        pieces = [re.escape(piece) if isinstance(piece, str) else _made_by(piece, self.loops) for piece in self.label.pieces]
        return re.fullmatch("".join(pieces), name) is not None

    def goes_round(self, span: Span) -> bool:
        """Whether a place stands in the body of the innermost loop that makes it: what an earlier round made can be read there."""
        if not self.loops:
            return False
        loop = self.loops[-1]
        return loop.span.source is span.source and _head_span(loop).end <= span.start < loop.span.end

    def made(self, row: Labelled, others: Iterable[Span]) -> bool:
        """Whether a label that there is comes of this one: no other does, and `x: skip(e)` is known by its step, which its loop holds."""
        loop = self.loops[-1].span if self.loops else None
        within = loop is not None and loop.source is row.span.source and loop.start <= row.span.start < loop.end
        return row.span == self.label.span or (within and row.span not in others)


def _made_by(piece: ast.Expression, loops: Sequence[Loop]) -> str:
    """A pattern of what an expression of a label may become: digits alone, where it counts."""
    counters = {name.name for loop in loops for name in (loop.index if isinstance(loop, ast.For) else loop.variable,) if name is not None}
    parts = [part for part in ast.walk(piece) if isinstance(part, ast.Name | ast.Text | ast.Number)]
    counts = isinstance(piece, ast.Binary) and any(isinstance(part, ast.Number) for part in parts)
    if any(isinstance(part, ast.Text) for part in parts) or not (counts or all(getattr(part, "name", None) in counters for part in parts)):
        return "(.+)"
    return r"(-?\d+)"


def of_rounds(environment: Environment, entry: Tensors, name: str, span: Span) -> OfRounds | None:
    """`skip(x3)` after `for i in range(3) { "x{i}": … }`. `name` is dotted where the label is; `span` is where it is read, `entry` what comes in there."""
    for level in environment.levels():
        rows = [
            row for row in _dynamic(level, level.body, ()) if not row.calls and (row.label.span.start <= span.end or row.goes_round(span))
        ]
        found = _of_rounds(rows, level.labels, name, "", span)
        if found is not None:
            return found if isinstance(found, OfRounds) else _first_round(environment, entry, found.loops[-1], found.label, span)
    return None


def rounds_within(environment: Environment, path: Sequence[str], members: Mapping[str, Labelled], span: Span) -> OfRounds | None:
    """The same of `skip(s.x3)`: the loop stands in what is labelled `s`, which `members` came of."""
    *outer, name = path
    inside = _inside(environment, outer)
    if inside is None:
        return None
    found = _of_rounds(list(_dynamic(*inside)), members, name, f"{'.'.join(outer)}.", span)
    return found if isinstance(found, OfRounds) else None


def _of_rounds(rows: Sequence[_Dynamic], known: Mapping[str, Labelled], name: str, outer: str, span: Span) -> OfRounds | _Dynamic | None:
    """What is said; the label alone where it is read in a first round, before any is made."""
    for row in rows:
        if not row.matches(name):
            continue
        others = {other.label.span for other in rows if other is not row}  # `"x{i}_{j}"` did not make what `"x{i}_0"` did
        made = [f"{outer}{word}" for word, labelled in known.items() if row.matches(word) and row.made(labelled, others)]
        loop = row.loops[-1] if row.loops else None
        inside = row.goes_round(span)
        if made:
            head = f"`{_head(loop)}` makes" if loop is not None else f"`{row.label.span.text}` is"
            farther = ", or let the loop run farther" if loop is not None and not inside else ""
            help = f"{head} {listed(made)}{' so far' if inside else ''}: read one of them{farther}"
            if loop is None:
                return OfRounds(help, (Label(row.label.span, listed(made)),))
            places = [Label(_head_span(outer_loop), "in each round of this") for outer_loop in row.loops[:-1]]
            places += [Label(_head_span(loop), f"makes {listed(made)}"), Label(row.label.span, "named here"), *_called_here(row)]
            return OfRounds(help, tuple(places), bounds=_bounds(row))
        if inside:
            return row
        if row.loops:
            return _no_round(row)
    return None


def _dynamic(
    environment: Environment, body: Sequence[ast.Node], calls: tuple[Span, ...], loops: tuple[Loop, ...] = ()
) -> Iterator[_Dynamic]:
    """The labels with an expression that a body gives to its own scope; also those of the flat blocks that it calls, which are seen from outside."""
    for part in body:
        own = part.qualifier if isinstance(part, ast.Path) else part
        inner = (*loops, own) if isinstance(own, Loop) else loops
        for _, label in ast.labels(part, parts=lambda _: ()):
            if plain_label(label) is None:
                yield _Dynamic(label, loops, environment, calls)
        call = call_of(part) if isinstance(part, ast.Step) and part.label is None else None
        block = template_of(environment, call) if call is not None else None
        if block is not None and isinstance(block.definition, ast.Block) and block.definition.mode == "flat" and len(calls) < _DEEPEST:
            assert call is not None
            yield from _dynamic(block.environment, block.definition.body, (*calls, call.span), inner)
        yield from _dynamic(environment, in_one_scope(part), calls, inner)


_DEEPEST = 8
"""So many flat blocks within each other are looked into: one may call itself."""

Inside: TypeAlias = "tuple[Environment, Sequence[ast.Statement], tuple[Span, ...]]"
"""The text of what has a label, the body of a stage or a group, of the block or network that a step calls: its surroundings, and the calls."""


def _inside(environment: Environment, path: Sequence[str]) -> Inside | None:
    first, *rest = path
    for level in environment.levels():
        found = _labelled((level, level.body, ()), first)
        for name in rest:
            found = _labelled(found, name) if found is not None else None
        if found is not None:
            return found
    return None


def _labelled(where: Inside, name: str) -> Inside | None:
    environment, body, calls = where
    for part, label in ast.labels(*body, parts=in_one_scope):
        if plain_label(label) != name and not (plain_label(label) is None and _Dynamic(label, (), environment).matches(name)):
            continue
        if isinstance(part, ast.Stage):
            return environment, part.body, calls
        if isinstance(part, ast.Step) and isinstance(part.action, ast.Group):
            return environment, part.action.body, calls
        call = call_of(part) if isinstance(part, ast.Step) else None
        template = template_of(environment, call) if call is not None else None
        if call is None or template is None:
            return None
        return template.environment, template.definition.body, (*calls, call.span)
    return None


def call_of(step: ast.Step) -> ast.Call | None:
    """What a step calls, where it calls something."""
    return step.action if isinstance(step.action, ast.Call) else step.action.head if isinstance(step.action, ast.Merge) else None


def template_of(environment: Environment, call: ast.Call) -> Template | None:
    """The block or network that a call stands for, behind what it is a variant of."""
    binding = environment.binding(call.path[0]) if len(call.path) == 1 else None
    value = binding.value if binding is not None else None
    for _ in range(_DEEPEST):
        if isinstance(value, Partial):
            value = value.callee
        elif isinstance(value, Template) and isinstance(value.definition, ast.Network) and value.definition.variant_of is not None:
            value = value.base
        else:
            break
    return value if isinstance(value, Template) else None


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


def _head(loop: Loop) -> str:
    """`for i in range(3)`, as it stands in the text."""
    return short(_head_span(loop).text, 60)


def _head_span(loop: Loop) -> Span:
    ends: Iterable[Span] = (
        (loop.values.span,)
        if isinstance(loop, ast.For)
        else (loop.count.span, *((loop.variable.span,) if loop.variable is not None else ()))
    )
    return loop.span.source.span(loop.span.start, max(span.end for span in ends))


def _called_here(row: _Dynamic) -> Iterator[Label]:
    return (Label(span, "what the loop stands in is called here") for span in row.calls[-1:])


def _bounds(row: _Dynamic) -> tuple[Origin, ...]:
    return tuple(Origin(_Bound(row.environment), loop.values if isinstance(loop, ast.For) else loop.count) for loop in reversed(row.loops))


def _no_round(row: _Dynamic) -> OfRounds:
    """`skip(x0)` after `for i in range(5, 1) { "x{i}": … }`: nobody sees at once that this counts nothing."""
    heads = [f"`{_head(loop)}`" for loop in row.loops]
    none = "it has none" if len(row.loops) == 1 else "one of them has none"
    help = (
        f"`{row.label.span.text}` is made in the rounds of {', in those of '.join(reversed(heads))}, and none made it: "
        f"{none}, or a condition leaves the step out"
    )
    places = (Label(_head_span(loop), "rounds of this would make it") for loop in row.loops)
    return OfRounds(help, (*places, Label(row.label.span, "made here, where a round runs"), *_called_here(row)), bounds=_bounds(row))


def _first_round(environment: Environment, entry: Tensors, loop: Loop, label: ast.Text, span: Span) -> OfRounds:
    """`"x{i}": add { | conv(8) | skip("x{i - 1}") }`: the first round finds none before it."""
    counter = loop.index if isinstance(loop, ast.For) and loop.index is not None else loop.variable
    place = (Label(label.span, "no round before this one made any"), *_holds(loop, span))
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


def _holds(loop: Loop, span: Span) -> Iterator[Label]:
    """The innermost condition in a loop on which a place is read: it holds in this round, too."""
    conditions = [
        node.condition
        for node in ast.walk(loop)
        if isinstance(node, ast.If | ast.Conditional)
        and not (node.condition.span.start <= span.start < node.condition.span.end)
        and any(part.span.start <= span.start and span.end <= part.span.end for part in _chosen(node))
    ]
    return (Label(condition.span, "holds in this round") for condition in conditions[-1:])


def _chosen(node: ast.If | ast.Conditional) -> Sequence[ast.Statement | ast.Expression]:
    return node.body if isinstance(node, ast.If) else (node.value,)
