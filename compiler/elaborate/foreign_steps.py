"""A step as other libraries write it, put into archc's words: `nn.Conv2d(3, 64, 3, padding=1)` is `conv(64, 3, pad = 1)`."""

from __future__ import annotations

import re
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...dsl import ast
from ..ops import TABLE
from ..ops.foreign_calls import as_in_its_text, parameter_of, unsaid
from ..ops.foreign_names import CROSSING, key, same_as
from .closures import Builtin, Environment
from .explain_values import taken_up, unknown_name
from .foreign_axes import REDUCED
from .foreign_shapes import FLATTENS_ALL, Around, Differs
from .foreign_translation import MOVED, translated
from .signatures import signature


def unknown_step(around: Around, name: str, call: ast.Call, wanted: str) -> Diagnostic:
    """The diagnostic of a call whose name means nothing here."""
    environment = around.environment
    again = _used_again(environment, name, call) or _taken_as_value(environment, name, call) or _at_its_merge(name, call)
    if again is not None:
        return again
    windowed = _with_its_window(name, call)
    if windowed is not None and all(environment.binding(other) is None for other in (name, windowed.partition("(")[0])):
        help = f"a window is an argument: `{windowed}`"
        return replace(unknown_name(environment, name, call.path_span, wanted), help=help, fix=Fix(help, (Edit(call.span, windowed),)))
    try:
        word = as_in_its_text(name, call.span.source.text)
        step = translated(call, around) if call.arguments or unsaid(word, {}) or (key(name) == "prelu" and not call.bare) else None
    except Differs as differs:
        return replace(unknown_name(environment, name, call.path_span, wanted), help=differs.help, fix=None)
    fix = Fix(f"in archc it is `{step}`", (_in_its_place(call, step),)) if step is not None else None
    found = unknown_name(environment, name, call.path_span, wanted, sum(row.name is None for row in call.arguments), fix)
    if fix is not None and (
        key(name) == "activation" or name.rpartition(".")[2] in MOVED or (name.rpartition(".")[2] in REDUCED and "reduce(" in (step or ""))
    ):
        return replace(found, help=fix.message, fix=fix)
    if step is None and call.arguments and same_as(name) is not None and found.fix is not None:
        # The name alone would be followed by arguments that mean something else here.
        other = same_as(name)
        return replace(found, help=f"in archc it is `{other}`, with other arguments: `archc explain {other}` says which", fix=None)
    if name == "torch.flatten" and len(call.arguments) == 1:
        found = replace(found, notes=(FLATTENS_ALL,))
    heads = _heads(call)
    return found if heads is None or found.help is None else replace(found, help=found.help.replace("attention(4)", f"attention({heads})"))


def _in_its_place(call: ast.Call, step: str) -> Edit:
    """The edit of a step that begins with a tensor of its own (`skip(x) -> relu`), or not. A label stays that of the step."""
    begins = re.match(r"(skip\([\w.]+\)) -> (?!.*->)", step)
    return taken_up(call.span, begins[1], step[begins.end() :])[1] if begins is not None else Edit(call.span, step)


def _with_its_window(name: str, call: ast.Call) -> str | None:
    """`conv7x7(64, stride = 2)` is `conv(64, 7, stride = 2)`; None where another argument by place may be the stride, or what comes in."""
    match = re.fullmatch(r"([A-Za-z_]+?)_?(\d+)x(\d+)", name)
    operation = (match[1] if match[1] in TABLE else same_as(match[1])) if match is not None else None
    if match is None or operation is None:
        return None
    names = [slot.name for slot in signature(Builtin(TABLE[operation])).slots]
    by_place = [row for row in call.arguments if row.name is None]
    if names[len(by_place) : len(by_place) + 1] != ["kernel"] or any(row.name in ("kernel", "kernel_size") for row in call.arguments):
        return None
    if any(row.name is not None and row.name not in names for row in call.arguments):
        return None
    size = match[2] if match[2] == match[3] else f"{match[2]}x{match[3]}"
    rest = [row.span.text for row in call.arguments if row.name is not None]
    return f"{operation}({', '.join([*(row.span.text for row in by_place), size, *rest])})"


def _used_again(environment: Environment, name: str, call: ast.Call) -> Diagnostic | None:
    """`tower(b)` where `tower` is the label of a step: it is applied to another tensor, with its weights."""
    label = environment.label(name)
    names = [row.value.name for row in call.arguments if row.name is None and isinstance(row.value, ast.Name)]
    if label is None or label.again is None or call.bare or len(names) != len(call.arguments) or len(names) > 1:
        return None
    if any(environment.label(tensor) is None for tensor in names):
        return None
    written, edit = f"reuse({name})", Edit(call.span, f"reuse({name})")
    if names:
        written, edit = taken_up(call.span, f"skip({names[0]})", written)
    message = f"there is no operation or block named `{name}`: it is the label of a step, which is run once more by `reuse`"
    return Diagnostic(
        "E201",
        message,
        Label(call.path_span, "is a label"),
        (Label(label.span, f"`{name}` is this"),),
        fix=Fix(f"write `{written}`, which has the same weights", (edit,)),
    )


def _taken_as_value(environment: Environment, name: str, call: ast.Call) -> Diagnostic | None:
    """`skip(e).channels` where a value stands: the label by itself is the shape of its step."""
    values = [row.value for row in call.arguments if row.name is None]
    if name not in ("skip", "reuse") or len(values) != 1 or len(call.arguments) != 1 or not isinstance(values[0], ast.Name | ast.Attribute):
        return None
    label = values[0].span.text
    if environment.label(label.partition(".")[0]) is None and environment.binding(label) is None:
        return None
    size = re.match(r"\.\w+", call.span.source.text[call.span.end : call.span.end + 60])
    message = f"`{name}({label})` is a step, and here a value is wanted"
    written = f"`{label}{size[0]}`" if size is not None else f"`{label}`, or one size of it, `{label}.channels`"
    help = f"the label by itself is the shape of its step: write {written}"
    return Diagnostic(
        "E201",
        message,
        Label(call.span, "is a step"),
        help=help,
        fix=Fix(help, (Edit(call.span, label),)) if name == "skip" and size else None,
    )


def _at_its_merge(name: str, call: ast.Call) -> Diagnostic | None:
    """`cross_attention(8) { | skip | skip(m) }`: both sequences come in already, and `attention` is all that is to be written."""
    heads = _heads(call)
    if key(name) not in CROSSING or heads is None or call.span.source.text[call.span.end :].lstrip()[:1] != "{":
        return None
    step = f"attention({heads})"
    message = f"there is no operation or block named `{name}`"
    fix = Fix(f"in archc it is `{step}`", (Edit(call.span, step),))
    return Diagnostic("E201", message, Label(call.path_span, "not known here"), help=fix.message, fix=fix)


def _heads(call: ast.Call) -> str | None:
    """The heads of a layer that is a transformer's: `TransformerEncoderLayer(64, 8)`; of `cross_attention(8)` the one number."""
    word = key(".".join(call.path))
    if word not in ("transformerencoderlayer", "encoderlayer", *CROSSING):
        return None
    by_place = [row.value for row in call.arguments if row.name is None]
    named = [row.value for row in call.arguments if row.name is not None and parameter_of(row.name, {"heads"}) == "heads"]
    heads = named[0] if named else by_place[1] if len(by_place) > 1 else by_place[0] if by_place and word in CROSSING else None
    return heads.span.text if isinstance(heads, ast.Number | ast.Name) else None
