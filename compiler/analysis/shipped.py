"""The networks that come with archc, as a table."""

from __future__ import annotations

import re
from dataclasses import replace

from ...base.records import dataclass
from ..files.library import TASKS, Entry, entries
from .table import Column, Listing, Table

COLUMNS = (
    Column("network", left=True), Column("parameters"), Column("MACs"), Column("smallest"), Column("lines"), Column("what it is", left=True)
)  # fmt: skip
TASK = Column("task", left=True)

NOTES = (
    "Side heads that only training has are not counted. “Smallest”: the side of the smallest square image that it takes, if it does; “lines”: of its .arch file.",
    "`archc check NAME` checks one, `archc new mine --from NAME` starts a variant.",
)
NOTHING = "No network that comes with archc is so."


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text.casefold()))


@dataclass(frozen=True, slots=True)
class Networks(Listing[Entry]):
    """The shipped networks with their numbers, by name."""

    entries: tuple[Entry, ...]

    def only(self, task: str | None = None, paper: str | None = None, max_parameters: int | None = None) -> Networks:
        """Those for a task, whose paper is told in such words, that have no more parameters."""
        words = _words(paper or "")  # whole ones: He is an author, and no part of "the"
        kept = (
            row
            for row in self.entries
            if task in (None, row.task) and words <= _words(row.paper) and (max_parameters is None or row.parameters <= max_parameters)
        )
        return Networks(tuple(kept))

    @property
    def rows(self) -> list[dict[str, object]]:
        return [
            {
                "name": row.name,
                "title": row.title,
                "task": row.task,
                "paper": row.paper,
                "file": row.file,
                "parameters": row.parameters,
                "macs": row.macs,
                "smallest": row.smallest,
                "lines": row.lines,
                "reference": row.reference,
                "reference_lines": row.reference_lines,
            }
            for row in self.entries
        ]

    def table(self, width: int = 10_000) -> Table:
        """By task, in groups. Titles are cut where a line would be wider."""
        by_task = sorted(self.entries, key=lambda row: TASKS.index(row.task))
        room = width - max((len(row.name) for row in by_task), default=0) - 50
        cells = tuple((row.name, row.parameters, row.macs, row.smallest, row.lines, _short(row.title, room)) for row in by_task)
        return Table(COLUMNS, cells, None, NOTES if cells else (NOTHING,), groups=tuple(row.task for row in by_task))

    def flat(self) -> Table:
        """By name, with the task in a column: for spreadsheets and pages."""
        cells = tuple((row.name, row.parameters, row.macs, row.smallest, row.lines, row.title, row.task) for row in self.entries)
        return replace(self.table(), columns=(*COLUMNS, TASK), rows=cells, groups=())

    def text(self) -> str:
        return self.table().text()

    def to_json(self) -> dict[str, object]:
        return {"version": 1, "networks": self.rows}


def networks() -> Networks:
    """The shipped networks."""
    return Networks(entries())


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 20)].rstrip() + "…"
