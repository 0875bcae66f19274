"""A path of a merge that has other channels than it is to have: the step that decides them is told, or one that brings them back."""

from __future__ import annotations

import re
from typing import Final

from ...base.diagnostics import Edit, Fix
from ..graph.program import Node
from ..graph.provenance import decided_by, short, width_parameter
from .clash import Clash
from .trial import Remedy, argument_edits, edited

_OF_WHAT_ENTERS: Final = re.compile(r"\bin\.(channels|features)\b(?=\s*[/*)]|\s*,|\s*\Z)")


def read_from_before(clash: Clash) -> Remedy | None:
    """`conv(4 * in.channels, 1) -> gelu -> conv(in.channels / 4, 1)`: the second was to read what the first gave, `here.channels`."""
    for number, end in enumerate(clash.ends if len(clash.ends) == 2 and len(clash.axes) == 1 else ()):
        decider, wanted = clash.decider(end, clash.axes[0]), clash.shapes[1 - number][clash.axes[0]]
        parameter, read = width_parameter(decider.operation), _OF_WHAT_ENTERS.search(decider.span.text)
        if parameter is None or read is None or not clash.is_in_a_path(decider) or len(decider.input_shapes[0]) <= clash.axes[0]:
            continue
        before, given, entered = decider.input_shapes[0][clash.axes[0]], decider.shape[clash.axes[0]], _entered(clash, end)
        # What stands around it multiplies or divides: the value grows as what is read does.
        if entered is None or before == entered or given * before != wanted * entered:
            continue
        if clash.trial.changed(decider, {parameter: wanted}) is None:
            continue
        place = decider.span.source.span(decider.span.start + read.start(), decider.span.start + read.start() + 2)
        text = f"{decider.span.text[: read.start()]}here{decider.span.text[read.start() + 2 :]}"
        message = f"`{read[0]}` is {entered}, of what enters the body; that of the step before, {before}, is `here.{read[1]}`: write `{short(text)}`"
        return Remedy(message, Fix(message, (Edit(place, "here"),)))
    return None


def _entered(clash: Clash, end: int) -> int | None:
    """How many channels the paths part from."""
    start = clash.nodes[clash.start] if clash.start is not None else None
    return start.shape[clash.axes[0]] if start is not None and len(start.shape) == len(clash.nodes[end].shape) else None


