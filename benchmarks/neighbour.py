"""How fast two threads run beside a program that wants a processor, and what to set there: `python benchmarks/neighbour.py` writes the table in RESULTS.md.

Every setting is a process of its own, which is asked for a few runs at a time, in turn, so that the machine is the same for all. The
neighbour is one process that counts.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, sleep

HERE = Path(__file__).parent
NETWORKS = ("resnet50", "googlenet_torchvision", "mobilenet_v2", "densenet121")
MARKS = ("<!-- neighbour: written by benchmarks/neighbour.py -->", "<!-- end of neighbour -->")
THREADS, RUNS = 2, 6

SETTINGS: dict[str, tuple[str, int, dict[str, str]]] = {
    "ONNX Runtime": ("onnx", THREADS, {}),
    "optimized": ("pt", THREADS, {}),
    "`OMP_WAIT_POLICY=passive`": ("pt", THREADS, {"OMP_WAIT_POLICY": "passive"}),
    "`GOMP_SPINCOUNT=10000`": ("pt", THREADS, {"GOMP_SPINCOUNT": "10000"}),
    "one thread": ("pt", 1, {}),
    "archc ONNX": ("onnx", THREADS, {}),
}
"""What is run, the file and the threads, and the environment. Only the first is torchvision's own export; the rest archc's files."""


def work(file: str, threads: int, shape: list[int]) -> None:
    """A process of one setting: for each line that comes in, the seconds of a run."""
    if file.endswith(".pt"):
        import torch

        torch.set_num_threads(threads)
        module, image = torch.jit.load(file), torch.randn(1, *shape)

        def run() -> object:
            with torch.inference_mode():
                return module(image)
    else:
        import numpy
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
        given = {session.get_inputs()[0].name: numpy.random.default_rng(0).standard_normal((1, *shape), dtype=numpy.float32)}

        def run() -> object:
            return session.run(None, given)

    for _ in range(5):
        run()
    print("ready", flush=True)
    for _ in sys.stdin:
        seconds = []
        for _ in range(RUNS):
            began = perf_counter()
            run()
            seconds.append(perf_counter() - began)
        print(json.dumps(seconds[1:]), flush=True)  # the first finds others' numbers in the caches


def count_for_ever() -> None:
    while True:
        pass


def reference(network: str, folder: Path) -> Path:
    """torchvision's own module of the network, as ONNX."""
    import torch

    from archc.compiler.importer.sources import model_of

    file = folder / f"{network}_reference.onnx"
    module = model_of(f"torchvision:{network.removesuffix('_torchvision')}").module
    torch.onnx.export(module, (torch.randn(1, 3, 224, 224),), str(file), dynamo=True, external_data=False, verbose=False)
    return file


def measured(network: str, rounds: int) -> dict[str, dict[str, float]]:
    """Milliseconds of a run by setting, `alone` and beside a neighbour."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [sys.executable, "-m", "archc", "--quiet", "build", network, "--optimize", "--target", "torchscript,onnx", "-o", name]
        subprocess.run(command, check=True, cwd=HERE.parent)
        files = {"pt": folder / f"{network}.pt", "onnx": folder / f"{network}.onnx"}
        workers = {}
        for setting, (kind, threads, environment) in SETTINGS.items():
            file = reference(network, folder) if setting == "ONNX Runtime" else files[kind]
            command = [sys.executable, __file__, "--work", str(file), str(threads)]
            workers[setting] = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=os.environ | environment
            )
            assert workers[setting].stdout is not None and workers[setting].stdout.readline() == "ready\n"  # type: ignore[union-attr]
        found: dict[str, dict[str, float]] = {}
        for when in ("alone", "beside a neighbour"):
            neighbour = multiprocessing.Process(target=count_for_ever, daemon=True)
            if when != "alone":
                neighbour.start()
            seconds: dict[str, list[float]] = {setting: [] for setting in SETTINGS}
            for _ in range(rounds):
                for setting, worker in workers.items():
                    assert worker.stdin is not None and worker.stdout is not None
                    sleep(0.1)  # the threads of the one before still wait actively
                    print("go", file=worker.stdin, flush=True)
                    seconds[setting] += json.loads(worker.stdout.readline())
            if when != "alone":
                neighbour.kill()
            found[when] = {setting: median(rows) * 1e3 for setting, rows in seconds.items()}
        for worker in workers.values():
            worker.kill()
    return found


def table(rows: dict[str, dict[str, dict[str, float]]]) -> str:
    """Milliseconds in ONNX Runtime, and speeds against it."""
    settings = [setting for setting in SETTINGS if setting != "ONNX Runtime"]
    lines = [
        f"| network | | ORT ms | {' | '.join(settings)} |",
        f"| --- | --- | ---: | {' | '.join('---:' for _ in settings)} |",
    ]
    for network, found in rows.items():
        for when, row in found.items():
            base = row["ONNX Runtime"]
            lines.append(f"| {network} | {when} | {base:.1f} | {' | '.join(f'{base / row[setting]:.2f}' for setting in settings)} |")
    return "\n".join(lines)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("networks", nargs="*", default=NETWORKS)
    parser.add_argument("--rounds", type=int, default=10)
    parser.add_argument("--work", nargs=2, metavar=("FILE", "THREADS"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(options.work[0], int(options.work[1]), [3, 224, 224])
        return
    from archc.compiler.bench.hardware import describe

    rows = {}
    for network in options.networks:
        rows[network] = measured(network, options.rounds)
        print(network, json.dumps(rows[network]), flush=True)
    machine = ", ".join(f"{name} {value}" for name, value in describe("cpu").rows().items())
    text = (HERE / "RESULTS.md").read_text(encoding="utf-8")
    before, _, rest = text.partition(MARKS[0])
    _, _, after = rest.partition(MARKS[1])
    (HERE / "RESULTS.md").write_text(f"{before}{MARKS[0]}\n\n{machine}\n\n{table(rows)}\n\n{MARKS[1]}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
