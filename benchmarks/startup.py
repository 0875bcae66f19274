"""How long `archc check` takes, whole process, in starts of a bare interpreter; and where the time goes.

    python benchmarks/startup.py [--rounds 15]

All legs run in turns in one run, so that a busy machine slows all alike; the table prints medians of the ratios of each
round. `bare twice` is the bare interpreter again: how far it is from 1 is the noise. Bytecode is written first, as an
installation does.
"""

from __future__ import annotations

import argparse
import compileall
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

ROOT = Path(__file__).parent.parent

LEGS: dict[str, tuple[str, ...]] = {
    "bare twice": ("-c", "pass"),
    "import dataclasses": ("-c", "import dataclasses"),
    "import click": ("-c", "import click"),
    "import lark": ("-c", "import lark"),
    "import networkx": ("-c", "import networkx"),
    "archc --version": ("-m", "archc", "--version"),
    "archc check resnext50": ("-m", "archc", "check", "architectures/resnext50.arch"),
    "archc check inception_v4": ("-m", "archc", "check", "architectures/inception_v4.arch"),
}


def seconds(arguments: Sequence[str]) -> float:
    start = time.perf_counter()
    subprocess.run([sys.executable, *arguments], cwd=ROOT, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=15)
    rounds: int = parser.parse_args().rounds
    for folder in ("archc", "compiler", "dsl", "grammar"):
        compileall.compile_dir(ROOT / folder, quiet=2)
    ratios: dict[str, list[float]] = {leg: [] for leg in LEGS}
    bare = []
    for _ in range(rounds + 1):
        bare.append(seconds(("-c", "pass")))
        for leg, arguments in LEGS.items():
            ratios[leg].append(seconds(arguments) / bare[-1])
    print(f"bare interpreter: {median(bare[1:]) * 1000:.1f} ms, {rounds} rounds, Python {sys.version.split()[0]}")
    for leg, values in ratios.items():
        rows = sorted(values[1:])  # the first round warms the disk's cache
        print(f"{leg:<26} {median(rows):6.2f}  ({rows[len(rows) // 4]:.2f} to {rows[-1 - len(rows) // 4]:.2f})")


if __name__ == "__main__":
    main()
