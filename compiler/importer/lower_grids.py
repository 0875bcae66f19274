"""An image that is read at the places of a grid, and the grid that an affine map makes."""

from __future__ import annotations

from .flat_steps import Plain
from .lower import Lowering, bind, lowers, one
from .lower_resized import Wanted, input_of_size, like, measured
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
    """The grid of a map, as large as the tensor that was measured, or the input, where it follows one."""
    row = bind(call, "theta size align_corners", align_corners=None)
    theta, sizes = low.data(row["theta"]), Wanted.of(low, call, channels_last=True)
    if theta.alone or not theta.is_clean:
        raise Unsaid("a grid of an affine map that is the same for every input")
    arguments: dict[str, Plain] = {}
    inputs = [theta]
    other = measured(low, call, sizes, theta) or input_of_size(low, call, sizes)
    # Where no run of a larger image shows that it follows, the channels tell whose size was given.
    if other is None or (not sizes.follow and (sizes.wide is not None or other.bare[0] != row["size"][1])):
        arguments["size"] = one(sizes.here)
    else:
        inputs += like(low, call, other, arguments)
    low.emit(call, "affine_grid", arguments | {"align_corners": bool(row["align_corners"])}, inputs)
