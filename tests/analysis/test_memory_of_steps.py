"""Peaks of small networks that were once told wrongly, each by the sentence that was not known of PyTorch; told and measured."""

from __future__ import annotations

import pytest

from tests.support import graph_of

from .peaks import are_never_too_low

SENTENCES = {
    "a convolution takes a signal of one place, channels side by side, for an image, and the gradient of its kernel is copied": """
        input x[14, 4]
        softmax(0) -> ln -> avgpool(3, stride = 3) -> deconv(16, 4, stride = 2) -> power(3)""",
    "the gradient that a crop begins with may be a view of a smaller one": """
        input x[12, 4, 7]
        silu -> bn -> crop(2) -> reduce("sum", [0, -2], true)""",
    "the gradient of a kernel is copied before padding is undone, when the input has none": """
        input x[16, 3, 6, 2]
        rms_norm -> gn(4) -> a: conv(8, 3, pad = same, stride = 3) -> b: sigmoid
        output a, b""",
    "padding that reflects keeps its input while the gradient of a kernel is copied": """
        input x[16, 3, 6, 4]
        rms_norm -> relu -> conv(8, 3, pad_mode = "reflect") -> sigmoid""",
    "the filters of a convolution are undone before its padding is": """
        input x[4, 4]
        conv(16, 1, stride = 2) -> weight_norm_conv(8, 2, pad = same) -> softplus""",
    "what wraps round is undone beside the output's gradient where something else holds that": """
        input x[4, 6, 6]
        a: conv(8, 3) -> add { | skip(a) | conv(8, 3, pad_mode = "circular") } -> reduce("sum", [0, 1], true)""",
    "a shift by as many positions as there are puts channels in order": """
        input x[2, 4, 7]
        ln -> roll(2, 0) -> upsample(3) -> instance_norm -> elu""",
    "the fused kernel of attention makes the gradients of queries, keys and values, asked or not": """
        input x[1, 5, 3]
        celu -> sdpa { | skip | skip | layer_scale }""",
    "the gradient of a bias that is one for the batch is summed at once": """
        input x[14, 6]
        ln(last = true) -> reshape([1, 14, 6]) -> sdpa { | relu | relu | skip | parameter([1, 14, 14]) }""",
    "the gradient of a mask that is one for the batch is summed at once": """
        input x[length = 12, channels = 1]
        attention(1, mask = true) { | relu | parameter([1, 12, 12]) }""",
    "a mask that is learned makes PyTorch copy keys only where their product cannot read them": """
        input x[length = 7, channels = 12]
        attention(1, mask = true, keys = ["q", "k", "v", "proj"]) { | relu | skip | parameter([1, 7, 7]) }""",
    "of the copies that a product makes only those are kept that a gradient needs": """
        input x[16, 8]
        relu -> einsum("b a, a b -> a") { | parameter([8, 16]) | skip }""",
    "a product that sums nothing is no view, and is overwritten for nothing": """
        input x[8, 12, 5]
        conv(6) -> einsum("a b c, A B C -> C c b B a A") { | layer_scale | layer_scale } -> elu""",
    "what is stretched to the batch for a product is as large as the product": """
        input x[12]
        relu -> einsum("a, a z -> z a") { | skip | parameter([12, 2]) }""",
    "to overwrite a view costs a copy of a gradient that something else holds": """
        input x[length = 10, channels = 4]
        a: linear(4, last = true) -> concat(axis = length) { | ln(last = true) | attention(1) -> relu }""",
    "attention answers in the order of its queries": """
        input x[4, 2, 7]
        relu -> sdpa { | sigmoid | tanh | skip } -> flatten""",
    "a bias that is put together of two is held until attention is done, and its gradient as a whole": """
        input x[length = 1, channels = 16]
        norm: ln(last = true) -> attention(1, qkv_bias = "qv", keys = ["qkv", "proj"])""",
    "attention to another sequence takes slices of one weight, and each slice's gradient becomes one of the whole": """
        input x[length = 1, channels = 16]
        stack { | skip | tanh } -> attention(2) { | skip | relu -> selu }""",
    "norms of queries and keys keep the projection that values are a part of": """
        input x[length = 5, channels = 8]
        ln(last = true) -> attention(1, mask = true, norm = "rms") { | layer_scale | parameter([1, 1, 5]) } -> elu -> softmax(0) -> elu -> softmax(0)""",
    "the projections of queries, keys and values go back one after the other": """
        input x[length = 3, channels = 9]
        a: ln(last = true) -> attention(1, mask = true, keys = ["q", "k", "v", "proj"]) { | skip | sigmoid | parameter([1, 1, 3]) } -> b: roll(1, 0)
        output b, a""",
    "gradients of what an einsum stretches are summed one after the other": """
        input x[6, 2]
        layer_scale -> einsum("a b, A b -> a b A") { | gelu | relu }""",
    "a gradient is added to another before those of the weights that made a kernel are worked out": """
        input x[16, 12]
        layer_scale -> a: ln -> spectral_norm_conv(16, 3) -> b: reduce("mean", 1, true)
        output b, a""",
    "the gradient of values is added to another before that of the weights of attention goes back": """
        input x[8, 3, 1]
        layer_scale -> a: tanh -> sdpa { | layer_scale | layer_scale | skip | parameter([1, 3, 3]) } -> b: celu
        output b, a""",
    "of attention that is used again, the gradients of the last projection are summed before those of the others are made": """
        input x[length = 2, channels = 12]
        a: attention(2) -> reuse(a) -> reuse(a)""",
    "axes of size 1 that an einsum sums along have their say in how its answer lies": """
        input x[1, 9, 1, 1]
        einsum("a b c d, A B c d -> A c b a B") { | relu | sigmoid } -> reshape([3, -1]) -> square""",
    "queries and keys are normalised beside what they were": """
        input x[8, 3]
        tanh -> permute([1, 0]) -> attention(1, keys = ["q", "k", "v", "proj"], bias = false, norm = "rms")""",
    "the answer of attention is copied for the last projection, trained or not": """
        input x[12, 3]
        input y[4, 1]
        skip(x) -> tanh -> q: permute([1, 0])
        skip(y) -> ln(last = true) -> c: permute([1, 0])
        attention(2, keys = ["q", "k", "v", "proj"], mask = true) { | skip(q) | skip(c) | parameter([2, 3, 1]) }""",
    "the weights of attention and a copy of the values are multiplied beside the scaled queries": """
        input x[length = 1, channels = 8]
        reshape([2, 4, 1]) -> rearrange("a b c -> b c a") -> attention(2, mask = true) { | relu | skip | parameter([4, 1, 1, 1]) }""",
    "what is turned by rotary positions is not kept": """
        input x[4, 2]
        gelu -> permute([1, 0]) -> attention(2, keys = ["q", "k", "v", "proj"], rotary = 100)""",
    "an answer that is a sum is no view, and is overwritten for nothing": """
        input x[12, 5]
        gelu -> permute([1, 0]) -> attention(2, keys = ["q", "k", "v", "proj"], head_size = 1, groups = 1, mask = true) { | skip | parameter([1, 5, 1]) } -> relu""",
    "of slices of one weight the gradients are added after that of what queries are made of": """
        input x[16, 6]
        input y[16, 1]
        skip(y) -> gelu -> c: permute([1, 0])
        skip(x) -> layer_scale(axis = -1) -> q: permute([1, 0])
        z: attention(4) { | skip(q) | skip(c) }
        output z, q""",
}


@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_both_peaks_are_told_though(sentence: str, batch: int) -> None:
    are_never_too_low(graph_of(f"network n {{ {SENTENCES[sentence]} }}"), batch)
