"""Plots of memory over the steps of a network, of variants against each other, and of speeds: for a terminal, and as SVG."""

from __future__ import annotations

import os
from collections.abc import Sequence
from html import escape
from itertools import pairwise

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...reporting.error import ArchError
from ..analysis.memory import Moment, Profile
from ..analysis.table import mebibytes
from ..files.system_errors import at, shown

EIGHTHS = " ▁▂▃▄▅▆▇█"
WIDTH, HEIGHT = 72, 12
"""Of the terminal plot, in characters."""

PHASES = {"forward": "#4477aa", "backward": "#cc6677", "optimizer": "#ddcc77"}
"""Colours that people who see red and green alike can tell apart."""

SVG_WIDTH, SVG_HEIGHT, MARGIN = 900, 320, 72


def see_that_it_is_svg(path: str, what: str) -> None:
    """Refuses, before any work, a path for a plot that says another format, or standard output, where the table goes."""
    if path == "-":
        message = "standard output has the table, and the plot needs a file"
        raise ArchError((Diagnostic("F602", message, at(path), help="name a file that ends in `.svg`"),))
    stem, ending = os.path.splitext(path)
    if ending and ending.lower() != ".svg":
        message = f"`{shown(os.path.basename(path))}`: {what} is drawn as SVG, not as {shown(ending)}"
        raise ArchError((Diagnostic("F602", message, at(path), help=f"write `{shown(stem)}.svg`"),))


# ------------------------------------------------------------------------------------- memory, terminal


