"""How oneDNN is asked for a convolution, of images or volumes. A signal is an image of one row."""

from __future__ import annotations

import dataclasses
from typing import ClassVar, cast

from ...base.records import dataclass
from ..graph.program import Node
from ..ops.base import Construct
from ..ops.convolution import Conv, DepthwiseConv
from ..ops.deconvolution import Deconv
from ..ops.parameters import Plain
from ..ops.pool import MaxPool
from ..ops.spatial import each_axis
from .fused import layer_of

Arguments = tuple[tuple[str | None, Plain], ...]


@dataclass(frozen=True, slots=True)
class Packing:
    """The arguments of a kernel for images or volumes (`axes`: 2 or 3), and what becomes of its operands first.

    `on_a_row`: they are signals, which get an axis of height 1. `pads`: zeros around them first, in the order of `F.pad`. `same`: as many
    as TensorFlow's `same` finds for the size that comes in. `transposed`: each position writes a window, rather than reads one.
    """

    LEFT_OUT: ClassVar[tuple[str, ...]] = ("bias", "padding_mode", "pads")

    arguments: Arguments
    axes: int = 2
    on_a_row: bool = False
    pads: tuple[int, ...] = ()
    same: bool = False
    transposed: bool = False

    def along(self, word: str) -> tuple[int, ...]:
        """An argument about the window, for each axis."""
        value = dict(self.arguments).get(word, _USUAL[word])
        sizes = each_axis(cast("int | tuple[int, ...]", value), self.axes)
        assert sizes is not None
        return sizes


_USUAL: dict[str | None, int] = {"kernel_size": 1, "stride": 1, "padding": 0, "dilation": 1, "output_padding": 0}
"""Sizes of a window, and what each is along the axis that a signal is given."""

_MOST_PADDED = 6
"""Positions beside a dilated window that oneDNN's kernel for depthwise windows takes."""


def packing(node: Node) -> Packing | None:
    """Of a convolution, transposed or not, with zeros around; None of all else."""
    layer = layer_of(node.operation)
    if not isinstance(layer, Conv | DepthwiseConv | Deconv):
        return None
    made = layer.module(node.input_shapes[:1])
    assert made is not None
    row = dict(made.arguments)
    rank, same = len(node.shape) - 1, made.target.startswith("Same")
    if row.get("padding_mode", "zeros") != "zeros" or (same and rank > 2):
        return None
    kept = tuple((word, value) for word, value in made.arguments if word not in Packing.LEFT_OUT)
    pads = cast("tuple[int, ...]", row.get("pads", ()))
    arguments = on_row(kept) if rank == 1 else in_depth(kept) if rank == 3 else kept
    found = Packing(arguments, max(rank, 2), rank == 1, pads, same, isinstance(layer, Deconv))
    return padded_first(found) if _is_far_apart(found, node) else found


def _is_far_apart(found: Packing, node: Node) -> bool:
    """Whether it is a depthwise window so wide by its dilation that oneDNN leaves its quick kernel: then it takes 5 to 50 times as long."""
    if found.transposed or dict(found.arguments).get("groups", 1) != node.input_shapes[0][0]:
        return False
    return any(pad > _MOST_PADDED and apart > 1 for pad, apart in zip(found.along("padding"), found.along("dilation"), strict=True))


def padded_first(found: Packing) -> Packing:
    """The same with a copy that has the zeros around it, and no other padding."""
    sides = found.along("padding")[1 if found.on_a_row else 0 :]
    arguments = tuple(row for row in found.arguments if row[0] != "padding")
    return dataclasses.replace(found, arguments=arguments, pads=tuple(size for side in reversed(sides) for size in (side, side)))


def on_row(arguments: Arguments) -> Arguments:
    """The arguments of a window along a signal as those of one over an image of height 1."""
    return tuple(
        (word, (_USUAL[word], value)) if word in _USUAL and value != _USUAL[word] else (word, value) for word, value in arguments
    )  # fmt: skip


def in_depth(arguments: Arguments) -> Arguments:
    """The arguments of a window over a volume, its sizes one for each axis: by them a kernel knows how many there are."""
    return tuple((word, (value,) * 3) if word == "kernel_size" and isinstance(value, int) else (word, value) for word, value in arguments)


def pool_packing(node: Node, pool: MaxPool) -> Packing | None:
    """Of a max pool of signals or images that is PyTorch's own and more than a choice of positions."""
    made = pool.module(node.input_shapes)
    if made is None or made.target not in ("nn.MaxPool1d", "nn.MaxPool2d"):
        return None
    row = dict(made.arguments)
    kernel = row["kernel_size"]
    row.setdefault("stride", kernel)
    arguments, on_a_row = tuple(row.items()), made.target.endswith("1d")
    return None if kernel in (1, (1, 1)) else Packing(on_row(arguments) if on_a_row else arguments, on_a_row=on_a_row)


def image_convolution(node: Node) -> Construct | None:
    """PyTorch's own convolution of images with zeros around, where the node is one."""
    found = packing(node)
    if found is None or found.axes != 2 or found.on_a_row or found.pads or found.same or found.transposed:
        return None
    return Construct("nn.Conv2d", found.arguments)
