"""How far two modules' answers agree: signal to noise, and which class is the largest."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import field
from typing import TYPE_CHECKING

from ...base.records import dataclass

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(slots=True)
class Noise:
    """Squares summed up over batches, for every output of a network by itself."""

    signal: dict[int, float] = field(default_factory=dict)
    noise: dict[int, float] = field(default_factory=dict)

    def add(self, wanted: Sequence[Tensor], found: Sequence[Tensor]) -> None:
        for number, (one, other) in enumerate(zip(wanted, found, strict=True)):
            self.signal[number] = self.signal.get(number, 0.0) + float(one.double().square().sum())
            self.noise[number] = self.noise.get(number, 0.0) + float((one.double() - other.double()).square().sum())

    @property
    def decibels(self) -> float:
        """Signal to noise of the output that has the least; infinite where nothing differs."""
        return min((ratio(self.signal[number], self.noise[number]) for number in self.signal), default=math.inf)


def ratio(signal: float, noise: float) -> float:
    if not noise:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf


def decibels(wanted: Sequence[Tensor], found: Sequence[Tensor]) -> float:
    noise = Noise()
    noise.add(wanted, found)
    return noise.decibels


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far the answers in eight bits are those in floating point, and the layer that is farthest from what it was."""

    samples: int
    decibels: float
    same: int | None
    """For how many samples the largest output is the same; None where the outputs are no list of classes."""
    worst: str
    worst_decibels: float

    def lines(self) -> tuple[str, ...]:
        rows = [f"signal to noise of the outputs {self.decibels:.1f} dB"]
        if self.same is not None:
            rows.append(f"the same largest output for {self.same} of {self.samples} samples ({self.same / self.samples:.1%})")
        rows.append(f"worst layer {self.worst}, {self.worst_decibels:.1f} dB")
        return ("agreement with float32: " + "; ".join(rows),)


def agreeing(wanted: Tensor, found: Tensor) -> int | None:
    """For how many samples the largest class is the same; None where the tensor is no list of classes."""
    if wanted.dim() != 2 or wanted.shape[1] < 2:
        return None
    return int((wanted.argmax(1) == found.argmax(1)).sum())
