"""`grid_sample`, `roi_align`, `image` and `dropblock` against PyTorch's own and against their definitions."""

from __future__ import annotations

import itertools

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.ops.base import Operation, Refusal
from tests.analysis.peaks import are_measured
from tests.analysis.texts import graph_of
from tests.support import checked, program_of

from .compare import fast
from .samples import op
from .test_numbers import run
from .test_refusals import refused


@fast
@given(
    mode=st.sampled_from(["bilinear", "nearest", "bicubic"]),
    outside=st.sampled_from(["zeros", "border", "reflection"]),
    corners=st.booleans(),
    sizes=st.tuples(*[st.integers(1, 5)] * 5),
)
def test_grid_sample_is_pytorchs(mode: str, outside: str, corners: bool, sizes: tuple[int, ...]) -> None:
    channels, *sides = sizes
    x, grid = torch.randn(2, channels, *sides[:2]), 3 * torch.rand(2, *sides[2:], 2) - 1.5
    operation = op("grid_sample", mode=mode, outside=outside, align_corners=corners)
    expected = F.grid_sample(x, grid, mode=mode, padding_mode=outside, align_corners=corners)
    assert run(operation, x, grid).equal(expected)
    assert operation.output((tuple(x.shape[1:]), tuple(grid.shape[1:]))) == tuple(expected.shape[1:])


@pytest.mark.parametrize("sizes", [(4, 5), (1, 3), (3, 4, 5)])
@pytest.mark.parametrize("corners", [False, True])
def test_affine_grid_is_pytorchs(sizes: tuple[int, ...], corners: bool) -> None:
    rank = len(sizes)
    theta, image = torch.randn(2, rank, rank + 1), torch.zeros(2, 7, *sizes)
    expected = F.affine_grid(theta, list(image.shape), align_corners=corners)
    assert run(op("affine_grid", size=sizes, align_corners=corners), theta).equal(expected)
    assert run(op("affine_grid", like=True, align_corners=corners), theta, image).equal(expected)
    assert op("affine_grid", like=True).output((tuple(theta.shape[1:]), tuple(image.shape[1:]))) == tuple(expected.shape[1:])


@pytest.mark.parametrize(
    ("arguments", "inputs", "code"),
    [
        ({"size": 4}, ((6,),), "E313"),
        ({"size": 4}, ((3, 2),), "E313"),
        ({}, ((2, 3),), "E322"),
        ({"size": 4, "like": True}, ((2, 3), (1, 4, 4)), "E322"),
        ({"like": True}, ((2, 3), (1, 4, 4, 4)), "E322"),
        ({"size": (4, 5, 6)}, ((2, 3),), "E315"),
    ],
)
def test_a_grid_of_no_affine_map(arguments: dict[str, object], inputs: tuple[tuple[int, ...], ...], code: str) -> None:
    with pytest.raises(Refusal) as caught:
        op("affine_grid", **arguments).output(inputs)
    assert caught.value.code == code


@fast
@given(st.sampled_from(["bilinear", "nearest"]), st.lists(st.integers(1, 3), min_size=1, max_size=2), st.integers(2, 3), st.data())
def test_axes_in_front_have_a_grid_each(mode: str, front: list[int], rank: int, data: st.DataObject) -> None:
    """As an image after the other would be read: deformable attention's heads."""
    image, places = (data.draw(st.lists(st.integers(1, 4), min_size=rank, max_size=rank)) for _ in range(2))
    x, grid = torch.randn(2, *front, 3, *image), 3 * torch.rand(2, *front, *places, rank) - 1.5
    operation = op("grid_sample", mode=mode)
    found = run(operation, x, grid)
    assert operation.output((tuple(x.shape[1:]), tuple(grid.shape[1:]))) == tuple(found.shape[1:]) == (*front, 3, *places)
    for place in itertools.product(*map(range, front)):
        one = (slice(None), *place)
        assert found[one].equal(F.grid_sample(x[one], grid[one], mode=mode, align_corners=False))


def test_axes_in_front_keep_their_names_and_channels_stand_behind_them() -> None:
    inputs = "input v[depth = 2, channels = 3, height = 5, width = 6]\n input g[depth = 2, height = 4, width = 1, channels = 2]"
    (node,) = (
        row
        for row in program_of(f"network n {{ {inputs}\n grid_sample {{ | skip(v) | skip(g) }} }}").nodes
        if row.operation.name == "grid_sample"
    )
    assert node.axes == ("depth", "channels", "height", "width") and node.shape == (2, 3, 4, 1)
    volume = "input v[2, 3, 5, 6]\n input g[depth = 2, height = 4, width = 1, channels = 2]"
    (error,) = checked(f"network n {{ {volume}\n grid_sample {{ | skip(v) | skip(g) }} }}", "n.arch").diagnostics
    assert error.code == "E313" and "here they are axis 0" in error.message


