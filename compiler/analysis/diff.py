"""What changed between two networks: steps added, removed, renamed and changed, with the costs of each.

Steps with weights are matched by their paths, those without by what they read, then by their paths as well. What is left on both sides
is matched in order by operation, arguments and shape, which finds what was only renamed, then out of order where one step alone on either
side is that, which finds what was moved, and then by operation and surroundings, which finds what was renamed and changed. At last one
that reads what another of its kind read, or has its name, stands in its place. None of these takes a single step out of a block of which
the most is gone or new: there it is a step like any other, and nobody moved it.
"""

from __future__ import annotations

import math
from collections import Counter, deque
from collections.abc import Callable, Collection, Hashable, Sequence
from difflib import SequenceMatcher
from functools import partial
from typing import Literal, TypeAlias

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from ..ops.base import Shape, show
from .cost import total, work_of, works_of
from .cost_table import Work
from .table import Listing

_Search: TypeAlias = Callable[[Sequence[Node], Sequence[Node]], list[tuple[Node, Node]]]

REPLACED = frozenset({"convolution", "dense", "norm", "activation", "pool", "merge", "regularise", "recurrent", "attention"})
"""The families of which one operation can stand for another: what only moves data, or is learned alone, is no other in another's place."""

LARGEST_MATCH = 4000
"""Unmatched steps on a side beyond which only equal neighbours are matched (the search takes quadratic time at worst)."""


@dataclass(frozen=True, slots=True)
class Change:
    """One step that differs. `kind` is `added`, `removed`, `renamed`, `moved` or `changed` (the last two may also be renamed).

    What was moved does and costs the same, at another place among the others.
    """

    kind: Literal["added", "removed", "renamed", "moved", "changed"]
    before: Node | None
    after: Node | None
    arguments: tuple[tuple[str, str, str], ...] = ()
    """Name, value before, value after."""
    shapes: tuple[Shape, Shape] | None = None
    operands: tuple[tuple[str, ...], tuple[str, ...]] | None = None
    shares: tuple[str, str] | None = None
    """Whose weights it uses; "" for its own."""
    work: tuple[Work, Work] = (Work(), Work())

    @property
    def renamed(self) -> bool:
        return self.before is not None and self.after is not None and self.before.unique != self.after.unique

    @property
    def title(self) -> str:
        """The step, by both its names where it was renamed, and its operation."""
        node = self.after or self.before
        assert node is not None
        name = f"{self.before.unique} -> {node.unique}" if self.renamed and self.before is not None else node.unique
        return f"{name} ({node.operation.name})"

    def details(self) -> list[str]:
        """What differs, without what it costs."""
        node = self.after or self.before
        assert node is not None
        told = [f"{argument}: {was} -> {now}" for argument, was, now in self.arguments]
        if self.shapes:
            told.append(f"{show(self.shapes[0])} -> {show(self.shapes[1])}")
        elif self.kind in ("added", "removed"):
            told.append(show(node.shape))
        if self.operands:
            told.append(f"reads {', '.join(self.operands[1])} (was {', '.join(self.operands[0])})")
        if self.shares:
            was, now = (f"the weights of {name}" if name else "weights of its own" for name in self.shares)
            told.append(f"uses {now} (was {was})")
        return told

    def to_json(self) -> dict[str, object]:
        return {
            "kind": self.kind,
            "before": self.before.unique if self.before else None,
            "after": self.after.unique if self.after else None,
            "op": [node.operation.name for node in (self.before, self.after) if node is not None],
            "arguments": [{"name": name, "before": before, "after": after} for name, before, after in self.arguments],
            "output": [list(shape) for shape in self.shapes] if self.shapes else None,
            "operands": [list(row) for row in self.operands] if self.operands else None,
            "shares": [name or None for name in self.shares] if self.shares else None,
            "parameters": self.work[1].parameters - self.work[0].parameters,
            "macs": self.work[1].macs - self.work[0].macs,
            "flops": self.work[1].flops - self.work[0].flops,
        }


