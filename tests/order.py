"""The order of the tests: the longest files first."""

from __future__ import annotations

import pytest

LONGEST = (
    "tests/conformance/test_equal.py",  # and the largest: a process that has run nothing else has room for it
    "tests/faults/test_campaign.py",
    "tests/live/test_watch_page.py",
    "tests/emit/fast/test_answers.py",
    "tests/analysis/test_memory.py",
    "tests/soundness/test_numbers.py",
    "tests/draw/test_font.py",
    "tests/soundness/test_soundness.py",
    "tests/soundness/test_reuse.py",
    "tests/mutations/test_mutations.py",
    "tests/exercises/test_exercises.py",
    "tests/quantize/test_answers.py",
    "tests/analysis/test_flops.py",
    "tests/importer/test_libraries.py",
)
"""These files begin first. Two processes share the files, and one that takes a minute and begins last leaves the other with nothing to do."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.nodeid.split("::")[0], len(LONGEST)))
