"""The page on costs is what its script writes."""

from __future__ import annotations

import runpy
from pathlib import Path

import pytest

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.slow
def test_page_is_fresh() -> None:
    """Where it is not: `python docs/costs.py`, and look at the difference."""
    script = runpy.run_path(str(DOCS / "costs.py"))
    assert (DOCS / "costs.md").read_text(encoding="utf-8") == script["page"]()
