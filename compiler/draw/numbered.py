"""The reader's own numbers, written into the boxes and frames of a picture."""

from __future__ import annotations

from dataclasses import replace

from .legend import short
from .picture import Box, Frame, Picture
from .values import Column


def numbered(picture: Picture, column: Column, unit: str = "") -> Picture:
    """The picture with the sum of what is in it in each box. A frame has one where a part in it has a number and no box for it."""

    def item(one: Box | Frame) -> Box | Frame:
        if isinstance(one, Frame):
            one = replace(one, items=tuple(map(item, one.items)))
            if beyond(one, column) is None:
                return one
        number = column.within(node.index for node in one.nodes)
        return replace(one, number=short(number) + unit) if number else one

    return replace(picture, root=replace(picture.root, items=tuple(map(item, picture.root.items))))


def beyond(frame: Frame, column: Column) -> float | None:
    """What the parts of a frame have beside what its items tell; None where these tell all."""
    return column.beyond((node.index for node in frame.nodes), [frozenset(node.index for node in one.nodes) for one in frame.items])
