"""What our own helper texts compute, against a formula or PyTorch's own layer."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from archc.compiler.ops.base import Operation, Shape, Shapes

from .samples import op
from .torch_side import modules


def run(operation: Operation, *values: torch.Tensor, train: bool = False) -> torch.Tensor:
    inputs: Shapes = tuple(tuple(value.shape[1:]) for value in values)
    (module, *_) = modules(operation, inputs)
    result = module.train(train)(*values)
    assert isinstance(result, torch.Tensor)
    return result


def padded_by_hand(x: torch.Tensor, kernel: int, stride: int, dilation: int, value: float) -> torch.Tensor:
    """TensorFlow's rule, written into a larger tensor: the output is the size over the stride, rounded up."""
    wanted = []
    for size in x.shape[2:]:
        total = max((-(-size // stride) - 1) * stride + dilation * (kernel - 1) + 1 - size, 0)
        wanted.append((total // 2, total))
    larger = torch.full((*x.shape[:2], *(size + total for size, (_, total) in zip(x.shape[2:], wanted, strict=True))), value)
    places = [slice(None), slice(None)]
    places += [slice(before, before + size) for size, (before, _) in zip(x.shape[2:], wanted, strict=True)]
    larger[tuple(places)] = x
    return larger


@pytest.mark.parametrize("size", [(6, 6), (7, 8), (12,), (4, 5, 6)])
@pytest.mark.parametrize(("kernel", "stride", "dilation"), [(3, 2, 1), (4, 1, 1), (2, 2, 1), (5, 3, 1), (3, 2, 2), (1, 2, 1)])
def test_same_padding_of_a_convolution(size: tuple[int, ...], kernel: int, stride: int, dilation: int) -> None:
    x = torch.randn(2, 3, *size)
    operation = op("conv", channels=4, kernel=kernel, stride=stride, dilation=dilation, pad="same")
    (module,) = modules(operation, (tuple(x.shape[1:]),))
    weight, bias = module.get_parameter("op.weight"), module.get_parameter("op.bias")
    function = getattr(F, f"conv{len(size)}d")
    expected = function(padded_by_hand(x, kernel, stride, dilation, 0.0), weight, bias, stride, 0, dilation)
    torch.testing.assert_close(module(x), expected)


def test_same_padding_is_more_at_the_end() -> None:
    operation = op("conv", channels=1, stride=2, pad="same", bias=False)
    (module,) = modules(operation, ((2, 6, 6),))
    nn.init.ones_(module.get_parameter("op.weight"))
    # Nothing above and left: the first window holds nine ones of each channel, the last four.
    answer = module(torch.ones(1, 2, 6, 6))[0, 0]
    assert answer.tolist() == [[18, 18, 12], [18, 18, 12], [12, 12, 8]]


@pytest.mark.parametrize("size", [(6, 6), (7, 8), (12,), (4, 5, 6)])
@pytest.mark.parametrize(("kernel", "stride"), [(3, 2), (2, 1), (3, 1)])
def test_same_padding_of_pools(size: tuple[int, ...], kernel: int, stride: int) -> None:
    rank = len(size)
    x = -1 - torch.rand(2, 3, *size)  # below 0, where padding by 0 would be seen
    largest = run(op("maxpool", kernel=kernel, stride=stride, pad="same"), x)
    torch.testing.assert_close(largest, getattr(F, f"max_pool{rank}d")(padded_by_hand(x, kernel, stride, 1, -torch.inf), kernel, stride))
    mean = getattr(F, f"avg_pool{rank}d")(padded_by_hand(x, kernel, stride, 1, 0.0), kernel, stride)
    torch.testing.assert_close(run(op("avgpool", kernel=kernel, stride=stride, pad="same"), x), mean)
    share = getattr(F, f"avg_pool{rank}d")(padded_by_hand(torch.ones_like(x), kernel, stride, 1, 0.0), kernel, stride)
    real = run(op("avgpool", kernel=kernel, stride=stride, pad="same", count_pad=False), x)
    torch.testing.assert_close(real, mean / share)


def test_sides_of_a_convolution_and_of_pools() -> None:
    x = torch.randn(2, 3, 6, 7)
    sides = (1, 0, 0, 1)  # top, bottom, left, right
    by_hand = F.pad(x, [0, 1, 1, 0])
    (module,) = modules(op("conv", channels=4, pad=sides), ((3, 6, 7),))
    expected = F.conv2d(by_hand, module.get_parameter("op.weight"), module.get_parameter("op.bias"))
    torch.testing.assert_close(module(x), expected)
    pooled = F.max_pool2d(F.pad(x, [0, 1, 1, 0], value=-torch.inf), 2)
    torch.testing.assert_close(run(op("maxpool", kernel=2, pad=sides), x), pooled)
    torch.testing.assert_close(run(op("avgpool", kernel=2, pad=sides), x), F.avg_pool2d(by_hand, 2))


@pytest.mark.parametrize("mode", ["reflect", "replicate", "circular"])
def test_pad_modes(mode: str) -> None:
    x = torch.randn(1, 2, 5, 6)
    torch.testing.assert_close(run(op("pad", sides=(1, 2), mode=mode), x), F.pad(x, [2, 2, 1, 1], mode=mode))


@pytest.mark.parametrize("size", [4, 5])
def test_local_response_norm_is_the_formula(size: int) -> None:
    x = torch.randn(2, 7, 3, 4)
    answer = run(op("lrn", size=size, alpha=0.1, beta=0.6, k=2), x)
    for channel in range(7):
        near = x[:, max(channel - size // 2, 0) : channel + (size - 1) // 2 + 1]
        expected = x[:, channel] / (2 + 0.1 / size * (near**2).sum(1)) ** 0.6
        torch.testing.assert_close(answer[:, channel], expected)


def test_channel_shuffle_deals_out() -> None:
    x = torch.arange(6.0).reshape(1, 6, 1)
    assert run(op("channel_shuffle", groups=2), x).flatten().tolist() == [0, 3, 1, 4, 2, 5]


def test_drop_path_is_the_identity_in_evaluation() -> None:
    x = torch.randn(4, 3, 2, 2)
    assert run(op("drop_path", p=0.5), x).equal(x)


def test_drop_path_drops_whole_samples_and_keeps_the_mean() -> None:
    torch.manual_seed(0)
    x = torch.ones(2000, 3, 2)
    answer = run(op("drop_path", p=0.25), x, train=True)
    kept = answer[:, 0, 0]
    assert answer.equal(kept[:, None, None].expand_as(answer))
    assert kept.unique().tolist() == pytest.approx([0, 4 / 3])
    assert abs(kept.mean().item() - 1) < 0.05
    assert run(op("drop_path", p=1), x, train=True).abs().sum() == 0
    assert run(op("drop_path", p=0), x, train=True).equal(x)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("context", [False, True])
def test_attention_is_pytorchs_with_its_weights(bias: bool, context: bool) -> None:
    x, other = torch.randn(2, 5, 12), torch.randn(2, 7, 12)
    values = (x, other) if context else (x,)
    inputs = tuple(tuple(value.shape[1:]) for value in values)
    (module,) = modules(op("attention", heads=3, bias=bias), inputs)
    theirs = nn.MultiheadAttention(12, 3, bias=bias, batch_first=True)
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    module.get_submodule("op").load_state_dict(theirs.state_dict(), strict=True)
    expected = theirs(x, values[-1], values[-1], need_weights=False)[0]
    torch.testing.assert_close(module(*values), expected)


def test_attention_starts_as_pytorchs_does() -> None:
    (module,) = modules(op("attention", heads=4), ((5, 64),))
    weight = module.get_parameter("op.in_proj_weight")
    assert weight.abs().max().item() <= (6 / (64 + 192)) ** 0.5
    assert weight.std().item() == pytest.approx((2 / (64 + 192)) ** 0.5, rel=0.05)
    assert module.get_parameter("op.in_proj_bias").abs().sum() == 0
    assert module.get_parameter("op.out_proj.bias").abs().sum() == 0


def test_layer_norm_of_an_image_is_over_its_channels() -> None:
    x = torch.randn(2, 8, 3, 4)
    expected = F.layer_norm(x.permute(0, 2, 3, 1), (8,), eps=1e-6).permute(0, 3, 1, 2)
    torch.testing.assert_close(run(op("ln", eps=1e-6), x), expected)
    torch.testing.assert_close(run(op("ln", last=True), x), F.layer_norm(x, (4,)))


@pytest.mark.parametrize(("shape", "size"), [((3, 7, 8), (4, 3)), ((3, 9), (9,)), ((2, 5, 6, 7), (2, 3, 4))])
def test_crop_takes_the_middle(shape: Shape, size: tuple[int, ...]) -> None:
    x = torch.randn(2, *shape)
    expected = x
    for axis, (before, after) in enumerate(zip(shape[1:], size, strict=True), 2):
        first = (before - after) // 2
        expected = expected.index_select(axis, torch.arange(first, first + after))
    assert run(op("crop", size=size), x).equal(expected)
    assert run(op("crop", like=True), x, torch.zeros(2, 1, *size)).equal(expected)


def test_parts_and_orders() -> None:
    x = torch.randn(2, 6, 3, 4)
    assert run(op("chunk", i=1, n=3), x).equal(x[:, 2:4])
    assert run(op("slice", start=1, stop=-2), x).equal(x[:, 1:4])
    assert run(op("slice", axis="width", start=-2), x).equal(x[..., 2:])
    assert run(op("select", index=1, axis="height"), x).equal(x[:, :, 1])
    assert run(op("tokens"), x)[0, 5].equal(x[0, :, 1, 1])
    assert run(op("permute", order=(1, 2, 0)), x)[0, 2, 3].equal(x[0, :, 2, 3])


def test_merges() -> None:
    a, b, c = (torch.randn(2, 3, 4) for _ in range(3))
    assert run(op("sub"), a, b, c).equal(a - b - c)
    torch.testing.assert_close(run(op("mean"), a, b, c), torch.stack([a, b, c]).mean(0))
    assert run(op("maximum"), a, b, c).equal(torch.stack([a, b, c]).amax(0))
    assert run(op("mul"), a, b[:, :, :1]).equal(a * b[:, :, :1])


@pytest.mark.parametrize(
    ("word", "deviation"),
    [("kaiming", (2 / (16 * 9)) ** 0.5), ("kaiming_in", (2 / (64 * 9)) ** 0.5), ("normal", 0.05), ("truncated", 0.05)],
)
def test_initial_deviations(word: str, deviation: float) -> None:
    torch.manual_seed(0)
    calls = dict(op("conv", channels=16, init=word, std=0.05).initialization().calls)
    value = torch.empty(16, 64, 3, 3)
    exec(calls["weight"].format("value"), {"nn": nn, "value": value})
    assert value.std().item() == pytest.approx(deviation, rel=0.03)
    assert set(calls) == {"weight", "bias"}


def test_uniform_start_is_within_one_over_the_root_of_the_outputs() -> None:
    calls = dict(op("linear", features=100, init="uniform").initialization().calls)
    value = torch.empty(100, 30)
    exec(calls["weight"].format("value"), {"nn": nn, "value": value})
    assert 0.09 < value.abs().max().item() <= 0.1


@pytest.mark.parametrize(("kernel", "dilation"), [(1, 1), (2, 1), (3, 2), (4, 3)])
def test_a_causal_convolution_reads_nothing_behind_a_position(kernel: int, dilation: int) -> None:
    operation = op("conv", channels=4, kernel=kernel, dilation=dilation, pad="causal")
    (module,) = modules(operation, ((3, 12),))
    x = torch.randn(2, 3, 12)
    assert module(x).shape == (2, 4, 12)
    changed = x.clone()
    changed[:, :, 7:] += 1
    torch.testing.assert_close(module(changed)[:, :, :7], module(x)[:, :, :7])
    assert not torch.allclose(module(changed)[:, :, 7], module(x)[:, :, 7])
