"""Imports that were made before: a command on `timm:resnet50` imports it once.

A text is kept under what it depends on: the source and its settings, the versions of the library, of PyTorch and of archc. Models
of a person's own code are not kept, for that may change without a version. Two processes may write at once: a file
appears whole, and both write the same. A text that is not what was written (somebody changed it there) is made anew: its
sum stands beside it.
"""

from __future__ import annotations

import atexit
import hashlib
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping
from importlib.metadata import PackageNotFoundError, version
from types import MappingProxyType

from ...reporting.error import ArchError
from ..files.machine import cache_folder
from ..files.model_names import LIBRARIES, is_file
from ..files.write import write
from .files import named, place_of
from .importing import import_model
from .onnx_model import data_of
from .sources import offline

SUM = ".sum"


def folder() -> str:
    """Where texts are kept: `ARCHC_CACHE`, or the usual place of caches."""
    return os.environ.get("ARCHC_CACHE") or cache_folder("imports")


def imported_file(
    source: str, shapes: Mapping[str, tuple[int, ...]] = MappingProxyType({}), settings: Mapping[str, object] | None = None
) -> tuple[str, str]:
    """The file with the text of a model, and how it came there, in words. Raises `ArchError` as the import does."""
    library, _, name = source.rpartition(":")
    if is_file(source):
        library, name = "", os.path.splitext(os.path.basename(source.rstrip("/\\")))[0]
    place = os.path.join(
        folder(), _key(source, library, shapes, settings or {}), "".join(c if c.isalnum() else "_" for c in name) + ".arch"
    )
    if library in ("", *LIBRARIES) and _is_as_written(place):
        return place, f"imported before: {place}"
    with offline(False):
        made = import_model(named(source, shapes=shapes, settings=settings), source=source)
    try:
        write(place, made.text)
        write(place + SUM, _sum(place))
    except ArchError as error:  # a cache that cannot be written is no reason to fail
        place = os.path.join(_for_now(), os.path.basename(place))
        write(place, made.text)
        why = error.diagnostics[0].message.rpartition(": ")[2]
        return place, f"imported; it is not kept, for the cache `{folder()}` cannot be written: {why} (`ARCHC_CACHE` names another)"
    return place, f"imported: {place}"


def _is_as_written(place: str) -> bool:
    try:
        with open(place + SUM, "rb") as told:
            return told.read() == _sum(place).encode()
    except OSError:
        return False


def _sum(place: str) -> str:
    found = hashlib.sha256()
    with open(place, "rb") as file:
        while piece := file.read(1 << 20):
            found.update(piece)
    return found.hexdigest()


def _for_now() -> str:
    """A folder that is gone when the program ends."""
    made = tempfile.mkdtemp(prefix="archc-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def _key(source: str, library: str, shapes: Mapping[str, tuple[int, ...]], settings: Mapping[str, object]) -> str:
    told = [
        source,
        repr(sorted((name, tuple(shape)) for name, shape in shapes.items())),
        repr(sorted(settings.items())),
        str(vars(sys.modules["archc"])["__version__"]),
    ]
    if not library:
        place = place_of(source, source)
        told.append(_sum(place))
        beside = data_of(place) if place.lower().endswith(".onnx") else []
        told += [f"{name} {_sum(name) if os.path.isfile(name) else 'is not there'}" for name in beside]
    for package in ("torch", *filter(None, [library.partition(".")[0]])):
        try:
            told.append(version(package))
        except PackageNotFoundError:
            told.append("none")
    return hashlib.sha256("\0".join(told).encode()).hexdigest()[:16]
