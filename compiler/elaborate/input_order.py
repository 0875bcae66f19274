"""Inputs in the order of another library: channels last, or with the batch before them."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ..graph.program import Node
from ..ops.axis_names import STANDARD
from ..ops.base import Shape, show

_PICTURES: Final = ("image", "img", "picture", "photo", "digit")


def other_order(node: Node) -> tuple[str, Shape] | None:
    """What an input in another order is here, and the shape that seems to be meant; None where it reads as it should."""
    shape = node.shape
    if not node.is_port or node.inputs or node.axes != STANDARD.get(len(shape)):
        return None  # no input, or the text says what its axes are
    if len(shape) == 3 and shape[2] in (1, 3, 4) and shape[0] == shape[1] >= 16:
        why = f"channels come first: {show(shape)} is an image of {shape[0]} channels, {shape[1]} high and {shape[2]} wide"
        return why, (shape[2], *shape[:2])
    if len(shape) == 4 and shape[1] in (1, 3, 4) and shape[2] == shape[3] >= 16:
        return f"the batch is not written: {show(shape)} is a volume of {shape[0]} channels, {shape[1]} deep", shape[1:]
    if len(shape) == 2 and min(shape) >= 16 and node.names[-1] in _PICTURES:
        return f"{show(shape)} is a signal: {shape[0]} channels and {shape[1]} steps; a grey image has one channel", (1, *shape)
    return None


def told(
    errors: Sequence[Diagnostic], nodes: Sequence[Node], again: Callable[[dict[str, Shape]], Sequence[Diagnostic]]
) -> list[Diagnostic]:
    """Errors of shapes that are gone when the inputs stand in archc's order: the first says that, in place of what would be a way around it.

    `again` elaborates the network with other inputs.
    """
    doubtful = [(node, *found) for node in nodes if (found := other_order(node)) is not None]
    first = next((row for row in errors if row.is_error), None)
    if not doubtful or first is None or not (first.code.startswith("E3") or first.code == "E231"):
        return list(errors)
    left = again({node.names[-1]: meant for node, _, meant in doubtful})
    if any(row.is_error and row.primary.span.start <= first.primary.span.start for row in left):
        # Something else is wrong here, too. That the input is in doubt would be said of it as a warning, had it no error.
        doubts = tuple(f"{why}; `{show(meant)}` seems to be meant" for _, why, meant in doubtful)
        return [replace(row, notes=(*row.notes, *doubts)) if row is first else row for row in errors]
    edits = [_edit(node.span, len(meant)) for node, _, meant in doubtful]
    written = " and ".join(f"`{show(meant)}`" for _, _, meant in doubtful)
    help = f"write {written}, as the input seems to be meant: channels come first, and no batch"
    fix = Fix(help, tuple(edit for edit in edits if edit is not None)) if all(edits) else None
    at = tuple(Label(node.span, why) for node, why, _ in doubtful)
    starts = {node.span.start for node, _, _ in doubtful}
    beside = tuple(label for label in first.secondary if label.span.start not in starts)
    notes = tuple(note for note in first.notes if not note.startswith("it would do with"))
    return [replace(row, secondary=(*at, *beside), notes=notes, help=help, fix=fix) if row is first else row for row in errors]


def _edit(span: Span, rank: int) -> Edit | None:
    """The sizes of an `input` in the other order, in its own words; None where they are no plain list."""
    found = re.fullmatch(r"input\s+\w+\s*\[([^\[\]()#=]*)\]", span.text)
    if found is None:
        return None
    sizes = [size.strip() for size in found[1].split(",") if size.strip()]
    ordered = ["1", *sizes] if len(sizes) < rank else [sizes[-1], *sizes[:-1]] if len(sizes) == rank else sizes[1:]
    return Edit(span.source.span(span.start + found.start(1), span.start + found.end(1)), ", ".join(ordered))
