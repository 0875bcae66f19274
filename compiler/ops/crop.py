"""The middle of an image."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import axis_name
from .base import Backward, Construct, Family, Operation, Refusal, Shape, Shapes, product, show, show_size
from .parameters import Extent, Optional, Plain, Reference, parameter
from .spatial import need_spatial, simple, spread
from .strides import Layout, cut

_CENTER_CROP = '''def center_crop(x: torch.Tensor, size: list[int]) -> torch.Tensor:
    """The middle of the last axes, of this size."""
    for place in range(-len(size), 0):
        x = x.narrow(place, (x.shape[place] - size[place]) // 2, size[place])
    return x
'''

_CENTER_CROP_CLASS = '''class CenterCrop(nn.Module):
    """The middle of the last axes, of this size."""

    def __init__(self, size: tuple[int, ...]) -> None:
        super().__init__()
        self.size = list(size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return center_crop(x, self.size)
'''


@dataclass(frozen=True, slots=True)
class Crop(Operation):
    name: ClassVar[str] = "crop"
    wants_channels: ClassVar[str] = "first"
    family: ClassVar[Family] = "shape"
    is_view: ClassVar[bool] = True
    summary: ClassVar[str] = "The middle of an image, of a size or of another tensor's size; an odd remainder falls to the end."
    reference: ClassVar[str] = "torchvision.transforms.CenterCrop, on tensors"
    onnx: ClassVar[str] = "Slice"
    most_inputs: ClassVar[int | None] = 2

    size: Plain = parameter(Optional("a size: `7`, or `7x5`, or none", Extent("")), "the size, a number or one for each axis", None)
    like: bool = parameter(Reference("the label of a step"), "the step whose size it takes", False)

    @classmethod
    def is_merge(cls) -> bool:
        return False  # the second input is `like`'s

    def output(self, inputs: Shapes) -> Shape:
        shape = inputs[0]
        rank = need_spatial(self.name, shape)
        size = wanted_size(self.name, self.size, self.like, inputs, rank)
        if size is None:
            raise no_size(self.name, "size", "like")
        for axis, (before, after) in enumerate(zip(shape[1:], size, strict=True), 1):
            if after > before:
                raise Refusal(
                    "E323",
                    f"`crop` cannot cut {axis_name(axis, shape)} {after} out of {before} (from {show(shape)} to {show_size(size)})",
                    parameter="like" if self.like else "size",
                    operand=0,
                    axis=axis,
                    help="`crop` only cuts: crop the larger of the two to the size of this one, or `upsample` this one"
                    if self.like
                    else f"`crop` only cuts: `upsample(size = {show_size(simple(size))})` enlarges it, or `pad` at its edges",
                )
        return (shape[0], *size)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return cut(inputs[0], sizes)

    def backward_scratch(self, back: Backward) -> int:
        # The axes are undone one by one, the last first; the gradient of the output is let go of when the first is.
        shape, output = back.inputs[0], back.output
        steps = [product((*output[:axis], *shape[axis:])) * back.batch for axis in range(len(output) - 1, 0, -1)]
        return max([steps[0], *(before + after - back.freed for before, after in pairwise(steps))]) - back.made

    def module(self, inputs: Shapes, in_place: bool = False) -> Construct | None:
        if self.like:
            return None
        return Construct("CenterCrop", ((None, spread(self.size, len(inputs[0]) - 1, "size", inputs[0])),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_CENTER_CROP,) if self.like else (_CENTER_CROP, _CENTER_CROP_CLASS)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        size = f"{names[1]}.shape[2:]" if self.like else str(list(spread(self.size, len(inputs[0]) - 1, "size", inputs[0])))
        return f"center_crop({names[0]}, {size})"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"to {show_size(simple(output[1:]))}"


def wanted_size(name: str, size: Plain, like: bool, inputs: Shapes, rank: int) -> tuple[int, ...] | None:
    """The spatial size that `size` or `like` ask for; None where neither is given."""
    not_both(name, size, like)
    if like:
        if len(inputs[1]) - 1 != rank:
            raise Refusal(
                "E322",
                f"`{name}` cannot bring {show(inputs[0])} to the size of {show(inputs[1])}: they have different numbers of axes",
                parameter="like",
                operand=0,
            )
        return inputs[1][1:]
    return None if size is None else spread(size, rank, "size", inputs[0])


def not_both(name: str, size: Plain, like: bool) -> None:
    if size is not None and like:
        raise Refusal("E322", f"`{name}` was given both `size` and `like`", parameter="like", beside=("size",), help="give one of them")


def no_size(name: str, *words: str) -> Refusal:
    listed = f"{', '.join(f'`{word}`' for word in words[:-1])} or `{words[-1]}`"
    return Refusal("E322", f"`{name}` needs {listed}", help=f"`{name}({words[-1]} = label)` takes the size of a labelled step")


OPERATIONS: tuple[type[Operation], ...] = (Crop,)