def read(image: torch.Tensor, y: float, x: float) -> torch.Tensor:
    """Between four pixels; 0 more than one pixel outside, and the edge's value in between."""
    height, width = image.shape[1:]
    if not (-1 <= y <= height and -1 <= x <= width):
        return torch.zeros(image.shape[0])
    y, x = min(max(y, 0.0), height - 1.0), min(max(x, 0.0), width - 1.0)
    top, left = int(y), int(x)
    bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
    down, across = y - top, x - left
    upper = image[:, top, left] * (1 - across) + image[:, top, right] * across
    return upper * (1 - down) + (image[:, bottom, left] * (1 - across) + image[:, bottom, right] * across) * down


def by_definition(x: torch.Tensor, boxes: torch.Tensor, size: tuple[int, int], scale: float, samples: int, aligned: bool) -> torch.Tensor:
    found = torch.zeros(boxes.shape[0], boxes.shape[1], x.shape[1], *size)
    for image, number in itertools.product(range(boxes.shape[0]), range(boxes.shape[1])):
        left, top, right, bottom = (corner * scale - 0.5 * aligned for corner in boxes[image, number].tolist())
        across, down = (right - left, bottom - top) if aligned else (max(right - left, 1), max(bottom - top, 1))
        for row, column in itertools.product(range(size[0]), range(size[1])):
            places = [
                (top + down * (row + (i + 0.5) / samples) / size[0], left + across * (column + (j + 0.5) / samples) / size[1])
                for i, j in itertools.product(range(samples), repeat=2)
            ]
            found[image, number, :, row, column] = torch.stack([read(x[image], *place) for place in places]).mean(0)
    return found


@fast
@given(
    size=st.sampled_from([(1, 1), (3, 3), (2, 4)]),
    scale=st.sampled_from([1.0, 0.5, 0.25]),
    samples=st.integers(1, 2),
    aligned=st.booleans(),
    sides=st.tuples(st.integers(1, 9), st.integers(1, 9)),
    seed=st.integers(0, 1000),
)
def test_roi_align_is_its_definition(
    size: tuple[int, int], scale: float, samples: int, aligned: bool, sides: tuple[int, int], seed: int
) -> None:
    torch.manual_seed(seed)
    x, corners = torch.randn(2, 3, *sides), torch.rand(2, 2, 4) * 40 - 4
    boxes = torch.cat([corners[..., :2], corners[..., :2] + corners[..., 2:].abs()], 2)
    found = run(op("roi_align", size=size, scale=scale, samples=samples, aligned=aligned), x, boxes)
    torch.testing.assert_close(found, by_definition(x, boxes, size, scale, samples, aligned), rtol=1e-3, atol=1e-4)


@fast
@given(channels=st.integers(1, 4), height=st.integers(1, 4), width=st.integers(1, 4))
def test_image_is_the_way_back_from_tokens(channels: int, height: int, width: int) -> None:
    x = torch.randn(2, channels, height, width)
    tokens = run(op("tokens"), x)
    assert run(op("image", size=(height, width)), tokens).equal(x)
    assert run(op("image", like=True), tokens, x).equal(x)


def test_image_follows_the_size_of_the_day() -> None:
    text = "network n { input x[3, 8, 12]\n c: conv(4) -> tokens -> ln -> image(like = c) }"
    node = program_of(text).nodes[-1]
    assert (node.shape, node.axes) == ((4, 8, 12), ("channels", "height", "width"))


def test_dropblock_sets_whole_squares_to_zero() -> None:
    torch.manual_seed(0)
    x = torch.ones(4, 8, 16, 16)
    operation = op("dropblock", p=0.1, size=3)
    assert run(operation, x).equal(x)
    dropped = run(operation, x, train=True)
    gone = (dropped == 0).float()
    assert 0.03 < gone.mean() < 0.2
    assert dropped.mean().item() == pytest.approx(1, rel=1e-4)
    corners = -F.max_pool2d(-gone, 3, stride=1)  # 1 where a whole square is gone
    assert F.max_pool2d(F.pad(corners, [2] * 4), 3, stride=1).equal(gone)
    whole = run(op("dropblock", p=1.0, size=50), x, train=True)
    assert whole.eq(0).all()


