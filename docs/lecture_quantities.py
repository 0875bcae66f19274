"""What the lecture counts, computed from programs: operations, bytes, depth, windows."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache

from archc.base.source import Source
from archc.compiler import driver
from archc.compiler.graph.program import Node, Program
from archc.compiler.ops.base import product

BATCH = 128
GIB, MIB = 2**30, 2**20


@cache
def program(name: str, **settings: object) -> Program:
    """A shipped network."""
    found = driver.compile(name, settings=settings).program
    assert found is not None
    return found


@cache
def tiny(shape: str, *steps: str) -> Program:
    """A few steps on their own."""
    text = f"network tiny {{\n  input x{shape}\n  {' -> '.join(steps)}\n}}"
    found = driver.check_source(Source.of("tiny.arch", text)).program
    assert found is not None
    return found


def named(nodes: Iterable[Node], *operations: str) -> list[Node]:
    return [node for node in nodes if node.operation.name in operations and not node.training_only]


def weighted(net: Program) -> list[Node]:
    """Convolutions and dense layers, in order."""
    return named(net.nodes, "conv", "linear")


def parameters(nodes: Iterable[Node]) -> int:
    return sum(weight.elements for node in nodes if not node.training_only for weight in node.weights if weight.trainable)


def macs(nodes: Iterable[Node]) -> int:
    return sum(node.macs for node in nodes if not node.training_only)


def size(node: Node) -> int:
    return product(node.shape)


def pools(nodes: Iterable[Node]) -> list[Node]:
    """Pools that change their tensor (an adaptive pool may not)."""
    found = named(nodes, "maxpool", "avgpool", "global_avgpool", "adaptive_avgpool")
    return [node for node in found if node.shape != node.input_shapes[0] or node.operation.name == "maxpool"]


def pool_operations(nodes: Iterable[Node]) -> int:
    """K*K for each output; a global pool reads its whole input once."""
    total = 0
    for node in pools(nodes):
        kernel = getattr(node.operation, "kernel", None)
        total += size(node) * kernel**2 if isinstance(kernel, int) else product(node.input_shapes[0])
    return total


def activations(nodes: Iterable[Node]) -> int:
    """Bytes of what a training step keeps in the lecture's count: value and gradient of conv, pool and dense outputs."""
    counted = [*named(nodes, "conv", "linear"), *pools(nodes)]
    return 2 * 4 * BATCH * sum(size(node) for node in counted)


def upto(net: Program, last: str) -> list[Node]:
    """The nodes from the input to the one named `last`."""
    nodes = [node for node in net.nodes if not node.training_only]
    end = next(index for index, node in enumerate(nodes) if node.key == last)
    return nodes[: end + 1]


def under(net: Program, prefix: str) -> list[Node]:
    return [node for node in net.nodes if node.key == prefix or node.key.startswith(prefix + ".")]


def window(net: Program) -> int:
    """How many pixels of a row one output sees, when every stride is 1."""
    return 1 + sum(axes[0].kernel - 1 for node in net.nodes if (axes := node.operation.windows(node.input_shapes, node.shape)))


def depth(net: Program) -> int:
    """The most convolutions and dense layers on one way from input to output."""
    longest: dict[int, int] = {}
    for node in net.nodes:
        before = max((longest[index] for index in node.inputs), default=0)
        longest[node.index] = before + (node.operation.name in ("conv", "linear"))
    return max(longest[node.index] for node in net.nodes if not node.training_only)


def templates(net: Program, name: str) -> int:
    """How many times a block was called."""
    return len({scope for node in net.nodes for scope in node.scope.ancestors() if scope.template == name})


def sides(nodes: Iterable[Node]) -> list[int]:
    return [node.shape[-1] for node in nodes]


def near(value: float, claimed: float, percent: float = 1.0) -> bool:
    return abs(value - claimed) <= claimed * percent / 100


def n(value: int) -> str:
    """A whole number as the page prints it."""
    return f"{value:,}"
