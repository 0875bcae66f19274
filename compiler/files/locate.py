"""Files to sources: which file is meant, and its text.

A file is named by its path, or is one of the shipped library by its name alone. Whatever is wrong with it is a
diagnostic; nothing here raises.
"""

from __future__ import annotations

import errno
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import field
from functools import cache
from types import MappingProxyType
from typing import TextIO

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.records import dataclass
from ...base.source import Source
from ...reporting.error import ArchError
from ..ops.suggest import did_you_mean
from .near_names import near_networks
from .system_errors import native, reason_of, shown

SUFFIX = ".arch"

STDIN = "<stdin>"
"""What messages call the text of standard input, which `-` names."""

LARGEST_FILE = 8 * 2**20
"""Bytes of the largest file that is read."""

LARGEST_TABLE = 256 * 2**20
"""The same of a list of variants, a journal, a profile, which programs write. A device (`/dev/zero`) has no end."""

LIBRARY = os.path.join(os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__)))), "architectures")
"""The folder of the shipped networks."""

LIBRARY_NAME = "archc/architectures"
"""What messages call that folder: the same on every machine."""


@dataclass(frozen=True, slots=True)
class Target:
    """What a person named: a file, and perhaps one network in it. `name` is how messages call the file."""

    path: str
    name: str
    network: str | None = None

    @property
    def is_shipped(self) -> bool:
        """Whether it belongs to the library, which no command changes."""
        return self.name.startswith(LIBRARY_NAME + "/")


def shipped() -> tuple[str, ...]:
    """The names of the files of the library, sorted."""
    return tuple(sorted(name.removesuffix(SUFFIX) for name in os.listdir(LIBRARY) if name.endswith(SUFFIX)))


_PRESET = re.compile(r"^network (\w+) =", re.MULTILINE)


@cache
def presets() -> Mapping[str, str]:
    """The presets of the library's families (`network efficientnet_b3 = efficientnet(…)`), each with the name of its file."""
    found: dict[str, str] = {}
    for name in shipped():
        with open(os.path.join(LIBRARY, name + SUFFIX), encoding="utf-8") as stream:
            found |= {preset: name for preset in _PRESET.findall(stream.read()) if preset != name}
    return MappingProxyType(dict(sorted((preset, name) for preset, name in found.items())))


_BLOCK = re.compile(r"^block (\w+)", re.MULTILINE)
_IMPORTED = re.compile(r"^(?:from|import) (\w+)", re.MULTILINE)


def file_of_block(block: str, near: str) -> str | None:
    """The file of the library that defines a block: of several one that the file `near` imports from, else none."""
    texts = {}
    for name in shipped():
        with open(os.path.join(LIBRARY, name + SUFFIX), encoding="utf-8") as stream:
            texts[name] = stream.read()
    found = [name for name, text in texts.items() if block in _BLOCK.findall(text)]
    imported = _IMPORTED.findall(texts.get(near, ""))
    return next((name for name in found if len(found) == 1 or name in imported), None)


def known_names() -> tuple[str, ...]:
    """What a word may name of the library: its files and the presets in them."""
    return tuple(sorted({*shipped(), *presets()}))


MODELS = (".pt2", ".onnx", ".json")
"""How files end whose models can be imported; a folder is one that `archc build` made."""

OTHER_FILES = (
    (
        (".pt", ".pth", ".ckpt", ".bin", ".safetensors"),
        "a TorchScript module or weights",
        "name the folder that `archc build` wrote, the JSON in it, or a model: `model.pt2`, `model.onnx`, `my_net.py:Net`; "
        "`archc build` and `verify` take weights with `--weights`",
    ),
    ((".py",), "Python", "name what makes the model as well: `my_net.py:Net`"),
    ((".svg", ".png", ".pdf", ".dot"), "a picture", "name the file that it was drawn from"),
)
"""Files that are given to a command for their network, which they do not hold, or not so that it can be read."""


def is_text(word: str) -> bool:
    """Whether it is the text of a network itself: names of files end in `.arch`, or have neither braces nor line ends."""
    return not re.search(r"\.arch(:\w+)?\Z", word) and ("{" in word or "\n" in word)


