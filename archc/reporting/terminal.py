"""Diagnostics as people and programs read them: text with the source beside it, one line each, or JSON."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import field

from ..base.diagnostics import Diagnostic, Fix, Label, Severity
from ..base.records import dataclass
from ..base.source import Source, Span
from .columns import CUT, MARGIN, Line, Window, visible

WIDTH = 140
"""What a page is wide where there is no terminal to ask."""

_NARROWEST = 40
_RED, _YELLOW, _BLUE, _BOLD, _GREEN = "1;31", "1;33", "1;34", "1", "1;32"

# --------------------------------------------------------------------------------------------------- text

_IN = "in"
"""The title of a row that tells the place in the network."""


def to_text(diagnostics: Iterable[Diagnostic], color: bool = False, width: int = WIDTH) -> str:
    """Every diagnostic with the lines that it speaks of; a blank line between two."""
    return "\n".join(_text(diagnostic, color, width) for diagnostic in diagnostics)


def to_short(diagnostics: Iterable[Diagnostic]) -> str:
    """One line each, as compilers and editors know it: `nets/my.arch:14:3: error[E301]: …`."""
    return "".join(
        f"{visible(row.primary.span.source.name)}:{row.primary.span.line}:{row.primary.span.column}: "
        f"{row.severity.value}[{row.code}]: {visible(row.message)}\n"
        for row in diagnostics
    )


def _text(row: Diagnostic, color: bool, width: int) -> str:
    strong = _RED if row.is_error else _YELLOW
    labels = (row.primary, *row.secondary)
    gutter = len(str(max(label.span.line for label in labels)))
    page = _Page(color, gutter, max(width - gutter - 3, _NARROWEST), strong)
    page.add((strong, f"{row.severity.value}[{row.code}]"), (_BOLD, f": {visible(row.message)}"))
    for source, group in _by_source(labels):
        first = group[0].span
        arrow = "-->" if group[0] is row.primary else ":::"
        place = visible(source.name) if not source.text else f"{visible(source.name)}:{first.line}:{first.column}"
        page.add((_BLUE, " " * gutter + arrow), ("", f" {place}"))
        if source.text:
            page.add((_BLUE, " " * gutter + " |"))
            _snippet(page, source, group, row.primary)
    details = [*(("note", note) for note in row.notes), *((_IN, place) for place in row.where)]
    advice = row.help or (row.fix.message if row.fix is not None else None)
    if advice is not None:
        details.append(("help", advice))
    if details and row.primary.span.source.text:
        page.add((_BLUE, " " * gutter + " |"))
    for title, text in details:
        first_line, *more = text.split("\n")
        page.add(
            (_BLUE, " " * gutter + " = "),
            (_GREEN if title == "help" else _BOLD, title),
            ("", f": {visible(first_line)}"),
        )
        for line in more:
            page.add(("", " " * (gutter + len(title) + 5) + visible(line)))
    return page.text()


def _by_source(labels: Sequence[Label]) -> list[tuple[Source, list[Label]]]:
    groups: dict[str, list[Label]] = {}
    for label in labels:
        groups.setdefault(label.span.source.name, []).append(label)
    return [(group[0].span.source, group) for group in groups.values()]


@dataclass(slots=True)
class _Page:
    """The lines written so far, the width of the column of line numbers, and the columns left beside it."""

    color: bool
    gutter: int
    columns: int
    strong: str
    lines: list[str] = field(default_factory=list)

    def add(self, *pieces: tuple[str, str]) -> None:
        """A line of pieces, each a style and a text."""
        last = len(pieces) - 1
        texts = [(style, text.rstrip() if number == last else text) for number, (style, text) in enumerate(pieces)]
        self.lines.append("".join(_paint(text, style) if self.color else text for style, text in texts).rstrip())

    def source_line(self, number: int, text: str) -> None:
        self.add((_BLUE, f"{number:>{self.gutter}} |"), ("", f" {text}"))

    def under(self, canvas: _Canvas) -> None:
        self.add((_BLUE, " " * self.gutter + " |"), ("", " "), *canvas.pieces())

    def text(self) -> str:
        return "\n".join(self.lines) + "\n"


def _paint(text: str, style: str) -> str:
    return f"\x1b[{style}m{text}\x1b[0m" if style and text.strip() else text


# ------------------------------------------------------------------------------------------------ snippets


@dataclass(frozen=True, slots=True)
class _Mark:
    """A label in its line, as character positions there. A span of several lines is marked in its first."""

    start: int
    end: int
    message: str
    primary: bool


def _snippet(page: _Page, source: Source, labels: Sequence[Label], primary: Label) -> None:
    rows: dict[int, list[_Mark]] = {}
    for label in labels:
        number = label.span.line
        rows.setdefault(number, []).append(_mark(label, source.line_text(number), label is primary))
    before: int | None = None
    for number in sorted(rows):
        line = Line.of(source.line_text(number))
        if before is not None and number == before + 2:
            between = Line.of(source.line_text(before + 1))
            page.source_line(before + 1, between.window(0, 0, page.columns).text)
        elif before is not None and number > before + 2:
            page.add((_BLUE, CUT))
        before = number
        for cluster in _clusters(sorted(rows[number], key=lambda mark: (mark.start, mark.end)), line, page.columns):
            window = line.window(cluster[0].start, max(mark.end for mark in cluster), page.columns)
            page.source_line(number, window.text)
            for canvas in _underlines(cluster, window, page.strong):
                page.under(canvas)


def _mark(label: Label, text: str, primary: bool) -> _Mark:
    span = label.span
    start = span.column - 1
    end = span.end_column - 1 if span.end_line == span.line else len(text.rstrip())
    return _Mark(start, max(end, start + 1), label.message, primary)


def _clusters(marks: Sequence[_Mark], line: Line, columns: int) -> list[list[_Mark]]:
    """Marks that fit on one page together; a line that is longer than the page is shown once for each."""
    room = columns - MARGIN - 2 * len(CUT)
    clusters: list[list[_Mark]] = []
    for mark in marks:
        if clusters and (line.width <= columns or line.column(mark.end) - line.column(clusters[-1][0].start) <= room):
            clusters[-1].append(mark)
        else:
            clusters.append([mark])
    return clusters


def _underlines(marks: Sequence[_Mark], window: Window, strong: str) -> list[_Canvas]:
    """The row of underlines, the rightmost message beside it, and the other messages hanging from their places."""
    row = _Canvas()
    for mark in sorted(marks, key=lambda mark: mark.primary):
        start, end = window.column(mark.start), window.column(mark.end)
        row.put(start, ("^" if mark.primary else "-") * max(end - start, 1), strong if mark.primary else _BLUE)
    spoken = [mark for mark in marks if mark.message]
    if not spoken:
        return [row]
    last = spoken[-1]
    hanging = spoken[:-1]
    if all(window.column(mark.end) <= window.column(last.end) for mark in marks):
        row.put(row.end + 1, visible(last.message), strong if last.primary else _BLUE)
    else:
        hanging = spoken
    rows = [row]
    for position in range(len(hanging), 0, -1):
        mark = hanging[position - 1]
        if position == len(hanging):
            rows.append(_connectors(hanging, window, strong))
        canvas = _connectors(hanging[: position - 1], window, strong)
        canvas.put(window.column(mark.start), visible(mark.message), strong if mark.primary else _BLUE)
        rows.append(canvas)
    return rows


def _connectors(marks: Sequence[_Mark], window: Window, strong: str) -> _Canvas:
    canvas = _Canvas()
    for mark in marks:
        canvas.put(window.column(mark.start), "|", strong if mark.primary else _BLUE)
    return canvas


@dataclass(slots=True)
class _Canvas:
    """One row of characters, each with a style; what is put later covers what was there."""

    cells: list[tuple[str, str]] = field(default_factory=list)

    @property
    def end(self) -> int:
        return len(self.cells)

    def put(self, column: int, text: str, style: str) -> None:
        self.cells.extend([("", " ")] * (column - len(self.cells)))
        self.cells[column : column + len(text)] = [(style, character) for character in text]

    def pieces(self) -> list[tuple[str, str]]:
        runs: list[tuple[str, str]] = []
        for style, character in self.cells:
            if runs and runs[-1][0] == style:
                runs[-1] = (style, runs[-1][1] + character)
            else:
                runs.append((style, character))
        return runs


# ---------------------------------------------------------------------------------------------------- JSON

JSON_VERSION = 1


def to_json(diagnostics: Iterable[Diagnostic]) -> str:
    """One document for programs. Lines and columns from 1, columns in characters, ends excluded."""
    import json

    return json.dumps(to_data(diagnostics), indent=2) + "\n"


def to_data(diagnostics: Iterable[Diagnostic]) -> dict[str, object]:
    """What `to_json` writes, as plain values. `labels` begins with the primary place."""
    return {"version": JSON_VERSION, "diagnostics": [_data(row) for row in diagnostics]}


def _data(row: Diagnostic) -> dict[str, object]:
    return {
        "code": row.code,
        "severity": row.severity.value,
        "message": row.message,
        **_place(row.primary.span),
        "labels": [{"message": label.message, **_place(label.span)} for label in (row.primary, *row.secondary)],
        "notes": [*row.notes, *(f"{_IN}: {place}" for place in row.where)],
        "help": row.help,
        "fix": _fix(row.fix),
    }


def _fix(fix: Fix | None) -> dict[str, object] | None:
    if fix is None:
        return None
    return {"message": fix.message, "edits": [{**_place(edit.span), "text": edit.text} for edit in fix.edits]}


def _place(span: Span) -> dict[str, object]:
    return {
        "file": span.source.name,
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def counted(diagnostics: Iterable[Diagnostic]) -> str:
    """`2 errors, 1 warning`; empty where there is nothing."""
    rows = list(diagnostics)
    words = []
    for severity in Severity:
        number = sum(row.severity is severity for row in rows)
        if number:
            words.append(f"{number:,} {severity.value}{'s' if number > 1 else ''}")
    return ", ".join(words)
