"""Leaving out what no output needs, with a warning where the file's author may not know it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Callable, Sequence

from ...base.diagnostics import Diagnostic, Label, Severity
from .program import Node


def prune(nodes: Sequence[Node]) -> tuple[tuple[Node, ...], tuple[Diagnostic, ...]]:
    """The nodes that inputs and outputs need, renumbered, and a warning for each statement that is left out.

    What is left out of a network used as a step (its head, say) is left out in silence: that is what it is for. So is the
    first use of weights that only a later one needs; that one then stands for it.
    """
    alive = _needed(nodes, lambda node: node.is_port)
    nodes = _only_in_training(nodes)
    heirs = _heirs(nodes, alive)
    nodes = _owned_by_the_living(nodes, alive, heirs)
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
        # Of a chain that leads nowhere its end is told; what stands before goes with it. What a module gives beside is no step.
        is_part = any(scope.kind == "network" for scope in node.scope.ancestors()[1:])
        if node.operation.result_number() or node.index in used or node.index in heirs or place in warned or is_part:
            continue
        warned.add(place)
        warnings.append(
            Diagnostic(
                "W501",
                f"nothing uses the output of `{node.key if node.shares is None else node.unique}`, so the step is left out",
                Label(node.span, "leads to no output"),
                help="remove the step, or name its result as an `output`" + (_ONE_STEP if _is_behind_a_label(node) else ""),
                severity=Severity.WARNING,
            )
        )
    return tuple(kept), (*idle, *warnings)


_ONE_STEP = ": a label names the one step behind it, not the chain that begins there"


def _is_behind_a_label(node: Node) -> bool:
    """Whether the step stands in a chain of one line that begins with a label."""
    source = node.span.source
    before = source.text[source.line_starts[node.span.line - 1] : node.span.start]
    return not node.label and re.match(r"""\s*(\|\s*)?([A-Za-z_]\w*|"[^"]*"):\s.*->\s*$""", before) is not None


def _needed(nodes: Sequence[Node], is_end: Callable[[Node], bool]) -> list[bool]:
    """Which nodes there must be for those that `is_end` names. What a node reads stands before it."""
    needed = [False] * len(nodes)
    for node in reversed(nodes):
        needed[node.index] |= is_end(node)
        if needed[node.index]:
            for index in node.inputs:
                needed[index] = True
    return needed


def _heirs(nodes: Sequence[Node], alive: Sequence[bool]) -> dict[int, int]:
    """For each owner of weights that is left out, the first node that uses them."""
    heirs: dict[int, int] = {}
    for node in nodes:
        if node.shares is not None and alive[node.index] and not alive[node.shares]:
            heirs.setdefault(node.shares, node.index)
    return heirs


def _owned_by_the_living(nodes: Sequence[Node], alive: Sequence[bool], heirs: dict[int, int]) -> Sequence[Node]:
    """The nodes; where the first use of weights is left out, the next one takes its name and place, so that the weights keep their keys."""
    if not heirs:
        return nodes

    def inherited(node: Node) -> Node:
        if node.shares is None or node.shares not in heirs:
            return node
        owner, heir = nodes[node.shares], heirs[node.shares]
        if node.index != heir:
            return dataclasses.replace(node, shares=heir)
        return dataclasses.replace(node, scope=owner.scope, names=owner.names, use=1, shares=None)

    return [inherited(node) if alive[node.index] else node for node in nodes]


def _only_in_training(nodes: Sequence[Node]) -> Sequence[Node]:
    """The nodes; those that serve side heads alone are marked, wherever they stand."""
    if not any(node.training_only for node in nodes):
        return nodes
    needed = _needed(nodes, lambda node: node.is_port and not node.training_only)
    for node in nodes:  # what one module makes it makes in one place
        needed[node.index] |= node.operation.result_number() > 0 and needed[node.inputs[0]]
    return [node if needed[node.index] or node.training_only else dataclasses.replace(node, training_only=True) for node in nodes]


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
        if node.is_port and not node.inputs and node.index not in read
    )
