"""Leaving out what no output needs, with a warning where the file's author may not know it."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from ..dsl.diagnostics import Diagnostic, Label, Severity
from .program import Node


def prune(nodes: Sequence[Node]) -> tuple[tuple[Node, ...], tuple[Diagnostic, ...]]:
    """The nodes that inputs, outputs and reused weights need, renumbered, and a warning for each statement that is left out.

    What is left out of a network used as a step (its head, say) is left out in silence: that is what it is for.
    """
    alive = [False] * len(nodes)
    for node in reversed(nodes):
        if node.operation.family == "port":
            alive[node.index] = True
        if alive[node.index]:
            for index in node.inputs:
                alive[index] = True
            if node.shares is not None:
                alive[node.shares] = True
    # A node whose weights are used again lives; so do the nodes that feed it, which stand before it.
    for node in reversed(nodes):
        if alive[node.index]:
            for index in node.inputs:
                alive[index] = True
    idle = _idle_inputs(nodes, alive)
    if all(alive):
        return tuple(nodes), idle
    used = {index for node in nodes for index in node.inputs}
    number: dict[int, int] = {}
    kept: list[Node] = []
    warned: set[tuple[str, int]] = set()
    warnings: list[Diagnostic] = []
    for node in nodes:
        if alive[node.index]:
            number[node.index] = len(kept)
            kept.append(
                dataclasses.replace(
                    node,
                    index=len(kept),
                    inputs=tuple(number[index] for index in node.inputs),
                    shares=None if node.shares is None else number[node.shares],
                )
            )
            continue
        place = (node.span.source.name, node.span.start)
        # Of a chain that leads nowhere its end is told; what stands before goes with it.
        if node.index in used or place in warned or any(scope.kind == "network" for scope in node.scope.ancestors()[1:]):
            continue
        warned.add(place)
        warnings.append(
            Diagnostic(
                "W501",
                f"nothing uses the output of `{node.key}`, so the step is left out",
                Label(node.span, "leads to no output"),
                help="remove the step, or name its result as an `output`",
                severity=Severity.WARNING,
            )
        )
    return tuple(kept), (*idle, *warnings)


def _idle_inputs(nodes: Sequence[Node], alive: Sequence[bool]) -> tuple[Diagnostic, ...]:
    """A warning for each input of the network that nothing reads."""
    read = {index for node in nodes if alive[node.index] for index in node.inputs}
    return tuple(
        Diagnostic(
            "W501",
            f"nothing uses the input `{node.key}`",
            Label(node.span, "leads to no output"),
            help="remove it, or bring it in with `skip`",
            severity=Severity.WARNING,
        )
        for node in nodes
        if node.operation.family == "port" and not node.inputs and node.index not in read
    )
