"""The campaigns. `python -m tests.soundness [programs]` prints the verdicts, and every program on which archc and PyTorch disagree;
`python -m tests.soundness memory [networks] [first]` every network of which a peak of memory is told too low, or over 3 % too high, and
`… fitted [networks] [first]` the same of networks with axes of size 1 and steps that are made to fit the tensor before them: patterns of
`rearrange` and `einsum`, attention from its parts, masks."""

from __future__ import annotations

import random
import sys
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from itertools import repeat

from .programs import Maker
from .test_soundness import agrees
from .training import inference, training

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


def memory(count: int = 1500, first: int = 0, fitted: bool = False) -> int:
    learn = under = over = 0
    for number in range(first, first + count):
        rows = (inference(number, fitted), training(number, fitted))
        learn += rows[1] is not None
        for row in rows:
            if row is not None and not row.holds:
                print(row.story(), flush=True)
                under += row.told < row.measured
                over += row.told > row.measured
    print(f"{count} networks, of which {learn} learn: {under} peaks are told too low, {over} over 3 % too high")
    return int(under + over > 0)


if __name__ == "__main__":
    mode, numbers = (sys.argv[1], sys.argv[2:]) if sys.argv[1:2] in (["memory"], ["fitted"]) else ("", sys.argv[1:])
    sys.exit(memory(*map(int, numbers), fitted=mode == "fitted") if mode else main(*map(int, numbers)))