@pytest.mark.parametrize(
    ("operation", "inputs", "code", "told"),
    [
        (op("grid_sample"), ((3, 8, 8), (2, 5, 5)), "E313", "at a grid [h, w, 2], and path 2 is [2, 5, 5]"),
        (op("grid_sample"), ((3, 8), (5, 2)), "E313", "an image [C, H, W] or a volume"),
        (op("grid_sample"), ((4, 3, 8, 8), (2, 5, 5, 2)), "E313", "at a grid [d, h, w, 3], and path 2 is [2, 5, 5, 2]"),
        (op("grid_sample", mode="bicubic"), ((4, 3, 8, 8, 8), (4, 5, 5, 5, 3)), "E326", "bicubic"),
        (op("grid_sample", mode="bicubic"), ((3, 4, 4, 4), (2, 2, 2, 3)), "E326", "bicubic"),
        (op("roi_align", size=7), ((3, 8, 8), (5, 5)), "E313", "boxes [K, 4]"),
        (op("roi_align", size=7), ((8, 8), (5, 4)), "E313", "path 1 is [8, 8]"),
        (op("roi_align", size=(1, 2, 3)), ((3, 8, 8), (5, 4)), "E315", "1x2x3"),
        (op("image", size=4), ((17, 3),), "E310", "length 17"),
        (op("image", size=4), ((3, 4, 4),), "E313", "a sequence [L, C]"),
        (op("image"), ((16, 3),), "E322", "`size` or `like`"),
        (op("image", size=4, like=True), ((16, 3), (3, 4, 4)), "E322", "both"),
        (op("image", like=True), ((16, 3), (16, 3)), "E322", "`like` leads to [16, 3]"),
        (op("dropblock", p=0.1), ((16, 3),), "E313", "an image"),
    ],
)
def test_what_does_not_fit(operation: Operation, inputs: tuple[tuple[int, ...], ...], code: str, told: str) -> None:
    refusal = refused(operation, *inputs)
    assert refusal.code == code and told in refusal.message


@pytest.mark.parametrize(
    "head",
    ["grid_sample { | skip | skip(g) }", "roi_align(3) { | skip | skip(b) }", "roi_align(3) { | tokens -> reshape([3, 4, -1]) | skip(b) }"],
)
def test_an_image_whose_channels_stand_last_is_refused(head: str) -> None:
    inputs = (
        "input x[height = 6, width = 5, channels = 3]\n input g[height = 4, width = 4, channels = 2]\n input b[length = 2, channels = 4]"
    )
    found = checked(f"network n {{ {inputs}\n skip(x) -> {head} }}", "n.arch")
    assert [row.code for row in found.diagnostics if row.is_error] == ["E332"]


def test_a_class_token_before_the_positions_is_told() -> None:
    found = checked("network n { input x[3, 4, 4]\n tokens -> class_token -> image(4) }", "n.arch")
    (row,) = (row for row in found.diagnostics if row.is_error)
    assert row.help is not None and "slice(axis = length, start = 1)" in row.help


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "body",
    [
        "conv(32) -> dropblock(0.1, 5) -> relu -> conv(16)",
        "dropblock(0.1, 1) -> conv(4)",
        "c: conv(32) -> tokens -> linear(48) -> image(like = c) -> conv(4)",
        "conv(32) -> c: relu -> conv(2) -> permute([1, 2, 0]) -> g: skip\n grid_sample { | skip(c) | skip(g) } -> conv(4)",
        'c: conv(32)\n conv(8) -> rearrange("(n t) y x -> n y x t", n = 4) -> tanh -> g: skip\n'
        ' skip(c) -> rearrange("(n c) y x -> n c y x", n = 4) -> grid_sample { | skip | skip(g) } -> reshape([32, 24, 24]) -> conv(4)',
        "b: {global_avgpool -> flatten -> linear(12) -> reshape([3, 4])}\n skip(x) -> conv(8) -> roi_align(3) { | skip | skip(b) } -> flatten -> linear(4)",
    ],
)
def test_memory_is_the_trackers(body: str, batch: int) -> None:
    are_measured(graph_of(f"network n {{ input x[16, 24, 24]\n {body} }}"), batch, evaluated=0.01, trained=0.02)
