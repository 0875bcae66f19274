"""What is added to a tensor's edges, copied, or written into it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from .flat_steps import Plain
from .known import Data
from .lower import Lowering, bind, lowers
from .lower_fixed import beside
from .traced import Call, Ref
from .unsaid import Unsaid, across
from .written_parts import Part, Written, written


@lowers("pad")
def pad(low: Lowering, call: Call) -> None:
    row = bind(call, "input pad mode value", mode="constant", value=None)
    data = low.data(row["input"])
    rank = len(data.bare) - 1
    given = list(row["pad"])
    if all(side == 0 for side in given):
        low.alias(call, data)
        return
    if not data.is_clean or any(side < 0 for side in given) or any(given[2 * rank :]):
        if row["mode"] != "constant":
            raise Unsaid("padding of the channels or of windows by other than a number")
        _sides(low, call, data, given, row["value"] or 0)
        return
    given = (given + [0] * (2 * rank))[: 2 * rank]
    sides = tuple(side for axis in range(rank) for side in given[2 * (rank - 1 - axis) : 2 * (rank - 1 - axis) + 2])
    mode = "zeros" if row["mode"] == "constant" else row["mode"]
    value: Any = row["value"] or 0
    low.emit(call, "pad", {"sides": sides[0] if len(set(sides)) == 1 else list(sides), "mode": mode, "value": value}, [data])


def _sides(low: Lowering, call: Call, data: Data, given: list[int], value: float) -> None:
    """Axis by axis: what is cut off, and numbers that are joined on."""
    steps: list[tuple[int, int, int]] = []
    for place in range(len(given) // 2):
        before, after = given[2 * place : 2 * place + 2]
        if before or after:
            steps.append((data.axis(-1 - place), before, after))
    current, shape = data, list(data.bare)
    for place, (axis, before, after) in enumerate(steps):
        is_last = place == len(steps) - 1
        start, stop = max(0, -before), shape[axis] - max(0, -after)
        more = [side for side in (before, after) if side > 0]
        if min(before, after) < 0:
            cut: dict[str, Plain] = {"axis": axis, "start": start, "stop": stop if after < 0 else None}
            shape[axis] = stop - start
            if is_last and not more:
                low.emit(call, "slice", cut, [current])
                return
            current = low.between("slice", cut, [current], tuple(shape))
        if more:
            rows = [current]
            for side, first in ((before, True), (after, False)):
                if side > 0:
                    edge = (*shape[:axis], side, *shape[axis + 1 :])
                    made = low.between("constant", {"value": value, "sizes": list(edge)}, [], edge)
                    rows.insert(0 if first else len(rows), made)
            shape[axis] += sum(more)
            if is_last:
                low.emit(call, "concat", {"axis": axis}, rows)
            else:
                current = low.between("concat", {"axis": axis}, rows, tuple(shape))


@lowers("repeat_interleave")
def repeat_interleave(low: Lowering, call: Call) -> None:
    """Each image, or each place of an axis, several times in a row."""
    row = bind(call, "input repeats dim", dim=None)
    data, made, times = low.data(row["input"]), low.result(call), row["repeats"]
    if not isinstance(times, int) or row["dim"] is None:
        raise Unsaid("`repeat_interleave` by a tensor")
    axis = row["dim"] % len(data.shape)
    if axis == data.batch and data.fold > 1:
        raise Unsaid("`repeat_interleave` of rows that are folded into the batch")
    # The copies are an axis behind the one that is repeated; the batch has none of its own.
    place = axis if axis == data.batch else data.axis(axis) + 1
    one_, many = ((*data.bare[:place], size, *data.bare[place:]) for size in (1, times))
    current = low.between("reshape", {"shape": list(one_)}, [data], one_)
    if many == made.bare:
        low.emit(call, "expand", {"shape": list(many)}, [current])
    else:
        current = low.between("expand", {"shape": list(many)}, [current], many)
        low.emit(call, "reshape", {"shape": list(made.bare)}, [current])


@lowers("repeat", "tile")
def tile(low: Lowering, call: Call) -> None:
    """Copies one behind the other."""
    data, made = low.data(call.arguments[0]), low.result(call)
    given = call.arguments[1:] or tuple(call.keywords.values())
    times = list(given[0]) if given and isinstance(given[0], list) else list(given)
    times = [1] * (len(data.shape) - len(times)) + times
    if len(times) > len(data.shape) or (not data.alone and times[data.batch] > 1):
        raise across("copies")
    current, shape = data, list(data.bare)
    for axis, count in enumerate(times):
        if count == 1 or (axis == data.batch and not data.alone):
            continue
        place = data.axis(axis)
        one_, many = ((*shape[:place], size, *shape[place:]) for size in (1, count))
        shape[place] *= count
        current = low.between("reshape", {"shape": list(one_)}, [current], one_)
        current = low.between("expand", {"shape": list(many)}, [current], many)
        current = low.between("reshape", {"shape": list(shape)}, [current], tuple(shape))
    if tuple(shape) != made.bare:
        raise across("copies")
    low.tell(made.number, replace(made, number=current.number))


@lowers("setitem")
def setitem(low: Lowering, call: Call) -> None:
    """A part of a tensor that is written over: what stands before it, the new one, and what stands behind."""
    data, index = low.data(call.arguments[0]), call.arguments[1]
    made = low.result(call)
    if data.alone and not made.alone:  # zeros, of which a part is written over
        data = replace(made, number=beside(low, data, made).number)
    rows = list(index) if isinstance(index, list | tuple) else [index]
    if Ellipsis in rows:
        place = rows.index(Ellipsis)
        rows[place : place + 1] = [slice(None)] * (len(data.shape) - len(rows) + 1)
    rows += [slice(None)] * (len(data.shape) - len(rows))
    parts: list[Part] = []
    shape, single = list(data.bare), set[int]()
    strides: list[tuple[int, int, int]] = []
    for axis, row in enumerate(rows):
        from_end: Written = {}
        if isinstance(row, int) and not isinstance(row, bool):
            start, stop, step = row % data.shape[axis], row % data.shape[axis] + 1, 1
            if row < 0:
                from_end = {start: row, stop: row + 1}
            single.add(axis)
        elif isinstance(row, slice) and not any(isinstance(item, Ref) for item in (row.start, row.stop, row.step)):
            start, stop, step = row.indices(data.shape[axis])
            # Counted from the end, as it is written: the text takes other sizes, too.
            from_end = {place: given for place, given in ((start, row.start), (stop, row.stop)) if given is not None and given < 0}
        else:
            raise Unsaid("writing into other parts of a tensor than slices")
        if (start, stop, step) != (0, data.shape[axis], 1):
            if axis == data.batch and not data.alone:
                raise Unsaid("writing into a part of the batch")
            own = data.axis(axis)
            shape[own] = len(range(start, stop, step))
            if step == 1:
                parts.append((own, start, stop, from_end))
            else:
                strides.append((own, start, step))
    value = _value(low, call.arguments[2], data, tuple(shape), single)
    new = _written_in_steps(low, data, value, parts, *strides) if strides else written(low, data, value, parts)
    low.tell(made.number, replace(made, number=new.number))


def _value(low: Lowering, given: object, data: Data, shape: tuple[int, ...], single: set[int]) -> Data:
    """What is written, in the shape of the part; axes that were read at one place are 1 there."""
    if isinstance(given, int | float):
        return low.between("constant", {"value": given, "sizes": list(shape)}, [], shape)
    value = low.data(given)
    single = {data.axis(axis) for axis in single if axis != data.batch or data.alone}
    if value.alone and not data.alone:
        rank = len(data.shape) - len(single)
        whole = [1] * (rank - len(value.shape)) + list(value.shape)
        for axis in sorted(single | ({data.batch} if data.fold == 1 else set())):
            if axis == data.batch and data.fold == 1 and whole.pop(axis) != 1:
                raise Unsaid("a learned or fixed tensor with an axis along the batch")
        value = low.step("reshape", {"shape": whole}, value, tuple(whole))
    bare = list(value.bare)
    bare = [1] * (len(shape) - len(single) - len(bare)) + bare
    for axis in sorted(single):
        bare.insert(axis, 1)
    if len(bare) != len(shape) or any(size not in (1, whole) for size, whole in zip(bare, shape, strict=True)):
        raise Unsaid("writing into a part of a tensor of another shape")
    if tuple(bare) != value.bare:
        row, value = value, low.between("reshape", {"shape": bare}, [value], tuple(bare))
        if len(single) == 1 and row.bare == tuple(size for axis, size in enumerate(bare) if axis not in single):
            low.rows[value.number] = (next(iter(single)), row)
    return value if tuple(bare) == shape else low.between("expand", {"shape": list(shape)}, [value], shape)


def _written_in_steps(low: Lowering, data: Data, value: Data, parts: list[Part], stride: tuple[int, int, int], *more: object) -> Data:
    """Every so many places of an axis: one place of an axis that has the steps."""
    axis, start, step = stride
    whole = data.bare
    if more or whole[axis] % step or not 0 <= start < step or value.bare[axis] != whole[axis] // step:
        raise Unsaid("writing into every other place of a part")

    def in_steps(tensor: Data, size: int) -> Data:
        shape = (*tensor.bare[:axis], whole[axis] // step, size, *tensor.bare[axis + 1 :])
        return low.between("reshape", {"shape": list(shape)}, [tensor], shape)

    moved = [(own + (own > axis), first, last, from_end) for own, first, last, from_end in parts]
    made = written(low, in_steps(data, step), in_steps(value, 1), [*moved, (axis + 1, start, start + 1, {})])
    return low.between("reshape", {"shape": list(whole)}, [made], whole)


@lowers("zero", "fill")
def filled(low: Lowering, call: Call) -> None:
    """A tensor that is written over by a number."""
    row = bind(call, "input value", value=0)
    made = low.result(call)
    if isinstance(row["value"], Ref):
        raise Unsaid("a tensor that is written over by a tensor of one number")
    constant = low.between("constant", {"value": row["value"], "sizes": list(made.bare)}, [], made.bare)
    low.tell(made.number, replace(made, number=constant.number))


@lowers("copy")
def copied(low: Lowering, call: Call) -> None:
    """A tensor that is written over by another."""
    source, made = low.data(call.arguments[1]), low.result(call)
    source = beside(low, source, made)
    if source.bare == made.bare:
        low.tell(made.number, replace(made, number=source.number))
    else:
        low.emit(call, "expand", {"shape": list(made.bare)}, [source])
