"""A row of text in a chart: within the picture, and as wide in any font as it was measured."""

from __future__ import annotations

from html import escape

from .font import FAMILIES, knows, width
from .svg import plain

EDGE = 4.0  # of a chart, that no text touches
FONT = f'font-family="{FAMILIES}" font-size="12"'
"""Of the root of a chart."""


def svg_text(
    words: str, x: float, y: float, across: float, anchor: str = "start", points: float = 12.0, bold: bool = False, fill: str = ""
) -> str:
    """The element. Text that would leave a picture `across` wide is moved into it, and set smaller where it is longer still."""
    room, wide = across - 2 * EDGE, width(words, points, bold)
    if wide > room:
        points, wide = points * room / wide, room
    share = {"start": 0.0, "middle": 0.5, "end": 1.0}[anchor]
    left = min(max(x - share * wide, EDGE), across - EDGE - wide)
    said = {
        "x": plain(left + share * wide),
        "y": plain(y),
        "text-anchor": anchor if anchor != "start" else "",
        "font-size": plain(points) if points != 12.0 else "",
        "font-weight": "bold" if bold else "",
        "fill": fill,
        "textLength": plain(round(wide, 1)) if knows(words) else "",
        "lengthAdjust": "spacingAndGlyphs" if knows(words) else "",
    }
    attributes = " ".join(f'{name}="{value}"' for name, value in said.items() if value)
    return f"<text {attributes}>{escape(words, quote=False)}</text>"
