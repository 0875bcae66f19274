"""What the system around archc refuses (a full disk, a folder that is not yours, memory that ran out), as diagnostics."""

from __future__ import annotations

import errno
import os

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Source

NOT_MADE = frozenset({"F615", "F616", "F617", "F631", "F632", "F671"})
"""Codes of what the machine lacks or refuses: the network is right, and what it was asked for was not made."""

_MAY_NOT = "choose a place where you may write, or change its permissions"
_ROOM = "make room on that disk, or choose another place"

_REMEDIES = {
    errno.EACCES: _MAY_NOT,
    errno.EPERM: _MAY_NOT,
    errno.EROFS: _MAY_NOT,
    errno.ENOSPC: _ROOM,
    errno.EDQUOT: _ROOM,
    errno.EFBIG: "the file would be larger than this disk or `ulimit -f` allows: raise the limit, or choose another place",
    errno.ENOTDIR: "a file is where a folder must be: choose another place",
    errno.EEXIST: "a file is where a folder must be: choose another place",
    errno.EISDIR: "a folder of that name is there: choose another name",
    errno.ENAMETOOLONG: "choose a shorter name",
    errno.ENOENT: "go to a folder that is there (`cd`), or choose another place",
    errno.EMFILE: "raise the limit (`ulimit -n 1024`)",
    errno.ENFILE: "raise the limit of the system, or close other programs",
    errno.EAGAIN: "raise the limit (`ulimit -u`), or close other programs",
    errno.ENOMEM: "close other programs, or use a machine with more memory",
    errno.EBADF: "open it, or send it to a file (`> file`)",
}
"""What helps, by the number of the error."""

_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "bad_alloc")
"""How PyTorch says that the memory ran out."""


def at(place: str) -> Label:
    """The place of what has no text: a file, a device, a stream."""
    return Label(Source(shown(place), "").span(0, 0))


def shown(text: str) -> str:
    """A path, or what tells of one, as messages and documents show it: text, also where its bytes are none."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
    return text


def native(path: str) -> str:
    """A path as this system's functions take it: where its names are not UTF-8 (the locale C), text beyond ASCII stands for its bytes."""
    try:
        return os.fsdecode(path.encode("utf-8", "surrogateescape"))
    except UnicodeError:
        return path


def reason_of(error: OSError | ValueError) -> str:
    return (error.strerror if isinstance(error, OSError) else None) or str(error)


LONGEST_QUOTATION = 160
"""Characters of what another program said that a note hands on."""


def quoted(error: BaseException, line: int = 0) -> str:
    """What another program said, as a note: the kind of the error, and one line of its text (the first, or another) between quotation marks."""
    lines = [" ".join(row.split()) for row in str(error).splitlines() if row.strip()]
    if not lines:
        return f"it raised {type(error).__name__}, without a word"
    text = lines[line]
    text = text if len(text) <= LONGEST_QUOTATION else f"{text[: LONGEST_QUOTATION - 1]}…"
    return f"it says ({type(error).__name__}): “{text}”"


def refused(path: str, error: OSError | ValueError, help: str | None = None) -> Diagnostic:
    """The system does not let an output be written."""
    number = error.errno if isinstance(error, OSError) else None
    advice = help or _REMEDIES.get(number or 0, "choose another place")
    return Diagnostic("F615", f"`{shown(path)}` could not be written: {reason_of(error)}", at(path), help=advice)


EXTRAS = {"onnx": "onnx", "onnxruntime": "onnx", "onnxscript": "onnx", "safetensors": "weights"}
"""The extra of archc that brings a package."""


def installed_by(package: str) -> str:
    """The command that brings a package."""
    extra = EXTRAS.get(package.partition(".")[0])
    return f"`pip install 'archc[{extra}]'`" if extra else f"`pip install {package}`"


def lacking(path: str, package: str) -> Diagnostic:
    """An output is made by a package that is not installed."""
    return Diagnostic(
        "F616",
        f"`{shown(path)}` needs the package `{package}`, which is not installed",
        at(path),
        help=f"install it: {installed_by(package)}",
    )


def of_system(error: BaseException, what: str) -> Diagnostic | None:
    """An exception that is no bug of archc: `what` could not be done because of the machine. None for all others."""
    if isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and any(word in str(error).lower() for word in _OUT_OF_MEMORY)):
        help = "make it smaller (`--batch`, `--input`, `--set`, `--jobs 1`), close other programs, or use a machine with more memory"
        return Diagnostic("F632", f"{what}: the memory ran out", at(what), help=help)
    if isinstance(error, ModuleNotFoundError) and error.name and not error.name.startswith("archc"):
        return lacking(what, error.name)
    if isinstance(error, OSError):
        name = error.filename if isinstance(error.filename, str) and error.filename else None
        where = f" (`{shown(name)}`)" if name else ""
        help = _REMEDIES.get(error.errno or 0, "see that files can be read and written here, and call again")
        return Diagnostic("F631", f"{what}: the system refuses: {reason_of(error)}{where}", at(name or what), help=help)
    return None
