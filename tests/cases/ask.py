"""How the cases ask archc."""

from __future__ import annotations

from archc.base.diagnostics import Diagnostic
from archc.compiler.driver import Checked
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Node, Program
from archc.reporting.terminal import to_text
from tests.support import checked as checked_text


def ask(text: str) -> Checked:
    """What archc says of a file with this text."""
    return checked_text(text, "case.arch")


def network(size: str, *body: str, blocks: str = "") -> str:
    """A network on one input `x` of the given size, a line a statement."""
    return f"{blocks}\nnetwork case {{\n  input x[{size}]\n  " + "\n  ".join(body) + "\n}\n"


def legal(text: str) -> Program:
    """The program of a text that must be legal."""
    checked = ask(text)
    assert checked.program is not None, to_text(checked.diagnostics)
    return checked.program


def refused(text: str) -> Diagnostic:
    """The one error of a text that must be refused."""
    checked = ask(text)
    errors = [row for row in checked.diagnostics if row.is_error]
    assert len(errors) == 1, to_text(checked.diagnostics) or "it was accepted"
    return errors[0]


def warned(text: str, code: str) -> Diagnostic:
    """The warning of this code of a text that must be legal."""
    checked = ask(text)
    assert not checked.has_errors, to_text(checked.diagnostics)
    found = [row for row in checked.diagnostics if row.code == code]
    assert len(found) == 1, to_text(checked.diagnostics) or "no warning"
    return found[0]


def said(diagnostic: Diagnostic) -> str:
    """All that a person reads."""
    return to_text((diagnostic,))


def step(program: Program, key: str) -> Node:
    return next(node for node in program.nodes if node.unique == key)


def result(program: Program) -> tuple[int, ...]:
    """The shape of the only output."""
    (output,) = Graph(program).outputs
    return output.shape


def shapes(program: Program) -> list[tuple[int, ...]]:
    """The shapes of all steps in order, ports left out."""
    return [node.shape for node in program.nodes if not node.is_port]


def weights(program: Program) -> int:
    return sum(row.elements for node in program.nodes for row in node.weights if row.trainable)


def macs(program: Program) -> int:
    return sum(node.macs for node in program.nodes)
