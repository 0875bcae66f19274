"""Convolutions whose filters are worked out from what they learn: the same numbers and keys as PyTorch's own and as the formulas of the papers."""

from __future__ import annotations

import copy
import warnings

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from archc.compiler.ops.base import Operation, Shape

from .compare import fast, images, per_axis, small
from .samples import op
from .torch_side import modules

WORDS = ("std_conv", "weight_norm_conv", "spectral_norm_conv")


def built(operation: Operation, shape: Shape) -> nn.Module:
    (module,) = modules(operation, (shape,))
    inner = module.get_submodule("op")
    return inner


def standardised(weight: torch.Tensor, eps: float) -> torch.Tensor:
    rows = weight.double().flatten(1)
    var, mean = torch.var_mean(rows, dim=1, correction=0, keepdim=True)
    return ((rows - mean) / (var + eps).sqrt()).reshape(weight.shape).float()


@pytest.mark.parametrize("pad", ["half", "same", (1, 0, 0, 1)])
def test_standardised_filters(pad: object) -> None:
    x = torch.randn(2, 8, 9, 10)
    layer = built(op("std_conv", channels=12, pad=pad, groups=2, eps=1e-5, stride=2), (8, 9, 10))
    plain = built(op("conv", channels=12, pad=pad, groups=2, stride=2), (8, 9, 10))
    weight = layer.get_parameter("weight")
    plain.load_state_dict({"weight": standardised(weight.detach(), 1e-5), "bias": layer.get_parameter("bias")})
    torch.testing.assert_close(layer(x), plain(x), rtol=1e-4, atol=1e-4)


