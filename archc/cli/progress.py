"""What a long command is at: one line on a terminal, written over and wiped at the end; nothing elsewhere, and nothing with `-q`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from .face import Face, is_terminal

_WIPE = "\r\x1b[K"
_BAR = 30


@contextmanager
def progress(face: Face) -> Iterator[Callable[[str], None]]:
    """Takes what to show, as often as it changes."""
    if face.quiet or not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield lambda text: None
        return
    try:
        yield lambda text: face.show(_WIPE + text[: _columns() - 1])
    finally:
        face.show(_WIPE)


def bar(done: int, of: int) -> str:
    filled = round(_BAR * done / max(1, of))
    return f"{'█' * filled}{'░' * (_BAR - filled)} {done} of {of}"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
