"""A path that begins at a label, and at another place than was meant: the end of a chain, or another label of the same kind of name."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import main_path, short
from ..ops.base import Shape, show
from .clash import Clash
from .closures import Frame, Labelled
from .trial import Remedy, reshaped

_NUMBERED = re.compile(r"skip\(\s*(?P<stem>(?:[A-Za-z_]\w*\.)*[A-Za-z_]+)(?P<number>\d+)\s*\)")


def end_of_a_chain(clash: Clash) -> Remedy | None:
    """`a: conv(8) -> bn -> maxpool(2)` and then `skip(a)`: the convolution's output. Where the end of that chain was meant, the label goes
    there, or a label that was given later is meant."""
    nodes, ends, told = clash.nodes, list(clash.ends), []
    for number, (part, index) in enumerate(zip(clash.parts, clash.ends, strict=True)):
        name = re.fullmatch(r"skip\(([A-Za-z_]\w*)\)", part.text.strip())
        labelled = clash.frame.environment.label(name[1]) if name is not None else None
        last = _last_of_line(nodes, labelled.span) if labelled is not None and labelled.tensor == index else None
        if name is not None and last is not None and last.index != index and _leads(nodes, last.index, index):
            ends[number] = last.index
            told.append(
                f"`{name[1]}` is the output of the one step behind the label, not of the chain that begins there: "
                f"put `{name[1]}:` before `{short(last.span.text)}`"
            )
    if not told or not clash.accepts([nodes[end].shape for end in ends]):
        return None
    return other_label(clash, only_later=True) or Remedy("; and ".join(told), None)


def _last_of_line(nodes: Sequence[Node], label: Span) -> Node | None:
    """The last step of the chain that stands on one line with its label."""
    source = label.source
    end = source.text.find("\n", label.start)
    end = len(source.text) if end < 0 else end
    before = source.text[source.line_starts[label.line - 1] : label.start].strip()
    if before not in ("", "|") or "{" in source.text[label.start : end] or "->" not in source.text[label.start : end]:
        return None
    inside = [node for node in nodes if node.span.source is source and label.start <= node.span.start < end]
    return max(inside, key=lambda node: (node.span.start, node.index), default=None)


def _leads(nodes: Sequence[Node], last: int, first: int) -> bool:
    """Whether the way back from `last`, by first inputs, comes by `first`."""
    while last > first and nodes[last].inputs:
        last = nodes[last].inputs[0]
    return last == first


def other_label(clash: Clash, *, only_later: bool = False) -> Remedy | None:
    """`skip(e1)` where `skip(e2)` has the size. `only_later`: it is to be a label that was given later, as a decoder takes them first.

    What enters the merge is no other tensor: it would be joined with itself.
    """
    known = dict(_labels(clash.frame))
    own = _same_size_before(clash)
    for place, part in enumerate(clash.parts):
        name = _beginning(part)
        if name is None or (given := known.get(name["stem"] + name["number"])) is None:
            continue
        for word, tensor in known.items():
            if (
                not re.fullmatch(rf"{re.escape(name['stem'])}\d+", word)
                or tensor == given
                or tensor in own
                or tensor in clash.ends
                or (only_later and tensor < given)
            ):
                continue
            shape = _from_another(clash.nodes, clash.ends[place], given, tensor)
            if shape is not None and clash.accepts([*clash.shapes[:place], shape, *clash.shapes[place + 1 :]]):
                return Remedy(f"`{word}` is {show(clash.nodes[tensor].shape)}, which fits: `skip({word})`", None)
    return None


def _same_size_before(clash: Clash) -> set[int]:
    """What enters the merge, and the steps before it that gave the same size: it was made of them alone."""
    node = clash.entering
    if node is None:
        return set()
    nodes = clash.nodes
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


def _beginning(part: Span) -> re.Match[str] | None:
    """The `skip(…)` with which the path begins that ends at `part`."""
    text = part.source.text
    bar = text.rfind("|", 0, part.start)
    written = text[bar + 1 : part.end].strip() if bar >= 0 else ""
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
