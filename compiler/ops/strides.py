"""How tensors lie in memory: PyTorch's rules of strides, without PyTorch.

Whether a `reshape` is a view or a copy depends on how its input lies, and that on every step before it. The rules here are
those of PyTorch's kernels on a CPU; sizes and strides have the batch axis first.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import TypeAlias

from ...base.records import dataclass

Strides: TypeAlias = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Layout:
    """The sizes of a tensor and how far apart neighbours lie along each axis, in elements."""

    sizes: tuple[int, ...]
    strides: Strides

    @property
    def elements(self) -> int:
        return prod(self.sizes)

    @property
    def is_in_order(self) -> bool:
        """PyTorch's `is_contiguous()`."""
        return _is_dense(self, range(len(self.sizes) - 1, -1, -1))

    @property
    def is_channels_last(self) -> bool:
        """Whether the channels of an image or a volume lie side by side, without gaps."""
        return len(self.sizes) in (4, 5) and _is_dense(self, _inner_first(len(self.sizes)))

    @property
    def is_dense(self) -> bool:
        """Whether it lies without gaps, in whatever order."""
        axes = [axis for axis in range(len(self.sizes)) if self.sizes[axis] != 1]
        return _is_dense(self, sorted(axes, key=lambda axis: self.strides[axis]))

    @property
    def suggests_channels_last(self) -> bool:
        """Whether kernels for images take it for one whose channels lie side by side; gaps do not matter."""
        if len(self.sizes) not in (4, 5) or self.strides[1] == 0:
            return False
        least = 0
        for axis in _inner_first(len(self.sizes)):
            if self.strides[axis] < least or (axis == 0 and least == self.strides[1]):
                return False
            least = self.strides[axis] * max(self.sizes[axis], 1)
        return True


def _inner_first(rank: int) -> tuple[int, ...]:
    """The axes of a tensor whose channels lie side by side, those nearest together first."""
    return (1, *range(rank - 1, 1, -1), 0)


def _is_dense(layout: Layout, axes: Sequence[int]) -> bool:
    expected = 1
    for axis in axes:
        if layout.sizes[axis] != 1:
            if layout.strides[axis] != expected:
                return False
            expected *= layout.sizes[axis]
    return True


def _dense(sizes: Sequence[int], inner_first: Sequence[int]) -> Layout:
    """No gaps, the axes as told."""
    strides, step = [0] * len(sizes), 1
    for axis in inner_first:
        strides[axis] = step
        step *= max(sizes[axis], 1)
    return Layout(tuple(sizes), tuple(strides))


def in_order(sizes: Sequence[int]) -> Layout:
    """The last axis lies closest: what a new tensor has where nothing else is said."""
    return _dense(sizes, range(len(sizes) - 1, -1, -1))


def channels_last(sizes: Sequence[int]) -> Layout:
    return _dense(sizes, _inner_first(len(sizes)))


def as_suggested(inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
    """What kernels for images make: channels side by side where those of all inputs are."""
    return channels_last(sizes) if all(layout.suggests_channels_last for layout in inputs) else in_order(sizes)


def unsqueezed(layout: Layout, axis: int) -> Layout:
    """With a new axis of size 1 at that place."""
    sizes, strides = layout.sizes, layout.strides
    stride = sizes[axis] * strides[axis] if axis < len(sizes) else 1
    return Layout((*sizes[:axis], 1, *sizes[axis:]), (*strides[:axis], stride, *strides[axis:]))


def squeezed(layout: Layout, axis: int) -> Layout:
    """Without that axis, whose size is 1."""
    return Layout(layout.sizes[:axis] + layout.sizes[axis + 1 :], layout.strides[:axis] + layout.strides[axis + 1 :])


def on_a_row(layout: Layout) -> Layout:
    """A signal as an image of one row."""
    return unsqueezed(layout, 2)


def as_suggested_on_a_row(layout: Layout, sizes: Sequence[int]) -> Layout:
    """The same over a signal, which PyTorch takes for an image of one row."""
    if len(sizes) != 3:
        return as_suggested((layout,), sizes)
    made = as_suggested((on_a_row(layout),), (sizes[0], sizes[1], 1, sizes[2]))
    return squeezed(made, 2)


def elementwise(*inputs: Layout) -> Layout:
    """What an operation on each element makes: the order of the first input that has one, without gaps."""
    rank = max(len(layout.sizes) for layout in inputs)
    shapes = [(1,) * (rank - len(layout.sizes)) + layout.sizes for layout in inputs]
    sizes = tuple(max(column) for column in zip(*shapes, strict=True))
    if all(layout.sizes == sizes for layout in inputs):
        if all(layout.is_in_order for layout in inputs):
            return in_order(sizes)
        if rank == 4 and all(layout.is_channels_last for layout in inputs):
            return channels_last(sizes)
        if all(layout.is_dense and layout.strides == inputs[0].strides for layout in inputs):
            return inputs[0]
    rows = [
        tuple(
            0 if size == 1 and whole != 1 else stride
            for size, whole, stride in zip(shape, sizes, (0,) * (rank - len(layout.strides)) + layout.strides, strict=True)
        )
        for shape, layout in zip(shapes, inputs, strict=True)
    ]
    order = list(range(rank - 1, -1, -1))
    for start in range(1, rank):
        place = start
        for other in range(start - 1, -1, -1):
            wrong = _compared(order[other], order[place], rows, sizes)
            if wrong > 0:
                order[other], order[place] = order[place], order[other]
                place = other
            elif wrong < 0:
                break
    return _dense(sizes, order)


def _compared(inner: int, outer: int, rows: Sequence[Strides], sizes: Sequence[int]) -> int:
    """Above 0 where `outer` lies closer than `inner`, by the first input that tells them apart."""
    for strides in rows:
        if strides[inner] == 0 or strides[outer] == 0:
            continue
        if strides[inner] != strides[outer]:
            return -1 if strides[inner] < strides[outer] else 1
        if sizes[inner] > sizes[outer]:
            return 1
    return 0


def viewed(layout: Layout, sizes: Sequence[int]) -> Layout | None:
    """The same storage in other axes; None where no strides say that, and the elements must be copied."""
    strides = [0] * len(sizes)
    place = len(sizes) - 1
    base, seen, wanted = (layout.strides or (1,))[-1], 1, 1
    for axis in range(len(layout.sizes) - 1, -1, -1):
        seen *= layout.sizes[axis]
        ends = axis == 0 or (layout.sizes[axis - 1] != 1 and layout.strides[axis - 1] != seen * base)
        if not ends:
            continue
        while place >= 0 and (wanted < seen or sizes[place] == 1):
            strides[place] = wanted * base
            wanted *= sizes[place]
            place -= 1
        if wanted != seen:
            return None
        if axis > 0:
            base, seen, wanted = layout.strides[axis - 1], 1, 1
    return Layout(tuple(sizes), tuple(strides)) if place < 0 else None


def permuted(layout: Layout, order: Sequence[int]) -> Layout:
    """The axes in another order, the batch's among them."""
    return Layout(tuple(layout.sizes[axis] for axis in order), tuple(layout.strides[axis] for axis in order))


def cut(layout: Layout, sizes: Sequence[int]) -> Layout:
    """A part of it: the strides stay."""
    return Layout(tuple(sizes), layout.strides)
