"""A doubt about a step, as a diagnostic; and who reads each step."""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Fix, Label, Severity
from ..graph.program import Node, Program


def doubt(code: str, message: str, place: Label, *secondary: Label, help: str | None = None, fix: Fix | None = None) -> Diagnostic:
    return Diagnostic(code, message, place, secondary, (), help, fix, Severity.WARNING)


def users_of(program: Program) -> list[list[Node]]:
    users: list[list[Node]] = [[] for _ in program.nodes]
    for node in program.nodes:
        for index in node.inputs:
            users[index].append(node)
    return users
