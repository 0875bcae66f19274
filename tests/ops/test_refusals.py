"""What a refusal says: the values, the field at fault, and what would do."""

from __future__ import annotations

import pytest

from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Operation, Refusal, Shape
from archc.reporting.codes.table import CODES

from .samples import op


def refused(operation: Operation, *inputs: Shape) -> Refusal:
    with pytest.raises(Refusal) as caught:
        operation.output(inputs)
    assert caught.value.code in CODES
    return caught.value


def test_groups_say_which_side_does_not_divide() -> None:
    first = refused(op("conv", channels=64, groups=4), (69, 8, 8))
    assert first.message == "input channels 69 are not divisible by groups 4 of `conv`"
    assert first.help == "68 or 72 input channels would divide by 4; or leave `groups` out"
    assert (first.code, first.parameter, first.operand) == ("E310", "groups", 0)
    second = refused(op("conv", channels=73, groups=2), (64, 8, 8))
    assert second.message == "output channels 73 are not divisible by groups 2 of `conv`"
    assert (second.parameter, second.suggestions) == ("channels", (72, 74))


def test_groups_suggest_divisors_of_both_sides() -> None:
    assert refused(op("conv", channels=96, groups=5), (64, 8, 8)).suggestions == (4, 2, 8, 16)
    assert refused(op("gn", groups=5), (64, 8, 8)).suggestions == (4, 2, 8, 16)
    assert refused(op("attention", heads=5), (4, 64)).suggestions == (4, 2, 8, 16)


def test_a_window_that_is_too_large() -> None:
    pool = refused(op("avgpool", kernel=8), (1792, 3, 3))
    assert pool.message == "window 8 of `avgpool` is larger than the 3x3 map"
    assert pool.help is not None and "smaller window" in pool.help
    wide = refused(op("conv", channels=4, kernel=(1, 7), pad=(0, 1), dilation=(1, 2)), (3, 5, 6))
    assert wide.message == "window 1x13 (1x7 with dilation 1x2) of `conv` is larger than the 5x6 map, even padded to 5x8"
    assert wide.axis == 2
    # PyTorch does not count the padding of a mean over a volume.
    volume = refused(op("avgpool", kernel=3, stride=1, pad=1), (3, 2, 2, 2))
    assert volume.message == "window 3 of `avgpool` is larger than the 2x2x2 map"
    assert op("avgpool", kernel=3, stride=1, pad="same").output(((3, 2, 2, 2),)) == (3, 2, 2, 2)
    assert refused(op("maxpool", kernel=5), (3, 4)).message == "window 5 of `maxpool` is larger than the length 4 map"


def test_merges_name_the_axis_both_sizes_and_both_paths() -> None:
    first = refused(op("add"), (512, 14, 14), (256, 14, 14))
    assert first.message == (
        "the paths of `add` end in different shapes: channels 512 and 256 (paths 1 and 2: [512, 14, 14] and [256, 14, 14])"
    )
    third = refused(op("add"), (16, 8, 8), (16, 8, 8), (32, 8, 8))
    assert (third.operand, third.code) == (2, "E301")
    assert "channels 16 and 32 (paths 1 and 3" in third.message
    stacked = refused(op("concat"), (384, 12, 12), (96, 12, 12), (288, 13, 13))
    assert (stacked.code, stacked.axis, stacked.operand) == ("E302", 0, 2)
    assert "height 12 and 13, width 12 and 13 (paths 1 and 3" in stacked.message
    axes = refused(op("add"), (64,), (64, 1, 1))
    assert "different numbers of axes: [64] and [64, 1, 1]" in axes.message


def test_a_stretch_is_never_silent() -> None:
    assert op("mul").output(((64, 7, 7), (64, 1, 1))) == (64, 7, 7)
    assert op("add", broadcast=True).output(((1, 7, 7), (64, 1, 1))) == (64, 7, 7)
    assert refused(op("add"), (64, 7, 7), (64, 1, 1)).code == "E301"
    gate = refused(op("mul"), (64, 7, 7), (32, 1, 1))
    assert gate.code == "E303" and "channels 64 and 32" in gate.message
    # The path that decided the size is named, not the one that would stretch.
    assert "paths 2 and 3" in refused(op("mul"), (1, 7, 7), (64, 1, 1), (32, 1, 1)).message


def test_linear_on_an_image_names_the_remedy() -> None:
    refusal = refused(op("linear", features=10), (64, 7, 7))
    assert refusal.message == "`linear` works on a vector [C] or a sequence [L, C], and its input is [64, 7, 7]"
    assert refusal.help is not None and refusal.help.startswith("`flatten` or `global_avgpool -> flatten` first")
    assert op("linear", features=10, last=True).output(((7, 7, 64),)) == (7, 7, 10)


