"""What brings sizes together that do not meet: an `out_pad`, a rounding, a padding, a size in the place of a factor, a stride, a crop.

Each is tried before it is offered: the steps that the edit changes are changed, and every shape is worked out anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from ..graph.program import Node
from ..graph.provenance import main_path
from ..ops.base import Shape
from .clash import Clash
from .crops import cropped, padded_and_cropped
from .enlarging import centred, enlarged, growing, overlapping
from .explain_levels import levelled
from .explain_strides import strided_by_name
from .out_pads import padded_out
from .roundings import other_argument, resized, unpadded
from .trial import Remedy, Trial

ELEMENTWISE = ("E301", "E302", "E303")
"""The codes of paths that are joined place by place, so that their sizes must meet."""


def meeting(clash: Clash) -> Remedy | None:
    """What lets the paths of a merge meet whose sizes alone are in the way."""
    if clash.code not in ELEMENTWISE or not clash.differ_in_size_alone:
        return None
    if not clash.have_one_stride:
        return unpadded(clash.trial, clash.steps) or growing(clash) or strided_by_name(clash) or levelled(clash)
    # Where the text is that of other merges, too, a number is the size of one of them.
    again = clash.is_again or any(map(clash.is_filled_in, clash.parts))
    return (
        unpadded(clash.trial, clash.steps)
        or _as_large(clash, again)
        or (padded_and_cropped(clash) if again else None)
        or overlapping(clash)
        or other_argument(clash.trial, clash.steps)
        or levelled(clash)
        or cropped(clash, again)
    )


def _as_large(clash: Clash, again: bool) -> Remedy | None:
    """What lets the end of a smaller path be as large as the largest."""
    trial, largest = clash.trial, clash.largest
    label = clash.label_of(largest)
    for end, size in zip(clash.ends, clash.sizes, strict=True):
        remedy = padded_out(trial, end) or resized(trial, end, largest, label) if size != largest else None
        if remedy is not None:
            return replace(remedy, fix=None) if again and label is None and "size = " in remedy.help else remedy
    return None


def reaching(nodes: Sequence[Node], end: int, wanted: Shape) -> Remedy | None:
    """What makes the step `end` give `wanted`."""
    trial = Trial(nodes, lambda shapes: shapes[end] == wanted)
    return (
        padded_out(trial, end)
        or resized(trial, end, wanted[1:], None)
        or centred(trial, end)
        or enlarged(trial, end, wanted[1:])
        or other_argument(trial, main_path(nodes, end, None)[::-1])
    )
