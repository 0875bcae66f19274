"""All other operations with random parameters and sizes: the record and PyTorch give one shape, or both refuse."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from archc.compiler.ops.base import Operation, Shape

from .compare import Case, anything, axes, compare, fast, images, per_axis, sizes, small
from .samples import op


def tensor(value: object) -> torch.Tensor:
    assert isinstance(value, torch.Tensor)
    return value


def rank_of(x: torch.Tensor) -> int:
    return max(x.dim() - 2, 1)


# ------------------------------------------------------------------------------------------------- norms

NORMS = st.one_of(
    st.just(op("bn")),
    st.builds(lambda groups: op("gn", groups=groups), small),
    st.builds(lambda last: op("ln", last=last), st.booleans()),
    st.just(op("instance_norm")),
    st.builds(lambda size: op("lrn", size=size), st.integers(1, 6)),
)


def norm(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    (x,) = inputs
    channels = x.shape[1]
    with torch.device("meta"):
        if operation.name == "bn":
            return tensor(getattr(nn, f"BatchNorm{rank_of(x)}d")(channels)(x))
        if operation.name == "gn":
            module = nn.GroupNorm(dict(operation.arguments())["groups"], channels)  # type: ignore[arg-type]
            module(x[:1])  # at batch 1 it refuses groups of one value
            return tensor(module(x))
        if operation.name == "instance_norm":
            # A vector would be taken for a signal without a batch.
            assert x.dim() > 2
            return tensor(getattr(nn, f"InstanceNorm{rank_of(x)}d")(channels)(x))
        if operation.name == "lrn":
            return tensor(nn.LocalResponseNorm(dict(operation.arguments())["size"])(x))  # type: ignore[arg-type]
        return x


@fast
@given(NORMS, st.one_of(images(), anything))
def test_norms(operation: Operation, shape: Shape) -> None:
    compare((operation, (shape,)), norm)


# ------------------------------------------------------------------------------------------- activations

PLAIN = [
    "relu",
    "relu6",
    "leaky_relu",
    "prelu",
    "elu",
    "gelu",
    "silu",
    "mish",
    "sigmoid",
    "tanh",
    "hard_sigmoid",
    "hard_swish",
    "softplus",
    "identity",
]
OTHERS = (op("scale", factor=2), op("layer_scale"), op("dropout"), op("drop_path", p=0.1))


@fast
@given(st.sampled_from([*[op(name) for name in PLAIN], *OTHERS]), anything)
def test_what_changes_no_shape(operation: Operation, shape: Shape) -> None:
    compare((operation, (shape,)), lambda operation, inputs: inputs[0])


@fast
@given(st.integers(-5, 5), anything)
def test_softmax(axis: int, shape: Shape) -> None:
    operation = op("softmax", axis=axis)
    # PyTorch counts the batch: the last axes have the same numbers backwards, but for the batch itself.
    dim = axis + 1 if axis >= 0 else axis if -axis <= len(shape) else 99
    # Not on the meta device, which knows no axis that is not there.
    compare((operation, (shape,)), lambda operation, inputs: torch.softmax(torch.zeros(inputs[0].shape), dim))


# ------------------------------------------------------------------------------------- dense and attention


@fast
@given(st.booleans(), anything)
def test_linear(last: bool, shape: Shape) -> None:
    operation = op("linear", features=5, last=last)
    reference = nn.Linear(shape[-1], 5, device="meta")
    compare(
        (operation, (shape,)),
        lambda operation, inputs: tensor(reference(inputs[0])),
        lambda refusal: refusal.code == "E314",
    )


@fast
@given(small, st.integers(1, 9), st.integers(1, 12), st.none() | st.tuples(st.integers(1, 9), st.integers(1, 12)))
def test_attention(heads: int, length: int, features: int, context: tuple[int, int] | None) -> None:
    inputs = ((length, features),) if context is None else ((length, features), context)

    def reference(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        layer = nn.MultiheadAttention(features, heads, batch_first=True, device="meta").train()
        return tensor(layer(inputs[0], inputs[-1], inputs[-1], need_weights=False)[0])

    compare((op("attention", heads=heads), inputs), reference)


@fast
@given(st.one_of(anything, st.tuples(sizes, sizes)))
def test_tokens_of_a_sequence(shape: Shape) -> None:
    token = torch.zeros((1, 1, shape[-1]), device="meta")

    def class_token(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        assert inputs[0].dim() == 3, "a sequence"
        return torch.cat([token.expand(inputs[0].shape[0], -1, -1), inputs[0]], 1)

    def position(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        assert inputs[0].dim() == 3, "a sequence"
        return inputs[0]

    compare((op("class_token"), (shape,)), class_token)
    compare((op("position_embedding"), (shape,)), position)


@fast
@given(st.integers(1, 20))
def test_embedding(length: int) -> None:
    layer = nn.Embedding(9, 4, device="meta")
    compare((op("embedding", count=9, features=4), ((length,),)), lambda operation, inputs: tensor(layer(inputs[0])))


# ------------------------------------------------------------------------------------------ adaptive pools


@st.composite
def adaptive(draw: st.DrawFn) -> Case:
    shape = draw(images())
    name = draw(st.sampled_from(["adaptive_avgpool", "adaptive_maxpool", "global_avgpool", "global_maxpool"]))
    if name.startswith("global"):
        return op(name), (shape,)
    return op(name, size=draw(per_axis(len(shape) - 1, st.integers(1, 9)))), (shape,)


def adaptive_pool(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    (x,) = inputs
    size = axes(dict(operation.arguments()).get("size", 1), rank_of(x))
    kind = "avg" if "avg" in operation.name else "max"
    return tensor(getattr(F, f"adaptive_{kind}_pool{rank_of(x)}d")(x, size))


@fast
@given(adaptive())
def test_adaptive_pools(case: Case) -> None:
    compare(case, adaptive_pool)


# ------------------------------------------------------------------------------------------------- merges


@st.composite
def several(draw: st.DrawFn) -> tuple[Shape, ...]:
    """Shapes that are often equal, or differ in an axis, or have an axis of 1."""
    first = draw(anything)
    rows = [first]
    for _ in range(draw(st.integers(1, 3))):
        row = list(first)
        if draw(st.booleans()):
            row[draw(st.integers(0, len(row) - 1))] = draw(st.sampled_from([1, 1, 2, 3]))
        if draw(st.integers(0, 9)) == 0:
            row = row[1:] or row
        rows.append(tuple(row))
    return tuple(rows)


def elementwise(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
    answer = inputs[0]
    for other in inputs[1:]:
        answer = torch.add(answer, other)
    return answer


@fast
@given(
    st.sampled_from([op("add"), op("sub"), op("maximum"), op("mean"), op("mul"), op("add", broadcast=True), op("sub", broadcast=True)]),
    several(),
)
def test_elementwise(operation: Operation, inputs: tuple[Shape, ...]) -> None:
    stretches = operation in (op("mul"), op("add", broadcast=True))
    same_axes = len({len(shape) for shape in inputs}) == 1
    # Stricter than PyTorch: what it stretches unasked, and other numbers of axes.
    compare((operation, inputs), elementwise, lambda refusal: not stretches or not same_axes)
    if not stretches and len(set(inputs)) == 1:
        assert operation.output(inputs) == inputs[0]


@fast
@given(st.integers(-4, 4), several())
def test_concat(axis: int, inputs: tuple[Shape, ...]) -> None:
    dim = axis + 1 if axis >= 0 else axis if -axis <= len(inputs[0]) else 99
    compare((op("concat", axis=axis), inputs), lambda operation, inputs: torch.cat(list(inputs), dim))


@fast
@given(st.integers(1, 3), st.data())
def test_matmul(axes: int, data: st.DataObject) -> None:
    draw = st.lists(st.integers(1, 3), min_size=axes, max_size=axes).map(tuple)
    inputs = (data.draw(draw), data.draw(draw))
    before = inputs[0][:-2] != inputs[1][:-2]
    compare(
        (op("matmul"), inputs),
        lambda operation, inputs: torch.matmul(inputs[0], inputs[1]),
        lambda refusal: axes == 1 or before,
    )


# ------------------------------------------------------------------------------------------------- shapes


@fast
@given(anything)
def test_flatten(shape: Shape) -> None:
    compare((op("flatten"), (shape,)), lambda operation, inputs: torch.flatten(inputs[0], 1))


@fast
@given(anything, st.lists(st.integers(-1, 6), min_size=1, max_size=4).map(tuple))
def test_reshape(shape: Shape, wanted: Shape) -> None:
    compare((op("reshape", shape=wanted), (shape,)), lambda operation, inputs: inputs[0].reshape(2, *wanted))


@fast
@given(anything, st.one_of(st.permutations(range(3)), st.lists(st.integers(0, 3), min_size=1, max_size=4)))
def test_permute(shape: Shape, order: Sequence[int]) -> None:
    whole = [0, *(axis + 1 for axis in order)]
    compare((op("permute", order=tuple(order)), (shape,)), lambda operation, inputs: torch.permute(inputs[0], whole))


@fast
@given(images(12), st.integers(1, 6))
def test_shuffles(shape: Shape, factor: int) -> None:
    shuffled = torch.channel_shuffle
    # On the meta device it would let any number of groups pass.
    zeros = torch.zeros((2, *shape))
    compare((op("channel_shuffle", groups=factor), (shape,)), lambda operation, inputs: shuffled(zeros, factor))

    def pixels(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        assert inputs[0].dim() == 4, "an image"
        return F.pixel_shuffle(inputs[0], factor)

    compare((op("pixel_shuffle", factor=factor), (shape,)), pixels)


@fast
@given(images())
def test_tokens(shape: Shape) -> None:
    compare((op("tokens"), (shape,)), lambda operation, inputs: torch.flatten(inputs[0], 2).transpose(1, 2))


@fast
@given(anything, st.integers(0, 4), st.integers(1, 5), st.integers(-4, 4))
def test_chunk(shape: Shape, part: int, count: int, axis: int) -> None:
    dim = axis + 1 if axis >= 0 else axis if -axis <= len(shape) else 99

    def reference(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        return torch.chunk(inputs[0], count, dim)[part]

    def uneven(refusal: object) -> bool:
        return -len(shape) <= axis < len(shape) and shape[axis] % count != 0

    compare((op("chunk", i=part, n=count, axis=axis), (shape,)), reference, uneven)


@fast
@given(anything, st.integers(-6, 6), st.integers(-4, 4))
def test_select(shape: Shape, index: int, axis: int) -> None:
    dim = axis + 1 if axis >= 0 else axis if -axis <= len(shape) else 99

    def reference(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        assert inputs[0].dim() > 2, "something is left beside the batch"
        return torch.select(inputs[0], dim, index)

    compare((op("select", index=index, axis=axis), (shape,)), reference)


@fast
@given(images(), st.data())
def test_crop(shape: Shape, data: st.DataObject) -> None:
    size = axes(data.draw(per_axis(len(shape) - 1, sizes)), len(shape) - 1)

    def reference(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        x = inputs[0]
        for axis, after in enumerate(size, 2):
            x = x.narrow(axis, (x.shape[axis] - after) // 2, after)
        return x

    compare((op("crop", size=size), (shape,)), reference)
    compare((op("crop", like=True), (shape, (3, *size))), reference)


@fast
@given(images(), st.sampled_from(["zeros", "reflect", "replicate", "circular"]), st.data())
def test_pad(shape: Shape, mode: str, data: st.DataObject) -> None:
    rank = len(shape) - 1
    sides = data.draw(st.lists(st.integers(0, 6), min_size=2 * rank, max_size=2 * rank).map(tuple))
    order = [side for axis in reversed(range(rank)) for side in sides[2 * axis : 2 * axis + 2]]
    torch_mode = "constant" if mode == "zeros" else mode
    compare(
        (op("pad", sides=sides, mode=mode), (shape,)),
        lambda operation, inputs: F.pad(inputs[0], order, mode=torch_mode),
    )


@fast
@given(
    images(),
    st.sampled_from(["nearest", "nearest-exact", "linear", "bilinear", "trilinear", "bicubic"]),
    st.booleans(),
    st.data(),
)
def test_upsample(shape: Shape, mode: str, align: bool, data: st.DataObject) -> None:
    rank = len(shape) - 1
    by_scale = data.draw(st.booleans())
    align_argument = align if align or "linear" in mode or mode == "bicubic" else None
    if by_scale:
        factor = st.one_of(st.integers(1, 3), st.sampled_from([0.1, 0.3, 0.5, 1.5, 2.7]))
        scale = data.draw(st.one_of(factor, st.tuples(*[factor] * rank)))
        operation = op("upsample", scale=scale, mode=mode, align_corners=align)
        sizing: dict[str, object] = {"scale_factor": scale}
    else:
        size = axes(data.draw(per_axis(rank, sizes)), rank)
        operation = op("upsample", size=size, mode=mode, align_corners=align)
        sizing = {"size": size}

    def reference(operation: Operation, inputs: Sequence[torch.Tensor]) -> torch.Tensor:
        return F.interpolate(inputs[0], mode=mode, align_corners=align_argument, **sizing)  # type: ignore[arg-type]

    compare((operation, (shape,)), reference)
    if not by_scale:
        compare(
            (op("upsample", like=True, mode=mode, align_corners=align), (shape, (1, *axes(sizing["size"], rank)))),
            reference,
        )
