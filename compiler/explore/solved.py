"""What a fit found, as a sequence of solutions, as a table and as data."""

from __future__ import annotations

import json

from ...base.records import dataclass
from ..analysis.table import Cell, Column, Listing, Table
from ..graph.program import TIME
from .fit import Goal, Solution, nearest
from .headings import of_setting

WAYS = {"match": "reaches", "most": "does not exceed", "nearest": "is nearest to"}
WAYS_OF_MANY = {"match": "reach", "most": "do not exceed", "nearest": "are nearest to"}


@dataclass(frozen=True, slots=True)
class Fit(Listing[Solution]):
    """The solutions, one for each value of the parameters but the last; none where nothing meets the goal."""

    file: str
    goal: Goal
    entries: tuple[Solution, ...]
    unmet: str = ""
    """Where there is no solution, what was asked for."""

    @property
    def best(self) -> Solution | None:
        """The solution closest to the target."""
        return nearest(self.entries, self.goal)

    @property
    def rows(self) -> list[dict[str, object]]:
        return [
            {
                **{of_setting(name): value for name, value in row.values.items()},
                **row.figures,
                "distance": row.figures[self.goal.quantity] - self.goal.target,
                "other_side": row.other[0] if row.other else None,
                "tried": row.tried,
            }
            for row in self.entries
        ]

    def table(self) -> Table:
        names = list(self.entries[0].values) if self.entries else []
        columns = (
            *(Column(name) for name in names),
            Column("parameters"), Column("MACs"), Column(f"{self.goal.quantity} - target{' (us)' if self.goal.quantity == TIME else ''}", "+,d"), Column("%", "+.2f"),
            Column("the other side"), Column("%", "+.2f"), Column("tried"),
        )  # fmt: skip
        ways = WAYS_OF_MANY if self.goal.quantity.endswith("s") else WAYS  # memory is one, and so is time
        title = f"{self.file}: {self.goal.quantity} that {ways[self.goal.way]} {self.goal.target:,}{' microseconds, foreseen on this machine' if self.goal.quantity == TIME else ''}"
        return Table(columns, tuple(self._cells(row, names) for row in self.entries), None, (), title)

    def _cells(self, row: Solution, names: list[str]) -> tuple[Cell, ...]:
        value = row.figures[self.goal.quantity]
        other = (None, None) if row.other is None else (row.other[0], self._share(row.other[1][self.goal.quantity]))
        return (
            *(row.values[name] for name in names),
            row.figures["parameters"],
            row.figures["macs"],
            value - self.goal.target,
            self._share(value),
            *other,
            row.tried,
        )

    def _share(self, value: int) -> float:
        return (value - self.goal.target) / self.goal.target * 100 if self.goal.target else 0.0

    def text(self) -> str:
        return self.table().text() if self.entries else self.unmet + "\n"

    def to_json(self) -> dict[str, object]:
        best = self.best
        return {
            "version": 1,
            "goal": {"quantity": self.goal.quantity, "target": self.goal.target, "way": self.goal.way},
            "solutions": [
                {
                    "values": dict(row.values),
                    "figures": {TIME: None, **row.figures},
                    "tried": row.tried,
                    "other_side": row.other[0] if row.other else None,
                }
                for row in self.entries
            ],
            "best": dict(best.values) if best else None,
        }

    def rendered(self, style: str) -> str:
        """`style` is `text`, `markdown`, `csv` or `json`."""
        return json.dumps(self.to_json(), indent=2) + "\n" if style == "json" else self.table().rendered(style)
