"""A table as data, and its plain renderings: text for a terminal, markdown, CSV. No dependencies."""

from __future__ import annotations

import csv
import io
import json
from abc import abstractmethod
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, TypeAlias, TypeVar, overload

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from .table_rounds import Rows, shortened

Cell: TypeAlias = "int | float | str | bool | tuple[int, ...] | None"


Item = TypeVar("Item", covariant=True)


class Listing(Sequence[Item]):
    """A result of several entries: a sequence of them, which prints as the table of its command."""

    __slots__ = ()

    if TYPE_CHECKING:

        @property
        def entries(self) -> tuple[Item, ...]: ...

    @property
    @abstractmethod
    def rows(self) -> list[dict[str, object]]:
        """An entry a row, as plain data: what `pandas.DataFrame` takes."""

    @abstractmethod
    def text(self) -> str:
        """What the command prints."""

    @abstractmethod
    def to_json(self) -> dict[str, object]:
        """The document that the command prints with `--format json`."""

    def __str__(self) -> str:
        return self.text().rstrip("\n")

    def _repr_html_(self) -> str:
        """What a notebook shows: the table, in its columns."""
        return f"<pre>{escape(str(self))}</pre>"

    def __len__(self) -> int:
        return len(self.entries)

    @overload
    def __getitem__(self, place: int) -> Item: ...
    @overload
    def __getitem__(self, place: slice) -> tuple[Item, ...]: ...
    def __getitem__(self, place: int | slice) -> Item | tuple[Item, ...]:
        return self.entries[place]


STYLES = ("text", "markdown", "csv", "json")


def a_style(style: str) -> str:
    """The word of a rendering; raises `ArchError` for what is none."""
    if style in STYLES:
        return style
    from ...reporting.error import ArchError
    from ..files.system_errors import at

    raise ArchError((Diagnostic("F645", f"`style` is one of {', '.join(STYLES)}, not {style!r}", at("style"), help="write one of them"),))


@dataclass(frozen=True, slots=True)
class Column:
    """A column's heading, and how its numbers are written: `number` (exact, with thousands), `bytes` (in MiB) or a format like `.2f`."""

    title: str
    style: str = "number"
    left: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of cells under headings; `total` closes them, `notes` are printed below. `groups` is what each row belongs to: as text, those that
    belong together stand under its name. Where a row stands for a step, `by_step`, people are shown equal rounds of many once."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] | None = None
    notes: tuple[str, ...] = ()
    title: str = ""
    groups: tuple[str, ...] = ()
    by_step: bool = False

    def _for_people(self) -> tuple[Rows, tuple[str, ...]]:
        """The rows as people read them, and the notes below."""
        body: Rows = [self.written(row) for row in self.rows]
        rows, said = shortened(body) if self.by_step else (body, ())
        return rows, (*said, *([""] if said and self.notes else []), *self.notes)

    def text(self) -> str:
        """Aligned columns, a rule above the total, notes below."""
        body, notes = self._for_people()
        total = [self.written(self.total)] if self.total is not None else []
        heads = [column.title for column in self.columns]
        widths = [max(map(len, cells)) for cells in zip(heads, *body, *total, strict=True)]
        rule = "─" * (sum(widths) + 2 * (len(widths) - 1))
        lines = [self.title] if self.title else []
        lines += [self._line(heads, widths), rule]
        for number, row in enumerate(body):
            if self.groups and (number == 0 or self.groups[number] != self.groups[number - 1]):
                lines += ["", self.groups[number]] if number else [self.groups[number]]
            lines.append(self._line(row, widths))
        if total:
            lines += [rule, self._line(total[0], widths)]
        lines += ["", *notes] if notes else []
        return "\n".join(lines) + "\n"

    def markdown(self) -> str:
        """A GitHub table; the total is bold."""
        body, notes = self._for_people()
        lines = [f"**{self.title}**", ""] if self.title else []
        lines.append("| " + " | ".join(column.title for column in self.columns) + " |")
        lines.append("| " + " | ".join("---" if column.left else "--:" for column in self.columns) + " |")
        lines += ["| " + " | ".join(row) + " |" for row in body]
        if self.total is not None:
            lines.append("| " + " | ".join(f"**{cell}**" if cell else "" for cell in self.written(self.total)) + " |")
        lines += ["", *notes] if notes else []
        return "\n".join(lines) + "\n"

    def html(self) -> str:
        """A table as a notebook shows it; the total stands in its foot."""
        body, told = self._for_people()
        heads = "".join(f"<th{_aligned(column)}>{escape(column.title)}</th>" for column in self.columns)
        parts = [f"<caption>{escape(self.title)}</caption>"] if self.title else []
        parts += [f"<thead><tr>{heads}</tr></thead>", f"<tbody>{''.join(map(self._html_row, body))}</tbody>"]
        if self.total is not None:
            parts.append(f"<tfoot>{self._html_row(self.written(self.total))}</tfoot>")
        notes = f"<p>{escape(' '.join(note for note in told if note))}</p>" if told else ""
        return f"<div><table>{''.join(parts)}</table>{notes}</div>"

    def _html_row(self, row: Sequence[str]) -> str:
        cells = zip(row, self.columns, strict=True)
        return "<tr>" + "".join(f"<td{_aligned(column)}>{escape(text)}</td>" for text, column in cells) + "</tr>"

    def csv(self) -> str:
        """Raw values (bytes as bytes), so that a spreadsheet can calculate; the total is the last row, and there are no notes."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow([column.title for column in self.columns])
        for row in (*self.rows, *([self.total] if self.total is not None else [])):
            writer.writerow(["x".join(map(str, cell)) if isinstance(cell, tuple) else cell for cell in row])
        return text.getvalue()

    def json(self) -> str:
        """The same cells as data."""
        heads = [column.title for column in self.columns]
        document = {
            "version": 1,
            "title": self.title,
            "rows": [dict(zip(heads, row, strict=True)) for row in self.rows],
            "total": dict(zip(heads, self.total, strict=True)) if self.total is not None else None,
            "notes": " ".join(note for note in self.notes if note),
        }
        return json.dumps(document, indent=2) + "\n"

    def rendered(self, style: str) -> str:
        """`style` is `text`, `markdown`, `csv` or `json`."""
        return {"text": self.text, "markdown": self.markdown, "csv": self.csv, "json": self.json}[a_style(style)]()

    def written(self, row: Sequence[Cell]) -> list[str]:
        """The cells of a row as people read them."""
        return [write(cell, column.style) for cell, column in zip(row, self.columns, strict=True)]

    def _line(self, cells: Sequence[str], widths: Sequence[int]) -> str:
        aligned = [
            cell.ljust(width) if column.left else cell.rjust(width) for cell, width, column in zip(cells, widths, self.columns, strict=True)
        ]
        return "  ".join(aligned).rstrip()


def _aligned(column: Column) -> str:
    return ' style="text-align: left"' if column.left else ""


def mebibytes(size: float) -> str:
    """A number of bytes, for people."""
    return f"{size / 2**20:,.2f} MiB"


def write(cell: Cell, style: str = "number") -> str:
    """One cell, for people."""
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, str):
        return cell
    if isinstance(cell, tuple):
        return "x".join(map(str, cell))
    if style == "bytes":
        return mebibytes(cell)
    if style == "number":
        return f"{cell:,}"
    return format(cell, style)
