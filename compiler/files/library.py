"""The shipped networks: which there are, what each file says of itself, and the numbers that `archc list` prints.

The numbers are written by `docs/library.py` into `architectures/library.json` and `architectures/README.md`; tests hold them fresh.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from ...base.records import dataclass

FOLDER = Path(__file__).parents[2] / "architectures"

FAMILIES = ("densenet", "regnet", "resnet", "resnet_d", "resnext", "units", "vgg")
"""Files that the others are made of: their networks take the numbers that make a paper's network as parameters."""

FIELDS = ("Paper", "Numbers", "Differs from the paper")


@dataclass(frozen=True, slots=True)
class About:
    """The opening text of a file: `## Title.`, then `## Paper: …`, `## Numbers: …` and `## Differs from the paper: …`."""

    title: str
    paper: str
    numbers: str
    differs: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipped network with its numbers. `parameters` and `macs` are without side heads; `smallest` is the side of the
    smallest square image that it takes; `lines` are the lines of `.arch` text, `reference_lines` those of `reference`."""

    name: str
    title: str
    parameters: int
    macs: int
    smallest: int
    lines: int
    reference: str
    reference_lines: int | None


def path(name: str) -> Path:
    """The file of a shipped network or family."""
    return FOLDER / f"{name}.arch"


def files() -> tuple[str, ...]:
    """The names of all shipped files, families included."""
    return tuple(sorted(item.stem for item in FOLDER.glob("*.arch")))


def names() -> tuple[str, ...]:
    """The names of the shipped networks."""
    return tuple(name for name in files() if name not in FAMILIES)


def about(name: str) -> About:
    """What the file of `name` says of itself. A field that is missing is empty."""
    lines = []
    for line in path(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("##"):
            break
        lines.append(line.removeprefix("##").strip())
    title, _, rest = "\n".join(lines).partition("\n")
    pieces = re.split(rf"^({'|'.join(FIELDS)}): ", rest, flags=re.MULTILINE)
    found = {field: " ".join(text.split()) for field, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    opening = " ".join((title + "\n" + pieces[0]).split())
    return About(opening, *(found.get(field, "") for field in FIELDS))


def entries() -> tuple[Entry, ...]:
    """The shipped networks with their numbers, by name."""
    rows = json.loads((FOLDER / "library.json").read_text(encoding="utf-8"))
    return tuple(Entry(name=name, title=about(name).title, **row) for name, row in rows.items())