def memory_text(profile: Profile, title: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """Columns of blocks, one for each few steps (the largest of them), the peak named below."""
    moments = profile.moments
    if not moments:
        return f"{title}: nothing runs\n"
    columns = _columns(moments, width)
    top = max(moment.bytes for moment in moments)
    lines = [title]
    for row in range(height, 0, -1):
        label = mebibytes(top * row / height) if row in (height, height // 2, 1) else ""
        cells = "".join(_cell(column.bytes / top * height - (row - 1)) for column in columns)
        lines.append(f"{label:>14} │{cells}")
    lines.append(" " * 15 + "└" + "─" * len(columns))
    peak = profile.peak
    at = next(place for place, column in enumerate(columns) if column.bytes == peak.bytes)
    lines.append(" " * (16 + at) + "▲")
    phases = [f"{phase} {sum(moment.phase == phase for moment in moments)}" for phase in PHASES if any(m.phase == phase for m in moments)]
    lines.append(
        f"peak {mebibytes(peak.bytes)} at {profile.peak_at}; there all the time: {mebibytes(profile.resident)}; steps: {', '.join(phases)}"
    )
    return "\n".join(lines) + "\n"


def _columns(moments: Sequence[Moment], width: int) -> list[Moment]:
    """At most `width` moments: the largest of each run."""
    count = min(width, len(moments))
    bounds = [place * len(moments) // count for place in range(count + 1)]
    return [max(moments[start:end], key=lambda moment: moment.bytes) for start, end in pairwise(bounds)]


def _cell(fill: float) -> str:
    return EIGHTHS[max(0, min(8, round(fill * 8)))]


# ------------------------------------------------------------------------------------------ memory, SVG


def memory_svg(profile: Profile, title: str) -> str:
    """A bar a moment, coloured by phase; hovering over one names the step and its bytes."""
    moments = profile.moments
    top = max((moment.bytes for moment in moments), default=1)
    inner_width, inner_height = SVG_WIDTH - 2 * MARGIN, SVG_HEIGHT - 2 * MARGIN
    step = inner_width / max(1, len(moments))
    parts = _frame(title)
    for tick in range(5):
        y = SVG_HEIGHT - MARGIN - inner_height * tick / 4
        parts.append(f'<line x1="{MARGIN}" y1="{y:.1f}" x2="{SVG_WIDTH - MARGIN}" y2="{y:.1f}" stroke="#ddd"/>')
        parts.append(_text(f"{top * tick / 4 / 2**20:,.1f}", MARGIN - 6, y + 4, "end"))
    for place, moment in enumerate(moments):
        height = inner_height * moment.bytes / top
        name = escape(f"{moment.path} ({moment.phase}): {mebibytes(moment.bytes)}")
        parts.append(
            f'<rect x="{MARGIN + place * step:.2f}" y="{SVG_HEIGHT - MARGIN - height:.2f}" width="{step:.2f}" height="{height:.2f}" '
            f'fill="{PHASES[moment.phase]}"><title>{name}</title></rect>'
        )
    peak = profile.peak
    if moments:
        x = MARGIN + (moments.index(peak) + 0.5) * step
        anchor = "end" if x > SVG_WIDTH / 2 else "start"
        parts.append(_text(f"peak {mebibytes(peak.bytes)} at {profile.peak_at}", x, MARGIN - 8, anchor))
    parts.append(_text("MiB", MARGIN, MARGIN - 24))
    for place, phase in enumerate(phase for phase in PHASES if any(moment.phase == phase for moment in moments)):
        x = MARGIN + 110 * place
        parts.append(f'<rect x="{x}" y="{SVG_HEIGHT - MARGIN + 16}" width="12" height="12" fill="{PHASES[phase]}"/>')
        parts.append(_text(phase, x + 18, SVG_HEIGHT - MARGIN + 26))
    return "\n".join([*parts, "</svg>"]) + "\n"


def stacked(pictures: Sequence[str]) -> str:
    """Several plots in one SVG, one under the other."""
    height = SVG_HEIGHT * len(pictures)
    inner = [picture.replace("<svg ", f'<svg y="{SVG_HEIGHT * place}" height="{SVG_HEIGHT}" ', 1) for place, picture in enumerate(pictures)]
    return f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SVG_WIDTH} {height}">\n{"".join(inner)}</svg>\n'


def _text(words: str, x: float, y: float, anchor: str = "start", points: float = 12.0) -> str:
    from .text import svg_text  # a plot in a terminal needs no font

    return svg_text(words, x, y, SVG_WIDTH, anchor, points)


def _frame(title: str, height: float = SVG_HEIGHT) -> list[str]:
    from .text import FONT

    return [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {SVG_WIDTH} {height:g}" {FONT} '
        f'role="img" aria-label="{escape(title, quote=True)}">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{SVG_WIDTH}" height="{height:g}" fill="white"/>',
        _text(title, SVG_WIDTH / 2, 20, "middle", 15),
    ]


# -------------------------------------------------------------------------------------------- variants


@dataclass(frozen=True, slots=True)
class Point:
    """One variant. `front`: no other is at least as good in both figures and better in one."""

    name: str
    x: float
    y: float
    front: bool


def points_text(points: Sequence[Point], x_title: str, y_title: str, width: int = WIDTH, height: int = HEIGHT) -> str:
    """A grid of characters: `●` on the front, `·` off it."""
    if not points:
        return "nothing to plot\n"
    x_low, x_span, y_low, y_span = _spans(points)
    grid = [[" "] * width for _ in range(height)]
    for point in sorted(points, key=lambda point: point.front):
        column = round((point.x - x_low) / x_span * (width - 1))
        row = round((point.y - y_low) / y_span * (height - 1))
        grid[height - 1 - row][column] = "●" if point.front else "·"
    low, high = f"{y_low:.4g}", f"{y_low + y_span:.4g}"
    margin = max(len(low), len(high))
    labels = [high] + [""] * (height - 2) + [low]
    lines = [y_title, *(f"{label:>{margin}} │{''.join(row).rstrip()}" for label, row in zip(labels, grid, strict=True))]
    left, right = f"{x_low:.4g}", f"{x_low + x_span:.4g}"
    lines.append(" " * (margin + 1) + "└" + "─" * width)
    lines.append(" " * (margin + 2) + left + right.rjust(width - len(left)))
    lines.append((" " * (margin + 2) + x_title.rjust(width)) + "   ● on the Pareto front")
    return "\n".join(lines) + "\n"


def points_svg(points: Sequence[Point], x_title: str, y_title: str, title: str) -> str:
    """A scatter plot; the front is joined by a line, and each point is named."""
    parts = _frame(title)
    inner_width, inner_height = SVG_WIDTH - 2 * MARGIN, SVG_HEIGHT - 2 * MARGIN
    parts.append(f'<path d="M{MARGIN} {MARGIN}V{SVG_HEIGHT - MARGIN}H{SVG_WIDTH - MARGIN}" fill="none" stroke="#888"/>')
    parts.append(_text(x_title, SVG_WIDTH - MARGIN, SVG_HEIGHT - 12, "end"))
    parts.append(_text(y_title, MARGIN, MARGIN - 12))
    if points:
        x_low, x_span, y_low, y_span = _spans(points)
        placed = [
            (MARGIN + (point.x - x_low) / x_span * inner_width, SVG_HEIGHT - MARGIN - (point.y - y_low) / y_span * inner_height, point)
            for point in points
        ]
        front = sorted((x, y) for x, y, point in placed if point.front)
        parts.append(f'<polyline points="{" ".join(f"{x:.1f},{y:.1f}" for x, y in front)}" fill="none" stroke="#cc6677"/>')
        for tick in range(5):
            across, up = inner_width * tick / 4, inner_height * tick / 4
            parts.append(_text(f"{x_low + x_span * tick / 4:.4g}", MARGIN + across, SVG_HEIGHT - MARGIN + 18, "middle"))
            parts.append(_text(f"{y_low + y_span * tick / 4:.4g}", MARGIN - 6, SVG_HEIGHT - MARGIN - up + 4, "end"))
        for x, y, point in placed:
            colour = PHASES["backward"] if point.front else PHASES["forward"]
            name = escape(f"{point.name}: {point.x:,} {x_title}, {point.y:,} {y_title}")
            parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="4" fill="{colour}"><title>{name}</title></circle>')
            if point.front:
                parts.append(_text(point.name, x + 6, y - 6, points=10))
    return "\n".join([*parts, "</svg>"]) + "\n"


def _spans(points: Sequence[Point]) -> tuple[float, float, float, float]:
    xs, ys = [point.x for point in points], [point.y for point in points]
    return min(xs), (max(xs) - min(xs)) or 1, min(ys), (max(ys) - min(ys)) or 1


# ------------------------------------------------------------------------------------------------ bars

_NAMES, _BAR, _TOP = 210, 26, 48
"""Room for the names of bars, and for a bar, and above the first, in points."""


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: a value with its spread, what is written behind it, and whether it stands back."""

    name: str
    value: float
    low: float
    high: float
    text: str
    faint: bool = False


def bars_svg(bars: Sequence[Bar], title: str, note: str) -> str:
    """The largest first, on a scale on which a line marks 1."""
    rows = sorted(bars, key=lambda bar: -bar.value)
    bottom = _TOP + _BAR * len(rows)
    scale = (SVG_WIDTH - _NAMES - 2 * MARGIN) / (max(1.0, *(bar.high for bar in rows)) * 1.08)
    parts = _frame(title, bottom + 34)
    for place, bar in enumerate(rows):
        top = _TOP + place * _BAR
        low, middle, high = (_NAMES + scale * value for value in (bar.low, bar.value, bar.high))
        fill = "#b8b8b8" if bar.faint else PHASES["forward"]
        parts += [
            _text(bar.name, _NAMES - 8, top + _BAR / 2 + 2, "end"),
            f'<rect x="{_NAMES}" y="{top + 2}" width="{middle - _NAMES:.1f}" height="{_BAR - 8}" fill="{fill}"/>',
            f'<path d="M{low:.1f} {top + _BAR / 2 - 2}H{high:.1f}" stroke="black" stroke-width="2"/>',
            _text(bar.text, high + 6, top + _BAR / 2 + 2),
        ]
    parts += [
        f'<path d="M{_NAMES + scale:.1f} {_TOP - 6}V{bottom}" stroke="#888" stroke-dasharray="3 3"/>',
        _text(note, MARGIN / 4, bottom + 22),
    ]
    return "\n".join([*parts, "</svg>"]) + "\n"