def find(file: str) -> Target:
    """`path.arch`, `path.arch:network`, a shipped network by name, or `-`. What is found nowhere is a path all the same: reading it tells."""
    path, network = _parted(file)
    if path == "-":
        return Target(path, STDIN, network)
    if _is_word(path):
        if os.path.isfile(os.path.join(LIBRARY, path + SUFFIX)):
            return _of_library((path,), network)
        if path in presets():
            return _of_library((presets()[path],), network or path)
    return Target(path, shown(path), network)


def _parted(file: str) -> tuple[str, str | None]:
    path, colon, network = file.rpartition(":")
    # The drive letter of `C:\nets\my.arch` is no file.
    if colon and _is_word(network) and (path == "-" or path.endswith(SUFFIX) or (_is_word(path) and len(path) > 1)):
        return path, network
    return file, None


def _is_word(text: str) -> bool:
    return text.isidentifier()


def _of_library(path: tuple[str, ...], network: str | None = None) -> Target:
    return Target(os.path.join(LIBRARY, *path) + SUFFIX, f"{LIBRARY_NAME}/{'/'.join(path)}{SUFFIX}", network)


def read(target: Target) -> Source | Diagnostic:
    """The text of the file, or why there is none."""
    if is_text(target.path) and not os.path.exists(target.path):
        where = Target(target.path, "the call")
        return _trouble(
            where,
            "F611",
            "this is the text of a network, and the name of a file is wanted",
            f"save it as `net{SUFFIX}`, or give it on standard input, to `-`",
        )
    for endings, what, remedy in OTHER_FILES:
        if target.path.lower().endswith(endings) and os.path.isfile(target.path):
            return _trouble(target, "F613", f"`{target.name}` is {what}, not a `{SUFFIX}` file", remedy)
    try:
        if target.name == STDIN:
            data = standard_input()
        else:
            with open(target.path, "rb") as stream:
                data = stream.read(LARGEST_FILE + 1)
    except FileNotFoundError:
        if not target.path.strip():
            return _trouble(
                target, "F611", "the name of the file is empty", "name a file; `archc list` shows the networks that come with archc"
            )
        return _trouble(target, "F611", f"there is no file `{target.name}`", _where_else(target))
    except IsADirectoryError:
        return _trouble(target, "F612", f"`{target.name}` is a folder", _files_in(target))
    except (OSError, ValueError) as error:  # ValueError: a NUL in the path
        return _trouble(target, "F612", f"`{target.name}` cannot be read: {reason_of(error)}", "name a file that you may read")
    if len(data) > LARGEST_FILE:
        limit = f"{LARGEST_FILE // 2**20} MiB"
        return _trouble(target, "F614", f"`{target.name}` is larger than {limit}", "write repeats as loops, or import parts of it")
    return decode(target.name, data)


def text_of(path: str) -> str:
    """The text of another file of a person's (a list of variants, a device), or of standard input for `-`. Raises `ArchError`."""
    target = Target(path, shown(path)) if path != "-" else Target(path, STDIN)
    try:
        if path == "-":
            data = standard_input()
        else:
            with open(path, "rb") as stream:
                data = stream.read(LARGEST_TABLE + 1)
        if len(data) > LARGEST_TABLE:
            limit = f"{LARGEST_TABLE // 2**20} MiB"
            raise ArchError(
                (_trouble(target, "F614", f"`{target.name}` is larger than {limit}", "name the file that is meant, or a part of it"),)
            )
        return data.decode("utf-8-sig")
    except FileNotFoundError:
        trouble = _trouble(target, "F611", f"there is no file `{target.name}`", "correct the path")
    except IsADirectoryError:
        trouble = _trouble(target, "F612", f"`{target.name}` is a folder", "name a file in it")
    except UnicodeDecodeError as error:
        trouble = _trouble(
            target, "F613", f"`{target.name}` is not UTF-8: its byte {error.start:,} stands for no character", "save it as UTF-8"
        )
    except (OSError, ValueError) as error:
        trouble = _trouble(target, "F612", f"`{target.name}` cannot be read: {reason_of(error)}", "name a file that you may read")
    raise ArchError((trouble,))


_given: dict[TextIO, bytes] = {}
"""What was read of standard input, which can be read once: a file is read again for each of its networks."""


def standard_input() -> bytes:
    """All of it, as far as a file may go."""
    if sys.stdin is None:
        raise OSError(errno.EBADF, os.strerror(errno.EBADF))
    if sys.stdin not in _given:
        _given.clear()
        _given[sys.stdin] = sys.stdin.buffer.read(LARGEST_FILE + 1)
    return _given[sys.stdin]


