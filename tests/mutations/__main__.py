"""The campaign: `python -m tests.mutations [edits a file]`. Prints the shares and every error that does not lead to its edit."""

from __future__ import annotations

import random
import sys
import time
import zlib
from collections import Counter

from .edits import edits
from .judge import LIBRARY, confirm, judge


def main(count: int) -> None:
    outcomes: Counter[str] = Counter()
    kinds: Counter[tuple[str, str]] = Counter()
    few = slow = confirmed = 0
    lost: list[str] = []
    for path in sorted(LIBRARY.glob("*.arch")):
        text = path.read_text(encoding="utf-8")
        for edit in edits(str(path), text, random.Random(zlib.crc32(path.stem.encode()) + 1), count):
            begin = time.process_time()
            verdict = judge(str(path), edit)
            slow = max(slow, int(1000 * (time.process_time() - begin)))
            outcomes[verdict.outcome] += 1
            kinds[(edit.kind, verdict.outcome)] += 1
            few += 0 < verdict.errors <= 3
            if verdict.checked.program is not None and outcomes["legal"] % 10 == 0:
                confirm(verdict.checked.program)
                confirmed += 1
            if verdict.first is not None and verdict.outcome == "lost":
                what = f"{edit.kind}: {path.name}{edit.what.removeprefix(str(path))}"
                lost.append(f"{what}\n    {verdict.first.code} {verdict.first.message} at {verdict.first.primary.span.line}")
    wrong = outcomes["located"] + outcomes["lost"]
    total = sum(outcomes.values())
    print(f"{total} edits: {outcomes['legal']} legal, {wrong} errors, of which {outcomes['located']} lead to the edit ({100 * outcomes['located'] / wrong:.2f} %)")
    print(f"judged right: {100 * (total - outcomes['lost']) / total:.2f} %; at most 3 errors: {100 * few / wrong:.2f} %; the slowest took {slow} ms")
    print(f"{confirmed} of the legal ones were run in PyTorch: the shapes are those that archc gave")
    for (kind, outcome), number in sorted(kinds.items()):
        print(f"  {kind}: {outcome} {number}")
    print("\n".join(lost))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 100)
