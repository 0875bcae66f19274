"""The step that brings a bare skip to the shape of the path beside it, in the terms in which that path is written.

A text that is read more than once, in a block or a loop, keeps the skip where it fits: the step stands on a condition.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ...base.diagnostics import Edit, Fix
from ...base.records import dataclass
from ...base.source import Span
from ..graph.program import Node
from ..ops.norm import BatchNorm
from .clash import Clash
from .explain_levels import is_map
from .trial import Remedy

_STRIDE: Final = re.compile(r"(?<![\w.])stride\s*=\s*([^,()\n]+?)\s*(?=[,)])")
_WIDTH: Final = re.compile(r"\w+\(\s*(?:channels\s*=\s*)?([^,()\n=]+?)\s*(?=[,)])")
_NAME: Final = re.compile(r"(?<![\w.\"])(?!(?:true|false|none|same|half)\b)[A-Za-z_][\w.]*(?!\s*[=(\w.])")
_REPEATED: Final = re.compile(r"(?:^|[\s{}|])(?:for|repeat|block)\s[^{}\n]*$")


def projected(clash: Clash) -> Remedy | None:
    """Project a bare skip to the shape of the other paths, where that is all that it takes."""
    nodes, start, ends = clash.nodes, clash.start, clash.ends
    others = [nodes[end].shape for end in ends if end != start]
    if start is None or not clash.axes or not is_map(nodes[start]) or len(set(others)) != 1 or len(others) == len(ends):
        return None
    target, here = others[0], nodes[start].shape
    strides = {-(-before // after) for before, after in zip(here[1:], target[1:], strict=True) if after}
    if len(strides) != 1 or (set(target[1:]) == {1} and set(here[1:]) != {1}):
        return None
    stride = strides.pop()
    if stride < 1 or any((before - 1) // stride + 1 != after for before, after in zip(here[1:], target[1:], strict=True)):
        return None
    skip = clash.parts[ends.index(start)]
    other = next(end for end in ends if end != start)
    terms = _terms(clash, other, target[0], stride)
    # When the skip itself fits: in words that say it of what comes in.
    fits = [f"{terms.stride} == 1"] if terms.stride != "1" and not terms.stride.isdigit() else []
    fits += [f"in.channels == {terms.width}"] if here[0] != target[0] or fits else []
    written = " ".join(skip.text.split())
    conditional = _IF_SKIP.search(skip.source.text[: skip.start]) if written == "skip" else _IF_ELSE.match(skip.text)
    if conditional is not None:
        return _stricter(conditional, skip, written == "skip", fits, terms)
    if _STATEMENT.match(written) is not None:
        return None
    step = f"conv({terms.width}, 1)" if terms.stride == "1" else f"conv({terms.width}, 1, stride = {terms.stride})"
    # With a norm where the path beside ends its width with one: a lateral step of a pyramid has none.
    width = clash.decider(other, 0).index
    normed = any(isinstance(node.operation, BatchNorm) and node.index > width for node in clash.path(other))
    text = f"{step} -> bn" if normed else step
    is_once = _is_once(clash.head)
    if written == "skip" and not is_once and terms.holds and (terms.stride == "1" or not terms.stride.isdigit()):
        apart = [row.replace(" == ", " != ") for row in fits]
        text = f"if {' or '.join(apart)} {{ {text} }}"
    elif written != "skip":
        # The path begins elsewhere than the merge: the projection goes behind what brings it there.
        text = f"{written} -> {text}"
    is_skip = written == "skip" or (is_once and re.fullmatch(r"skip\([\w.]+\)", written) is not None)
    message = f"write `{text}`" if written != "skip" else f"replace the skip by `{text}`"
    fix = Fix(message, (Edit(skip, text),)) if is_skip and terms.holds else None
    told = f"project the skip to the same shape: `| {text}`"
    return Remedy(told + ("" if terms.holds else ", with the widths and strides of each round or call"), fix)


def stride_of(text: str) -> str | None:
    """The stride that the text of a step gives, as it is written there."""
    found = _STRIDE.search(text)
    return found[1] if found is not None else None


_IF_SKIP: Final = re.compile(r"\|\s*if\s+([^:{}|\n]+?)\s*:\s*\Z")
_IF_ELSE: Final = re.compile(r"if\s+([^:{}|\n]+?)\s*\{\s*skip\s*\}\s*else\b")
_STATEMENT: Final = re.compile(r"(?:if|for|repeat)\b")


def _stricter(condition: re.Match[str], skip: Span, is_path: bool, fits: Sequence[str], terms: Terms) -> Remedy | None:
    """`if stride == 1: skip`, whose condition leaves out what else a skip needs."""
    before = " ".join(condition[1].split())
    missing = [row for row in fits if row not in before and " == ".join(reversed(row.split(" == "))) not in before]
    if not missing or not terms.holds:
        return None
    before = f"({before})" if re.search(r"\bor\b|\?|\bif\b", before) else before
    whole = " and ".join([before, *missing])
    start = (0 if is_path else skip.start) + condition.start(1)
    place = skip.source.span(start, start + len(condition[1]))
    shown = f"| if {whole}: skip" if is_path else f"| if {whole} {{ skip }} else {{ … }}"
    message = f"the skip fits only where all of this holds: `{shown}`"
    return Remedy(message, Fix(message, (Edit(place, whole),)))


@dataclass(frozen=True, slots=True)
class Terms:
    """The width and the stride of a projection as the text has them; `holds` where they do so wherever it is read."""

    width: str
    stride: str
    holds: bool


def _terms(clash: Clash, end: int, width: int, stride: int) -> Terms:
    """Those for the path that ends in `end`: in a loop, or in a block, the widths and strides of one round are not those of the next."""
    path, decider = clash.path(end), clash.decider(end, 0)
    channels, strides = str(width), str(stride)
    holds = _is_once(clash.head)
    if all(_stands_in(clash.head, node) for node in path):
        found = _WIDTH.match(decider.span.text)
        asked = [row[1] for node in path for row in _STRIDE.finditer(node.span.text)]
        # What is left of each step when its width and stride are taken out may name nothing that another round changes.
        steps = [_STRIDE.sub("", node.span.text) for node in path]
        widths = [
            _WIDTH.match(text) if type(node.operation) is type(decider.operation) else None for node, text in zip(path, steps, strict=True)
        ]
        rests = [text[row.end() :] if row is not None else text.partition("(")[2] for row, text in zip(widths, steps, strict=True)]
        fixed = all(_NAME.search(rest) is None for rest in rests)
        named = any(_NAME.search(text) is not None for text in asked)
        if found is not None and "in." not in found[1] and fixed and (len(asked) == 1 or not named):
            channels, holds = found[1], True
            strides = asked[0] if len(asked) == 1 and (named or asked[0] == strides) else strides
    return Terms(channels, strides, holds)


def _stands_in(span: Span, node: Node) -> bool:
    """Whether a step is written in a path of the merge itself: not in a block that is called there, nor in a loop."""
    if node.span.source is not span.source or node.span.start < span.end:
        return False
    between = span.source.text[span.end : node.span.start]
    return between.count("{") - between.count("}") == 1 and re.search(r"\b(?:for|repeat)\s", between) is None


def _is_once(span: Span) -> bool:
    """Whether no loop and no block surrounds a place."""
    text, depth = span.source.text[: span.start], 0
    for index in range(len(text) - 1, -1, -1):
        if text[index] == "}":
            depth += 1
        elif text[index] == "{":
            if not depth and _REPEATED.search(text[:index]):
                return False
            depth = max(depth - 1, 0)
    return True
