"""What a step was meant as that is none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ...dsl import ast
from ..files.locate import known_names
from .closures import Module, Template


def name_with_holes(span: Span) -> Fix | None:
    """`stage layer{i} { … }`: the value is a part of the name, which stands between quotes. `span` is that of the value."""
    text = span.source.text
    before = re.search(r"\b(stage|aux)[ \t]+(\w+)\{[ \t]*\Z", text[max(span.start - 200, 0) : span.start])
    after = re.match(r"[ \t]*\}(?=[ \t]*(\{|indexed\b|flat\b))", text[span.end : span.end + 200])
    if before is None or after is None:
        return None
    whole = span.source.span(span.start - len(before[0]) + before.start(2) - before.start(), span.end + after.end())
    right = f'"{whole.text}"'
    return Fix(f"a name that holds a value stands between quotes: write `{before[1]} {right}`", (Edit(whole, right),))


def for_an_input(diagnostic: Diagnostic, call: ast.Call, inputs: Sequence[str]) -> Diagnostic:
    """`x -> conv(8)` where the input is `image`: a path that begins with a name of nothing, as a tensor is named elsewhere."""
    span = call.span
    begins = re.search(r"(^|[\n{|;:])[ \t]*\Z", span.source.text[max(span.start - 80, 0) : span.start]) is not None
    goes_on = re.match(r"[ \t]*->", span.source.text[span.end : span.end + 80]) is not None
    if diagnostic.code != "E201" or diagnostic.help or diagnostic.fix or not (call.bare and begins and goes_on and inputs):
        return diagnostic
    name = ".".join(call.path)
    if (found := next((word for word in call.path[:-1] if word in known_names()), None)) is not None:
        help = f"`{found}` comes with archc: write `from {found} import {found}` at the top; {part_of(found, call.path[-1])}"
        return replace(diagnostic, help=help)
    help = f"a path begins with the tensor at hand: leave `{name} ->` out, or write `skip({inputs[0]})` for the input"
    return replace(diagnostic, help=help)


def part_of(network: str, part: str) -> str:
    """How a part of a network or a block is read."""
    return f"a part is read of the step that runs it: `body: {network}`, then `skip(body.{part})`"


def file_as_step(module: Module, call: ast.Call) -> Diagnostic:
    """`import resnet18`, then `resnet18()`: the file, where its network is meant."""
    name = ".".join(call.path)
    inside = [word for word, row in module.environment.bindings.items() if isinstance(row.value, Template)]
    meant = module.name.rpartition(".")[2]
    right = f"{name}.{meant}" if meant in inside else f"{name}.{inside[0]}" if len(inside) == 1 else None
    return Diagnostic(
        "E211",
        f"`{name}` is an imported file ({module.name}), and a step is an operation, a block or a network",
        Label(call.path_span, "is no step"),
        help=f"it has {', '.join(f'`{name}.{word}`' for word in inside[:8])}" if inside and right is None else None,
        fix=Fix(f"write `{right}`", (Edit(call.path_span, right),)) if right is not None else None,
    )
