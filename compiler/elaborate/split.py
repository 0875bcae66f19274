"""`split(3) as q, k, v`: all equal parts of a tensor at once."""

from __future__ import annotations

import re
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.source import Span
from ...dsl import ast
from .closures import Builtin, Frame, Given, Labelled, Origin
from .current import need_tensor, only, together
from .interfaces import Expander
from .signatures import match, signature
from .values import Unknowable


def run_split(expansion: Expander, frame: Frame, step: ast.Step, call: ast.Call) -> None:
    """The parts, each a node of its own; the generated source makes them in one call. `as` gives each a label."""
    from ..ops.part import Chunk  # few networks split anything

    if step.label is not None:
        raise Problem(
            Diagnostic(
                "E210",
                "`split` gives several tensors, and one label cannot name them",
                Label(step.label.span, "one name"),
                help=f"name each: `{' '.join(call.span.text.split())} as a, b`",
            )
        )
    whole = signature(Builtin(Chunk))
    called = replace(whole, name="split", slots=tuple(slot for slot in whole.slots if slot.name != "i"))
    evaluator = expansion.evaluator(frame)
    given = {
        name: Given(evaluator.value(argument.value), argument.value.span, Origin(evaluator, argument.value))
        for name, argument in match(called, call.arguments, call.span).items()
    }
    need_tensor(frame, call.span)
    tensor = only(expansion.build.nodes, frame.current, call.span, "`split` takes")
    count = given["n"].value
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        count = 1  # which is refused when the first part is placed
    if step.names and len(step.names) != count:
        raise Problem(wrong_names(step.names[0].span.to(step.names[-1].span), len(step.names), count))
    labels = [expansion.label_text(frame, label) for label in step.names]
    parts: list[int | None] = []
    for number in range(count):
        names = (labels[number],) if labels else (frame.names.ordinal("split"),)
        expansion.claim(frame, names, step.names[number].span if labels else call.span, bool(labels))
        rows = {"i": Given(number, call.path_span), "axis": Given("channels", call.path_span), **given}
        made = expansion.build.place(frame, Chunk, rows, [tensor], names, call.span, called, label=bool(labels))
        if made is None:
            raise Unknowable
        parts.append(made)
        if labels:
            expansion.register(frame, Labelled(labels[number], made, step.names[number].span))
    frame.current = together(parts)


def wrong_names(span: Span, names: int, results: int, step: str = "") -> Diagnostic:
    """`step`: the text of the step, for a pool whose indices were to be the second result."""
    gives = f"gives {results} tensors" if results > 1 else "gives one tensor"
    pool = re.search(r"\w*maxpool\([^()]*\bindices\s*=\s*true[^()]*\)", step)
    help = "one name for each result" if results > 1 else "one tensor is named before its step: `a: conv(64)`"
    if pool is not None and results == 1:
        help = f"label the pool, `p: {pool[0]}`: then `skip(p)` is its values and `skip(p.indices)` its indices"
    return Diagnostic(
        "E234",
        f"the step {gives}, and `as` names {names}",
        Label(span, f"{names} name{'s' if names > 1 else ''}"),
        help=help,
    )
