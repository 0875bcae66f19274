"""Networks from texts, for tests."""

from __future__ import annotations

from collections.abc import Mapping

from archc.base.diagnostics import Diagnostic
from archc.compiler.driver import compile
from archc.compiler.graph.graph import Graph
from archc.compiler.ops.base import Shape
from tests.support import checked


def graph_of(text: str, settings: Mapping[str, object] | None = None, inputs: Mapping[str, Shape] | None = None) -> Graph:
    """The network that a text defines."""
    found = checked(text, "test.arch", settings=settings, inputs=inputs)
    assert found.program is not None, [row.message for row in found.diagnostics]
    return found.graph


def problems_of(text: str) -> tuple[Diagnostic, ...]:
    return checked(text, "test.arch").diagnostics


def shipped(name: str, settings: Mapping[str, object] | None = None, inputs: Mapping[str, Shape] | None = None) -> Graph:
    """A network of the library."""
    return compile(name, settings=settings, inputs=inputs).graph
