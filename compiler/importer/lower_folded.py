"""Rows that are folded into the batch, as windows and heads are: layers of images see them side by side, or as channels."""

from __future__ import annotations

from dataclasses import replace

from .flat_steps import Plain
from .known import Data
from .lower import Handler, Lowering, one, spread
from .traced import Call, Ref
from .unsaid import Unsaid


def clean(row: Data, name: str) -> Data:
    if not row.is_clean:
        raise Unsaid(f"`{name}` with rows folded into the batch")
    return row


def pooled(low: Lowering, call: Call, operation: str, arguments: dict[str, Plain], data: Data) -> None:
    """A step of each channel by itself: rows that are folded into the batch are channels to it."""
    if data.batch != 0 or data.fold == 1:
        low.emit(call, operation, arguments, [clean(data, operation)])
        return
    made = low.result(call)
    joined, after = ((row.bare[0] * row.bare[1], *row.bare[2:]) for row in (data, made))
    current = low.between("reshape", {"shape": list(joined)}, [data], joined)
    current = low.between(operation, arguments, [current], after)
    low.emit(call, "reshape", {"shape": list(made.bare)}, [current])


MOST_ONE_BY_ONE = 8
"""Rows for each of which a layer is a step of its own."""


def one_by_one(low: Lowering, call: Call, operation: str, arguments: dict[str, Plain], data: Data, key: str) -> None:
    """A layer on rows that are folded into the batch: a step for each row, which all have the weights of the first."""
    rows, *shape = data.bare
    if data.batch != 0 or rows > MOST_ONE_BY_ONE:
        raise Unsaid(f"`{operation}` with rows folded into the batch")
    made = low.result(call).bare[1:]
    parts = []
    for index in range(rows):
        part = low.between("select", {"index": index, "axis": 0}, [data], tuple(shape))
        parts.append(low.between(operation, arguments, [part], made, key))
    low.emit(call, "stack", {"axis": 0}, parts)


def normed_apart(low: Lowering, call: Call, operation: str, arguments: dict[str, Plain], data: Data, *affine: Ref | None) -> None:
    """A norm of each image by itself: rows that are folded into the batch are groups of channels to it, and share factors and addends."""
    rows, channels, *sides = data.bare
    joined = (rows * channels, *sides)
    told = arguments | {"affine": False}
    if "groups" in told:
        groups = told["groups"]
        assert isinstance(groups, int)
        told["groups"] = rows * groups
    current = low.between("reshape", {"shape": list(joined)}, [data], joined)
    current = low.between(operation, told, [current], joined)
    current = low.between("reshape", {"shape": list(data.bare)}, [current], data.bare)
    shape = (1, channels, *[1] * len(sides))
    for word, ref in zip(("mul", "add"), affine, strict=False):
        if ref is not None:
            learned = low.data(ref)
            learned = low.step("reshape", {"shape": list(shape)}, learned, shape)
            current = low.between(word, {"broadcast": True} if word == "add" else {}, [current, learned], data.bare)
    low.tell(call.results[0].number, replace(low.result(call), number=current.number))


