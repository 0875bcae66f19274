"""What a box says when a pointer rests on it; text that no file format stumbles over."""

from __future__ import annotations

import html
import re
from pathlib import PurePath

from ..graph.program import Node
from ..ops.base import show
from .picture import Box

UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f\ufffe\uffff\ud800-\udfff]")


def clean(text: str) -> str:
    """Text without the characters that XML cannot hold."""
    return UNPRINTABLE.sub("\ufffd", text)


def escaped(text: str) -> str:
    return html.escape(clean(text))


def tooltip(box: Box) -> str:
    """What a box says when a pointer rests on it: where it is, what it makes, what it costs, where it was written."""
    work = box.work
    numbers = [f"{work.parameters:,} parameters"] if work.parameters else []
    numbers += [f"{work.macs:,} MACs"] if work.macs else []
    numbers += [f"shares the weights of {box.shares}"] if box.shares else []
    head = box.scope.unique if box.scope is not None else described(box.main)
    place = box.scope.span if box.scope is not None else box.main.span
    times = f" (x{box.count})" if box.count > 1 else ""
    where = f"{PurePath(place.source.name).name}:{place.line}"
    return "\n".join([f"{head}{times} -> {show(box.output)}", *numbers, where])


def described(node: Node) -> str:
    """A node with its operation and every argument."""
    arguments = ", ".join(f"{name} = {value}" for name, value in node.operation.arguments())
    return f"{node.unique}: {node.operation.name}" + (f"({arguments})" if arguments else "")
