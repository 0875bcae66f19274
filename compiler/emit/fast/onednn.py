"""The back end for processors: convolutions and dense layers packed and fused in oneDNN, images with their channels last."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import ClassVar

from ....base.records import dataclass
from ...elaborate.own_record import OwnOperation, OwnResult
from ...graph.batchless import batchless_of
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.activation import Gelu
from ...ops.attention_built import BuiltAttention
from ...ops.axes import resolve_axis
from ...ops.base import Construct, Operation
from ...ops.dense import Linear
from ...ops.merge import Concat
from ...ops.norm import GroupNorm
from ...ops.pool import MaxPool
from ...ops.reduce import Reduce
from ...ops.sdpa import DotProductAttention
from ...ops.several_axes import resolve_axes
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


MOST_BY_HAND = 4
"""Tensors that are added one after another, in place of a reduction."""


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
        formats = {3: "channels_last", 4: "channels_last_3d"}
        return f"{name}.contiguous(memory_format=torch.{formats[len(node.shape)]})" if len(node.shape) in formats else ""

    def options(self, node: Node) -> tuple[str, ...]:
        return ways_of(node, self.exact)

    def choose(self, node: Node) -> str:
        return expected_way(node, self.exact)

    def step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        step = self._step(graph, node, attribute, operands)
        return dataclasses.replace(step, once=True) if is_worked_out(graph, node, step) else step

    def _step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        operation = node.operation
        layer = operation.layer if isinstance(operation, Fused) else operation
        if isinstance(layer, Linear):
            return self._linear(node, attribute, operands)
        if isinstance(layer, MaxPool) and self.choice(node):
            return self._pool(node, layer, attribute, operands[0])
        found = packing(node)
        if found is not None:
            return self._convolution(graph, node, found, attribute, operands)
        if isinstance(layer, BuiltAttention) and (folded := layer.folded(node.input_shapes)) is not None:
            construct, text = folded
            return dataclasses.replace(plain(node, attribute, operands), module=made(construct), helpers=text)
        if isinstance(layer, DotProductAttention) and (
            fused := of_one_width(node, layer, operands) or of_windows(graph, node, layer, operands)
        ):
            return Step(fused)
        if isinstance(layer, Reduce) and (by_hand := summed_by_hand(node, layer, operands[0]) or length_by_hand(node, layer, operands[0])):
            return Step(by_hand)
        if is_signal(node) and (isinstance(layer, GroupNorm) or (isinstance(layer, Concat) and is_of_channels(layer, node))):
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


def of_one_width(node: Node, layer: DotProductAttention, operands: Sequence[str]) -> str:
    """Attention whose values are wider than its keys, or narrower: with zeros beside what is narrow PyTorch's fused kernel takes it, in half of the time. "" for others."""
    query, _, value = node.input_shapes[:3]
    width = max(query[-1], value[-1])
    if query[-1] == value[-1] or len(query) != 3:
        return ""
    names = [
        f"F.pad({name}, (0, {width - size}))" if size < width else name
        for name, size in zip(operands, (query[-1], query[-1], value[-1]), strict=False)
    ]
    scaled = dataclasses.replace(layer, scale=query[-1] ** -0.5 if layer.scale is None else layer.scale)
    text = scaled.expression([*names, *operands[3:]], node.input_shapes)
    assert text is not None
    even = text if value[-1] == width else f"{text}[..., :{value[-1]}]"
    sizes = f"{operands[0]}.shape[-1] == {query[-1]} and {operands[2]}.shape[-1] == {value[-1]}"
    return f"{even} if {sizes} else {plain(node, '', operands).value}"


def of_windows(graph: Graph, node: Node, layer: DotProductAttention, operands: Sequence[str]) -> str:
    """Attention in windows: PyTorch's fused kernel takes one axis of heads, so the windows of all images are one batch there. "" for others."""
    query, key, value, *bias = node.input_shapes
    if len(query) != 4 or query[:2] != key[:2] or query[-1] != value[-1] or any(row[0] not in (1, query[0]) for row in bias):
        return ""
    names = [f"{name}.flatten(0, 1)" for name in operands[:3]]
    for name, shape in zip(operands[3:], bias, strict=True):
        # One that is the same for all windows of all images stretches by itself.
        is_one = shape[0] == 1 and batchless_of(graph)[node.inputs[3]]
        names.append(
            f"{name}.flatten(0, 1)"
            if is_one
            else f"{name}.expand({operands[0]}.shape[0], {operands[0]}.shape[1], -1, -1, -1).flatten(0, 1)"
        )
    text = layer.expression(names, tuple(row[1:] for row in node.input_shapes))
    return f"{text}.unflatten(0, ({operands[0]}.shape[0], -1))"


def summed_by_hand(node: Node, reduce: Reduce, operand: str) -> str:
    """The sum (or mean) over an axis of a few, as so many sums of tensors: PyTorch's own turns channels that lie last first. "" for others."""
    shape = node.input_shapes[0]
    axes = resolve_axes(reduce.axis, shape, reduce.name)
    if reduce.by not in ("sum", "mean") or reduce.keep or len(axes) > 1 or not 2 <= shape[axes[0]] <= MOST_BY_HAND or len(shape) < 3:
        return ""
    text = " + ".join(f"{operand}.select({axes[0] + 1}, {place})" for place in range(shape[axes[0]]))
    few = text if reduce.by == "sum" else f"({text}) / {shape[axes[0]]}"
    # The module may be given another size than the file's.
    return f"{few} if {operand}.shape[{axes[0] + 1}] == {shape[axes[0]]} else {plain(node, '', [operand]).value}"


def length_by_hand(node: Node, reduce: Reduce, operand: str) -> str:
    """The Euclidean length of each channel of an image: PyTorch's own takes channels that lie last in six times as long. "" for others."""
    axes = resolve_axes(reduce.axis, node.input_shapes[0], reduce.name)
    if reduce.by != "norm" or len(node.input_shapes[0]) < 3 or 0 in axes:
        return ""
    return f"({operand} * {operand}).sum({[axis + 1 for axis in axes]}, keepdim={reduce.keep}).sqrt()"


def is_worked_out(graph: Graph, node: Node, step: Step) -> bool:
    """Whether it is made of what is learned or fixed alone, and takes a step to make: a table of biases read at each distance."""
    if not batchless_of(graph)[node.index] or isinstance(node.operation, OwnOperation | OwnResult) or node.operation.is_view:
        return False
    if node.operation.is_source():
        return bool(step.helpers) and node.operation.constant(node.input_shapes) is None
    return len(node.operation.results(node.input_shapes)) == 0


def is_signal(node: Node) -> bool:
    """Whether it is laid out as what convolutions of signals make: [channels, length]."""
    return len(node.shape) == 2


def is_of_channels(concat: Concat, node: Node) -> bool:
    """Whether its paths differ in their channels. Along another axis they do not lie as what is raised."""
    return resolve_axis(concat.axis, node.shape, concat.name) == 0


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
