"""Where in the model's own source something stands: the line that an error came from, and how a message gives a place."""

from __future__ import annotations

import os
import traceback
from pathlib import Path

import torch


def stopped_at(error: BaseException) -> list[tuple[str, int]]:
    """The line of the model's own source that an error came from, where there is one."""
    rows = [(row.filename, row.lineno or 0) for row in traceback.extract_tb(error.__traceback__)]
    others = (os.path.dirname(torch.__file__), str(Path(__file__).parent), os.path.dirname(os.__file__) + os.sep, "<")
    packages = (os.sep + "site-packages" + os.sep, os.sep + "dist-packages" + os.sep)  # within the folder of Python's own
    return [
        row
        for row in rows
        if not row[0].startswith(others[:2]) and (not row[0].startswith(others[2:]) or any(part in row[0] for part in packages))
    ][-1:]


def place_of_line(line: tuple[str, int]) -> str:
    """The place in the model's source, from the package on: no path of this machine."""
    parts = line[0].replace("\\", "/").split("/")
    start = parts.index("site-packages") + 1 if "site-packages" in parts else len(parts) - 1
    return f"{'/'.join(parts[start:])}:{line[1]}"
