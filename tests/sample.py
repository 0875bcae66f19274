"""Which part of a long list of cases `make test` runs. `make campaign` runs all of it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TypeVar

import pytest

Case = TypeVar("Case")

EVERYTHING = os.environ.get("ARCHC_CAMPAIGN") == "1"

only_in_campaign = pytest.mark.skipif(not EVERYTHING, reason="takes long: `make campaign`")
"""Of what a shorter test shows by an example."""


def sample(cases: Iterable[Case], begin: int = 0, one_in: int = 8) -> list[Case]:
    """One case in eight, in order; tests that begin at different places run different ones of the shipped networks, so that each runs somewhere."""
    rows = list(cases)
    return rows if EVERYTHING else rows[begin % one_in :: one_in]
