"""Remedies tried before they are offered: another argument, or one step more, and every shape worked out anew."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace

from ...base.diagnostics import Edit
from ...base.source import Span
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


def by_text(nodes: Sequence[Node]) -> dict[tuple[int, int, int, type[Operation]], list[Node]]:
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


_WRITTEN = r"(?<![\w.])%s\s*=\s*([^,()\n]+?)\s*(?=[,)])"


def argument_edit(span: Span, parameter: str, text: str) -> Edit | None:
    """Give the call at `span` this argument by name; None where it has one that is too long to replace unread."""
    written = span.text
    if "\n" in written or "#" in written:
        return None
    found = re.search(_WRITTEN % parameter, written)
    if found is not None:
        return Edit(span.source.span(span.start + found.start(1), span.start + found.end(1)), text)
    if re.search(rf"(?<![\w.]){parameter}\s*=", written):
        return None
    if not written.endswith(")"):
        return Edit(span.source.span(span.end, span.end), f"({parameter} = {text})")
    joint = "" if written.endswith("()") else ", "
    return Edit(span.source.span(span.end - 1, span.end - 1), f"{joint}{parameter} = {text}")


def edited(edit: Edit, span: Span) -> str:
    """The text at `span` with the edit made, on one line."""
    source, start = span.source, span.start
    text = source.text[start : edit.span.start] + edit.text + source.text[edit.span.end : max(span.end, edit.span.end)]
    return " ".join(text.split())
