"""Networks of the last years are short texts: as long as their figures need, and no longer."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.compiler.files.library import path


@pytest.mark.parametrize(
    ("file", "most"), [("swin", 60), ("vit", 20), ("ddpm", 60), ("hrnet_w18", 45), ("yolov8n", 60), ("gpt2_small", 20)]
)
def test_lines_of_a_network(file: str, most: int) -> None:
    """Without comments, blank lines, and the lines that name a size of the family each (`network vit_b_32 = vit(patch = 32)`)."""
    lines = [line.strip() for line in path(file).read_text(encoding="utf-8").splitlines()]
    said = [line for line in lines if line and not line.startswith("#") and not re.match(r"network \w+ = ", line)]
    assert len(said) <= most


def test_the_page_of_the_language_is_read_in_twenty_minutes() -> None:
    """At two hundred words a minute, code counted as text."""
    page = Path(__file__).parents[2] / "docs" / "language.md"
    assert len(page.read_text(encoding="utf-8").split()) <= 4000
