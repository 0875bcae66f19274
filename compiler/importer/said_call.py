"""A call as Python has it, its tensors named as an operation of one's own has them."""

from __future__ import annotations

from typing import Any

from .known import matters, plain_name
from .traced import Call, Ref

NAMES = "abcdefgh"
"""What several tensors are called where a module does not say."""


def said(call: Call) -> str:
    """`quantile(x, 0.5, dim=1)`; what cannot be said is `…`."""
    numbers = list(dict.fromkeys(ref.number for ref in matters(call)))
    names = {numbers[0]: "x"} if len(numbers) == 1 else dict(zip(numbers, NAMES, strict=False))
    rows = [_value(item, names) for item in call.arguments]
    rows += [f"{name}={_value(item, names)}" for name, item in call.keywords.items()]
    return f"{plain_name(call.function)}({', '.join(rows)})"


def _value(value: Any, names: dict[int, str]) -> str:
    if isinstance(value, Ref):
        return names.get(value.number, "…")
    if isinstance(value, list | tuple):
        rows = ", ".join(_value(item, names) for item in value)
        return f"[{rows}]" if isinstance(value, list) else f"({rows}{',' * (len(value) == 1)})"
    return repr(value) if isinstance(value, bool | int | float | str | None) else "…"
