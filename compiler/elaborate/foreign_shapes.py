"""What an argument of another library's call means for the tensor at hand: which axis, which sides, how many channels come in.

PyTorch counts axes with the batch, pads the last axis first and writes what comes in. Where the tensor is known, so is what is meant.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from ...base.records import dataclass
from ...dsl import ast
from .closures import Environment, Labelled
from .shape_of import ShapeOf, Shapes


class Differs(Exception):
    """What a call does, no step here does, or it is not certain which: the help of its message, and there is no edit."""

    def __init__(self, help: str) -> None:
        super().__init__(help)
        self.help = help


def _unknown(_labelled: Labelled) -> None:
    return None


@dataclass(frozen=True, slots=True)
class Around:
    """What a call stands among: the names that are known, and the shape of the tensor at hand (None: unknown)."""

    environment: Environment
    coming: ShapeOf | None = None
    shape_of: Callable[[Labelled], Shapes | None] = _unknown

    def is_label(self, word: str) -> bool:
        return self.environment.label(word) is not None

    def shape(self, label: str) -> ShapeOf | None:
        """The shape of a label's tensor."""
        found = self.environment.label(label)
        shape = self.shape_of(found) if found is not None else None
        return shape if isinstance(shape, ShapeOf) else None

    def number(self, node: ast.Expression) -> int | None:
        """A whole number that is written out, by its name, or as a product or sum of such: `512 * 7 * 7`."""
        if isinstance(node, ast.Number):
            return node.value if isinstance(node.value, int) else None
        if isinstance(node, ast.Name):
            binding = self.environment.binding(node.name)
            value = binding.value if binding is not None else None
            return value if isinstance(value, int) and not isinstance(value, bool) else None
        if isinstance(node, ast.Unary) and node.operator == "-":
            value = self.number(node.operand)
            return None if value is None else -value
        if isinstance(node, ast.Binary) and node.operator in ("*", "+", "-", "//"):
            left, right = self.number(node.left), self.number(node.right)
            if left is None or right is None or (node.operator == "//" and right == 0):
                return None
            return {"*": left * right, "+": left + right, "-": left - right}.get(node.operator, left // right if right else None)
        return None


FLATTENS_ALL = "PyTorch's joins the axis of the batch, too, unless it is told `start_dim = 1`; `flatten` keeps it"


def items_of(node: ast.Expression) -> list[str] | None:
    """The texts of a tuple's or a list's items, of a size `1x2`, too; None of a single value."""
    if isinstance(node, ast.List):
        return [item.span.text for item in node.items]
    if isinstance(node, ast.Size):
        return [str(value) for value in node.values]
    return None


def _rank(word: str, shape: ShapeOf | None) -> int | None:
    """How many axes are padded: by the name (`ZeroPad2d`), else by the tensor."""
    named = re.search(r"([123])[dD]", word)
    if shape is None:
        return int(named[1]) if named is not None else None
    rank = len(shape.shape) - 1
    if (named is not None and int(named[1]) != rank) or shape.place("channels") != 0:
        axes = "the last axes" if named is None else "the last axis" if named[1] == "1" else f"the last {named[1]} axes"
        raise Differs(f"`{word}` pads {axes}, `pad` those that stand behind the channels, and {_told(shape)} comes in")
    return rank


def _told(shape: ShapeOf) -> str:
    return f"[{', '.join(str(size) for size in shape.shape)}]"


SIDES = "`pad` begins with the first axis, `[top, bottom, left, right]`; PyTorch's numbers begin with the last, (left, right, top, bottom)"


def sides(word: str, node: ast.Expression, shape: ShapeOf | None, is_keras: bool) -> str:
    """The `sides` of `pad`: the first axis first, where PyTorch pads the last one first and leaves out those before."""
    items = items_of(node)
    if items is None:
        return node.span.text
    if is_keras:
        return _keras_sides(word, node, items)
    rank = _rank(word, shape)
    if len(items) % 2 or rank is None:
        raise Differs(SIDES)
    if any(item.startswith("-") for item in items):
        raise Differs("numbers below 0 cut: `crop` and `slice` do that here")
    if any(item != "0" for item in items[2 * rank :]):
        raise Differs("the last of the numbers pad the channels, and `pad` the axes behind them: `concat` joins further channels")
    items = [*items[: 2 * rank], *["0"] * (2 * rank - len(items))]
    return _sides([(items[2 * axis], items[2 * axis + 1]) for axis in reversed(range(rank))])


def _keras_sides(word: str, node: ast.Expression, items: Sequence[str]) -> str:
    """`ZeroPadding2D((1, 2))`: a number for each axis, or two in brackets; of one axis alone its two sides."""
    within = [items_of(item) for item in node.items] if isinstance(node, ast.List) else []
    pairs = [(row[0], row[1]) for row in within if row is not None and len(row) == 2]
    if len(pairs) == len(items):
        return _sides(pairs)
    if pairs or any(row is not None for row in within):
        raise Differs(SIDES)
    one = re.search(r"1[dD]", word) is not None and len(items) == 2
    return _sides([(items[0], items[1])] if one else [(item, item) for item in items])


def _sides(pairs: Sequence[tuple[str, str]]) -> str:
    """As `pad` is written: one number, one for each axis, or one for each side."""
    if all(before == after for before, after in pairs):
        sizes = [before for before, _ in pairs]
        if len(set(sizes)) == 1:
            return sizes[0]
        if all(size.isdigit() for size in sizes):
            return "x".join(sizes)
    return f"[{', '.join(side for pair in pairs for side in pair)}]"


def keras_cut(pad: str, kernel: str, stride: str) -> str:
    """The `pad` of `deconv` that makes the map as many times larger as its stride, as Keras's `same` does."""
    if pad == "valid":
        return "0"
    window, step = (int(size) if size.isdigit() else 0 for size in (kernel, stride))
    if not 0 < step <= window or (window - step) % 2:
        raise Differs(
            "Keras's `same` makes the map as many times larger as the stride; `deconv` does with a kernel that is larger by an even number, "
            "`deconv(8, 4, stride = 2, pad = 1)`, and gives other sizes with others"
        )
    return str((window - step) // 2)


def axis_here(text: str, shape: ShapeOf | None) -> str | None:
    """The axis of a number that counts the batch, counted without it; None where that is no axis."""
    if re.fullmatch(r"-?\d+", text) is None:
        return None
    number = int(text)
    if shape is None:
        return text if number < 0 else str(number - 1) if number else None
    axis = number - 1 if number >= 0 else number + len(shape.shape)
    if not 0 <= axis < len(shape.shape):
        return None
    return text if number < 0 else str(axis)


def flattened(start: int, end: int, shape: ShapeOf | None) -> str:
    """The step that joins the axes from `start` to `end`, which count the batch."""
    if shape is None:
        if start == 1 and end == -1:
            return "flatten"
        raise Differs(FLATTEN)
    rank = len(shape.shape) + 1
    first, last = (place + rank if place < 0 else place for place in (start, end))
    if not 1 <= first <= last < rank:
        raise Differs(FLATTEN)
    if first == last:
        return "identity"
    if (first, last) == (1, rank - 1):
        return "flatten"
    names = [
        (shape.axes[axis] or "abd"[axis % 3] * (axis // 3 + 1))[:1] + ("" if shape.axes[axis] else str(axis)) for axis in range(rank - 1)
    ]
    joined = [*names[: first - 1], f"({' '.join(names[first - 1 : last])})", *names[last:]]
    return f'rearrange("{" ".join(names)} -> {" ".join(joined)}")'


FLATTEN = (
    "`flatten` joins all axes but the batch, as `flatten(1)` does there; some of them are joined by "
    '`rearrange("c h w -> c (h w)")`, and an image is made a sequence by `tokens`'
)


def normalised(word: str, node: ast.Expression, around: Around, shape: ShapeOf | None) -> dict[str, str]:
    """What `ln` and `rms_norm` are told so that they normalise the axes that are written; by a name with dimensions, the channels."""
    items = list(node.items) if isinstance(node, ast.List) else None
    sizes = list(node.values) if isinstance(node, ast.Size) else [around.number(item) for item in items or [node]]
    if re.search(r"\d[dD]", word) is not None:
        if shape is not None and (place := shape.place("channels")) is not None:
            stated(sizes[0], shape.shape[place], shape, "ln")
        return {}
    if shape is None:
        if len(sizes) > 1:
            raise Differs(_SEVERAL)
        return {"last": "true"}
    for size, there in zip(reversed(sizes), reversed(shape.shape), strict=False):
        if size is not None and size != there:
            first = (
                f"; `ln` normalises the {size} channels"
                if len(sizes) == 1 and shape.place("channels") == 0 and shape.shape[0] == size
                else ""
            )
            raise Differs(f"`{word}({node.span.text})` normalises a last axis of {size}, and that of {_told(shape)} has {there}{first}")
    if len(sizes) > 1:
        raise Differs(along_several(sizes, shape) or _SEVERAL)
    return {} if shape.place("channels") == len(shape.shape) - 1 else {"last": "true"}


def along_several(sizes: Sequence[object], shape: ShapeOf) -> str | None:
    """The steps that are a layer norm over the last axes, of these sizes, of a map whose channels stand first."""
    rank = len(shape.shape)
    if rank < 3 or shape.place("channels") != 0 or tuple(sizes) != shape.shape[rank - len(sizes) :]:
        return None
    norm = "gn(1, affine = false)" if len(sizes) == rank else "instance_norm(affine = false)" if len(sizes) == rank - 1 else None
    if norm is None:
        return None
    each = ", ".join(map(str, shape.shape if len(sizes) == rank else (1, *shape.shape[1:])))
    stretch = "" if len(sizes) == rank else "(broadcast = true)"
    factor, addend = (f'parameter([{each}], init = "{init}")' for init in ("ones", "zeros"))
    steps = f"{norm} -> mul {{ | skip | weight: {factor} }} -> add{stretch} {{ | skip | bias: {addend} }}"
    whole = "; with a factor for each channel it is `gn(1)`" if len(sizes) == rank else ""
    return f"normalised over several axes, with a factor for each position, it is `{steps}`{whole}"


_SEVERAL = (
    "it normalises several axes, with a weight for every position, and `ln` one axis; "
    "`gn(1)` normalises all of them, with a weight for every channel"
)


def stated(number: int | None, coming: int, shape: ShapeOf, step: str) -> None:
    """Whether the channels that a call says come in are those that do. `step`: what it is without them."""
    if number is not None and number != coming:
        raise Differs(
            f"it says that {number} channels come in, and {_told(shape)} has {coming}. What comes in is never written: "
            f"where that tensor is meant, write `{step}`"
        )
