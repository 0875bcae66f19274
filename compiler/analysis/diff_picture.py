"""Two networks side by side: what is the same folded away, what changed in colour, as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

from ..ops.base import show
from ..program import Node
from .diff import Change, Difference

ROW, GAP, COLUMN, MARGIN, HEAD = 22, 4, 400, 20, 60
MIDDLE = 60
"""Between the columns: where the lines run that join a step to what became of it."""

COLOURS = {"added": "#ddf0dd", "removed": "#f8dcdc", "renamed": "#dde6f4", "changed": "#fbf0cc", "same": "#f2f2f2"}
EDGES = {"added": "#228833", "removed": "#cc3311", "renamed": "#4477aa", "changed": "#aa8800", "same": "#999999"}


@dataclass(frozen=True, slots=True)
class _Line:
    kind: str
    left: str
    right: str
    detail: str = ""


def diff_svg(difference: Difference) -> str:
    """The picture that `archc diff A B -o out.svg` writes."""
    lines = list(_lines(difference))
    width = 2 * COLUMN + MIDDLE + 2 * MARGIN
    height = HEAD + len(lines) * (ROW + GAP) + MARGIN
    title = f"{difference.before.program.name} and {difference.after.program.name}"
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" font-size="12" '
        f'role="img" aria-label="{escape(title, quote=True)}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{width}" height="{height}" fill="white"/>',
    ]
    for side, graph, work in ((0, difference.before, difference.totals[0]), (1, difference.after, difference.totals[1])):
        x = MARGIN + side * (COLUMN + MIDDLE)
        parts.append(f'<text x="{x}" y="22" font-size="15" font-weight="bold">{escape(graph.program.name)}</text>')
        parts.append(f'<text x="{x}" y="42">{work.parameters:,} parameters, {work.macs:,} MACs</text>')
    for place, line in enumerate(lines):
        parts += _row(line, HEAD + place * (ROW + GAP))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _row(line: _Line, y: int) -> Iterator[str]:
    for side, text in ((0, line.left), (1, line.right)):
        if not text:
            continue
        x = MARGIN + side * (COLUMN + MIDDLE)
        yield (
            f'<rect x="{x}" y="{y}" width="{COLUMN}" height="{ROW}" rx="4" fill="{COLOURS[line.kind]}" stroke="{EDGES[line.kind]}">'
            f"<title>{escape(line.detail or line.kind)}</title></rect>"
        )
        yield f'<text x="{x + 8}" y="{y + 15}">{escape(_cut(text))}</text>'
    if line.left and line.right:
        x = MARGIN + COLUMN
        yield f'<path d="M{x} {y + ROW / 2}h{MIDDLE}" stroke="{EDGES[line.kind]}"/>'
        if line.kind != "same":
            yield f'<text x="{x + MIDDLE / 2}" y="{y + 8}" text-anchor="middle" font-size="9">{line.kind}</text>'


def _cut(text: str, length: int = 58) -> str:
    return text if len(text) <= length else text[: length - 1] + "…"


def _lines(difference: Difference) -> Iterator[_Line]:
    by_pair: dict[tuple[int | None, int | None], Change] = {
        (change.before.index if change.before else None, change.after.index if change.after else None): change
        for change in difference.changes
    }
    same = 0
    for pair in difference.pairs:
        change = by_pair.get(pair)
        if change is None:
            same += 1
            continue
        if same:
            yield _folded(same)
            same = 0
        yield _Line(change.kind, _step(change.before), _step(change.after), _detail(change))
    if same:
        yield _folded(same)


def _folded(count: int) -> _Line:
    text = f"{count} steps the same" if count > 1 else "1 step the same"
    return _Line("same", text, text)


def _step(node: Node | None) -> str:
    return "" if node is None else f"{node.unique}  {node.operation.name} {show(node.shape)}"


def _detail(change: Change) -> str:
    details = [f"{name}: {was} -> {now}" for name, was, now in change.arguments]
    if change.shapes:
        details.append(f"{show(change.shapes[0])} -> {show(change.shapes[1])}")
    return ", ".join(details)
