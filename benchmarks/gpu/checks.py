"""What archc makes, run on the card and compared with float32 on the processor: a line of JSON a check.

    checks.py [--small]

The verdict is `ok`, `failed` (with what was found), or `no card` where the check needs one that is not here. Agreement is told as signal to noise.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from importlib.util import find_spec

import torch
from torch import Tensor, nn

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.driver import compile
from archc.compiler.emit.fast.backends import backend_for
from archc.compiler.emit.fast.build import fast, rewritten
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal
from archc.compiler.verify import shaken

NETWORKS = ("resnet18", "resnext50", "mobilenet_v2", "googlenet", "densenet121", "efficientnet_b0", "swin_t", "unet")
SMALL = ("resnet18", "squeezenet1_1")

LEAST = {"float32": 60.0, "float16": 30.0, "bfloat16": 20.0}
"""Decibels that the answers must reach, by dtype: their rounding through fifty layers, with room."""

CARD = torch.cuda.is_available()
DEVICE = "cuda" if CARD else "cpu"


class NoCard(Exception):
    """The check needs a card."""


def say(check: str, network: str, verdict: str, told: str) -> None:
    print(json.dumps({"check": check, "network": network, "verdict": verdict, "told": told}), flush=True)


def tried(check: str, network: str, run: Callable[[], str]) -> None:
    """`run` tells what it found, or raises: `AssertionError` and whatever PyTorch raises are failures."""
    try:
        say(check, network, "ok", run())
    except NoCard:
        say(check, network, "no card", "")
    except Exception as error:
        lines = [line.strip() for line in str(error).splitlines() if line.strip()]
        say(check, network, "failed", f"{type(error).__name__}: {lines[0] if lines else ''}"[:200])


def answers(module: Callable[..., object], given: Sequence[Tensor]) -> list[Tensor]:
    with torch.inference_mode():
        found = module(*given)
    rows = [found] if isinstance(found, Tensor) else list(found.values() if isinstance(found, dict) else found)  # type: ignore[call-overload]
    return [row.float().cpu() for row in rows]


def agree(found: list[Tensor], wanted: list[Tensor], dtype: str) -> str:
    """The least signal to noise of the outputs, which must do."""
    assert len(found) == len(wanted) and all(one.shape == two.shape for one, two in zip(found, wanted, strict=True)), "other shapes"
    ratios = [float(two.square().sum() / (one - two).square().sum().clamp_min(1e-30)) for one, two in zip(found, wanted, strict=True)]
    least = 10 * math.log10(min(ratios)) if all(map(math.isfinite, ratios)) else math.nan
    assert least >= LEAST[dtype], f"{least:.1f} dB, and {LEAST[dtype]:.0f} are wanted"
    return f"{least:.0f} dB"


def of_network(name: str, small: bool) -> None:
    graph = compile(name, inputs={"": (3, 64, 64)} if small else {}).graph
    torch.manual_seed(0)
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    given = normal(graph, 2)
    wanted = answers(plain, given)
    weights = {key: value.clone() for key, value in plain.state_dict().items()}

    def on_card(module: nn.Module, dtype: str) -> str:
        kind = getattr(torch, dtype)
        placed = [x.to(DEVICE, kind if x.is_floating_point() else x.dtype) for x in given]
        return agree(answers(module.to(DEVICE), placed), wanted, dtype)

    def optimized(dtype: str) -> nn.Module:
        if dtype == "float16" and not CARD:
            raise NoCard
        return script(fast(graph, weights, backend_for(DEVICE, dtype), dtype).module)

    def reloaded() -> str:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "net.pt")
            optimized("float32").save(path)  # type: ignore[operator]
            return on_card(torch.jit.load(path, map_location=DEVICE), "float32")

    def exported() -> str:
        placed = tuple(x.to(DEVICE) for x in given)
        return agree(answers(torch.export.export(plain.to(DEVICE), placed).module(), placed), wanted, "float32")

    tried("plain, float32", name, lambda: on_card(plain, "float32"))
    tried("TorchScript, float32", name, lambda: on_card(script(plain), "float32"))
    tried("rewritten, float32", name, lambda: on_card(rewritten(graph, weights), "float32"))
    for dtype in LEAST:
        tried(f"optimised, {dtype}", name, lambda dtype=dtype: on_card(optimized(dtype), dtype))  # type: ignore[misc]
    tried("optimised, saved and loaded", name, reloaded)
    tried("torch.export", name, exported)
    tried("ONNX Runtime on the card", name, lambda: in_onnx_runtime(graph, weights, given, wanted))
    tried("a CUDA graph", name, lambda: as_cuda_graph(optimized, given))


def in_onnx_runtime(graph: Graph, weights: dict[str, Tensor], given: Sequence[Tensor], wanted: list[Tensor]) -> str:
    if not CARD:
        raise NoCard
    if any(find_spec(name) is None for name in ("onnxruntime", "onnx", "onnxscript")):
        return "not installed here"
    import onnxruntime

    from archc.compiler.emit.onnx import save

    if "CUDAExecutionProvider" not in onnxruntime.get_available_providers():
        return "its provider is not here"
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "net.onnx")
        save(rewritten(graph, weights), graph, path)
        session = onnxruntime.InferenceSession(path, providers=["CUDAExecutionProvider"])
        names = [row.name for row in session.get_inputs()]
        found = session.run(None, {name: x.numpy() for name, x in zip(names, given, strict=True)})
    return agree([torch.from_numpy(row) for row in found], wanted, "float16")  # its products may be in TF32


def as_cuda_graph(optimized: Callable[[str], nn.Module], given: Sequence[Tensor]) -> str:
    """A graph that was recorded with one input answers another as the module itself does."""
    if not CARD:
        raise NoCard
    module = optimized("float16").to(DEVICE)
    placed = [x.to(DEVICE, torch.float16) for x in given]
    others = [torch.randn_like(x) for x in placed]
    with torch.inference_mode():
        wanted = answers(module, others)
        aside = torch.cuda.Stream()  # type: ignore[no-untyped-call]
        aside.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(aside):
            for _ in range(3):
                module(*placed)
        torch.cuda.current_stream().wait_stream(aside)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph):
            held = module(*placed)
        for place, other in zip(placed, others, strict=True):
            place.copy_(other)
        graph.replay()
        torch.cuda.synchronize()
    return agree(answers(lambda: held, ()), wanted, "float16")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--small", action="store_true")
    small = parser.parse_args().small
    torch.backends.cuda.matmul.allow_tf32 = False
    torch.backends.cudnn.allow_tf32 = False
    from branches import branches

    def on_streams() -> str:
        if not CARD:
            raise NoCard
        return branches(agree)

    for name in SMALL if small else NETWORKS:
        of_network(name, small)
    tried("branches on streams of their own", "an Inception module", on_streams)


if __name__ == "__main__":
    sys.exit(main())
