"""`einsum` in forms that the language has no pattern for, as products that it has: letters for `...`, two tensors at a time, sums of one tensor first."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import torch
from torch import Tensor

LETTERS = "bnmklhwdijpqrstuvxyzacefgo"
"""What stands for the axes of `...`, as far as the pattern does not use them."""


def einsum_in_parts(args: Sequence[Any]) -> Callable[[], Tensor] | None:
    """What makes the same by plainer calls; None where it is plain."""
    if not args or not isinstance(args[0], str):
        return None
    pattern, *given = args
    operands = list(given[0]) if len(given) == 1 and isinstance(given[0], list | tuple) else given
    sides, after = _spelled(pattern.replace(" ", ""), [operand.dim() for operand in operands])
    if any(len(set(side)) < len(side) for side in (*sides, after)):
        return None  # a diagonal
    plain = pattern.replace(" ", "") == f"{','.join(sides)}->{after}" and len(sides) <= 2
    if plain and not _lone(sides, after) and not _ones(sides, operands):
        return None
    return partial(_made, operands, sides, after)


def _spelled(pattern: str, ranks: Sequence[int]) -> tuple[list[str], str]:
    """The letters of each tensor and of the result, with some for `...`, and with the result that goes without saying."""
    before, arrow, after = pattern.partition("->")
    sides = before.split(",")
    widths = [rank - len(side.replace("...", "")) if "..." in side else 0 for side, rank in zip(sides, ranks, strict=True)]
    dots = "".join(letter for letter in LETTERS if letter not in pattern)[: max(widths)]
    if not arrow:
        letters = before.replace(",", "").replace("...", "")
        after = ("..." if dots else "") + "".join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))
    spelled = [side.replace("...", dots[len(dots) - width :]) for side, width in zip(sides, widths, strict=True)]
    return spelled, after.replace("...", dots)


def _lone(sides: Sequence[str], after: str) -> set[str]:
    """The axes that one tensor alone has, and that are summed along; of one tensor, only where the others change their order."""
    if len(sides) == 1 and after == "".join(letter for letter in sides[0] if letter in after):
        return set()
    letters = "".join(sides)
    return {letter for letter in set(letters) if letters.count(letter) == 1 and letter not in after}


def _ones(sides: Sequence[str], operands: Sequence[Tensor]) -> list[set[str]]:
    """Of each tensor the axes of size 1 that are larger in another; nothing where there are none."""
    sizes: dict[str, int] = {}
    for side, operand in zip(sides, operands, strict=True):
        for letter, size in zip(side, operand.shape, strict=True):
            sizes[letter] = max(sizes.get(letter, 1), size)
    found = [
        {letter for letter, size in zip(side, operand.shape, strict=True) if size < sizes[letter]}
        for side, operand in zip(sides, operands, strict=True)
    ]
    return found if any(found) else []


def _made(operands: Sequence[Tensor], sides: Sequence[str], after: str) -> Tensor:
    rows = []
    for place, (operand, side) in enumerate(zip(operands, sides, strict=True)):
        ones = _ones(sides, operands)
        rows.append(_without(operand, side, ones[place] if ones else set(), squeeze=True))
    lone = _lone([side for _, side in rows], after)
    rows = [_without(operand, side, lone, squeeze=False) for operand, side in rows]
    (found, letters), *others = rows
    while others:
        (operand, side), *others = others
        later = after + "".join(other for _, other in others)
        kept = "".join(letter for letter in dict.fromkeys(letters + side) if letter in later) if others else after
        found, letters = torch.einsum(f"{letters},{side}->{kept}", found, operand), kept
    return found if letters == after else found.permute([letters.index(letter) for letter in after])


def _without(operand: Tensor, side: str, gone: set[str], squeeze: bool) -> tuple[Tensor, str]:
    """A tensor without some axes, which have size 1 or are summed along."""
    axes = [axis for axis, letter in enumerate(side) if letter in gone]
    if axes:
        operand = operand.squeeze(axes) if squeeze else operand.sum(axes)
    return operand, "".join(letter for letter in side if letter not in gone)
