"""Which lines of the text a box of the picture stands for: a click on it leads there, and a line lights its boxes."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from ..base.source import Span
from ..compiler.draw import Box, Picture

Lines = list[list[int]]
"""First and last line of each place."""


def address(span: Span) -> str:
    """A link within the page: it names the place for those who look at where a link leads, and a click is the page's own matter."""
    return f"#{quote(span.source.name)}:{span.line}"


def places(picture: Picture, file: str) -> dict[str, list[Lines]]:
    """By the name of each box and each frame, what was written there, what calls it, and what is around it; places in `file` alone."""
    found = {box.name: _of_box(box, file) for box in picture.boxes()}
    for frame in picture.frames():
        spans = [frame.scope.span] if frame.scope.span is not None else []
        found[frame.name] = [[], [], _lines(spans, file)]
    return found


def _of_box(box: Box, file: str) -> list[Lines]:
    own = [node.span for node in box.nodes]
    calls = [site.span for node in box.nodes for site in node.via]
    around = [box.scope.span] if box.scope is not None else []
    return [_lines(own, file), _lines(calls, file), _lines(around, file)]


def _lines(spans: Iterable[Span], file: str) -> Lines:
    rows = {(span.line, span.end_line) for span in spans if span.source.name == file}
    return [list(row) for row in sorted(rows)]
