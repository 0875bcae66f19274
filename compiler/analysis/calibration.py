"""What `archc calibrate` measured of a machine: a few constants by kind of work, in a file that a person can read.

The file lies in the user's cache under the machine and its number of threads, so that `archc cost --device this` finds it.
"""

from __future__ import annotations

import json
import os
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from glob import escape, glob
from math import exp, log
from typing import Literal, TypeAlias

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...reporting.error import ArchError
from ..files.locate import text_of
from ..files.machine import cache_folder, cores, processor
from ..files.system_errors import at, shown
from ..files.write import write

VERSION = 4

Kind: TypeAlias = Literal[
    "matrix", "row", "point", "window", "winograd", "grouped", "depthwise", "strided", "entry", "unpacked", "transposed",
    "attention", "product", "recurrent", "move", "curve", "erf", "last", "norm", "groupnorm", "response", "maximum", "average", "resize",
]  # fmt: skip
"""Kinds of work, each with rates of its own; docs/foreseen.md has their table."""

ARITHMETIC: frozenset[str] = frozenset(
    ("matrix", "row", "point", "window", "winograd", "grouped", "depthwise", "strided", "entry", "unpacked", "transposed", "attention", "product", "recurrent")
)  # fmt: skip
"""Kinds whose work is counted in floating-point operations, two a multiply-accumulate; that of the others is elements."""

PACKED: frozenset[str] = frozenset(("matrix", "point", "window", "winograd", "grouped", "depthwise", "strided", "transposed", "entry"))
"""Layers that are one call of oneDNN."""


