"""What a file is, by its first bytes: the names of files lie, and what PyTorch says of a file that it cannot read helps nobody."""

from __future__ import annotations

import json
import os
import re
import struct
import tarfile
import zipfile
from collections.abc import Iterator, Sequence
from enum import Enum

from ....base.diagnostics import Diagnostic
from .shards import indexed, joining
from .told import trouble


class Kind(Enum):
    """How a file of weights is read."""

    SAFETENSORS = "safetensors"
    TORCHSCRIPT = "TorchScript"
    TORCH = "what torch.save wrote"


HEAD = 512
_ENDINGS = (".safetensors", ".pth", ".pt", ".bin", ".ckpt")
MOST_NAMES = 3
_MAGIC_NUMBER = b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19."
"""How files of `torch.save` began before they were zip archives."""

_OTHERS: tuple[tuple[bytes, str], ...] = (
    (b"\x89HDF", "an HDF5 file, as Keras writes them"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"GGUF", "a GGUF file"),
    (b"\x1f\x8b", "compressed by gzip: unpack it first"),
    (b"BZh", "compressed by bzip2: unpack it first"),
    (b"\xfd7zXZ", "compressed by xz: unpack it first"),
    (b"7z\xbc\xaf", "a 7z archive: unpack it first"),
    (b"Rar!", "a RAR archive: unpack it first"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"%PDF", "a PDF"),
)
AGAIN = "download it again"
OURS = "archc reads `.safetensors`, TorchScript, and what `torch.save` wrote: a state_dict, or a checkpoint that holds one"


_TRAINED = {
    "timm:": 'timm.create_model("{}", pretrained=True)',
    "torchvision:": 'torchvision.models.get_model("{}", weights="DEFAULT")',
}
"""How a library makes a model with trained weights."""


def recognise(path: str, name: str) -> Kind | Diagnostic:
    """How the file at `path` is read, or why it is none that archc reads. `name` is what was given, with the part."""
    if os.path.isdir(path):
        return _folder(path)
    if os.path.exists(path) and not os.path.isfile(path):
        return trouble(path, "F621", f"`{path}` is no file but a device or a pipe", "give the path of a file")
    if re.match(r"\w{2,}://", name):
        here = "download it first, and give the path of the file"
        return trouble(name, "F621", f"`{name}` is an address, and weights are read from files of this machine", here)
    if name.startswith(tuple(_TRAINED)) and not os.path.isfile(path):
        library, _, model = name.partition(":")
        save = f'`torch.save({_TRAINED[f"{library}:"].format(model)}.state_dict(), "{model}.pth")` in Python, then `--weights {model}.pth`'
        return trouble(name, "F621", f"`{name}` is a model, and weights are read from files", save)
    if not os.path.isfile(path):
        return trouble(path, "F621", f"there is no file `{path}`", "give the path of a `.pth`, `.pt` or `.safetensors` file")
    try:
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            head = file.read(HEAD)
    except OSError as error:
        return trouble(path, "F621", f"`{path}` cannot be read: {error.strerror}", None)
    if not size:
        return trouble(path, "F621", f"`{path}` is empty", f"a download or a copy was cut short: {AGAIN}")
    if head.startswith(b"PK"):
        return _archive(path, size)
    if head[8:9] == b"{":
        return _safetensors(path, size, head)
    if head.startswith(_MAGIC_NUMBER):
        return Kind.TORCH
    if head[257:262] == b"ustar":
        return _tar(path, size)
    return _other(path, size, head)


def _folder(path: str) -> Diagnostic:
    inside = [name for name in sorted(os.listdir(path)) if name.endswith(_ENDINGS)]
    named = (
        f"give the file in it: `{os.path.join(path, inside[0])}`" if inside else "give the path of a `.pth`, `.pt` or `.safetensors` file"
    )
    return trouble(path, "F621", f"`{path}` is a folder", named)


def _safetensors(path: str, size: int, head: bytes) -> Kind | Diagnostic:
    (length,) = struct.unpack("<Q", head[:8])
    if length > size:
        return _cut_short(path, size, 8 + length)
    try:
        with open(path, "rb") as file:
            file.seek(8)
            rows = json.loads(file.read(length))
        end = max((row["data_offsets"][1] for name, row in rows.items() if name != "__metadata__"), default=0)
    except (ValueError, KeyError, TypeError, IndexError, AttributeError):
        return trouble(path, "F621", f"`{path}` is no safetensors file, though it begins like one", AGAIN)
    return _cut_short(path, size, 8 + length + end) if 8 + length + end > size else Kind.SAFETENSORS


