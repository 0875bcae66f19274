"""Functions of two tensors, or of the halves of one, that the language says in several steps: gated units, and how alike two vectors are."""

from __future__ import annotations

from .known import Data
from .lower import Lowering, bind, lowers
from .traced import Call, Ref
from .unsaid import Unsaid


@lowers("glu")
def glu(low: Lowering, call: Call) -> None:
    """The second half of an axis opens the first."""
    row = bind(call, "input dim", dim=-1)
    data = low.data(row["input"])
    axis = data.axis(row["dim"])
    half = low.result(call).bare
    first, second = (low.between("chunk", {"i": place, "n": 2, "axis": axis}, [data], half) for place in range(2))
    low.emit(call, "mul", {}, [first, low.between("sigmoid", {}, [second], half)])


@lowers("cosine_similarity")
def cosine_similarity(low: Lowering, call: Call) -> None:
    row = bind(call, "x1 x2 dim eps", dim=1, eps=1e-8)
    first, second = _two(low, call, row["x1"], row["x2"])
    axis, shape = first.axis(row["dim"]), first.bare
    rows = [low.between("normalize", {"axis": axis, "eps": row["eps"]}, [data], shape) for data in (first, second)]
    low.emit(call, "reduce", {"by": "sum", "axis": axis, "keep": False}, [low.between("mul", {}, rows, shape)])


@lowers("pairwise_distance")
def pairwise_distance(low: Lowering, call: Call) -> None:
    row = bind(call, "x1 x2 p eps keepdim", p=2.0, eps=1e-6, keepdim=False)
    if row["p"] != 2:
        raise Unsaid("a distance other than the Euclidean")
    first, second = _two(low, call, row["x1"], row["x2"])
    shape = first.bare
    apart = low.between("offset", {"addend": row["eps"]}, [low.between("sub", {}, [first, second], shape)], shape)
    low.emit(call, "reduce", {"by": "norm", "axis": len(shape) - 1, "keep": row["keepdim"]}, [apart])


def _two(low: Lowering, call: Call, one: Ref, other: Ref) -> tuple[Data, Data]:
    """Both tensors, of one shape and each of the input."""
    first, second = low.data(one), low.data(other)
    if first.alone or second.alone or first.bare != second.bare:
        raise Unsaid(f"`{call.function}` of a tensor and one that stretches to it")
    return first, second
