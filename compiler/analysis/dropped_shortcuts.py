"""Residuals whose shortcut is dropped at random, `add { | skip -> drop_path(0.1) | conv(64) }`, where the branch was meant."""

from __future__ import annotations

from collections.abc import Iterator

from ..graph.program import Node, Program


def dropped_shortcuts(program: Program) -> Iterator[tuple[Node, Node]]:
    """Each sum with the step that drops what its other paths are made of: a sample that loses it loses the network so far, and keeps a branch."""
    nodes = program.nodes
    for node in nodes:
        if not node.operation.keeps_residual:
            continue
        for number, operand in enumerate(node.inputs):
            dropping = nodes[operand]
            others = [other for place, other in enumerate(node.inputs) if place != number]
            if dropping.operation.drops_samples and any(_is_made_of(program, other, dropping.inputs[0]) for other in others):
                yield node, dropping


def _is_made_of(program: Program, index: int, source: int) -> bool:
    """Whether a tensor is worked out from another, and no longer the same."""
    seen, ahead = {index}, [index]
    while ahead:
        for before in program.nodes[ahead.pop()].inputs:
            if before == source:
                return True
            if before > source and before not in seen:  # what a step reads stands before it
                seen.add(before)
                ahead.append(before)
    return False
