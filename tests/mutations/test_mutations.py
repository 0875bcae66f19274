"""Small edits of every shipped network: never a traceback, nearly always an error at the place.

`ARCHC_MUTATIONS` sets how many edits of each file are tried (a few in `make test`; `python -m tests.mutations` runs the campaign).
"""

from __future__ import annotations

import os
import random
import zlib
from collections import Counter

import pytest

from tests.sample import EVERYTHING, sample

from .edits import edits
from .judge import LIBRARY, confirm, judge

pytestmark = pytest.mark.slow

COUNT = int(os.environ.get("ARCHC_MUTATIONS", "32" if EVERYTHING else "8"))
CONFIRMED = 4  # of the edits of a file that are still legal, so many are run in PyTorch
FILES = sorted(path.stem for path in LIBRARY.glob("*.arch"))


@pytest.mark.parametrize("stem", sample(FILES, 2, 12))
def test_every_edit_is_judged(stem: str) -> None:
    path = LIBRARY / f"{stem}.arch"
    text = path.read_text(encoding="utf-8")
    outcomes: Counter[str] = Counter()
    many = confirmed = 0
    lost = []
    for edit in edits(str(path), text, random.Random(zlib.crc32(stem.encode())), COUNT):
        verdict = judge(str(path), edit)
        outcomes[verdict.outcome] += 1
        if verdict.checked is not None and verdict.checked.program is not None and confirmed < CONFIRMED:
            confirm(verdict.checked.program)
            confirmed += 1
        many += verdict.errors > 3
        if verdict.outcome == "lost":
            assert verdict.first is not None
            lost.append(f"{edit.kind}: {edit.what}\n    {verdict.first.code} {verdict.first.message} at {verdict.first.primary.span}")
    wrong = outcomes["located"] + outcomes["lost"]
    # A few dozen edits are a small sample of each file; the campaign holds the whole library to 98 % and 95 %.
    assert outcomes["lost"] <= max(2, 0.1 * wrong), "\n".join(lost)
    assert many <= max(3, 0.2 * wrong)