@pytest.mark.parametrize(
    ("operation", "shape", "code", "words"),
    [
        (op("conv", channels=8), (64,), "E313", "its input is [64]"),
        (op("conv", channels=8, kernel=(1, 7)), (64, 100), "E315", "`kernel` 1x7 has 2 sizes"),
        (op("conv", channels=8, pad=(1, 2, 3)), (64, 9, 9), "E315", "`pad` has 3 numbers"),
        (op("conv", channels=8, kernel=7, pad_mode="reflect"), (3, 3, 3), "E321", "at least 4"),
        (op("conv", channels=8, pad=(0, 1, 0, 1), pad_mode="circular"), (3, 9, 9), "E326", "[0, 1, 0, 1]"),
        (op("std_conv", channels=8, kernel=1, groups=4), (4, 9, 9), "E327", "has one value here, [8, 1, 1, 1]"),
        (op("std_conv", channels=8, kernel=1), (1, 9, 9), "E327", "has one value here"),
        (op("conv", channels=8, pad="causal"), (3, 9, 9), "E326", "for a signal [C, L]"),
        (op("deconv", channels=8, kernel=3, pad=2), (3, 1, 1), "E317", "(1 - 1) * 1 + 3 + 0"),
        (op("deconv", channels=8, kernel=3, stride=2, out_pad=2), (3, 4, 4), "E316", "`out_pad` 2"),
        (op("maxpool", kernel=3, pad=2), (3, 9, 9), "E312", "padding 2"),
        (op("maxpool", kernel=3, pad=(0, 1, 0, 1), ceil=True), (3, 9, 9), "E326", "`ceil`"),
        (op("instance_norm"), (3, 1, 1), "E327", "[3, 1, 1]"),
        (op("gn", groups=3), (3, 1, 1), "E327", "3 groups of [3, 1, 1]"),
        (op("gn", groups=4), (4,), "E327", "4 groups of [4]"),
        (op("lrn"), (64,), "E313", "[64]"),
        (op("softmax", axis="height"), (64,), "E320", "axis `height`"),
        (op("reshape", shape=(4, 5)), (3, 7), "E318", "[3, 7] has 21 elements, and [4, 5] has 20"),
        (op("reshape", shape=(4, -1)), (3, 7), "E318", "do not divide by the 4"),
        (op("reshape", shape=(-1, -1)), (3, 7), "E318", "one of them may be -1"),
        (op("permute", order=(0, 0)), (3, 7), "E319", "0 to 1"),
        (op("channel_shuffle", groups=3), (8, 4, 4), "E310", "channels 8 are not divisible by groups 3"),
        (op("pixel_shuffle", factor=2), (6, 4, 4), "E310", "by 4, the square of the factor 2"),
        (op("slice", start=3), (3, 7), "E320", "from 3 to the end"),
        (op("slice", stop=9), (3, 7), "E320", "from 0 to 9"),
        (op("chunk", i=2, n=2), (4, 7), "E320", "its 2 parts are 0 to 1"),
        (op("chunk", i=0, n=3, axis="width"), (3, 7, 7), "E310", "width 7 is not divisible by n 3"),
        (op("select", index=7), (7, 3), "E320", "positions 0 to 6"),
        (op("select", index=0), (7,), "E313", "no other axis"),
        (op("crop"), (3, 7, 7), "E322", "`size` or `like`"),
        (op("crop", size=8), (3, 7, 7), "E323", "height 8 out of 7"),
        (op("pad", sides=(1, 2, 3)), (3, 7, 7), "E315", "`sides` has 3 numbers"),
        (op("pad", sides=7, mode="circular"), (3, 6, 6), "E321", "at least 7"),
        (op("upsample"), (3, 7, 7), "E322", "`scale`, `size` or `like`"),
        (op("upsample", scale=2, size=3), (3, 7, 7), "E322", "both `scale` and `size`"),
        (op("upsample", scale=0.1), (3, 7, 7), "E317", "less than one position"),
        (op("upsample", scale=2, mode="trilinear"), (3, 7, 7), "E326", "3 spatial axes"),
        (op("upsample", scale=2, align_corners=True), (3, 7, 7), "E326", "`align_corners`"),
        (op("upsample", scale=2, antialias=True), (3, 7, 7), "E326", "`antialias`"),
        (op("upsample", scale=2, mode="bilinear", antialias=True, align_corners=True), (3, 7, 7), "E326", "with `antialias`"),
        (op("attention", heads=4), (8,), "E313", "a sequence [L, C]"),
        (op("class_token"), (3, 7, 8), "E313", "[3, 7, 8]"),
        (op("embedding", count=9, features=3), (3, 7), "E313", "[3, 7]"),
    ],
)
def test_each_refusal(operation: Operation, shape: Shape, code: str, words: str) -> None:
    refusal = refused(operation, shape)
    assert refusal.code == code
    assert words in refusal.message
    names = {row.name for row in operation.parameters()}
    assert refusal.parameter is None or refusal.parameter in names


def test_two_inputs_that_do_not_fit() -> None:
    assert "5 and 6 (paths 1 and 2" in refused(op("matmul"), (4, 5), (6, 7)).message
    assert refused(op("attention", heads=2), (4, 8), (4, 6)).help == "bring the second to 8 with `linear(8)`"
    assert refused(op("upsample", like=True), (3, 7, 7), (3, 7)).code == "E322"


def test_suggestions_would_do() -> None:
    """A value that a refusal suggests is accepted in place of the one at fault."""
    for operation, shape in [
        (op("conv", channels=73, groups=2), (64, 8, 8)),
        (op("conv", channels=96, groups=5), (64, 8, 8)),
        (op("maxpool", kernel=3, pad=2), (3, 9, 9)),
        (op("deconv", channels=8, kernel=3, stride=3, out_pad=5), (3, 4, 4)),
        (op("upsample", scale=2, mode="trilinear"), (3, 7, 7)),
    ]:
        refusal = refused(operation, shape)
        assert refusal.suggestions and refusal.parameter is not None
        for value in refusal.suggestions:
            better = type(operation)(**dict(operation.arguments()) | {refusal.parameter: value})
            assert better.output((shape,))


def test_heads_of_merges() -> None:
    heads = {name for name, kind in TABLE.items() if kind.is_merge()}
    assert heads == {
        "add",
        "mul",
        "div",
        "sub",
        "maximum",
        "minimum",
        "mean",
        "concat",
        "stack",
        "matmul",
        "maxunpool",
        "einsum",
        "grid_sample",
        "roi_align",
        "correlation",
        "convolve",
        "deform_conv",
        "attention",
        "sdpa",
        "embedding",
    }
