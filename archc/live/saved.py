"""The file that is watched, as it stands on the disk: its text, whether it and what took part in its answers changed, and new text for it."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable

from ..base.diagnostics import Diagnostic
from ..base.records import dataclass
from ..base.source import Source
from ..compiler.files.locate import Target, read
from ..compiler.files.system_errors import at, native
from ..compiler.files.write import rewrite, write
from ..reporting.error import ArchError

Stamp = tuple[int, int, int] | None
"""What tells that a file was written anew; None where there is none."""


@dataclass(frozen=True, slots=True)
class Saved:
    """What a look at the disk gave. `text` is None where there is no such file, or none that can be read; `trouble` tells why."""

    text: str | None
    trouble: Diagnostic | None
    version: str


def saved(target: Target) -> Saved:
    """The file's text now."""
    source = read(target)
    if isinstance(source, Diagnostic):
        return Saved(None, source, "")
    return Saved(source.text, None, _version(source.text))


def save(target: Target, text: str, over: str | None) -> Saved | None:
    """Writes the text, whole or not at all. `over` is the version that the writer last saw: None is given back, and nothing is written, where
    the file is another one by now; without `over` it is written all the same. Raises `ArchError` (F615)."""
    if target.is_shipped:
        word = os.path.basename(target.path).removesuffix(".arch")
        help = f"`archc new my_{word} --from {word}` begins a variant of your own"
        raise ArchError((Diagnostic("F615", f"`{target.name}` could not be written: it comes with archc", at(target.name), help=help),))
    before = saved(target)
    if before.trouble is not None and before.trouble.code != "F611":
        raise ArchError((before.trouble,))  # what is no text is not written over
    if over is not None and before.version != over:
        return None
    text = Source.of(target.name, text.encode("utf-8", "replace").decode()).text
    if not rewrite(target.path, text):
        write(target.path, text)
    return Saved(text, None, _version(text))


def stamps(paths: Iterable[str]) -> dict[str, Stamp]:
    """When each file was last written, as far as the disk tells."""
    return {path: _stamp(path) for path in paths}


def _stamp(path: str) -> Stamp:
    try:
        found = os.stat(native(path))
    except (OSError, ValueError):
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


def _version(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
