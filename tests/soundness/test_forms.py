"""As `test_soundness.py`, of what came to the language late."""

from __future__ import annotations

import os
import random
from collections import Counter

import pytest

from archc.reporting.terminal import to_text
from tests.sample import EVERYTHING
from tests.support import checked

from .form_oracle import run
from .forms import FormMaker, FormProgram
from .oracle import Refused, Stricter

pytestmark = pytest.mark.slow

PROGRAMS = int(os.environ.get("ARCHC_PROGRAMS", "5000" if EVERYTHING else "500"))
PARTS = 5


def agrees(program: FormProgram) -> str:
    """PyTorch's verdict, which archc must share."""
    text = program.write()
    try:
        expected, detail = "runs", str(run(program))
    except Refused as refused:
        expected, detail = "refused", str(refused)
    except Stricter as stricter:
        expected, detail = "stricter", str(stricter)
    found = checked(text, "random.arch")
    story = f"{text}\nPyTorch: {expected} {detail}\narchc:\n{to_text(found.diagnostics)}"
    if expected == "runs":
        assert found.program is not None, story
        assert str(found.program.nodes[-1].shape) == detail, f"{story}\n{found.program.nodes[-1].shape}"
    else:
        assert found.has_errors, story
        assert all(row.code[0] in "EW" for row in found.diagnostics), story
    return expected


@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs_of_newer_forms(part: int) -> None:
    verdicts = Counter(agrees(FormMaker(random.Random(f"forms {part} {number}")).program()) for number in range(PROGRAMS // PARTS))
    assert min(verdicts["runs"], verdicts["refused"], verdicts["stricter"]) > PROGRAMS // PARTS // 20, verdicts
