"""The figures of a bench as a picture: one bar a way, its speed against the base, with the spread of the rounds."""

from __future__ import annotations

from ..draw.plot import Bar, bars_svg
from .bench import AGAIN, Bench


def to_svg(bench: Bench) -> str:
    """An SVG picture, readable on white and by a screen reader."""
    plural = "s" if bench.threads > 1 else ""
    title = f"{bench.network}: speed against {bench.options.base}, batch {bench.options.batch}, {bench.threads} thread{plural}"
    note = f"{bench.machine.processor}, torch {bench.machine.torch}; lines: the middle half of the rounds"
    bars = [
        Bar(
            row.way,
            row.speed.median,
            row.speed.low,
            row.speed.high,
            f"{row.speed.median:.2f}, {row.seconds * 1e3:.1f} ms",
            faint=row.way == AGAIN,
        )
        for row in bench.rows
    ]
    return bars_svg(bars, title, note)
