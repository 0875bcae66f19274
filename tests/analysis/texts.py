"""Networks from texts, for tests."""

from __future__ import annotations

from collections.abc import Mapping

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source, compile
from archc.compiler.graph.graph import Graph
from archc.compiler.ops.base import Shape


def graph_of(text: str, settings: Mapping[str, object] | None = None, inputs: Mapping[str, Shape] | None = None) -> Graph:
    """The network that a text defines."""
    checked = check_source(Source.of("test.arch", text), settings=settings, inputs=inputs)
    assert checked.program is not None, [row.message for row in checked.diagnostics]
    return checked.graph


def problems_of(text: str) -> tuple[Diagnostic, ...]:
    return check_source(Source.of("test.arch", text)).diagnostics


def shipped(name: str, settings: Mapping[str, object] | None = None, inputs: Mapping[str, Shape] | None = None) -> Graph:
    """A network of the library."""
    return compile(name, settings=settings, inputs=inputs).graph
