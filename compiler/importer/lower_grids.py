"""An image that is read at the places of a grid, and the grid that an affine map makes."""

from __future__ import annotations

import torch

from .flat_steps import Plain
from .known import Data
from .lower import Lowering, bind, lowers
from .lower_constant import numbers
from .traced import Call
from .unsaid import Unsaid


@lowers("grid_sample")
def grid_sample(low: Lowering, call: Call) -> None:
    row = bind(call, "input grid mode padding_mode align_corners", mode="bilinear", padding_mode="zeros", align_corners=None)
    rows = [low.data(row["input"]), low.data(row["grid"])]
    if any(item.alone or not item.is_clean for item in rows):
        raise Unsaid("`grid_sample` of an image, or at a grid, that is the same for every input or folded into the batch")
    told: dict[str, Plain] = {"mode": row["mode"], "outside": row["padding_mode"], "align_corners": bool(row["align_corners"])}
    low.emit(call, "grid_sample", told, rows)


@lowers("affine_grid")
def affine_grid(low: Lowering, call: Call) -> None:
    """Each column of the map times the places along its axis, and the last column: their sum."""
    row = bind(call, "theta size align_corners", align_corners=None)
    theta, whole = low.data(row["theta"]), low.result(call).bare
    if theta.alone or not theta.is_clean:
        raise Unsaid("a grid of an affine map that is the same for every input")
    rank = len(whole) - 1
    terms = []
    for column in range(rank + 1):
        shape = (*(1,) * rank, rank)
        term = low.between("select", {"index": column, "axis": 1}, [theta], (rank,))
        term = low.between("reshape", {"shape": list(shape)}, [term], shape)
        axis = rank - 1 - column  # x, the first column, is about the last axis
        if axis >= 0:
            places = _places(low, whole[axis], bool(row["align_corners"]), (*(1,) * axis, whole[axis], *(1,) * (rank - axis)))
            shape = (*places.shape[:-1], rank)
            term = low.between("mul", {}, [term, places], shape)
        terms.append(term)
    low.emit(call, "add", {"broadcast": True}, terms)


def _places(low: Lowering, count: int, align_corners: bool, shape: tuple[int, ...]) -> Data:
    """Where the places of an axis stand between -1 and 1."""
    places = torch.linspace(-1, 1, count) if count > 1 else torch.zeros(1)
    return numbers(low, (places if align_corners else places * (count - 1) / count).reshape(shape), shape)
