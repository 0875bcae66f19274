"""A path that begins at the wrong label: another one of the same kind of name has the size."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ...base.diagnostics import Label
from ..graph.program import Node
from ..graph.provenance import main_path
from ..ops.base import Operation, Shape, show
from .closures import Frame, Labelled
from .explain_levels import accepts
from .trial import reshaped

_NUMBERED = re.compile(r"skip\(\s*(?P<stem>(?:[A-Za-z_]\w*\.)*[A-Za-z_]+)(?P<number>\d+)\s*\)")


def other_label(
    nodes: Sequence[Node], frame: Frame, operation: Operation, inputs: Sequence[int], parts: Sequence[Label], only_later: bool
) -> str | None:
    """`skip(e1)` where `skip(e2)` has the size. `only_later`: it is to be a label that was given later, as a decoder takes them first.

    What enters the merge is no other tensor: it would be joined with itself.
    """
    known = dict(_labels(frame))
    own = _same_size_before(nodes, frame)
    for place, part in enumerate(parts):
        name = _beginning(part)
        if name is None or (given := known.get(name["stem"] + name["number"])) is None:
            continue
        for word, tensor in known.items():
            if (
                not re.fullmatch(rf"{re.escape(name['stem'])}\d+", word)
                or tensor == given
                or tensor in own
                or (only_later and tensor < given)
            ):
                continue
            shape = _from_another(nodes, inputs[place], given, tensor)
            ends = [nodes[end].shape for end in inputs]
            if shape is not None and (tensor not in inputs) and accepts(operation, [*ends[:place], shape, *ends[place + 1 :]]):
                return f"`{word}` is {show(nodes[tensor].shape)}, which fits: `skip({word})`"
    return None


def _same_size_before(nodes: Sequence[Node], frame: Frame) -> set[int]:
    """What enters the merge, and the steps before it that gave the same size: it was made of them alone."""
    if not isinstance(frame.current, int):
        return set()
    node = nodes[frame.current]
    found = {node.index}
    while node.inputs and nodes[node.inputs[0]].shape[1:] == node.shape[1:] and len(node.shape) == len(node.input_shapes[0]):
        node = nodes[node.inputs[0]]
        found.add(node.index)
    return found


def _labels(frame: Frame) -> Iterator[tuple[str, int]]:
    """The labels that can be read here, the nearest first, and those inside what has a label."""
    seen: set[str] = set()
    for level in frame.environment.levels():
        for word, tensor in _tensors(level.labels):
            if word not in seen:
                seen.add(word)
                yield word, tensor


def _tensors(labels: Mapping[str, Labelled]) -> Iterator[tuple[str, int]]:
    for word, row in labels.items():
        if isinstance(row.tensor, int):
            yield word, row.tensor
        for inner, member in row.members.items():
            if isinstance(member.tensor, int):
                yield f"{word}.{inner}", member.tensor


def _beginning(part: Label) -> re.Match[str] | None:
    """The `skip(…)` with which the path begins that ends at `part`."""
    text, start = part.span.source.text, part.span.start
    bar = text.rfind("|", 0, start)
    written = text[bar + 1 : part.span.end].strip() if bar >= 0 else ""
    return _NUMBERED.match(written) if "{" not in written and "}" not in written else None


def _from_another(nodes: Sequence[Node], end: int, given: int, other: int) -> Shape | None:
    """The shape in which the path to `end` ends where it begins at `other` in the place of `given`; None where it cannot."""
    path = main_path(nodes, end, given)
    if end != given and (not path or path[0].inputs[0] != given):
        return None
    known = {index: nodes[index].shape for node in path for index in node.inputs}
    shapes = reshaped(
        path,
        {index: shape for index, shape in known.items() if all(index != node.index for node in path)} | {given: nodes[other].shape},
        {},
    )
    return (shapes | {given: nodes[other].shape})[end] if shapes is not None else None
