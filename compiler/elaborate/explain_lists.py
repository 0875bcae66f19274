"""Labels that a loop goes through as values: `for l in [c2, c3] { skip(l) }`. What a list has of them is their shapes; texts name them."""

from __future__ import annotations

import re

from ...base.diagnostics import Edit, Fix
from ...base.source import Span
from ...dsl import ast
from .closures import Frame
from .shape_of import ShapeOf
from .trial import Remedy


def labels_in_a_list(frame: Frame, name: str, span: Span) -> Remedy | None:
    """What is said of `skip(l)` at `span`, where `l` goes through a list of labels."""
    binding = frame.environment.binding(name)
    if binding is None or binding.origin is None or not isinstance(binding.value, ShapeOf):
        return None
    values = binding.origin.expression
    if not isinstance(values, ast.List) or not values.items or not all(isinstance(item, ast.Name | ast.Attribute) for item in values.items):
        return None
    quoted = ", ".join(f'"{item.span.text}"' for item in values.items)
    written = f'"{{{name}}}"'
    help = f"a list of labels has their shapes; texts name the steps: `for {name} in [{quoted}] {{ skip({written}) … }}`"
    uses = len(re.findall(rf"\b{re.escape(name)}\b", span.source.text[values.span.end :]))
    # Where its sizes are read, too, a text in its place has none.
    edits = (Edit(values.span, f"[{quoted}]"), Edit(span, written)) if uses == 1 else ()
    return Remedy(help, Fix(help, edits) if edits else None)


def gathered(method: str) -> str | None:
    """`skips.append(x)`: what rounds leave behind are labels, and no list that grows."""
    if method not in ("append", "extend", "insert", "pop"):
        return None
    return (
        "a list keeps what it was given; what each round leaves behind is a label that tells it apart: "
        '`for i, c in [16, 32] { "e{i}": conv(c) }`, then `skip("e0")`'
    )
