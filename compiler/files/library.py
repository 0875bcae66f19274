"""The shipped networks: which there are, what each file says of itself, and the numbers that `archc list` prints.

The numbers are written by `docs/library.py` into `architectures/library.json` and `architectures/README.md`; tests hold them fresh.
"""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

from ...base.records import dataclass
from .locate import presets

FOLDER = Path(__file__).parents[2] / "architectures"

FAMILIES = (
    *(
        "convnext",
        "deeplabv3",
        "densenet",
        "efficientnet",
        "fcn",
        "mnasnet",
        "mobilenet_v3",
        "mvit",
        "regnet",
        "resnet",
        "resnet_d",
        "resnetv2",
    ),
    *("resnext", "shufflenet_v2", "squeezenet", "swin", "swin3d", "swin_v2", "units", "vgg", "video_resnet", "vit"),
)
"""Files that the others are made of: their networks take the numbers that make a paper's network as parameters, and their presets give them."""

TASKS = ("classification", "detection", "segmentation", "restoration", "generation", "matching", "video", "audio", "text", "points")
"""What a network is for; the first where its file does not say."""

FIELDS = ("Task", "Paper", "Numbers", "Differs from the paper")


@dataclass(frozen=True, slots=True)
class About:
    """The opening text of a file: `## Title.`, then `## Task: …`, `## Paper: …`, `## Numbers: …` and `## Differs from the paper: …`."""

    title: str
    task: str
    paper: str
    numbers: str
    differs: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A shipped network with its numbers. `file` is the name of the file that it stands in; `parameters` and `macs` are without side heads, whose parameters `side_heads` counts;
    `smallest` is the side of the smallest square image that it takes, None where no image enters; `lines` are the lines of `.arch` text, `reference_lines` those of `reference`.
    """

    name: str
    title: str
    task: str
    paper: str
    file: str
    parameters: int
    side_heads: int
    macs: int
    smallest: int | None
    lines: int
    reference: str
    reference_lines: int | None


def path(name: str) -> Path:
    """The file of a shipped network or family; of a preset, that of its family."""
    return FOLDER / f"{presets().get(name, name)}.arch"


def files() -> tuple[str, ...]:
    """The names of all shipped files, families included."""
    return tuple(sorted(item.stem for item in FOLDER.glob("*.arch")))


def names() -> tuple[str, ...]:
    """The names of the shipped networks that have a file of their own."""
    return tuple(name for name in files() if name not in FAMILIES)


def networks() -> tuple[str, ...]:
    """The names of all shipped networks, presets of the families included."""
    return tuple(sorted({*names(), *presets()}))


def about(name: str) -> About:
    """What the file of `name` says of itself. A field that is missing is empty, a task that is missing the usual one.

    A preset says what it is in the text before it, else by what it gives its family; what it does not say of the rest its family does.
    """
    text = path(name).read_text(encoding="utf-8")
    of_file = _fields(_documented(text.splitlines()))
    found = of_file
    if name in presets():
        before, _, after = text.partition(f"\nnetwork {name} =")
        own = _fields(_documented(before.splitlines()[::-1])[::-1])
        found = {**of_file, **own, "": own[""] or f"`{_call(after)}`."}
    return About(found[""], found.get("Task", TASKS[0]).rstrip("."), *(found.get(field, "") for field in FIELDS[1:]))


def _documented(lines: list[str]) -> list[str]:
    """The lines of a `##` text that stands first."""
    return [line.removeprefix("##").strip() for line in itertools.takewhile(lambda line: line.startswith("##"), lines)]


def _fields(lines: list[str]) -> dict[str, str]:
    """The title, under the empty name, and the fields."""
    pieces = re.split(rf"^({'|'.join(FIELDS)}): ", "\n".join(lines), flags=re.MULTILINE)
    found = {field: " ".join(text.split()) for field, text in zip(pieces[1::2], pieces[2::2], strict=True)}
    return {"": " ".join(pieces[0].split()), **found}


def _call(text: str) -> str:
    """The call that a text begins with, on one line: to the end of the line, or to the `)` at the beginning of one."""
    first, _, rest = text.strip().partition("\n")
    call = first if not first.endswith("(") else first + rest.partition("\n)")[0] + ")"
    return " ".join(call.split()).replace("( ", "(")


def entries() -> tuple[Entry, ...]:
    """The shipped networks with their numbers, by name."""
    rows = json.loads((FOLDER / "library.json").read_text(encoding="utf-8"))
    return tuple(_entry(name, row) for name, row in rows.items())


def _entry(name: str, row: dict[str, Any]) -> Entry:
    told = about(name)
    return Entry(name=name, title=told.title, task=told.task, paper=told.paper, file=presets().get(name, name), **row)
