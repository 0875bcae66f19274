"""Axes stretched, turned round, rolled, stacked and cut by steps; windows as columns: one shape, and the elements, with PyTorch's."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from archc.compiler.ops.base import Operation, Shape

from .compare import Case, anything, compare, fast, images, per_axis, sizes, small
from .samples import op
from .test_arithmetic import batched
from .test_numbers import run
from .test_other_shapes import several

ORDERS = st.one_of(st.integers(-4, 4), st.lists(st.integers(-4, 4), min_size=1, max_size=3).map(tuple))


def several_dims(axis: object, shape: Shape) -> list[int]:
    return [batched(each, shape) for each in (axis if isinstance(axis, tuple) else (axis,)) if isinstance(each, int)]


def ones(inputs: Sequence[Tensor]) -> Tensor:
    """On the CPU: the meta device lets more pass."""
    return torch.zeros(inputs[0].shape)


@fast
@given(anything, st.lists(st.sampled_from([-1, -1, 1, 2, 3, 5]), min_size=1, max_size=4).map(tuple))
def test_expand(shape: Shape, wanted: Shape) -> None:
    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        return inputs[0].expand(-1, *wanted)

    # PyTorch adds axes before the others, where the batch is the first.
    compare((op("expand", shape=wanted), (shape,)), reference, lambda refusal: len(wanted) != len(shape))


@fast
@given(anything, ORDERS)
def test_flip(shape: Shape, axis: object) -> None:
    dims = several_dims(axis, shape)
    compare((op("flip", axis=axis), (shape,)), lambda operation, inputs: torch.flip(ones(inputs), dims))


@fast
@given(anything, ORDERS, st.one_of(st.integers(-9, 9), st.lists(st.integers(-9, 9), min_size=1, max_size=3).map(tuple)))
def test_roll(shape: Shape, axis: object, shift: object) -> None:
    dims = several_dims(axis, shape)
    shifts = list(shift) if isinstance(shift, tuple) else [shift] * len(dims)
    places = [dim % (len(shape) + 1) for dim in dims if dim != 99]

    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        return torch.roll(ones(inputs), shifts, dims)

    # PyTorch rolls an axis twice, where one is named twice.
    compare((op("roll", shift=shift, axis=axis), (shape,)), reference, lambda refusal: len(set(places)) < len(places))


@fast
@given(several(), st.integers(-5, 5))
def test_stack(inputs: tuple[Shape, ...], axis: int) -> None:
    rank = len(inputs[0]) + 1
    dim = axis + 1 if axis >= 0 else axis if -axis <= rank else 99
    compare((op("stack", axis=axis), inputs), lambda operation, values: torch.stack([torch.zeros(value.shape) for value in values], dim))


@fast
@given(anything, st.integers(-4, 4), st.integers(-8, 8), st.none() | st.integers(-8, 8), st.just(1) | st.integers(1, 4))
def test_slices(shape: Shape, axis: int, start: int, stop: int | None, step: int) -> None:
    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        if not -len(shape) <= axis < len(shape):
            raise IndexError
        index = [slice(None)] * inputs[0].dim()
        index[axis + 1 if axis >= 0 else axis] = slice(start, stop, step)
        return inputs[0][tuple(index)]

    def outside(refusal: object) -> bool:
        return -len(shape) <= axis < len(shape) and not (-shape[axis] <= start and (stop is None or stop <= shape[axis]))

    compare((op("slice", axis=axis, start=start, stop=stop, step=step), (shape,)), reference, outside)


@fast
@given(images(), small)
def test_pixel_unshuffle(shape: Shape, factor: int) -> None:
    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        assert inputs[0].dim() == 4, "an image"
        return F.pixel_unshuffle(ones(inputs), factor)

    compare((op("pixel_unshuffle", factor=factor), (shape,)), reference)


@st.composite
def windows(draw: st.DrawFn) -> dict[str, object]:
    return {
        "kernel": draw(per_axis(2, small)),
        "stride": draw(per_axis(2, small)),
        "pad": draw(per_axis(2, st.integers(0, 2))),
        "dilation": draw(per_axis(2, st.integers(1, 3))),
    }


def torch_words(settings: dict[str, object]) -> dict[str, object]:
    words = {"kernel": "kernel_size", "stride": "stride", "pad": "padding", "dilation": "dilation"}
    return {words[name]: value for name, value in settings.items()}


@fast
@given(images(), windows())
def test_unfold(shape: Shape, settings: dict[str, object]) -> None:
    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        assert inputs[0].dim() == 4, "an image"
        return F.unfold(ones(inputs), **torch_words(settings))  # type: ignore[arg-type]

    compare((op("unfold", **settings), (shape,)), reference)


@st.composite
def folds(draw: st.DrawFn) -> Case:
    """Columns as there are windows, often; else any."""
    settings = draw(windows())
    size = draw(st.tuples(sizes, sizes))
    channels = draw(small)
    try:
        columns = F.unfold(torch.zeros(1, channels, *size), **torch_words(settings))  # type: ignore[arg-type]
    except RuntimeError:
        return op("fold", size=size, **settings), ((draw(sizes), draw(sizes)),)
    change = draw(st.sampled_from([0, 0, 0, 1]))
    return op("fold", size=size, **settings), ((columns.shape[1] + change, columns.shape[2]),)


@fast
@given(folds())
def test_fold(case: Case) -> None:
    arguments = dict(case[0].arguments())
    size = arguments.pop("size")

    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        return F.fold(ones(inputs), output_size=size, **torch_words(arguments))  # type: ignore[arg-type]

    compare(case, reference)


def test_the_elements_are_where_pytorch_puts_them() -> None:
    x = torch.randn(2, 6, 4, 5)
    assert run(op("flip", axis=("height", "width")), x).equal(x.flip(2, 3))
    assert run(op("roll", shift=(-1, 2), axis=("width", "channels")), x).equal(x.roll((-1, 2), (3, 1)))
    assert run(op("roll", shift=3, axis="height"), x).equal(x.roll(3, 2))
    assert run(op("stack", axis=1), x, -x).equal(torch.stack([x, -x], 2))
    assert run(op("expand", shape=(6, 7, -1)), x[:, :, :1]).equal(x[:, :, :1].expand(2, 6, 7, 5))
    assert run(op("slice", axis="width", start=1, step=2), x).equal(x[..., 1::2])
    assert run(op("pixel_unshuffle", factor=2), x[..., :4]).equal(F.pixel_unshuffle(x[..., :4], 2))
    columns = run(op("unfold", kernel=(2, 3), stride=(1, 2), pad=1), x)
    assert columns.equal(F.unfold(x, (2, 3), padding=1, stride=(1, 2)))
    back = run(op("fold", size=(4, 5), kernel=(2, 3), stride=(1, 2), pad=1), columns)
    torch.testing.assert_close(back, F.fold(columns, (4, 5), (2, 3), padding=1, stride=(1, 2)))


@pytest.mark.parametrize("size", [(7, 8), (8, 8)])
def test_windows_that_do_not_overlap_come_back(size: tuple[int, int]) -> None:
    x = torch.randn(2, 3, *size)
    kept = x[:, :, : size[0] // 2 * 2]
    columns = run(op("unfold", kernel=2, stride=2), x)
    assert run(op("fold", size=(kept.shape[2], kept.shape[3]), kernel=2, stride=2), columns).equal(kept)
