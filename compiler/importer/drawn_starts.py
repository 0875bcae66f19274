"""How learned tensors start that a model draws by itself: `nn.Parameter(torch.randn(1, 65, 768) * 0.02)`, and no function of `torch.nn.init`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import torch
from torch import nn
from torch.overrides import TorchFunctionMode

from ..runtime.starts import Start

_TIMES = ("mul", "mul_", "__mul__", "__rmul__", "__imul__", "multiply")
_OVER = ("div", "div_", "__truediv__", "__itruediv__", "true_divide")
_ALIKE = ("to", "float", "clone", "contiguous", "requires_grad_")
_SURE = 6.0
"""Within so many times the spread that a sample has by chance the numbers are what they were when they were drawn."""


_KINDS: dict[str, tuple[str, float, float]] = {"randn": ("normal_", 0.0, 1.0), "rand": ("uniform_", 0.5, 1 / math.sqrt(12))}
"""For a function that draws: that of `torch.nn.init` which does the same, the mean of its numbers, and their deviation."""


Place: TypeAlias = tuple[int, int]
"""Where numbers begin in memory, and how many they are."""


class Draws(TorchFunctionMode):
    """While it is entered, which numbers come of `torch.randn` and `torch.rand`, and by which number they were multiplied since."""

    def __init__(self) -> None:
        super().__init__()
        self.drawn: dict[Place, tuple[str, float]] = {}
        """The function that drew them, and the factor since."""

    def __torch_function__(
        self, func: Any, types: Sequence[type], args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:
        kind, factor = self._drawn(args[0]) if args else ("", 1.0)
        made = func(*args, **dict(kwargs or {}))
        name, place = getattr(func, "__name__", ""), _place(made)
        if place is None:
            return made
        by = args[1] if len(args) == 2 and isinstance(args[1], int | float) and args[1] > 0 else None
        if name in _KINDS:
            self.drawn[place] = name, 1.0
        elif kind and name in _TIMES and by is not None:
            self.drawn[place] = kind, factor * by
        elif kind and name in _OVER and by is not None:
            self.drawn[place] = kind, factor / by
        elif kind and name in _ALIKE:
            self.drawn[place] = kind, factor
        return made

    def _drawn(self, tensor: object) -> tuple[str, float]:
        place = _place(tensor)
        return ("", 1.0) if place is None else self.drawn.get(place, ("", 1.0))

    def starts(self, module: nn.Module) -> dict[str, Start]:
        """How each learned tensor starts that holds such numbers. Memory is used again, so that they are asked whether they look like it."""
        found: dict[str, Start] = {}
        for key, tensor in module.named_parameters():
            kind, factor = self._drawn(tensor)
            if not kind or not _looks_like(tensor.detach(), *(factor * number for number in _KINDS[kind][1:])):
                continue
            told = {"mean": 0.0, "std": float(f"{factor:.6g}")} if kind == "randn" else {"a": 0.0, "b": factor}
            found[key] = _KINDS[kind][0], {**told, "tensor": tuple(tensor.shape)}
        return found


def _place(tensor: object) -> Place | None:
    """None of one that has no memory: it is lazy, on another device, or sparse."""
    if type(tensor) not in (torch.Tensor, nn.Parameter):
        return None
    assert isinstance(tensor, torch.Tensor)
    return (tensor.data_ptr(), tensor.numel()) if tensor.device.type == "cpu" and tensor.layout == torch.strided else None


def _looks_like(numbers: torch.Tensor, mean: float, deviation: float) -> bool:
    count = numbers.numel()
    if count < 2 or not numbers.is_floating_point():
        return False
    spread, middle = float(numbers.double().std()) / deviation, (float(numbers.double().mean()) - mean) / deviation
    return abs(spread - 1) < _SURE / math.sqrt(2 * (count - 1)) and abs(middle) < _SURE / math.sqrt(count) and spread > 0
