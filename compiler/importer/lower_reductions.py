"""Means, sums, extremes, norms and variances along axes."""

from __future__ import annotations

from dataclasses import replace

from .flat_steps import Plain
from .known import Data
from .lower import Lowering, bind, elements, lowers
from .lower_arithmetic import extreme
from .traced import Call, Ref
from .unsaid import Unsaid, across


@lowers("norm", "vector_norm", "linalg_norm", "linalg_vector_norm")
def norm(low: Lowering, call: Call) -> None:
    names = "input p dim keepdim" if call.function == "norm" else "input ord dim keepdim"
    row = bind(call, names, p=2, ord=2, dim=None, keepdim=False)
    data = low.data(row["input"])
    if {row["p"], row["ord"]} - {2, None, "fro"} or row["dim"] is None:
        raise Unsaid("a norm other than the Euclidean along an axis")
    axes = sorted(data.axis(axis) for axis in (row["dim"] if isinstance(row["dim"], list | tuple) else [row["dim"]]))
    low.emit(call, "reduce", {"by": "norm", "axis": axes[0] if len(axes) == 1 else axes, "keep": row["keepdim"]}, [data])


@lowers("max", "min")
def largest(low: Lowering, call: Call) -> None:
    """Along an axis, where the values are is not told; or of two tensors."""
    other = call.keywords.get("other", next(iter(call.arguments[1:]), None))
    if isinstance(other, Ref):
        extreme(low, replace(call, function=f"{call.function}imum"))
        return
    row = bind(call, "input dim keepdim", dim=None, keepdim=False)
    if not isinstance(row["dim"], int):
        raise across(f"`{call.function}` over all axes, and so")
    data = low.data(row["input"])
    low.emit(call, "reduce", {"by": call.function, "axis": data.axis(row["dim"]), "keep": row["keepdim"]}, [data])


REDUCTIONS = {"mean": "mean", "sum": "sum", "amax": "max", "amin": "min"}
SPREADS = ("var", "std", "var_mean", "std_mean")
Reduction = tuple[str, dict[str, Plain], list[Data]]


@lowers(*REDUCTIONS)
def reduce(low: Lowering, call: Call) -> None:
    """Along positions it is a pool, along other axes a reduction."""
    row = bind(call, "input dim keepdim", dim=None, keepdim=False)
    data = low.data(row["input"])
    axes = _axes(call, data, row["dim"])
    pool = {"mean": "global_avgpool", "max": "global_maxpool"}.get(REDUCTIONS[call.function])
    if pool and data.is_clean and len(data.bare) > 1 and axes == list(range(1, len(data.bare))):
        if row["keepdim"]:
            low.emit(call, pool, {}, [data])
        else:
            pooled = low.between(pool, {}, [data], (data.bare[0],) + (1,) * (len(data.bare) - 1))
            low.emit(call, "flatten", {}, [pooled])
        return
    low.emit(call, *_reduction(low, REDUCTIONS[call.function], data, axes, row["keepdim"]))


@lowers(*SPREADS)
def spread(low: Lowering, call: Call) -> None:
    """A variance or a standard deviation, with the mean beside it where that is asked for."""
    row = bind(call, "input dim unbiased keepdim", dim=None, unbiased=True, correction=1, keepdim=False)
    data = low.data(row["input"])
    axes = _axes(call, data, row["dim"])
    correction = 0 if row["unbiased"] is False else 1 if row["correction"] is None else row["correction"]
    if correction not in (0, 1):
        raise Unsaid("a variance with a correction of its own")
    found = _reduction(low, "var", data, axes, row["keepdim"])
    if correction == 0:
        found = _reduction(low, "mean", _deviations(low, data, axes), axes, row["keepdim"])
    if call.function.startswith("std"):
        found = "sqrt", {}, [low.between(*found, low.result(call).bare)]
    low.emit(call, *found)
    if call.function.endswith("_mean"):
        low.emit(call, *_reduction(low, "mean", data, axes, row["keepdim"]), index=1)


def _axes(call: Call, data: Data, given: int | list[int] | tuple[int, ...] | None) -> list[int]:
    if given is None:
        raise across(f"`{call.function}` over all axes, and so")
    return sorted(data.axis(axis) for axis in (given if isinstance(given, list | tuple) else [given]))


def _reduction(low: Lowering, kind: str, data: Data, axes: list[int], keep: bool) -> Reduction:
    if not keep and len(axes) == len(data.bare) > 1:
        data = low.step("reshape", {"shape": [elements(data.bare)]}, data, (elements(data.bare),))
        axes = [0]
    return "reduce", {"by": kind, "axis": axes[0] if len(axes) == 1 else axes, "keep": keep}, [data]


def _deviations(low: Lowering, data: Data, axes: list[int]) -> Data:
    """The squares of how far each value is from the mean along some axes: their mean is the variance of all values."""
    shape = tuple(1 if axis in axes else size for axis, size in enumerate(data.bare))
    mean = low.between("reduce", {"by": "mean", "axis": axes[0] if len(axes) == 1 else axes, "keep": True}, [data], shape)
    turned = low.between("scale", {"factor": -1}, [mean], shape)
    apart = low.between("add", {"broadcast": True}, [data, turned], data.bare)
    return replace(data, number=low.between("square", {}, [apart], data.bare).number)
