"""What a module does in training alone that no word of the language says, and what its weights do there: told in the header."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from .calling import call
from .sources import tried_apart
from .words import first_keys

RANDOM = frozenset(
    (
        "rand",
        "randn",
        "randint",
        "rand_like",
        "randn_like",
        "randint_like",
        "bernoulli",
        "bernoulli_",
        "normal",
        "normal_",
        "uniform_",
        "multinomial",
    )
)
"""Functions that draw numbers."""

SAID = ("drop", "stochastic")
"""What is in the names of modules and functions whose drawing the language has words for: dropout, drop path, stochastic depth."""


def training_notes(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str]) -> list[str]:
    notes = []
    frozen = [key for key, weight in module.named_parameters() if not weight.requires_grad]
    if frozen:
        notes.append(f"weights that learn here, and are frozen in the model: {first_keys(frozen)}")
    padded = {
        f"{path}.weight": int(part.padding_idx)
        for path, part in module.named_modules()
        if isinstance(part, nn.Embedding) and part.padding_idx is not None
    }
    if padded:
        rows = ", ".join(f"{row}" for row in dict.fromkeys(padded.values()))
        notes.append(f"rows that learn here, and are kept as they are in the model (`padding_idx`, row {rows}): {first_keys(padded)}")
    drawn = _drawn(module, inputs, by_name)
    if drawn:
        notes.append(f"in training the model draws numbers as well ({', '.join(f'`{name}`' for name in drawn)}), which is left out")
    return notes


class _Draws(TorchFunctionMode):
    """Which functions draw numbers, outside of what the language has words for."""

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[str] = Counter()
        self.within = 0

    def enter(self, *_: Any) -> None:
        self.within += 1

    def leave(self, *_: Any) -> None:
        self.within -= 1

    def __torch_function__(self, function: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = getattr(function, "__name__", "")
        if name in RANDOM and not self.within:
            self.found[name] += 1
        return function(*args, **(kwargs or {}))


def _drawn(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str]) -> list[str]:
    """The functions that draw in a run of training and in none of evaluation."""
    found = []
    said = [part for part in module.modules() if any(word in type(part).__name__.lower() for word in SAID)]
    for training in (True, False):
        draws = _Draws()
        hooks = [row for part in said for row in (part.register_forward_pre_hook(draws.enter), part.register_forward_hook(draws.leave))]
        try:
            with tried_apart(module, training), draws:
                call(module, inputs, by_name)
        finally:
            for hook in hooks:
                hook.remove()
        found.append(draws.found)
    return list(found[0] - found[1])
