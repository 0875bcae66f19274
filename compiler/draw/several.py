"""What differs from place to place, in a few words: a range hides nothing only where it rises or falls all the way."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

NUMBER = re.compile(r"\d+(?:\.\d+)?")
BETWEEN = "\u2026"
"""Between the first and the last of values that rise or fall."""
OR = " or "
"""Between values that do neither."""
MOST = 4


def several(texts: Sequence[str], gap: str = "") -> str:
    """The values at all places, in their order: `8\u202664`, else each once: `16 or 4`. `gap` stands at both sides of a range's sign."""
    told = list(dict.fromkeys(texts))
    if len(told) == 1:
        return told[0]
    if _is_a_row(texts):
        return gap.join((texts[0], BETWEEN, texts[-1]))
    return OR.join(told if len(told) <= MOST else [*told[: MOST - 1], BETWEEN])


def _is_a_row(texts: Sequence[str]) -> bool:
    """Whether texts differ in numbers alone, none of which turns round."""
    if len({NUMBER.sub("#", text) for text in texts}) > 1:
        return False
    columns = zip(*(map(float, NUMBER.findall(text)) for text in texts), strict=True)
    return all(any(all(sign * (two - one) >= 0 for one, two in pairwise(column)) for sign in (1, -1)) for column in map(tuple, columns))
