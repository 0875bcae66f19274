"""Where in the model's own source something stands: the line that an error came from, and how a message gives a place."""

from __future__ import annotations

import os
import sys
import traceback
from functools import cache
from pathlib import Path

import torch

HOME = Path(__file__).resolve().parents[2]
OURS = tuple(f"{HOME / room}{os.sep}" for room in ("archc", "compiler", "dsl"))
"""Where archc's own files are, whose lines are nobody else's."""


@cache
def is_ours(file: str) -> bool:
    """Whether a file is one of archc's, or a module that it wrote to run."""
    return file.startswith("<archc ") or os.path.realpath(file).startswith(OURS)


def home_of(kind: type) -> str:
    """The module of a class; of a script that is run, by its file. "" where it has none, as what is typed in."""
    home = kind.__module__
    if home != "__main__":
        return home
    file = str(getattr(sys.modules.get(home), "__file__", None) or "")
    return "" if not file or is_ours(file) else os.path.splitext(os.path.basename(file))[0]


def stopped_at(error: BaseException) -> list[tuple[str, int]]:
    """The line of the model's own source that an error came from, where there is one."""
    rows = [(row.filename, row.lineno or 0) for row in traceback.extract_tb(error.__traceback__)]
    others = (os.path.dirname(torch.__file__), os.path.dirname(os.__file__) + os.sep, "<")
    packages = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)  # within the folder of Python's own
    return [
        row
        for row in rows
        if not is_ours(row[0])
        and not row[0].startswith(others[:1])
        and (not row[0].startswith(others[1:]) or any(part in row[0] for part in packages))
    ][-1:]


def place_of_line(line: tuple[str, int]) -> str:
    """The place in the model's source, from the package on: no path of this machine."""
    parts = line[0].replace("\\", "/").split("/")
    start = parts.index("site-packages") + 1 if "site-packages" in parts else len(parts) - 1
    return f"{'/'.join(parts[start:])}:{line[1]}"
