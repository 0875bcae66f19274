"""A network as one JSON document: its graph with shapes and costs, and where in the text each node stands."""

from __future__ import annotations

import json

from ..base.source import Span
from .analysis.cost import cost
from .elaborate.values import show_value
from .graph.graph import Graph
from .graph.program import CallSite, Node, Scope

VERSION = 1


def to_document(graph: Graph) -> dict[str, object]:
    """Nodes in order of evaluation; edges from producer to user, with the position of the operand."""
    program = graph.program
    return {
        "version": VERSION,
        "network": program.name,
        "doc": program.doc,
        "parameters": {name: show_value(value) for name, value in program.parameters},
        "nodes": [_node(graph, node) for node in graph.nodes],
        "edges": [{"from": producer.unique, "to": user.unique, "operand": operand} for producer, user, operand in graph.edges()],
        "scopes": [_scope(graph, scope) for scope in graph.members],
        "costs": cost(graph).to_json(),
    }


def to_json(graph: Graph) -> str:
    """The document with a line for each node, edge and scope: it can be read, searched and compared."""
    return "{\n" + ",\n".join(f" {json.dumps(key)}: {_lines(value)}" for key, value in to_document(graph).items()) + "\n}\n"


def _lines(value: object) -> str:
    if isinstance(value, list) and value:
        return "[\n  " + ",\n  ".join(json.dumps(item, ensure_ascii=False) for item in value) + "\n ]"
    return json.dumps(value, ensure_ascii=False)


def _node(graph: Graph, node: Node) -> dict[str, object]:
    return {
        "id": node.unique,
        "op": node.operation.name,
        "arguments": dict(node.operation.arguments()),
        "inputs": [operand.unique for operand in graph.operands(node)],
        "output": list(node.shape),
        "weights": {weight.name: list(weight.shape) for weight in node.weights},
        "shares": None if node.shares is None else graph.nodes[node.shares].unique,
        "macs": node.macs,
        "flops": node.flops,
        "training_only": node.training_only,
        "scope": node.scope.unique,
        "source": _place(node.span),
        "via": [_call(call) for call in node.via],
    }


def _scope(graph: Graph, scope: Scope) -> dict[str, object]:
    return {
        "path": scope.unique,
        "kind": scope.kind,
        "title": scope.title,
        "shares": graph.shared(scope) or None,
        "template": scope.template,
        "arguments": {name: show_value(value) for name, value in scope.arguments},
    }


def _call(call: CallSite) -> dict[str, object]:
    return {"block": call.name, "arguments": dict(call.arguments), "source": _place(call.span)}


def _place(span: Span) -> dict[str, object]:
    return {"file": span.source.name, "line": span.line, "column": span.column}
