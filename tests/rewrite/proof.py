"""How a rewrite is proved: the rewritten network, in double precision, answers as the plain module does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

import torch
from torch import Tensor

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.fast.build import fast
from archc.compiler.emit.fast.step import Backend
from archc.compiler.graph.graph import Graph
from archc.compiler.rewrite.base import Rewrite, Rewritten, weight_key
from archc.compiler.runtime.live_module import build
from tests.emit.checks import as_tuple, shaken
from tests.support import graph_of


def network(size: str, *body: str) -> Graph:
    """A network on one input `x` of the given size, a line a statement."""
    return graph_of(f"network case {{\n  input x[{size}]\n  " + "\n  ".join(body) + "\n}\n")


def words(state: Rewritten | Graph) -> list[str]:
    """The operations between inputs and outputs, in order."""
    graph = state.graph if isinstance(state, Rewritten) else state
    return [node.operation.name for node in graph.nodes if not node.is_port]


def applied(graph: Graph, *passes: Rewrite) -> Rewritten:
    """The graph after these passes. Each is given what it requires, ensures what it promises, and leaves a sound graph."""
    state = Rewritten.of(graph)
    for each in passes:
        for needed in each.requires:
            assert needed.holds(state.graph), f"{each.name} requires that {needed.name}"
        state = each.apply(state)
        for promised in each.ensures:
            assert promised.holds(state.graph), f"{each.name} ensures that {promised.name}"
        check_sound(state)
    return state


def check_sound(state: Rewritten) -> None:
    """Nodes in order, shapes as the operations say, and a recipe of the right shape for every weight."""
    keys = []
    for position, node in enumerate(state.graph.nodes):
        assert node.index == position
        assert all(index < position for index in node.inputs)
        assert node.input_shapes == tuple(state.graph.nodes[index].shape for index in node.inputs)
        assert node.shape == node.operation.output(node.input_shapes)
        assert node.shares is None or state.graph.nodes[node.shares].shares is None
        for weight in node.weights:
            key = weight_key(node.unique, weight)
            keys.append(key)
            assert state.weights[key].shape == weight.shape, key
    assert sorted(keys) == sorted(state.weights), "recipes for weights that are not there, or none for some"


def check_same(graph: Graph, *passes: Rewrite, batch: int = 2) -> Rewritten:
    """The rewritten graph, after it was seen to answer as the plain module does."""
    state = applied(graph, *passes)

    class Only(Backend):
        passes: ClassVar[tuple[Rewrite, ...]] = ()

        def rewritten(self, graph: Graph) -> Rewritten:
            return state

    torch.set_num_threads(1)
    plain = shaken(build(graph, Mode.INFERENCE)).double().eval()
    quick = fast(graph, plain.state_dict(), Only(), "float64").module
    generator = torch.Generator().manual_seed(2)
    given = [torch.randn(batch, *node.shape, generator=generator, dtype=torch.double) for node in graph.inputs]
    with torch.no_grad():
        check_close(quick(*given), as_tuple(plain(*given)), 1e-9)
    return state


def check_close(found: object, wanted: Sequence[Tensor], tolerance: float) -> None:
    """Equal up to `tolerance` times the largest value."""
    answers = as_tuple(found)
    assert [value.shape for value in answers] == [value.shape for value in wanted]
    for one, other in zip(answers, wanted, strict=True):
        if other.isfinite().all():
            assert (one - other).abs().max() <= tolerance * other.abs().max() + 1e-12
        else:
            assert torch.equal(one.isnan(), other.isnan())
