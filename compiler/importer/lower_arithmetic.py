"""Sums, products and means."""

from __future__ import annotations

from dataclasses import replace

from .flat_steps import Plain
from .known import Data, Fixed, plain_name
from .lower import Lowering, bind, lowers
from .traced import Call, Ref
from .unsaid import Unsaid


@lowers("add")
def add(low: Lowering, call: Call) -> None:
    row = bind(call, "input other", alpha=1)
    if row["alpha"] != 1:
        one, two = low.operands(call, row["input"], row["other"])
        low.emit(call, *summed(one, times(low, two, row["alpha"])))
        return
    both = [low.of(item) if isinstance(item, Ref) else item for item in (row["input"], row["other"])]
    data = next((item for item in both if isinstance(item, Data) and not item.alone), None)
    other = next((item for item in both if item is not data), None)
    learned = row["other"] if both[0] is data else row["input"]
    if data is not None and _is_embedding(other, data) and low.is_read_once(learned):
        assert isinstance(other, Fixed)
        low.emit(call, "position_embedding", {}, [data], other.key)
        return
    if data is not None and data.bare == low.result(call).bare and isinstance(learned, Ref) and _is_nothing(low, learned):
        low.alias(call, data)
        return
    _emit(low, call, *summed(*low.operands(call, row["input"], row["other"])))


def _is_nothing(low: Lowering, ref: Ref) -> bool:
    """Whether a fixed tensor is 0 all over: what a sum begins with (`out = torch.zeros_like(x)`)."""
    fixed = low.of(ref)
    if not isinstance(fixed, Fixed) or fixed.is_learned or low.values.leaves(ref.number) or low.trace.values[ref.number].source == "buffer":
        return False
    try:
        return not bool(low.values.of(ref.number).any())
    except Unsaid:  # it may still be made of others
        return False


def _emit(low: Lowering, call: Call, operation: str, arguments: dict[str, Plain], rows: list[Data]) -> None:
    """The step; none where a number changes nothing."""
    if (operation, *arguments.items()) in (("offset", ("addend", 0)), ("scale", ("factor", 1))):
        low.alias(call, rows[0])
    else:
        low.emit(call, operation, arguments, rows)


def times(low: Lowering, row: Data | float | int, factor: float) -> Data | float | int:
    if factor == 1:
        return row
    return _scale(low, row, factor) if isinstance(row, Data) else row * factor


def _scale(low: Lowering, row: Data, factor: float) -> Data:
    return row if factor == 1 else replace(row, number=low.between("scale", {"factor": factor}, [row], row.bare).number)


def summed(one: Data | float | int, two: Data | float | int) -> tuple[str, dict[str, Plain], list[Data]]:
    """The step that adds two tensors, or a number to a tensor."""
    if isinstance(one, Data) and isinstance(two, Data):
        return "add", {"broadcast": one.bare != two.bare}, [one, two]
    found, number = (one, two) if isinstance(one, Data) else (two, one)
    assert isinstance(found, Data) and isinstance(number, int | float)
    return "offset", {"addend": number}, [found]


def _is_embedding(other: object, data: Data) -> bool:
    """Whether a learned tensor is as large as the sequence that it is added to."""
    return isinstance(other, Fixed) and other.is_learned and not other.done and other.shape == (1, *data.bare) and len(data.bare) == 2


