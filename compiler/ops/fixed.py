"""Fixed tensors: numbers that the text gives, and tables that are worked out from a few. A buffer of the module, for the most part in no state_dict."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from ...base.records import dataclass
from .axis_names import Axes
from .base import Construct, Family, Operation, Refusal, Shape, Shapes, Weight, product, show, show_size
from .parameters import COUNT, FLAG, POSITIVE, STRIDE, Extent, Kind, Optional, Plain, Sizes, names_of, parameter, sizes_of
from .spatial import as_written

_SINCOS = '''def sincos(sizes: list[int], features: int, base: float) -> torch.Tensor:
    """Sines and cosines of the places along each axis, at falling frequencies: [places, features]."""
    count = features // (2 * len(sizes))
    frequencies = base ** (-torch.arange(count, dtype=torch.float64) / count)
    parts = []
    for place in torch.meshgrid([torch.arange(size) for size in sizes], indexing="ij")[::-1]:
        angles = place.flatten()[:, None] * frequencies
        parts += [angles.sin(), angles.cos()]
    return torch.cat(parts, dim=1).float()
'''

_SINUSOID = '''def sinusoid(length: int, features: int, base: float) -> torch.Tensor:
    """Sines and cosines of each place in turn, at falling frequencies: [length, features]."""
    frequencies = base ** (-torch.arange(0, features, 2, dtype=torch.float64) / features)
    angles = torch.arange(length)[:, None] * frequencies
    return torch.stack([angles.sin(), angles.cos()], dim=2).flatten(1).float()
'''

_ROTARY = '''def rotary(length: int, features: int, base: float, cosine: bool) -> torch.Tensor:
    """The cosines or sines by which halves of features are turned, place after place: [length, features]."""
    frequencies = base ** (-torch.arange(0, features, 2, dtype=torch.float64) / features)
    angles = (torch.arange(length)[:, None] * frequencies).repeat(1, 2)
    return (angles.cos() if cosine else angles.sin()).float()
'''

_WINDOW_MASK = '''def window_mask(sizes: list[int], window: list[int], shift: list[int]) -> torch.Tensor:
    """What is added to the logits of each window of a shifted image: -100 between places that were no neighbours before the shift."""
    part = torch.zeros(1, 1, dtype=torch.long)
    for size, far, near in zip(sizes, window, shift):
        place = torch.arange(size)
        along = (place >= size - far).long() + (place >= size - near).long()
        # Windows before, and this axis's windows; the same of the places in a window.
        part = 3 * part[:, None, :, None] + along.reshape(1, size // far, 1, far)
        part = part.flatten(2).flatten(0, 1)
    return torch.where(part[:, None, None, :] == part[:, None, :, None], 0.0, -100.0)
'''

_WINDOW_INDEX = '''def window_index(window: list[int], sizes: list[int] = (-1,)) -> torch.Tensor:
    """For any two places of a window, the row of a table that has one for each distance."""
    index = torch.zeros(1, 1, dtype=torch.long)
    for size in window:
        apart = torch.arange(size)[:, None] - torch.arange(size) + size - 1
        index = (2 * size - 1) * index[:, None, :, None] + apart[:, None, :]
        index = index.flatten(2).flatten(0, 1)
    return index.reshape(sizes)
'''

_DISTANCE_INDEX = '''def distance_index(places: int, others: int) -> torch.Tensor:
    """For any of so many places along an axis and any of so many others along it, the row of a table that has one for each distance."""
    near = torch.arange(places)[:, None] * max(others / places, 1.0)
    far = torch.arange(others) + (1.0 - others)
    return (near - far * max(places / others, 1.0)).long().flatten()
'''

_WINDOW_DISTANCES = '''def window_distances(window: list[int]) -> torch.Tensor:
    """How far apart places of a window can be along each axis, in logarithms, the farthest that of 9: [1, distances, ..., axes]."""
    apart = [torch.arange(1.0 - size, size) / max(size - 1, 1) * 8 for size in window]
    table = torch.stack(torch.meshgrid(apart, indexing="ij"), dim=-1)[None]
    return torch.sign(table) * torch.log2(table.abs() + 1.0) / 3.0
'''

_CAUSAL = '''def causal_mask(length: int) -> torch.Tensor:
    """What is added to logits so that no place looks ahead: [length, length]."""
    return torch.full((length, length), float("-inf")).triu(1)
'''


class Table(Kind):
    """A word, or numbers: one, or lists of as many in each."""

    def read(self, value: object) -> Plain:
        if isinstance(value, str):
            if value in WORDS:
                return value
        elif (found := _numbers(value)) is not None:
            return found
        raise self.refuse()


def _numbers(value: object) -> Plain:
    """Numbers as floats; None where they are none, or not as many in each list."""
    if isinstance(value, bool):
        return None
    if isinstance(value, int | float):
        return float(value)
    if not isinstance(value, tuple) or not value:
        return None
    rows = [_numbers(item) for item in value]
    if any(row is None for row in rows) or len({_shape(row) for row in rows}) > 1:
        return None
    return tuple(rows)


def _shape(value: Plain) -> Shape:
    return (len(value), *_shape(value[0])) if isinstance(value, tuple) else ()


@dataclass(frozen=True, slots=True)
class Constant(Operation):
    name: ClassVar[str] = "constant"
    family: ClassVar[Family] = "other"
    summary: ClassVar[str] = (
        "A fixed tensor, one for the whole batch: numbers, or a table by its name. It takes no input and begins a path."
    )
    reference: ClassVar[str] = "torch.nn.Module.register_buffer"
    onnx: ClassVar[str] = "(an initializer)"
    least_inputs: ClassVar[int] = 0
    most_inputs: ClassVar[int | None] = 0

    value: Plain = parameter(
        Table(
            'numbers (`0.5`, `[1, 2, 1]`, lists of lists), or "sincos", "sinusoid", "rotary_cos", "rotary_sin", "window_mask", "window_index", "distance_index", "window_distances", "causal", "places", "normal"'
        ),
        "what it holds: numbers, or a table of these: sines and cosines of places along each axis (of an image as MAE has them), the same "
        "sine and cosine in turn, the factors of rotary positions (halves), what windows of a shifted image must not compare, "
        "where a table by distance is read for any two places of a window, or for places along an axis that look at fewer or more others (MViT), "
        "distances in a window in logarithms (Swin V2), what is ahead, the places along an axis (0, 1, 2, …); or numbers that are drawn once, as training starts (StyleGAN's noise)",
    )
    sizes: tuple[Plain, ...] | None = parameter(
        Optional("a list of sizes of at least 1, or none", Sizes("a list of sizes of at least 1", least=1)),
        "of a table: the axes whose places it is about; of numbers: the shape that they fill, one number all of it; of an index of a window: "
        "its shape, or none: one axis; of places along an axis: how many look, and at how many",
        None,
    )
    features: int | None = parameter(
        Optional("a whole number, or none", COUNT), "how many numbers a table of sines has for each place", None
    )
    window: Plain = parameter(Optional("a size, or none", STRIDE), "of windows: their size", None)
    shift: Plain = parameter(Optional("a size, or none", Extent("a size", least=0)), "of a mask: how far the image was shifted", None)
    base: float = parameter(POSITIVE, "of sines: how fast frequencies fall", 10000.0)
    stored: bool = parameter(FLAG, "whether a checkpoint has it, under the step's own name", False)
    index: bool = parameter(
        FLAG,
        "of numbers: whether they are whole ones, the rows that `embedding` reads of a table: `constant([0, 1, 1, 0], index = true)`",
        False,
    )

    def output(self, inputs: Shapes) -> Shape:
        needed, _, rule = WORDS[self.value] if isinstance(self.value, str) else (("sizes",) if self.sizes else (), "", _filled)
        given = [name for name in ("sizes", "features", "window", "shift") if getattr(self, name) is not None]
        told = f'"{self.value}"' if isinstance(self.value, str) else "numbers"
        for name in needed:
            if name not in given:
                raise Refusal("E326", f"`constant` of {told} needs `{name}`", parameter="value", help=f"write `{name} = …`")
        for name in given:
            if name not in needed and not (name == "sizes" and self.value == "window_index"):
                raise Refusal("E326", f"`constant` of {told} has no use for `{name}`", parameter=name, help="leave it out")
        if self.index:
            self._check_whole(told)
        return rule(self)

    def _check_whole(self, told: str) -> None:
        """Rows of a table are counted from 0. The tables that are places know it by themselves."""
        if isinstance(self.value, str):
            raise Refusal("E326", f"`constant` of {told} has no use for `index`", parameter="index", help="leave it out")
        for number in _flat(self.value):
            assert isinstance(number, float)
            if number < 0 or not number.is_integer() or number >= 2**53:
                raise Refusal(
                    "E326",
                    f"`index = true` is of whole numbers from 0, and {number:g} is among them",
                    parameter="value",
                    beside=("index",),
                    help="rows of a table are counted from 0; what is worked with, and not read by, is written without `index`",
                )

    @property
    def _sizes(self) -> Shape:
        return sizes_of(self.sizes or ())

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        if self.value in ("sincos", "sinusoid", "rotary_cos", "rotary_sin"):
            return ("length", "channels")
        own = names_of(self.sizes or ())
        return own if own and (self.value in ("places", "normal") or not isinstance(self.value, str)) else ("",) * len(output)

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        dtype = "float" if self.reads_integers() is None else "int64"
        return (Weight("", self.output(inputs), False, dtype),) if self.stored else ()

    def reads_integers(self) -> int | None:
        if self.value == "distance_index":
            return 2 * max(self._sizes, default=1) - 1
        if self.index:
            return 1 + max(_rows(self.value))
        return product([2 * side - 1 for side in as_written(self.window)]) if self.value == "window_index" else None

    def made_whole(self) -> str | None:
        numbers = () if isinstance(self.value, str) else _flat(self.value)
        fit = all(isinstance(number, float) and number >= 0 and number.is_integer() for number in numbers)
        return "index = true" if numbers and fit else None

    def storage(self, inputs: Shapes, output: Shape) -> int:
        return 0

    def constant(self, inputs: Shapes) -> Construct | None:
        sizes, features = self._sizes, self.features
        match self.value:
            case "sincos":
                return Construct("sincos", ((None, sizes), (None, features), ("base", self.base)))
            case "sinusoid":
                return Construct("sinusoid", ((None, sizes[0]), (None, features), ("base", self.base)))
            case "rotary_cos" | "rotary_sin":
                cosine = self.value == "rotary_cos"
                return Construct("rotary", ((None, sizes[0]), (None, features), ("base", self.base), ("cosine", cosine)))
            case "window_mask":
                return Construct("window_mask", ((None, sizes), (None, as_written(self.window)), (None, as_written(self.shift))))
            case "window_index":
                return Construct("window_index", ((None, as_written(self.window)), *(((None, sizes),) if sizes else ())))
            case "distance_index":
                return Construct("distance_index", ((None, sizes[0]), (None, sizes[1])))
            case "window_distances":
                return Construct("window_distances", ((None, as_written(self.window)),))
            case "normal":
                return Construct("torch.randn", ((None, sizes),))
            case "causal":
                return Construct("causal_mask", ((None, sizes[0]),))
            case "places":
                return Construct("torch.arange", ((None, float(sizes[0])),))
        numbers: tuple[Plain, ...] = tuple(_rows(self.value)) if self.index else _flat(self.value)
        if self.sizes and not isinstance(self.value, tuple):
            return Construct("torch.full", ((None, sizes), (None, numbers[0])))
        return Construct("torch.tensor", ((None, _laid(numbers, sizes or _shape(self.value))),))

    def helpers(self, inputs: Shapes) -> tuple[str, ...]:
        text = WORDS[self.value][1] if isinstance(self.value, str) else ""
        return (text,) if text else ()

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"{names[0]}.unsqueeze(0)"

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.value}, {show_size(output)}" if isinstance(self.value, str) else show_size(output)


def _flat(value: Plain) -> tuple[Plain, ...]:
    """The numbers of lists within lists, in order."""
    return tuple(number for item in value for number in _flat(item)) if isinstance(value, tuple) else (value,)


def _rows(value: Plain) -> list[int]:
    """Whole numbers, which `_check_whole` has found to be such."""
    return [int(number) for number in _flat(value) if isinstance(number, float)]


def _laid(numbers: tuple[Plain, ...], sizes: Shape) -> Plain:
    """Numbers in lists of these sizes."""
    if not sizes:
        return numbers[0]
    step = len(numbers) // sizes[0]
    return tuple(_laid(numbers[place * step : (place + 1) * step], sizes[1:]) for place in range(sizes[0]))


def _filled(step: Constant) -> Shape:
    shape = _shape(step.value)
    if step.sizes is None:
        return shape
    if shape and product(shape) != product(step._sizes):
        raise Refusal(
            "E326",
            f"`constant` has {product(shape)} numbers, and `sizes = {show(step._sizes)}` holds {product(step._sizes)}",
            parameter="sizes",
            help="leave `sizes` out: the shape is that of the list then",
        )
    return step._sizes


def _waves(step: Constant) -> Shape:
    sizes, features = step._sizes, step.features or 0
    axes = len(sizes) if step.value == "sincos" else 1
    if len(sizes) > 1 and axes == 1:
        raise Refusal(
            "E326", f'`constant` of "{step.value}" is about the places along one axis', parameter="sizes", help="`sizes = [length]`"
        )
    if features % (2 * axes):
        raise Refusal(
            "E310",
            f"features {features} are not divisible by {2 * axes}: a sine and a cosine for each of {axes} ax{'is' if axes == 1 else 'es'}",
            parameter="features",
        )
    return (product(sizes), features)


def _mask(step: Constant) -> Shape:
    sizes, window, shift = step._sizes, as_written(step.window), as_written(step.shift)
    for name, given in (("window", window), ("shift", shift)):
        if len(given) != len(sizes):
            told = f"`constant` of windows has {len(sizes)} in `sizes`, and {len(given)} in `{name}`"
            raise Refusal("E326", told, parameter=name, help="each has a number for each axis: of an image `[height, width]`")
    for size, side, moved in zip(sizes, window, shift, strict=True):
        if size % side or moved >= side:
            raise Refusal(
                "E310",
                f"windows of {show_size(window)}, shifted by {show_size(shift)}, do not fit into {show_size(sizes)}",
                parameter="window",
                help="a window divides the image, and is larger than the shift",
            )
    windows = product([size // side for size, side in zip(sizes, window, strict=True)])
    return (windows, 1, product(window), product(window))


def _index(step: Constant) -> Shape:
    places = product(as_written(step.window))
    if step._sizes and product(step._sizes) != places**2:
        told = f"`constant` of any two of {places} places has {places**2} numbers, and `sizes = {show(step._sizes)}` holds {product(step._sizes)}"
        raise Refusal("E326", told, parameter="sizes", beside=("window",), help=f"`sizes = [{places}, {places}]`, or none: [{places**2}]")
    return step._sizes or (places**2,)


def _along(step: Constant) -> Shape:
    if len(step._sizes) != 2:
        told = f'`constant` of "distance_index" is about two counts of places along one axis, and `sizes = {show(step._sizes)}` has {len(step._sizes)}'
        raise Refusal("E326", told, parameter="sizes", help="`sizes = [places, others]`: those that look, and those they look at")
    return (product(step._sizes),)


def _distances(step: Constant) -> Shape:
    window = as_written(step.window)
    return (1, *(2 * side - 1 for side in window), len(window))


def _ahead(step: Constant) -> Shape:
    return _counted(step) * 2


def _counted(step: Constant) -> Shape:
    if len(step._sizes) != 1:
        raise Refusal("E326", f'`constant` of "{step.value}" is about one axis', parameter="sizes", help="`sizes = [length]`")
    return step._sizes


def _drawn(step: Constant) -> Shape:
    if not step.stored:
        raise Refusal(
            "E326",
            '`constant` of "normal" is drawn when a module is made: without `stored` each has other numbers, and no checkpoint brings them back',
            parameter="value",
            beside=("stored",),
            help="write `stored = true`",
        )
    return step._sizes


WORDS: dict[str, tuple[tuple[str, ...], str, Callable[[Constant], Shape]]] = {
    "sincos": (("sizes", "features"), _SINCOS, _waves),
    "sinusoid": (("sizes", "features"), _SINUSOID, _waves),
    "rotary_cos": (("sizes", "features"), _ROTARY, _waves),
    "rotary_sin": (("sizes", "features"), _ROTARY, _waves),
    "window_mask": (("sizes", "window", "shift"), _WINDOW_MASK, _mask),
    "window_index": (("window",), _WINDOW_INDEX, _index),
    "distance_index": (("sizes",), _DISTANCE_INDEX, _along),
    "window_distances": (("window",), _WINDOW_DISTANCES, _distances),
    "causal": (("sizes",), _CAUSAL, _ahead),
    "places": (("sizes",), "", _counted),
    "normal": (("sizes",), "", _drawn),
}
"""For each table: what it needs, the helper that makes it where PyTorch has none, the rule of its shape."""


OPERATIONS: tuple[type[Operation], ...] = (Constant,)
