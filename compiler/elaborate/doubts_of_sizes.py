"""Sizes read by the number of their axis, `conv(2 * x.shape[1])`, where the number counts a batch that no shape has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import lru_cache

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem, Severity
from ...base.source import Source
from ...dsl import ast
from .closures import Given, Origin
from .evaluator import Evaluator
from .shape_of import ShapeOf
from .values import Unknowable


def doubts_of_sizes(call: ast.Call, given: Mapping[str, Given]) -> Iterator[Diagnostic]:
    """Of a step's channels. A layer along the last axis may well have as many features as an axis is long."""
    if not _reads_sizes(call.span.source):
        return
    for name, least in (("channels", 2), ("groups", 2), ("features", 3)):
        origin = given[name].origin if name in given else None
        if origin is None or (name == "features" and "last" in given):
            continue
        for read, shape, place in _sizes(origin):
            if place == 1 and len(shape.axes) >= least and shape.axes[0] == "channels" and shape.axes[1]:
                yield _doubt(read, shape)


@lru_cache(maxsize=64)
def _reads_sizes(source: Source) -> bool:
    """Whether a text holds such an expression at all: hardly one does, and every step asks."""
    return ".shape[" in source.text


def _sizes(origin: Origin) -> Iterator[tuple[ast.Index, ShapeOf, object]]:
    """The sizes by number that a value was worked out from, in its own expression or in those of its names."""
    seen: set[str] = set()
    waiting = [origin]
    while waiting:
        here = waiting.pop()
        for node in ast.walk(here.expression):
            if isinstance(node, ast.Name) and node.name not in seen:
                seen.add(node.name)
                binding = here.reader.environment.binding(node.name)
                if binding is not None and binding.origin is not None:
                    waiting.append(binding.origin)
            elif isinstance(node, ast.Index) and isinstance(node.value, ast.Attribute) and node.value.name == "shape":
                shape = _shape(here, node.value.value)
                if shape is not None and isinstance(node.index, ast.Number):
                    yield node, shape, node.index.value


def _shape(origin: Origin, node: ast.Expression) -> ShapeOf | None:
    if not isinstance(origin.reader, Evaluator):
        return None
    try:
        value = origin.reader.value(node)
    except (Problem, Unknowable):
        return None
    return value if isinstance(value, ShapeOf) else None


def _doubt(read: ast.Index, shape: ShapeOf) -> Diagnostic:
    assert isinstance(read.value, ast.Attribute)
    instead = f"{read.value.value.span.text}.channels"
    return Diagnostic(
        "W518",
        f"`{read.span.text}` is the {shape.axes[1]}, {shape.shape[1]}: the batch is not counted, and the channels are axis 0",
        Label(read.span, f"the {shape.axes[1]}"),
        fix=Fix(f"write `{instead}`", (Edit(read.span, instead),)),
        severity=Severity.WARNING,
    )
