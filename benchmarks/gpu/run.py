"""All of a kit's work in its time: the checks first, then the table, then what takes long to compile. Called by run.sh.

    run.py [--seconds 480] [--small]

Each part is a process of its own that is ended when its time is over; what it had said until then counts. `results/CARD.json` holds
everything, `results/CARD.md` is the same for people; both are written anew after every part, so that whatever ends the run leaves them whole.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from time import monotonic

HERE = Path(__file__).parent

NETWORKS = ("resnet50", "mobilenet_v2", "googlenet", "vit_b_16")
BATCHES = (1, 64)
QUICK = ("eager", "frozen", "optimized", "cuda_graph", "tensorrt")
"""`frozen` is TorchScript, frozen, with channels last."""
LONG = "max_autotune"
SMALL = (("squeezenet1_1",), (1,), ("eager", "frozen", "optimized", "cuda_graph", "tensorrt"))

CHECKS_SECONDS, BENCH_SECONDS, LEAST_SECONDS = 200.0, 75.0, 5.0


class Clock:
    """What is left of the time."""

    def __init__(self, seconds: float) -> None:
        self.end = monotonic() + seconds

    def left(self, most: float) -> float:
        return min(most, self.end - monotonic())


def ran(arguments: list[str], seconds: float) -> tuple[str, str]:
    """What a process printed within its time, and why it printed no more."""
    if seconds < LEAST_SECONDS:
        return "", "no time was left"
    try:
        done = subprocess.run([sys.executable, *arguments], capture_output=True, text=True, timeout=seconds, check=False)
    except subprocess.TimeoutExpired as over:
        printed = over.stdout or b""
        return printed if isinstance(printed, str) else printed.decode(errors="replace"), f"not finished within {seconds:.0f} s"
    told = done.stderr.strip().splitlines()
    return done.stdout, "" if done.returncode in (0, 3) else (told[-1] if told else f"it ended with {done.returncode}")


def checks(clock: Clock, small: bool) -> list[dict[str, object]]:
    printed, why = ran([str(HERE / "checks.py"), *(["--small"] if small else [])], clock.left(CHECKS_SECONDS))
    rows = [json.loads(line) for line in printed.splitlines() if line.startswith("{") and line.endswith("}")]
    return rows + ([{"check": "the checks", "network": "", "verdict": "failed", "told": why}] if why else [])


def bench(clock: Clock, network: str, batch: int, ways: tuple[str, ...], card: bool, small: bool) -> dict[str, object]:
    device = ["--device", "cuda", "--dtype", "float16"] if card else []
    size = ["--input", "3x64x64", "--rounds", "2", "--seconds", "1"] if small else ["--rounds", "30", "--seconds", "5"]
    command = [
        "-m",
        "archc",
        "--quiet",
        "bench",
        network,
        "--ways",
        ",".join(ways),
        "--batch",
        str(batch),
        *device,
        *size,
        "--format",
        "json",
    ]
    printed, why = ran(command, clock.left(BENCH_SECONDS))
    try:
        found: dict[str, object] = json.loads(printed)
    except ValueError:
        found = {
            "network": network,
            "batch": batch,
            "rows": [],
            "missing": [{"way": way, "why": why or "nothing was printed"} for way in ways],
        }
    return found


def table(found: list[dict]) -> list[str]:  # type: ignore[type-arg]
    lines = [
        "| network | batch | way | ms | a second | speed | of peak | difference |",
        "| --- | ---: | --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for each in found:
        for row in each["rows"]:
            second = row.get("images_per_second", row.get("samples_per_second", 0.0))
            difference = "" if row["difference"] is None else f"{row['difference']:.0e}"
            lines.append(
                f"| {each['network']} | {each['batch']} | {row['way']} | {row['milliseconds']:.3f} | {second:,.0f} | "
                f"{row['speed']['median']:.2f} | {row['share_of_peak']:.0%} | {difference} |"
            )
        lines += [f"| {each['network']} | {each['batch']} | {row['way']} | not run: {row['why']} | | | | |" for row in each["missing"]]
    return lines


def write(results: dict) -> Path:  # type: ignore[type-arg]
    folder = HERE / "results"
    folder.mkdir(exist_ok=True)
    name = re.sub(r"[^a-z0-9]+", "-", str(results["card"]).lower()).strip("-")
    rows = results["checks"]
    counts = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in ("ok", "failed", "no card")}
    lines = [
        f"# archc on {results['card']}", "", f"torch {results['torch']}, CUDA {results['cuda']}.", "",
        f"## Checks: {counts['ok']} ok, {counts['failed']} failed, {counts['no card']} without a card", "",
        "| check | network | verdict | |", "| --- | --- | --- | --- |",
        *(f"| {row['check']} | {row['network']} | {row['verdict']} | {row['told']} |" for row in rows),
        "", "## Speed", "", *table(results["bench"]), "",
    ]  # fmt: skip
    for suffix, text in ((".md", "\n".join(lines)), (".json", json.dumps(results, indent=1) + "\n")):
        draft = folder / f"{name}{suffix}.new"
        draft.write_text(text, encoding="utf-8")
        os.replace(draft, folder / f"{name}{suffix}")
    return folder / f"{name}.md"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--seconds", type=float, default=480.0, help="for everything")
    parser.add_argument("--small", action="store_true", help="one small network; also without a card")
    asked = parser.parse_args()
    clock = Clock(asked.seconds - 10)
    import torch

    card = torch.cuda.is_available()
    results: dict[str, object] = {
        "card": torch.cuda.get_device_name() if card else "no card",
        "torch": torch.__version__,
        "cuda": torch.version.cuda,
    }
    results |= {"checks": checks(clock, asked.small or not card), "bench": []}
    measured: list[dict[str, object]] = []
    networks, batches, ways = SMALL if asked.small or not card else (NETWORKS, BATCHES, QUICK)
    rounds = [ways, *([("eager", LONG)] if card else [])]
    for chosen in rounds:
        for network in networks:
            for batch in batches:
                measured.append(bench(clock, network, batch, chosen, card, asked.small or not card))
                results["bench"] = measured
                place = write(results)
    print(place.read_text(encoding="utf-8"))
    rows = results["checks"]
    assert isinstance(rows, list)
    failed = sum(row["verdict"] == "failed" for row in rows)
    print(f"{place} and the .json beside it are to be committed under benchmarks/gpu/results" if card else "no card: nothing to commit")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