def widened(clash: Clash) -> Remedy | None:
    """One of two paths, where its channels alone are in the way: those of a gate, or of what goes beside a skip."""
    nodes, ends, number = clash.nodes, clash.ends, _narrow(clash)
    if len(ends) != 2 or number is None:
        return None
    end, other = ends[number], ends[1 - number]
    axis = nodes[end].axes.index("channels") if nodes[end].axes.count("channels") == 1 else 0
    if clash.axes != (axis,) or nodes[end].axes[axis] not in ("channels", ""):
        return None
    wanted = nodes[other].shape[axis]
    decider = clash.decider(end, axis)
    parameter = width_parameter(decider.operation)
    if parameter is None:
        return None
    is_gate = clash.code == "E303"
    both = getattr(decider.operation, "bidirectional", False) is True
    word = _word(clash, decider, wanted, "features" if axis else "channels", other == clash.frame.current)
    if both or decider.index == end or is_gate:
        if both and wanted % 2:
            return None
        text = str(wanted // 2) if both else word
        value = wanted // 2 if both else wanted
        made = argument_edits(decider.span, decider.operation, {parameter: text})
        if made is None or clash.trial.changed(decider, {parameter: value}) is None:
            return None
        written = edited(made, decider.span)
        # Of two steps with one text the one is told.
        place = f" at {decider.span}" if decider.span.source.text.count(decider.span.text) > 1 else ""
        message = f"write `{written}`{place}" + (f", which gives {wanted} channels in both directions together" if both else "")
        if is_gate:
            message = f"a gate has a number for each channel of what it weighs: write `{written}`"
        # A width that is written as a number may be that of the other path as well.
        return Remedy(message, Fix(message, made) if is_gate and (text == "in.channels" or not clash.is_again) else None)
    step = "linear" if axis or len(nodes[end].shape) == 1 else "conv"
    text = f"{step}({word})" if step == "linear" else f"conv({word}, 1)"
    return Remedy(f"end path {number + 1} in {wanted} channels: `{short(clash.parts[number].text)} -> {text}`", None)


def swapped(clash: Clash) -> Remedy | None:
    """`embedding(dim, vocab)` for `embedding(vocab, dim)`: the two numbers of the step that decides the channels, in the other order."""
    for end in clash.ends if len(clash.axes) == 1 else ():
        decider = decided_by(clash.nodes, end, clash.axes[0])
        rows = [row.name for row in decider.operation.parameters() if row.required]
        values = [getattr(decider.operation, name) for name in rows]
        written = re.fullmatch(r"((?:\w+\s*:\s*)?\w+\()\s*([^,()=]+?)\s*,\s*([^,()=]+?)\s*\)", decider.span.text)
        if len(rows) != 2 or not clash.is_in_a_path(decider) or written is None or not all(type(value) is int for value in values):
            continue
        if clash.trial.changed(decider, dict(zip(rows, reversed(values), strict=True))) is None:
            continue
        text = f"{written[1]}{written[3]}, {written[2]})"
        message = f"write `{text}`: first the {rows[0]}, then the {rows[1]}"
        return Remedy(message, Fix(message, (Edit(decider.span, text),)))
    return None


def _narrow(clash: Clash) -> int | None:
    """Which path is to change: that beside a skip, or that of a gate, whose map is a single row."""
    if clash.start is not None and clash.start in clash.ends:
        return 1 - clash.ends.index(clash.start) if len(clash.ends) == 2 else None
    single = [set(size) == {1} for size in clash.sizes]
    return single.index(True) if single.count(True) == 1 else None


def _word(clash: Clash, decider: Node, wanted: int, axis: str, skipped: bool) -> str:
    """A width in the text's own words: a name that the step itself uses, what comes in where it is what is `skipped`; else the number."""
    for name in re.findall(r"(?<![\w.])[A-Za-z_]\w*(?!\s*[=(\w.])", decider.span.text):
        binding = clash.frame.environment.binding(name)
        if binding is not None and type(binding.value) is int and binding.value == wanted:
            return str(name)
    # What is weighed or added to is the tensor that comes in, in each round and call.
    return f"in.{axis}" if skipped and (clash.is_again or "in." in decider.span.text) else str(wanted)


def equalled(clash: Clash) -> Remedy | None:
    """The paths whose channels are not those of the others, where these alone are in the way: each way to make them equal."""
    nodes, ends = clash.nodes, clash.ends
    if len(clash.axes) != 1 or any(nodes[end].axes[clash.axes[0]] not in ("channels", "") for end in ends):
        return None
    axis = clash.axes[0]
    counts = [shape[axis] for shape in clash.shapes]
    usual = max(counts, key=counts.count)
    # Of two paths either may be meant; the shorter one is a projection, which follows the other.
    pairs = [(number, usual) for number, count in enumerate(counts) if count != usual]
    if len(ends) == 2:
        pairs = [(0, counts[1]), (1, counts[0])]
        pairs.sort(key=lambda pair: (len(clash.path(ends[pair[0]])), -pair[0]))
    elif len(pairs) != 1:
        return None
    ways: list[tuple[int, tuple[Edit, ...], Node]] = []
    for number, wanted in pairs:
        decider = clash.decider(ends[number], axis)
        parameter = width_parameter(decider.operation)
        if parameter is None or not (clash.is_in_a_path(decider) or decider.index == ends[number]):
            continue
        made = argument_edits(decider.span, decider.operation, {parameter: str(wanted)})
        if made and clash.trial.changed(decider, {parameter: wanted}) is not None:
            ways.append((number, made, decider))
    if not ways:
        return None
    message = "write " + "; or ".join(f"`{edited(made, node.span)}` in path {number + 1}" for number, made, node in ways)
    sure = len(ways) == 1 and clash.is_in_a_path(ways[0][2]) and not clash.is_again
    return Remedy(message, Fix(message, ways[0][1]) if sure else None)
