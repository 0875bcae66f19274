"""Receptive fields against what autograd says: which pixels have a gradient."""

from __future__ import annotations

from fractions import Fraction

import pytest
import torch

from archc.compiler.analysis.receptive import Field, Receptive, receptive, receptive_table
from archc.compiler.graph.graph import Graph

from .hand import Hand
from .interpret import Interpreter


def support(graph: Graph, row: Receptive, position: tuple[int, ...]) -> list[tuple[int, int]]:
    """First and last pixel, along each axis, on which one position of a node's output depends."""
    torch.manual_seed(0)
    network = Interpreter(graph).double().eval()
    for parameter in network.parameters():
        # Positive weights: no sum of gradients is 0 by chance, and no ReLU closes.
        parameter.data.uniform_(0.5, 1.0)
    image = torch.rand(1, *graph.inputs[0].shape, dtype=torch.float64).requires_grad_()
    value = network.run(image)[row.node.index]
    value[(0, slice(None), *position)].sum().backward()
    assert image.grad is not None
    seen = image.grad[0].abs().sum(0) > 0
    spans = []
    for axis in range(seen.dim()):
        places = sorted(set(torch.nonzero(seen)[:, axis].tolist()))
        spans.append((places[0], places[-1]))
    return spans


def check(graph: Graph, rows: tuple[Receptive, ...]) -> None:
    """Every node, at a position in the middle."""
    for row in rows:
        if not row.fields:
            continue
        position = tuple(size // 2 for size in row.node.shape[1:])
        spans = support(graph, row, position)
        for field, place, span, size in zip(row.fields, position, spans, graph.inputs[0].shape[1:], strict=True):
            if field.size is None:
                assert span == (0, size - 1), row.node.unique
            else:
                first = field.offset + place * field.stride
                last = first + field.size - 1
                # Near a border the padding of inner layers hides more: look where there is none.
                assert 0 <= first <= last < size
                assert span == (first, last), row.node.unique


def chain(*steps: tuple[str, dict[str, object]], shape: tuple[int, ...] = (1, 90, 90)) -> Graph:
    hand = Hand()
    x = hand.input(*shape)
    for word, arguments in steps:
        x = hand.step(word, x, **arguments)
    hand.output(x)
    return hand.graph


def test_chain_of_convolutions_and_pools() -> None:
    graph = chain(
        ("conv", {"channels": 2, "kernel": 7, "stride": 2}),
        ("bn", {}),
        ("relu", {}),
        ("avgpool", {"kernel": 3, "stride": 2, "pad": 1}),
        ("conv", {"channels": 2, "kernel": 3, "dilation": 2}),
        ("conv", {"channels": 2, "kernel": 1, "stride": 2}),
        ("conv", {"channels": 2, "kernel": (1, 5)}),
    )
    rows = receptive(graph)
    check(graph, rows)
    assert rows[-1].fields[0] == Field(Fraction(27), Fraction(8), Fraction(-13))
    assert rows[-1].fields[0].center == 0


@pytest.mark.parametrize("shape", [(1, 50), (1, 11, 13, 12)])
def test_signals_and_volumes(shape: tuple[int, ...]) -> None:
    graph = chain(("conv", {"channels": 2, "kernel": 3, "stride": 2}), ("conv", {"channels": 2, "kernel": 3}), shape=shape)
    check(graph, receptive(graph))


def test_residual_joins_both_paths() -> None:
    hand = Hand()
    x = hand.input(2, 30, 30)
    y = hand.step("conv", hand.step("relu", hand.step("conv", x, channels=2)), channels=2, stride=2)
    z = hand.step("conv", x, channels=2, kernel=1, stride=2)
    x = hand.step("add", y, z)
    hand.output(hand.step("concat", x, hand.step("conv", x, channels=2, kernel=5)))
    rows = receptive(hand.graph)
    check(hand.graph, rows)
    assert [row.unread for row in rows if row.unread] == [Fraction(3, 4)]


def test_global_pool_sees_everything() -> None:
    graph = chain(("conv", {"channels": 2, "kernel": 3}), ("global_avgpool", {}), ("conv", {"channels": 3, "kernel": 1}))
    rows = receptive(graph)
    check(graph, rows)
    assert rows[-1].fields[0].size is None


def test_even_kernels_are_off_centre() -> None:
    graph = chain(("conv", {"channels": 1, "kernel": 4, "stride": 2, "pad": 1}), ("conv", {"channels": 1, "kernel": 2, "pad": "same"}))
    rows = receptive(graph)
    check(graph, rows)
    assert rows[2].fields[0] == Field(Fraction(6), Fraction(2), Fraction(-1))


def test_flattened_features_have_no_field() -> None:
    graph = chain(("flatten", {}), ("linear", {"features": 3}))
    assert [row.fields for row in receptive(graph)[1:]] == [(), (), ()]


def test_bottleneck_is_where_the_whole_network_is_narrow() -> None:
    graph = chain(
        ("conv", {"channels": 8}),
        ("maxpool", {"kernel": 2}),
        ("conv", {"channels": 64}),
        ("relu", {}),
        ("conv", {"channels": 4, "kernel": 1}),
        ("conv", {"channels": 64}),
    )
    assert [row.node.unique for row in receptive(graph) if row.narrow] == ["maxpool1", "conv3"]
    assert "bottleneck" in receptive_table(graph).text()
