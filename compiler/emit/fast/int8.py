"""The back ends for graphs in eight bits: oneDNN's own calls, and the same by definition."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ....base.records import dataclass
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.activation import HardSwish, Relu, Relu6, Silu
from ...ops.adaptive import GlobalAvgPool
from ...ops.base import Construct, Operation
from ...ops.convolution import Conv, DepthwiseConv
from ...ops.deconvolution import Deconv
from ...ops.dense import Linear
from ...ops.parameters import Plain
from ...ops.pool import MaxPool
from ...rewrite.base import Rewrite
from ...rewrite.commute_pool import CommuteAveragePool
from ...rewrite.eight_bits import HIGHEST, Dequantize, Grid, Int8, Quantize
from ...rewrite.fold_norm import FoldBatchNorm
from ...rewrite.fuse import FuseActivation, FuseAdd
from ...rewrite.fused import Fused, layer_of
from ...rewrite.give_bias import GiveBias
from ...rewrite.group_branches import GroupBranches
from ...rewrite.lone_norm import LoneNorm
from ...rewrite.packing import pool_packing
from ...rewrite.pipeline import ALWAYS
from ...rewrite.sum_branches import SumBranches
from .onednn import OneDnn, max_pool, may_add_into, may_be_done_last
from .step import Backend, Step, made, plain

_ACTIVATIONS: dict[type[Operation], str] = {Relu: "relu", Relu6: "relu", Silu: "swish", HardSwish: "hardswish"}
"""What may come last in a convolution on eight bits, by its word there; in a dense layer, relu alone."""

_LAYERS = (Conv, DepthwiseConv, Linear)

SEPARATE: tuple[Rewrite, ...] = (
    *ALWAYS,
    CommuteAveragePool(),
    GiveBias((*_LAYERS, Deconv)),  # the last stay in floating point, where their kernel adds one, too
    FuseActivation((Conv, DepthwiseConv), tuple(_ACTIVATIONS)),
    FuseActivation((Linear,), (Relu,)),
    GroupBranches(),
    SumBranches(),
    FoldBatchNorm(),
    LoneNorm(),
    FuseActivation((Conv, DepthwiseConv), tuple(_ACTIVATIONS)),
)
"""The rewrites before numbers are rounded, for runtimes that take a convolution and a sum one by one."""

TOGETHER: tuple[Rewrite, ...] = (*SEPARATE[:-2], FuseAdd((Conv, DepthwiseConv)), *SEPARATE[-2:])
"""The same for oneDNN, which adds in the convolution."""


@dataclass(frozen=True, slots=True)
class Int8OneDnn(OneDnn):
    """Layers on eight bits in oneDNN; what stays in floating point runs as it would without them."""

    name: ClassVar[str] = "int8"
    summary: ClassVar[str] = "int8 layers in oneDNN, channels last"
    passes: ClassVar[tuple[Rewrite, ...]] = TOGETHER

    def step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        operation = node.operation
        if isinstance(operation, Quantize):
            return Step(f"to_int8({operands[0]}, {_numbers(operation.grid)})", kernels=("to_int8",))
        if isinstance(operation, Dequantize):
            return Step(f"to_float({operands[0]}, {_numbers(operation.grid)})", kernels=("to_float",))
        if not isinstance(operation, Int8):
            runs = may_be_done_last(operation)
            return OneDnn.step(self, graph, node, attribute, operands) if runs else plain(node, attribute, operands)
        if node.operation.weights(node.input_shapes):
            return _layer(graph, node, operation, attribute, operands)
        return _exact(node, operation, attribute, operands) if operation.of.int8 == "exact" else _computed(node, operation, operands)


def _layer(graph: Graph, node: Node, operation: Int8, attribute: str, operands: Sequence[str]) -> Step:
    construct = _construct(operation, node)
    fused = operation.of if isinstance(operation.of, Fused) else Fused(operation.of)
    arguments: list[tuple[str | None, Plain]] = list(construct.arguments)
    if fused.activation is not None:
        arguments.append(("activation", _ACTIVATIONS[type(fused.activation)]))
    words = {"": operation.grids[0], "out_": operation.out, "other_": operation.grids[1] if fused.adds else None}
    for word, grid in words.items():
        if grid is not None:
            arguments += [(f"{word}scale", grid.scale), (f"{word}zero", grid.zero)]
    inputs = list(operands)
    if fused.adds and not may_add_into(graph, node):
        inputs[1] = f"{inputs[1]}.clone(memory_format=torch.channels_last)"
    text = f"{attribute}({', '.join(inputs)})"
    if isinstance(fused.activation, Relu6):
        # Mostly a byte ends where relu6 does, and no more is needed.
        most = 6.0 if operation.out is None else operation.out.number(6.0)
        text += f".clamp(max={most})" if most < HIGHEST else ""
    kind = "Int8Linear" if isinstance(fused.layer, Linear) else "Int8SumConvolution" if fused.adds else "Int8Convolution"
    return Step(text, made(Construct(kind, tuple(arguments))), (kind,))


def _exact(node: Node, operation: Int8, attribute: str, operands: Sequence[str]) -> Step:
    if isinstance(operation.of, MaxPool):
        # PyTorch's own counts the positions of bytes in a byte, and stops.
        window = pool_packing(node, operation.of)
        assert window is not None and not window.on_a_row
        return max_pool(window.arguments, attribute, operands[0])
    text = operation.of.int8_expression(operands, node.input_shapes, operation.grids[0].zero)
    assert text is not None, operation.of.name
    return Step(text)


def _computed(node: Node, operation: Int8, operands: Sequence[str]) -> Step:
    """What is worked out in floating point, between eight bits and eight bits."""
    assert operation.out is not None
    out = _numbers(operation.out)
    if isinstance(operation.of, GlobalAvgPool) and len(node.input_shapes[0]) == 3:
        return Step(f"to_int8(int8_mean({operands[0]}, {_numbers(operation.grids[0])}), {out})", kernels=("int8_mean", "to_int8"))
    values = [f"to_float({name}, {_numbers(grid)})" for name, grid in zip(operands, operation.grids, strict=True)]
    step = _by_definition(node, operation, values)
    return Step(f"to_int8({step.value}, {out})", step.module, ("to_float", "to_int8"), step.helpers)


@dataclass(frozen=True, slots=True)
class Simulated(Backend):
    """Every step by its definition on what the numbers stand for, rounded where eight bits are: what the others are held to, and ONNX is made of."""

    name: ClassVar[str] = "simulated"
    summary: ClassVar[str] = "int8 by definition"
    passes: ClassVar[tuple[Rewrite, ...]] = SEPARATE

    def step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        operation = node.operation
        if isinstance(operation, Quantize):
            return Step(f"rounded({operands[0]}, {_numbers(operation.grid)})", kernels=("rounded",))
        if isinstance(operation, Dequantize):
            return Step(f"meant({operands[0]}, {_numbers(operation.grid)})", kernels=("meant",))
        if not isinstance(operation, Int8):
            return plain(node, attribute, operands)
        values = [f"meant({name}, {_numbers(grid)})" for name, grid in zip(operands, operation.grids, strict=True)]
        if node.operation.weights(node.input_shapes):
            kind = "SimulatedLinear" if isinstance(layer_of(operation.of), Linear) else "SimulatedConvolution"
            text = f"{attribute}({values[0]})"
            if isinstance(operation.of, Fused):
                text = f"({text} + {values[1]})" if operation.of.adds else text
                activation = operation.of.activation
                text = text if activation is None else activation.expression([text], (node.shape,)) or text
            step = Step(text, made(Construct(kind, _construct(operation, node).arguments)), (kind,))
        else:
            step = _by_definition(node, operation, values)
        value = step.value if operation.out is None else f"rounded({step.value}, {_numbers(operation.out)})"
        return Step(value, step.module, (*step.kernels, "meant", "rounded"), step.helpers)


def _by_definition(node: Node, operation: Int8, values: Sequence[str]) -> Step:
    text = operation.of.expression(values, node.input_shapes)
    assert text is not None, f"{operation.of.name} is a function"
    return Step(text, helpers=operation.of.helpers(node.input_shapes))


def _construct(operation: Int8, node: Node) -> Construct:
    """What makes the layer's module, as PyTorch calls it, without what it takes of its own accord."""
    construct = layer_of(operation.of).module(node.input_shapes[:1])
    assert construct is not None
    return Construct(construct.target, tuple(row for row in construct.arguments if row[0] not in ("bias", "padding_mode")))


def _numbers(grid: Grid) -> str:
    return f"{grid.scale!r}, {grid.zero}"
