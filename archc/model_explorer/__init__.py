"""Networks in Model Explorer, Google's viewer of graphs: an adapter that opens `.arch` files, and numbers to lay over their nodes.

    pip install ai-edge-model-explorer
    model-explorer net.arch --extensions=archc.model_explorer

The parts of a network are its layers, which open and fold; the costs of a step or a part stand among its attributes. Numbers over the nodes
come from `node_data`, which takes a file as `archc draw --values` does.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import PurePath

from model_explorer import Adapter, AdapterMetadata
from model_explorer.graph_builder import Graph as Shown
from model_explorer.graph_builder import GraphNode, IncomingEdge, KeyValue, MetadataItem
from model_explorer.node_data_builder import GradientItem, GraphNodeData, ModelNodeData, NodeDataResult

from ..base.diagnostics import Diagnostic
from ..compiler.analysis.cost import work_of
from ..compiler.draw.labels import shape_text
from ..compiler.draw.paths import own_name
from ..compiler.draw.style import LIGHT
from ..compiler.draw.tooltip import arguments
from ..compiler.draw.values import Values, read_values
from ..compiler.driver import check
from ..compiler.graph.graph import Graph
from ..compiler.graph.program import Node
from ..reporting.error import ArchError

COSTS = ("parameters", "macs", "activations")


class ArchcAdapter(Adapter):
    """Opens a file of archc's, and each network in it."""

    metadata = AdapterMetadata(
        id="archc", name="archc", description="Networks written in archc, with their costs.", source_repo="archc", fileExts=["arch"]
    )

    def convert(self, model_path: str, settings: Mapping[str, object]) -> dict[str, list[Shown]]:
        return {"graphs": [shown(_graph(model_path))]}


def _graph(file: str | os.PathLike[str]) -> Graph:
    checked = check(os.fspath(file))
    if checked.has_errors or checked.program is None:
        raise ArchError(checked.diagnostics)
    return checked.graph


def shown(graph: Graph) -> Shown:
    """A network as Model Explorer's graph: a node a step, the parts around it as its namespace."""
    costs = {
        layer: {name: f"{value:,}" for name in COSTS if (value := sum(getattr(work_of(graph.nodes[index]), name) for index in nodes))}
        for layer, nodes in _layers(graph).items()
    }
    return Shown(id=graph.program.name, nodes=[_node(graph, node) for node in graph.nodes], groupNodeAttributes=costs)


def _layers(graph: Graph) -> dict[str, list[int]]:
    """The steps of each layer, by its namespace."""
    found: dict[str, list[int]] = {}
    for node in graph.nodes:
        parts = _parts(node)
        for depth in range(1, len(parts) + 1):
            found.setdefault("/".join(parts[:depth]), []).append(node.index)
    return found


def _node(graph: Graph, node: Node) -> GraphNode:
    work = work_of(node)
    costs = [KeyValue(name, f"{value:,}") for name in COSTS if (value := getattr(work, name))]
    said = [KeyValue(name, text) for name, text in arguments(node.operation)]
    place = KeyValue("source", f"{PurePath(node.span.source.name).name}:{node.span.line}")
    return GraphNode(
        id=node.unique,
        label=node.operation.name,
        namespace="/".join(_parts(node)),
        attrs=[*said, *costs, place],
        incomingEdges=[
            IncomingEdge(sourceNodeId=graph.nodes[source].unique, targetNodeInputId=str(place)) for place, source in enumerate(node.inputs)
        ],
        outputsMetadata=[
            MetadataItem(id="0", attrs=[KeyValue("tensor_shape", shape_text(node.shape)), KeyValue("axes", " ".join(node.axes))])
        ],
    )


def _parts(node: Node) -> Sequence[str]:
    """The named parts around a step, with the block that each is a call of."""
    found = []
    for scope in node.scope.ancestors()[1:]:
        name = ".".join(scope.names) or own_name(scope)
        if name:
            found.append(f"{name} ({scope.template})" if scope.template and scope.template != name else name)
    return found


def node_data(file: str | os.PathLike[str], values: str | None = None) -> dict[str, ModelNodeData]:
    """Numbers over the nodes, by what they are: the costs of each step, or what a file of one's own has for steps. Raises `ArchError`."""
    graph = _graph(file)
    if values is None:
        rows = {name: {node.unique: float(getattr(work_of(node), name)) for node in graph.nodes} for name in COSTS}
    else:
        read = read_values(graph, values)
        if isinstance(read, Diagnostic):
            raise ArchError((read,))
        rows = _by_name(graph, read)
    heat = [GradientItem(stop=place / (len(LIGHT.heat) - 1), bgColor=color) for place, color in enumerate(LIGHT.heat)]
    return {
        name: ModelNodeData(
            graphsData={
                graph.program.name: GraphNodeData(
                    results={path: NodeDataResult(value=value) for path, value in row.items()}, name=name, gradient=heat
                )
            }
        )
        for name, row in rows.items()
    }


def _by_name(graph: Graph, values: Values) -> dict[str, dict[str, float]]:
    """Of each column the numbers of steps, and those of parts for their layers."""
    layers = {frozenset(nodes): f"{layer}___group___" for layer, nodes in _layers(graph).items()}
    rows: dict[str, dict[str, float]] = {}
    for name in values.columns:
        column = values.column(name)
        rows[name] = {graph.nodes[index].unique: value for index, value in column.steps.items()}
        rows[name] |= {layers[part]: value for part, value in column.parts if part in layers}
    return rows
