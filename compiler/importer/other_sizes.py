"""At which other sizes a text is compared with its model: shapes without the batch."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Shapes = Sequence[tuple[int, ...]]


def other(shapes: Shapes, size: int) -> list[tuple[int, ...]]:
    """Images of another size, no side like the other. Vectors and sequences beside an image stay as they are."""
    least = 3 if any(len(shape) > 2 for shape in shapes) else 2
    if least == 2 and any(len(shape) < 2 for shape in shapes):
        return list(shapes)
    return [
        (shape[0], *(min(size, 2 * given) + 32 * place for place, given in enumerate(shape[1:]))) if len(shape) >= least else shape
        for shape in shapes
    ]


def squares(shapes: Shapes) -> Iterator[list[tuple[int, ...]]]:
    """Images as square as those of the model, for one that takes no others: a quarter larger, and twice as large."""
    if any(len(shape) == 3 and shape[1] == shape[2] for shape in shapes):
        for quarters in (5, 8):
            yield [
                (shape[0], *(max(side * quarters // 4, side + 1) for side in shape[1:])) if len(shape) == 3 else shape for shape in shapes
            ]


def is_larger(shapes: Shapes, than: Shapes) -> bool:
    """Whether the first input that has another size has a larger one."""
    return next((one[1:] > two[1:] for one, two in zip(shapes, than, strict=True) if one != two), False)


def with_part(shapes: Shapes, part: int) -> list[tuple[int, ...]] | None:
    """Images whose sides go up by `part`, and not by twice as much; None where those of the model go up by no more, so that its own size shows it."""
    changed = other(shapes, 96)
    pairs = [(one, two) for one, two in zip(shapes, changed, strict=True) if one != two]
    if part > 1 and any(side % (2 * part) for native, _ in pairs for side in native[1:]):
        return None
    return [
        (two[0], *(side // (2 * part) * 2 * part + part for side in two[1:])) if one != two else one
        for one, two in zip(shapes, changed, strict=True)
    ]


def longer(shapes: Shapes, length: Callable[[int], int]) -> Iterator[list[tuple[int, ...]]]:
    """Sequences of another length: by each axis of the first, and with it what is as long in the others. Images have sizes of their own."""
    if not shapes or any(len(shape) > 2 for shape in shapes):
        return
    for axis, size in enumerate(shapes[0]):
        yield [
            tuple(length(given) if place == (axis if number == 0 else shape.index(size)) else given for place, given in enumerate(shape))
            if size in shape
            else shape
            for number, shape in enumerate(shapes)
        ]
