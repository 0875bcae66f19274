"""The variants that nothing else beats."""

from __future__ import annotations

from collections.abc import Sequence


def front(rows: Sequence[Sequence[float]], largest: Sequence[bool]) -> list[bool]:
    """Whether each row is on the Pareto front: no other is at least as good in every figure and better in one.

    `largest` says for each figure whether more is better. Two figures take a sort; more take all pairs.
    """
    signed = [tuple(-value if most else value for value, most in zip(row, largest, strict=True)) for row in rows]
    if len(largest) != 2:
        return [not any(_beats(other, row) for other in signed) for row in signed]
    best: list[bool] = [False] * len(signed)
    least = float("inf")
    order = sorted(range(len(signed)), key=lambda place: signed[place])
    for rank, place in enumerate(order):
        if signed[place][1] < least:
            least = signed[place][1]
            best[place] = True
        elif rank and signed[place] == signed[order[rank - 1]]:
            best[place] = best[order[rank - 1]]
    return best


def _beats(one: Sequence[float], two: Sequence[float]) -> bool:
    return one != two and all(a <= b for a, b in zip(one, two, strict=True))
