"""The latency of every step of a network, each timed alone: the numbers behind `archc draw --color-by time`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label
from ...reporting.error import ArchError
from ..codegen.pytorch import Mode
from ..codegen.units import needed_nodes
from ..graph.graph import Graph
from ..graph.program import Node, Program, Scope
from ..ops.base import Operation, Shape, Shapes
from ..ops.ports import Input, Output
from .prepare import Wanted, ready
from .sample_inputs import normal
from .timing import race

if TYPE_CHECKING:
    from torch import Tensor

ROUNDS = 10

SECONDS = 10.0
"""About how long the rounds may take in all; then there are at least five."""

PAUSE = 0.001
"""Seconds between two steps. There are a hundred of them, so that it is shorter than that of a race of whole networks."""

Key = tuple[Operation, Shapes]
"""What the latency of a step depends on."""


def seconds_by_node(graph: Graph, batch: int = 1, *, rounds: int = ROUNDS, seconds: float = SECONDS) -> dict[str, float]:
    """Seconds of every node, by its unique path: what it takes alone, on random input of its own shapes, `batch` at a time.

    On the CPU in float32, on as many threads as PyTorch uses, as the module for inference runs it; every step writes a
    tensor of its own. Steps with the same operation and the same shapes are timed once and have the same number. Inputs,
    outputs and what serves side heads alone take 0. The caller's random numbers are left as they were.
    Raises `ArchError` (F616) where PyTorch is not installed.
    """
    try:
        import torch
    except ImportError:
        raise ArchError((_lacking(graph),)) from None
    found = {node.unique: 0.0 for node in graph.nodes}
    nodes = needed_nodes(graph, Mode.INFERENCE)
    if not nodes:
        return found
    nodes = [node for node in nodes if not node.operation.result_number()]  # those that another step makes take nothing
    keys: dict[str, Key] = {node.unique: (node.operation, node.input_shapes) for node in nodes}
    names: dict[Key, str] = {}
    legs: dict[str, Callable[[], object]] = {}
    shared: dict[tuple[int, Shape, int | None], Tensor] = {}
    with torch.random.fork_rng(devices=()):
        for node in nodes:
            if names.setdefault(keys[node.unique], node.unique) == node.unique:
                legs[node.unique] = _leg(alone(node, graph.trusted), batch, shared)
    with torch.inference_mode():
        timings = race(legs, rounds=rounds, seconds=seconds, pause=PAUSE)
    # The best of rounds far apart, not the median: where other programs take a processor away, a step of microseconds
    # waits for milliseconds in most of its runs, and the picture would show that.
    return found | {name: timings.best(names[key]) for name, key in keys.items()}


def alone(node: Node, trusted: bool = False) -> Graph:
    """The network of this step and nothing else, with an input for each operand."""
    root = Scope("network", (), None, node.span, template="step")
    count = len(node.input_shapes)
    inputs = [Node(place, Input(shape), (), (), shape, root, (f"x{place}",), node.span) for place, shape in enumerate(node.input_shapes)]
    step = Node(count, node.operation, tuple(range(count)), node.input_shapes, node.shape, root, ("step",), node.span)
    output = Node(count + 1, Output(), (count,), (node.shape,), node.shape, root, ("output",), node.span)
    return Graph(Program("step", "", node.span, root, (*inputs, step, output)), trusted)


def _leg(step: Graph, batch: int, shared: dict[tuple[int, Shape, int | None], Tensor]) -> Callable[[], object]:
    """A run of the step. All steps with an operand of one shape read one tensor there: together theirs would fill the memory."""
    module = ready(step, Wanted())
    rows = zip(step.inputs, normal(step, batch), strict=True)
    given = [shared.setdefault((node.index, node.shape, step.integers(node)), tensor) for node, tensor in rows]
    return lambda: module(*given)


def _lacking(graph: Graph) -> Diagnostic:
    return Diagnostic(
        "F616",
        "colours by time need the package `torch`: it runs the steps",
        Label(graph.program.span),
        help="`pip install torch`, or colour by what is counted: `--color-by macs`",
    )
