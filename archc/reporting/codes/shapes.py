"""Codes of shapes (E3xx): an operation that does not fit its input."""

from __future__ import annotations

from .code import Code


def _network(body: str, shape: str = "3, 32, 32") -> str:
    """A network of a few lines."""
    lines = "".join(f"  {line}\n" for line in body.split("\n"))
    return f"network n {{\n  input x[{shape}]\n{lines}}}\n"


ROWS: tuple[Code, ...] = (
    Code(
        "E301",
        "paths that end in different shapes",
        "`add`, `sub`, `maximum`, `minimum` and `mean` work element by element, so their paths must end in one shape. Nothing is stretched silently.",
        _network("conv(64)\nadd {\n  | conv(128, 3, stride = 2)\n  | skip\n}"),
        "Project the skip to the same shape, `conv(128, 1, stride = 2)`; or, where an axis of size 1 should stretch, `add(broadcast = true)`.",
    ),
    Code(
        "E302",
        "paths that cannot be stacked",
        "`concat` joins along one axis, the channels unless told otherwise; all other axes must be equal.",
        _network("concat {\n  | conv(64, 3, stride = 2)\n  | maxpool(3, stride = 2)\n}"),
        "Give the paths the same strides, paddings and rounding: `maxpool(3, stride = 2, pad = 1)` or `ceil = true`.",
    ),
    Code(
        "E303",
        "a stretch that is none",
        "In `mul`, in `div` and in `add(broadcast = true)`, an axis of size 1 stretches to the size of the others. Other sizes must be equal, and so must the numbers of axes.",
        _network("mul {\n  | conv(64)\n  | global_avgpool -> conv(32, 1) -> sigmoid\n}"),
        "Give the gate as many channels as what it gates.",
    ),
    Code(
        "E304",
        "matrices that cannot be multiplied",
        "`matmul` of [L, K] and [K, M] gives [L, M]: the left side has as many columns as the right side rows, and axes before these are equal.",
        _network("tokens\nmatmul {\n  | linear(16)\n  | linear(16)\n}"),
        "Permute one side: `permute([1, 0])`.",
    ),
    Code(
        "E310",
        "channels that do not divide",
        "Groups, heads and parts are equal: the number of channels must be a multiple of theirs. A grouped convolution divides its input and its output.",
        _network("conv(69) -> conv(64, 3, groups = 4)"),
        "Choose channels that divide, or another number of groups; the message names the nearest.",
    ),
    Code(
        "E311",
        "a window that is larger than the map",
        "The input, with its padding, is smaller than the window of the convolution or pool, so that not one position of the output can be computed.",
        _network("conv(8) -> avgpool(8)", "3, 5, 5"),
        "Use a smaller window, pad, or shrink the map less before it; `global_avgpool` and `global_maxpool` pool whatever is left.",
    ),
    Code(
        "E312",
        "a pool that pads more than half its window",
        "PyTorch refuses it: whole windows could lie in the padding.",
        _network("maxpool(3, stride = 2, pad = 2)"),
        "Pad at most half the window.",
    ),
    Code(
        "E313",
        "an input with the wrong number of axes",
        "Convolutions and pools take a signal [C, L], an image [C, H, W] or a volume [C, D, H, W]; attention takes a sequence [L, C]; embedding takes [L].",
        _network("flatten -> conv(64)"),
        "Move the step before `flatten`, or bring the axes back with `reshape`; `tokens` makes a sequence of an image.",
    ),
    Code(
        "E314",
        "`linear` on an image",
        "A dense layer takes a vector [C], or works on each token of a sequence [L, C]. On an image PyTorch would work along its width, which nobody means.",
        _network("conv(64) -> linear(10)"),
        "`flatten`, or `global_avgpool -> flatten`, first. `linear(10, last = true)` works along the last axis of any tensor.",
    ),
    Code(
        "E315",
        "a size with the wrong number of axes",
        "A kernel, stride, dilation, padding or size is one number for all spatial axes, or one for each (padding also: two for each).",
        _network("conv(64, 1x7)", "3, 100"),
        "Give one number, or as many as the input has spatial axes.",
    ),
    Code(
        "E316",
        "an `out_pad` that is too large",
        "`out_pad` chooses among the output sizes that the stride leaves open, so it is smaller than the stride (or the dilation).",
        _network("deconv(8, 4, stride = 2, pad = 1, out_pad = 2)"),
        "Make it smaller, or enlarge the stride.",
    ),
    Code(
        "E317",
        "an output with nothing in it",
        "The arguments leave an axis of size 0. PyTorch would go on with an empty tensor, and fail later or compute nothing.",
        _network("deconv(8, 3, pad = 2)", "3, 1, 1"),
        "Cut or shrink less.",
    ),
    Code(
        "E318",
        "a `reshape` that loses elements",
        "The new shape must have as many elements as the input.",
        _network("reshape([3, 500])"),
        "Correct the sizes, or let one of them be -1: `reshape([3, -1])`.",
    ),
    Code(
        "E319",
        "a `permute` that is no order of the axes",
        "It lists the input's axes, without the batch and from 0, each once.",
        _network("permute([0, 2])"),
        "Name every axis once: `permute([1, 2, 0])`.",
    ),
    Code(
        "E320",
        "an axis or a position that is not there",
        "Axes are counted from 0 without the batch, or named (`channels`, `height`, `width`); positions along one from 0, or from -1 backwards.",
        _network("chunk(2, 2)", "4, 8, 8"),
        "The message names what there is.",
    ),
    Code(
        "E321",
        "a padding that reaches too far around",
        'With "reflect", padding must be smaller than the axis that it mirrors; with "circular", no larger.',
        _network('conv(8, 7, pad_mode = "reflect")', "3, 3, 3"),
        'Pad less, or use "replicate" or "zeros".',
    ),
    Code(
        "E322",
        "no size, or two",
        "`upsample` takes one of `scale`, `size` and `like`, `crop` one of `size` and `like`.",
        _network("upsample"),
        "Give exactly one.",
    ),
    Code(
        "E323",
        "a `crop` to something larger",
        "`crop` cuts the middle out; it cannot enlarge.",
        _network("crop(40)"),
        "Crop the larger of the two, or `pad` or `upsample` the smaller.",
    ),
    Code(
        "E324",
        "attention between different features",
        "Queries, keys and values come out of one projection, so both paths of `attention` have as many features. Where projections are named, "
        'as `keys = ["q", "kv", "proj"]`, keys and values have one of their own, which may read others.',
        _network("tokens\nattention(4) {\n  | linear(16)\n  | linear(32)\n}"),
        "Bring one of them to the other's features with `linear`, or give `keys`.",
    ),
    Code(
        "E326",
        "arguments that do not go together",
        "Each is right by itself, and together they have no meaning: a way to interpolate on another number of axes, corners without interpolation, "
        "a mirrored or a rounded-up window with different padding before and after, a `clamp` whose least value is above its largest.",
        _network('upsample(2, mode = "trilinear")'),
        "The message names the two.",
    ),
    Code(
        "E327",
        "a norm over a single value",
        "`instance_norm` takes the mean of each channel of one image, `gn` that of each group of channels: of a single value nothing is left, and its variance is none. "
        "PyTorch refuses it too, `gn` at batch 1 alone. So it is with a filter of `std_conv` of one value.",
        _network("global_avgpool -> instance_norm"),
        "Normalise, or `reduce`, before the map has shrunk to one position, use `ln`, or give `gn` fewer groups.",
    ),
    Code(
        "E331",
        "an axis that is not certain",
        "The names of axes travel with the tensor. A step that works along `channels` looks for the axis of that name; where there is none, "
        "or there are two (the lengths of attention's logits), it cannot know which one is meant. `reshape` gives axes no names.",
        _network("reshape([4, 16, 3]) -> softmax", "3, 8, 8"),
        "Write which axis is meant, or name the axes where they are made: `reshape([length = 64, channels = 3])`.",
    ),
    Code(
        "E332",
        "channels that stand elsewhere",
        "Convolutions, pools and most norms work on channels first, attention and dense layers on channels last. The names that came with "
        "the tensor say that they stand elsewhere.",
        _network("tokens -> bn", "3, 8, 8"),
        "Bring them there with `permute` or `tokens`. Where the names are wrong, say what the axes are at the `input`, or in a `reshape`.",
    ),
    Code(
        "E333",
        "paths whose axes have different orders",
        "What meets element by element must have its axes in one order. Equal sizes alone do not make it so.",
        _network("add {\n    | tokens\n    | tokens -> permute([1, 0])\n  }", "4, 2, 2"),
        "Bring one path into the order of the other with `permute`.",
    ),
    Code(
        "E334",
        "a pattern that is not the input's",
        "The left side of the pattern names each axis of what comes in, without the batch. In `rearrange` a name in brackets is a factor of an axis, "
        "and of the factors of one axis all but one have their sizes written; in `einsum` axes of one name have one size.",
        _network('rearrange("c (h p) w -> h w (p c)")', "3, 8, 8"),
        "Write the sizes of the factors, `p = 2`, and as many axes as come in.",
    ),
    Code(
        "E335",
        "whole numbers where floating point numbers are taken, or the other way round",
        "`maxpool(2, indices = true)` tells where its maxima stood: whole numbers, which `maxunpool` takes as its second path, and nothing else. "
        "`embedding` looks up whole numbers: those of an input that no other step reads as numbers, and not what a step worked out.",
        "network n {\n  input x[8, 8, 8]\n  p: maxpool(2, indices = true)\n  maxunpool(2) { | skip | skip }\n}\n",
        "`maxunpool(2) { | skip | skip(p.indices) }`, where `p` labels the pool. `linear(features)` where numbers are to become features; "
        "`embedding(count, features)` directly on an input.",
    ),
)
