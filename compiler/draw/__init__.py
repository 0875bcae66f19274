"""Pictures of networks: `draw` writes a file, `draw_text` gives the picture in memory, `fold` and `to_dot` the steps on the way."""

from __future__ import annotations

from .diagram import DIRECTIONS, FORMATS, WRONG_CALLS, Drawn, Options, draw, draw_text
from .dot import to_dot
from .fold import LEVELS, View, fold
from .look import COSTS, Look
from .picture import Box, Frame, Line, Picture
from .style import THEMES

__all__ = [
    "COSTS", "DIRECTIONS", "FORMATS", "LEVELS", "THEMES", "WRONG_CALLS", "Box", "Drawn", "Frame", "Line", "Look", "Options", "Picture",
    "View", "draw", "draw_text", "fold", "to_dot",
]  # fmt: skip
