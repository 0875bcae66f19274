"""Modules that take a list, of whatever length: what they do with each tensor, and with each pair of them, as loops over the list.

`branches.0`, `branches.1`, … that are alike become `for i in range(len(x)) { skip(x[i]) -> "branches.{i}": … }`; outputs that each join what
all have made become a second loop, with a step `fuse_layers.{i}.{j}` for what output `i` reads of tensor `j`: one form for `j > i`, one for
`j < i`. A number in these is the same everywhere, a width of the list, or follows from `i` and `j`; it must do so in all modules of the class.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Sequence
from dataclasses import field

from ...base.records import dataclass
from .blocks import holes, settled
from .columns import distinct
from .tree import ABSENT, Body, Call, Column, Item, Loop, Merge, Op, Path, Scope, Skip, Text, fingerprint, walk
from .unify import unify

Pair = tuple[int, int, list[int]]
"""Which output, which tensor, and how many channels the tensors of the list have."""

NUMBERS: tuple[tuple[str, Callable[[int, int, list[int]], int | float]], ...] = (
    ("x[i].channels", lambda i, j, widths: widths[i]),
    ("x[j].channels", lambda i, j, widths: widths[j]),
    ("2 ** (j - i)", lambda i, j, widths: 2.0 ** (j - i)),
    ("2 ** (i - j)", lambda i, j, widths: 2.0 ** (i - j)),
    ("j - i", lambda i, j, widths: j - i),
    ("i - j", lambda i, j, widths: i - j),
    ("j - i - 1", lambda i, j, widths: j - i - 1),
    ("i - j - 1", lambda i, j, widths: i - j - 1),
)


@dataclass(slots=True, eq=False)
class Sum:
    """One output: what joins, what it reads of each tensor, and what comes after."""

    merge: Merge
    reads: list[Scope | None]
    after: list[Item]


@dataclass(slots=True, eq=False)
class Parsed:
    """A body as: a step for each tensor, then an output for each."""

    widths: list[int]
    stem: str | None
    each: list[Scope]
    sums: list[Sum]
    reads: str = ""
    """What stands before the numbers in the labels of what is read."""
    after: list[str] = field(default_factory=list)


def over_lists(bodies: Sequence[Body]) -> None:
    """Write the bodies of one class with loops, where all can be; else leave them as they are."""
    found = [_parsed(body) for body in bodies]
    rows = [row for row in found if row is not None]
    if (
        not rows
        or len(rows) < len(bodies)
        or len({(row.stem, row.reads, *row.after) for row in rows}) > 1
        or max(len(row.widths) for row in rows) < 3
    ):
        return
    first = rows[0]
    each = _one([(place, place, row.widths) for row in rows for place in range(len(row.each))], [part for row in rows for part in row.each])
    reads: list[tuple[str, Scope]] = []
    for condition, holds in (("j > i", lambda i, j: j > i), ("j == i", lambda i, j: j == i), ("j < i", lambda i, j: j < i)):
        pairs, parts = _reads(rows, holds)
        there = [part for part in parts if part is not None]
        if not there:
            continue
        made = _one(pairs, there) if len(there) == len(parts) else None
        if made is None:
            return
        reads.append((condition, made))
    if (first.stem is not None and each is None) or not reads:
        return
    for body in bodies:
        name = body.takes[0].removesuffix("[]")
        body.items = _loops(first, body, name, each, reads)
        body.is_general = True


def _reads(rows: Sequence[Parsed], holds: Callable[[int, int], bool]) -> tuple[list[Pair], list[Scope | None]]:
    pairs: list[Pair] = []
    parts: list[Scope | None] = []
    for row in rows:
        for i, one in enumerate(row.sums):
            for j, part in enumerate(one.reads):
                if holds(i, j):
                    pairs.append((i, j, row.widths))
                    parts.append(part)
    return pairs, parts


def _parsed(body: Body) -> Parsed | None:
    """The parts of a body, where it is of this form."""
    count = len(body.names)
    if len(body.takes) != 1 or not body.takes[0].endswith("[]") or len(body.gives) != 1 or not body.gives[0].endswith("[]"):
        return None
    if any(len(entry.shape) != 3 for entry in body.several):
        return None
    name, given = body.takes[0].removesuffix("[]"), body.gives[0].removesuffix("[]")
    found = Parsed([entry.shape[0] for entry in body.several], None, [], [])
    items = list(body.items)
    pairs = list(zip(items[: 2 * count : 2], items[1 : 2 * count : 2], strict=False))
    stems = {scope.label.rpartition(".")[0] for _, scope in pairs if isinstance(scope, Scope) and scope.label is not None}
    if len(pairs) == count and len(stems) == 1:
        stem = stems.pop()
        for place, (skip, scope) in enumerate(pairs):
            if not (isinstance(skip, Skip) and (skip.name, skip.part) == (name, place)):
                return None
            if not (isinstance(scope, Scope) and scope.label == f"{stem}.{place}"):
                return None
            found.each.append(scope)
        found.stem = stem
        items = items[2 * count :]
    while items:
        end = next((place for place, item in enumerate(items) if item.label == f"{given}.{len(found.sums)}"), None)
        one = None if end is None else _sum(items[: end + 1], found, name, count)
        if one is None or end is None:
            return None
        found.sums.append(one)
        items = items[end + 1 :]
    if len(found.sums) != count:
        return None
    after = [copy.deepcopy(one.after) for one in found.sums]
    for rest in after:
        rest[-1].label = None
    found.after = sorted({fingerprint(Body(rest)) for rest in after})
    return found if len(found.after) == 1 else None


def _sum(items: list[Item], found: Parsed, name: str, count: int) -> Sum | None:
    """An output of which each path reads one tensor of the list, or what was made of it, in their order."""
    merge = items[0]
    if not isinstance(merge, Merge) or merge.head is not None or len(merge.paths) != count or len(items) < 2:
        return None
    reads: list[Scope | None] = []
    for place, path in enumerate(merge.paths):
        first, *rest = path.body.items
        wanted = (name, place) if found.stem is None else (f"{found.stem}.{place}", None)
        if not isinstance(first, Skip) or (first.name, first.part) != wanted or len(rest) > 1:
            return None
        if rest:
            scope = rest[0]
            if not isinstance(scope, Scope) or scope.label is None:
                return None
            stem, _, numbers = scope.label.partition(f".{len(found.sums)}.")
            if numbers != str(place) or found.reads not in ("", stem):
                return None
            found.reads = stem
        reads.append(rest[0] if rest else None)  # type: ignore[arg-type]
    if any(isinstance(item, Scope | Call) or (isinstance(item, Op) and item.has_weights) for item in items[1:]):
        return None
    return Sum(merge, reads, items[1:])


def _one(pairs: Sequence[Pair], parts: Sequence[Scope]) -> Scope | None:
    """Scopes as one, with numbers that follow from their places."""
    if not parts or len({part.indexed for part in parts}) > 1:
        return None
    body = copy.deepcopy(parts[0].body)
    for size, part in enumerate(parts[1:], 1):
        both = unify(body, copy.deepcopy(part.body), size, 1)
        if both is None:
            return None
        body = both
    around = [True] * len(parts)
    settled(body, around)
    if not _is_whole(body, around):
        return None
    for hole in list(holes(body, around)):
        told = _number(hole.column, pairs)
        if told is ABSENT:
            return None
        hole.fill(told)
    _alone(body)
    return Scope(parts[0].label, body=body, kind=parts[0].kind, indexed=parts[0].indexed, is_inline=True)


def _is_whole(body: Body, around: Sequence[bool]) -> bool:
    """Whether each step is there at all places, but for loops without rounds."""
    for item in body.items:
        if not all(there for there, on in zip(item.present, around, strict=True) if on):
            return False
        inside = [on and bool(count) for on, count in zip(around, item.count, strict=True)] if isinstance(item, Loop) else around
        if not all(_is_whole(inner, inside) for inner in item.bodies()):
            return False
    return True


def _number(column: Column, pairs: Sequence[Pair]) -> object:
    values = distinct(column)
    if len(values) == 1:
        return values[0]
    if len(values) > 1 and all(isinstance(value, int | float) and not isinstance(value, bool) for value in values):
        for text, value_of in NUMBERS:
            if all(value is ABSENT or value == value_of(*pair) for value, pair in zip(column, pairs, strict=True)):
                return Text(text)
    return ABSENT


def _alone(body: Body) -> None:
    """A body of many places, whose numbers are told, as that of one."""
    body.entry = [ABSENT]
    for item, inner in walk(body):
        inner.entry = [ABSENT]
        item.present = [True]
        item.into = [ABSENT] if item.into else []
        for path in item.paths if isinstance(item, Merge) else []:
            path.present = [True]


def _loops(first: Parsed, body: Body, name: str, each: Scope | None, reads: Sequence[tuple[str, Scope]]) -> list[Item]:
    items: list[Item] = []
    rounds = Text(f"len({name})")
    if each is not None and first.stem is not None:
        part = copy.deepcopy(each)
        part.label = f"{first.stem}.{{i}}"
        items.append(Loop(count=[rounds], variable="i", body=Body([Skip(to=0, name=name, part="i"), part], [ABSENT])))
    source = Skip(to=0, name=name, part="j") if first.stem is None else Skip(to=0, name=first.stem, part="j")
    path: list[Item] = [source]
    for condition, scope in reads:
        part = copy.deepcopy(scope)
        part.label = f"{first.reads}.{{i}}.{{j}}"
        part.condition = condition
        path.append(part)
    merge = copy.deepcopy(first.sums[0].merge)
    merge.paths = [Path(Body(path, [ABSENT]), rounds=f"for j in range(len({name}))")]
    after = copy.deepcopy(first.sums[0].after)
    after[-1].label = f"{body.gives[0].removesuffix('[]')}.{{i}}"
    items.append(Loop(count=[rounds], variable="i", body=Body([merge, *after], [ABSENT])))
    for item, _ in walk(Body(items)):
        if isinstance(item, Op) and name != "x":
            for key, column in item.arguments.items():
                if isinstance(column[0], Text):
                    item.arguments[key] = [Text(column[0].text.replace("x[", f"{name}["))]
    return items
