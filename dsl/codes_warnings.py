"""Codes of warnings (W5xx)."""

from __future__ import annotations

from .codes import Code

ROWS: tuple[Code, ...] = (
    Code(
        "W501",
        "a step that leads to no output",
        "Nothing reads what the step makes, so it is left out of the module.",
        "network n {\n  input x[3, 8, 8]\n  a: conv(8)\n  conv(4)\n  b: conv(2)\n  output a\n}\n",
        "Remove the step, or name its result as an output.",
    ),
)
