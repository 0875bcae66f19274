"""The campaign: `python -m tests.mutations [edits a file [one in so many legal ones is run in PyTorch [files]]]`.

Prints the shares and every error that does not lead to its edit.
"""

from __future__ import annotations

import random
import sys
import time
import zlib
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from itertools import repeat
from pathlib import Path

import torch

from .edits import edits
from .judge import LIBRARY, Verdict, confirm, judge


@dataclass(slots=True)
class Tally:
    """What became of the edits of a file, or of all."""

    kinds: Counter[tuple[str, str]] = field(default_factory=Counter)
    different: int = 0  # texts: a short file has not thousands of numbers to change, so that some edits come twice
    few: int = 0  # edits that gave one to three errors
    slowest: int = 0  # milliseconds
    confirmed: int = 0
    lost: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)  # legal, and PyTorch does not run it so

    def add(self, other: Tally) -> None:
        self.kinds += other.kinds
        self.different += other.different
        self.few += other.few
        self.slowest = max(self.slowest, other.slowest)
        self.confirmed += other.confirmed
        self.lost += other.lost
        self.refused += other.refused

    def count(self, outcome: str) -> int:
        return sum(number for (_, each), number in self.kinds.items() if each == outcome)


def run(path: Path, count: int, one_in: int) -> Tally:
    torch.set_num_threads(1)
    tally = Tally()
    known: dict[str, Verdict] = {}
    lost: Counter[str] = Counter()
    for edit in edits(str(path), path.read_text(encoding="utf-8"), random.Random(zlib.crc32(path.stem.encode()) + 1), count):
        again = known.get(edit.text)
        begin = time.process_time()
        verdict = again or judge(str(path), edit)
        known[edit.text] = replace(verdict, checked=None)
        tally.slowest = max(tally.slowest, int(1000 * (time.process_time() - begin)))
        tally.kinds[(edit.kind, verdict.outcome)] += 1
        tally.few += 0 < verdict.errors <= 3
        if verdict.checked is not None and verdict.checked.program is not None and tally.count("legal") % one_in == 0:
            tally.confirmed += 1
            try:
                confirm(verdict.checked.program)
            except Exception as problem:  # whatever PyTorch raises is a finding, and the campaign goes on
                tally.refused.append(f"PyTorch refuses {edit.kind}: {edit.what}\n    {type(problem).__name__}: {problem}")
        if verdict.first is not None and verdict.outcome == "lost":
            what = f"{edit.kind}: {path.name}{edit.what.removeprefix(str(path))}"
            lost[f"{what}\n    {verdict.first.code} {verdict.first.message} at {verdict.first.primary.span.line}"] += 1
    tally.different = len(known)
    tally.lost = [f"{number} x {what}" for what, number in lost.items()]
    return tally


def main(count: int = 100, one_in: int = 10, *files: str) -> None:
    paths = [LIBRARY / f"{file}.arch" for file in files] or sorted(LIBRARY.glob("*.arch"))
    total = Tally()
    with ProcessPoolExecutor() as pool:
        for path, tally in zip(paths, pool.map(run, paths, repeat(count), repeat(one_in)), strict=True):
            shares = f"{tally.count('legal')} legal, {tally.count('located')} lead to the edit, {tally.count('lost')} do not"
            print("\n".join([f"{path.name}: {shares}", *tally.lost, *tally.refused]), flush=True)
            total.add(tally)
    legal, located, lost = (total.count(outcome) for outcome in ("legal", "located", "lost"))
    wrong = located + lost
    print(f"{legal + wrong} edits ({total.different} texts): {legal} legal, {wrong} errors")
    print(f"the first error leads to the edit: {100 * located / wrong:.2f} %; at most 3 errors: {100 * total.few / wrong:.2f} %")
    agree = total.confirmed - len(total.refused)
    print(
        f"the slowest took {total.slowest} ms; {total.confirmed} of the legal ones were run in PyTorch: {agree} with the shapes that archc gave"
    )
    for (kind, outcome), number in sorted(total.kinds.items()):
        print(f"  {kind}: {outcome} {number}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *sys.argv[3:])
