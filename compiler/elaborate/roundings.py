"""Another size, rounding or padding of one step, with which it gives a size that is wanted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from ...base.diagnostics import Fix
from ..graph.program import Node
from ..graph.provenance import has_even_half, has_odd_window, main_path, short
from ..ops.base import show_size
from ..ops.parameters import Plain
from ..ops.spatial import each_axis, simple
from .explain_numbers import size_argument
from .trial import Remedy, Trial, argument_edit, edited, replaced_argument, same_text, takes, with_value


def resized(trial: Trial, end: int, size: tuple[int, ...], label: str | None) -> Remedy | None:
    """A size in the place of a factor, which rounds down."""
    for node in reversed(main_path(trial.nodes, end, None)):
        if not (takes(node.operation, "scale") and takes(node.operation, "size")) or getattr(node.operation, "scale", None) is None:
            continue
        bare = with_value(node.operation, "scale", None)
        changed = with_value(bare, "size", simple(size)) if bare is not None else None
        if changed is None or len(same_text(trial.nodes, node)) > 1 or not trial.works({node.index: changed}):
            return None
        return in_place_of_a_factor(node, size, label)
    return None


def in_place_of_a_factor(node: Node, size: tuple[int, ...], label: str | None = None) -> Remedy:
    """A size, or that of a labelled step, where the call at `node` has a factor."""
    text = f"like = {label}" if label is not None else size_argument(size)
    edit = replaced_argument(node.span, node.operation, "scale", text)
    written = edited((edit,), node.span) if edit is not None else f"{node.operation.name}({text})"
    message = f"a factor is rounded down, a size is exact: write `{written}`"
    return Remedy(message, Fix(message, (edit,)) if edit is not None else None)


def other_argument(trial: Trial, steps: Sequence[Node]) -> Remedy | None:
    """Another rounding or padding of one step."""
    candidates = [(rank, node, parameter, value, text) for node in steps for rank, parameter, value, text in _arguments(node)]
    for _, node, parameter, value, text in sorted(candidates, key=lambda row: row[0])[: trial.most]:
        if trial.changed(node, {parameter: value}) is None:
            continue
        edit = argument_edit(node.span, node.operation, parameter, text)
        message = (
            f"write `{edited((edit,), node.span)}`" if edit is not None else f"give `{short(node.span.text, 70)}` `{parameter} = {text}`"
        )
        return Remedy(message, Fix(message, (edit,)) if edit is not None else None)
    return None


def _arguments(node: Node) -> Iterator[tuple[int, str, Plain, str]]:
    """What may be tried of a step, the likeliest first."""
    operation = node.operation
    if has_even_half(operation):
        yield 0, "pad", "same", "same"
    rounds_up = getattr(operation, "ceil", None)
    if rounds_up is True:
        yield 1, "ceil", False, "false"
    kernel = getattr(operation, "kernel", None)
    if takes(operation, "pad") and not takes(operation, "out_pad") and kernel is not None:
        rank = len(node.shape) - 1
        kernels, dilations = each_axis(kernel, rank), each_axis(getattr(operation, "dilation", 1), rank)
        if kernels is not None:
            middle = simple([(side - 1) // 2 * step for side, step in zip(kernels, dilations or (1,) * rank, strict=True)])
            pool = rounds_up is not None
            # A dilation that a name gives may be another in the next round.
            named = re.search(r"\bdilation\s*=\s*(?!\d)", node.span.text) is not None and has_odd_window(operation)
            padded = "half" if named else middle
            yield 2 if pool else 4, "pad", padded, show_size(padded)
            if not pool and getattr(operation, "pad", None) == "half" and getattr(operation, "stride", 1) != 1:
                yield 5, "pad", 0, "0"  # as the paths beside it have none
    if rounds_up is False:
        yield 3, "ceil", True, "true"


def unpadded(trial: Trial, steps: Sequence[Node]) -> Remedy | None:
    """A convolution among the steps that is padded too much, where that is all."""
    return other_argument(trial, [node for node in steps if _is_overpadded(node)])


def _is_overpadded(node: Node) -> bool:
    """Whether a convolution is padded by more than its window reaches to each side: its map grows, as nobody wants."""
    pad = getattr(node.operation, "pad", 0)
    windows = node.operation.windows(node.input_shapes, node.shape) or ()
    return isinstance(pad, int) and any(pad > (window.kernel - 1) * window.dilation // 2 for window in windows if window.upscale == 1)
