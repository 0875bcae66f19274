"""Several axes at once: what a reduction goes along."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from .axes import AXIS, resolve_axis
from .axis_names import axis_name
from .base import Refusal, Shape, Window, show
from .parameters import BadValue, Kind, Plain


@dataclass(frozen=True, slots=True)
class Axes(Kind):
    """One axis, or a list of them."""

    names_axes: ClassVar[bool] = True
    is_list: ClassVar[bool] = True

    def read(self, value: object) -> Plain:
        items = value if isinstance(value, tuple) and value else (value,)
        try:
            read = tuple(AXIS.read(item) for item in items)
        except BadValue:
            raise self.refuse() from None
        return read if isinstance(value, tuple) else read[0]


AXES = Axes(f"{AXIS.describe}; or a list of them: `[height, width]`")


def resolve_axes(axes: Plain, shape: Shape, name: str, parameter: str = "axis") -> tuple[int, ...]:
    """The numbers of one axis or several in `shape`, in order."""
    listed = axes if isinstance(axes, tuple) else (axes,)
    counted = [axis for axis in listed if isinstance(axis, int) and 1 <= axis <= len(shape)]
    if len(counted) == len(listed) > 1 and len(shape) in counted:
        raise Refusal(
            "E320",
            f"`{name}` works along axis {len(shape)}, and its input {show(shape)} has none",
            parameter=parameter,
            operand=0,
            help=f"the batch is not counted: what is {counted} with it is `{[axis - 1 for axis in counted]}`",
        )
    found = [resolve_axis(axis, shape, name, parameter) for axis in listed]
    twice = next((axis for axis in found if found.count(axis) > 1), None)
    if twice is not None:
        raise Refusal(
            "E320",
            f"`{name}` goes along the {axis_name(twice, shape)} of {show(shape)} twice",
            parameter=parameter,
            operand=0,
            axis=twice,
            help="name each axis once",
        )
    return tuple(sorted(found))


def show_axes(axes: tuple[int, ...], shape: Shape) -> str:
    """`height, width`."""
    return ", ".join(axis_name(axis, shape) for axis in axes)


def torch_axes(axes: tuple[int, ...]) -> str:
    """As generated code names them, the batch counted: `3`, `[2, 3]`."""
    return str(axes[0] + 1) if len(axes) == 1 else str([axis + 1 for axis in axes])


def whole_axes(axes: tuple[int, ...], shape: Shape) -> tuple[Window, ...]:
    """The windows of an operation that reads all of these axes, and of the others each position by itself."""
    return tuple(Window(0) if axis in axes else Window() for axis in range(1, len(shape)))
