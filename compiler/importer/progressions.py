"""Fixed tensors that are worked out from the places along their axes: evenly spaced numbers, powers of them, products of rows and columns, distances."""

from __future__ import annotations

import torch

from ...base.records import dataclass

LEAST = 8
"""From so many numbers on, evenly spaced ones are said by their places."""

CLOSE = 2e-6
"""How far, of the largest, a number may be from what is worked out for it in single precision."""


@dataclass(frozen=True, slots=True)
class Progression:
    """`first + step * place`, of so many places."""

    count: int
    first: float
    step: float


@dataclass(frozen=True, slots=True)
class Powers:
    """`exp` of a progression, as the frequencies are that a time is embedded by."""

    of: Progression


@dataclass(frozen=True, slots=True, eq=False)
class Outer:
    """The products of one number for each row with one for each column."""

    rows: torch.Tensor
    columns: torch.Tensor


@dataclass(frozen=True, slots=True)
class Distances:
    """How far any two of so many places are apart, times `step`."""

    count: int
    step: float


def by_place(tensor: torch.Tensor) -> Progression | Powers | Outer | Distances | None:
    """What a tensor is, axes of size 1 left out."""
    bare = tensor.squeeze().double()
    if bool(torch.isinf(bare).any() or torch.isnan(bare).any()):
        return None
    if bare.dim() == 1:
        return _progression(bare) or _powers(bare)
    return _distances(bare) or _outer(bare) if bare.dim() == 2 else None


def _progression(bare: torch.Tensor) -> Progression | None:
    count = len(bare)
    if count < LEAST:
        return None
    first, step = float(bare[0]), float((bare[-1] - bare[0]) / (count - 1))
    found = Progression(count, _short(first), _short(step))
    return found if step and _equal(found.first + found.step * torch.arange(count, dtype=torch.float64), bare) else None


def _powers(bare: torch.Tensor) -> Powers | None:
    """Falling ones from 1 on: of large ones an angle would be too far off, and whole ones are read better as they are."""
    if len(bare) < LEAST or not bool((bare > 0).all()) or float(bare.max()) > 1 + CLOSE:
        return None
    logs = bare.log()
    step = _short(float((logs[-1] - logs[0]) / (len(bare) - 1)))
    found = Progression(len(bare), 0.0 if abs(float(logs[0])) < CLOSE else _short(float(logs[0])), step)
    made = (found.first + found.step * torch.arange(len(bare), dtype=torch.float64)).exp()
    return Powers(found) if step < 0 and torch.allclose(made, bare, rtol=CLOSE, atol=0.0) else None


def _distances(bare: torch.Tensor) -> Distances | None:
    count = len(bare)
    if bare.shape != (count, count) or count < LEAST:
        return None
    places = torch.arange(count, dtype=torch.float64)
    found = Distances(count, _short(float(bare[0, -1] / (count - 1))))
    return found if found.step and _equal(found.step * (places[:, None] - places).abs(), bare) else None


def _outer(bare: torch.Tensor) -> Outer | None:
    """Shorter than the whole, and no axis along which all are the same."""
    place = int(bare.abs().argmax())
    row, column = divmod(place, bare.shape[1])
    largest = bare[row, column]
    if not float(largest):
        return None
    rows, columns = bare[:, column], bare[row] / largest
    if not _equal(rows[:, None] * columns, bare):
        return None
    # The columns as they are in the row that is 1, if there is one: places stay whole numbers.
    unit = largest.abs()
    ends = columns * unit
    whole = _progression(ends / (ends[1] - ends[0])) if len(ends) > 1 and float(ends[1] - ends[0]) else None
    factor = (ends[1] - ends[0]) if whole is not None else torch.tensor(1.0, dtype=torch.float64)
    return Outer((rows / unit * factor).to(torch.float32), (ends / factor).to(torch.float32))


def _equal(one: torch.Tensor, other: torch.Tensor) -> bool:
    return torch.allclose(one, other, rtol=0.0, atol=CLOSE * float(other.abs().max()))


def _short(number: float) -> float:
    """A number without the last digits of single precision, where there are few others."""
    return float(f"{number:.6g}") if abs(float(f"{number:.6g}") - number) <= 1e-7 * abs(number) else number
