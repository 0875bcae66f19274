"""What a long command is at: one line on a terminal, written over and wiped at the end; elsewhere a line now and then; nothing with `-q`."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

from .face import Face, is_terminal

_WIPE = "\r\x1b[K"
_BAR = 30

FIRST_LINE = 10.0
"""Seconds after which a command tells what it is at where there is no terminal."""


@contextmanager
def progress(face: Face) -> Iterator[Callable[[str], None]]:
    """Takes what to show, as often as it changes."""
    if face.quiet:
        yield lambda text: None
        return
    if not is_terminal(sys.stderr) or os.environ.get("TERM") == "dumb":
        yield _now_and_then(face)
        return
    try:
        yield lambda text: face.show(_WIPE + text[: _columns() - 1])
    finally:
        face.show(_WIPE)


def _now_and_then(face: Face) -> Callable[[str], None]:
    """A line of its own after ten seconds, then after twice as long each time: who waits knows, and a log stays short."""
    wait, due = FIRST_LINE, monotonic() + FIRST_LINE

    def show(text: str) -> None:
        nonlocal wait, due
        if monotonic() >= due:
            wait *= 2
            due = monotonic() + wait
            face.say(text)

    return show


def bar(done: int, of: int) -> str:
    filled = round(_BAR * done / max(1, of))
    return f"{'█' * filled}{'░' * (_BAR - filled)} {done} of {of}"


def _columns() -> int:
    try:
        return os.get_terminal_size(sys.stderr.fileno()).columns or 80
    except (OSError, ValueError):
        return 80
