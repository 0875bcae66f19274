"""The classes of optimised modules: eager and scripted, saved and loaded, for sizes that change, they do what PyTorch does."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.compiler.emit.fast.kernels.convolution import (
    AccumulatingConvolution,
    BlasConvolution,
    Convolution,
    PointwiseConvolution,
    SumConvolution,
)
from archc.compiler.emit.fast.kernels.linear import BlasLinear, Linear
from archc.compiler.emit.fast.kernels.pool import MaxPool
from archc.compiler.emit.fast.kernels.winograd import WinogradConvolution

Reference = Callable[..., Tensor]

IMAGES = ((1, 8, 14, 14), (2, 8, 15, 13), (3, 8, 7, 9))


@pytest.fixture(autouse=True)
def _quiet() -> None:
    torch.set_num_threads(1)
    torch.manual_seed(0)


def last(x: Tensor) -> Tensor:
    return x.contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x


def check(module: nn.Module, reference: Reference, *given: tuple[Tensor, ...]) -> None:
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(0, 0.2)
        scripted = torch.jit.script(module.eval())
        for _ in range(2):  # the first call packs, the second uses what was packed
            for row in given:
                wanted = reference(module, *row)
                for run in (module, scripted):
                    found = run(*(last(x).clone(memory_format=torch.preserve_format) for x in row))
                    assert found.shape == wanted.shape
                    assert (found - wanted).abs().max() <= 3e-6 * wanted.abs().max()
        file = io.BytesIO()
        torch.jit.save(scripted, file)  # after it was used: what was packed stays out
        file.seek(0)
        loaded = torch.jit.load(file)
        row = [last(x) for x in given[0]]
        assert torch.equal(loaded(*[x.clone(memory_format=torch.preserve_format) for x in row]), scripted(*row))


def images(*shapes: tuple[int, ...]) -> list[tuple[Tensor, ...]]:
    return [(torch.randn(shape),) for shape in shapes or IMAGES]


def test_convolution() -> None:
    check(
        Convolution(8, 16, 3, stride=2, padding=(1, 0), groups=4, activation="relu"),
        lambda m, x: F.relu(F.conv2d(x, m.weight, m.bias, 2, (1, 0), 1, 4)),
        *images(),
    )


@pytest.mark.parametrize(
    ("word", "algorithm", "numbers", "function"),
    [
        ("relu", "", (), F.relu),
        ("sigmoid", "", (), torch.sigmoid),
        ("tanh", "", (), torch.tanh),
        ("swish", "", (), F.silu),
        ("hardswish", "", (), F.hardswish),
        ("hardsigmoid", "", (), F.hardsigmoid),
        ("gelu", "none", (), F.gelu),
        ("gelu", "tanh", (), lambda x: F.gelu(x, approximate="tanh")),
        ("hardtanh", "", (0.0, 6.0), F.relu6),
        ("leaky_relu", "", (0.1,), lambda x: F.leaky_relu(x, 0.1)),
    ],
)
def test_activations(word: str, algorithm: str, numbers: tuple[float, ...], function: Reference) -> None:
    check(
        Convolution(8, 16, 3, padding=1, activation=word, algorithm=algorithm, numbers=numbers),
        lambda m, x: function(F.conv2d(x, m.weight, m.bias, padding=1)),
        *images(),
    )
    check(
        Linear(8, 16, activation=word, algorithm=algorithm, numbers=numbers),
        lambda m, x: function(F.linear(x, m.weight, m.bias)),
        *images((1, 8), (4, 8), (2, 3, 8)),
    )


@pytest.mark.parametrize("activation", ["none", "relu"])
@pytest.mark.parametrize("kind", [SumConvolution, AccumulatingConvolution])
def test_sums(kind: type[Convolution], activation: str) -> None:
    def reference(m: Convolution, x: Tensor, other: Tensor) -> Tensor:
        y = F.conv2d(x, m.weight, m.bias, padding=1) + other
        return F.relu(y) if activation == "relu" else y

    pairs = [(torch.randn(n, 8, h, w), torch.randn(n, 16, h, w)) for n, _, h, w in IMAGES]
    check(kind(8, 16, 3, padding=1, activation=activation), reference, *pairs)


def test_sums_with_tensors_that_are_not_dense() -> None:
    """A part of a larger tensor, or one whose channels do not lie last."""
    x, wide = last(torch.randn(2, 8, 6, 7)), last(torch.randn(2, 20, 6, 9))
    for kind in (SumConvolution, AccumulatingConvolution):
        module = kind(8, 16, 3, padding=1)
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.normal_()
            for other in (wide[:, 2:18, :, 1:8], torch.randn(2, 16, 6, 7)):
                wanted = F.conv2d(x, module.weight, module.bias, padding=1) + other
                found = module(x, other.clone() if kind is SumConvolution else other)
                assert (found - wanted).abs().max() <= 3e-6 * wanted.abs().max()


def test_pointwise_convolution() -> None:
    check(PointwiseConvolution(8, 16, 1, activation="relu"), lambda m, x: F.relu(F.conv2d(x, m.weight, m.bias)), *images())


def test_a_matrix_product_of_another_library() -> None:
    check(BlasConvolution(8, 16, 1), lambda m, x: F.conv2d(x, m.weight, m.bias), *images())
    check(BlasConvolution(8, 16, 1, activation="relu"), lambda m, x: F.relu(F.conv2d(x, m.weight, m.bias)), *images())
    check(BlasLinear(8, 16), lambda m, x: F.linear(x, m.weight, m.bias), *images((1, 8), (4, 8), (2, 3, 8)))
    check(BlasLinear(8, 16, activation="relu"), lambda m, x: F.relu(F.linear(x, m.weight, m.bias)), *images((1, 8), (2, 3, 8)))


@pytest.mark.parametrize("padding", [0, 1, 2, (1, 0), (0, 2)])
def test_winograd_convolution(padding: int | tuple[int, int]) -> None:
    module = WinogradConvolution(8, 16, 3, padding=padding, activation="relu")
    check(module, lambda m, x: F.relu(F.conv2d(x, m.weight, m.bias, padding=padding)), *images())


def test_winograd_convolution_in_bands() -> None:
    module = WinogradConvolution(16, 24, 3, padding=1)
    module.band_bytes = 40_000
    check(module, lambda m, x: F.conv2d(x, m.weight, m.bias, padding=1), *images((1, 16, 30, 27), (2, 16, 41, 20), (1, 16, 7, 100)))


def test_winograd_is_as_exact_as_the_definition() -> None:
    module = WinogradConvolution(256, 64, 3, padding=1)
    with torch.no_grad():
        module.weight.normal_(0, 0.03)
        module.bias.normal_()
        x = last(torch.randn(1, 256, 14, 14))
        wanted = F.conv2d(x.double(), module.weight.double(), module.bias.double(), padding=1)
        assert (module(x) - wanted).abs().max() <= 2e-6 * wanted.abs().max()


@pytest.mark.parametrize(
    ("kernel", "stride", "padding", "dilation", "ceil"),
    [
        (3, 2, 0, 1, False),
        (3, 2, 1, 1, False),
        (3, 1, 1, 1, False),
        (3, 2, 0, 1, True),
        (3, 2, 1, 1, True),
        (2, 2, 0, 1, True),
        (2, 2, 0, 1, False),
        (2, 1, 1, 1, False),
        (3, 1, 1, 2, False),
        (5, 3, 2, 1, True),
        (2, 3, 1, 1, True),
        ((3, 2), (2, 1), (1, 0), 1, False),
        ((1, 3), 1, (0, 1), 1, False),
    ],
)
def test_max_pool(kernel: int, stride: int, padding: int, dilation: int, ceil: bool) -> None:
    check(
        MaxPool(kernel, stride, padding, dilation, ceil), lambda m, x: F.max_pool2d(x, kernel, stride, padding, dilation, ceil), *images()
    )


def test_max_pool_leaves_its_input_and_keeps_nan() -> None:
    x = last(torch.randn(1, 4, 6, 6))
    x[0, 1, 2, 3] = float("nan")
    kept = x.clone()
    found = MaxPool(3, 1, 1)(x)
    torch.testing.assert_close(found, F.max_pool2d(x, 3, 1, 1), equal_nan=True, rtol=0, atol=0)
    torch.testing.assert_close(x, kept, equal_nan=True, rtol=0, atol=0)


@pytest.mark.parametrize("activation", ["none", "relu", "sigmoid", "tanh", "gelu", "swish"])
@pytest.mark.parametrize(("before", "after"), [(12, 30), (2048, 1100)])
def test_a_dense_layer_of_a_single_row(before: int, after: int, activation: str) -> None:
    """By BLAS where the caches may hold its matrix, by oneDNN beyond; a row among others is the same."""
    words: dict[str, Callable[[Tensor], Tensor]] = {
        "none": lambda x: x, "relu": F.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "gelu": F.gelu, "swish": F.silu,
    }  # fmt: skip
    layer = Linear(before, after, activation, "none" if activation == "gelu" else "")
    torch.nn.init.normal_(layer.weight, std=before**-0.5)
    torch.nn.init.normal_(layer.bias)
    scripted = torch.jit.script(layer)
    x = torch.randn(3, before)
    wanted = words[activation](F.linear(x, layer.weight, layer.bias))
    with torch.no_grad():
        for run in (layer, scripted, scripted):
            torch.testing.assert_close(run(x[:1]), wanted[:1], rtol=1e-4, atol=1e-5)
            torch.testing.assert_close(run(x), wanted, rtol=1e-4, atol=1e-5)