def decode(name: str, data: bytes) -> Source | Diagnostic:
    """The source that the bytes of a file are."""
    target = Target(name, name)
    for mark, encoding in ((b"\xff\xfe", "UTF-16"), (b"\xfe\xff", "UTF-16")):
        if data.startswith(mark):
            return _trouble(target, "F613", f"`{name}` is {encoding} text, and `{SUFFIX}` files are UTF-8", "save it as UTF-8")
    zero = data.find(b"\0")
    if zero >= 0:
        return _trouble(target, "F613", f"`{name}` is no text: its byte {zero:,} is 0", f"name a `{SUFFIX}` file, saved as UTF-8")
    try:
        return Source.of(name, data.decode("utf-8"))
    except UnicodeDecodeError as error:
        # What stands before the bad byte is good, so its place can be shown.
        source = Source.of(name, data.decode("utf-8", errors="replace"))
        start = len(Source.of(name, data[: error.start].decode("utf-8")).text)
        byte = data[error.start]
        label = Label(source.span(start, start + 1), f"the byte 0x{byte:02X}")
        return Diagnostic("F613", f"`{name}` is not UTF-8: the byte 0x{byte:02X} stands for no character", label, help="save it as UTF-8")


def _trouble(target: Target, code: str, message: str, help: str) -> Diagnostic:
    return Diagnostic(code, message, Label(Source(target.name, "").span(0, 0)), help=help)


def _where_else(target: Target) -> str:
    """What may have been meant by a file that is not there."""
    word = os.path.basename(target.path).removesuffix(SUFFIX)
    known = known_names()
    if word in known:
        return f"`{word}` comes with archc: name it without a path, `{word}`"
    folder = os.path.dirname(target.path)
    beside = {name.removesuffix(SUFFIX): os.path.join(folder, name) for name in _listed(folder)}
    if word in beside:
        return f"did you mean `{beside[word]}`?"
    # What is no folder is a part of the name: `ViT-B/16`.
    near = near_networks(word if not folder or os.path.isdir(folder) else target.path, {*known, *beside})
    return did_you_mean(tuple(beside.get(name, name) for name in near)) or "`archc list` shows the networks that come with archc"


def _files_in(target: Target) -> str:
    models = tuple(ending for ending in MODELS if ending != ".json")  # a folder with a network's JSON is one itself
    names = [os.path.join(target.path, name) for name in _listed(target.path) or _listed(target.path, models)]
    if not names:
        return f"name a `{SUFFIX}` file"
    listed = ", ".join(f"`{name}`" for name in names[:4])
    return f"name a file in it: {listed}{', …' if len(names) > 4 else ''}"


def _listed(folder: str, endings: str | tuple[str, ...] = SUFFIX) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder or ".") if name.endswith(endings))
    except OSError:
        return []


@dataclass(slots=True)
class Imports:
    """The loader of a compile: beside the file that asks, then in the library. It remembers where each text came from.

    `texts` are files that need not be saved (an editor's), by name; they come before those on the disk.
    `sought` are the places beside the asking file where one may be: who follows the files of a compile waits for these too.
    """

    paths: dict[str, str] = field(default_factory=dict)
    texts: dict[str, Source] = field(default_factory=dict)
    sought: set[str] = field(default_factory=set)

    def opened(self, target: Target) -> None:
        self.paths[target.name] = target.path

    def __call__(self, path: tuple[str, ...], asking: Source) -> Source | None:
        target = self._target(path, asking)
        if target is None:
            return None
        self.opened(target)
        source = self.texts.get(target.name) or read(target)
        if isinstance(source, Diagnostic):
            raise Problem(source)
        return source

    def _target(self, path: tuple[str, ...], asking: Source) -> Target | None:
        folder = os.path.dirname(self.paths.get(asking.name, asking.name))
        beside = os.path.join(folder, *path) + SUFFIX
        self.sought.add(beside)
        name = os.path.join(os.path.dirname(asking.name), *path) + SUFFIX
        if name in self.texts or os.path.isfile(beside := native(beside)):
            return Target(beside, name)
        library = _of_library(path)
        if os.path.isfile(library.path):
            return library
        return _of_library((presets()[path[0]],)) if len(path) == 1 and path[0] in presets() else None
