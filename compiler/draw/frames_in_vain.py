"""Frames that add nothing: around all that is in another frame, or around one box of a frame."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from ..graph.program import Scope
from .paths import names_of
from .picture import Box, Frame


def without_frame(items: Sequence[Box | Frame]) -> Sequence[Box | Frame]:
    """What stands in the frame of a part, without the frame of a group around all of it."""
    (first, *others) = items or (None,)
    is_around_all = not others and isinstance(first, Frame) and first.scope.kind == "group" and first.count == 1
    return first.items if is_around_all and isinstance(first, Frame) else items


def is_in_vain(scope: Scope, items: Sequence[Box | Frame], asked: Collection[str]) -> bool:
    """Whether a group within another part holds one box and nothing else, as `blocks` of a stage around its one folded block; not where it was `asked` for by name."""
    is_inner = scope.parent is not None and scope.parent.kind in ("stage", "group", "block")
    return scope.kind == "group" and is_inner and len(items) == 1 and isinstance(items[0], Box) and names_of(scope).isdisjoint(asked)
