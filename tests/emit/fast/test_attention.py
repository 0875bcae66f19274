"""Attention in forms that PyTorch's fused kernel takes, and sums over a few: the same numbers as the plain module's, for other batches too."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.fast.build import fast
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build
from tests.support import graph_of

from .test_signals import check, text_of

HEADS = 'rearrange("l (h d) -> h l d", h = 2)'
BODIES = {
    "values are wider": f"linear(8) -> q: {HEADS}  skip(x) -> linear(8) -> k: {HEADS}  skip(x) -> linear(24) -> v: {HEADS}  sdpa {{ | skip(q) | skip(k) | skip(v) }}",
    "values are narrower": f"linear(16) -> q: {HEADS}  skip(x) -> linear(6) -> v: {HEADS}  sdpa(causal = true, scale = 0.7) {{ | skip(q) | skip(q) | skip(v) }}",
    "wider, with a bias": f"b: parameter([2, 12, 12])  skip(x) -> linear(8) -> q: {HEADS}  skip(x) -> linear(24) -> v: {HEADS}  sdpa {{ | skip(q) | skip(q) | skip(v) | skip(b) }}",
}
WINDOWS = 'rearrange("c (a h) (b w) -> (a b) (h w) c", h = 4, w = 4)'
MASKED = {
    "a relative bias and a mask": f'm: constant("window_mask", sizes = [8, 8], window = [4, 4], shift = [2, 2])  skip(x) -> {WINDOWS} -> attention(2, window = 4, mask = true) {{ | skip | skip(m) }}',
    "a mask alone": f'm: constant("window_mask", sizes = [8, 8], window = [4, 4], shift = [2, 2])  skip(x) -> {WINDOWS} -> attention(2, mask = true) {{ | skip | skip(m) }}',
}
FEW = {
    "sum": 'conv(8, 3) -> rearrange("(s c) h w -> s c h w", s = 2) -> reduce("sum", axis = 0) -> conv(4, 1)',
    "mean": 'conv(9, 3) -> rearrange("(s c) h w -> s c h w", s = 3) -> reduce("mean", axis = 0) -> conv(4, 1)',
    "largest": 'conv(8, 3) -> rearrange("(s c) h w -> s c h w", s = 2) -> reduce("max", axis = 0)',
    "kept": 'conv(8, 3) -> rearrange("(s c) h w -> s c h w", s = 2) -> reduce("sum", axis = 0, keep = true)',
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_of_unequal_widths(body: str) -> None:
    check(body, (12, 10), (), names=("length", "channels"))


@pytest.mark.parametrize("body", MASKED.values(), ids=MASKED)
def test_masks_of_windows(body: str) -> None:
    check(body, (6, 8, 8), ())


@pytest.mark.parametrize("body", FEW.values(), ids=FEW)
def test_sums_of_a_few(body: str) -> None:
    check(body, (4, 8, 8), ((4, 9, 7),))


@pytest.mark.parametrize("axes", ["[height, width]", "height", "width"])
@pytest.mark.parametrize("keep", ["true", "false"])
def test_the_length_of_each_channel(axes: str, keep: str) -> None:
    body = f'conv(6, 3) -> relu -> reduce("norm", axis = {axes}, keep = {keep})'
    graph = graph_of(text_of(body, (4, 8, 8)))
    assert ".sqrt()" in fast(graph, build(graph, Mode.INFERENCE).state_dict()).written.source
    check(body, (4, 8, 8), ((4, 9, 7),))


def test_a_few_of_one_size_are_many_of_another() -> None:
    """An axis that is reduced, and the width of attention, may be what comes in, and not of the file's size then."""
    for by in ("sum", "mean"):
        check(f'conv(4, 1) -> reduce("{by}", axis = 1)', (4, 3, 8), ((4, 6, 8), (4, 2, 8)), 1e-4)
    for second in ("", ' -> reduce("sum", axis = 2) -> relu -> reduce("mean", axis = 1)'):
        graph = graph_of(
            f"network n {{ input q[2, 5, 4]; input v[2, 5, 6]; sdpa {{ | skip(q) | skip(q) | skip(v) }}{second} }}".replace("; ", "\n")
        )
        plain = build(graph, Mode.INFERENCE).eval()
        made = script(fast(graph, plain.state_dict()).module)
        for query, value in ((4, 6), (7, 9), (6, 4), (5, 5), (4, 6)):
            given = torch.randn(2, 2, 5, query), torch.randn(2, 2, 5, value)
            torch.testing.assert_close(made(*given), plain(*given))


ONCE = {
    "a sum of what is learned": "a: parameter([4, 8, 8])  skip(x) -> b: parameter([4, 1, 8])  c: add(broadcast = true) { | skip(a) | skip(b) -> relu }  add { | skip(x) -> conv(4, 3) | skip(c) }",
    "read twice": "a: parameter([4, 8, 8])  b: relu  add { | skip(x) | skip(b) }  mul { | skip | skip(b) }",
    "a label of that name": "b: parameter([4, 8, 8])  b_kept: relu  add { | skip(x) | skip(b_kept) }",
}


@pytest.mark.parametrize("body", ONCE.values(), ids=ONCE)
def test_what_hangs_on_no_input_is_worked_out_once(body: str) -> None:
    check(body, (4, 8, 8), ())
    graph = graph_of(text_of(body, (4, 8, 8)))
    assert "_kept.tensor" in fast(graph, build(graph, Mode.INFERENCE).state_dict()).written.source


def test_what_was_kept_is_left_out_of_a_file(tmp_path: Path) -> None:
    graph = graph_of(text_of(ONCE["read twice"], (4, 8, 8)))
    made = script(fast(graph, build(graph, Mode.INFERENCE).state_dict()).module)
    x = torch.randn(2, 4, 8, 8)
    with torch.no_grad():
        wanted = made(x)
        torch.jit.save(made, str(tmp_path / "n.pt"))
        again = torch.jit.load(str(tmp_path / "n.pt"))
        assert again.b_kept.tensor.numel() == 0
        torch.testing.assert_close(again(x), wanted)


def test_what_is_called() -> None:
    def source(body: str, *shape: int, names: tuple[str, ...] = ()) -> str:
        graph = graph_of(text_of(body, shape, names))
        return "".join(fast(graph, build(graph, Mode.INFERENCE).state_dict()).written.source.split())

    wide = source(BODIES["values are wider"], 12, 10, names=("length", "channels"))
    assert "F.pad(q,(0,8))" in wide and "scale=0.5" in wide
    assert "Folded" in source(MASKED["a mask alone"], 6, 8, 8)
    assert "y.select(1,0)+y.select(1,1)" in source(FEW["sum"], 4, 8, 8)
