"""The one layout of `.arch` texts.

Two spaces a level, one statement a line, one path a line, spaces around `=` and operators, at most one blank line, 120
columns. Where the writer's line breaks carry meaning they stay: a body that was written on one line stays on one line
if it fits, rows of a list stay rows, a long chain stays broken before its `->`.

The layout never touches words or signs, only the white space between them, so that the meaning stays; comments stay
where they are.
"""

from __future__ import annotations

from typing import Final

from ...base.source import Source
from ..lexer.keywords import read_tokens
from ..parser.parse import parse
from .parts import Body, Element, Parts, Unit

WIDTH: Final = 120

_FAR: Final = 72
"""Further right than this nothing is aligned."""


def format_source(source: Source) -> str:
    """The text in the one layout. A text with mistakes is left as it is."""
    file, diagnostics = parse(source)
    if any(row.is_error for row in diagnostics):
        return source.text
    return _Layout(Parts(read_tokens(source), file)).text()


class _Layout:
    """Comments, blank lines and bodies; a `_Writer` writes what stands between."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.tokens = parts.tokens
        self.gaps = parts.gaps

    def text(self) -> str:
        lines: list[str] = []
        end = len(self.tokens) - 1
        previous_long = False
        for unit in self.parts.items():
            rendered = self._unit(unit, 0)
            long = len(rendered) > 1 and self.tokens[unit.first].kind in ("BLOCK", "NETWORK", "OPERATION")
            before = self.comments(unit.first, 0)
            if lines and (long or previous_long or self._blank_before(unit.first)) and (before or rendered)[0]:
                lines.append("")
            lines += before + rendered
            previous_long = long
        rest = self.comments(end, 0)
        if rest and lines and self._blank_before(end):
            lines.append("")
        lines += rest
        return "".join(f"{line.rstrip()}\n" for line in lines)

    def _blank_before(self, index: int) -> bool:
        gap = self.gaps[index]
        own = [comment for comment in gap.comments if comment[1]]
        return own[0][2] if own else gap.blank

    def comments(self, index: int, indent: int) -> list[str]:
        """The comments on lines of their own before a token, and the blank lines between them."""
        lines: list[str] = []
        gap = self.gaps[index]
        for text, own, blank in gap.comments:
            if own:
                if blank and lines:
                    lines.append("")
                lines.append(" " * indent + text)
        if lines and gap.blank and self.tokens[index].kind not in ("RBRACE", "$END"):
            lines.append("")
        return lines

    def trailing(self, index: int) -> str:
        """The comment behind the token before `index`, on its line."""
        comments = self.gaps[index].comments
        return f"  {comments[0][0]}" if comments and not comments[0][1] else ""

    def _unit(self, unit: Unit, indent: int) -> list[str]:
        """The lines of a statement or path."""
        following = self._next_token(unit)
        if not self.parts.is_multiline(unit):
            flat = " " * indent + self.parts.flat(unit)
            if len(flat) <= WIDTH:
                return [flat + self.trailing(following)]
        writer = _Writer(self, unit, indent)
        writer.write()
        writer.lines[-1] += self.trailing(following)
        return writer.lines

    def _next_token(self, unit: Unit) -> int:
        last = unit.elements[-1]
        return (last.last if isinstance(last, Body) else last) + 1

    def body_lines(self, body: Body, indent: int) -> list[str]:
        """The lines between the braces of a body."""
        lines: list[str] = []
        merge = self.tokens[body.first].kind == "BRACE_BAR"
        for unit in body.units:
            inside_path = merge and self.tokens[unit.first].kind != "BAR"
            level = indent + 2 if inside_path else indent
            if lines and self._blank_before(unit.first):
                lines.append("")
            lines += self.comments(unit.first, level) + self._unit(unit, level)
        rest = self.comments(body.last, indent)
        if rest and lines and self._blank_before(body.last):
            lines.append("")
        return lines + rest


class _Writer:
    """Writes one unit on several lines."""

    def __init__(self, layout: _Layout, unit: Unit, indent: int) -> None:
        self.layout = layout
        self.unit = unit
        self.indent = indent
        # What belongs to a path stands behind its bar.
        self.base = indent + 2 if layout.tokens[unit.first].kind == "BAR" else indent
        self.lines: list[str] = []
        self.line = " " * indent
        self.columns: list[int] = []  # where to go on within each open bracket
        # With an `else`, either all bodies are on one line or none is.
        self.alternatives = any(
            not isinstance(element, Body) and layout.tokens[element].kind == "ELSE" and not self._is_value(place)
            for place, element in enumerate(unit.elements)
        )

    def _is_value(self, place: int) -> bool:
        """Whether an `else` is that of a value: `1 if c else 2`."""
        return not isinstance(self.unit.elements[place - 1], Body)

    def write(self) -> None:
        elements = self.unit.elements
        for place, element in enumerate(elements):
            if isinstance(element, Body):
                self._body(element, elements[place + 1 :])
            else:
                self._token(element, elements[place + 1 :])
        self.lines.append(self.line)

    def _break(self, column: int) -> None:
        self.lines.append(self.line)
        self.line = " " * column

    def _column(self) -> int:
        """Where a line that goes on begins."""
        return self.columns[-1] if self.columns else self.base + 2

    def _token(self, index: int, rest: list[Element]) -> None:
        layout, token = self.layout, self.layout.tokens[index]
        if token.kind in ("RPAR", "RSQB"):
            self.columns.pop()
        if layout.parts.breaks(index, self.unit):
            self.line += layout.trailing(index)
            closing = token.kind in ("RPAR", "RSQB") and index in layout.parts.open_brackets
            column = self._closing_column() if closing else self._column()
            self.lines.append(self.line)
            self.lines += [line for line in layout.comments(index, column) if line]
            self.line = " " * column
        else:
            space = layout.parts.space(index, self.unit)
            may_break = token.kind == "ARROW" or layout.tokens[index - 1].kind == "COMMA"
            if may_break and self.line.strip() and len(self.line) + len(space) + self._length(index, rest) > WIDTH:
                self._break(self._column())
            else:
                self.line += space if self.line.strip() else ""
        self.line += layout.parts.word(index)
        if token.kind in ("LPAR", "LSQB"):
            broken = index in layout.parts.open_brackets
            aligned = len(self.line) if len(self.line) <= _FAR else self.base + 4
            self.columns.append(self._closing_column() + 2 if broken else aligned)

    def _closing_column(self) -> int:
        return self.columns[-1] if self.columns else self.base

    def _length(self, index: int, rest: list[Element]) -> int:
        """How much there is up to the next place for a break that is no deeper in brackets than this one."""
        length = len(self.layout.parts.word(index))
        depth = int(self.layout.tokens[index].kind in ("LPAR", "LSQB"))
        for element in rest:
            if isinstance(element, Body):
                return length + len(" {")
            kind = self.layout.tokens[element].kind
            if kind == "ARROW" or self.layout.parts.breaks(element, self.unit):
                break
            length += len(self.layout.parts.space(element, self.unit)) + len(self.layout.parts.word(element))
            depth += (kind in ("LPAR", "LSQB")) - (kind in ("RPAR", "RSQB"))
            if kind == "COMMA" and depth <= 0:
                break
        return length

    def _body(self, body: Body, rest: list[Element]) -> None:
        layout = self.layout
        if body.first != self.unit.first and layout.gaps[body.first].comments:
            self.line += layout.trailing(body.first)
            self.lines.append(self.line)
            self.lines += [line for line in layout.comments(body.first, self.base) if line]
            self.line = " " * self.base
        if not self.alternatives and not layout.parts.is_broken(body):
            flat = layout.parts.flat_body(body)
            if len(self.line) + 1 + len(flat) <= WIDTH:
                self.line += (" " if self.line.strip() else "") + flat
                return
        self.line += (" " if self.line.strip() else "") + "{" + layout.trailing(body.first + 1)
        self.lines.append(self.line)
        self.lines += layout.body_lines(body, self.base + 2)
        self.line = " " * self.base + "}"
