"""Axes split, permuted and joined as one `rearrange`, which says what the three steps do."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate
from operator import mul

from .flat_steps import Flat, Plain, Step

LETTERS = ("a", "b", "d", "e", "f", "g", "i", "j", "k", "l", "m", "n")


def pattern(before: Sequence[int], middle: Sequence[int], order: Sequence[int], after: Sequence[int]) -> tuple[str, dict[str, int]] | None:
    """The pattern of a reshape to `middle`, a permutation and a reshape to `after`, with the sizes that it needs; None where axes do not fall together."""
    split, groups = list(middle), _grouped(middle, before)
    if len(groups) != len(before):
        parts = _common(before, middle)
        if parts is None:
            return None
        split, groups = parts
    # The factors of each axis in the middle, then in the new order.
    homes = [[axis] for axis in range(len(middle))] if split == list(middle) else _grouped(split, middle)
    turned = [factor for axis in order for factor in homes[axis]]
    sizes = [split[factor] for factor in turned]
    joined = _grouped(sizes, after)
    if len(joined) != len(after):
        return None
    names = _names(groups, split)
    left = [_side([names[factor] for factor in row]) for row in groups]
    right = [_side([names[turned[place]] for place in row]) for row in joined]
    told = {names[factor]: split[factor] for row in groups for factor in (row[1:] if len(row) > 1 else ())}
    return f"{' '.join(left)} -> {' '.join(right)}", told


def _common(before: Sequence[int], middle: Sequence[int]) -> tuple[list[int], list[list[int]]] | None:
    """The factors that both shapes have in common, and those of each axis before."""
    cuts = sorted(set(accumulate(before, mul)) | set(accumulate(middle, mul)))
    factors, at = [], 1
    for cut in cuts:
        if cut % at:
            return None
        factors.append(cut // at)
        at = cut
    groups = _grouped(factors, before)
    return (factors, groups) if len(groups) == len(before) and len(_grouped(factors, middle)) == len(middle) else None


def _grouped(factors: Sequence[int], sizes: Sequence[int]) -> list[list[int]]:
    """Which factors, one after the other, make each size; short of a size where none do. Those of 1 go to a size of 1, or before another."""
    found: list[list[int]] = []
    place = 0
    for size in sizes:
        row, product = list[int](), 1
        while place < len(factors) and (product < size or (size == 1 == factors[place])):
            product *= factors[place]
            row.append(place)
            place += 1
        if product != size:
            return found
        found.append(row)
    return found if place == len(factors) else found[:-1]


def _names(groups: Sequence[Sequence[int]], factors: Sequence[int]) -> dict[int, str]:
    """`h` and `w` with what they are cut into, and `c`, where it is an image; letters elsewhere."""
    found: dict[int, str] = {}
    letters = iter(LETTERS)
    cut = [place for place, row in enumerate(groups) if len(row) == 2]
    if len(groups) == 3 and len(cut) == 2 and all(len(row) in (1, 2) for row in groups):
        whole = next(place for place in range(3) if place not in cut)
        first, second = (groups[place] for place in cut)
        # Windows are cut out of rows and columns, or put back into them: their sides are equal for the most part.
        is_cut = factors[first[1]] == factors[second[1]]
        for place, (outer, inner) in zip(cut, (("h", "p"), ("w", "q")) if is_cut else (("h", "w"), ("p", "q")), strict=True):
            found[groups[place][0]], found[groups[place][1]] = outer, inner
        found[groups[whole][0]] = "c"
        return found
    for row in groups:
        for factor in row:
            found[factor] = next(letters)
    return found


def _side(names: Sequence[str]) -> str:
    return "1" if not names else names[0] if len(names) == 1 else f"({' '.join(names)})"


def rearranged(flat: Flat) -> None:
    """Fold such runs, each of which is read by the next alone, in place."""
    made, uses, shapes = flat.made(), flat.uses(), flat.shapes()
    gone: set[int] = set()
    for last in flat.steps:
        if last.operation not in ("reshape", "flatten") or last.number in gone:
            continue
        turn = _before(made, uses, last, "permute")
        first = _before(made, uses, turn, "reshape") if turn is not None else None
        if turn is None or first is None or len(last.shape) < 2 or {turn.number, first.number} & gone:
            continue
        order = turn.arguments["order"]
        assert isinstance(order, list)
        found = pattern(shapes[first.inputs[0]], first.shape, order, last.shape)
        if found is None or len(first.shape) > len(LETTERS):
            continue
        text, told = found
        arguments: dict[str, Plain] = {"pattern": text, **told}
        last.operation, last.arguments, last.inputs = "rearrange", arguments, list(first.inputs)
        gone |= {turn.number, first.number}
    flat.steps = [step for step in flat.steps if step.number not in gone]


def _before(made: dict[int, Step], uses: dict[int, int], step: Step, operation: str) -> Step | None:
    found = made.get(step.inputs[0]) if step.inputs else None
    return found if found is not None and found.operation == operation and uses[found.number] == 1 else None
