"""Tensors that are one for the whole batch: learned or fixed ones, and what is made of such alone. Their batch axis has size 1."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from .graph import Graph
from .program import Node


def is_batchless(operation_is_source: bool, inputs: Sequence[bool]) -> bool:
    """Whether a step gives one tensor for the whole batch, of whether each of its inputs is one."""
    return operation_is_source or (bool(inputs) and all(inputs))


@lru_cache(maxsize=4)
def batchless_of(graph: Graph) -> tuple[bool, ...]:
    """Of each node, by index, whether its output is one for the whole batch."""
    found: list[bool] = []
    for node in graph.nodes:
        found.append(is_batchless(node.operation.is_source(), [found[index] for index in node.inputs]))
    return tuple(found)


def stretched(graph: Graph, node: Node) -> tuple[bool, ...]:
    """Of each input, whether it is expanded to the batch before the node reads it; () where none is."""
    batchless = batchless_of(graph)
    row = tuple(batchless[index] for index in node.inputs)
    if not any(row) or all(row):
        return ()
    row = tuple(alone and not node.operation.takes_batchless(number) for number, alone in enumerate(row))
    return row if any(row) else ()


def operands(names: Sequence[str], stretched: Sequence[bool], node: Node) -> list[str]:
    """The texts of a node's inputs, those expanded that must be."""
    if not any(stretched):
        return list(names)
    batch = next(name for name, row in zip(names, stretched, strict=True) if not row)
    return [
        f"{name}.expand({', '.join([f'{batch}.shape[0]', *['-1'] * len(shape)])})" if row else name
        for name, row, shape in zip(names, stretched, node.input_shapes, strict=True)
    ]
