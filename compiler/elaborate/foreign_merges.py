"""Merges as other libraries write them, `torch.cat([a, b], dim=1)`: the tensors are the paths, and an axis is counted without the batch."""

from __future__ import annotations

from collections.abc import Sequence

from ...dsl import ast
from ..ops.foreign_calls import is_keras, parameter_of
from ..ops.foreign_names import key
from .foreign_shapes import Around, Differs, axis_here
from .shape_of import ShapeOf
from .slots import Signature


def merged(word: str, name: str, called: Signature, arguments: Sequence[ast.Argument], around: Around) -> str | None:
    """`torch.cat([a, b], dim=1)`, `torch.add(a, b)`: the tensors are the paths."""
    first = arguments[0].value
    if all(row.name is not None for row in arguments):
        return _head(word, name, called, arguments, around.coming)
    if isinstance(first, ast.List):
        tensors, rest = list(first.items), arguments[1:]
    else:
        tensors = [row.value for row in arguments if row.name is None]
        rest = [row for row in arguments if row.name is not None]
    if len(tensors) < 2 or not all(isinstance(tensor, ast.Name) and around.is_label(tensor.name) for tensor in tensors):
        return None
    shape = around.shape(tensors[0].span.text)
    known = {slot.name for slot in called.slots}
    head = ""
    for row in rest:
        parameter = "axis" if row.name is None else parameter_of(row.name, known)
        if parameter != "axis" or "axis" not in known:
            return None
        axis = "0" if row.value.span.text == "0" else _axis_of_merge(word, name, row.value.span.text, shape)
        if axis is None:
            return None
        head = axis
    if name == "concat" and not rest and shape is not None and shape.place("channels") != 0:
        raise Differs("without `dim` it joins the images of a batch: `concat(axis = …)` says along which axis, the batch not counted")
    return f"{name}{_along(name, head, shape)} {{ {' '.join(f'| skip({tensor.span.text})' for tensor in tensors)} }}"


def _axis_of_merge(word: str, name: str, text: str, shape: ShapeOf | None) -> str | None:
    """The axis along which is joined, counted without the batch. A stack has one more than what it joins."""
    if is_keras(word) or key(word) == "concatenate":
        if text != "-1":
            return None
        return "channels"
    return axis_here(text, shape if name != "stack" else None)


def _along(name: str, axis: str, shape: ShapeOf | None) -> str:
    """The argument, where the axis is not the one along which is joined anyway."""
    is_first = axis == "0" and (name == "stack" or (shape is not None and shape.place("channels") == 0))
    return "" if is_first or axis in ("", "channels") else f"(axis = {axis})"


def _head(word: str, name: str, called: Signature, arguments: Sequence[ast.Argument], shape: ShapeOf | None) -> str | None:
    """`Concatenate(axis = -1) { | … | … }`: the paths are archc's already, and the axis is counted as there."""
    is_axis = len(arguments) == 1 and parameter_of(arguments[0].name or "", {"axis"}) == "axis"
    if not is_axis or "axis" not in {slot.name for slot in called.slots}:
        return None
    written = arguments[0].value.span.text
    if written == "0":  # nobody joins the images of a batch: it is counted without it
        return f"{name}(axis = 0)"
    axis = _axis_of_merge(word, name, written, None)
    return None if axis is None else f"{name}{_along(name, axis, None)}"
