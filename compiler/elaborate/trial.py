"""Remedies tried before they are offered: another argument, or one step more, and every shape worked out anew."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace

from ...base.diagnostics import Edit, Fix
from ...base.records import dataclass
from ...base.source import Source, Span
from ...dsl import ast
from ...dsl.parser.parse import parse_expression
from ..graph.program import Node
from ..ops.base import Operation, Refusal, Shape, Shapes
from ..ops.parameters import BadValue, Plain

Changes = Mapping[int, Operation]
"""By the index of a node: the operation that stands there instead."""


def reshaped(steps: Sequence[Node], given: Mapping[int, Shape], changes: Changes) -> dict[int, Shape] | None:
    """The shape of each of `steps`, which are in order, where those of `given` have that shape; None where one refuses."""
    shapes: dict[int, Shape] = {}
    known: dict[tuple[int, Shapes], Shape] = {}  # of steps like those before, which have one record
    try:
        for node in steps:
            if node.index in given:
                shapes[node.index] = given[node.index]
                continue
            operation = changes.get(node.index, node.operation)
            key = id(operation), tuple([shapes[index] if index in shapes else given[index] for index in node.inputs])
            if key not in known:
                known[key] = operation.output(key[1])
            shapes[node.index] = known[key]
    except (Refusal, KeyError):
        return None
    return shapes


def ancestors(nodes: Sequence[Node], ends: Sequence[int]) -> list[Node]:
    """All steps that lead to `ends`, in order."""
    needed = set(ends)
    stack = list(needed)
    while stack:
        for index in nodes[stack.pop()].inputs:
            if index not in needed:
                needed.add(index)
                stack.append(index)
    return [nodes[index] for index in sorted(needed)]


def accepts(operation: Operation, shapes: Sequence[Shape]) -> bool:
    try:
        operation.output(tuple(shapes))
    except Refusal:
        return False
    return True


def takes(operation: Operation, parameter: str) -> bool:
    return any(row.name == parameter for row in operation.parameters())


def with_value(operation: Operation, parameter: str, value: Plain) -> Operation | None:
    """The operation with another argument; None where the parameter does not take it."""
    row = next((row for row in operation.parameters() if row.name == parameter), None)
    if row is None:
        return None
    try:
        return replace(operation, **{parameter: row.kind.read(value)})
    except BadValue:
        return None


def by_text(nodes: Iterable[Node]) -> dict[tuple[int, int, int, type[Operation]], list[Node]]:
    """The steps that the same text makes, by `text_key`: rounds of a loop, instances of a block. An edit changes them all."""
    found: dict[tuple[int, int, int, type[Operation]], list[Node]] = {}
    for node in nodes:
        found.setdefault(text_key(node), []).append(node)
    return found


def text_key(node: Node) -> tuple[int, int, int, type[Operation]]:
    return id(node.span.source), node.span.start, node.span.end, type(node.operation)


def same_text(nodes: Sequence[Node], node: Node) -> list[Node]:
    """Those of one step."""
    key = text_key(node)
    return [other for other in nodes if text_key(other) == key]


def with_values(operation: Operation, values: Mapping[str, Plain]) -> Operation | None:
    """The operation with other arguments; None where a parameter does not take its own."""
    for parameter, value in values.items():
        changed = with_value(operation, parameter, value)
        if changed is None:
            return None
        operation = changed
    return operation


LABEL = re.compile(r'\s*("[^"\n]*"|[\w.]+)\s*:\s*')


def argument_edits(span: Span, operation: Operation, values: Mapping[str, str]) -> tuple[Edit, ...] | None:
    """Give the call of `operation` at `span` these arguments: in the place of those that it has, by name or by position, else at its end.

    None where the text is not the call, or does not show which arguments it has.
    """
    source = span.source
    labelled = LABEL.match(span.text)
    start = span.start + (labelled.end() if labelled is not None else 0)
    call, _ = parse_expression(Source.of("", source.text[start : span.end]))
    if isinstance(call, ast.Name):
        inside = ", ".join(f"{name} = {text}" for name, text in values.items())
        return (Edit(source.span(span.end, span.end), f"({inside})"),)
    if not isinstance(call, ast.Call) or "#" in span.text:
        return None
    order = [row.name for row in operation.parameters()]
    given: dict[str, ast.Expression] = {}
    position = 0
    for argument in call.arguments:
        if argument.name is None and (call.path != (operation.name,) or position >= len(order)):
            return None if set(values) & set(order[position:]) else ()
        given[argument.name or order[position]] = argument.value
        position += argument.name is None
    edits, further = [], []
    for name, text in values.items():
        value = given.get(name)
        if value is None:
            further.append(f"{name} = {text}")
        else:
            edits.append(Edit(source.span(start + value.span.start, start + value.span.end), text))
    if further:
        joint = ", " if call.arguments else ""
        edits.append(Edit(source.span(span.end - 1, span.end - 1), joint + ", ".join(further)))
    return tuple(edits)


def argument_edit(span: Span, operation: Operation, parameter: str, text: str) -> Edit | None:
    """Give the call at `span` this one argument."""
    edits = argument_edits(span, operation, {parameter: text})
    return edits[0] if edits else None


def replaced_argument(span: Span, operation: Operation, parameter: str, text: str) -> Edit | None:
    """Write `text` for the whole argument of this parameter, name and value, in the call at `span`."""
    edit = argument_edit(span, operation, parameter, text)
    if edit is None or not edit.span.text:
        return None  # no call, or it has no such argument
    before = re.search(rf"\b{parameter}\s*=\s*\Z", span.source.text[span.start : edit.span.start])
    start = span.start + before.start() if before is not None else edit.span.start
    return Edit(span.source.span(start, edit.span.end), text)


def edited(edits: Sequence[Edit], span: Span) -> str:
    """The text at `span` with the edits made, on one line."""
    source, text = span.source, ""
    place = span.start
    for edit in sorted(edits, key=lambda row: row.span.start):
        text += source.text[place : edit.span.start] + edit.text
        place = edit.span.end
    return " ".join((text + source.text[place : max(span.end, place)]).split())


@dataclass(frozen=True, slots=True)
class Remedy:
    help: str
    fix: Fix | None


MOST_WORK = 400_000
"""How many shape rules may be worked out for one message."""


@dataclass(frozen=True, slots=True)
class Trial:
    """Steps, and what must come out of them. `does` is given the shape of each."""

    nodes: Sequence[Node]
    does: Callable[[Mapping[int, Shape]], bool]

    def works(self, changes: Changes) -> bool:
        shapes = reshaped(self.nodes, {}, changes)
        return shapes is not None and self.does(shapes)

    def changed(self, node: Node, values: Mapping[str, Plain]) -> Changes | None:
        """All steps of the text of `node` with other arguments; None where one does not take them, or it does not work."""
        changes: dict[int, Operation] = {}
        for other in same_text(self.nodes, node):
            operation = with_values(other.operation, values)
            if operation is None:
                return None
            changes[other.index] = operation
        return changes if self.works(changes) else None

    @property
    def most(self) -> int:
        return MOST_WORK // max(1, len(self.nodes))