def _cut_short(path: str, size: int, whole: int | None = None) -> Diagnostic:
    of = f", {size:,} bytes of at least {whole:,}" if whole else f" after {size:,} bytes"
    return trouble(path, "F621", f"`{path}` is cut short{of}", f"a download or a copy was broken off: {AGAIN}")


def _archive(path: str, size: int) -> Kind | Diagnostic:
    try:
        with zipfile.ZipFile(path) as archive:
            names = archive.namelist()
    except (zipfile.BadZipFile, OSError):
        return _cut_short(path, size)  # the table of a zip archive stands at its end
    ends = {name.rpartition("/")[2] for name in names}
    if "archive_format" in ends:
        program = "save the `state_dict` of the model, or of `torch.export.load(…)`: `torch.save(model.state_dict(), …)`"
        return trouble(path, "F621", f"`{path}` is a program of torch.export or a compiled package, not weights", program)
    if "constants.pkl" in ends:
        return Kind.TORCHSCRIPT
    if "data.pkl" in ends:
        return Kind.TORCH
    weights = [name for name in names if name.endswith(_ENDINGS)]
    if weights:
        return trouble(
            path, "F621", f"`{path}` is a zip archive that holds {_listed(weights)}", "unpack it, and give the file of weights in it"
        )
    return trouble(path, "F621", f"`{path}` is a zip archive of something else than weights: it holds {_listed(names)}", OURS)


def _tar(path: str, size: int) -> Diagnostic:
    try:
        with tarfile.open(path, "r:") as archive:
            names = archive.getnames()
    except (tarfile.TarError, OSError):
        return _cut_short(path, size)
    if {"storages", "tensors", "pickle"} <= set(names):
        made = "load it and save its state_dict anew in the program that made it: archc reads no pickled object"
        return trouble(path, "F621", f"`{path}` is a file of PyTorch's first versions, a tar archive that holds pickled objects", made)
    weights = [name for name in names if name.endswith(_ENDINGS)]
    if weights:
        said = f"`{path}` is a tar archive that holds {_listed(weights)}"
        return trouble(path, "F621", said, "unpack it, and give the file of weights in it")
    return trouble(path, "F621", f"`{path}` is a tar archive of something else than weights: it holds {_listed(names)}", OURS)


def _listed(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
    return ", ".join(f"`{name}`" for name in names[:MOST_NAMES]) + more if names else "nothing"


def _other(path: str, size: int, head: bytes) -> Diagnostic:
    if head.startswith(b"version https://git-lfs"):
        of = next(
            (f", of the {int(row[5:]):,} bytes of the weights" for row in _lines(head) if row.startswith("size ") and row[5:].isdigit()), ""
        )
        return trouble(
            path,
            "F621",
            f"`{path}` is a Git LFS pointer: {size:,} bytes of text that stand for the file{of}",
            "`git lfs pull` in its repository fetches the file itself",
        )
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith((b"<!doctype", b"<html", b"<?xml", b"<head", b"<script")):
        page = "the address led to a page that leads to the file, or that asks to log in: download the file itself"
        return trouble(path, "F621", f"`{path}` is a web page, not weights", page)
    if text.startswith(b"{"):
        return _json(path)
    for start, what in _OTHERS:
        if head.startswith(start):
            return trouble(path, "F621", f"`{path}` is {what}", OURS)
    if path.endswith(".onnx"):
        return trouble(path, "F621", f"`{path}` is an ONNX file", OURS)
    if head.startswith(b"\x80") and head[1:2] in b"\x02\x03\x04\x05":
        pickle = 'archc never unpickles, for that runs whatever code is in the file; where it was made: `torch.save(model.state_dict(), "state.pth")`'
        return trouble(path, "F621", f"`{path}` is a plain pickle, not what `torch.save` wrote", pickle)
    begins = "".join(chr(byte) if 32 <= byte < 127 else "." for byte in head[:24])
    return trouble(path, "F621", f"`{path}` is no file of weights: it begins with `{begins}`", OURS)


def _lines(head: bytes) -> Iterator[str]:
    return iter(head.decode("ascii", "replace").splitlines())


def _json(path: str) -> Diagnostic:
    shards = indexed(path)
    if shards:
        said = f"`{path}` is the index of weights that lie in {len(shards)} files: {_listed(shards)}"
        return trouble(path, "F621", said, joining(shards))
    return trouble(path, "F621", f"`{path}` is JSON, not weights", OURS)
