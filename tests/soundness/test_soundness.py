"""The checker is never wrong: what archc accepts runs in PyTorch with the shape it said, what it refuses PyTorch refuses, too.

The refusals that PyTorch does not share are the stricter rules of docs/ops.md, and no others. `ARCHC_PROGRAMS` sets how many
programs are tried (20,000 in `make test`).
"""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from archc.reporting.terminal import to_text
from tests.sample import EVERYTHING
from tests.support import checked

from .oracle import Refused, Stricter, TooLarge, run
from .programs import Maker, RandomProgram

pytestmark = pytest.mark.slow

PROGRAMS = int(os.environ.get("ARCHC_PROGRAMS", "20000" if EVERYTHING else "1500"))
PARTS = 20


def verdict(program: RandomProgram) -> tuple[str, object]:
    """What PyTorch says: `runs` with the shape, `refused` or `stricter` with the reason; `too large` to be tried."""
    try:
        return "runs", run(program)
    except Refused as refused:
        return "refused", str(refused)
    except Stricter as stricter:
        return "stricter", str(stricter)
    except TooLarge as large:
        return "too large", str(large)


def agrees(program: RandomProgram) -> str:
    """The verdict, which archc must share."""
    text = program.write()
    found = checked(text, "random.arch")
    expected, detail = verdict(program)
    story = f"{text}\nPyTorch: {expected} {detail}\narchc:\n{to_text(found.diagnostics)}"
    if expected == "too large":
        return expected
    if expected == "runs":
        assert found.program is not None, story
        output = found.program.nodes[-1]
        assert output.operation.name == "output" and output.shape == detail, f"{story}\n{output.shape}"
    else:
        assert found.has_errors, story
        assert all(row.code[0] in "EW" for row in found.diagnostics), story
    return expected


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part: int) -> None:
    verdicts = Counter(agrees(Maker(random.Random(part * 1_000_003 + number)).program()) for number in range(PROGRAMS // PARTS))
    if PROGRAMS >= 1000:
        assert verdicts["runs"] > PROGRAMS // PARTS // 5 and verdicts["refused"] > 0 and verdicts["too large"] < 5, verdicts
