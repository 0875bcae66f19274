"""Places of a text to those of the protocol, and back. There a column counts UTF-16 units, or what the editor asked for."""

from __future__ import annotations

from lsprotocol import types

from ..base.diagnostics import Diagnostic, Edit
from ..base.records import dataclass
from ..base.source import Source, Span


@dataclass(frozen=True, slots=True)
class Units:
    """How an editor counts columns: "utf-16", "utf-8" or "utf-32"."""

    name: str = "utf-16"

    def length(self, text: str) -> int:
        if self.name == "utf-32" or text.isascii():
            return len(text)
        return len(text.encode("utf-8")) if self.name == "utf-8" else len(text.encode("utf-16-le", "surrogatepass")) // 2

    def position(self, source: Source, offset: int) -> types.Position:
        line = source.line_of(offset)
        start = source.line_starts[line - 1]
        return types.Position(line - 1, self.length(source.text[start:offset]))

    def offset(self, source: Source, position: types.Position) -> int:
        """What lies beyond the end of a line is its end, as the protocol has it."""
        if position.line >= len(source.line_starts):
            return len(source.text)
        text = source.line_text(position.line + 1)
        start = source.line_starts[position.line]
        if text.isascii() or self.name == "utf-32":
            return start + min(position.character, len(text))
        column = 0
        for number, character in enumerate(text):
            if column >= position.character:
                return start + number
            column += self.length(character)
        return start + len(text)

    def range(self, span: Span) -> types.Range:
        return types.Range(self.position(span.source, span.start), self.position(span.source, span.end))

    def lines(self, source: Source, first: int, last: int) -> types.Range:
        """From the beginning of the line `first` to the end of the line `last`, from 1."""
        return types.Range(types.Position(first - 1, 0), types.Position(last - 1, self.length(source.line_text(last))))

    def edit(self, edit: Edit) -> types.TextEdit:
        return types.TextEdit(self.range(edit.span), edit.text)


def told(row: Diagnostic) -> str:
    """A message with its reasons and its remedy, as text."""
    why = [f"note: {note}" for note in row.notes] + [f"in: {place}" for place in row.where]
    return "\n".join([row.message, *why, *([f"help: {row.help}"] if row.help else [])])


def markdown(text: str) -> types.MarkupContent:
    return types.MarkupContent(types.MarkupKind.Markdown, text)
