"""Values as the program keeps them: what closes over an environment or a syntax tree stays behind in the elaborator."""

from __future__ import annotations

from ..graph.program import Shown, Value
from .values import show_value


def plain(value: object) -> Value:
    """A number, a text or a list as it is; of a block, an operation or a shape what messages print."""
    if value is None or isinstance(value, int | float | str):
        return value
    if isinstance(value, tuple):
        items = [plain(item) for item in value]
        # Most lists hold plain values alone, and a size (`1x7`) is one of a kind of its own: both stay what they are.
        return value if all(new is old for new, old in zip(items, value, strict=True)) else tuple(items)
    return Shown(show_value(value))
