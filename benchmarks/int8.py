"""How fast networks run in numbers of eight bits, beside archc's fastest in float32, and ONNX Runtime's and OpenVINO's of both.

    python benchmarks/int8.py [NETWORK …] [--batch 1] [--threads 1] [--rounds 15] [--size 224] [--page]

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
from pathlib import Path
from statistics import median

import torch

from archc.compiler.bench.hardware import describe
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
BASE, AGAIN, AGAINST = "float32", "int8 again", "ONNX Runtime float32"
PAGE = Path(__file__).with_name("RESULTS.md")
MARKS = ("<!-- int8: written by benchmarks/int8.py -->", "<!-- end of int8 -->")


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
            if importlib.util.find_spec("openvino") is not None:
                legs[word.replace("ONNX Runtime", "OpenVINO")] = _in_openvino(path, images, threads)
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


def _in_openvino(path: str, images: torch.Tensor, threads: int) -> Leg:
    """What is not in eight bits stays in float32: unasked OpenVINO computes in bfloat16 where the processor can."""
    import openvino

    settings = {"INFERENCE_NUM_THREADS": threads, "PERFORMANCE_HINT": "LATENCY", "INFERENCE_PRECISION_HINT": "f32"}
    made = openvino.compile_model(path, "CPU", settings)
    given = [images.numpy()]
    return lambda: made(given)


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


def table(rows: dict[str, tuple[dict[str, list[float]], str]]) -> str:
    """Speeds against ONNX Runtime in float32, or the first leg where that is not here; medians of the ratios of all rounds."""
    names = list(dict.fromkeys(leg for seconds, _ in rows.values() for leg in seconds))
    base = AGAINST if AGAINST in names else BASE
    others = [leg for leg in names if leg != base]
    lines = [f"| network | {base}, ms | {' | '.join(others)} | agreement with float32 |", f"| --- | ---: | {'---: | ' * len(others)}--- |"]
    for network, (seconds, told) in rows.items():
        speeds = (f"{median(one / own for one, own in zip(seconds[base], seconds[leg], strict=True)):.2f}" for leg in others)
        lines.append(f"| {network} | {median(seconds[base]) * 1e3:.1f} | {' | '.join(speeds)} | {told} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("networks", nargs="*", default=["resnet50", "resnext50"])
    parser.add_argument("--batch", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--page", action="store_true", help="write the table in RESULTS.md")
    asked = parser.parse_args()
    torch.set_num_threads(asked.threads)
    setting = f"{'with' if has_vnni() else 'without'} VNNI, {asked.threads} threads, batch {asked.batch}"
    print(f"{setting}, load {os.getloadavg()[0]:.1f}")
    rows: dict[str, tuple[dict[str, list[float]], str]] = {}
    for name in asked.networks:
        with tempfile.TemporaryDirectory() as folder:
            legs, told = legs_of(name, asked.size, asked.batch, asked.threads, folder)
            seconds = race(legs, asked.rounds)
        rows[name] = seconds, told
        print(f"{name}: {told}")
        for word in legs:
            ratios = sorted(base / own for base, own in zip(seconds[BASE], seconds[word], strict=True))
            middle = f"{median(ratios):5.2f} ({ratios[len(ratios) // 4]:.2f} to {ratios[-1 - len(ratios) // 4]:.2f})"
            print(f"  {word:<22} {median(seconds[word]) * 1e3:8.2f} ms   speed against {BASE} {middle}", flush=True)
    if asked.page:
        machine = ", ".join(f"{name} {value}" for name, value in describe("cpu").rows().items())
        text = PAGE.read_text(encoding="utf-8")
        before, _, rest = text.partition(MARKS[0])
        _, _, after = rest.partition(MARKS[1])
        PAGE.write_text(f"{before}{MARKS[0]}\n\n{machine}; {setting}\n\n{table(rows)}\n\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
