"""How well `archc cost --device this` foresees: every network's optimised module, foreseen and measured.

    python benchmarks/foreseen.py [NETWORK …] [--batches 1,8] [--threads 1,2] [--seconds 1] [--visits 2] [--json FILE]

The machine is calibrated first, once for each number of threads, then each network runs in a process of its own. Both sides take the lower
quartile of their runs; with one thread the time of the processor counts, so that what other programs take is none of it. A
machine whose caches others share is slower for seconds or minutes: all networks are visited twice, and the lower time counts. The table has the
error of each network at each setting; below it stand the median, the worst and Kendall's tau (1: the order of the networks is the very same).
Networks whose inputs have no batch-wise meaning here, or that take more memory than `--most`, are told and left out.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import time
from itertools import combinations
from statistics import median


def kendall(pairs: list[tuple[float, float]]) -> float:
    """How far both orders agree: 1 the same, -1 the reverse; ties count for neither."""
    signs = [(one[0] - two[0]) * (one[1] - two[1]) for one, two in combinations(pairs, 2)]
    return (sum(sign > 0 for sign in signs) - sum(sign < 0 for sign in signs)) / len(signs) if signs else 1.0


def measured(name: str, batches: list[int], threads: list[int], calibrations: dict[int, str], seconds: float) -> list[dict[str, object]]:
    """In a process of its own: a row for each setting."""
    import torch

    from archc.compiler.analysis.calibration import read
    from archc.compiler.analysis.foreseen import foresee
    from archc.compiler.codegen.pytorch import Mode
    from archc.compiler.driver import compile
    from archc.compiler.emit.fast.build import fast
    from archc.compiler.emit.torchscript import script
    from archc.compiler.runtime.live_module import build
    from archc.compiler.runtime.sample_inputs import normal

    graph = compile(name).graph
    torch.manual_seed(0)
    module = script(fast(graph, build(graph, Mode.INFERENCE).state_dict()).module)
    rows: list[dict[str, object]] = []
    for count in threads:
        torch.set_num_threads(count)
        clock = time.thread_time if count == 1 else time.perf_counter
        for batch in batches:
            found = foresee(graph, read(calibrations[count]), batch=batch)
            given = normal(graph, batch)
            runs: list[float] = []
            with torch.inference_mode():
                for _ in range(3):
                    module(*given)
                while len(runs) < 5 or (sum(runs) < seconds and len(runs) < 60):
                    began = clock()
                    module(*given)
                    runs.append(clock() - began)
            kinds: dict[str, float] = {}
            for row in found.rows:
                kinds[row.kind] = kinds.get(row.kind, 0.0) + row.seconds
            rows.append(
                {"network": name, "batch": batch, "threads": count, "foreseen": found.seconds, "measured": sorted(runs)[len(runs) // 4], "kinds": kinds}
            )  # fmt: skip
    return rows


def bytes_of(name: str, batch: int) -> int:
    """What a run is going to hold: weights twice, and the peak of an inference."""
    from archc.compiler.analysis.cost import cost
    from archc.compiler.driver import compile

    found = cost(compile(name).graph, batch=batch)
    return 2 * found.weights_bytes + found.inference_peak_bytes


def report(rows: list[dict]) -> None:  # type: ignore[type-arg]
    for threads, batch in sorted({(row["threads"], row["batch"]) for row in rows}):
        chosen = [row for row in rows if (row["threads"], row["batch"]) == (threads, batch)]
        errors = {row["network"]: row["foreseen"] / row["measured"] - 1 for row in chosen}
        worst = max(errors, key=lambda name: abs(errors[name]))
        tau = kendall([(row["foreseen"], row["measured"]) for row in chosen])
        print(
            f"batch {batch}, {threads} thread{'s' if threads > 1 else ''}: {len(chosen)} networks, median error "
            f"{median(map(abs, errors.values())):.1%}, worst {errors[worst]:+.1%} ({worst}), Kendall's tau {tau:.3f}"
        )
    every = [abs(row["foreseen"] / row["measured"] - 1) for row in rows]
    tau = kendall([(row["foreseen"], row["measured"]) for row in rows])
    print(f"all {len(rows)} rows: median error {median(every):.1%}, worst {max(every):.1%}, Kendall's tau {tau:.3f}")


def main() -> None:
    from archc.compiler.analysis.calibration import keep, place_of
    from archc.compiler.analysis.shipped import networks

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("networks", nargs="*")
    parser.add_argument("--batches", default="1,8")
    parser.add_argument("--threads", default="1,2")
    parser.add_argument("--seconds", type=float, default=0.5, help="about how long each setting is measured")
    parser.add_argument("--visits", type=int, default=2, help="how often each network is measured, one round of all after another")
    parser.add_argument("--most", type=float, default=1.2, metavar="GB", help="networks that hold more are left out")
    parser.add_argument("--json", metavar="FILE", help="write the rows, with the time by kind of work")
    parser.add_argument("--calibrated", action="store_true", help="take the calibrations that are there")
    parser.add_argument("--alone", metavar="JSON", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    batches, threads = ([int(word) for word in text.split(",")] for text in (asked.batches, asked.threads))
    calibrations = {count: place_of(count) for count in threads}
    if asked.alone is not None:
        print(json.dumps(measured(asked.alone, batches, threads, calibrations, asked.seconds)))
        return
    if not asked.calibrated:
        from archc.compiler.bench.calibrate import calibrate

        for count in threads:
            began = time.perf_counter()
            keep(calibrate(count), calibrations[count])
            print(f"calibrated {count} thread{'s' if count > 1 else ''} in {time.perf_counter() - began:.1f} s", flush=True)
    rows: dict[tuple[str, int, int], dict] = {}  # type: ignore[type-arg]
    settings = ["--batches", asked.batches, "--threads", asked.threads, "--seconds", str(asked.seconds)]
    names = []
    for name in asked.networks or [row.name for row in networks()]:
        if bytes_of(name, max(batches)) > asked.most * 1e9:
            print(f"{name}: left out, it holds more than {asked.most:g} GB")
        else:
            names.append(name)
    for name in names * asked.visits:
        done = subprocess.run([sys.executable, __file__, "--alone", name, *settings], capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{name}: left out: {(done.stderr.strip().splitlines() or ['it ended'])[-1][:160]}", flush=True)
            continue
        found = json.loads(done.stdout)
        for row in found:
            place = (name, row["threads"], row["batch"])
            row["measured"] = min(row["measured"], rows.get(place, row)["measured"])
            rows[place] = row
        told = ", ".join(
            f"{row['threads']}x{row['batch']} {row['foreseen'] * 1e3:.2f} / {row['measured'] * 1e3:.2f} ms {row['foreseen'] / row['measured'] - 1:+.1%}"
            for row in found
        )
        print(f"{name}: {told}", flush=True)
        if asked.json:
            with open(asked.json, "w", encoding="utf-8") as stream:
                json.dump(list(rows.values()), stream, indent=1)
    if rows:
        report(list(rows.values()))


if __name__ == "__main__":
    main()
