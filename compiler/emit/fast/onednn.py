"""The back end for processors: convolutions and dense layers packed and fused in oneDNN, images with their channels last."""

from __future__ import annotations

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
from ...ops.parameters import Plain
from ...ops.pool import MaxPool
from ...rewrite.base import Rewrite
from ...rewrite.fused import Fused
from ...rewrite.groups import images_at_once
from ...rewrite.processor import ACTIVATIONS, PASSES, activation_of, expected_way, numbers_of, pool_window, torch_convolution, ways_of
from .step import Backend, Step, made, plain


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
        choice = self.choice(node)
        window = pool_window(node, layer) if isinstance(layer, MaxPool) else None
        if window is not None:
            if choice == "separate":
                return max_pool(window, attribute, operands[0])
            return Step(f"{attribute}({operands[0]})", made(Construct("nn.MaxPool2d", window)))
        construct = torch_convolution(node)
        if construct is None or not choice:
            return plain(node, attribute, operands)
        adds = isinstance(operation, Fused) and operation.adds
        kernel = {"matrix": "PointwiseConvolution", "blas": "BlasConvolution", "winograd": "WinogradConvolution"}.get(choice, "Convolution")
        if adds:
            kernel = "AccumulatingConvolution" if may_add_into(graph, node) else "SumConvolution"
        arguments = tuple(row for row in construct.arguments if row[0] not in ("bias", "padding_mode"))
        text = made(Construct(kernel, (*arguments, *_last(node))))
        return Step(f"{attribute}({', '.join(operands)})", text, (kernel,))

    def _linear(self, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        sizes: tuple[tuple[str | None, Plain], ...] = ((None, node.input_shapes[0][-1]), (None, node.shape[-1]))
        kind = "BlasLinear" if self.choice(node) == "blas" else "Linear"
        return Step(f"{attribute}({operands[0]})", made(Construct(kind, (*sizes, *_last(node)))), (kind,))


def may_be_done_last(operation: Operation) -> bool:
    """Whether what was fused to a layer, if anything, is what oneDNN does with numbers in floating point."""
    return not isinstance(operation, Fused) or operation.activation is None or type(operation.activation) in ACTIVATIONS


def _last(node: Node) -> tuple[tuple[str | None, Plain], ...]:
    """The arguments that tell what is done last."""
    word = activation_of(node)
    if word == "none":
        return ()
    assert isinstance(node.operation, Fused) and node.operation.activation is not None
    activation = node.operation.activation
    last: tuple[tuple[str | None, Plain], ...] = (("activation", word),)
    if isinstance(activation, Gelu):
        return (*last, ("algorithm", "tanh" if activation.tanh else "none"))
    numbers = numbers_of(activation)
    return (*last, ("numbers", numbers)) if numbers else last


def max_pool(window: tuple[tuple[str | None, Plain], ...], attribute: str, operand: str) -> Step:
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
