"""The step that brings a bare skip to the shape of the path beside it, in the terms in which that path is written."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from ...base.source import Span
from ..graph.program import Node
from ..graph.provenance import decided_by, main_path

_STRIDE: Final = re.compile(r"(?<![\w.])stride\s*=\s*([^,()\n]+?)\s*(?=[,)])")
_WIDTH: Final = re.compile(r"\w+\(\s*(?:channels\s*=\s*)?([^,()\n=]+?)\s*(?=[,)])")
_NAME: Final = re.compile(r"(?<![\w.\"])(?!(?:true|false|none|same|half)\b)[A-Za-z_][\w.]*(?!\s*[=(\w.])")
_REPEATED: Final = re.compile(r"(?:^|[\s{}|])(?:for|repeat|block)\s[^{}\n]*$")


def projection(nodes: Sequence[Node], end: int, start: int, span: Span, width: int, stride: int) -> tuple[str, bool]:
    """The step for the path that ends in `end`, and whether it holds wherever its text is read: in a loop, or in a block, the
    widths and strides of one round are not those of the next. `span` is the merge's head."""
    path = [node for node in main_path(nodes, end, start) if node.index != start]
    decider = decided_by(nodes, end, 0, start)
    channels, strides = str(width), str(stride)
    holds = _is_once(span)
    if all(_stands_in(span, node) for node in path):
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
    text = f"conv({channels}, 1)" if strides == "1" else f"conv({channels}, 1, stride = {strides})"
    return f"{text} -> bn", holds


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
