"""The branches of an Inception module, one after the other and on streams of their own, both recorded as CUDA graphs."""

from __future__ import annotations

from collections.abc import Callable
from statistics import median

import torch
from torch import Tensor, nn

from archc.base.source import Source
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.driver import compile_source
from archc.compiler.emit.fast.backends import backend_for
from archc.compiler.emit.fast.build import fast
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build

PATHS = (
    "conv(64, 1) -> relu",
    "conv(96, 1) -> relu -> conv(128, 3) -> relu",
    "conv(16, 1) -> relu -> conv(32, 5) -> relu",
    "maxpool(3, stride = 1, pad = 1) -> conv(32, 1) -> relu",
)
ROUNDS = 50


def branch(steps: str, device: str) -> nn.Module:
    graph = compile_source(Source.of("branch", f"network branch {{ input x[192, 28, 28] {steps} }}")).graph
    weights = build(graph, Mode.INFERENCE).state_dict()
    return script(fast(graph, weights, backend_for(device, "float16"), "float16").module).to(device)


def branches(agree: Callable[[list[Tensor], list[Tensor], str], str], device: str = "cuda") -> str:
    """How the answers agree, and how many times as fast the streams are."""
    paths = [branch(steps, device) for steps in PATHS]
    x = torch.randn(1, 192, 28, 28, device=device, dtype=torch.float16).contiguous(memory_format=torch.channels_last)
    streams = [torch.cuda.Stream() for _ in paths]  # type: ignore[no-untyped-call]

    def in_turn() -> Tensor:
        return torch.cat([path(x) for path in paths], 1)

    def apart() -> Tensor:
        here = torch.cuda.current_stream()
        found = []
        for path, stream in zip(paths, streams, strict=True):
            stream.wait_stream(here)
            with torch.cuda.stream(stream):
                found.append(path(x))
            here.wait_stream(stream)
        return torch.cat(found, 1)

    with torch.inference_mode():
        one, other = recorded(in_turn), recorded(apart)
        told = agree([other[1].float().cpu()], [one[1].float().cpu()], "float16")
        return f"{told}; {seconds(one[0]) / seconds(other[0]):.2f} times as fast as one after the other"


def recorded(run: Callable[[], Tensor]) -> tuple[torch.cuda.CUDAGraph, Tensor]:
    """The graph after a first replay, and where its answer lies."""
    aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
    aside.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(aside):
        for _ in range(3):
            run()
    torch.cuda.current_stream().wait_stream(aside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        answer = run()
    graph.replay()
    torch.cuda.synchronize()
    return graph, answer


def seconds(graph: torch.cuda.CUDAGraph) -> float:
    found = []
    for _ in range(ROUNDS):
        start, end = torch.cuda.Event(enable_timing=True), torch.cuda.Event(enable_timing=True)  # type: ignore[no-untyped-call]
        start.record()
        graph.replay()
        end.record()
        torch.cuda.synchronize()
        found.append(start.elapsed_time(end) / 1e3)
    return median(found)
