"""An image read where another tensor says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axes import wrong_order
from .axis_names import Axes, channels_first, stands_first
from .base import Backward, Family, Operation, Refusal, Saved, Shape, Shapes, product, show, show_size
from .parameters import COUNT, FLAG, POSITIVE, Extent, Plain, Word, parameter
from .spatial import simple
from .strides import Layout, in_order, viewed

MODES = Word('"bilinear", "nearest" or "bicubic"', ("bilinear", "nearest", "bicubic"))
EDGES = Word('"zeros", "border" or "reflection"', ("zeros", "border", "reflection"))


def image_first(operation: Operation, names: Sequence[Axes], inputs: Shapes) -> None:
    """The channels of the image in path 1 stand first: its other axes are places."""
    if names[0] and 2 < len(names[0]) < 5 and not stands_first(names[0]):
        raise wrong_order(operation, inputs[0], names[0], 0, "first")


@dataclass(frozen=True, slots=True)
class GridSample(Operation):
    name: ClassVar[str] = "grid_sample"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = (
        "An image [C, H, W] read at the places of a grid [h, w, 2], at the head of a merge: `grid_sample { | skip | skip(grid) }` gives [C, h, w]. "
        "A place is x and y from -1 to 1, from one edge to the other. Axes in front are alike in both, each image with a grid of its own: "
        "[heads, C, H, W] at [heads, h, w, 2] gives [heads, C, h, w]."
    )
    reference: ClassVar[str] = "torch.nn.functional.grid_sample"
    onnx: ClassVar[str] = "GridSample"
    symbol: ClassVar[str] = "sample"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 2

    mode: str = parameter(MODES, "how values between pixels are worked out", "bilinear")
    outside: str = parameter(EDGES, "what stands outside of the image", "zeros")
    align_corners: bool = parameter(FLAG, "-1 and 1 are the middles of the outermost pixels, not their edges", False)

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        front = self._front(inputs)
        if not front:
            image_first(self, names, inputs)
        elif "channels" in names[0] and names[0].index("channels") != front:
            raise Refusal(
                "E313",
                f"`grid_sample` at {show(inputs[1])} reads {show(inputs[0])} with {show(inputs[0][:front])} in front, and then come the channels: "
                f"here they are axis {names[0].index('channels')}",
                operand=0,
                help="a grid of a volume has three numbers a place, of an image two; both have the same axes in front",
            )
        return self

    def _front(self, inputs: Shapes) -> int:
        """How many axes stand in front, each place of which has an image and a grid of its own."""
        image, grid = inputs
        front = len(grid) - 1 - grid[-1]
        is_so = grid[-1] in (2, 3) and front > 0 and len(image) == front + 1 + grid[-1] and image[:front] == grid[:front]
        return front if is_so else 0

    def output(self, inputs: Shapes) -> Shape:
        image, grid = inputs
        front = self._front(inputs)
        rank = len(image) - front - 1
        if front:
            self._check_mode(rank)
            return (*image[: front + 1], *grid[front:-1])
        if rank not in (2, 3):
            raise Refusal(
                "E313",
                f"`grid_sample` reads an image [C, H, W] or a volume, and path 1 is {show(image)}",
                operand=0,
                help="the image comes first; axes in front of it are the same in both",
            )
        if len(grid) != rank + 1 or grid[-1] != rank:
            wanted = "[h, w, 2]" if rank == 2 else "[d, h, w, 3]"
            raise Refusal(
                "E313",
                f"`grid_sample` reads {show(image)} at a grid {wanted}, and path 2 is {show(grid)}",
                operand=1,
                help="`permute([1, 2, 0])` brings the places of a convolution's output last" if grid[:1] == (rank,) else None,
            )
        self._check_mode(rank)
        return (image[0], *grid[:-1])

    def _check_mode(self, rank: int) -> None:
        if rank == 3 and self.mode == "bicubic":
            raise Refusal("E326", "a volume has no bicubic way", parameter="mode", suggestions=("bilinear", "nearest"))

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        front = self._front(inputs)
        if not front:
            return channels_first(("",) * len(output))
        return (*names[0][: front + 1], *names[1][front:-1])

    def _taps(self, rank: int) -> int:
        width = {"nearest": 1, "bilinear": 2, "bicubic": 4}[self.mode]
        return product((width,) * rank)

    def flops(self, inputs: Shapes, output: Shape) -> int:
        taps = self._taps(inputs[1][-1])
        return taps * product(output) if taps > 1 else 0

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0, 1))

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return in_order(sizes)

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def _copied(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        """Which inputs are copied, for their axes in front and the batch are no single axis as they lie."""
        front = self._front(tuple(row.sizes[1:] for row in inputs))
        return tuple(
            number
            for number, row in enumerate(inputs)
            if front and viewed(row, (product(row.sizes[: front + 1]), *row.sizes[front + 1 :])) is None
        )

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        return sum(inputs[number].elements for number in self._copied(inputs))

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        return self.copies(inputs, inputs[0], True)

    def copied_inputs(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        return self._copied(inputs)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        front = self._front(inputs)
        image, grid = (f"{name}.flatten(0, {front})" for name in names) if front else names
        back = f".unflatten(0, (-1, {', '.join(map(str, inputs[0][:front]))}))" if front else ""
        further = "" if self.mode == "bilinear" else f', mode="{self.mode}"'
        further += "" if self.outside == "zeros" else f', padding_mode="{self.outside}"'
        return f"F.grid_sample({image}, {grid}{further}, align_corners={self.align_corners}){back}"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return "" if self.mode == "bilinear" else self.mode


_ROI_ALIGN = '''def roi_align(x: torch.Tensor, boxes: torch.Tensor, size: list[int], scale: float, samples: int, aligned: bool) -> torch.Tensor:
    """What stands in each box (x1, y1, x2, y2) of an image, at `size` places, each the mean of `samples` * `samples` readings."""
    images, count = boxes.shape[0], boxes.shape[1]
    height, width = x.shape[2], x.shape[3]
    corners = boxes * scale - (0.5 if aligned else 0.0)
    left, top, right, bottom = corners.unbind(2)
    across, down = right - left, bottom - top
    if not aligned:
        across, down = across.clamp(min=1.0), down.clamp(min=1.0)
    rows = (torch.arange(size[0] * samples, dtype=x.dtype, device=x.device) + 0.5) / (size[0] * samples)
    columns = (torch.arange(size[1] * samples, dtype=x.dtype, device=x.device) + 0.5) / (size[1] * samples)
    ys = top.unsqueeze(2) + down.unsqueeze(2) * rows
    xs = left.unsqueeze(2) + across.unsqueeze(2) * columns
    inside = ((ys >= -1.0) & (ys <= height)).unsqueeze(3) & ((xs >= -1.0) & (xs <= width)).unsqueeze(2)
    # Places as grid_sample has them: -1 and 1 are the middles of the outermost pixels.
    ys = ys.clamp(0.0, height - 1.0) * (2.0 / max(height - 1, 1)) - 1.0
    xs = xs.clamp(0.0, width - 1.0) * (2.0 / max(width - 1, 1)) - 1.0
    shape = [images, count, size[0] * samples, size[1] * samples]
    grid = torch.stack([xs.unsqueeze(2).expand(shape), ys.unsqueeze(3).expand(shape)], 4).flatten(1, 2)
    read = F.grid_sample(x, grid, padding_mode="border", align_corners=True) * inside.flatten(1, 2).unsqueeze(1).to(x.dtype)
    return F.avg_pool2d(read, samples).unflatten(2, [count, size[0]]).transpose(1, 2)
'''


@dataclass(frozen=True, slots=True)
class RoiAlign(Operation):
    name: ClassVar[str] = "roi_align"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = (
        "What stands in boxes of an image, each brought to one size, at the head of a merge: of an image [C, H, W] and boxes [K, 4] "
        "(x1, y1, x2, y2, in pixels of the network's image) `roi_align(7, scale = 1.0 / 16)` gives [K, C, 7, 7]."
    )
    reference: ClassVar[str] = "torchvision.ops.roi_align, with a fixed sampling ratio"
    onnx: ClassVar[str] = "GridSample, Mul, AveragePool"
    symbol: ClassVar[str] = "align"
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 2

    size: Plain = parameter(Extent("a size: `7`, or `7x5`"), "how many places a box has")
    scale: float = parameter(POSITIVE, "how many pixels of the image in path 1 one of the boxes' pixels is", 1.0)
    samples: int = parameter(COUNT, "of how many readings along each axis a place is the mean", 2)
    aligned: bool = parameter(
        FLAG, "the middle of a pixel is half a pixel from its edge (Detectron2); else boxes are at least a pixel", False
    )

    def _size(self) -> tuple[int, int]:
        height, width = self.size if isinstance(self.size, tuple) else (self.size, self.size)
        assert isinstance(height, int) and isinstance(width, int)
        return height, width

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        image_first(self, names, inputs)
        return self

    def output(self, inputs: Shapes) -> Shape:
        image, boxes = inputs
        if isinstance(self.size, tuple) and len(self.size) != 2:
            raise Refusal("E315", f"`size` of `roi_align` is of an image's two axes, and it is {show_size(self.size)}", parameter="size")
        if len(image) != 3:
            raise Refusal(
                "E313",
                f"`roi_align` reads an image [C, H, W], and path 1 is {show(image)}",
                operand=0,
                help="the image comes first, then its boxes",
            )
        if len(boxes) != 2 or boxes[1] != 4:
            raise Refusal(
                "E313",
                f"`roi_align` takes boxes [K, 4] (x1, y1, x2, y2), and path 2 is {show(boxes)}",
                operand=1,
                help="an input: `input boxes[length = 100, channels = 4]`",
            )
        return (boxes[0], image[0], *self._size())

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        return (names[1][0], "channels", "height", "width")

    def _readings(self, inputs: Shapes) -> int:
        """Places of all boxes that are read."""
        return inputs[1][0] * product(self._size()) * self.samples**2

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return (4 + 1 + 1) * inputs[0][0] * self._readings(inputs)

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        # The grid of both coordinates, the mask as numbers, and what was read, masked; for the boxes the places before they were clamped.
        extra = (2 + 1 + inputs[0][0]) * self._readings(inputs) + self._for_boxes(inputs)
        return Saved(inputs=(0,), extra=extra, once=sum(self._size()) * self.samples)

    def _for_boxes(self, inputs: Shapes) -> int:
        return inputs[1][0] * (sum(self._size()) * self.samples + (0 if self.aligned else 2))

    def kept_extra(self, saved: Saved, inputs: Shapes, wanted: Sequence[bool]) -> int:
        return saved.extra if wanted[1] else saved.extra - self._for_boxes(inputs)

    def scratch(self, inputs: Shapes, output: Shape) -> int:
        # The grid, the mask as bytes and as numbers, what was read and the same masked, and the places along each axis.
        readings = self._readings(inputs)
        return (3 + 2 * inputs[0][0]) * readings + readings // 4 + inputs[1][0] * (sum(self._size()) * self.samples + 8) - product(output)

    def backward_scratch(self, back: Backward) -> int:
        # The gradient of what was read, masked and then not; that of the grid.
        readings = self._readings(back.inputs) * back.batch
        return max(back.inputs[0][0] * readings - back.made, 2 * readings * back.wanted[1] - back.freed)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"roi_align({names[0]}, {names[1]}, {list(self._size())}, {float(self.scale)!r}, {self.samples}, {self.aligned})"

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        return (_ROI_ALIGN,)

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        batch, boxes, channels, height, width = sizes
        whole = in_order((batch, channels, boxes, height, width))
        return Layout(tuple(sizes), tuple(whole.strides[axis] for axis in (0, 2, 1, 3, 4)))

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return in_order(back.sizes(number))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return show_size(simple(self._size()))


OPERATIONS: tuple[type[Operation], ...] = (GridSample, RoiAlign)