@dataclass(frozen=True, slots=True)
class Difference(Listing[Change]):
    """All changes, in the order of the second network, and both totals. `pairs` matches all steps, by index."""

    before: Graph
    after: Graph
    entries: tuple[Change, ...]
    same: int
    totals: tuple[Work, Work]
    pairs: tuple[tuple[int | None, int | None], ...]
    times: tuple[int, int] | None = None
    """Microseconds that both are foreseen to take on this machine, if asked for."""

    @property
    def changes(self) -> tuple[Change, ...]:
        return self.entries

    @property
    def rows(self) -> list[dict[str, object]]:
        return [change.to_json() for change in self.entries]

    def to_json(self) -> dict[str, object]:
        def figures(work: Work) -> dict[str, int]:
            return {
                "parameters": work.parameters,
                "buffers": work.buffers,
                "macs": work.macs,
                "flops": work.flops,
                "activations": work.activations,
            }

        return {
            "version": 1,
            "before": self.before.program.name,
            "after": self.after.program.name,
            "equal": not self.entries,
            "same": self.same,
            "totals": {"before": figures(self.totals[0]), "after": figures(self.totals[1])},
            "microseconds": {"before": self.times[0], "after": self.times[1]} if self.times else None,
            "changes": self.rows,
        }

    def text(self) -> str:
        """For people: one line a step, what changed in it, then the totals."""
        lines = [_line(change) for change in self.entries]
        if not self.entries:
            lines = [f"{self.before.program.name} and {self.after.program.name}: the same {self.same} steps"]
        return "\n".join([*lines, "", *self.total_lines()]) + "\n"

    def total_lines(self) -> list[str]:
        """Both totals and what lies between them, one quantity a line, and how many steps changed."""
        one, two = self.totals
        lines = []
        rows = [(name, getattr(one, name), getattr(two, name)) for name in ("parameters", "macs", "flops", "activations")]
        rows += [("microseconds, foreseen on this machine", *self.times)] if self.times else []
        for name, was, now in rows:
            share = f" ({(now - was) / was:+.2%})" if was and now != was else ""
            lines.append(f"{name}: {was:,} -> {now:,}" + (f", {now - was:+,}{share}" if now != was else ", the same"))
        counts = [f"{sum(change.kind == kind for change in self.entries)} {kind}" for kind in SIGNS]
        return [*lines, f"steps: {self.same} the same, {', '.join(counts)}"]


def diff(before: Graph, after: Graph, *, timed: bool = False) -> Difference:
    """What leads from `before` to `after`; `timed`: with the time that both take on this machine."""
    pairs, moved = _match(before, after)
    partner = {new: old for old, new in pairs}
    gone = {node.index for node in before.nodes} - {old for old, _ in pairs}
    rows: list[tuple[int | None, int | None]] = []
    removed = deque(sorted(gone))
    for node, following in zip(after.nodes, _following(after, partner), strict=True):
        # A removed step is told where it stood: before the first matched step that came after it, and before what is new there.
        while removed and (following is None or removed[0] < following):
            rows.append((removed.popleft(), None))
        rows.append((partner.get(node.index), node.index))
    rows += [(index, None) for index in removed]
    to_new = dict(pairs)
    changes = []
    same = 0
    twins = _twins(after)
    for old, new in rows:
        change = _change(
            before, after, None if old is None else before.nodes[old], None if new is None else after.nodes[new], to_new, moved, twins
        )
        if change is None:
            same += 1
        else:
            changes.append(change)
    times = None
    if timed:
        from .foreseen import microseconds  # what pictures of a difference need nothing of

        times = (microseconds(before), microseconds(after))
    return Difference(before, after, tuple(changes), same, (_total(before), _total(after)), tuple(rows), times)


def _following(after: Graph, partner: dict[int, int]) -> list[int | None]:
    """For each step the partner of the first one from it on that has one."""
    found: list[int | None] = []
    for node in reversed(after.nodes):
        found.append(partner.get(node.index, found[-1] if found else None))
    return found[::-1]


def _total(graph: Graph) -> Work:
    return total(work for node, work in zip(graph.nodes, works_of(graph), strict=True) if not node.training_only)


