"""What a box says when a pointer rests on it."""

from __future__ import annotations

from archc.compiler.draw.tooltip import arguments, described
from archc.compiler.ops.base import Operation
from tests.ops.samples import SAMPLES
from tests.support import checked, graph_of

OF_AXES = frozenset({"E313", "E332", "E335"})
"""What is said of an input whose axes are not those that the operation wants, or of a network that ends in indices."""


def test_arguments_are_told_as_the_language_writes_them() -> None:
    """A text with them compiles, and means the same operation."""
    compared = 0
    for operation, shapes in SAMPLES:
        if len(shapes) != 1:
            continue
        told = ", ".join(f"{name} = {text}" for name, text in arguments(operation))
        text = f"network n {{\n  input x{list(shapes[0])}\n  y: {operation.name}({told})\n}}\n"
        refused = {row.code for row in checked(text).diagnostics if row.is_error}
        assert refused <= OF_AXES, (text, refused)
        if not refused:
            compared += 1
            assert _apart_from_axes(operation) in [_apart_from_axes(node.operation) for node in graph_of(text).nodes]
    assert compared > 150


def _apart_from_axes(operation: Operation) -> tuple[object, ...]:
    """An operation without its axes: as words of the language and as places they are the same."""
    return operation.name, *((name, value) for name, value in operation.arguments() if name != "axis")


def test_what_is_not_set_is_not_told() -> None:
    graph = graph_of(
        "network n { input x[4, 8, 8]\n a: conv(4, 1x3, bias = false)\n s: slice(stop = 3, axis = channels)\n u: upsample(like = x) }"
    )
    said = {node.names[-1]: described(node) for node in graph.nodes}
    assert "kernel = 1x3" in said["a"] and "bias = false" in said["a"] and "pad = half" in said["a"]
    assert "stop = 3" in said["s"] and "like" not in said["u"] and "size" not in said["u"]
    assert not any(word in text for text in said.values() for word in ("None", "False", "True", "none"))
