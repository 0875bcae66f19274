"""Fixed tables of sines: of each feature a frequency along rows, one along columns and a phase, found from its numbers.

Such are the tables of rotary positions and of encodings by sines and cosines, whatever a library makes their frequencies of.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import isqrt

import torch

from ...base.records import dataclass

CLOSE = 2e-5
"""How far a sine may be from what is in the table, which was worked out in single precision."""

ROUNDED = 3e-7
"""How much further at each place: an angle that is worked out in single precision is off by so much for each of its own size."""


@dataclass(frozen=True, slots=True, eq=False)
class Waves:
    """sin(rows * place of the row + columns * place of the column + phases), of [height, width, features]."""

    sides: tuple[int, int]
    rows: torch.Tensor
    columns: torch.Tensor
    phases: torch.Tensor
    order: tuple[int, ...]
    """How [height, width, features] are permuted; then they have the table's own shape."""


def waves(table: torch.Tensor) -> Waves | None:
    """The waves that a table of [places, features], [height, width, features] or [features, height, width] is, if it is some."""
    if not table.numel() or float(table.abs().max()) > 1 + CLOSE:
        return None
    for image, order in _images(table.squeeze().double()):
        found = _fitted(image)
        if found is not None:
            return Waves((image.shape[0], image.shape[1]), *found, order)
    return None


def _images(table: torch.Tensor) -> Iterator[tuple[torch.Tensor, tuple[int, ...]]]:
    plain = (0, 1, 2)
    if table.dim() == 2:
        places, features = table.shape
        yield table.reshape(places, 1, features), plain
        if isqrt(places) ** 2 == places:
            yield table.reshape(isqrt(places), isqrt(places), features), plain
    if table.dim() == 3:
        yield table, plain
        yield table.permute(1, 2, 0), (2, 0, 1)


def _fitted(image: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor] | None:
    """Frequencies and phases; None where one feature is no wave."""
    height, width, features = image.shape
    if min(max(height, width), features) < 2 or max(height, width) < 4:
        return None
    y, x = (torch.arange(side, dtype=torch.float64) for side in (height, width))
    guesses = [_frequency(image, 0), _frequency(image, 1)]
    best: tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor] | None = None
    for sign in (1.0, -1.0):
        rows, columns = guesses[0], sign * guesses[1]
        angles = y[:, None, None] * rows + x[None, :, None] * columns
        sine, cosine = angles.sin(), angles.cos()
        # The amplitude of either, by least squares, tells the phase.
        a, b, c = (sine * sine).sum((0, 1)), (sine * cosine).sum((0, 1)), (cosine * cosine).sum((0, 1))
        d, e = (sine * image).sum((0, 1)), (cosine * image).sum((0, 1))
        determinant = (a * c - b * b).clamp_min(1e-12)
        phases = torch.atan2((a * e - b * d) / determinant, (c * d - b * e) / determinant)
        rows, columns, phases = _refined(image, y, x, rows, columns, phases)
        error = (_wave(y, x, rows, columns, phases) - image).abs().amax((0, 1))
        if best is None:
            best = rows, columns, phases, error
        else:
            better = error < best[3]
            best = tuple(torch.where(better, new, old) for new, old in zip((rows, columns, phases, error), best, strict=True))  # type: ignore[assignment]
    assert best is not None
    return best[:3] if float(best[3].max()) < CLOSE + ROUNDED * max(height, width) else None


def _frequency(image: torch.Tensor, axis: int) -> torch.Tensor:
    """Of sin(t + a) + sin(t - a) = 2 sin(t) cos(a); 0 along an axis of one place."""
    size = image.shape[axis]
    if size < 3:
        return torch.zeros(image.shape[2], dtype=torch.float64)
    before, here, after = (image.narrow(axis, place, size - 2) for place in (0, 1, 2))
    cosine = (here * (before + after)).sum((0, 1)) / (2 * (here * here).sum((0, 1))).clamp_min(1e-12)
    still = (after - before).abs().amax((0, 1)) < 1e-7
    return torch.where(still, torch.zeros_like(cosine), cosine.clamp(-1, 1).arccos().clamp_min(1e-5))


def _wave(y: torch.Tensor, x: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor, phases: torch.Tensor) -> torch.Tensor:
    return (y[:, None, None] * rows + x[None, :, None] * columns + phases).sin()


def _refined(
    image: torch.Tensor, y: torch.Tensor, x: torch.Tensor, rows: torch.Tensor, columns: torch.Tensor, phases: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    """Some steps of Gauss and Newton, of all features at once."""
    height, width, features = image.shape
    moves = (rows != 0, columns != 0)
    for _ in range(12):
        angles = y[:, None, None] * rows + x[None, :, None] * columns + phases
        slope = angles.cos()
        parts = [slope * y[:, None, None] * moves[0], slope * x[None, :, None] * moves[1], slope]
        jacobian = torch.stack(parts).reshape(3, height * width, features).permute(2, 1, 0)
        rest = (image - angles.sin()).reshape(height * width, features).t()[..., None]
        normal = jacobian.transpose(1, 2) @ jacobian + 1e-9 * torch.eye(3, dtype=torch.float64)
        step = torch.linalg.solve(normal, jacobian.transpose(1, 2) @ rest)[..., 0]
        rows, columns, phases = rows + step[:, 0], columns + step[:, 1], phases + step[:, 2]
    return rows, columns, torch.remainder(phases + torch.pi, 2 * torch.pi) - torch.pi
