"""What is said of files that were made, or could not be."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import TYPE_CHECKING

from .face import Face

if TYPE_CHECKING:
    from ..dsl.diagnostics import Diagnostic


def guarded(path: str, make: Callable[[], tuple[Diagnostic, ...]]) -> tuple[Diagnostic, ...]:
    """What `make` says; where the system refuses to write, that."""
    from ..compiler.outputs import refused

    try:
        return make()
    except OSError as error:
        return (refused(path, error),)


def told(face: Face, path: str, what: str) -> None:
    face.tell(f"{path}: {what}, {size_of(path)}")


def size_of(path: str) -> str:
    """`97.9 MB`, as file managers count."""
    size = float(os.path.getsize(path))
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
