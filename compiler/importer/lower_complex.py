"""Complex numbers, as rotary positions are often written: a tensor of them is here the real one, of pairs, that it is made of."""

from __future__ import annotations

from dataclasses import replace

from .known import Data, Fixed
from .lower import Lowering, bind, lowers
from .lower_constant import numbers, of_one_image
from .lower_fixed import beside
from .traced import Call, Ref
from .unsaid import Unsaid


@lowers("complex view_as_complex")
def as_complex(low: Lowering, call: Call) -> None:
    data = low.data(bind(call, "input")["input"])
    low.tell(call.results[0].number, replace(data, shape=data.shape[:-1]))


@lowers("complex view_as_real")
def as_real(low: Lowering, call: Call) -> None:
    low.alias(call, _pairs(low.data(bind(call, "input")["input"])))


@lowers("complex mul", "complex multiply")
def product(low: Lowering, call: Call) -> None:
    """(a + bi)(c + di) = (ac - bd) + (ad + bc)i."""
    row = bind(call, "input other")
    both = [low.of(item) if isinstance(item, Ref) and low.trace.values[item.number].dtype.is_complex else None for item in row.values()]
    like = next((item for item in both if isinstance(item, Data)), None)
    if like is None or None in both:
        raise Unsaid("a product of complex numbers and real ones")
    (a, b), (c, d) = (_parts(low, item, ref, like) for item, ref in zip(both, row.values(), strict=True))
    made = low.result(call)
    shape = made.bare

    def times(one: Data, two: Data) -> Data:
        return low.between("mul", {}, [one, two], shape)

    real = low.between("sub", {}, [times(a, c), times(b, d)], shape)
    imaginary = low.between("add", {"broadcast": False}, [times(a, d), times(b, c)], shape)
    pairs = low.between("stack", {"axis": len(shape)}, [real, imaginary], (*shape, 2))
    low.tell(call.results[0].number, replace(made, number=pairs.number))


def _pairs(data: Data) -> Data:
    return replace(data, shape=(*data.shape, 2))


def _parts(low: Lowering, item: Data | Fixed | None, ref: Ref, like: Data) -> tuple[Data, Data]:
    """The real and the imaginary part, as they meet what depends on the input."""
    if isinstance(item, Data):
        pairs = _pairs(item)
        axis = pairs.axis(-1)
        real, imaginary = (low.between("select", {"axis": axis, "index": place}, [pairs], pairs.bare[:-1]) for place in range(2))
        return real, imaginary
    shape = low.alone_shape(ref.number)
    tensor = of_one_image(low, ref.number, shape)
    one, two = (beside(low, numbers(low, part.contiguous(), shape), like) for part in (tensor.real, tensor.imag))
    return one, two
