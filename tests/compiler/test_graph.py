"""The graph is a networkx graph: its laws, and that the compiler's own accessors read it."""

from __future__ import annotations

import copy
import pickle
import random

import networkx
import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source, compile
from archc.compiler.files.library import names
from archc.compiler.graph.graph import Graph
from tests.emit.test_random import blocks
from tests.sample import sample

FEW = ("resnet18", "googlenet_torchvision", "unet", "densenet121", "vit_b_16", "resnet50_fpn", "alexnet_towers")


def graph_of(text: str) -> Graph | None:
    checked = check_source(Source.of("net.arch", text))
    return None if checked.program is None else checked.graph


def hold(graph: Graph) -> None:
    """The laws."""
    flow = graph.networkx
    assert type(flow) is networkx.MultiDiGraph
    assert networkx.is_directed_acyclic_graph(flow)
    assert list(flow) == [node.unique for node in graph.nodes]
    place = {name: number for number, name in enumerate(flow)}
    assert all(place[tail] < place[head] for tail, head in flow.edges())
    for node in graph.nodes:
        arriving = sorted(flow.in_edges(node.unique, keys=True), key=lambda edge: edge[2])
        assert [graph.nodes[index].unique for index in node.inputs] == [tail for tail, _, _ in arriving]
        assert [flow.edges[edge]["shape"] for edge in arriving] == list(node.input_shapes)
        assert [user.unique for user in graph.users(node)] == [head for _, head in flow.out_edges(node.unique)]
        assert graph.operands(node) == tuple(graph.nodes[index] for index in node.inputs)
        attributes = flow.nodes[node.unique]
        assert (attributes["node"], attributes["shape"], attributes["macs"]) == (node, node.shape, node.macs)


@pytest.mark.parametrize("name", FEW)
def test_a_shipped_network_is_a_graph(name: str) -> None:
    hold(compile(name).graph)


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(names(), 0))
def test_every_shipped_network_is_a_graph(name: str) -> None:
    hold(compile(name).graph)


@pytest.mark.parametrize("seed", range(40))
def test_a_random_network_is_a_graph(seed: int) -> None:
    graph = graph_of(blocks(random.Random(seed)))
    if graph is not None:
        hold(graph)


def test_what_an_output_needs_are_its_ancestors() -> None:
    graph = compile("googlenet_torchvision").graph
    for end in (node for node in graph.nodes if node.operation.name == "output"):
        wanted = networkx.ancestors(graph.networkx, end.unique) | {end.unique}
        assert {graph.nodes[index].unique for index in graph.needed_by([end])} == wanted


def test_the_graph_of_the_compiler_cannot_be_edited_and_a_copy_can() -> None:
    flow = compile("resnet18").graph.networkx
    with pytest.raises(networkx.NetworkXError):
        flow.remove_node("conv1")
    mine = flow.copy()
    mine.remove_node("conv1")
    assert "conv1" in flow and "conv1" not in mine


def test_a_graph_pickles_and_copies() -> None:
    graph = compile("resnet18").graph
    for other in (pickle.loads(pickle.dumps(graph)), copy.deepcopy(graph)):
        assert other.program == graph.program
        assert list(other.networkx.edges(keys=True)) == list(graph.networkx.edges(keys=True))
