"""Views, parts and places: what moves elements and computes nothing."""

from __future__ import annotations

from dataclasses import replace

import torch

from .flat_steps import Plain
from .known import Data, Fixed, plain_name
from .lower import Lowering, bind, elements, lowers, one, spread
from .lower_folded import of_images
from .lower_order import by_places, by_several
from .lower_resized import sides_of
from .open_sizes import following
from .traced import Call, Ref
from .unsaid import Unsaid, across

SAME = (
    "contiguous", "clone", "to", "float", "type", "type_as", "detach", "half", "bfloat16", "cuda", "cpu", "requires_grad", "alias", "double",
    "as_tensor", "asarray", "positive", "resolve_conj", "resolve_neg",
)  # fmt: skip


@lowers(*SAME)
def same(low: Lowering, call: Call) -> None:
    made, given = (low.trace.values[ref.number].dtype if isinstance(ref, Ref) else None for ref in (call.results[0], call.arguments[0]))
    if made == torch.bool and given != torch.bool:
        raise Unsaid(f"`{call.function}`, which makes truths, of numbers of the input")
    low.alias(call, low.data(call.arguments[0]))


@lowers("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as")
def reshape(low: Lowering, call: Call) -> None:
    data, made = low.data(call.arguments[0]), low.result(call)
    moved = not data.alone and elements(data.shape[: data.batch]) != elements(made.shape[: made.batch])
    if moved or elements(data.bare) != elements(made.bare):
        raise Unsaid("a reshape across the batch")
    if data.bare == made.bare:
        low.alias(call, data)
    elif len(made.bare) == 1 and len(data.bare) > 1:
        low.emit(call, "flatten", {}, [data])
    else:
        shape = following(low, made)
        low.emit(call, "reshape", {"shape": shape}, [data])
        step = low.flat.steps[-1]
        step.by, step.free = plain_name(call.function), shape.index(-1) if -1 in shape else _left_out(call, made)
        step.like = None if data.alone else sides_of(low, call, data)


def _left_out(call: Call, made: Data) -> int | None:
    """The axis whose size the call gives as -1, if it is not the batch's."""
    given = [item for argument in call.arguments[1:] for item in (argument if isinstance(argument, list | tuple) else [argument])]
    if call.function == "unflatten":
        dim, *given = given
        given = [None] * (dim % (len(made.shape) - len(given) + 1)) + given
    if -1 not in given:
        return None
    axis = given.index(-1)
    return made.axis(axis) if made.alone or axis != made.batch else None


@lowers("permute", "transpose", "swapaxes", "t", "T", "mT", "movedim", "moveaxis", "swapdims")
def permute(low: Lowering, call: Call) -> None:
    data, made = low.data(call.arguments[0]), low.result(call)
    rank = len(data.shape)
    order = _order(call, rank)
    if not data.alone and order[made.batch] != data.batch:
        raise Unsaid("a permutation that loses the batch")
    kept = [axis for axis in order if axis != data.batch or data.fold > 1]
    bare = tuple(data.axis(axis) for axis in kept)
    if bare == tuple(range(len(bare))):
        low.alias(call, data)
    else:
        low.emit(call, "permute", {"order": list(bare)}, [data])


def _order(call: Call, rank: int) -> list[int]:
    order = list(range(rank))
    name, rest = call.function, list(call.arguments[1:])
    if name in ("T", "mT", "t"):
        order[-1], order[-2] = order[-2], order[-1]
    elif name in ("transpose", "swapaxes", "swapdims"):
        row = bind(call, "input dim0 dim1")
        one_, two = row["dim0"] % rank, row["dim1"] % rank
        order[one_], order[two] = order[two], order[one_]
    elif name in ("movedim", "moveaxis"):
        row = bind(call, "input source destination")
        sources, targets = ([item % rank for item in spread(row[key], 1)] for key in ("source", "destination"))
        rest = [axis for axis in order if axis not in sources]
        for target, source in sorted(zip(targets, sources, strict=True)):
            rest.insert(target, source)
        return rest
    else:
        given = call.keywords.get("dims", rest[0] if rest and isinstance(rest[0], list) else rest)
        order = [axis % rank for axis in given]
    return order


