"""A picture is the same in every process: Python hands out the members of a set in another order in each."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archc.compiler.files.library import names as shipped
from tests.sample import sample

SUMS = """
import hashlib, sys
from archc.compiler.draw.diagram import Options, draw_text
from archc.compiler.driver import check
for name in sys.argv[1:]:
    for level in ("stage", "block", "op"):
        found = draw_text(check(name).graph, "dot", Options(level=level))
        print(name, level, hashlib.sha256(found.data or b"").hexdigest())
"""


@pytest.mark.slow
def test_pictures_are_the_same_under_every_seed_of_hashes() -> None:
    names = ["segnet", *sample(sorted(shipped()), 5, 12)]

    def sums(seed: str) -> list[str]:
        words = [sys.executable, "-c", SUMS, *names]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        return subprocess.run(
            words, capture_output=True, check=True, text=True, env=environment, cwd=Path(__file__).parents[2]
        ).stdout.splitlines()

    one, other = sums("1"), sums("3")
    assert len(one) == 3 * len(names)
    assert [row for row, again in zip(one, other, strict=True) if row != again] == []
