"""What is done with a tensor by a method or a function of another library, where a step is meant: `x.mean(dim=-1)`."""

from __future__ import annotations

import re
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE
from ..ops.foreign_names import advice, otherwise, same_as
from .closures import Builtin
from .explain_values import taken_up
from .foreign_axes import PARTED, REDUCED, parted, reduced, size_of
from .foreign_shapes import FLATTENS_ALL, Around, Differs
from .foreign_translation import joined, translated
from .functions import FUNCTIONS


def method_of_a_tensor(call: ast.Call, around: Around) -> Diagnostic:
    """`x.mean(dim=-1)`, `x.view(x.size(0), -1)`: what PyTorch does by a method is a step."""
    tensor, method = call.path
    fix, help, step, place = None, f"a step takes the tensor at hand: `skip({tensor}) -> relu`", None, call.span
    try:
        if method == "size" and call.arguments:
            written = size_of(tensor, call.arguments, around.shape(tensor))
            fix = Fix(f"write `{written}`", (Edit(call.span, written),))
            message = f"`{tensor}` is a label and has no `{method}`: a size of it is read by the name of its axis"
            return Diagnostic("E227", message, Label(call.path_span, "a method of PyTorch"), fix=fix)
        step, place = step_of_method(call, method, around)
    except Differs as differs:
        help = differs.help
    else:
        if step is not None:
            written, edit = taken_up(place, f"skip({tensor})", step)
            fix, help = Fix(f"write `{written}`", (edit,)), ""
        elif (other := otherwise({"repeat": "tile"}.get(method, method))) is not None:
            help = advice(other)
        elif (name := method if method in TABLE else same_as(f"torch.{method}")) is not None:
            help = f"it is a step here, with other arguments: `archc explain {name}` says which, and `skip({tensor}) -> {name}…` takes the tensor"
    message = f"`{tensor}` is a label and has no `{method}`: what is done with a tensor is a step"
    notes = (FLATTENS_ALL,) if method == "flatten" and not call.arguments else ()
    return Diagnostic("E227", message, Label(call.path_span, "a method of PyTorch"), notes=notes, help=help or None, fix=fix)


_TURNED = re.compile(
    r"\s*\.\s*(?:(?:transpose|swapaxes)\(\s*(?:1\s*,\s*2|2\s*,\s*1|-1\s*,\s*-2|-2\s*,\s*-1)\s*\)|permute\(\s*0\s*,\s*2\s*,\s*1\s*\))"
)
"""What makes a sequence of `x.flatten(2)`."""


def step_of_method(call: ast.Call, method: str, around: Around) -> tuple[str | None, Span]:
    """The step, and what it stands for: the call, or more behind it."""
    texts = [row.value.span.text.replace(" ", "") for row in call.arguments]
    by_place = all(row.name is None for row in call.arguments)
    whole = [text for text in texts if re.fullmatch(r"-?\d+", text)]
    shape, place = around.shape(call.path[0]), call.span
    if method in REDUCED:
        return reduced(method, call.arguments, shape), place
    if method in PARTED:
        raise parted(method, call.path[0], call.arguments, shape)
    if method in ("view", "reshape"):
        of_batch = bool(texts) and re.fullmatch(r"\w+\.(size\(0\)|shape\[0\])", texts[0]) is not None
        return "flatten" if of_batch and texts[1:] == ["-1"] else None, place
    if method == "permute" and by_place and len(whole) == len(texts) and texts[:1] == ["0"]:
        order = [str(int(text) - 1) for text in texts[1:]]
        return f"permute([{', '.join(order)}])" if all(int(text) >= 0 for text in order) else None, place
    if method == "flatten" and shape is not None and len(shape.shape) == 3 and shape.place("channels") == 0:
        turned = _TURNED.match(place.source.text, place.end)
        if turned is not None and joined(call.arguments, shape) == joined(call.arguments[:0], shape, start=2):
            return "tokens", place.source.span(place.start, turned.end())
    return translated(replace(call, path=("torch", method)), replace(around, coming=shape)), place


def step_of_a_number(call: ast.Call, callee: Builtin) -> Diagnostic | None:
    """`let depth = log(width)`: what works element by element is a step, and not a function of numbers."""
    if callee.operation.family != "elementwise" or callee.operation.parameters() or len(call.arguments) != 1:
        return None
    return Diagnostic(
        "E207",
        f"`{callee.name}` is a step, which works on the tensor at hand, and not a function of numbers",
        Label(call.span, "a number is wanted here"),
        help=f"of numbers there are {', '.join(f'`{name}`' for name in sorted(FUNCTIONS))}, and `x ** 0.5`; another number is written out",
    )


def step_as_value(call: ast.Call, tensor: ast.Name) -> Diagnostic:
    """`let w = global_avgpool(x)`: what a step gives is a tensor, which a label names."""
    step = re.sub(r"\(\s*\)", "", call.span.text.replace(tensor.span.text, "", 1).replace("(,", "(").replace("( ", "("))
    before = re.search(r"\blet\s+(\w+)\s*=\s*\Z", call.span.source.text[max(call.span.start - 200, 0) : call.span.start])
    fix = None
    if before is not None and len(call.arguments) == 1:
        whole = call.span.source.span(call.span.start - len(before[0]), call.span.end)
        written = f"skip({tensor.name}) -> {before[1]}: {step}"
        fix = Fix(f"write `{written}`", (Edit(whole, written),))
    return Diagnostic(
        "E116",
        f"`{'.'.join(call.path)}` is a step, whose tensor is no value: a step is named by a label",
        Label(call.span, "a step"),
        help=None if fix else f"write it as a step: `skip({tensor.name}) -> label: {call.path[-1]}`",
        fix=fix,
    )
