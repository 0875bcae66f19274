"""The back end for cards. Its source is checked everywhere, its answers where there is a card."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.fast.build import fast
from archc.compiler.emit.fast.cudnn import CuDnn
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build
from tests.emit.checks import shaken
from tests.rewrite.proof import network

GRAPH = network(
    "3, 17, 17",
    "conv(16, 3) -> bn -> relu",
    "add { | skip | conv(16, 3) -> bn -> relu -> conv(16, 3) -> bn } -> relu -> global_avgpool -> flatten -> linear(5)",
)


def test_source() -> None:
    plain = build(GRAPH, Mode.INFERENCE)
    made = fast(GRAPH, plain.state_dict(), CuDnn())
    assert "self.conv1 = ReluConvolution(3, 16, kernel_size=3, padding=1)" in made.written.source
    assert "self.conv3 = SumReluConvolution(16, 16, kernel_size=3, padding=1)" in made.written.source
    assert "torch.cudnn_convolution_add_relu" in made.written.source
    with pytest.raises(Exception, match="this module was made for cuda"):
        script(made.module)(torch.randn(1, 3, 17, 17))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize(("dtype", "tolerance"), [("float32", 1e-3), ("float16", 1e-2), ("bfloat16", 5e-2)])
def test_answers(dtype: str, tolerance: float) -> None:
    plain = shaken(build(GRAPH, Mode.INFERENCE)).eval()
    module = script(fast(GRAPH, plain.state_dict(), CuDnn(), dtype).module.cuda())
    x = torch.randn(4, 3, 17, 17)
    with torch.no_grad():
        wanted = plain(x)
        found = module(x.cuda().to(getattr(torch, dtype))).float().cpu()
    assert (found - wanted).abs().max() <= tolerance * wanted.abs().max()
