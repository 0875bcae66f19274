"""A sum is done inside a layer where both tensors are the batch's and of one size. What is learned or fixed stays as it is, from call to call."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.fast.build import fast
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build
from tests.support import graph_of

LEARNED = "input x[4, 8, 8]  w: parameter([4, 8, 8])"
ADDED = {
    "learned": f"{LEARNED}  skip(x) -> add {{ | conv(4, 3) | skip(w) }}",
    "learned first": f"{LEARNED}  skip(x) -> add {{ | skip(w) | conv(4, 3) }}",
    "learned, a norm": f"{LEARNED}  skip(x) -> add {{ | conv(4, 3) -> bn | skip(w) }} -> relu",
    "handed on": f"{LEARNED}  skip(x) -> add {{ | conv(4, 3) | skip(w) -> identity }}",
    "turned": "input x[4, 8, 8]  w: parameter([8, 4, 8])  skip(x) -> add { | conv(4, 3) | skip(w) -> permute([1, 0, 2]) } -> relu",
    "worked on": f"{LEARNED}  skip(x) -> add {{ | conv(4, 3) | skip(w) -> relu }}",
    "fixed": "input x[4, 8, 8]  add { | conv(4, 3) | constant(1.5, sizes = [4, 8, 8]) }",
    "both learned": f"{LEARNED}  t: add {{ | skip(w) -> conv(4, 3) | skip(w) }}  add {{ | skip(x) | skip(t) }}",
}


def of(body: str) -> tuple[torch.nn.Module, torch.jit.ScriptModule]:
    """The network plain, and optimised in TorchScript."""
    graph = graph_of("network case {\n" + body.replace("  ", "\n") + "\n}\n")
    torch.manual_seed(0)
    plain = build(graph, Mode.INFERENCE).eval()
    with torch.no_grad():
        for parameter in plain.parameters():
            parameter.normal_()
    return plain, script(fast(graph, plain.state_dict()).module)


@pytest.mark.parametrize("body", ADDED.values(), ids=list(ADDED))
def test_each_call_answers_the_same(body: str) -> None:
    plain, fused = of(body)
    with torch.no_grad():
        for batch in (1, 3, 1, 1):
            x = torch.randn(batch, 4, 8, 8)
            torch.testing.assert_close(fused(x), plain(x))


def test_another_size_than_the_learned_one_is_refused() -> None:
    _, fused = of(ADDED["turned"])
    for side in (6, 9, 41):
        with pytest.raises((RuntimeError, torch.jit.Error), match="size"):
            fused(torch.randn(1, 4, side, side))


@pytest.mark.parametrize("second", ["skip(y)", "skip(y) -> conv(4, 3)"])
def test_two_inputs_must_be_of_one_size(second: str) -> None:
    """oneDNN reads a second tensor as if it had the size of the first."""
    plain, fused = of(f"input x[4, 8, 8]  input y[4, 8, 8]  add {{ | skip(x) -> conv(4, 3) | {second} }}")
    x, y = torch.randn(2, 4, 8, 8), torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(fused(x, y), plain(x, y))
        for side in (4, 9, 41):
            with pytest.raises((RuntimeError, torch.jit.Error), match=r"size|shape"):
                fused(x, torch.randn(2, 4, side, side))


def test_strides_pads_and_groups_of_a_sum() -> None:
    """The size of what a convolution makes is worked out before the second tensor is read."""
    for arguments in ("stride = 2", "pad = 0", "dilation = 2", "groups = 2", "stride = 3, pad = 2", "pad = [0, 1, 0, 1]"):
        plain, fused = of(f"input x[4, 13, 17]  add {{ | conv(4, 3, {arguments}) | conv(4, 3, {arguments}) }}")
        with torch.no_grad():
            x: Tensor = torch.randn(2, 4, 13, 17)
            torch.testing.assert_close(fused(x), plain(x))
