"""The value of a number as it is written."""

from __future__ import annotations

from math import isinf
from typing import Final

# More digits than any size has, and few enough that no arithmetic on them takes noticeable time.
MOST_DIGITS: Final = 100

_SCALES: Final = {"K": 3, "M": 6, "G": 9}
_UNITS: Final = {"us": 0, "ms": 3}


def is_too_long(text: str) -> bool:
    """Whether a number, or a part of a size, is beyond what is computed with."""
    if len(text) > MOST_DIGITS:
        return any(len(part) > MOST_DIGITS for part in text.split("x"))
    return ("e" in text or "E" in text) and isinf(float(text))


def number_of(text: str) -> int | float:
    """`26M` is 26000000 and `4.2G` 4200000000, exactly; `0.5` and `1e-3` are floats. A time is in microseconds."""
    power = _UNITS[text[-2:]] if is_time(text) else _SCALES.get(text[-1])
    if power is None:
        return int(text) if text.isdigit() else float(text)
    whole, _, fraction = text.rstrip("KMGmus").partition(".")
    digits: int = int(whole + fraction) * 10**power
    divisor: int = 10 ** len(fraction)
    return digits // divisor if digits % divisor == 0 else digits / divisor


def is_time(text: str) -> bool:
    """`5ms`, `300us`."""
    return text[-1] == "s"


def size_of(text: str) -> tuple[int, ...]:
    """`1x7` is (1, 7)."""
    return tuple(int(part) for part in text.split("x"))
