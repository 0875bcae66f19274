"""The lecture's page is what its script computes."""

from __future__ import annotations

import runpy
import shlex
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli import group

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "docs"))  # the script's own folder, as when it is run
try:
    SCRIPT = runpy.run_path(str(ROOT / "docs" / "lecture.py"))
finally:
    sys.path.remove(str(ROOT / "docs"))


def test_page_is_fresh() -> None:
    assert (ROOT / "docs" / "lecture.md").read_text() == SCRIPT["page"]()


def test_verdicts() -> None:
    """All 48 claims, and the nine that do not hold as the lecture has them."""
    claims = [claim for rows in SCRIPT["claims"]().values() for claim in rows]
    assert len({claim.name for claim in claims}) == 48
    assert [claim.name for claim in claims if not claim.holds] == ["V3", "V5", "V6", "G5", "G10", "I3", "R3", "R4", "X1"]
    assert all(claim.remark for claim in claims if not claim.holds)
    assert all(claim.computed for claim in claims)


@pytest.mark.parametrize("command", [part for _, _, line in SCRIPT["SECTIONS"] for part in line.split("; ")])
def test_commands_of_the_page_work(command: str) -> None:
    name, *arguments = shlex.split(command)
    assert name == "archc"
    result = CliRunner().invoke(group, arguments)
    assert result.exit_code == 0, result.output
    assert result.stdout