@lowers("chunk", "tensor_split")
def chunk(low: Lowering, call: Call) -> None:
    row = bind(call, "input chunks dim", dim=0)
    data = low.data(row["input"])
    axis = data.axis(row["dim"])
    size = data.bare[axis]
    sizes = [low.result(call, index).bare[axis] for index in range(len(call.results))]
    _parts(low, call, data, axis, sizes, size)


@lowers("split", "split_with_sizes")
def split(low: Lowering, call: Call) -> None:
    row = bind(call, "input split_size dim", dim=0)
    data = low.data(row["input"])
    axis = data.axis(row["dim"])
    _parts(low, call, data, axis, [low.result(call, index).bare[axis] for index in range(len(call.results))], data.bare[axis])


def _parts(low: Lowering, call: Call, data: Data, axis: int, sizes: list[int], size: int) -> None:
    start = 0
    for index, part in enumerate(sizes):
        if len(set(sizes)) == 1:
            low.emit(call, "chunk", {"i": index, "n": len(sizes), "axis": axis}, [data], index=index)
        else:
            low.emit(call, "slice", {"axis": axis, "start": start, "stop": start + part}, [data], index=index)
        start += part


@lowers("unbind")
def unbind(low: Lowering, call: Call) -> None:
    row = bind(call, "input dim", dim=0)
    data = low.data(row["input"])
    axis = data.axis(row["dim"])
    for index in range(len(call.results)):
        low.emit(call, "select", {"index": index, "axis": axis}, [data], index=index)


@lowers("select")
def select(low: Lowering, call: Call) -> None:
    row = bind(call, "input dim index")
    data = low.data(row["input"])
    if data.alone and len(data.shape) == 1:
        _one_number(low, call, data, row["index"])
        return
    low.emit(call, "select", {"index": row["index"], "axis": data.axis(row["dim"])}, [data])


def _one_number(low: Lowering, call: Call, data: Data, index: object) -> None:
    """One of several learned or fixed numbers: an axis of 1 stays, which stretches as a number does."""
    assert isinstance(index, int)
    place = index % data.shape[0]
    low.tell(low.result(call).number, low.step("slice", {"axis": 0, "start": place, "stop": place + 1}, data, (1,)))


@lowers("narrow")
def narrow(low: Lowering, call: Call) -> None:
    row = bind(call, "input dim start length")
    data = low.data(row["input"])
    low.emit(call, "slice", {"axis": data.axis(row["dim"]), "start": row["start"], "stop": row["start"] + row["length"]}, [data])


