"""What is said of files that were made."""

from __future__ import annotations

import os

from .face import Face


def told(face: Face, path: str, what: str) -> None:
    face.tell(f"{path}: {what}, {size_of(path)}")


def size_of(path: str) -> str:
    """`97.9 MB`, as file managers count."""
    from ..compiler.files.system_errors import native

    size = float(os.path.getsize(native(path)))
    for unit in ("bytes", "kB", "MB", "GB"):
        if size < 1000 or unit == "GB":
            break
        size /= 1000
    return f"{size:,.0f} {unit}" if unit == "bytes" else f"{size:,.1f} {unit}"
