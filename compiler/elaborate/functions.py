"""The functions of expressions: `round(x)`, `divisible(x, 8)`, `range(n)`, …"""

from __future__ import annotations

import math
from collections.abc import Callable

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.records import dataclass
from ...dsl import ast
from .explain_numbers import rounded
from .values import LARGEST_BITS, LARGEST_LIST, kind_of, show_value


class _Wrong(Exception):
    """What is wrong with the arguments, for a person."""


class _NotWhole(_Wrong):
    """A number that is not whole where one is needed."""


@dataclass(frozen=True, slots=True)
class Function:
    """One function: its usage line, how many arguments it takes, what it computes."""

    usage: str
    doc: str
    least: int
    most: int | None
    compute: Callable[..., object]

    def apply(self, node: ast.Call, values: tuple[object, ...]) -> object:
        if len(values) < self.least or (self.most is not None and len(values) > self.most):
            raise Problem(
                Diagnostic(
                    "E224",
                    f"`{node.path[0]}` was given {len(values)} arguments: its use is `{self.usage}`",
                    Label(node.span, f"{len(values)} arguments"),
                )
            )
        try:
            result = self.compute(*values)
            if isinstance(result, int) and result.bit_length() > LARGEST_BITS:
                raise OverflowError
            return result
        except _Wrong as wrong:
            raise Problem(
                Diagnostic(
                    "E224",
                    f"`{node.path[0]}` {wrong}",
                    Label(node.span, ", ".join(show_value(value) for value in values)),
                    help=_made_whole(node, values) if isinstance(wrong, _NotWhole) else f"its use is `{self.usage}`: {self.doc}",
                )
            ) from None
        except (OverflowError, ValueError):
            raise Problem(
                Diagnostic(
                    "E225",
                    f"the result of `{node.path[0]}` is too large or not a number: {', '.join(show_value(value) for value in values)}",
                    Label(node.span),
                )
            ) from None


def _number(value: object) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _Wrong(f"needs a number, and {show_value(value)} is {kind_of(value)}")
    return value


def _whole(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int):
        wrong = _NotWhole if isinstance(value, float) else _Wrong
        raise wrong(f"needs a whole number, and {show_value(value)} is {kind_of(value)}")
    return value


def _made_whole(node: ast.Call, values: tuple[object, ...]) -> str | None:
    """What makes the argument whole that is not: the last, where the first may be any number."""
    pairs = [(value, argument.value.span.text) for value, argument in zip(values, node.arguments, strict=True)]
    return next((help for value, text in reversed(pairs) if (help := rounded(value, text)) is not None), None)


def _list(value: object) -> tuple[object, ...]:
    if not isinstance(value, tuple):
        raise _Wrong(f"needs a list, and {show_value(value)} is {kind_of(value)}")
    return value


def _range(*values: object) -> tuple[int, ...]:
    bounds = tuple(_whole(value) for value in values)
    if len(bounds) == 3 and bounds[2] == 0:
        raise _Wrong("cannot count in steps of 0")
    if any(bound.bit_length() > 62 for bound in bounds):
        raise _Wrong(f"would give more than {LARGEST_LIST} numbers, the limit")
    numbers = range(*bounds)
    if len(numbers) > LARGEST_LIST:
        raise _Wrong(f"would give {len(numbers)} numbers, and {LARGEST_LIST} is the limit")
    return tuple(numbers)


def _length(value: object) -> int:
    return len(value) if isinstance(value, str) else len(_list(value))


def _sum(value: object) -> int | float:
    return sum(_number(item) for item in _list(value))


def _take(values: object, count: object) -> tuple[object, ...]:
    items, number = _list(values), _whole(count)
    if not 0 <= number <= len(items):
        raise _Wrong(f"takes 0 to {len(items)} items of this list, and {number} were asked for")
    return items[:number]


def _extreme(choose: Callable[[list[int | float]], int | float]) -> Callable[..., int | float]:
    def compute(*values: object) -> int | float:
        items = [_number(value) for value in (_list(values[0]) if len(values) == 1 else values)]
        if not items:
            raise _Wrong("needs at least one number")
        return choose(items)

    return compute


def _round(value: object, digits: object = 0) -> int | float:
    number = _number(value)
    places = _whole(digits)
    return round(number) if places == 0 else round(number, max(-30, min(places, 30)))


def _divisible(value: object, divisor: object = 8) -> int:
    """The channel rounding of the mobile networks: the nearest multiple, at least `divisor`, and never less than 90 % of the value.

    MobileNetV2 (Sandler et al. 2018), TensorFlow's `_make_divisible`.
    """
    number, step = _number(value), _whole(divisor)
    if step < 1:
        raise _Wrong(f"needs a divisor of at least 1, and it is {step}")
    if isinstance(number, int):
        rounded = max(step, (2 * number + step) // (2 * step) * step)
        return rounded + step if 10 * rounded < 9 * number else rounded
    rounded = max(step, int(number + step / 2) // step * step)
    return rounded + step if rounded < 0.9 * number else rounded


def _linspace(first: object, last: object, count: object) -> tuple[float, ...]:
    start, stop, number = _number(first), _number(last), _whole(count)
    if not 1 <= number <= LARGEST_LIST:
        raise _Wrong(f"gives 1 to {LARGEST_LIST} numbers, and {number} were asked for")
    if number == 1:
        return (float(start),)
    return tuple(start + (stop - start) * index / (number - 1) for index in range(number))


def _sqrt(value: object) -> float:
    number = _number(value)
    if number < 0:
        raise _Wrong(f"needs a number of at least 0, and it is {number}")
    return math.sqrt(number)


def _absolute(value: object) -> int | float:
    return abs(_number(value))


def _floor(value: object) -> int:
    return math.floor(_number(value))


def _ceil(value: object) -> int:
    return math.ceil(_number(value))


FUNCTIONS: dict[str, Function] = {
    "range": Function(
        "range(n) or range(start, stop, step)", "the whole numbers from 0 (or start) up to but not n (or stop)", 1, 3, _range
    ),
    "len": Function("len(list)", "the number of items", 1, 1, _length),
    "sum": Function("sum(list)", "the sum of the items", 1, 1, _sum),
    "take": Function("take(list, n)", "the first n items: `sum(take(depths, i))` counts the blocks before stage i", 2, 2, _take),
    "min": Function("min(a, b, …) or min(list)", "the smallest", 1, None, _extreme(min)),
    "max": Function("max(a, b, …) or max(list)", "the largest", 1, None, _extreme(max)),
    "round": Function("round(x) or round(x, digits)", "the nearest whole number (a half goes to the even one)", 1, 2, _round),
    "floor": Function("floor(x)", "the whole number below", 1, 1, _floor),
    "ceil": Function("ceil(x)", "the whole number above", 1, 1, _ceil),
    "abs": Function("abs(x)", "the size without the sign", 1, 1, _absolute),
    "sqrt": Function("sqrt(x)", "the square root", 1, 1, _sqrt),
    "divisible": Function(
        "divisible(x, 8)",
        "the nearest multiple of 8, at least 8 and at least 90 % of x: the channel rounding of mobile networks",
        1,
        2,
        _divisible,
    ),
    "linspace": Function("linspace(a, b, n)", "n numbers from a to b at equal distances", 3, 3, _linspace),
}
