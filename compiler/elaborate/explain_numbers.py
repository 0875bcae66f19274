"""Numbers that are not whole where they must be: what makes them whole, worked out before it is offered."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Protocol

from ...base.diagnostics import Diagnostic, Edit, Fix, Problem
from ...base.source import Source, Span
from ...dsl import ast
from ...dsl.parser.parse import parse_expression
from ..ops.parameters import PROBABILITY, BadValue, Kind
from .operators import LEAST_QUOTIENT, as_ratio
from .shape_of import ShapeOf
from .values import Unknowable, show_value

_WRITTEN = re.compile(r"-?\d*\.?\d+(e[-+]?\d+)?|-?\d+\.", re.IGNORECASE)
"""A number as it stands, not a name or an expression that comes to one."""

_COUNTED = ("channels", "features")
"""Parameters that are rounded to multiples of 8, too."""


_COUNTER = re.compile(r"((?:\d+\s*\*\s*)+|(?:\w+\s*\*\s*)+(?=[ijk]\Z))([A-Za-z_]\w*)")
"""A product whose last factor is the number of a round: `8 * i`."""


class Works(Protocol):
    """What works an expression out (an `Evaluator`)."""

    def value(self, node: ast.Expression) -> object: ...


def divided(diagnostic: Diagnostic, whole: ast.Expression, kind: Kind, evaluator: Works, parted: int | None = None) -> Diagnostic:
    """E220 in the argument `whole` of a parameter of that kind: of the ways to divide the first that it takes.

    `parted` is what it takes apart into equal parts (channels into groups): a number that does not divide it is no remedy.
    """
    place = diagnostic.primary.span
    node = next((part for part in ast.walk(whole) if isinstance(part, ast.Binary) and part.span == place), None)
    if node is None or node.operator != "/":
        return diagnostic
    left, right, span = node.left.span.text, node.right.span.text, whole.span

    def value(text: str) -> object:
        """What the argument would be with `text` in place of the division; None where the parameter does not take it."""
        written = span.text[: place.start - span.start] + text + span.text[place.end - span.start :]
        return _taken(written, kind, evaluator)

    held = place.text.startswith("(") and place.text.endswith(")")
    ratio, down, least = as_ratio(node), f"{left} // {right}", f"max(1, {left} // {right})"
    for text, told in (
        (ratio, "a ratio need not be whole: write `{0}`"),
        (down, "write `//` to round down (here to {1}), or choose numbers that divide"),
        (least, "rounded down it is less than 1: `{0}` is 1 at least; or choose numbers that divide"),
    ):
        new = f"({text})" if held and text != least else text
        found = value(new)
        quotient = _worked_out(down, evaluator)
        is_another = text == least and isinstance(quotient, int) and quotient >= 1  # what was refused above
        if found is None or is_another or (parted is not None and isinstance(found, int) and parted % found):
            continue
        large = isinstance(quotient, int) and abs(quotient) >= LEAST_QUOTIENT
        help = told.format(text, show_value(quotient))
        # A small quotient that is rounded is another thing altogether, and nobody but the author knows whether it is meant.
        fix = Fix(f"write `{text}`", (Edit(place, new),)) if text == ratio or (text == down and large) else None
        return replace(diagnostic, help=help, fix=fix and Fix(help if text == ratio else "round down with `//`", fix.edits))
    return replace(diagnostic, help="choose numbers that divide", fix=None)


def factor_of_a_size(diagnostic: Diagnostic, argument: ast.Argument, kind: Kind, evaluator: Works, entering: object) -> Diagnostic | None:
    """E220 in a factor, `120 / 88` of 88 rows: the size that it is meant to reach, where the quotient as a number falls short of it."""
    node = argument.value
    if not isinstance(node, ast.Binary) or node.operator != "/" or not isinstance(entering, ShapeOf):
        return None
    sizes, factor = entering.shape[1:], _taken(as_ratio(node), kind, evaluator)
    if not isinstance(factor, float) or not sizes:
        return None
    meant = falls_short(sizes, (factor,) * len(sizes))
    if meant is None:
        return None
    text = size_argument(meant)
    told = f"`{as_ratio(node)}` falls just short of it, and a factor is rounded down: write `{text}`"
    return replace(diagnostic, help=None, fix=Fix(told, (Edit(argument.span, text),)))


def falls_short(sizes: Sequence[int], factors: Sequence[float]) -> tuple[int, ...] | None:
    """The sizes that factors are meant to reach, where the product of a size and a factor is a whole number but for its last digits."""
    products = [size * factor for size, factor in zip(sizes, factors, strict=True)]
    meant = tuple(round(product) if abs(product - round(product)) < 1e-6 * product else int(product) for product in products)
    return meant if any(whole > product for whole, product in zip(meant, products, strict=True)) else None


def size_argument(sizes: Sequence[int]) -> str:
    return f"size = {'x'.join(map(str, sizes)) if len(set(sizes)) > 1 else sizes[0]}"


def _taken(text: str, kind: Kind, evaluator: Works) -> object:
    value = _worked_out(text, evaluator)
    try:
        return None if value is None else kind.read(value)
    except BadValue:
        return None


def _worked_out(text: str, evaluator: Works) -> object:
    tree, _ = parse_expression(Source("remedy", text))
    try:
        return None if tree is None else evaluator.value(tree)
    except (Problem, Unknowable):
        return None


def made_whole(name: str, kind: Kind, value: object, span: Span) -> tuple[str, Fix | None] | None:
    """Help, and perhaps a fix, where `kind` takes a whole number and `value` is another number, or one between quotes."""
    text = span.text
    if isinstance(value, str):
        number = text.strip("\"'")
        if number != text and (plain := _read(number)) is not None and _takes(kind, plain):
            return f"a number stands without quotes: `{number}`", Fix(
                f"write `{number}`: a number stands without quotes", (Edit(span, number),)
            )
        return None
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    if _takes(kind, 0.5) or _takes(kind, 1.5):  # it need not be whole
        in_percent = kind == PROBABILITY and 2 <= value <= 99
        return (f"{show_value(value)} of 100 are `{value / 100}`", None) if in_percent else None
    is_written = _WRITTEN.fullmatch(text) is not None
    if isinstance(value, int):
        if is_written or value >= 1 or not _takes(kind, 1):
            return None
        counted = _COUNTER.fullmatch(text) if value == 0 else None
        from_one = f"where `{counted[2]}` counts from 0, `{counted[1]}({counted[2]} + 1)`; " if counted is not None else ""
        return f"{from_one}`max(1, {text})` is 1 at least", None
    down, nearest = int(value // 1), round(value)
    if is_written:
        near = [_with_letter(number) for number in sorted({down, down + (value != down)}) if _takes(kind, number)]
        if not near:
            return None
        help = f"write {' or '.join(f'`{number}`' for number in near)}"
        return help, Fix(help, (Edit(span, str(down)),)) if value == down else None
    if not _takes(kind, nearest):
        return (f"`max(1, round({text}))` is a whole number, 1 at least", None) if _takes(kind, 1) else None
    help = f"`round({text})` is {nearest}"
    if name in _COUNTED:
        help += f", `divisible({text}, 8)` the nearest multiple of 8"
    if value == nearest and text.isidentifier():  # `--set classes=1e3`
        help += f"; or give `{text}` as a whole number, `{_with_letter(nearest)}`"
    return help, Fix(f"write `round({text})`", (Edit(span, f"round({text})"),)) if value.is_integer() else None


def _with_letter(number: int) -> str:
    """A whole number, and the short way to write it where it has one."""
    return f"{number}` or `{number // 1000}K" if number and number % 1000 == 0 and abs(number) < 1_000_000 else str(number)


def rounded(value: object, text: str, least: int = 0) -> str | None:
    """Help where a statement or a function needs a whole number and was given another one."""
    if not isinstance(value, float) or value != value or abs(value) > 2**62 or round(value) < least:
        return None
    return f"write `{int(value)}`" if value.is_integer() and text == str(value) else f"`round({text})` is {round(value)}"


def _read(text: str) -> int | float | tuple[int, ...] | None:
    """The number or the size that a text holds."""
    if re.fullmatch(r"\d+(x\d+)+", text):
        return tuple(int(size) for size in text.split("x"))
    return None if not re.fullmatch(r"\d+(\.\d+)?", text) else float(text) if "." in text else int(text)


def _takes(kind: Kind, value: object) -> bool:
    try:
        kind.read(value)
    except BadValue:
        return False
    return True