def _match(before: Graph, after: Graph) -> tuple[list[tuple[int, int]], set[int]]:
    """The pairs, by index, and which steps of `after` were moved."""
    old = {node.unique: node for node in before.nodes}
    to_old: dict[int, int] = {}

    def pair(was: Node, now: Node) -> None:
        del old[was.unique]
        to_old[now.index] = was.index

    def by_name(node: Node, whatever_shape: bool = True) -> None:
        match = old.get(node.unique)
        if node.index in to_old or match is None or match.operation.name != node.operation.name:
            return
        if whatever_shape or match.shape == node.shape:
            pair(match, node)

    # Keys name what has weights. The other names count steps of a kind, and one more shifts them: what such a step reads tells more.
    for node in after.nodes:
        if node.weights or not node.inputs:
            by_name(node)
    readers: dict[Hashable, list[Node]] = {}
    for node in before.nodes:
        if not node.weights and node.inputs:
            for told in _told_as(node):
                readers.setdefault((told, _read(node, node.inputs)), []).append(node)

    def by_what_they_read() -> None:
        for node in after.nodes:
            if node.index in to_old or node.weights or not node.inputs:
                continue
            read = _read(node, tuple(to_old.get(index, -1) for index in node.inputs))
            for told in _told_as(node):
                alike = [was for was in readers.get((told, read), ()) if was.unique in old]
                if alike:
                    pair(next((was for was in alike if was.unique == node.unique), alike[0]), node)
                    break

    by_what_they_read()
    # The names of what was made of the same size tell what read them; at last those of whatever size.
    for whatever_shape in (False, True):
        for node in after.nodes:
            by_name(node, whatever_shape)
        by_what_they_read()
    pairs = [(was, now) for now, was in to_old.items()]
    homes = _Homes.of(before, after, pairs)
    left_after = [node for node in after.nodes if node.index not in to_old]
    left_before = [node for node in before.nodes if node.unique in old]
    keys: tuple[Callable[[Node], Hashable], ...] = (
        lambda node: (node.operation, node.shape, node.input_shapes, node.names),
        lambda node: (node.operation, node.shape, node.input_shapes),
        lambda node: (node.operation.name, node.scope.path),
        # A number says nothing of what it names: such a step is matched within its own scope alone.
        lambda node: (node.operation.name, node.path[-2:]) if not node.names[-1].isdecimal() else node.unique,
    )
    moved: set[int] = set()
    in_order: list[_Search] = [partial(_aligned, key=key) for key in keys]
    for search in (*in_order[:2], _moved, *in_order[2:]):
        found = homes.settled(search(left_before, left_after))
        moved |= {two.index for _, two in found} if search is _moved else set()
        pairs += [(one.index, two.index) for one, two in found]
        done_before, done_after = {one.index for one, _ in found}, {two.index for _, two in found}
        left_before = [node for node in left_before if node.index not in done_before]
        left_after = [node for node in left_after if node.index not in done_after]
    return sorted([*pairs, *_replaced(homes, left_before, left_after, dict(pairs))]), moved


def _replaced(homes: _Homes, before: Sequence[Node], after: Sequence[Node], to_new: dict[int, int]) -> list[tuple[int, int]]:
    """What stands in the place of another operation of its kind: reads the same, or has its name. A `gelu` for a `relu`, a `gn` for a `bn`."""
    found: list[tuple[Node, Node]] = []
    to_new = dict(to_new)
    named = {(node.unique, node.operation.family): node for node in after}
    reading: dict[Hashable, list[Node]] = {}
    for node in after:
        reading.setdefault((node.operation.family, tuple(sorted(node.inputs))), []).append(node)
    taken: set[int] = set()
    for old in before:
        if old.operation.family not in REPLACED:
            continue
        read = reading.get((old.operation.family, tuple(sorted(to_new.get(index, -1) for index in old.inputs))), [])
        namesakes = [node for node in [named.get((old.unique, old.operation.family))] if node is not None]
        new = next((node for node in (*namesakes, *read) if node.index not in taken), None)
        if new is not None:
            taken.add(new.index)
            to_new[old.index] = new.index
            found.append((old, new))
    return [(old.index, new.index) for old, new in homes.settled(found)]


