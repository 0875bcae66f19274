"""The one way from a text to what archc makes of it, for all tests."""

from __future__ import annotations

from collections.abc import Mapping

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import Checked, check_source
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Program
from archc.compiler.ops.base import Shape
from archc.reporting.fixes import applied
from archc.reporting.terminal import to_text


def checked(
    text: str, name: str = "n.arch", *, settings: Mapping[str, object] | None = None, inputs: Mapping[str, Shape] | None = None
) -> Checked:
    """All that archc says of a file with this text."""
    return check_source(Source.of(name, text), settings=settings, inputs=inputs)


def program_of(text: str, name: str = "n.arch") -> Program:
    """The program of a text that must be legal."""
    found = checked(text, name)
    assert found.program is not None, found.diagnostics
    return found.program


def graph_of(text: str, name: str = "n.arch") -> Graph:
    """The graph of a text that must be legal."""
    return Graph(program_of(text, name))


def errors_of(text: str) -> list[Diagnostic]:
    """What is wrong with a text, without what is doubted."""
    return [row for row in checked(text).diagnostics if row.is_error]


def mended(text: str) -> tuple[str, list[str]]:
    """The text with all that is offered, and the codes of the first time."""
    first: list[str] = []
    for round_ in range(8):
        found = check_source(Source.of("n.arch", text)).diagnostics
        if round_ == 0:
            first = [row.code for row in found if row.is_error]
        changed = applied(row for row in found if row.is_error)
        if not changed:
            break
        text, _ = changed["n.arch"]
    return text, first


def assert_mended(before: str, after: str) -> None:
    """By what is offered one text becomes the other, and that has no errors."""
    found, codes = mended(before)
    assert codes, "nothing was wrong"
    assert found == after
    left = errors_of(after)
    assert left == [], to_text(left)
