"""What lets a transposed convolution give a size that is wanted: its stride, and the padding that goes with it.

Each setting is worked out of `(size - 1) * stride - 2 * pad + reach + out_pad`, and tried before it is offered.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from ...base.diagnostics import Edit, Fix
from ..graph.program import Node
from ..graph.provenance import main_path, short
from ..ops.base import Operation
from ..ops.spatial import map_size
from .clash import Clash
from .out_pads import open_sizes
from .trial import Remedy, Trial, argument_edits, edited, same_text, takes, with_values


def enlarged(trial: Trial, end: int, wanted: Sequence[int]) -> Remedy | None:
    """Other arguments of a transposed convolution on the way to `end`, which is to be of the size `wanted`."""
    steps = [node for node in main_path(trial.nodes, end, None) if takes(node.operation, "out_pad") and node.shares is None]
    rows = ((step, values) for step in reversed(steps) for values in _settings(step.operation, step.input_shapes[0][1:], wanted))
    for step, values in islice(rows, trial.most):
        changes = trial.changed(step, values)
        if changes is not None:
            return _told(step, values, changes[step.index])
    return None


def centred(trial: Trial, end: int) -> Remedy | None:
    """The padding that lets every transposed convolution on the way give its stride's multiple: half of what its window reaches over it."""
    steps: list[Node] = []
    texts: list[str] = []
    edits: list[Edit] = []
    changes: dict[int, Operation] = {}
    for node in main_path(trial.nodes, end, None):
        kernel, stride, pad, dilation = (getattr(node.operation, name, None) for name in ("kernel", "stride", "pad", "dilation"))
        if not takes(node.operation, "out_pad") or node.shares is not None or not isinstance(kernel, int) or not isinstance(stride, int):
            continue
        if stride < 2 or pad != 0 or dilation != 1 or kernel <= stride or node.index in changes:
            continue
        # Where it reaches over by an odd number, one row more is cut and given back.
        values = {"pad": (kernel - stride + 1) // 2} | ({"out_pad": 1} if (kernel - stride) % 2 else {})
        for other in same_text(trial.nodes, node):
            operation = with_values(other.operation, values)
            if operation is None:
                return None
            changes[other.index] = operation
        made = argument_edits(node.span, node.operation, {name: str(value) for name, value in values.items()})
        if not made:
            return None
        steps.append(node)
        edits += made
        texts.append(f"`{edited(made, node.span)}`")
    if len(steps) < 2 or not trial.works(changes):
        return None
    message = f"write {', '.join(texts[:-1])} and {texts[-1]}: each makes its map {_times(steps)} as large"
    return Remedy(message, Fix(message, tuple(edits)))


def overlapping(clash: Clash) -> Remedy | None:
    """The padding of a transposed convolution whose windows overlap, so that it gives a margin beside what its stride asks for."""
    trial, smallest = clash.trial, min(clash.sizes)
    for end, size in zip(clash.ends, clash.sizes, strict=True):
        steps = [node.operation for node in main_path(clash.nodes, end, None) if takes(node.operation, "out_pad")]
        wider = [step for step in steps if _window(step) > min(open_sizes(step, len(size)))]
        if size != smallest and wider and (remedy := centred(trial, end) or enlarged(trial, end, smallest)) is not None:
            return remedy
    return None


def _window(operation: Operation) -> int:
    kernel = getattr(operation, "kernel", 0)
    return min(kernel) if isinstance(kernel, tuple) else int(kernel)


def growing(clash: Clash) -> Remedy | None:
    """What lets the paths meet where a transposed convolution on one of them has another stride than the way down had."""
    trial = clash.trial
    for end, size in zip(clash.ends, clash.sizes, strict=True):
        for wanted in dict.fromkeys(clash.sizes):
            if wanted != size and len(wanted) == len(size) and (remedy := enlarged(trial, end, wanted)) is not None:
                return remedy
    return None


def _times(steps: Sequence[Node]) -> str:
    strides = {getattr(step.operation, "stride", None) for step in steps}
    return f"{strides.pop()} times" if len(strides) == 1 else "as many times as its stride"


def _settings(operation: Operation, sizes: Sequence[int], wanted: Sequence[int]) -> Iterator[Mapping[str, int]]:
    """Arguments of which one makes the sizes what is wanted, the usual ones first: those that are as they were are left out."""
    rows = [getattr(operation, name) for name in ("kernel", "stride", "pad", "out_pad", "dilation")]
    if len(sizes) != len(wanted) or not all(isinstance(row, int) for row in rows):
        return
    kernel, stride, pad, out_pad, dilation = rows
    axes = list(zip(sizes, wanted, strict=True))
    strides = dict.fromkeys([*(after // before for before, after in axes), *(-(-after // before) for before, after in axes)])
    # One that enlarges goes on to do so.
    for other in (step for step in strides if step >= (2 if stride > 1 else 1)):
        # A window that is smaller than its stride leaves gaps.
        window = max(kernel, other) if dilation == 1 else kernel
        reach = (window - 1) * dilation + 1
        pads = [pad, *(number for number in range(reach) if number != pad)]
        for cut in pads:
            added = {after - ((before - 1) * other - 2 * cut + reach) for before, after in axes}
            rest = added.pop()
            if added or not 0 <= rest < max(other, dilation):
                continue
            told = {"kernel": window, "stride": other, "pad": cut, "out_pad": rest}
            before = {"kernel": kernel, "stride": stride, "pad": pad, "out_pad": out_pad}
            yield {name: value for name, value in told.items() if value != before[name]}
            break


def _told(step: Node, values: Mapping[str, int], changed: Operation) -> Remedy:
    edits = argument_edits(step.span, step.operation, {name: str(value) for name, value in values.items()})
    made, given = (map_size(shape[1:]).removeprefix("length ") for shape in (changed.output(step.input_shapes), step.input_shapes[0]))
    if edits is None:
        listed = ", ".join(f"{name} = {value}" for name, value in values.items())
        return Remedy(f"`{listed}` in `{short(step.span.text, 70)}` at {step.span} makes {made} of {given}", None)
    message = f"write `{edited(edits, step.span)}`, which makes {made} of {given}"
    return Remedy(message, Fix(message, edits))
