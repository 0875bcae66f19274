"""How learned tensors start that a step keeps to itself: what its word can say of that, and which start otherwise than any word says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ..runtime.starts import Start
from .flat_steps import Flat, Step

OWN: dict[str, tuple[str, float]] = {
    "class_token": ("zeros_", 0.0),
    "embedding": ("normal_", 1.0),
    "position_embedding": ("normal_", 0.02),
    "relative_bias": ("trunc_normal_", 0.02),
}
"""The function that starts such a tensor, and its deviation where nobody says another."""

SAYS_DEVIATION = frozenset(("position_embedding", "relative_bias"))


def tensor_starts(flat: Flat, starts: Mapping[str, Start], number_of: Callable[[str], Any]) -> dict[str, None]:
    """Write the deviations into the steps; what starts otherwise than its word says. `number_of`: the one number that all of a tensor is, or None."""
    others: dict[str, None] = {}
    for step in flat.steps:
        if step.key is None or step.shared or step.operation not in OWN or (step.operation == "embedding" and len(step.inputs) > 1):
            continue
        key = f"{step.key}.weight" if step.operation == "embedding" else step.key
        if not _said(step, starts.get(key), number_of(key)):
            others.setdefault(key)
    return others


def _said(step: Step, start: Start | None, number: object) -> bool:
    """Whether the step says how its tensor starts, or that was not seen."""
    word, usual = OWN[step.operation]
    if start is None and number != 0:
        return True
    deviation = 0.0 if start is None else _deviation(start, word)
    if deviation is None:
        return False
    if step.operation in SAYS_DEVIATION:
        step.arguments["std"] = deviation or 0
        return True
    return deviation == usual


def _deviation(start: Start, word: str) -> float | None:
    """The deviation from 0, where the tensor is started by that function, or is 0."""
    name, row = start
    if name == "zeros_" or (name == "constant_" and row["val"] == 0):
        return 0.0
    is_plain = row.get("mean") == 0 and (row.get("a", -2), row.get("b", 2)) == (-2, 2)
    return float(row["std"]) if name == word and is_plain else None
