"""The campaigns. `python -m tests.soundness [programs]` prints the verdicts, and every program on which archc and PyTorch disagree;
`python -m tests.soundness memory [networks] [first]` every network whose training peak is told too low, or over 3 % too high."""

from __future__ import annotations

import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from .programs import Maker
from .test_soundness import agrees
from .training import training

PARTS = 100


def part(number: int, count: int) -> tuple[Counter[str], list[str]]:
    """Other programs than those of the tests."""
    verdicts: Counter[str] = Counter()
    stories = []
    for each in range(count):
        try:
            verdicts[agrees(Maker(random.Random(f"{number} {each}")).program())] += 1
        except AssertionError as disagreement:
            stories.append(str(disagreement))
    return verdicts, stories


def main(count: int = 20_000) -> int:
    total: Counter[str] = Counter()
    wrong = 0
    with ProcessPoolExecutor() as pool:
        for verdicts, stories in pool.map(part, range(PARTS), repeat(max(1, count // PARTS))):
            print("\n".join([*stories, ""]) if stories else "", end="", flush=True)
            total += verdicts
            wrong += len(stories)
    shares = ", ".join(f"{name} {number}" for name, number in sorted(total.items()))
    print(f"{total.total() + wrong} programs: PyTorch's verdicts are {shares}; archc disagrees on {wrong}")
    return int(wrong > 0)


def memory(count: int = 1500, first: int = 0) -> int:
    tried = under = over = 0
    for number in range(first, first + count):
        row = training(number)
        if row is None:
            continue
        tried += 1
        if not row.holds:
            print(row.story(), flush=True)
            under += row.told < row.measured
            over += row.told > row.measured
    print(f"{count} networks, of which {tried} learn: {under} are told too low, {over} over 3 % too high")
    return int(under + over > 0)


if __name__ == "__main__":
    memory_alone = sys.argv[1:2] == ["memory"]
    sys.exit(memory(*map(int, sys.argv[2:])) if memory_alone else main(*map(int, sys.argv[1:])))
