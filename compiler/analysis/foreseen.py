"""How long the optimised module of a network will take on a machine that was calibrated: worked out from its graph, without PyTorch.

The graph is rewritten as `archc build --optimize` does. A step takes the cost of a call, and then the longer of its arithmetic, at the rate
that was measured for its kind and size, and of its traffic, at the bandwidth for so many bytes. Nothing is fitted to networks.
"""

from __future__ import annotations

from math import sqrt

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.activation import Gelu, LeakyRelu, LogSoftmax, PRelu, Relu, Relu6, Softmax
from ..ops.adaptive import AdaptiveAvgPool, GlobalAvgPool
from ..ops.base import Operation, product
from ..ops.convolution import Conv, Convolution, DepthwiseConv
from ..ops.deconvolution import Deconv
from ..ops.dense import Linear
from ..ops.elementwise import Abs, Clamp, Offset, Square
from ..ops.norm import GroupNorm, InstanceNorm, LocalResponseNorm
from ..ops.part import Chunk, Select, Slice
from ..ops.pool import AvgPool, MaxPool
from ..ops.resize import Upsample
from ..rewrite.base import Rewritten
from ..rewrite.fused import Fused, layer_of
from ..rewrite.groups import images_at_once, last_in_groups
from ..rewrite.packing import Packing, packing
from ..rewrite.processor import PASSES, activation_of, expected_way
from .calibration import PACKED, Calibration, Kind, of_this_machine
from .dtypes import BYTES, weight_bytes
from .traffic import writes_nothing

ROW_WEIGHTS = 1 << 21
"""Weights up to which a dense layer of one row is BLAS's (`emit/fast/kernels/linear.py`)."""

FEW_CHANNELS = 4
"""A convolution that reads an image has a kernel of its own."""


