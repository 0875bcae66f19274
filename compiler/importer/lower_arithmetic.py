"""Sums, products and means."""

from __future__ import annotations

from .lower import Data, Fixed, Lowering, Unsaid, bind, lowers
from .trace import Call, Ref


@lowers("add")
def add(low: Lowering, call: Call) -> None:
    row = bind(call, "input other", alpha=1)
    if row["alpha"] != 1:
        raise Unsaid("`add` with a factor")
    both = [low.of(item) if isinstance(item, Ref) else item for item in (row["input"], row["other"])]
    rows = [item for item in both if isinstance(item, Data)]
    if len(rows) == 2:
        low.emit(call, "add", {"broadcast": rows[0].bare != rows[1].bare}, rows)
        return
    data, other = rows[0], next(item for item in both if not isinstance(item, Data))
    if isinstance(other, Fixed) and other.is_learned and not other.done and other.shape == (1, *data.bare) and len(data.bare) == 2:
        low.emit(call, "position_embedding", {}, [data], other.key)
        return
    if isinstance(other, int | float):
        if other == 0:
            low.alias(call, data)
            return
        raise Unsaid("a number that is added")
    raise Unsaid("a learned or fixed tensor that is added")


@lowers("mul")
def mul(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    both = [low.of(item) if isinstance(item, Ref) else item for item in (row["input"], row["other"])]
    rows = [item for item in both if isinstance(item, Data)]
    if len(rows) == 2:
        low.emit(call, "mul", {}, rows)
        return
    data, other = rows[0], next(item for item in both if not isinstance(item, Data))
    if isinstance(other, int | float):
        low.emit(call, "scale", {"factor": other}, [data])
        return
    if isinstance(other, Fixed) and other.is_learned and not other.done:
        wanted = (data.bare[0],) + (1,) * (len(data.bare) - 1) if len(data.bare) > 2 else data.bare[-1:]
        if other.shape == wanted:
            low.emit(call, "layer_scale", {}, [data], other.key)
            return
    raise Unsaid("a learned or fixed tensor as a factor")


@lowers("sub")
def sub(low: Lowering, call: Call) -> None:
    row = bind(call, "input other", alpha=1)
    rows = [low.data(row["input"]), low.data(row["other"])]
    if row["alpha"] != 1 or rows[0].bare != rows[1].bare:
        raise Unsaid("a difference of two shapes")
    low.emit(call, "sub", {}, rows)


@lowers("div", "truediv")
def div(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    if not isinstance(row["other"], int | float):
        raise Unsaid("a quotient of two tensors")
    low.emit(call, "scale", {"factor": 1 / row["other"]}, [low.data(row["input"])])


@lowers("maximum")
def maximum(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    low.emit(call, "maximum", {}, [low.data(row["input"]), low.data(row["other"])])


@lowers("matmul", "bmm")
def matmul(low: Lowering, call: Call) -> None:
    rows = [low.data(item) for item in call.arguments[:2]]
    if any(row.batch for row in rows):
        raise Unsaid("a product of matrices whose batch stands elsewhere")
    low.emit(call, "matmul", {}, rows)


@lowers("square")
def square(low: Lowering, call: Call) -> None:
    data = low.data(call.arguments[0])
    low.emit(call, "mul", {}, [data, data])


@lowers("pow")
def power(low: Lowering, call: Call) -> None:
    if call.arguments[1] != 2:
        raise Unsaid("a power")
    square(low, call)


@lowers("mean", "amax")
def mean(low: Lowering, call: Call) -> None:
    row = bind(call, "input dim keepdim", dim=None, keepdim=False)
    data, made = low.data(row["input"]), low.result(call)
    if row["dim"] is None:
        raise Unsaid(f"`{call.function}` over the batch")
    given = row["dim"] if isinstance(row["dim"], list | tuple) else [row["dim"]]
    axes = sorted(data.axis(axis) for axis in given)
    kind = "global_avgpool" if call.function == "mean" else "global_maxpool"
    if data.is_clean and axes == list(range(1, len(data.bare))) and len(data.bare) > 1:
        current = data
    elif data.is_clean and len(data.bare) == 2 and axes == [0]:
        current = low.between("permute", {"order": [1, 0]}, [data], (data.bare[1], data.bare[0]))
        pooled = low.between(kind, {}, [current], (data.bare[1], 1))
        low.emit(call, "flatten" if not row["keepdim"] else "reshape", {} if not row["keepdim"] else {"shape": list(made.bare)}, [pooled])
        return
    else:
        raise Unsaid(f"`{call.function}` along {'an axis' if len(axes) == 1 else 'axes'} that no pooling takes")
    if row["keepdim"]:
        low.emit(call, kind, {}, [current])
    else:
        pooled = low.between(kind, {}, [current], (data.bare[0],) + (1,) * (len(data.bare) - 1))
        low.emit(call, "flatten", {}, [pooled])