def side_by_side(
    low: Lowering, call: Call, operation: str, arguments: dict[str, Plain], data: Data, key: str | None, filters: Data | None = None
) -> None:
    """A layer on rows that are folded into the batch, whose weights serve them all: one above the other in one image, with their padding between.
    `filters` are its weights where no layer keeps them."""
    made = low.result(call)
    rows, channels, *sides = data.bare
    rank = len(sides)
    kernel, stride, dilation = (spread(arguments.get(name, 1), rank) for name in ("kernel", "stride", "dilation"))
    kernel = kernel if filters is None else filters.shape[2:]
    has_window = filters is not None or "kernel" in arguments
    pad = arguments.get("pad", 0)
    pads = tuple(d * (k - 1) // 2 for k, d in zip(kernel, dilation, strict=True)) if pad == "half" else spread(pad, rank)
    if isinstance(pad, str) and pad != "half":
        raise Unsaid("`conv` with rows folded into the batch")
    # Each image gets its own padding, and as much more below that the windows of the next begin where they must.
    tall = sides[0] + 2 * pads[0]
    more = -tall % stride[0]
    current = data
    if pads[0] or more:
        current = low.between("reshape", {"shape": [rows * channels, *sides]}, [current], (rows * channels, *sides))
        edges = [pads[0], pads[0] + more, *[0] * (2 * rank - 2)]
        sides = [tall + more, *sides[1:]]
        current = low.between("pad", {"sides": edges, "mode": "zeros", "value": 0}, [current], (rows * channels, *sides))
        current = low.between("reshape", {"shape": [rows, channels, *sides]}, [current], (rows, channels, *sides))
    current = low.between("permute", {"order": [1, 0, *range(2, 2 + rank)]}, [current], (channels, rows, *sides))
    joined = (channels, rows * sides[0], *sides[1:])
    current = low.between("reshape", {"shape": list(joined)}, [current], joined)
    outputs = made.bare[1]
    step = sides[0] // stride[0]
    # As much below the last that as many windows begin in it as in the others: what these make is cut off.
    below = (rows * step - 1) * stride[0] + dilation[0] * (kernel[0] - 1) + 1 - joined[1] if has_window else 0
    if below > 0:
        joined = (channels, joined[1] + below, *joined[2:])
        edges = [0, below, *[0] * (2 * rank - 2)]
        current = low.between("pad", {"sides": edges, "mode": "zeros", "value": 0}, [current], joined)
    long = (joined[1] - dilation[0] * (kernel[0] - 1) - 1) // stride[0] + 1 if has_window else joined[1]
    told = arguments | ({"pad": one((0, *pads[1:]))} if "pad" in arguments else {})
    current = low.between(operation, told, [current, *([] if filters is None else [filters])], (outputs, long, *made.bare[3:]), key)
    apart = (outputs, rows, step, *made.bare[3:])
    current = low.between("reshape", {"shape": list(apart)}, [current], apart)
    if step > made.bare[2]:
        apart = (outputs, rows, *made.bare[2:])
        current = low.between("slice", {"axis": 2, "start": 0, "stop": made.bare[2], "step": 1}, [current], apart)
    low.emit(call, "permute", {"order": [1, 0, *range(2, 2 + rank)]}, [current])


def unbatched(low: Lowering, call: Call, data: Data, rank: int) -> Data:
    """A tensor for the whole batch without the axis of 1 that stands for it, where a layer of images wants one."""
    if len(data.shape) != rank or data.shape[0] != 1:
        where = f"with {data.shape[0]} rows for a batch" if len(data.shape) == rank else "without a batch"
        raise Unsaid(f"`{call.function.strip('_')}` of a learned or fixed tensor {where}")
    return low.step("reshape", {"shape": list(data.shape[1:])}, data, data.shape[1:])


def of_images(handler: Handler) -> Handler:
    """A layer of images, which of a learned or fixed tensor makes what an image of the batch would become."""

    def on_one(low: Lowering, call: Call) -> None:
        ref = call.arguments[0] if call.arguments else call.keywords.get("input")
        if not low.alone or low.image is not None or not isinstance(ref, Ref):
            handler(low, call)
            return
        whole = low.data(ref)
        image = unbatched(low, call, whole, len(whole.shape))
        low.image = (ref.number, replace(image, shape=whole.shape, batch=0, alone=False))
        try:
            handler(low, call)
        finally:
            low.image = None
        for result in call.results:
            if result.number in low.made:
                batched(low, call, replace(low.made[result.number], shape=low.made[result.number].bare, batch=-1, alone=True), result)

    return on_one


def batched(low: Lowering, call: Call, data: Data, result: Ref | None = None) -> None:
    """The answer of such a layer, with that axis again."""
    made = low.result(call, 0 if result is None else call.results.index(result))
    whole = low.step("reshape", {"shape": list(made.shape)}, data, made.shape)
    low.tell(made.number, whole)
