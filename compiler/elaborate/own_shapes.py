"""Shapes of operations of one's own as PyTorch or Keras writes them (W512): with the batch, or with the channels last."""

from __future__ import annotations

from collections.abc import Iterator

from ...base.diagnostics import Diagnostic, Label, Severity
from ...dsl import ast


def foreign_shapes_of_own(file: ast.File) -> tuple[Diagnostic, ...]:
    """A doubt for each `shape [1, c, in.height, in.width]`, and for each `shape [in.height, in.width, c]` whose axes have no names."""
    rules = [
        rule
        for item in file.items
        if isinstance(item, ast.Operation)
        for rule in ast.walk(*item.body)
        if isinstance(rule, ast.Rule) and rule.name.name == "shape"
    ]
    return tuple(row for rule in rules for row in _doubts(rule.value))


def _doubts(value: ast.Expression) -> Iterator[Diagnostic]:
    if not isinstance(value, ast.List) or any(value.names):
        return
    items = value.items
    sides = [_side(item) for item in items]
    if len(items) == 4 and isinstance(items[0], ast.Number) and items[0].value == 1 and sides[2:] == ["height", "width"]:
        why, meant = "the batch is never written: with it an image has one axis more, and is a volume", items[1:]
    elif len(items) == 3 and sides[:2] == ["height", "width"] and sides[2] is None:
        why, meant = "an image is [channels, height, width]: the first of these is taken as its channels", (items[2], items[0], items[1])
    else:
        return
    written = ", ".join(item.span.text for item in meant)
    named = f"; where the axes lie so, they have names: `[height = {items[0].span.text}, …]`" if len(items) == 3 else ""
    yield Diagnostic("W512", why, Label(value.span), help=f"write `[{written}]`{named}", severity=Severity.WARNING)


def _side(item: ast.Expression) -> str | None:
    """The axis of the input that an item is made of: `in.height / 2`."""
    found = {
        part.name for part in ast.walk(item) if isinstance(part, ast.Attribute) and part.name in ("height", "width", "channels", "length")
    }
    return found.pop() if len(found) == 1 else None