@dataclass(slots=True)
class _Homes:
    """The calls of blocks that steps stand in, and how many steps of each are matched, on both sides."""

    sizes: Counter[Scope]
    matched: Counter[Scope]

    @classmethod
    def of(cls, before: Graph, after: Graph, pairs: Sequence[tuple[int, int]]) -> _Homes:
        homes = cls(_homes(*before.nodes, *after.nodes), Counter())
        homes.matched += _homes(*(node for was, now in pairs for node in (before.nodes[was], after.nodes[now])))
        return homes

    def settled(self, found: Sequence[tuple[Node, Node]]) -> list[tuple[Node, Node]]:
        """The pairs without those of steps in different parts of which one is a block where, with all of them, less than half is matched."""
        with_all = self.matched + _homes(*(node for pair in found for node in pair))
        gone = {home for home in with_all if 2 * with_all[home] < self.sizes[home]}
        kept = [(one, two) for one, two in found if one.scope.path == two.scope.path or gone.isdisjoint((_home(one), _home(two)))]
        self.matched += _homes(*(node for pair in kept for node in pair))
        return kept


def _homes(*nodes: Node) -> Counter[Scope]:
    return Counter(home for home in map(_home, nodes) if home is not None)


def _home(node: Node) -> Scope | None:
    """The innermost call around a step; nothing for one of the network's own."""
    return next((scope for scope in reversed(node.scope.ancestors()[1:]) if scope.template), None)


def _read(node: Node, inputs: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(inputs)) if node.operation.commutes else inputs


def _twins(graph: Graph) -> list[int]:
    """For each step the first that gives the very same: which of two equal pools of one tensor is read is no difference."""
    first: dict[Hashable, int] = {}
    found: list[int] = []
    for node in graph.nodes:
        alone = node.is_port or bool(node.weights) or node.operation.family == "regularise" or not node.inputs
        key = node.index if alone else (node.operation, tuple(found[index] for index in node.inputs))
        found.append(first.setdefault(key, node.index))
    return found


def _aligned(before: Sequence[Node], after: Sequence[Node], key: Callable[[Node], Hashable]) -> list[tuple[Node, Node]]:
    if not before or not after:
        return []
    one, two = [key(node) for node in before], [key(node) for node in after]
    if max(len(one), len(two)) > LARGEST_MATCH:
        return [(old, new) for old, new, a, b in zip(before, after, one, two, strict=False) if a == b]
    blocks = SequenceMatcher(None, one, two, autojunk=False).get_matching_blocks()
    return [(before[block.a + step], after[block.b + step]) for block in blocks for step in range(block.size)]


def _moved(before: Sequence[Node], after: Sequence[Node]) -> list[tuple[Node, Node]]:
    """What stands once on either side: the same operation, arguments and shapes."""

    def once(nodes: Sequence[Node]) -> dict[Hashable, Node]:
        keys = [(node.operation, node.shape, node.input_shapes) for node in nodes]
        counts = Counter(keys)
        return {key: node for key, node in zip(keys, nodes, strict=True) if counts[key] == 1}

    there = once(before)
    return [(there[key], node) for key, node in once(after).items() if key in there]


