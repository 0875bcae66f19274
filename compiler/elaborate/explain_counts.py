"""Counts in the place of shares: a norm that is told its channels, an attention that is told its features."""

from __future__ import annotations

from collections.abc import Mapping

from ...base.diagnostics import Edit, Fix
from ...base.source import Span
from ..ops.axes import AXIS_WORDS
from ..ops.base import Shape
from ..ops.parameters import EPSILON, PROBABILITY, Flag, Parameter
from .closures import Given
from .foreign_shapes import along_several
from .shape_of import ShapeOf
from .slots import Signature


def _axes_of_a_map(value: tuple[object, ...], sizes: Shape) -> str | None:
    """`ln([64, 8, 8])`, `ln(axis = [channels, height, width])`: what is normalised, as the sizes of the last axes or by their names."""
    rank = len(sizes)
    places = [AXIS_WORDS[word].get(rank) if isinstance(word, str) and word in AXIS_WORDS else None for word in value]
    known = [place for place in places if place is not None]
    axes = ("channels", *[""] * (rank - 1))
    if len(known) == len(value):
        return (
            along_several([sizes[place] for place in known], ShapeOf(sizes, axes)) if known == [*range(rank - len(known), rank)] else None
        )
    return along_several(value, ShapeOf(sizes, axes))


def left_out(
    called: Signature, row: Parameter, value: object, span: Span, given: Mapping[str, Given], sizes: Shape
) -> tuple[str, Fix | None] | None:
    """Help, and an edit, where a count stands for a share: `bn(64)`, `attention(64, 4)`, as libraries write that are told what comes in. `sizes` come in."""
    if called.name == "ln" and isinstance(value, tuple) and (several := _axes_of_a_map(value, sizes)) is not None:
        return several, None
    if row.kind == EPSILON and isinstance(value, tuple) and len(value) == 1 and type(value[0]) is int and value[0] > 1:  # `ln([64])`
        return left_out(called, row, value[0], span, given, sizes)
    is_channels = isinstance(row.kind, Flag) and value in sizes[:1]  # `prelu(64)`
    is_count = type(value) is int and value > 1 and (is_channels or row.kind in (EPSILON, PROBABILITY))
    number = next((number for number, slot in enumerate(called.slots) if slot.name == row.name), 0)
    by_place = not span.source.text[: span.start].rstrip().endswith("=")
    is_share = row.kind == PROBABILITY and (number == 0 or not by_place) and value not in sizes
    if not is_count or (is_share and isinstance(value, int) and value < 100):
        return None
    before = [given[slot.name] for slot in called.slots[:number] if slot.required and slot.name in given]
    first = before[0].value if before else None
    if by_place and row.kind == PROBABILITY and isinstance(first, int) and isinstance(value, int) and first > value and value not in sizes:
        return f"what comes in is never written: `{called.name}({value})`", None  # attention(features, heads)
    if row.required:
        return None
    rest = ", ".join(argument.span.text for argument in before)
    help = f"leave it out: `{called.name}{f'({rest})' if rest else ''}`; the channels are those of the tensor"
    text = span.source.text
    is_alone = text[: span.start].endswith(f"{called.name}(") and text[span.end :].startswith(")")
    return help, Fix(help, (Edit(span.source.span(span.start - 1, span.end + 1), ""),)) if is_alone else None
