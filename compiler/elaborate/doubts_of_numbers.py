"""Numbers that count something else in another library: the share that stays for the one that goes, a size for a factor (W528)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from ...dsl import ast
from .closures import Given
from .shape_of import ShapeOf

LARGE = 1024
"""From which side on a map that comes of a factor is hardly meant."""


def doubts_of_numbers(word: str, call: ast.Call, given: Mapping[str, Given], entering: object) -> Iterator[Diagnostic]:
    """Of a step's arguments that the text writes as numbers."""
    match word:
        case "bn":
            yield from _momentum(given.get("momentum"))
        case "dropout" | "drop_path" | "dropblock":
            yield from _all_dropped(word, given.get("p"))
        case "upsample":
            yield from _size_as_factor(call, given.get("scale"), entering)


def _written(given: Given | None) -> int | float | None:
    """The number that stands there itself: what is worked out is nobody's habit."""
    expression = given.origin.expression if given is not None and given.origin is not None else None
    return expression.value if isinstance(expression, ast.Number) else None


def _momentum(given: Given | None) -> Iterator[Diagnostic]:
    """`bn(momentum = 0.99)`: Keras and papers count what is kept of the running statistics, PyTorch and archc what enters them."""
    value = _written(given)
    if given is None or value is None or not 0.9 <= value < 1:
        return
    meant = f"{1 - value:.6g}"
    yield Diagnostic(
        "W528",
        f"a momentum of {value} replaces almost all of the running statistics with each batch: it is the share that enters them",
        Label(given.span, "the share of the batch"),
        fix=Fix(f"what is kept is told as what enters: write `{meant}`", (Edit(given.span, meant),)),
        severity=Severity.WARNING,
    )


def _all_dropped(word: str, given: Given | None) -> Iterator[Diagnostic]:
    """`dropout(1)`: once the share that stays was written, and 1 dropped nothing."""
    if given is not None and _written(given) == 1:
        yield Diagnostic(
            "W528",
            f"`{word}` with 1 sets everything to 0 while training: the share that goes is written, not the one that stays",
            Label(given.span, "all of it"),
            help=f"where nothing is to go, leave the step out; a tenth is `{word}(0.1)`",
            severity=Severity.WARNING,
        )


def _size_as_factor(call: ast.Call, given: Given | None, entering: object) -> Iterator[Diagnostic]:
    """`upsample(64)` of 32x32: a number alone is a factor, and 64 is twice the size. Powers of two up to 32 are those of segmentation."""
    factor = _written(given)
    if given is None or not isinstance(factor, int) or not isinstance(entering, ShapeOf) or entering.axes[:1] != ("channels",):
        return
    sides = entering.shape[1:]
    if not call.arguments or call.arguments[0].name is not None or call.arguments[0].value.span != given.span:
        return
    is_size = len(sides) > 1 and all(side >= 4 and factor > side and factor % side == 0 for side in sides)
    if not is_size or (factor & (factor - 1) == 0 and factor * max(sides) <= LARGE):
        return
    came, made = ("x".join(str(side * by) for side in sides) for by in (1, factor))
    yield Diagnostic(
        "W528",
        f"`{call.span.text}` makes {made} of {came}: a number alone is how many times larger",
        Label(given.span, f"{factor} times larger"),
        fix=Fix(f"a size has its name: write `size = {factor}`", (Edit(given.span, f"size = {factor}"),)),
        severity=Severity.WARNING,
    )
