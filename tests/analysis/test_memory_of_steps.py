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
    "attention answers in the order of its queries": """
        input x[4, 2, 7]
        relu -> sdpa { | sigmoid | tanh | skip } -> flatten""",
}


@pytest.mark.parametrize("batch", [2, 3])
@pytest.mark.parametrize("sentence", SENTENCES)
def test_both_peaks_are_told_though(sentence: str, batch: int) -> None:
    are_never_too_low(graph_of(f"network n {{ {SENTENCES[sentence]} }}"), batch)
