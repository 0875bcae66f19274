"""The value of a number as it is written."""

from __future__ import annotations

from typing import Final

# More digits than any size, and few enough that no arithmetic on them takes noticeable time.
MOST_DIGITS: Final = 100

_SCALES: Final = {"K": 3, "M": 6, "G": 9}


def number_of(text: str) -> int | float:
    """`26M` is 26000000 and `4.2G` 4200000000, exactly; `0.5` and `1e-3` are floats. `text` has at most `MOST_DIGITS`."""
    power = _SCALES.get(text[-1])
    if power is None:
        return int(text) if text.isdigit() else float(text)
    whole, _, fraction = text[:-1].partition(".")
    digits = int(whole + fraction) * 10**power
    divisor = int(10 ** len(fraction))
    return digits // divisor if digits % divisor == 0 else digits / divisor


def size_of(text: str) -> tuple[int, ...]:
    """`1x7` is (1, 7)."""
    return tuple(int(part) for part in text.split("x"))
