"""What an optimised module for a processor is made of: the rewrites, and the way in which each layer is expected to be the fastest.

Plain facts about graphs, without PyTorch: `emit/fast/onednn.py` writes the module by them, `analysis/foreseen.py` works out how long it takes.
"""

from __future__ import annotations

from ..graph.program import Node
from ..ops.activation import Gelu, HardSigmoid, HardSwish, LeakyRelu, Relu, Relu6, Sigmoid, Silu, Tanh
from ..ops.base import Operation, product
from ..ops.convolution import Conv, DepthwiseConv
from ..ops.deconvolution import Deconv
from ..ops.dense import Linear
from ..ops.pool import MaxPool
from .base import Rewrite
from .commute_pool import CommuteAveragePool
from .fold_norm import FoldBatchNorm
from .fuse import FuseActivation, FuseAdd
from .fused import Fused, layer_of
from .give_bias import GiveBias
from .group_branches import GroupBranches
from .linear_along import MixWhereItStands
from .lone_norm import LoneNorm
from .merge_siblings import MergeSiblings
from .multiply_add import MultiplyAdd
from .packing import packing, pool_packing
from .pipeline import ALWAYS
from .sum_branches import SumBranches
from .sum_points import SumPoints

ACTIVATIONS: dict[type[Operation], str] = {
    Relu: "relu",
    Sigmoid: "sigmoid",
    Tanh: "tanh",
    Silu: "swish",
    HardSwish: "hardswish",
    HardSigmoid: "hardsigmoid",
    Gelu: "gelu",
    Relu6: "hardtanh",
    LeakyRelu: "leaky_relu",
}
"""What oneDNN can do last in a layer, by its word there."""

_WINOGRAD_CHANNELS, _WINOGRAD_POSITIONS = 48, 196
"""From how many channels (in * out / (in + out)) and positions on the transforms cost less than the products that they save."""

_POOL_ELEMENTS = 1 << 16
"""From how many elements on a pool in several calls is quicker than PyTorch's in one."""

PASSES: tuple[Rewrite, ...] = (
    *ALWAYS,
    CommuteAveragePool(),
    GiveBias((Conv, DepthwiseConv, Deconv, Linear)),
    MixWhereItStands(),
    FuseActivation((Conv, DepthwiseConv, Deconv, Linear), tuple(ACTIVATIONS)),
    MergeSiblings(),
    GroupBranches(),
    SumBranches(),
    SumPoints(),
    FoldBatchNorm(),
    FuseAdd((Conv, DepthwiseConv)),
    LoneNorm(),
    MultiplyAdd(),
    # Once more: for what follows a sum, or a norm that stands alone.
    FuseActivation((Conv, DepthwiseConv, Deconv, Linear), tuple(ACTIVATIONS)),
)
"""The rewrites, in their order."""


def ways_of(node: Node, exact: bool = True) -> tuple[str, ...]:
    """The ways in which a step can be done: a convolution `packed`, as one `matrix` product, by oneDNN or by `blas`, by `winograd`; a dense layer
    `packed` or by `blas`; a max pool by PyTorch or axis by axis."""
    if isinstance(node.operation, MaxPool):
        return ("torch", "separate") if pool_packing(node, node.operation) is not None else ()
    if isinstance(layer_of(node.operation), Linear):
        return ("packed", "blas") if exact and activation_of(node) in ("none", "relu") else ()
    found = packing(node)
    if found is None:
        return ()
    row = dict(found.arguments)
    kernel, adds = row["kernel_size"], isinstance(node.operation, Fused) and node.operation.adds
    simple = not adds and not found.transposed and found.axes == 2 and not set(row) & {"stride", "dilation", "groups"}
    if simple and kernel == 1 and "padding" not in row:
        return ("packed", "matrix", "blas") if exact and activation_of(node) in ("none", "relu") else ("packed", "matrix")
    if simple and kernel == 3 and exact and activation_of(node) in ("none", "relu"):
        return ("packed", "winograd")
    return ("packed",)


def expected_way(node: Node, exact: bool = True) -> str:
    """The one that is expected to be the fastest; "" where there is no choice."""
    options = ways_of(node, exact)
    if not options:
        return ""
    if "separate" in options:
        return "separate" if product(node.input_shapes[0]) >= _POOL_ELEMENTS else "torch"
    if "winograd" in options:
        before, after = node.input_shapes[0][0], node.shape[0]
        gains = before * after >= _WINOGRAD_CHANNELS * (before + after) and product(node.shape[1:]) >= _WINOGRAD_POSITIONS
        return "winograd" if gains else "packed"
    return "matrix" if "matrix" in options else "packed"


def activation_of(node: Node) -> str:
    operation = node.operation
    if not isinstance(operation, Fused) or operation.activation is None:
        return "none"
    return ACTIVATIONS[type(operation.activation)]


def numbers_of(activation: Operation) -> tuple[float, ...]:
    """The numbers that oneDNN's word for an activation takes."""
    if isinstance(activation, Relu6):
        return (0.0, 6.0)
    return (float(activation.slope),) if isinstance(activation, LeakyRelu) else ()
