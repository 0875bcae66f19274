"""How fast networks run in numbers of eight bits, beside archc's fastest in float32 and ONNX Runtime's of both.

    python benchmarks/int8.py [NETWORK …] [--batch 1] [--threads 1] [--rounds 15] [--size 224]

All legs run in one process, turn by turn, each round beginning with another; in its turn a leg runs twice and the second run counts. The table
prints medians of the ratios of each round, so that a busy machine slows all legs alike, and the same module once more to show the noise. Weights are random, statistics
and biases are not what they start as. Legs that this machine lacks are left out.
"""

from __future__ import annotations

import argparse
import importlib.util
import os
import tempfile
import time
from collections.abc import Callable
from statistics import median

import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.driver import compile
from archc.compiler.emit.fast.build import fast, rewritten
from archc.compiler.emit.fast.int8 import Int8OneDnn, Simulated
from archc.compiler.emit.onnx import save
from archc.compiler.emit.torchscript import script
from archc.compiler.quantize.modules import has_vnni, quantize
from archc.compiler.quantize.wanted import Wanted
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal
from archc.compiler.verify import shaken

Leg = Callable[[], object]
BASE, AGAIN = "float32", "int8 again"


def legs_of(name: str, size: int, batch: int, threads: int, folder: str) -> tuple[dict[str, Leg], str]:
    """The legs by their names, and what is to be told of the network in eight bits."""
    graph = compile(name, inputs={"": (3, size, size)}).graph
    torch.manual_seed(0)
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    (images,) = normal(graph, batch)
    wanted = Wanted("random")
    made = quantize(graph, plain.state_dict(), wanted, Int8OneDnn())
    modules = {"int8": script(made.module), BASE: script(fast(graph, plain.state_dict()).module)}
    legs: dict[str, Leg] = {word: _calling(module, images) for word, module in modules.items()}
    legs[AGAIN] = legs["int8"]
    if importlib.util.find_spec("onnxruntime") is not None and importlib.util.find_spec("onnxscript") is not None:
        files = {
            "ONNX Runtime float32": rewritten(graph, plain.state_dict()),
            "ONNX Runtime int8": quantize(graph, plain.state_dict(), wanted, Simulated()).simulated,
        }
        for word, module in files.items():
            path = os.path.join(folder, "net.onnx")
            save(module, graph, path)
            legs[word] = _session(path, images, threads)
    return legs, made.agreement.lines()[0]


def _calling(module: torch.jit.ScriptModule, images: torch.Tensor) -> Leg:
    def leg() -> object:
        with torch.inference_mode():
            return module(images)

    return leg


def _session(path: str, images: torch.Tensor, threads: int) -> Leg:
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    session = onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
    given = {session.get_inputs()[0].name: images.numpy()}
    return lambda: session.run(None, given)


def race(legs: dict[str, Leg], rounds: int) -> dict[str, list[float]]:
    names = list(legs)
    for leg in legs.values():
        leg(), leg()
    seconds: dict[str, list[float]] = {name: [] for name in names}
    for number in range(rounds):
        turn = number % len(names)
        for name in names[turn:] + names[:turn]:
            legs[name]()
            start = time.perf_counter()
            legs[name]()
            seconds[name].append(time.perf_counter() - start)
    return seconds


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("networks", nargs="*", default=["resnet50", "resnext50"])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--size", type=int, default=224)
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    print(f"{'with' if has_vnni() else 'without'} VNNI, {asked.threads} threads, batch {asked.batch}, load {os.getloadavg()[0]:.1f}")
    for name in asked.networks:
        with tempfile.TemporaryDirectory() as folder:
            legs, told = legs_of(name, asked.size, asked.batch, asked.threads, folder)
            seconds = race(legs, asked.rounds)
        print(f"{name}: {told}")
        for word in legs:
            ratios = sorted(base / own for base, own in zip(seconds[BASE], seconds[word], strict=True))
            middle = f"{median(ratios):5.2f} ({ratios[len(ratios) // 4]:.2f} to {ratios[-1 - len(ratios) // 4]:.2f})"
            print(f"  {word:<22} {median(seconds[word]) * 1e3:8.2f} ms   speed against {BASE} {middle}")


if __name__ == "__main__":
    main()
