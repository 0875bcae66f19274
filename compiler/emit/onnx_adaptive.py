"""Adaptive pools whose input has a free size: the exporter makes a pool of one window of them, that of the size it traced."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor


def along(x: Tensor, axis: int, count: int, largest: bool) -> Tensor:
    """Means, or the largest values, of so many windows along an axis, which are told by the size of the day."""
    import torch

    if count == 1:
        return x.amax(axis, keepdim=True) if largest else x.mean(axis, keepdim=True)
    length = x.shape[axis]
    window = torch.arange(count, device=x.device)
    starts = torch.div(window * length, count, rounding_mode="floor")
    ends = torch.div((window + 1) * length + (count - 1), count, rounding_mode="floor")
    places = torch.arange(length, device=x.device)
    inside = (places >= starts[:, None]) & (places < ends[:, None])
    rows = x.transpose(axis, -1)
    if largest:
        lowest = torch.tensor(float("-inf"), dtype=x.dtype, device=x.device)
        rows = torch.where(inside, rows.unsqueeze(-2), lowest).amax(-1)
    else:
        weights = inside.to(x.dtype)
        rows = rows @ (weights / weights.sum(1, keepdim=True)).t()
    return rows.transpose(axis, -1)


def _pool(rank: int, largest: bool, plain: Callable[..., Tensor]) -> Callable[..., Tensor]:
    def pooled(x: Tensor, output_size: int | Sequence[int | None] | None, return_indices: bool = False) -> Tensor:
        counts = [output_size] * rank if isinstance(output_size, int | None) else output_size
        if return_indices or all(count == 1 for count in counts):
            return plain(x, output_size, return_indices) if return_indices else plain(x, output_size)
        for axis, count in enumerate(counts, start=-rank):
            x = x if count is None else along(x, axis, count, largest)  # windows are boxes: axis after axis
        return x

    return pooled


@contextlib.contextmanager
def windows_of_the_day(sizes_are_free: bool) -> Iterator[None]:
    """Adaptive pools work out their windows as they run, while this lasts; layers of the user's own do, too."""
    from torch.nn import functional

    kinds = {f"adaptive_{kind}_pool{rank}d": (rank, kind == "max") for kind in ("avg", "max") for rank in (1, 2, 3)}
    kept = {name: getattr(functional, name) for name in kinds}
    try:
        for name, (rank, largest) in kinds.items() if sizes_are_free else ():
            setattr(functional, name, _pool(rank, largest, kept[name]))
        yield
    finally:
        for name, pool in kept.items():
            setattr(functional, name, pool)