@lowers("getitem")
def getitem(low: Lowering, call: Call) -> None:
    data = low.data(call.arguments[0])
    index = call.arguments[1]
    rows = list(index) if isinstance(index, list | tuple) else [index]
    if by_several(low, call, data, rows):
        return
    if any(isinstance(row, Ref) for row in rows):
        if not by_places(low, call, data, rows):
            raise Unsaid("indexing by several tensors")
        return
    if Ellipsis in rows:
        place = rows.index(Ellipsis)
        rows[place : place + 1] = [slice(None)] * (len(data.shape) - sum(row is not None for row in rows) + 1)
    steps: list[tuple[str, int, dict[str, Plain]]] = []
    shape, axis, reshaped = list(data.bare), 0, False
    for row in rows:
        if row is None:
            reshaped = True
            continue
        if axis == data.batch and data.fold == 1:
            if not (isinstance(row, slice) and row == slice(None)):
                raise Unsaid("a part of the batch")
        elif isinstance(row, slice):
            own = data.axis(axis)
            size = data.bare[own]
            start, stop, step = row.indices(size)
            if step < 1:
                raise Unsaid("a slice with steps back")
            if (start, stop, step) != (0, size, 1):
                # Counted from the end, as it is written: the text takes other sizes, too.
                from_ = row.start if isinstance(row.start, int) and row.start < 0 else start
                until = row.stop if isinstance(row.stop, int) and row.stop < 0 else stop if stop < size else None
                steps.append(("slice", own, {"axis": own, "start": from_, "stop": until, "step": step}))
        elif isinstance(row, int):
            steps.append(("select", data.axis(axis), {"index": row}))
        else:
            raise Unsaid("an index that is no number and no slice")
        axis += 1
    made = low.result(call)
    current, gone = data, 0
    if data.alone and len(steps) == len(data.shape) and all(name == "select" for name, _, _ in steps) and not reshaped:
        for _, _, arguments in steps[:-1]:
            shape.pop(0)
            current = low.between("select", {**arguments, "axis": 0}, [current], tuple(shape))
        _one_number(low, call, current, steps[-1][2]["index"])
        return
    for position, (name, own, arguments) in enumerate(steps):
        place = own - gone
        if name == "select":
            shape.pop(place)
            gone += 1
        else:
            first, end, every = arguments["start"], arguments["stop"], arguments["step"]
            assert isinstance(first, int) and isinstance(every, int)
            shape[place] = len(range(*slice(first, end if isinstance(end, int) else None, every).indices(shape[place])))
        arguments = {**arguments, "axis": place}
        if position == len(steps) - 1 and not reshaped:
            low.emit(call, name, arguments, [current])
        else:
            current = low.between(name, arguments, [current], tuple(shape))
    if reshaped and current.bare != made.bare:
        low.emit(call, "reshape", {"shape": list(made.bare) if made.alone else following(low, made)}, [current])
    elif reshaped or not steps:
        if current is data:
            low.alias(call, data)
        else:
            low.tell(made.number, replace(made, number=current.number))


@lowers("cat", "concat", "concatenate", "hstack")
def cat(low: Lowering, call: Call) -> None:
    row = bind(call, "tensors dim", dim=0)
    parts = [low.of(ref) for ref in row["tensors"]]
    made = low.result(call)
    axis = made.axis(row["dim"])
    if (
        (
            len(parts) == 2
            and isinstance(parts[0], Fixed)
            and parts[0].is_learned
            and parts[0].whole[:2] == (1, 1)
            and set(parts[0].done) <= {"expand"}
            and isinstance(parts[1], Data)
            and low.is_read_once(row["tensors"][0])
        )
        and axis == 0
        and len(made.bare) == 2
    ):
        low.emit(call, "class_token", {}, [parts[1]], parts[0].key)
        return
    given = [ref for ref in row["tensors"] if 0 not in low.trace.values[ref.number].shape]  # with nothing in it, it adds nothing
    rows = [part for part in low.operands(call, *given) if isinstance(part, Data)]
    if len(rows) == 1:
        low.alias(call, rows[0])
    else:
        low.emit(call, "concat", {"axis": axis}, rows)


@lowers("stack")
def stack(low: Lowering, call: Call) -> None:
    row = bind(call, "tensors dim", dim=0)
    made = low.result(call)
    rows = [part for part in low.operands(call, *row["tensors"]) if isinstance(part, Data)]
    if len(rows) == 1:  # of one there is nothing to put beside it but an axis
        low.emit(call, "reshape", {"shape": list(made.bare)}, rows)
    else:
        low.emit(call, "stack", {"axis": made.axis(row["dim"])}, rows)


@lowers("flip")
def flip(low: Lowering, call: Call) -> None:
    row = bind(call, "input dims")
    data = low.data(row["input"])
    dims = call.arguments[1:] if len(call.arguments) > 2 else spread(row["dims"], 1)  # `x.flip(2, 3)`
    axes = [data.axis(axis) for axis in dims]
    low.emit(call, "flip", {"axis": axes[0] if len(axes) == 1 else axes}, [data])


