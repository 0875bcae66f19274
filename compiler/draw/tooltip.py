"""What a box says when a pointer rests on it; text that no file format stumbles over."""

from __future__ import annotations

import html
import re
from pathlib import PurePath

from ..elaborate.values import Size, show_value
from ..graph.program import Node
from ..ops.base import Operation, show
from ..ops.parameters import Extent, Kind, Named, OpenSizes, Optional, Padding, Plain, Reference, Sizes, names_of, sizes_of
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
    """A node with its operation and the arguments that are set."""
    told = ", ".join(f"{name} = {text}" for name, text in arguments(node.operation))
    return f"{node.unique}: {node.operation.name}" + (f"({told})" if told else "")


def arguments(operation: Operation) -> list[tuple[str, str]]:
    """The arguments that are set, as the language writes them. A step whose size is taken is not told: a line comes from it."""
    kinds = {row.name: row.kind for row in operation.parameters()}
    found: list[tuple[str, str]] = []
    for name, value in operation.arguments():
        kind = kinds.get(name)
        kind = kind.kind if isinstance(kind, Optional) else kind
        if isinstance(kind, OpenSizes) and isinstance(value, tuple):
            found += [(str(row[0]), str(row[1])) for row in value if isinstance(row, tuple)]
        elif value is not None and not isinstance(kind, Reference):
            found.append((name, _written(kind, value)))
    return found


def _written(kind: Kind | None, value: Plain) -> str:
    if isinstance(kind, Sizes) and isinstance(value, tuple):
        return show_value(Named(sizes_of(value), names_of(value)) if any(names_of(value)) else value)
    if isinstance(kind, Extent) and isinstance(value, tuple) and len(value) > 1:
        return show_value(Size(item for item in value if isinstance(item, int)))
    if isinstance(kind, Padding) or (kind is not None and kind.names_axes):  # words of the language, and no texts
        items = [show_value(item) if isinstance(item, int) else str(item) for item in (value if isinstance(value, tuple) else (value,))]
        return f"[{', '.join(items)}]" if isinstance(value, tuple) else items[0]
    return show_value(value)