@dataclass(frozen=True, slots=True)
class Task:
    """The work of a step, for so many images at once: its kind, how much of it, the kind's two sizes, and bytes.

    `channels` of the output are filled up, where a packed layer makes them; `curved` elements go through an activation that is more than a comparison, in the same call; `copied` bytes are copied before, for a
    layer takes no part of a tensor as it lies.
    """

    kind: Kind
    work: float
    width: float
    size: float
    moved: int
    weights: int
    channels: int = 0
    curved: int = 0
    copied: int = 0


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the rewritten graph. `times`: how often it runs for a batch that goes through in groups. `bound`: what takes it the longest."""

    node: Node
    kind: str
    times: int
    flops: int
    moved: int
    seconds: float
    bound: str


@dataclass(frozen=True, slots=True)
class Foreseen:
    """The steps that take time, in their order, and the seconds of all."""

    graph: Graph
    calibration: Calibration
    batch: int
    dtype: str
    rows: tuple[Step, ...]
    seconds: float


def foresee(graph: Graph, calibration: Calibration, *, batch: int = 1, dtype: str = "float32") -> Foreseen:
    """What the optimised module is expected to take for one batch."""
    state = Rewritten.of(graph)
    for each in PASSES:
        state = each.apply(state)
    fast = state.graph
    images, last = batch, last_in_groups(fast)
    if last >= 0:
        images = max(1, min(batch, images_at_once(fast)))
        while batch % images:
            images -= 1
    stored = sum(weight_bytes(weight, dtype) for node in fast.nodes for weight in node.weights)
    between = stored + 2 * max(product(node.shape) for node in fast.nodes) * images * BYTES[dtype]  # memory that is freed is used again
    known: dict[object, tuple[Task, float, str]] = {}
    rows = []
    for node in fast.nodes:
        if writes_nothing(node):
            continue
        at_once, times = (images, batch // images) if node.index <= last else (batch, 1)
        key = (id(node.operation), node.input_shapes, at_once)
        if key not in known:
            task = task_of(fast, node, at_once, dtype)
            known[key] = (task, *_seconds(task, calibration, stored, dtype, between))
        task, seconds, bound = known[key]
        rows.append(Step(node, task.kind, times, node.flops * batch, (task.moved + task.weights) * times, seconds * times, bound))
    return Foreseen(fast, calibration, batch, dtype, tuple(rows), sum(row.seconds for row in rows))


def _seconds(task: Task, calibration: Calibration, stored: int, dtype: str, between: float) -> tuple[float, str]:
    compute = calibration.seconds(task.kind, filled(task, calibration.lanes), task.width, task.size, dtype)
    memory = calibration.moving(task.moved) + calibration.moving(task.weights, max(stored, task.weights))
    bound = "compute" if compute >= memory else "memory"
    seconds = max(compute + calibration.beyond_caches(task.moved), memory) if compute else memory
    if task.curved:
        seconds += calibration.seconds("last", task.curved, 1, task.curved)
    if task.copied:
        seconds += calibration.calling("move", between) + calibration.moving(task.copied)
    call = calibration.calling(task.kind, between)
    return call + seconds, bound if seconds >= call else "call"


def filled(task: Task, lanes: int) -> float:
    """The work with the output channels filled up to a multiple of the lanes."""
    return task.work * (-(-task.channels // lanes) * lanes / task.channels) if task.channels else task.work


def microseconds(graph: Graph, batch: int = 1) -> int:
    """The same as a cost like others, a whole number: on this machine, in float32. Raises `ArchError` (F671) where it is not calibrated."""
    return whole(foresee(graph, of_this_machine(), batch=batch).seconds)


def whole(seconds: float) -> int:
    """In microseconds; of what takes any time at all, one at least."""
    return max(round(seconds * 1e6), int(seconds > 0))


# --------------------------------------------------------------------------------------------- kinds of work


def task_of(graph: Graph, node: Node, images: int, dtype: str = "float32") -> Task:
    """What a step of a rewritten graph has to do for so many images."""
    operation = layer_of(node.operation)
    owner = node if node.shares is None else graph.nodes[node.shares]
    read = sum(product(graph.nodes[index].shape) for index in set(node.inputs))
    moved = (read + product(node.shape)) * images * BYTES[dtype]
    weights = sum(weight_bytes(weight, dtype) for weight in owner.operation.weights(owner.input_shapes))
    kind, work, width, size = _kind(node, operation, images)
    if kind not in PACKED:
        return Task(kind, work, width, size, moved, weights)
    channels = 0 if kind in ("depthwise", "strided", "grouped") else node.shape[-1] if isinstance(operation, Linear) else node.shape[0]
    curved = product(node.shape) * images if activation_of(node) not in ("none", "relu", "hardtanh", "leaky_relu") else 0
    found = packing(node)
    part = isinstance(graph.nodes[node.inputs[0]].operation, Chunk | Select | Slice) or (
        found is not None and bool(found.pads or found.same)
    )
    return Task(kind, work, width, size, moved, weights, channels, curved, 2 * read * images * BYTES[dtype] if part else 0)


def _kind(node: Node, operation: Operation, images: int) -> tuple[Kind, float, float, float]:
    """The kind, its work, and its two sizes."""
    macs = operation.macs(node.input_shapes[: 1 if isinstance(node.operation, Fused) else None], node.shape)
    work, elements = 2.0 * macs * images, float(product(node.shape) * images)
    if isinstance(operation, Linear):
        rows = product(node.shape[:-1]) * images
        before, after = node.input_shapes[0][-1], node.shape[-1]
        if (
            rows == 1
            and len(node.shape) == 1
            and before * after <= ROW_WEIGHTS
            and activation_of(node) in ("none", "relu", "sigmoid", "tanh")
        ):
            return "row", work, sqrt(before * after), 1
        return "matrix", work, sqrt(before * after), rows
    if isinstance(operation, Convolution | Deconv):
        return _convolution(node, operation, work, images)
    if operation.family == "recurrent":
        return "recurrent", work, 1, elements
    if macs:
        return ("attention" if operation.family == "attention" else "product"), work, 1, elements
    read = float(max((product(shape) for shape in node.input_shapes), default=0) * images)
    if isinstance(operation, MaxPool):
        return "maximum", elements, max(1.0, read / elements), elements
    if isinstance(operation, AvgPool | AdaptiveAvgPool | GlobalAvgPool):
        return "average", read, max(1.0, read / elements), read
    return *_elementwise(operation, elements, read), 1, max(elements, read)


def _convolution(node: Node, operation: Operation, work: float, images: int) -> tuple[Kind, float, float, float]:
    before, after = node.input_shapes[0][0], node.shape[0]
    size = product(node.shape[1:]) * images
    width = sqrt(before * after)
    found = packing(node)
    if found is None:
        return "unpacked", work, width, size
    if found.transposed:
        return "transposed", work, width, size
    groups = dict(found.arguments).get("groups", 1)
    assert isinstance(operation, Conv | DepthwiseConv) and isinstance(groups, int)
    if groups == before and groups > 1:
        return "depthwise" if set(found.along("stride")) == {1} else "strided", work, work / 2 / (after * size), after * size
    if groups > 1:
        return "grouped", work, width / groups, size
    if before <= FEW_CHANNELS:
        return "entry", work, after, size
    if set(found.along("kernel_size")) == {1} and expected_way(node) == "packed":
        return "point", work, width, size
    ways: dict[str, Kind] = {"matrix": "matrix", "winograd": "winograd"}
    return ways.get(expected_way(node), "window"), work * _read(node, found), width, size


def _read(node: Node, found: Packing) -> float:
    """The part of a dilated window that lies in the image: what is beside it oneDNN passes over. 1 for other windows, as the rates were measured."""
    kernels, strides, pads, dilations = (found.along(word) for word in ("kernel_size", "stride", "padding", "dilation"))
    if set(dilations) == {1} or found.on_a_row:
        return 1.0
    part = 1.0
    axes = zip(node.input_shapes[0][1:], node.shape[1:], kernels, strides, pads, dilations, strict=True)
    for size, made, kernel, stride, before, apart in axes:
        part *= sum(0 <= at * stride - before + tap * apart < size for at in range(made) for tap in range(kernel)) / (made * kernel)
    return part


_CHEAP = (Relu, Relu6, LeakyRelu, PRelu, Abs, Clamp, Offset, Square)
"""Functions that take no longer than the memory."""


def _elementwise(operation: Operation, written: float, read: float) -> tuple[Kind, float]:
    """Kinds without multiply-accumulates. Where nothing else is known, an operation is as quick as the memory."""
    if isinstance(operation, LocalResponseNorm):
        return "response", written
    if isinstance(operation, Upsample):
        return "resize", written
    if isinstance(operation, Gelu):
        return "erf", written
    if isinstance(operation, GroupNorm | InstanceNorm):
        return "groupnorm", written
    if operation.family == "norm" or isinstance(operation, Softmax | LogSoftmax):
        return "norm", written
    if operation.family == "activation" and not isinstance(operation, _CHEAP):
        return "curve", written
    return "move", max(written, read)
