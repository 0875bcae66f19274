"""Codes of the syntax (E1xx)."""

from __future__ import annotations

from .codes import Code

ROWS: tuple[Code, ...] = (
    Code(
        "E101",
        "something that does not belong here",
        "The text stops making sense at this word or sign. The message says what could stand there instead.",
        "network n {\n  input x[3, 8, 8]\n  conv(8) -> )\n}\n",
        "Write what the message expects.",
    ),
)
