"""How long the compiler takes and how much memory, stage by stage, as networks grow; and what others take for the same modules.

    python benchmarks/compile.py [NETWORK …] [--sizes 10000,50000] [--peers] [--limit 120] [--json FILE]

Stages: `parse`, `elaborate`, `lower` (the networkx graph), `cost`, `draw` (folded, as DOT), `generate` (the source), `script` (the module made
and compiled by TorchScript). Each network runs in a process of its own; seconds are of the processor, memory is the most that the process had in
use until the stage's end. Behind the networks that grow stands the exponent of each stage's growth (1: twice the network takes twice as long), fitted to its
sizes by least squares of logarithms. `--peers` adds torch.fx with fake tensors, torch.export, ONNX export and torch.jit.script of one flat module; what
takes longer than `--limit` seconds is said to.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from math import log

STAGES = ("parse", "elaborate", "lower", "cost", "draw", "generate", "script")
PEERS = ("fx", "export", "onnx", "flat")
"""torch.fx with fake tensors, torch.export, ONNX export, torch.jit.script of flat code."""

FIXED: Mapping[str, str] = {
    "resnet50": "resnet50",
    "resnet152": "resnet152",
    "bottleneck 1,001": (
        "block unit(width) { conv(width, 1) -> relu -> conv(width, 3) -> relu -> conv(4 * width, 1) }\n"
        "network deep { input x[64, 32, 32]\n"
        "  stage one { repeat 111 { add { | unit(16) | skip } -> relu } }\n  conv(128, 1, stride = 2)\n"
        "  stage two { repeat 111 { add { | unit(32) | skip } -> relu } }\n  conv(256, 1, stride = 2)\n"
        "  stage three { repeat 111 { add { | unit(64) | skip } -> relu } }\n  global_avgpool -> flatten -> linear(10) }\n"
    ),
}

GROWING: Mapping[str, Callable[[int], str]] = {
    "chain": lambda count: f"network chain {{ input x[8, 16, 16] repeat {count // 2} {{ conv(8, 3) -> relu }} }}",
    "wide": lambda count: f"network wide {{ input x[8, 16, 16] concat {{ | repeat {count // 2}: conv(8, 3) -> relu }} }}",
    "nest": lambda count: (
        f"network nest {{ input x[8, 16, 16] repeat {count // 70} {{ add {{\n| repeat 3 {{ add {{\n| repeat 5 {{ add {{ | conv(8, 3) -> relu\n| skip }} -> relu }}\n"
        "| skip } -> relu }\n| skip } -> relu } }"
    ),
}


def measured(text: str, last: str) -> dict[str, object]:
    """In a process of its own: seconds and bytes by stage."""
    from archc.base.source import Source
    from archc.compiler.bench.hardware import peak_bytes
    from archc.compiler.driver import compile
    from archc.compiler.elaborate.elaborate import elaborate
    from archc.compiler.graph.graph import Graph
    from archc.dsl.parser.parse import parse

    found: dict[str, object] = {}

    def stage(name: str, run: Callable[[], object]) -> object:
        began = time.process_time()
        answer = run()
        found[name] = {"seconds": time.process_time() - began, "bytes": peak_bytes()}
        print(json.dumps({name: found[name]}), flush=True)
        return answer

    from archc.compiler.files.locate import find, read

    source = Source.of("text.arch", text) if "{" in text else read(find(text))
    assert isinstance(source, Source)
    file, mistakes = stage("parse", lambda: parse(source))  # type: ignore[misc]
    assert not mistakes
    if "{" in text:
        program, problems = stage("elaborate", lambda: elaborate(file))  # type: ignore[misc]
        assert program is not None, problems
    else:
        program = stage("elaborate", lambda: compile(text)).program  # type: ignore[attr-defined]
    graph = Graph(program)

    from archc.compiler.graph.lower import lower

    stage("lower", lambda: lower(program))
    print(json.dumps({"operations": len(graph.nodes)}), flush=True)

    from archc.compiler.analysis.cost import cost

    stage("cost", lambda: cost(graph, by="op"))

    from archc.compiler.draw import draw_text

    stage("draw", lambda: draw_text(graph, "dot"))

    from archc.compiler.codegen.pytorch import Mode, to_python

    stage("generate", lambda: to_python(graph, Mode.INFERENCE))
    if last == "script":
        import torch

        from archc.compiler.emit.torchscript import script
        from archc.compiler.runtime.live_module import build

        torch.set_num_threads(1)
        stage("script", lambda: script(build(graph, Mode.INFERENCE)))
    return found


def by_peer(text: str, peer: str) -> None:
    """In a process of its own: what another tool takes for the module that archc generates, or a flat one of the same steps."""
    import torch
    from torch import nn

    from archc.base.source import Source
    from archc.compiler.bench.hardware import peak_bytes
    from archc.compiler.codegen.pytorch import Mode
    from archc.compiler.driver import compile, compile_source
    from archc.compiler.emit.fast.build import fast
    from archc.compiler.emit.fast.step import Backend
    from archc.compiler.runtime.live_module import build
    from archc.compiler.runtime.sample_inputs import zeros

    torch.set_num_threads(1)
    graph = (compile_source(Source.of("text.arch", text)) if "{" in text else compile(text)).graph
    with torch.device("meta" if peer in ("fx", "export") else "cpu"):
        module: nn.Module = build(graph, Mode.INFERENCE).eval()
        given = zeros(graph, 1)
    if peer == "flat":
        module = fast(graph, module.state_dict(), Backend()).module
    began = time.process_time()
    with torch.no_grad():
        if peer == "fx":
            from torch._subclasses import FakeTensorMode
            from torch.fx.passes.shape_prop import ShapeProp

            with FakeTensorMode(allow_non_fake_inputs=True) as fake:
                ShapeProp(torch.fx.symbolic_trace(module), fake).propagate(*given)
        elif peer == "export":
            torch.export.export(module, given)
        elif peer == "onnx":
            import io

            torch.onnx.export(module, given, io.BytesIO(), dynamo=False)
        else:
            torch.jit.script(module)
    print(json.dumps({peer: {"seconds": time.process_time() - began, "bytes": peak_bytes()}}), flush=True)


def run(text: str, what: str, limit: float) -> dict[str, dict[str, float]]:
    """The rows that a process printed within its time."""
    command = [sys.executable, __file__, "--alone", what, "-"]
    try:
        done = subprocess.run(command, input=text, capture_output=True, text=True, timeout=limit, check=False)
        printed, why = done.stdout, (done.stderr.strip().splitlines() or [""])[-1][:120] if done.returncode else ""
    except subprocess.TimeoutExpired as over:
        out = over.stdout or b""
        printed, why = out if isinstance(out, str) else out.decode(), f"over {limit:.0f} s"
    rows: dict[str, dict[str, float]] = {}
    for line in printed.splitlines():
        if line.startswith("{"):
            rows |= json.loads(line)
    return rows | ({"why": {why: 0.0}} if why else {})


def exponent(points: list[tuple[float, float]]) -> float:
    """The slope of the line through the logarithms."""
    xs, ys = ([log(value) for value in row] for row in zip(*points, strict=True))
    x, y = sum(xs) / len(xs), sum(ys) / len(ys)
    return sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)


def told(name: str, rows: Mapping[str, Mapping[str, float]], columns: tuple[str, ...]) -> str:
    cells = [f"{rows[column]['seconds']:.2f} s {rows[column]['bytes'] / 1e6:,.0f} MB" if column in rows else "" for column in columns]
    why = ", ".join(rows["why"]) if "why" in rows else ""
    return f"| {name} | {rows.get('operations', '')} | " + " | ".join(cells) + f" | {why} |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("networks", nargs="*", default=[*FIXED, *GROWING])
    parser.add_argument("--sizes", default="2500,10000,50000")
    parser.add_argument("--script", type=int, default=2500, help="the most operations that TorchScript is given")
    parser.add_argument("--peers", action="store_true")
    parser.add_argument("--limit", type=float, default=120.0, help="seconds that a process may take")
    parser.add_argument("--json", metavar="FILE")
    parser.add_argument("--alone", nargs=2, help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.alone is not None:
        what, text = asked.alone[0], sys.stdin.read()
        if what in PEERS:
            by_peer(text, what)
        else:
            measured(text, what)
        return
    sizes = [int(word) for word in asked.sizes.split(",")]
    columns = (*STAGES, *(PEERS if asked.peers else ()))
    print("| network | operations | " + " | ".join(columns) + " | |\n|" + " --- |" * (len(columns) + 3))
    kept: dict[str, dict[str, dict[str, float]]] = {}
    for name in asked.networks:
        cases = {name: FIXED[name]} if name in FIXED else {f"{name} {size:,}": GROWING[name](size) for size in sizes}
        growth: dict[str, list[tuple[float, float]]] = {}
        for number, (case, text) in enumerate(cases.items()):
            scripted = name in FIXED or sizes[number] <= asked.script
            rows = run(text, "script" if scripted else "generate", asked.limit)
            for peer in PEERS if asked.peers and scripted else ():
                found = run(text, peer, asked.limit)
                rows |= (
                    {peer: found[peer]}
                    if peer in found
                    else {"why": {**rows.get("why", {}), f"{peer}: {', '.join(found.get('why', {}))}": 0.0}}
                )
            print(told(case, rows, columns), flush=True)
            kept[case] = rows
            for stage in STAGES[1:]:
                if stage in rows and "operations" in rows:
                    growth.setdefault(stage, []).append((float(rows["operations"]), rows[stage]["seconds"]))  # type: ignore[arg-type]
        exponents = {stage: exponent(points) for stage, points in growth.items() if len(points) > 1 and name in GROWING}
        if exponents:
            print(
                f"| {name}, exponent | | | " + " | ".join(f"{exponents[s]:.2f}" if s in exponents else "" for s in columns[1:]) + " | |",
                flush=True,
            )
        if asked.json:
            with open(asked.json, "w", encoding="utf-8") as stream:
                json.dump(kept, stream, indent=1)


if __name__ == "__main__":
    main()
