"""How each tensor of a network lies in memory, and which views must be copied because of it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from ...base.records import dataclass
from ..graph.batchless import batchless_of, stretched
from ..graph.facts import facts_of
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Operation
from ..ops.strides import Layout, in_order


@dataclass(frozen=True, slots=True)
class Lying:
    """Of one node: its output's layout, whether it is a view that is copied, and the elements of other copies that it makes."""

    layout: Layout
    is_copied: bool
    copies: int
    kept: int = 0
    """Of them those that autograd keeps."""
    instead: tuple[int, ...] = ()
    """The inputs in whose place it does."""
    keeps_output: bool = True
    """Whether autograd keeps the output where the operation says so."""


@lru_cache(maxsize=4)
def layouts_of(graph: Graph, batch: int, training: bool) -> Sequence[Lying]:
    """One for each node, by index."""
    known: dict[tuple[int, type[Operation], tuple[Layout, ...], tuple[bool, ...], bool], Lying] = {}
    found: list[Lying] = []
    batchless = batchless_of(graph)
    recorded = learning(graph) if training else [False] * len(graph.nodes)
    asking = recorded if training else _bare(graph)
    for node in graph.nodes:
        inputs = inputs_of(graph, node, [found[index].layout for index in node.inputs], batch)
        operation = node.operation.asked([asking[index] for index in node.inputs])
        wanted = tuple(recorded[index] for index in node.inputs)
        key = (id(node.operation), type(operation), inputs, wanted, recorded[node.index])
        lying = known.get(key)
        if lying is None:
            sizes = (1 if batchless[node.index] else batch, *node.shape)
            if not inputs:
                lying = Lying(in_order(sizes), False, 0)
            elif operation.training_only and not training:
                lying = Lying(inputs[0], False, 0)
            else:
                layout = operation.layout(inputs, sizes)
                lying = Lying(
                    layout,
                    operation.is_copied(inputs, sizes),
                    operation.copies(inputs, layout, recorded[node.index] or (training and operation.training_only)),
                    operation.kept_of_copies(inputs, wanted),
                    operation.copied_inputs(inputs),
                    operation.output_is_kept(inputs),
                )
            known[key] = lying
        found.append(lying)
    return found


def inputs_of(graph: Graph, node: Node, layouts: Sequence[Layout], batch: int) -> tuple[Layout, ...]:
    """How the inputs of a node lie as it reads them, of how they were made: what is one for the whole batch may be expanded to it."""
    expands = stretched(graph, node) or (False,) * len(layouts)
    return tuple(
        Layout((batch, *row.sizes[1:]), (0, *row.strides[1:])) if wide else row for row, wide in zip(layouts, expands, strict=True)
    )


def _bare(graph: Graph) -> list[bool]:
    """Whether each node is a learned tensor, or a view of one: such a one asks for a gradient even where nothing is trained."""
    found: list[bool] = []
    for node in graph.nodes:
        operation = node.operation
        learned = operation.is_source() and not operation.storage((), node.shape) and any(row.trainable for row in operation.weights(()))
        found.append(learned or (operation.is_view and bool(node.inputs) and found[node.inputs[0]]))
    return found


def learning(graph: Graph) -> list[bool]:
    """Whether autograd records each node: it has weights that train, or reads a tensor that depends on some."""
    learns: list[bool] = []
    for node, fact in zip(graph.nodes, facts_of(graph), strict=True):
        learns.append(not node.operation.gives_integers and (fact.learns or any(learns[index] for index in node.inputs)))
    return learns
