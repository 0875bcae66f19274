"""Convolutions of one tensor that are added up are one convolution, whose kernel is the sum of theirs."""

from __future__ import annotations

from typing import ClassVar, TypeAlias

from ...base.records import dataclass
from ..ops.base import Shape, Window
from ..ops.convolution import Conv, DepthwiseConv
from ..ops.merge import Add
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .fold_norm import is_channels_first, norm_addend, norm_factor
from .inference import NO_TRAINING
from .layers import bias_of, with_bias
from .weights import Diagonal, Filled, Joined, Recipe, Reshaped, Total

Windows: TypeAlias = tuple[Window, ...]


@dataclass(frozen=True, slots=True)
class AddKernels(Rewrite):
    """RepVGG and MobileOne train several kernels side by side, and a norm that stands alone; when they are evaluated all are one kernel."""

    name: ClassVar[str] = "add_kernels"
    summary: ClassVar[str] = (
        "Makes convolutions of one tensor that are added up, and batch norms beside them, one convolution. "
        "Legal where the sum alone reads them, each has weights of its own, and the largest window covers the others."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        count = 0
        for add in draft.items():
            if not isinstance(add.operation, Add):
                continue
            for rows in _families(draft, add):
                _join(draft, add, rows)
                count += len(rows)
        return draft.finish(f"{counted(count, 'branch', 'branches')} added into one kernel for each sum" if count else "")


def _families(draft: Draft, add: Item) -> list[list[Item]]:
    """What of a sum is one convolution, the largest window first."""
    found: list[list[Item]] = []
    alone = [item for item in add.inputs if draft.only_user(item) is add and not draft.is_shared(item) and item.shape == add.shape]
    convolutions = [item for item in alone if _windows(item) is not None and not draft.is_batchless(item)]
    convolutions.sort(key=lambda item: -_area(item))
    for item in convolutions:
        family = next((rows for rows in found if _joins(item, rows[0])), None)
        if family is None:
            found.append([item])
        else:
            family.append(item)
    for norm in filter(is_channels_first, alone):
        taking = (rows for rows in found if rows[0].inputs[0] is norm.inputs[0] and _takes_norm(rows[0]))
        family = next(taking, None)
        if family is not None:  # one of them, where several might
            family.append(norm)
    return [rows for rows in found if len(rows) > 1]


def _windows(item: Item) -> Windows | None:
    """The windows of a convolution with zeros around it whose padding is the same whatever comes in."""
    operation = item.operation
    if not isinstance(operation, Conv | DepthwiseConv) or operation.pad_mode != "zeros":
        return None
    made = operation.module(item.input_shapes)
    return None if made is None or made.target.startswith("Same") else operation.windows(item.input_shapes, item.shape)


def _area(item: Item) -> int:
    windows = _windows(item)
    assert windows is not None
    area = 1
    for window in windows:
        area *= window.kernel
    return area


def _joins(item: Item, first: Item) -> bool:
    """Whether the window of one lies within the other's, and both see the same channels of the same tensor."""
    if item.inputs[0] is not first.inputs[0] or item.weights["weight"].shape[1] != first.weights["weight"].shape[1]:
        return False
    return _offsets(_windows(item), _windows(first)) is not None


def _offsets(inner: Windows | None, outer: Windows | None) -> tuple[int, ...] | None:
    """Where along each axis the inner window begins in the outer one; None where it does not lie in it."""
    assert inner is not None and outer is not None
    offsets = []
    for one, other in zip(inner, outer, strict=True):
        offset = other.before - one.before
        apart = one.dilation == other.dilation or one.kernel == 1
        if one.stride != other.stride or not apart or offset % other.dilation or offset < 0:
            return None
        offset //= other.dilation
        if offset + one.kernel > other.kernel:
            return None
        offsets.append(offset)
    return tuple(offsets)


def _takes_norm(first: Item) -> bool:
    """Whether a norm of the tensor that is read is a point in the middle of the kernel: each position in its place, the channels together or each alone."""
    windows = _windows(first)
    assert windows is not None
    point = tuple(Window(1, 1, 0, 1) for _ in windows)
    seen = first.weights["weight"].shape[1]
    return seen in (1, first.inputs[0].shape[0]) and first.shape == first.inputs[0].shape and _offsets(point, windows) is not None


def _join(draft: Draft, add: Item, rows: list[Item]) -> None:
    first = rows[0]
    outer = _windows(first)
    shape = first.weights["weight"].shape
    kernels: list[Recipe] = []
    biases: list[Recipe] = []
    for row in rows:
        if is_channels_first(row):
            factor = norm_factor(row)
            point = (*shape[:2], *[1] * (len(shape) - 2))
            kernels.append(_within(_point(factor, point), _offsets(tuple(Window(1, 1, 0, 1) for _ in shape[2:]), outer), shape))
            biases.append(norm_addend(row, factor))
        else:
            kernels.append(_within(row.weights["weight"], _offsets(_windows(row), outer), shape))
            biases.append(bias_of(row))
    weights: dict[str, Recipe] = {"weight": Total(shape, tuple(kernels)), "bias": Total((shape[0],), tuple(biases))}
    joined = Item(first.origin, with_bias(first.operation), [first.inputs[0]], first.shape, weights, None, first.names)
    draft.add_as_one(add, rows, joined)


def _point(factor: Recipe, shape: Shape) -> Recipe:
    """Each channel times its own number, as a kernel of 1x1."""
    return Reshaped(shape, factor) if shape[1] == 1 else Reshaped(shape, Diagonal(shape[:2], factor))


def _within(kernel: Recipe, offsets: tuple[int, ...] | None, shape: Shape) -> Recipe:
    """The kernel with zeros around, so that it has the size of the largest."""
    assert offsets is not None
    for axis, offset in enumerate(offsets, 2):
        size, behind = kernel.shape[axis], shape[axis] - offset - kernel.shape[axis]
        parts: list[Recipe] = [kernel]
        if offset:
            parts.insert(0, Filled((*kernel.shape[:axis], offset, *kernel.shape[axis + 1 :]), 0.0))
        if behind:
            parts.append(Filled((*kernel.shape[:axis], behind, *kernel.shape[axis + 1 :]), 0.0))
        if len(parts) > 1:
            kernel = Joined((*kernel.shape[:axis], offset + size + behind, *kernel.shape[axis + 1 :]), tuple(parts), axis)
    return kernel
