"""What a sweep found: its variants with their costs, which of them nothing beats, as a table, as data and as a picture."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence

from ...base.records import dataclass
from ..analysis.table import Cell, Column, Listing, Table, a_style
from ..draw.plot import Point, points_svg, points_text
from .asked import one_of, wrong
from .headings import MEASURED, of_setting
from .pareto import CAPACITY, COST, Axes, axes_of, front
from .sweep import Result, Value, columns, to_csv


@dataclass(frozen=True, slots=True)
class Sweep(Listing[Result]):
    """The variants in the order that was asked for. `on_front` says of each whether it is on the Pareto front of `axes`."""

    file: str
    entries: tuple[Result, ...]
    axes: Axes
    on_front: tuple[bool, ...]

    @staticmethod
    def of(file: str, results: Sequence[Result], axes: Axes) -> Sweep:
        figures = [(_figure(result, axes.x), _figure(result, axes.y)) for result in results]
        measured = [(place, (x, y)) for place, (x, y) in enumerate(figures) if x is not None and y is not None]
        best = front([row for _, row in measured], (axes.x_gains, axes.y_gains))
        there = {place for (place, _), on in zip(measured, best, strict=True) if on}
        return Sweep(file, tuple(results), axes, tuple(place in there for place in range(len(results))))

    @property
    def front(self) -> tuple[Result, ...]:
        """The variants that nothing beats."""
        return tuple(result for result, on in zip(self.entries, self.on_front, strict=True) if on)

    @property
    def rows(self) -> list[dict[str, object]]:
        return [{**_plain(result), "pareto": on} for result, on in zip(self.entries, self.on_front, strict=True)]

    def table(self) -> Table:
        names = columns(self.entries)
        cells: list[tuple[Cell, ...]] = [
            (*(result.row.get(name) for name in names), "*" if on else "") for result, on in zip(self.entries, self.on_front, strict=True)
        ]
        about_the_front = (f"*: {self.axes}", *([self.axes.why] if self.axes.why else []))
        notes = about_the_front if any(self.on_front) else ()
        return Table((*(Column(name) for name in names), Column("")), tuple(cells), None, notes, self.file)

    def text(self) -> str:
        """The table and, where there are two points, the plot."""
        points = self.points()
        plot = points_text(points, self.axes.x, self.axes.y) if len(points) > 1 else ""
        return self.table().text() + plot

    def points(self) -> list[Point]:
        return [
            Point(result.variant.name, x, y, on)
            for result, on in zip(self.entries, self.on_front, strict=True)
            if (x := _figure(result, self.axes.x)) is not None and (y := _figure(result, self.axes.y)) is not None
        ]

    def svg(self) -> str:
        """The variants and the front as a picture."""
        return points_svg(self.points(), self.axes.x, self.axes.y, self.file)

    def to_json(self) -> dict[str, object]:
        return {
            "version": 1,
            "file": self.file,
            "pareto": [self.axes.x, self.axes.y],
            "rows": [{name: _in_json(value) for name, value in row.items()} for row in self.rows],
        }

    def rendered(self, style: str) -> str:
        """`style` is `text`, `markdown`, `csv` or `json`."""
        if a_style(style) == "json":
            return json.dumps(self.to_json(), indent=2) + "\n"
        if style == "csv":
            return to_csv(self.entries)
        return self.text() if style == "text" else self.table().markdown()


def asked_axes(pareto: str | Sequence[str] | None, carried: Mapping[str, Sequence[Value]], varied: Sequence[str]) -> Axes:
    """The two columns of the front: those that are named, or a cost and what one gains."""
    if pareto is None:
        return axes_of(carried)
    names = [name.strip() for name in (pareto.split(",") if isinstance(pareto, str) else pareto)]
    text = ",".join(names)
    if len(names) != 2 or not all(names):
        raise wrong(
            "F642", "pareto", text, f"`{text}` is not two columns", "write `macs,parameters`, or `macs,+accuracy` where more is better"
        )
    known = tuple(dict.fromkeys((*MEASURED, *(of_setting(name) for name in varied), *carried)))
    x, y = (one_of("pareto", name.lstrip("+"), known, "column", text) for name in names)
    if x == y:
        raise wrong(
            "F642",
            "pareto",
            text,
            f"`{x}` is one column, and a front weighs two",
            f"name two: `{_other(x)},{names[1]}`",
        )
    return Axes(x, y, names[0].startswith("+"), names[1].startswith("+"))


def _other(name: str) -> str:
    return COST if name != COST else CAPACITY


def _figure(result: Result, name: str) -> float | None:
    value = None if result.error else _value(result.row.get(name))
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value) else None


def _in_json(value: object) -> object:
    """JSON has no word for what is not finite (the accuracy `nan` of a run that failed): there is no number."""
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _plain(result: Result) -> dict[str, object]:
    """The row with its settings as values, not as text."""
    return {**result.row, **{of_setting(name): _value(text) for name, text in result.variant.settings}}


def _value(text: Value) -> object:
    """A setting as a value, where it is written as one: `8`, `0.5`, `true`, `[3, 4, 6, 3]`; else as it stands."""
    if not isinstance(text, str):
        return text
    word = text.strip()
    if word in ("true", "false", "none"):
        return {"true": True, "false": False, "none": None}[word]
    if word[:1] not in '0123456789-."[':
        return text
    try:
        return json.loads(word)
    except ValueError:
        return text
