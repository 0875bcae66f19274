"""The back end for NVIDIA cards: fused cuDNN convolutions, images with their channels last."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ....base.records import dataclass
from ...graph.graph import Graph
from ...graph.program import Node
from ...ops.activation import Relu
from ...ops.base import Construct
from ...ops.convolution import Conv, DepthwiseConv
from ...rewrite.base import Rewrite
from ...rewrite.fuse import FuseActivation, FuseAdd
from ...rewrite.fused import Fused
from ...rewrite.give_bias import GiveBias
from ...rewrite.packing import image_convolution
from ...rewrite.pipeline import ALWAYS
from .step import Backend, Step, made, plain


@dataclass(frozen=True, slots=True)
class CuDnn(Backend):
    """A convolution with its bias and relu, or with a sum and a relu, is one call where cuDNN has it; all else is PyTorch's own."""

    name: ClassVar[str] = "cudnn"
    device: ClassVar[str] = "cuda"
    summary: ClassVar[str] = "fused cuDNN convolutions, channels last"
    passes: ClassVar[tuple[Rewrite, ...]] = (*ALWAYS, GiveBias((Conv, DepthwiseConv)), FuseAdd((Conv,)), FuseActivation((Conv,), (Relu,)))

    def enter(self, name: str, node: Node) -> str:
        if len(node.shape) != 3:
            return ""
        return f"{name}.contiguous(memory_format=torch.channels_last)"

    def step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        operation = node.operation
        construct = image_convolution(node)
        # cuDNN's fused calls end in a relu; a sum alone, or a bias alone, is as PyTorch does it.
        if construct is None or not isinstance(operation, Fused) or operation.activation is None:
            return plain(node, attribute, operands)
        kernel = "SumReluConvolution" if operation.adds else "ReluConvolution"
        return Step(f"{attribute}({', '.join(operands)})", made(Construct(kernel, construct.arguments)), (kernel,))