@lowers("mul", "multiply")
def mul(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    both = [low.of(item) if isinstance(item, Ref) else item for item in (row["input"], row["other"])]
    data = next((item for item in both if isinstance(item, Data) and not item.alone), None)
    other = next((item for item in both if item is not data), None)
    learned = row["other"] if both[0] is data else row["input"]
    if data is not None and low.is_read_once(learned) and _scaled(low, call, data, other):
        return
    one, two = low.operands(call, row["input"], row["other"])
    if isinstance(one, Data) and isinstance(two, Data):
        low.emit(call, "mul", {}, [one, two])
        return
    found, number = (one, two) if isinstance(one, Data) else (two, one)
    assert isinstance(found, Data) and isinstance(number, int | float)
    _emit(low, call, "scale", {"factor": number}, [found])


def _scaled(low: Lowering, call: Call, data: Data, other: object) -> bool:
    """Whether the factor is one for each channel, for which there is a word; then it is written."""
    if isinstance(other, Fixed) and other.is_learned and not other.done:
        # The tensor that is learned has a size along one axis, and 1 along those behind it.
        axis = len(data.bare) - len(other.shape)
        if 0 <= axis < len(data.bare) and other.shape == (data.bare[axis],) + (1,) * (len(other.shape) - 1):
            low.emit(call, "layer_scale", {"axis": axis} | low.factor(other.key), [data], other.key)
            return True
    own = _scale_axis(other, data)
    if own is not None:
        assert isinstance(other, Fixed)
        stored = "flat" if own < len(data.bare) - 1 else None
        low.emit(call, "layer_scale", {"axis": own, "stored": stored} | low.factor(other.key), [data], other.key)
        return True
    return False


VIEWS = frozenset(("view", "reshape", "unsqueeze", "getitem", "expand"))


def _scale_axis(other: object, data: Data) -> int | None:
    """Along which axis a vector that is learned multiplies, where it was only brought into shape for that."""
    if not (isinstance(other, Fixed) and other.is_learned and set(other.done) <= VIEWS and len(other.whole) == 1):
        return None
    rank, shape = len(data.bare), list(other.shape)
    while shape and shape[0] == 1 and (len(shape) > rank or other.whole[0] > 1):
        del shape[0]
    axis = rank - len(shape)
    fits = bool(shape) and axis >= 0 and shape == [other.whole[0], *[1] * (len(shape) - 1)] and data.bare[axis] == shape[0]
    return axis if fits else None


@lowers("sub", "rsub")
def sub(low: Lowering, call: Call) -> None:
    row = bind(call, "input other", alpha=1)
    one, two = low.operands(call, row["input"], row["other"])
    if row["alpha"] != 1:
        two = times(low, two, row["alpha"])
    if call.function.strip("_") == "rsub":
        one, two = two, one
    if isinstance(one, Data) and isinstance(two, Data):
        low.emit(call, "sub", {"broadcast": one.bare != two.bare}, [one, two])
    elif isinstance(one, Data):
        assert isinstance(two, int | float)
        _emit(low, call, "offset", {"addend": -two}, [one])
    else:
        assert isinstance(two, Data)
        if one == 0:
            low.emit(call, "scale", {"factor": -1}, [two])
        else:
            turned = low.between("scale", {"factor": -1}, [two], two.bare)
            low.emit(call, "offset", {"addend": one}, [turned])


@lowers("neg", "negative")
def neg(low: Lowering, call: Call) -> None:
    low.emit(call, "scale", {"factor": -1}, [low.data(call.arguments[0])])


@lowers("addcmul")
def addcmul(low: Lowering, call: Call) -> None:
    row = bind(call, "input tensor1 tensor2", value=1)
    addend, one, two = low.operands(call, row["input"], row["tensor1"], row["tensor2"])
    if row["value"] != 1 or not (isinstance(addend, Data) and isinstance(one, Data) and isinstance(two, Data)):
        raise Unsaid("`addcmul` with a factor")
    shape = tuple(max(sizes) for sizes in zip(one.bare, two.bare, strict=True))
    product = low.between("mul", {}, [one, two], shape)
    low.emit(call, "add", {"broadcast": addend.bare != shape}, [addend, product])


@lowers("div", "truediv", "divide", "true_divide", "rdiv", "rtruediv")
def div(low: Lowering, call: Call) -> None:
    row = bind(call, "input other", rounding_mode=None)
    if row["rounding_mode"] is not None:
        raise Unsaid("a quotient that is rounded")
    one, two = low.operands(call, row["input"], row["other"])
    if plain_name(call.function).startswith("r"):
        one, two = two, one
    if isinstance(one, Data) and isinstance(two, Data):
        low.emit(call, "div", {}, [one, two])
    elif isinstance(one, Data):
        assert isinstance(two, int | float)
        _emit(low, call, "scale", {"factor": 1 / two}, [one])
    elif one == 1:
        assert isinstance(two, Data)
        low.emit(call, "reciprocal", {}, [two])
    else:
        assert isinstance(two, Data)
        inverse = low.between("reciprocal", {}, [two], two.bare)
        low.emit(call, "scale", {"factor": one}, [inverse])


ELEMENTWISE = ("exp", "log", "sqrt", "rsqrt", "reciprocal", "abs", "sin", "cos")


@lowers(*ELEMENTWISE)
def elementwise(low: Lowering, call: Call) -> None:
    low.emit(call, call.function.strip("_"), {}, [low.data(call.arguments[0])])


@lowers("minimum", "maximum")
def extreme(low: Lowering, call: Call) -> None:
    row = bind(call, "input other")
    both = low.operands(call, row["input"], row["other"])
    rows, numbers = [item for item in both if isinstance(item, Data)], [item for item in both if not isinstance(item, Data)]
    if numbers:  # a tensor that holds one
        low.emit(call, "clamp", {"min" if call.function == "maximum" else "max": numbers[0]}, rows)
    elif rows[0].bare == rows[1].bare:
        low.emit(call, call.function, {}, rows)
    else:
        _beyond(low, call, rows, 1 if call.function == "maximum" else -1)


def _beyond(low: Lowering, call: Call, rows: list[Data], sign: int) -> None:
    """The larger of a tensor and a bound that has fewer numbers (`torch.max(x, tau)`): by how much it is beyond, and the bound."""
    made = low.result(call).bare
    one, bound = sorted(rows, key=lambda row: row.bare != made)
    away = low.between("add", {"broadcast": True}, [one, _scale(low, bound, -1)], made)
    beyond = low.between("relu", {}, [_scale(low, away, sign)], made)
    low.emit(call, "add", {"broadcast": True}, [_scale(low, beyond, sign), bound])


@lowers("lerp")
def lerp(low: Lowering, call: Call) -> None:
    """Between two tensors, as far from the first as the weight says."""
    row = bind(call, "input end weight")
    one, two = low.operands(call, row["input"], row["end"])
    if not (isinstance(one, Data) and isinstance(two, Data)) or not isinstance(row["weight"], int | float):
        raise Unsaid("`lerp` by a tensor, or from or to a number")
    low.emit(call, *summed(times(low, one, 1 - row["weight"]), times(low, two, row["weight"])))


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
