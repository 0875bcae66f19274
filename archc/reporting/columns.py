"""Columns on a page, which are not characters of a file.

A tab goes to the next fourth column, an East Asian character takes two, a combining mark none, and a control character
is written so that it can be seen. A line that is wider than the page is shown through a window.
"""

from __future__ import annotations

from collections.abc import Sequence

from ..base.records import dataclass

TAB = 4

CUT = "..."
"""Stands where something was left out."""

MARGIN = 12
"""Columns kept to the left of what is pointed at, in a line that is cut."""


@dataclass(frozen=True, slots=True)
class Line:
    """A line as it is printed: what each character becomes, and the column where each begins (one more for the end)."""

    cells: Sequence[str]
    columns: Sequence[int]

    @staticmethod
    def of(text: str) -> Line:
        if text.isascii() and text.isprintable():
            return Line(text, range(len(text) + 1))
        cells: list[str] = []
        columns = [0]
        for character in text:
            cell = " " * (TAB - columns[-1] % TAB) if character == "\t" else visible(character)
            cells.append(cell)
            columns.append(columns[-1] + _width(cell))
        return Line(cells, columns)

    @property
    def width(self) -> int:
        return self.columns[-1]

    def column(self, position: int) -> int:
        """The column of a character; past the end of the line, one column for each."""
        last = len(self.cells)
        return self.columns[position] if position <= last else self.columns[last] + position - last

    def window(self, start: int, end: int, columns: int) -> Window:
        """The whole line where it fits; else the part around the characters `start` to `end`."""
        last = len(self.cells)
        if self.width <= columns:
            return Window(self, 0, last)
        room = columns - 2 * len(CUT)
        wanted = self.column(end) - self.column(start)
        left = self.column(start) - max(min(MARGIN, room - wanted), 0)
        # Near the end of the line the window shows more of what stands before.
        left = max(min(left, self.width - room), 0)
        first = next(position for position in range(last + 1) if self.columns[position] >= left)
        stop = first
        while stop < last and self.columns[stop + 1] - self.columns[first] <= room:
            stop += 1
        return Window(self, first, stop)


@dataclass(frozen=True, slots=True)
class Window:
    """The characters `first` to `stop` of a line, with marks where something was cut off."""

    line: Line
    first: int
    stop: int

    @property
    def text(self) -> str:
        before = CUT if self.first else ""
        after = CUT if self.stop < len(self.line.cells) else ""
        return before + "".join(self.line.cells[self.first : self.stop]) + after

    def column(self, position: int) -> int:
        """The column of a character on the page; what was cut off lies at the edge."""
        shift = len(CUT) if self.first else 0
        if self.stop < len(self.line.cells):
            position = min(position, self.stop)
        return self.line.column(max(position, self.first)) - self.line.column(self.first) + shift


def _width(text: str) -> int:
    if text.isascii():
        return len(text)
    import unicodedata

    return sum(
        0 if unicodedata.combining(character) or unicodedata.category(character) in ("Mn", "Me")
        else 2 if unicodedata.east_asian_width(character) in ("W", "F")
        else 1
        for character in text
    )  # fmt: skip


def visible(text: str) -> str:
    """The text without anything that would move a terminal's cursor or turn its writing round."""
    if text.isprintable():
        return text
    return "".join(character if character.isprintable() else _named(character) for character in text)


def _named(character: str) -> str:
    """A control character as its picture (U+2400 …), any other that does not print as `<U+202E>`; spaces stay spaces."""
    number = ord(character)
    if number < 0x20:
        return chr(0x2400 + number)
    if number == 0x7F:
        return "\u2421"
    return " " if character.isspace() else f"<U+{number:04X}>"