def test_a_gain_scales_by_the_root_of_the_size_and_gamma() -> None:
    x = torch.randn(2, 8, 9, 10)
    layer = built(op("std_conv", channels=12, gain=True, gamma=1.7, bias=False), (8, 9, 10))
    assert [(key, tuple(value.shape)) for key, value in layer.state_dict().items()] == [("weight", (12, 8, 3, 3)), ("gain", (12, 1, 1, 1))]
    nn.init.uniform_(layer.get_parameter("gain"), 0.5, 2.0)
    weight = standardised(layer.get_parameter("weight").detach(), 1e-6) * layer.get_parameter("gain") * 1.7 / 72**0.5
    torch.testing.assert_close(layer(x), F.conv2d(x, weight, padding=1), rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
def test_weight_norm_is_pytorchs(bias: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        reference = nn.utils.weight_norm(nn.Conv1d(8, 12, 3, dilation=2, padding=2, bias=bias))
    layer = built(op("weight_norm_conv", channels=12, dilation=2, bias=bias), (8, 30))
    assert list(layer.state_dict()) == list(reference.state_dict())
    nn.init.uniform_(reference.get_parameter("weight_g"), 0.5, 2.0)
    layer.load_state_dict(reference.state_dict())
    x = torch.randn(2, 8, 30)
    torch.testing.assert_close(layer(x), reference(x))
    layer, reference, x = layer.double(), reference.double(), x.double()
    layer(x).square().sum().backward()
    reference(x).square().sum().backward()
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(layer.get_parameter(name).grad, parameter.grad)


@pytest.mark.parametrize(("rank", "groups"), [(1, 1), (2, 2), (3, 1)])
def test_weight_norm_of_a_transposed_convolution_is_pytorchs(rank: int, groups: int) -> None:
    kinds = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        reference = nn.utils.weight_norm(kinds[rank - 1](8, 12, 4, 2, 1, 1, groups=groups))
    shape = (8, 5, 6, 7)[: rank + 1]
    layer = built(op("weight_norm_deconv", channels=12, kernel=4, stride=2, pad=1, out_pad=1, groups=groups), shape)
    assert list(layer.state_dict()) == list(reference.state_dict())
    nn.init.uniform_(reference.get_parameter("weight_g"), 0.5, 2.0)
    layer.load_state_dict(reference.state_dict())
    x = torch.randn(2, *shape)
    torch.testing.assert_close(layer(x), reference(x), rtol=1e-4, atol=1e-5)
    layer, reference, x = layer.double(), reference.double(), x.double()
    layer(x).square().sum().backward()
    reference(x).square().sum().backward()
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(layer.get_parameter(name).grad, parameter.grad)


def test_as_training_starts_a_weight_norm_changes_nothing() -> None:
    layer = built(op("weight_norm_conv", channels=4), (3, 5, 6, 7))
    weight, bias = layer.get_parameter("weight_v"), layer.get_parameter("bias")
    x = torch.randn(2, 3, 5, 6, 7)
    torch.testing.assert_close(layer(x), F.conv3d(x, weight, bias, padding=1))


def test_spectral_norm_is_pytorchs_in_training_and_evaluation() -> None:
    torch.manual_seed(0)
    reference = nn.utils.spectral_norm(nn.Conv2d(8, 12, 4, 2, 1))
    layer = built(op("spectral_norm_conv", channels=12, kernel=4, stride=2, pad=1), (8, 9, 10))
    assert list(layer.state_dict()) == list(reference.state_dict())
    layer.load_state_dict(reference.state_dict())
    x = torch.randn(2, 8, 9, 10)
    for _ in range(3):
        torch.testing.assert_close(layer.train()(x), reference.train()(x))
    torch.testing.assert_close(layer.eval()(x), reference.eval()(x))
    torch.testing.assert_close(layer.state_dict(), reference.state_dict())
    layer.train()(x).square().sum().backward()
    reference.train()(x).square().sum().backward()
    torch.testing.assert_close(layer.get_parameter("weight_orig").grad, reference.get_parameter("weight_orig").grad)


AROUND = [
    ("spectral_norm_deconv", {"channels": 12, "kernel": 4, "stride": 2, "pad": 1}, nn.ConvTranspose2d(8, 12, 4, 2, 1), (8, 5, 6)),
    (
        "spectral_norm_deconv",
        {"channels": 12, "kernel": 3, "groups": 2, "bias": False},
        nn.ConvTranspose1d(8, 12, 3, groups=2, bias=False),
        (8, 9),
    ),
    ("spectral_norm_linear", {"features": 12}, nn.Linear(8, 12), (8,)),
    ("spectral_norm_linear", {"features": 1, "bias": False}, nn.Linear(8, 1, bias=False), (5, 8)),
    ("weight_norm_linear", {"features": 12, "bias": False, "last": True}, nn.Linear(8, 12, bias=False), (3, 4, 8)),
    ("weight_norm_linear", {"features": 12}, nn.Linear(8, 12), (8,)),
]


@pytest.mark.parametrize(("word", "settings", "layer", "shape"), AROUND)
def test_norms_of_weights_are_pytorchs(word: str, settings: dict[str, object], layer: nn.Module, shape: Shape) -> None:
    """Keys, three steps of training with what they leave, an answer, and gradients."""
    torch.manual_seed(0)
    norm = nn.utils.spectral_norm if word.startswith("spectral") else nn.utils.weight_norm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        reference = norm(copy.deepcopy(layer))
    ours = built(op(word, **settings), shape)
    assert list(ours.state_dict()) == list(reference.state_dict())
    ours.load_state_dict(reference.state_dict())
    ours, reference, x = ours.double(), reference.double(), torch.randn(2, *shape, dtype=torch.float64)
    for _ in range(3):
        torch.testing.assert_close(ours.train()(x), reference.train()(x))
    torch.testing.assert_close(ours.eval()(x), reference.eval()(x))
    torch.testing.assert_close(ours.state_dict(), reference.state_dict())
    ours.train()(x).square().sum().backward()
    reference.train()(x).square().sum().backward()
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(ours.get_parameter(name).grad, parameter.grad)


@fast
@given(st.sampled_from(WORDS), images(ranks=(1, 2)), st.integers(1, 6), st.data())
def test_shapes_refusals_and_work_are_those_of_a_convolution(word: str, shape: Shape, channels: int, data: st.DataObject) -> None:
    rank = len(shape) - 1
    settings = {"channels": channels, "kernel": data.draw(per_axis(rank, small)), "stride": data.draw(per_axis(rank, st.integers(1, 2)))}
    settings |= {"pad": data.draw(st.sampled_from(["half", "valid", "same", 1])), "groups": data.draw(st.integers(1, 2))}
    answers = []
    for operation in (op(word, **settings), op("conv", **settings)):
        try:
            output = operation.output((shape,))
            answers.append((output, operation.macs((shape,), output), operation.windows((shape,), output)))
        except Exception as refusal:
            answers.append(str(refusal).replace(f"`{operation.name}`", "`conv`"))
    if word == "std_conv" and "has one value here" in str(answers[0]):  # its mean would take all of it away
        assert op("conv", **settings).weights((shape,))[0].elements == channels
    else:
        assert answers[0] == answers[1]
