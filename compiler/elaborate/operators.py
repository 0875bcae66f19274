"""The operators of expressions. `/` on whole numbers must divide; nothing is rounded unasked."""

from __future__ import annotations

import math

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...dsl import ast
from .values import LARGEST_BITS, LARGEST_LIST, Size, kind_of, show_value

COMPARISONS = ("==", "!=", "<", "<=", ">", ">=")


def apply_operator(node: ast.Binary, left: object, right: object) -> object:
    """The value of `left operator right`; `node` is where it stands. Raises `Problem` with both values."""
    operator = node.operator
    if operator in ("==", "!="):
        return _equal(left, right) == (operator == "==")
    if _is_number(left) and _is_number(right):
        assert isinstance(left, int | float) and isinstance(right, int | float)
        if operator in COMPARISONS:
            return _compare(operator, left, right)
        return _checked(node, left, right, _arithmetic(node, left, right))
    if operator == "+" and _is_list(left) and _is_list(right):
        assert isinstance(left, tuple) and isinstance(right, tuple)
        _short_enough(node, left, right, len(left) + len(right))
        return (*left, *right)
    if operator == "+" and isinstance(left, str) and isinstance(right, str):
        return left + right
    if operator == "*" and _is_list(left) and isinstance(right, int) and not isinstance(right, bool):
        assert isinstance(left, tuple)
        _short_enough(node, left, right, len(left) * max(right, 0))
        return tuple(left) * right
    raise Problem(
        Diagnostic(
            "E222",
            f"`{operator}` does not work on {kind_of(left)} and {kind_of(right)}: {show_value(left)} {operator} {show_value(right)}",
            Label(node.span, f"{show_value(left)} {operator} {show_value(right)}"),
            help=f"a stride is an argument of its own: `{show_value(left)}, stride = {show_value(right)}`"
            if operator == "/" and isinstance(left, Size)
            else None,
        )
    )


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_list(value: object) -> bool:
    return isinstance(value, tuple) and not isinstance(value, Size)


def _equal(left: object, right: object) -> bool:
    if isinstance(left, bool) != isinstance(right, bool):
        return False
    return left == right


def _compare(operator: str, left: int | float, right: int | float) -> bool:
    if operator == "<":
        return left < right
    if operator == "<=":
        return left <= right
    if operator == ">":
        return left > right
    return left >= right


def _arithmetic(node: ast.Binary, left: int | float, right: int | float) -> int | float:
    operator = node.operator
    if operator in ("/", "//", "%") and right == 0:
        raise Problem(
            Diagnostic(
                "E221",
                f"division by zero: {show_value(left)} {operator} {show_value(right)}",
                Label(node.right.span, f"`{node.right.span.text}` is {show_value(right)}"),
                secondary=(Label(node.span, f"{show_value(left)} {operator} {show_value(right)}"),),
            )
        )
    try:
        if operator == "+":
            return left + right
        if operator == "-":
            return left - right
        if operator == "*":
            return left * right
        if operator == "//":
            return left // right
        if operator == "%":
            return left % right
        if operator == "/":
            return _divide(node, left, right)
        return _power(node, left, right)
    except OverflowError:
        raise _too_large(node, left, right) from None


def _divide(node: ast.Binary, left: int | float, right: int | float) -> int | float:
    if isinstance(left, float) or isinstance(right, float):
        return left / right
    if left % right == 0:
        return left // right
    operator = node.span.source.text.find("/", node.left.span.end, node.right.span.start)
    place = node.span.source.span(operator, operator + 1)
    raise Problem(
        Diagnostic(
            "E220",
            f"{left} / {right} is not a whole number: `{node.span.text}`",
            Label(node.span, f"{left} / {right} leaves {left % right}"),
            notes=tuple(
                f"`{side.span.text}` is {value}" for side, value in ((node.left, left), (node.right, right)) if side.span.text != str(value)
            ),
            help=_instead(node, left, right),
            # A small quotient that is rounded is another thing altogether: 120 / 88 is a factor, and 1 is none.
            fix=Fix("round down with `//`", (Edit(place, "//"),)) if operator >= 0 and abs(left) >= LEAST_QUOTIENT * abs(right) else None,
        )
    )


LEAST_QUOTIENT = 2
"""From which quotient on rounding down is offered: below it, 1 or nothing would be left."""


def _instead(node: ast.Binary, left: int, right: int) -> str:
    """Where it is not known what the number is for: of an argument, `explain_numbers.divided` knows and tries it."""
    if abs(left) >= LEAST_QUOTIENT * abs(right):
        return f"write `//` to round down (here to {left // right}), or choose numbers that divide"
    down = f"`//` rounds down, here to {left // right}"
    return f"where a whole number is wanted, {down}; where a ratio is, as of `upsample`, write `{as_ratio(node)}`"


def as_ratio(node: ast.Binary) -> str:
    """The division as one of numbers that need not be whole."""
    text = node.left.span.text
    return f"{text}.0 / {node.right.span.text}" if text.isdecimal() else f"1.0 * {text} / {node.right.span.text}"


def _power(node: ast.Binary, left: int | float, right: int | float) -> int | float:
    if isinstance(left, int) and isinstance(right, int):
        if right < 0:
            return float(left) ** right if left != 0 else _zero_to_negative(node, right)
        if left.bit_length() * right > LARGEST_BITS * 64:
            raise _too_large(node, left, right)
        return int(left**right)
    result = left**right
    if isinstance(result, complex):
        raise Problem(
            Diagnostic(
                "E222",
                f"{show_value(left)} ** {show_value(right)} is not a real number",
                Label(node.span, "a root of a negative number"),
            )
        )
    return float(result)


def _zero_to_negative(node: ast.Binary, right: int) -> float:
    raise Problem(Diagnostic("E221", f"division by zero: 0 ** {right}", Label(node.span, f"0 ** {right}")))


def _checked(node: ast.Binary, left: object, right: object, value: int | float) -> int | float:
    if (isinstance(value, int) and value.bit_length() > LARGEST_BITS) or (isinstance(value, float) and not math.isfinite(value)):
        raise _too_large(node, left, right)
    return value


def _too_large(node: ast.Binary, left: object, right: object) -> Problem:
    return Problem(
        Diagnostic(
            "E225",
            f"the number is too large: {show_value(left)} {node.operator} {show_value(right)}",
            Label(node.span, f"needs more than {LARGEST_BITS} bits"),
        )
    )


def _short_enough(node: ast.Binary, left: object, right: object, length: int) -> None:
    if length > LARGEST_LIST:
        raise Problem(
            Diagnostic(
                "E225",
                f"the list is too long: {length} items, and {LARGEST_LIST} is the limit",
                Label(node.span, f"{length} items"),
            )
        )
