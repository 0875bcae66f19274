"""Every code of a diagnostic, with its manual page: `archc explain E301` prints one.

E1xx syntax, E2xx names, parameters and values, E3xx shapes, E4xx limits and structure, W5xx warnings, F6xx files and
calls. The rows stand in `codes_*.py`, by subject.
"""

from __future__ import annotations

from importlib import import_module
from typing import Final

from .records import dataclass


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of mistake. The texts are Markdown; `example` is an `.arch` text that provokes it."""

    code: str
    title: str
    explanation: str
    example: str
    remedy: str


SUBJECTS: Final = (
    "codes_syntax",
    "codes_names",
    "codes_shapes",
    "codes_limits",
    "codes_costs",
    "codes_warnings",
    "codes_drawing",
    "codes_files",
    "codes_weights",
)


def _rows() -> tuple[Code, ...]:
    """All rows, in the order of the subjects. They need `Code`, so they are read after it is made."""
    rows: list[Code] = []
    for subject in SUBJECTS:
        rows += import_module(f".{subject}", __package__).ROWS
    return tuple(rows)


CODES: Final[dict[str, Code]] = {row.code: row for row in _rows()}
