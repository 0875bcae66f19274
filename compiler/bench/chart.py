"""The figures of a bench as a picture: one bar a way, its speed against the base, with the spread of the rounds."""

from __future__ import annotations

from html import escape

from ..draw.text import FONT, svg_text
from .bench import AGAIN, Bench

_LEFT, _WIDTH, _ROW, _TOP = 190, 460, 26, 44
_ACROSS = _LEFT + _WIDTH + 110
_BAR, _AGAIN_BAR, _INK, _LINE = "#4878a8", "#b8b8b8", "#222222", "#888888"


def to_svg(bench: Bench) -> str:
    """An SVG picture, readable on white and by a screen reader."""
    rows = sorted(bench.rows, key=lambda row: -row.speed.median)
    most = max(max(row.speed.high for row in rows), 1.0) * 1.08
    height = _TOP + _ROW * len(rows) + 30
    options = bench.options
    title = (
        f"{bench.network}: speed against {options.base}, batch {options.batch}, {bench.threads} thread{'s' if bench.threads > 1 else ''}"
    )
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_ACROSS}" height="{height}" {FONT} fill="{_INK}">',
        f"<title>{escape(title)}</title>",
        '<rect width="100%" height="100%" fill="white"/>',
        svg_text(title, 12, 22, _ACROSS, points=14, bold=True),
    ]

    def across(speed: float) -> float:
        return _LEFT + _WIDTH * speed / most

    for number, row in enumerate(rows):
        top = _TOP + number * _ROW
        middle = top + _ROW / 2 - 2
        fill = _AGAIN_BAR if row.way == AGAIN else _BAR
        parts += [
            svg_text(row.way, _LEFT - 8, middle + 4, _ACROSS, "end"),
            f'<rect x="{_LEFT}" y="{top + 2}" width="{across(row.speed.median) - _LEFT:.1f}" height="{_ROW - 8}" fill="{fill}"/>',
            f'<line x1="{across(row.speed.low):.1f}" x2="{across(row.speed.high):.1f}" y1="{middle:.1f}" y2="{middle:.1f}" stroke="{_INK}" stroke-width="2"/>',
            svg_text(f"{row.speed.median:.2f}, {row.seconds * 1e3:.1f} ms", across(row.speed.high) + 6, middle + 4, _ACROSS),
        ]
    one, bottom = across(1.0), _TOP + _ROW * len(rows)
    parts += [
        f'<line x1="{one:.1f}" x2="{one:.1f}" y1="{_TOP - 6}" y2="{bottom}" stroke="{_LINE}" stroke-dasharray="3 3"/>',
        svg_text(
            f"{bench.machine.processor}, torch {bench.machine.torch}; lines: the middle half of the rounds",
            12,
            height - 10,
            _ACROSS,
            fill=_LINE,
        ),
        "</svg>",
    ]
    return "\n".join(parts) + "\n"