def _change(
    before: Graph, after: Graph, old: Node | None, new: Node | None, to_new: dict[int, int], moved: Collection[int], twins: Sequence[int]
) -> Change | None:
    work = (work_of(old) if old else Work(), work_of(new) if new else Work())
    if old is None or new is None:
        return Change("added" if old is None else "removed", old, new, work=work)
    # By name: a pattern of `rearrange` brings sizes of its own.
    given, later = dict(old.operation.arguments()), dict(new.operation.arguments())
    other = old.operation.name != new.operation.name
    if other:  # of arguments those that both have
        given, later = ({name: value for name, value in row.items() if name in given and name in later} for row in (given, later))
    arguments = tuple(
        (name, _value(given.get(name)), _value(later.get(name)))
        for name in {**given, **later}
        if not _says_the_same(given.get(name), later.get(name))
    )
    if arguments and not other and _does_the_same(old, new):
        arguments = ()
    if other:
        arguments = (("operation", old.operation.name, new.operation.name), *arguments)
    shapes = (old.shape, new.shape) if old.shape != new.shape else None
    wired = tuple(to_new.get(index, -1) for index in old.inputs)
    operands = None
    turned = new.operation.commutes and len(wired) == 2 and wired[::-1] == new.inputs
    if [twins[index] if index >= 0 else index for index in wired] != [twins[index] for index in new.inputs] and not turned:
        operands = (tuple(node.unique for node in before.operands(old)), tuple(node.unique for node in after.operands(new)))
    shares = None
    if _owner(old, to_new) != new.shares and (before.shared(old) or after.shared(new)):
        shares = (before.shared(old), after.shared(new))
    if new.index in moved and not (arguments or shapes or shares or work[0] != work[1]):
        return Change("moved", old, new, operands=operands, work=work)
    if arguments or shapes or operands or shares or work[0] != work[1]:
        return Change("changed", old, new, arguments, shapes, operands, shares, work)
    if old.unique == new.unique or _is_counted_alone(old, new):
        return None
    return Change("renamed", old, new, work=work)


def _is_counted_alone(old: Node, new: Node) -> bool:
    """Whether nobody named a step: `relu2` is `relu3` once another stands before it."""
    return not (old.label or new.label or old.weights) and (old.scope.unique, old.scope.kind) == (new.scope.unique, new.scope.kind)


def _says_the_same(value: object, now: object) -> bool:
    """Whether two values are one: `2` is `2.0`, `3x3` is `3`, and 0.2 is what 12 steps of 1/60 come to."""
    if isinstance(value, bool) or isinstance(now, bool):
        return value is now
    if isinstance(value, float) and isinstance(now, float):
        return math.isclose(value, now, rel_tol=1e-12)
    one, two = ({item} if not isinstance(item, tuple) else set(item) if item else {item} for item in (value, now))
    return value == now or (isinstance(value, tuple) != isinstance(now, tuple) and one == two and len(one) == 1)


def _told_as(node: Node) -> list[Hashable]:
    """A step as it is written; and as the code that it is, in which the letters of a pattern say nothing."""
    code = _code(node)
    return [node.operation, *([] if code is None else [(node.input_shapes, code)])]


def _does_the_same(old: Node, new: Node) -> bool:
    """Whether two ways of writing a step are the same code: `pad = half` of a kernel of 2 is `pad = 0`."""
    return old.input_shapes == new.input_shapes and _code(old) is not None and _code(old) == _code(new)


def _code(node: Node) -> tuple[object, ...] | None:
    record, shapes = node.operation, node.input_shapes
    module, weights, constant = record.module(shapes), record.weights(shapes), record.constant(shapes)
    names = [f"x{place}" for place in range(len(shapes) + len(weights) + (constant is not None))]
    expression = record.expression(names, shapes) if module is None else None
    if module is None and expression is None:
        return None
    return module, expression, weights, record.initialization(), constant, record.beside()


def _owner(old: Node, to_new: dict[int, int]) -> int | None:
    return None if old.shares is None else to_new.get(old.shares, -1)


def _value(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple) and all(isinstance(item, tuple) for item in value):
        return ", ".join(f"{name} = {size}" for name, size in value) or "none"  # the sizes of a pattern
    return "none" if value is None else "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


# -------------------------------------------------------------------------------------------------- text

SIGNS = {"added": "+", "removed": "-", "renamed": "=", "moved": ">", "changed": "~"}


def _line(change: Change) -> str:
    details = [*change.details(), *_deltas(change.work)]
    return f"{SIGNS[change.kind]} {change.title}" + (": " + ", ".join(details) if details else "")


def _deltas(work: tuple[Work, Work]) -> list[str]:
    named = (("parameters", work[1].parameters - work[0].parameters), ("MACs", work[1].macs - work[0].macs))
    return [f"{value:+,} {name}" for name, value in named if value]