@dataclass(frozen=True, slots=True)
class Rate:
    """Work a second where the kind's two sizes are these (channels and positions, say)."""

    width: float
    size: float
    rate: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Peaks in operations a second by dtype, bytes a second by the bytes that a step moves, seconds of a call of a layer and of another step by
    the bytes that went through the caches since the one before, and rates by kind.

    `lanes` numbers are worked on at once: a layer's output channels are filled up to a multiple of them.
    """

    machine: str
    cores: int
    threads: int
    torch: str
    lanes: int
    peak: Mapping[str, float]
    bandwidth: tuple[tuple[float, float], ...]
    call: Mapping[str, tuple[tuple[float, float], ...]]
    rates: Mapping[str, tuple[Rate, ...]]

    def seconds(self, kind: str, work: float, width: float, size: float, dtype: str = "float32") -> float:
        """How long the arithmetic of a step takes. In another dtype than the rates were measured in, they grow as the peak does."""
        if kind not in self.rates:
            return 0.0
        faster = self.peak[dtype] / self.peak["float32"] if kind in ARITHMETIC else 1.0
        return work / (self.rate(kind, width, size) * faster)

    def rate(self, kind: str, width: float, size: float) -> float:
        """Between what was measured: along the size within a width, then between widths, both by logarithms; beyond, as at the edge."""
        rows: dict[float, list[tuple[float, float]]] = {}
        for row in self.rates[kind]:
            rows.setdefault(row.width, []).append((row.size, row.rate))
        return _between([(each, _between(sorted(found), size)) for each, found in sorted(rows.items())], width)

    def moving(self, moved: float, within: float | None = None) -> float:
        """Seconds for bytes to be read and written, of a tensor (or of weights) of so many bytes in all."""
        return moved / _between(self.bandwidth, moved if within is None else within) if moved else 0.0

    def beyond_caches(self, moved: float) -> float:
        """What of that a tensor in the caches nearest to the core would not take: rates of arithmetic were measured on such."""
        return self.moving(moved) - moved / max(value for _, value in self.bandwidth)

    def calling(self, kind: str, between: float = 1) -> float:
        """Seconds of a call that has nothing to do, where so many bytes went through the caches since the same call in the run before."""
        return _between(self.call["layer" if kind in PACKED else "step"], between)

    def to_json(self) -> str:
        document = {
            "version": VERSION,
            "machine": self.machine,
            "cores": self.cores,
            "threads": self.threads,
            "torch": self.torch,
            "lanes": self.lanes,
            "peak_gflops": {name: round(value / 1e9, 2) for name, value in self.peak.items()},
            "bandwidth": [{"bytes": round(size), "gigabytes_per_second": round(value / 1e9, 3)} for size, value in self.bandwidth],
            "calls": {
                name: [{"bytes": round(size), "microseconds": round(value * 1e6, 3)} for size, value in rows]
                for name, rows in self.call.items()
            },
            "rates": {kind: list(_told(kind, rows)) for kind, rows in self.rates.items()},
        }
        text = json.dumps(document, indent=1)
        # One measurement a line: a person reads a table.
        return re.sub(r"\{\s+([^{}\[\]]*?)\s+\}", lambda match: "{" + " ".join(match[1].split()) + "}", text) + "\n"


def _told(kind: str, rows: Sequence[Rate]) -> Iterator[dict[str, float]]:
    name = "gflops" if kind in ARITHMETIC else "gigaelements_per_second"
    for row in rows:
        yield {"width": round(row.width, 2), "size": round(row.size), name: round(row.rate / 1e9, 4)}


def _between(rows: Sequence[tuple[float, float]], place: float) -> float:
    """The value at a place, on straight lines between logarithms; before the first and behind the last as there."""
    number = bisect_left([row[0] for row in rows], place)
    if number == 0 or number == len(rows):
        return rows[min(number, len(rows) - 1)][1]
    (before, one), (after, two) = rows[number - 1], rows[number]
    share = log(place / before) / log(after / before)
    return exp(log(one) * (1 - share) + log(two) * share)


# ------------------------------------------------------------------------------------------------- files


def place_of(threads: int | str) -> str:
    """Where the calibration of this machine with so many threads lies."""
    name = re.sub(r"[^a-z0-9]+", "-", f"{processor()} {cores()} cores".lower()).strip("-")
    return os.path.join(cache_folder("calibrations"), f"{name}.{threads}.json")


def keep(calibration: Calibration, path: str) -> None:
    write(path, calibration.to_json())


def of_this_machine(threads: int | None = None) -> Calibration:
    """With so many threads, or with the most of those that were calibrated. Raises `ArchError` (F671) where there is none."""
    if threads is not None:
        places = [place_of(threads)]
    else:
        any_of = place_of("*")
        places = glob(escape(any_of[: -len("*.json")]) + "*.json")
        places.sort(key=lambda path: int(path.split(".")[-2]) if path.split(".")[-2].isdecimal() else 0)
    if not places or not os.path.isfile(places[-1]):
        option = f" --threads {threads}" if threads is not None else ""
        message = "this machine has no calibration" + (f" for {threads} thread{'s' if threads > 1 else ''}" if threads is not None else "")
        help = f"`archc calibrate{option}` measures it, in about half a minute; it needs PyTorch"
        raise ArchError((Diagnostic("F671", message, at("this machine"), help=help),))
    return read(places[-1])


def read(path: str) -> Calibration:
    """A calibration that lies in a file. Raises `ArchError` (F672) where it is none."""
    return _read(path, os.stat(path).st_mtime_ns if os.path.isfile(path) else 0)


@lru_cache(maxsize=8)
def _read(path: str, changed: int) -> Calibration:
    try:
        return _parsed(json.loads(text_of(path)))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"[:120]
        message = f"`{shown(path)}` is no calibration of a machine: {why}"
        raise ArchError((Diagnostic("F672", message, at(path), help="`archc calibrate` writes one"),)) from None


def _parsed(data: Mapping[str, object]) -> Calibration:
    if data["version"] != VERSION:
        raise ValueError(f"version {data['version']}, and this archc reads {VERSION}")
    rates: dict[str, tuple[Rate, ...]] = {}
    for kind, rows in _mapping(data["rates"]).items():
        name = "gflops" if kind in ARITHMETIC else "gigaelements_per_second"
        rates[kind] = tuple(Rate(_size(row["width"]), _size(row["size"]), _size(row[name]) * 1e9) for row in _rows(rows))
    found = Calibration(
        str(data["machine"]),
        int(_size(data["cores"])),
        int(_size(data["threads"])),
        str(data["torch"]),
        int(_size(data["lanes"])),
        {name: _size(value) * 1e9 for name, value in _mapping(data["peak_gflops"]).items()},
        tuple((_size(row["bytes"]), _size(row["gigabytes_per_second"]) * 1e9) for row in _rows(data["bandwidth"])),
        {
            name: tuple((_size(row["bytes"]), _size(row["microseconds"]) / 1e6) for row in _rows(rows))
            for name, rows in _mapping(data["calls"]).items()
        },
        rates,
    )
    if not {"layer", "step"} <= found.call.keys() or "float32" not in found.peak:
        raise ValueError("a peak of float32 and the calls of a layer and a step are needed")
    return found


def _mapping(value: object) -> Mapping[str, object]:
    if not isinstance(value, Mapping):
        raise TypeError("an object is wanted")
    return value


def _rows(value: object) -> list[Mapping[str, object]]:
    if not isinstance(value, list) or not value:
        raise TypeError("a list of measurements is wanted")
    return [_mapping(row) for row in value]


def _size(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not value > 0:
        raise ValueError(f"{value!r} is no number above 0")
    return float(value)
