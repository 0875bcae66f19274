"""Work against PyTorch's own counter, and the convention for what it does not count."""

from __future__ import annotations

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from archc.compiler.ops.base import Operation, Shapes, product

from .samples import SAMPLES, describe, op
from .torch_side import BATCH, modules, tensors

WORKING = [sample for sample in SAMPLES if sample[0].macs(sample[1], sample[0].output(sample[1]))]
IMAGE = (8, 9, 10)


def test_who_works() -> None:
    assert {operation.name for operation, _ in WORKING} == {
        "conv",
        "std_conv",
        "weight_norm_conv",
        "weight_norm_deconv",
        "spectral_norm_conv",
        "spectral_norm_deconv",
        "weight_norm_linear",
        "spectral_norm_linear",
        "dwconv",
        "deconv",
        "convolve",
        "deform_conv",
        "linear",
        "blur_pool",
        "matmul",
        "einsum",
        "attention",
        "sdpa",
        "lstm",
        "gru",
    }


@pytest.mark.parametrize(("operation", "inputs"), SAMPLES, ids=[describe(*sample) for sample in SAMPLES])
def test_macs_are_half_of_what_pytorch_counts(operation: Operation, inputs: Shapes) -> None:
    with torch.device("meta"):
        for module in modules(operation, inputs):
            counter = FlopCounterMode(display=False)
            with counter:
                module.eval()(*tensors(operation, inputs, "meta"))
            assert counter.get_total_flops() == 2 * BATCH * operation.macs(inputs, operation.output(inputs))


def flops(operation: Operation, *inputs: tuple[int, ...]) -> int:
    return operation.flops(inputs, operation.output(inputs))


def test_a_multiplication_and_an_addition_are_two_and_biases_stand_apart() -> None:
    # The case of a 3x3 convolution without padding, 32 to 30 pixels: 27 * 9000 multiply-adds and 9000 additions.
    convolution = op("conv", channels=10, pad=0)
    assert convolution.macs(((3, 32, 32),), (10, 30, 30)) == 243_000
    assert flops(convolution, (3, 32, 32)) == 495_000
    assert flops(op("conv", channels=10, pad=0, bias=False), (3, 32, 32)) == 486_000
    assert flops(op("linear", features=10), (64,)) == 2 * 640 + 10


def test_the_convention_for_the_rest() -> None:
    elements = product(IMAGE)
    assert flops(op("bn"), IMAGE) == 2 * elements
    assert flops(op("ln"), IMAGE) == flops(op("gn", groups=2), IMAGE) == flops(op("instance_norm"), IMAGE) == 7 * elements
    assert flops(op("lrn", size=5), IMAGE) == 8 * elements
    assert (
        flops(op("relu"), IMAGE) == flops(op("gelu"), IMAGE) == flops(op("exp"), IMAGE) == flops(op("offset", addend=1), IMAGE) == elements
    )
    assert flops(op("rms_norm"), IMAGE) == 4 * elements and flops(op("normalize"), IMAGE) == 3 * elements
    assert [flops(op("reduce", by=by, axis=0), IMAGE) // elements for by in ("mean", "sum", "max", "min", "norm", "var")] == [
        1,
        1,
        1,
        1,
        2,
        4,
    ]
    assert flops(op("maxpool", kernel=3, stride=2, pad=1), IMAGE) == 9 * 8 * 5 * 5
    assert flops(op("avgpool", kernel=(1, 2)), IMAGE) == 2 * 8 * 9 * 5
    assert flops(op("global_avgpool"), IMAGE) == flops(op("adaptive_avgpool", size=3), IMAGE) == elements
    assert flops(op("add"), IMAGE, IMAGE, IMAGE) == 2 * elements
    assert flops(op("mul"), (8, 1, 1), IMAGE) == elements
    assert flops(op("concat"), IMAGE, IMAGE) == flops(op("flatten"), IMAGE) == flops(op("dropout"), IMAGE) == 0


def test_attention_is_four_projections_and_two_products() -> None:
    length, features = 197, 768
    attention = op("attention", heads=12)
    shape = (length, features)
    assert attention.macs((shape,), shape) == 4 * length * features**2 + 2 * length**2 * features


def test_sizes_beyond_64_bits_are_exact() -> None:
    huge = op("conv", channels=268435456, kernel=4, bias=False, pad=0)
    inputs = ((1073741824, 4, 4),)
    assert huge.weights(inputs)[0].elements == 2**62
    padded = op("conv", channels=1, pad=2**55)
    assert padded.output(((1, 8, 8),)) == (1, 2**56 + 6, 2**56 + 6)