@lowers("expand", "expand_as")
def expand(low: Lowering, call: Call) -> None:
    data, made = low.data(call.arguments[0]), low.result(call)
    if data.bare == made.bare:
        low.alias(call, data)
    else:
        low.emit(call, "expand", {"shape": list(made.bare)}, [data])


@lowers("pixel_shuffle")
@of_images
def pixel_shuffle(low: Lowering, call: Call) -> None:
    row = bind(call, "input upscale_factor")
    low.emit(call, "pixel_shuffle", {"factor": row["upscale_factor"]}, [low.data(row["input"])])


@lowers("pixel_unshuffle")
@of_images
def pixel_unshuffle(low: Lowering, call: Call) -> None:
    row = bind(call, "input downscale_factor")
    low.emit(call, "pixel_unshuffle", {"factor": row["downscale_factor"]}, [low.data(row["input"])])


@lowers("unfold")
def unfold(low: Lowering, call: Call) -> None:
    if len(call.arguments) == 4 or "step" in call.keywords:
        _along(low, call)
        return
    row = bind(call, "input kernel_size dilation padding stride", dilation=1, padding=0, stride=1)
    data = low.data(row["input"])
    sizes = {
        name: one(spread(row[key], 2))
        for name, key in (("kernel", "kernel_size"), ("stride", "stride"), ("pad", "padding"), ("dilation", "dilation"))
    }
    low.emit(call, "unfold", {**sizes}, [data])


@lowers("fold")
def fold(low: Lowering, call: Call) -> None:
    row = bind(call, "input output_size kernel_size dilation padding stride", dilation=1, padding=0, stride=1)
    names = (("size", "output_size"), ("kernel", "kernel_size"), ("stride", "stride"), ("pad", "padding"), ("dilation", "dilation"))
    low.emit(call, "fold", {name: one(spread(row[key], 2)) for name, key in names}, [low.data(row["input"])])


def _along(low: Lowering, call: Call) -> None:
    """`Tensor.unfold`: windows along one axis, each of which is a new last axis. The others are channels and columns to it."""
    row = bind(call, "input dimension size step")
    data, size, step = low.data(row["input"]), row["size"], row["step"]
    axis, made = data.axis(row["dimension"]), low.result(call)
    before, length, after = data.bare[:axis], data.bare[axis], data.bare[axis + 1 :]
    count = (length - size) // step + 1
    image = (elements(before), length, elements(after))
    current = low.between("reshape", {"shape": list(image)}, [data], image)
    columns = (image[0] * size, count * image[2])
    current = low.between("unfold", {"kernel": (size, 1), "stride": (step, 1)}, [current], columns)
    whole = (*before, size, count, *after)
    current = low.between("reshape", {"shape": list(whole)}, [current], whole)
    order = [*range(axis), *range(axis + 1, len(whole)), axis]
    if [whole[place] for place in order] != list(made.bare):
        raise across("`Tensor.unfold`")
    low.emit(call, "permute", {"order": order}, [current])


@lowers("channel_shuffle")
def channel_shuffle(low: Lowering, call: Call) -> None:
    row = bind(call, "input groups")
    low.emit(call, "channel_shuffle", {"groups": row["groups"]}, [low.data(row["input"])])


def _short(shift: int, size: int) -> int:
    """The shorter of both ways round."""
    shift %= size
    return shift - size if 2 * shift > size else shift


@lowers("roll")
def roll(low: Lowering, call: Call) -> None:
    row = bind(call, "input shifts dims")
    data = low.data(row["input"])
    pairs = [
        (_short(shift, data.shape[dim]), data.axis(dim))
        for shift, dim in zip(spread(row["shifts"], 1), spread(row["dims"], 1), strict=True)
        if shift % data.shape[dim]
    ]
    if not pairs:
        low.alias(call, data)
        return
    shifts, axes = [shift for shift, _ in pairs], [axis for _, axis in pairs]
    arguments: dict[str, Plain] = {"shift": shifts, "axis": axes} if len(pairs) > 1 else {"shift": shifts[0], "axis": axes[0]}
    low.emit(call, "roll", arguments, [data])
