"""The listings of a page, in order: files to save, commands to run, Python to execute."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

_FENCE = re.compile(r"^```(?P<kind>\w+)(?P<options>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Listing:
    """`kind` is the word behind the fence, `options` what follows it (`file=tiny.arch`, `fails`), `line` where it begins."""

    kind: str
    options: tuple[str, ...]
    text: str
    line: int

    @property
    def file(self) -> str | None:
        return next((option.removeprefix("file=") for option in self.options if option.startswith("file=")), None)


def listings(page: Path) -> list[Listing]:
    text = page.read_text(encoding="utf-8")
    return [
        Listing(match["kind"], tuple(match["options"].split()), match["text"], text.count("\n", 0, match.start()) + 1)
        for match in _FENCE.finditer(text)
    ]


def commands(listing: Listing) -> list[tuple[str, list[str]]]:
    """The commands of a console listing, each with the lines that it must print."""
    found: list[tuple[str, list[str]]] = []
    for line in listing.text.splitlines():
        if line.startswith("$ "):
            found.append((line[2:], []))
        elif found:
            found[-1][1].append(line)
    return found


def missing_line(expected: list[str], printed: str) -> str | None:
    """The first expected line that was not printed after the ones before it; `…` stands for anything, also inside a line."""
    lines = iter([line.rstrip() for line in printed.splitlines()])
    for wanted in expected:
        if wanted.strip() in ("", "…"):
            continue
        pattern = re.compile(r".*".join(re.escape(part) for part in wanted.rstrip().split("…")))
        if not any(pattern.fullmatch(line) for line in lines):
            return wanted
    return None
