"""What a program of inference leaves out of its network, as a note beside it: how weights start, and the steps that only training sees.

A `.pt2` holds what evaluation runs. With the note, `archc import` gives the network back whole, but for side heads, whose weights such a
program has not. The program itself is PyTorch's alone: whoever runs it never looks at the note.
"""

from __future__ import annotations

import json
from typing import Any

from ..codegen.pytorch import Mode
from ..graph.graph import Graph
from ..graph.program import Node
from ..runtime.live_module import build
from ..runtime.starts import starts_of, watched_starts

NAME = "archc_training.json"
"""What it is called among a program's extra files."""

VERSION = 1


def training_part(graph: Graph) -> str:
    """The note, as JSON."""
    return json.dumps({"version": VERSION, "starts": _starts(graph), "steps": [row for node in graph.trunk if (row := _step(graph, node))]})


def _starts(graph: Graph) -> dict[str, Any]:
    """By key, the function of `torch.nn.init` that starts a weight, and its arguments."""
    import torch

    with torch.device("meta"), watched_starts(fill=False) as found:
        module = build(graph, Mode.INFERENCE)
    rows = starts_of(module, found)
    return {key: [name, {word: value for word, value in row.items() if word != "generator"}] for key, (name, row) in rows.items()}


def _step(graph: Graph, node: Node) -> dict[str, Any] | None:
    """A step that hands its input on in evaluation, with the key behind which it stands: the last one before the merge that it leads to."""
    made = node.operation.module(node.input_shapes)
    if not node.operation.training_only or (made is not None and made.target.startswith("nn.")):  # programs hold PyTorch's own, at rest
        return None
    (before,) = graph.operands(node)
    while not before.weights and before.shares is None and len(operands := graph.operands(before)) == 1 and len(graph.users(before)) == 1:
        (before,) = operands
    if not before.weights or any(len(user.inputs) < 2 for user in graph.users(node)):
        return None
    arguments = dict(node.operation.arguments())
    return {"op": node.operation.name, "arguments": arguments, "after": before.key, "output": list(node.shape), "path": node.unique}
