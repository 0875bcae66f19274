"""Sums, products and means."""

from __future__ import annotations

from .lower import Data, Fixed, Lowering, Unsaid, bind, elements, lowers
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
        low.emit(call, "offset", {"addend": other}, [data])
        return
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
        # The tensor that is learned has a size along one axis, and 1 along those behind it.
        axis = len(data.bare) - len(other.shape)
        if axis >= 0 and other.shape == (data.bare[axis],) + (1,) * (len(other.shape) - 1):
            low.emit(call, "layer_scale", {"axis": axis} | low.factor(other.key), [data], other.key)
            return
    if _is_scale(other, data):
        # The factors of the channels of an image, kept as a vector: the language has these at the end.
        last = (*data.bare[1:], data.bare[0])
        turned = low.between("permute", {"order": [*range(1, len(last)), 0]}, [data], last)
        scaled = low.between("layer_scale", {"axis": len(last) - 1} | low.factor(other.key), [turned], last, other.key)
        low.emit(call, "permute", {"order": [len(last) - 1, *range(len(last) - 1)]}, [scaled])
        return
    raise Unsaid("a learned or fixed tensor as a factor")


VIEWS = frozenset(("view", "reshape", "unsqueeze", "getitem", "expand"))


def _is_scale(other: object, data: Data) -> bool:
    """Whether a vector that is learned was only brought into the shape of an image's channels."""
    return (
        isinstance(other, Fixed)
        and other.is_learned
        and set(other.done) <= VIEWS
        and len(data.bare) > 2
        and other.whole == data.bare[:1]
        and elements(other.shape) == data.bare[0]
        and other.shape[-len(data.bare) :] == (data.bare[0],) + (1,) * (len(data.bare) - 1)
    )


@lowers("sub", "rsub")
def sub(low: Lowering, call: Call) -> None:
    row = bind(call, "input other", alpha=1)
    if row["alpha"] != 1:
        raise Unsaid("`sub` with a factor")
    both = [low.of(item) if isinstance(item, Ref) else item for item in (row["input"], row["other"])]
    if call.function.strip("_") == "rsub":
        both.reverse()
    one, two = both
    if isinstance(one, Data) and isinstance(two, int | float):
        low.emit(call, "offset", {"addend": -two}, [one])
    elif isinstance(two, Data) and isinstance(one, int | float):
        turned = low.between("scale", {"factor": -1}, [two], two.bare)
        low.emit(call, "offset", {"addend": one}, [turned])
    elif isinstance(one, Data) and isinstance(two, Data):
        if one.bare == two.bare:
            low.emit(call, "sub", {}, [one, two])
        else:
            turned = low.between("scale", {"factor": -1}, [two], two.bare)
            low.emit(call, "add", {"broadcast": True}, [one, turned])
    else:
        raise Unsaid("a difference with a learned or fixed tensor")


@lowers("div", "truediv")
def div(low: Lowering, call: Call) -> None:
    row = bind(call, "input other", rounding_mode=None)
    if row["rounding_mode"] is not None:
        raise Unsaid("a quotient that is rounded")
    if isinstance(row["other"], int | float):
        low.emit(call, "scale", {"factor": 1 / row["other"]}, [low.data(row["input"])])
    else:
        low.emit(call, "div", {}, [low.data(row["input"]), low.data(row["other"])])


ELEMENTWISE = ("exp", "log", "sqrt", "rsqrt", "reciprocal", "abs", "sin", "cos")


@lowers(*ELEMENTWISE)
def elementwise(low: Lowering, call: Call) -> None:
    low.emit(call, call.function.strip("_"), {}, [low.data(call.arguments[0])])


@lowers("minimum")
def minimum(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    low.emit(call, "minimum", {}, [low.data(row["input"]), low.data(row["other"])])


@lowers("maximum")
def maximum(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    low.emit(call, "maximum", {}, [low.data(row["input"]), low.data(row["other"])])


@lowers("matmul", "bmm")
def matmul(low: Lowering, call: Call) -> None:
    rows = [low.data(item) for item in call.arguments[:2]]
    if any(row.batch for row in rows):
        raise Unsaid("a product of matrices whose batch stands elsewhere")
    if rows[0].bare[:-2] != rows[1].bare[:-2]:
        raise Unsaid("a product of matrices of which one serves several")
    low.emit(call, "matmul", {}, rows)


@lowers("square")
def square(low: Lowering, call: Call) -> None:
    low.emit(call, "square", {}, [low.data(call.arguments[0])])


@lowers("pow")
def power(low: Lowering, call: Call) -> None:
    row = bind(call, "input exponent")
    if not isinstance(row["exponent"], int | float):
        raise Unsaid("a power whose exponent is a tensor")
    data = low.data(row["input"])
    if row["exponent"] == 2:
        low.emit(call, "square", {}, [data])
    else:
        low.emit(call, "power", {"exponent": row["exponent"]}, [data])


@lowers("normalize")
def normalize(low: Lowering, call: Call) -> None:
    row = bind(call, "input p dim eps", p=2.0, dim=1, eps=1e-12)
    if row["p"] != 2:
        raise Unsaid("a norm other than the Euclidean")
    data = low.data(row["input"])
    low.emit(call, "normalize", {"axis": data.axis(row["dim"]), "eps": row["eps"]}, [data])


REDUCTIONS = {"mean": "mean", "sum": "sum", "amax": "max", "amin": "min", "var": "var"}


@lowers(*REDUCTIONS)
def reduce(low: Lowering, call: Call) -> None:
    """Along positions it is a pool, along other axes a reduction."""
    row = bind(call, "input dim keepdim", dim=None, keepdim=False)
    data, made = low.data(row["input"]), low.result(call)
    kind = REDUCTIONS[call.function]
    if row["dim"] is None:
        raise Unsaid(f"`{call.function}` over the batch")
    if call.function == "var" and (row.get("unbiased", True) is not True or row.get("correction", 1) != 1):
        raise Unsaid("a variance of all values")
    given = row["dim"] if isinstance(row["dim"], list | tuple) else [row["dim"]]
    axes = sorted(data.axis(axis) for axis in given)
    pool = {"mean": "global_avgpool", "max": "global_maxpool"}.get(kind)
    if pool and data.is_clean and len(data.bare) > 1 and axes == list(range(1, len(data.bare))):
        if row["keepdim"]:
            low.emit(call, pool, {}, [data])
        else:
            pooled = low.between(pool, {}, [data], (data.bare[0],) + (1,) * (len(data.bare) - 1))
            low.emit(call, "flatten", {}, [pooled])
        return
    if not row["keepdim"] and len(axes) == len(data.bare):
        raise Unsaid(f"`{call.function}` over everything but the batch")
    assert made.bare or row["keepdim"]
    low.emit(call, "reduce", {"by": kind, "axis": axes[0] if len(axes) == 1 else axes, "keep": row["keepdim"]}, [data])
