"""The networks that come with archc, as a table."""

from __future__ import annotations

from ...base.records import dataclass
from ..files.library import Entry, entries
from .table import Column, Listing, Table

COLUMNS = (
    Column("network", left=True), Column("parameters"), Column("MACs"), Column("smallest"), Column("lines"), Column("what it is", left=True)
)  # fmt: skip

NOTES = (
    "Side heads that only training has are not counted. “Smallest”: the side of the smallest square image that it takes; “lines”: of its .arch file.",
    "`archc check NAME` checks one, `archc new mine --from NAME` starts a variant.",
)


@dataclass(frozen=True, slots=True)
class Networks(Listing[Entry]):
    """The shipped networks with their numbers, by name."""

    entries: tuple[Entry, ...]

    @property
    def rows(self) -> list[dict[str, object]]:
        return [
            {
                "name": row.name,
                "title": row.title,
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
        """Titles are cut where a line would be wider."""
        room = width - max(len(row.name) for row in self.entries) - 50
        cells = tuple((row.name, row.parameters, row.macs, row.smallest, row.lines, _short(row.title, room)) for row in self.entries)
        return Table(COLUMNS, cells, None, NOTES)

    def text(self) -> str:
        return self.table().text()

    def to_json(self) -> dict[str, object]:
        return {"version": 1, "networks": self.rows}


def networks() -> Networks:
    """The shipped networks."""
    return Networks(entries())


def _short(text: str, room: int) -> str:
    return text if len(text) <= room else text[: max(room - 1, 20)].rstrip() + "…"
