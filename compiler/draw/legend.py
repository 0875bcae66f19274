"""What the colours of a picture mean, where they are heat: the scale from nothing to the dearest box, and the sum."""

from __future__ import annotations

from .style import POINTS, Theme, heat, readable
from .tooltip import escaped


def legend(theme: Theme, color_by: str, unit: str, dearest: float, total: float) -> str:
    """A row that stands beneath the picture."""
    name = {"macs": "MACs", "cost": "MACs"}.get(color_by, color_by)
    cells = []
    for step in range(len(theme.heat)):
        share = step / (len(theme.heat) - 1)
        fill = heat(theme, share)
        text = short(dearest * share) + unit
        cells.append(f'<TD BGCOLOR="{fill}" WIDTH="34"><FONT COLOR="{readable(fill, theme.text)}">{escaped(text)}</FONT></TD>')
    return (
        f'<<FONT POINT-SIZE="{POINTS["legend"]:g}"><TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="2"><TR>'
        f"<TD>{escaped(name)} a box </TD>{''.join(cells)}<TD> {escaped(short(total) + unit)} in all</TD></TR></TABLE></FONT>>"
    )


def short(value: float) -> str:
    """`4.23G`, `25.6M`, `1.5`: three figures."""
    for size, letter in ((1e12, "T"), (1e9, "G"), (1e6, "M"), (1e3, "K")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"
