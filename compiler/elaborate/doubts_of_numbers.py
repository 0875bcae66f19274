"""Numbers that count something else in another library: the share that stays for the one that goes, a size for a factor (W528)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Severity
from ...dsl import ast
from ..graph.program import Node
from .closures import Given
from .shape_of import ShapeOf

LARGE = 1024
"""From which side on a map that comes of a factor is hardly meant."""


MOST_ENLARGED = 4
"""How many times larger than what comes into a network an image is made of it."""


def doubts_of_numbers(
    word: str, call: ast.Call, given: Mapping[str, Given], entering: object, nodes: Sequence[Node]
) -> Iterator[Diagnostic]:
    """Of a step's arguments that the text writes as numbers. `nodes` are the steps before it, the inputs first."""
    match word:
        case "bn":
            yield from _momentum(given.get("momentum"))
            yield from _first_number(call, given.get("eps"))
        case "dropout" | "drop_path" | "dropblock":
            yield from _all_dropped(word, given.get("p"))
        case "upsample":
            yield from _size_as_factor(call, given.get("scale"), entering, nodes)


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


def _first_number(call: ast.Call, given: Given | None) -> Iterator[Diagnostic]:
    """`bn(0.9)`: the first number is what is added to the variance, of which nobody adds a twentieth."""
    value = _written(given)
    if given is None or value is None or not 0.05 <= value <= 1 or not _is_first(call, given):
        return
    word, share = call.path[0], f"{1 - value:.6g}" if value >= 0.9 else given.span.text
    yield Diagnostic(
        "W528",
        f"`{call.span.text}` adds {given.span.text} to the variance: the first number is `eps`",
        Label(given.span, "added to the variance"),
        help=f"a momentum has its name, and is the share of the batch: `{word}(momentum = {share})`; where it is meant, `{word}(eps = {given.span.text})`",
        severity=Severity.WARNING,
    )


def _is_first(call: ast.Call, given: Given) -> bool:
    """Whether an argument stands first in its call, without its name."""
    return bool(call.arguments) and call.arguments[0].name is None and call.arguments[0].value.span == given.span


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


def _size_as_factor(call: ast.Call, given: Given | None, entering: object, nodes: Sequence[Node]) -> Iterator[Diagnostic]:
    """`upsample(64)` of 32x32: a number alone is a factor, and 64 is twice the size. Powers of two are those of segmentation, up to the image's size."""
    if given is None or not _is_first(call, given) or not isinstance(entering, ShapeOf) or entering.axes[:1] != ("channels",):
        return
    sides = entering.shape[1:]
    factors = _whole(given, len(sides))
    if len(sides) < 2 or len(factors) != len(sides):
        return
    pairs = list(zip(factors, sides, strict=True))
    is_size = all(side >= 4 and factor > side and factor % side == 0 for factor, side in pairs)
    largest = max((side for node in nodes if node.is_port and not node.inputs for side in node.shape[1:]), default=LARGE)
    most = min(LARGE, MOST_ENLARGED * largest)
    if not is_size or all(factor & (factor - 1) == 0 and factor * side <= most for factor, side in pairs):
        return
    came, made = "x".join(map(str, sides)), "x".join(str(factor * side) for factor, side in pairs)
    size = "x".join(map(str, factors)) if len(set(factors)) > 1 or not isinstance(_written(given), int) else given.span.text
    yield Diagnostic(
        "W528",
        f"`{call.span.text}` makes {made} of {came}: without a name it is how many times larger",
        Label(given.span, "times larger"),
        fix=Fix(f"a size has its name: write `size = {size}`", (Edit(given.span, f"size = {size}"),)),
        severity=Severity.WARNING,
    )


def _whole(given: Given, rank: int) -> tuple[int, ...]:
    """The whole numbers that the text writes, one for each axis; none where it writes others."""
    expression = given.origin.expression if given.origin is not None else None
    match expression:
        case ast.Number(value=int(value)):
            return (value,) * rank
        case ast.Size(values=values):
            return values
        case ast.List(items=items):
            return tuple(item.value for item in items if isinstance(item, ast.Number) and isinstance(item.value, int))
        case _:
            return ()
