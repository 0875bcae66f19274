"""Files that appear whole or not at all."""

from __future__ import annotations

import codecs
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

from ..dsl.diagnostics import Diagnostic, Label
from ..dsl.source import Source


@contextmanager
def whole(path: str) -> Iterator[str]:
    """A place to write to, of the same name, in a folder of its own beside `path`; what is there at the end is moved to `path`.

    The name stays because some formats (TorchScript's archive) keep it inside the file.
    """
    folder = os.path.dirname(os.path.abspath(path))
    os.makedirs(folder, exist_ok=True)
    room = tempfile.mkdtemp(prefix=".archc-", dir=folder)
    try:
        draft = os.path.join(room, os.path.basename(path))
        yield draft
        os.replace(draft, path)
    finally:
        shutil.rmtree(room, ignore_errors=True)


def write(path: str, data: str | bytes) -> None:
    """Text as UTF-8 with LF line ends, on every system."""
    with whole(path) as draft, open(draft, "wb") as stream:
        stream.write(data.encode() if isinstance(data, str) else data)


def rewrite(path: str, text: str) -> bool:
    """New text for a person's own file: its line ends, its byte-order mark and its permissions stay, and so does a link to it.

    False for what is no file: a pipe, a device.
    """
    path = os.path.realpath(path)
    if not os.path.isfile(path):
        return False
    with open(path, "rb") as stream:
        before = stream.read()
    if b"\r\n" in before:
        text = text.replace("\n", "\r\n")
    mark = codecs.BOM_UTF8 if before.startswith(codecs.BOM_UTF8) else b""
    with whole(path) as draft:
        with open(draft, "wb") as stream:
            stream.write(mark + text.encode())
        os.chmod(draft, os.stat(path).st_mode & 0o7777)
    return True


def refused(path: str, error: OSError) -> Diagnostic:
    """The system does not let an output be written."""
    reason = error.strerror or str(error)
    place = Label(Source(path, "").span(0, 0))
    return Diagnostic("F615", f"`{path}` could not be written: {reason}", place, help="choose another place with `-o`, or make room")


def lacking(path: str, package: str) -> Diagnostic:
    """An output is made by a package that is not installed."""
    place = Label(Source(path, "").span(0, 0))
    return Diagnostic("F616", f"`{path}` needs the package `{package}`, which is not installed", place, help=f"install it: `pip install {package}`")
