"""`correlation` and `deform_conv` against their definitions, reading by reading."""

from __future__ import annotations

import itertools
from math import floor

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.ops.base import Operation, Shapes
from tests.analysis.peaks import are_measured
from tests.analysis.texts import graph_of
from tests.support import checked

from .compare import fast
from .samples import op
from .test_numbers import run
from .test_refusals import refused
from .torch_side import modules


def correlated(x: torch.Tensor, y: torch.Tensor, reach: tuple[int, int], stride: tuple[int, int]) -> torch.Tensor:
    """Channel after channel a displacement, the rows outermost; what lies outside of the second image counts as 0."""
    height, width = x.shape[2:]
    steps = [range(-(most // step) * step, most + 1, step) for most, step in zip(reach, stride, strict=True)]
    found = torch.zeros(x.shape[0], len(steps[0]) * len(steps[1]), height, width)
    for channel, (down, across) in enumerate(itertools.product(*steps)):
        for row, column in itertools.product(range(height), range(width)):
            there, beside = row + down, column + across
            if 0 <= there < height and 0 <= beside < width:
                found[:, channel, row, column] = (x[:, :, row, column] * y[:, :, there, beside]).sum(1) / x.shape[1]
    return found


@fast
@given(
    sizes=st.tuples(st.integers(1, 3), st.integers(1, 5), st.integers(1, 5)),
    reach=st.tuples(st.integers(0, 4), st.integers(0, 4)),
    stride=st.tuples(st.integers(1, 3), st.integers(1, 3)),
)
def test_correlation_is_its_definition(sizes: tuple[int, ...], reach: tuple[int, int], stride: tuple[int, int]) -> None:
    x, y = torch.randn(2, *sizes), torch.randn(2, *sizes)
    operation = op("correlation", displacement=reach, stride=stride)
    expected = correlated(x, y, reach, stride)
    torch.testing.assert_close(run(operation, x, y), expected)
    assert operation.output((sizes, sizes)) == tuple(expected.shape[1:])


def test_flownet_s_441_channels() -> None:
    assert op("correlation", displacement=20, stride=2).output(((256, 48, 64),) * 2) == (441, 48, 64)


def between(image: torch.Tensor, y: float, x: float) -> torch.Tensor:
    """The value of each channel between four pixels; a pixel outside of the image is 0."""
    height, width = image.shape[1:]
    top, left = floor(y), floor(x)
    value = torch.zeros(image.shape[0])
    for row, column in itertools.product((top, top + 1), (left, left + 1)):
        if 0 <= row < height and 0 <= column < width:
            value += image[:, row, column] * (1 - abs(y - row)) * (1 - abs(x - column))
    return value


def deformed(
    x: torch.Tensor,
    offset: torch.Tensor,
    mask: torch.Tensor | None,
    weight: torch.Tensor,
    bias: torch.Tensor,
    geometry: tuple[tuple[int, int], tuple[int, int], tuple[int, int], tuple[int, int]],
    groups: int,
) -> torch.Tensor:
    """Equation 2 of Dai et al. (2017), with the mask of Zhu et al. (2019): the sum over the window's places of each output."""
    (tall, wide), stride, pad, dilation = geometry
    places = offset.shape[2:]
    sets = offset.shape[1] // (2 * tall * wide)
    channels, inside = x.shape[1], weight.shape[1]
    found = torch.zeros(x.shape[0], weight.shape[0], *places)
    for n, row, column in itertools.product(range(x.shape[0]), range(places[0]), range(places[1])):
        for i, j, part in itertools.product(range(tall), range(wide), range(sets)):
            tap = (part * tall + i) * wide + j
            down, across = (float(offset[n, 2 * tap + axis, row, column]) for axis in (0, 1))
            own = slice(part * channels // sets, (part + 1) * channels // sets)
            value = torch.zeros(channels)
            value[own] = between(
                x[n, own], row * stride[0] - pad[0] + i * dilation[0] + down, column * stride[1] - pad[1] + j * dilation[1] + across
            )
            if mask is not None:
                value = value * mask[n, tap, row, column]
            for out in range(weight.shape[0]):
                first = out * groups // weight.shape[0] * inside
                found[n, out, row, column] += (weight[out, :, i, j] * value[first : first + inside]).sum()
    return found + bias[:, None, None]


@fast
@given(
    kernel=st.sampled_from([(1, 1), (3, 3), (2, 3)]),
    stride=st.sampled_from([(1, 1), (2, 1)]),
    pad=st.sampled_from([(0, 0), (1, 1), (1, 0)]),
    dilation=st.sampled_from([(1, 1), (1, 2)]),
    groups=st.integers(1, 2),
    sets=st.sampled_from([1, 2, 4]),
    masked=st.booleans(),
    sides=st.tuples(st.integers(1, 5), st.integers(1, 5)),
    seed=st.integers(0, 1000),
)
def test_deform_conv_is_its_definition(
    kernel: tuple[int, int],
    stride: tuple[int, int],
    pad: tuple[int, int],
    dilation: tuple[int, int],
    groups: int,
    sets: int,
    masked: bool,
    sides: tuple[int, int],
    seed: int,
) -> None:
    torch.manual_seed(seed)
    operation = op("deform_conv", channels=4, kernel=kernel, stride=stride, pad=pad, dilation=dilation, groups=groups)
    places = tuple((size + 2 * p - d * (k - 1) - 1) // s + 1 for size, k, s, p, d in zip(sides, kernel, stride, pad, dilation, strict=True))
    if min(places) < 1:
        refused(operation, (4, *sides), (2 * kernel[0] * kernel[1] * sets, 1, 1))
        return
    taps = kernel[0] * kernel[1] * sets
    given_ = [torch.randn(2, 4, *sides), 1.5 * torch.randn(2, 2 * taps, *places)]
    if masked:
        given_.append(torch.rand(2, taps, *places))
    (module,) = modules(operation, tuple(tuple(value.shape[1:]) for value in given_))
    weight, bias = (module.get_parameter(f"op.{name}") for name in ("weight", "bias"))
    with torch.no_grad():
        expected = deformed(given_[0], given_[1], given_[2] if masked else None, weight, bias, (kernel, stride, pad, dilation), groups)
        torch.testing.assert_close(module(*given_), expected, rtol=1e-3, atol=1e-4)


def test_without_offsets_it_is_a_convolution() -> None:
    x = torch.randn(2, 4, 7, 6)
    (module,) = modules(op("deform_conv", channels=6, stride=2, groups=2), ((4, 7, 6), (18, 4, 3), (9, 4, 3)))
    weight, bias = (module.get_parameter(f"op.{name}") for name in ("weight", "bias"))
    expected = torch.nn.functional.conv2d(x, weight, bias, stride=2, padding=1, groups=2)
    torch.testing.assert_close(module(x, torch.zeros(2, 18, 4, 3), torch.ones(2, 9, 4, 3)), expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(
    ("operation", "inputs", "code", "told"),
    [
        (op("correlation", displacement=4), ((8, 9), (8, 9)), "E313", "images [C, H, W], and path 1 is [8, 9]"),
        (op("correlation", displacement=4), ((8, 9, 9), (8, 9, 8)), "E301", "[8, 9, 9] and [8, 9, 8]"),
        (op("correlation", displacement=(1, 2, 3)), ((8, 9, 9), (8, 9, 9)), "E315", "1x2x3"),
        (op("deform_conv", channels=4), ((3, 8), (18, 8)), "E313", "an image [C, H, W], and path 1 is [3, 8]"),
        (op("deform_conv", channels=4), ((3, 8, 8), (9, 8, 8)), "E324", "[18, 8, 8], and path 2 is [9, 8, 8]"),
        (op("deform_conv", channels=4), ((3, 8, 8), (36, 8, 8)), "E324", "path 2 is [36, 8, 8]"),
        (op("deform_conv", channels=4), ((4, 8, 8), (36, 8, 7)), "E324", "[36, 8, 8], and path 2 is [36, 8, 7]"),
        (op("deform_conv", channels=4), ((4, 8, 8), (18, 8, 8), (18, 8, 8)), "E324", "[9, 8, 8], and path 3 is [18, 8, 8]"),
        (op("deform_conv", channels=4, kernel=5, pad=0), ((4, 3, 3), (50, 1, 1)), "E311", "window 5"),
        (op("deform_conv", channels=4, groups=3), ((4, 8, 8), (18, 8, 8)), "E310", "groups 3"),
        (op("deform_conv", channels=4, pad=(0, 1, 0, 1)), ((4, 8, 8), (18, 7, 7)), "E326", "before and after"),
        (op("deform_conv", channels=4, pad="same", stride=2), ((4, 9, 9), (18, 5, 5)), "E326", "before and after"),
    ],
)
def test_what_does_not_fit(operation: Operation, inputs: Shapes, code: str, told: str) -> None:
    refusal = refused(operation, *inputs)
    assert refusal.code == code and told in refusal.message


@pytest.mark.parametrize(
    ("body", "remedy"),
    [
        ("deform_conv(16, 3, stride = 2) { | skip | conv(18) }", "conv(18, 3x3, stride = 2)"),
        ("deform_conv(16, 5x3) { | skip | conv(30, 5x3) | conv(9) -> sigmoid }", "conv(15, 5x3)` -> sigmoid"),
        ("deform_conv(16, 3, dilation = 2) { | skip | conv(4) }", "conv(18, 3x3, dilation = 2)"),
    ],
)
def test_what_makes_the_offsets_is_told_and_works(body: str, remedy: str) -> None:
    found = checked(f"network n {{ input x[8, 12, 12]\n {body} }}", "n.arch")
    (row,) = (row for row in found.diagnostics if row.is_error)
    assert row.help is not None and remedy.replace("`", "") in row.help.replace("`", "")


def test_both_sides_of_a_correlation_are_seen() -> None:
    """What the second path has seen grows by the displacements."""
    from archc.compiler.analysis.receptive import receptive

    text = (
        "network n { input x[3, 32, 32]\n a: conv(4, 3)\n skip(x) -> b: conv(4, 7)\n correlation(4, stride = 2) { | skip(a) | skip(b) } }"
    )
    assert [int(field.size or 0) for field in receptive(graph_of(text))[-1].fields] == [15, 15]


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "body",
    [
        "a: conv(32) -> relu\n skip(x) -> b: conv(32) -> relu\n correlation(4, stride = 2) { | skip(a) | skip(b) } -> conv(8)",
        "a: conv(4) -> relu\n skip(x) -> b: conv(4) -> relu\n correlation(5) { | skip(a) | skip(b) } -> conv(8)",
        "conv(32) -> relu -> deform_conv(48) { | skip | conv(18) } -> conv(4)",
        "conv(32) -> relu -> deform_conv(16, groups = 2) { | skip | conv(36) | conv(18) -> sigmoid } -> conv(4)",
    ],
)
def test_memory_is_the_trackers(body: str, batch: int) -> None:
    are_measured(graph_of(f"network n {{ input x[16, 24, 24]\n {body} }}"), batch, evaluated=0.01, trained=0.02)
