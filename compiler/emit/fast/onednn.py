"""The back end for processors: convolutions and dense layers packed and fused in oneDNN, images with their channels last."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from ....base.records import dataclass
from ...elaborate.own_record import OwnOperation, OwnResult
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.activation import Gelu
from ...ops.base import Construct, Operation
from ...ops.dense import Linear
from ...ops.merge import Concat
from ...ops.norm import GroupNorm
from ...ops.pool import MaxPool
from ...rewrite.base import Rewrite
from ...rewrite.fused import Fused
from ...rewrite.groups import images_at_once
from ...rewrite.packing import Arguments, Packing, packing, pool_packing
from ...rewrite.processor import ACTIVATIONS, PASSES, activation_of, expected_way, numbers_of, ways_of
from .step import Backend, Step, made, plain

KERNELS = {
    "packed": "Convolution",
    "matrix": "PointwiseConvolution",
    "blas": "BlasConvolution",
    "winograd": "WinogradConvolution",
    "transposed": "TransposedConvolution",
}
"""The class of `kernels/` for each way."""


@dataclass(frozen=True, slots=True)
class OneDnn(Backend):
    """Packed and fused layers. Each convolution may run in several ways: `packed`, `matrix` or `blas` (1x1), `winograd`
    (3x3), each dense layer `packed` or by `blas`."""

    name: ClassVar[str] = "onednn"
    device: ClassVar[str] = "cpu"
    summary: ClassVar[str] = "packed and fused oneDNN layers, channels last"
    passes: ClassVar[tuple[Rewrite, ...]] = PASSES

    exact: bool = True
    """Whether rounding is that of float32; what rounds more than the definition is then allowed."""

    def images(self, graph: Graph) -> int:
        return self.at_once or images_at_once(graph)

    def enter(self, name: str, node: Node) -> str:
        return f"{name}.contiguous(memory_format=torch.channels_last)" if len(node.shape) == 3 else ""

    def options(self, node: Node) -> tuple[str, ...]:
        return ways_of(node, self.exact)

    def choose(self, node: Node) -> str:
        return expected_way(node, self.exact)

    def step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        operation = node.operation
        layer = operation.layer if isinstance(operation, Fused) else operation
        if isinstance(layer, Linear):
            return self._linear(node, attribute, operands)
        if isinstance(layer, MaxPool) and self.choice(node):
            return self._pool(node, layer, attribute, operands[0])
        found = packing(node)
        if found is not None:
            return self._convolution(graph, node, found, attribute, operands)
        if isinstance(layer, GroupNorm | Concat) and is_signal(node):
            return on_a_row(plain(node, attribute, [raised(name) for name in operands]))
        return plain(node, attribute, operands)

    def _pool(self, node: Node, pool: MaxPool, attribute: str, operand: str) -> Step:
        found = pool_packing(node, pool)
        assert found is not None
        name = raised(operand) if found.on_a_row else operand
        if self.choice(node) == "separate":
            step = max_pool(found.arguments, attribute, name)
        else:
            step = Step(f"{attribute}({name})", made(Construct("nn.MaxPool2d", found.arguments)))
        return on_a_row(step) if found.on_a_row else step

    def _convolution(self, graph: Graph, node: Node, found: Packing, attribute: str, operands: Sequence[str]) -> Step:
        kernel = KERNELS["transposed" if found.transposed else self.choice(node)]
        if isinstance(node.operation, Fused) and node.operation.adds:
            kernel = "AccumulatingConvolution" if may_add_into(graph, node) else "SumConvolution"
        names = [raised(name) if found.on_a_row else name for name in operands]
        kernels = [kernel]
        if found.pads:
            names[0] = f"F.pad({names[0]}, {found.pads!r})"
        if found.same:
            names[0] = f"pad_same({names[0]}, {', '.join(str(list(found.along(word))) for word in ('kernel_size', 'stride', 'dilation'))})"
            kernels.append("pad_same")
        step = Step(f"{attribute}({', '.join(names)})", made(Construct(kernel, (*found.arguments, *_last(node)))), tuple(kernels))
        return on_a_row(step) if found.on_a_row else step

    def _linear(self, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        sizes: Arguments = ((None, node.input_shapes[0][-1]), (None, node.shape[-1]))
        kind = "BlasLinear" if self.choice(node) == "blas" else "Linear"
        return Step(f"{attribute}({operands[0]})", made(Construct(kind, (*sizes, *_last(node)))), (kind,))


def is_signal(node: Node) -> bool:
    """Whether it is laid out as what convolutions of signals make: [channels, length]."""
    return len(node.shape) == 2


def raised(name: str) -> str:
    """A signal as an image of one row, without a copy."""
    return f"{name}.unsqueeze(2)"


def on_a_row(step: Step) -> Step:
    """A step that makes an image of one row, which is a signal again. PyTorch lets channels lie last in memory in images alone."""
    return dataclasses.replace(step, value=f"{step.value}.squeeze(2)")


def may_be_done_last(operation: Operation) -> bool:
    """Whether what was fused to a layer, if anything, is what oneDNN does with numbers in floating point."""
    return not isinstance(operation, Fused) or operation.activation is None or type(operation.activation) in ACTIVATIONS


def _last(node: Node) -> Arguments:
    """The arguments that tell what is done last."""
    word = activation_of(node)
    if word == "none":
        return ()
    assert isinstance(node.operation, Fused) and node.operation.activation is not None
    activation = node.operation.activation
    last: Arguments = (("activation", word),)
    if isinstance(activation, Gelu):
        return (*last, ("algorithm", "tanh" if activation.tanh else "none"))
    numbers = numbers_of(activation)
    return (*last, ("numbers", numbers)) if numbers else last


def max_pool(window: Arguments, attribute: str, operand: str) -> Step:
    """A max pool along rows and then along columns."""
    return Step(f"{attribute}({operand})", made(Construct("MaxPool", window)), ("MaxPool",))


def may_add_into(graph: Graph, node: Node) -> bool:
    """Whether the second operand is a tensor of its own that nobody reads after this node. An operation of somebody's may hand on what it was given.

    A concat may read it after all, though it stands before: TorchScript joins a concat of a concat, and reads all parts at the later one.
    """
    other = graph.nodes[node.inputs[1]]
    if other.is_port or other.operation.is_view or other.operation.training_only or isinstance(other.operation, OwnOperation | OwnResult):
        return False
    users = graph.users(other)
    before = all(user.index <= node.index and not user.operation.is_view and not user.is_port for user in users)
    return before and not any(isinstance(user.operation, Concat) for user in users) and users.count(node) == 1
