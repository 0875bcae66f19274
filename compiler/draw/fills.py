"""What boxes and frames are filled with: the colour of their kind, or of what they cost."""

from __future__ import annotations

from collections.abc import Mapping

from .look import Look
from .numbered import beyond
from .picture import Box, Picture
from .style import heat


def fills_of(picture: Picture, look: Look) -> Mapping[str, str]:
    """The fill of every box, and of the frames that have one of their own."""
    theme, boxes = look.theme, picture.boxes()
    if look.color_by == "none":
        return {box.name: theme.page for box in boxes}
    if look.color_by != "kind":
        heats = costs(picture, look)
        dearest = max(heats.values(), default=0.0)
        return {name: heat(theme, value / dearest if dearest else 0.0) for name, value in heats.items()}
    found: dict[str, str] = {}
    kinds: dict[str, str] = {}
    for box in boxes:
        if box.scope is None:
            found[box.name] = theme.families.get(box.main.operation.family, theme.other)
        else:
            kind = box.scope.template or (box.scope.title if box.scope.kind == "stage" else box.scope.kind)
            found[box.name] = kinds.setdefault(kind, theme.blocks[len(kinds) % len(theme.blocks)])
    return found


def costs(picture: Picture, look: Look) -> Mapping[str, float]:
    """What colours the boxes; of frames what the reader's numbers tell of them and of no box."""
    found = {box.name: cost(box, look) for box in picture.boxes()}
    if look.own is not None:
        found |= {frame.name: more for frame in picture.frames() if (more := beyond(frame, look.own)) is not None}
    return found


def cost(box: Box, look: Look) -> float:
    """What colours a box. Aux heads cost nothing in the network that is built; what the reader measured was there."""
    if look.own is not None:
        return look.own.within(node.index for node in box.nodes)
    nodes = [node for node in box.nodes if not node.training_only]
    if look.values is not None:
        return sum(look.values.get(node.unique, 0.0) for node in nodes)
    quantity = "macs" if look.color_by == "cost" else look.color_by
    return float(getattr(box.work, quantity)) if nodes else 0.0
