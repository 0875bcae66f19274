"""Arguments to parameters: for blocks, networks and operations alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.source import Span
from ...dsl import ast
from ..ops.base import Operation
from ..ops.parameters import OpenSizes, Optional, Parameter, Reference, Word
from .closures import Builtin, Partial, Template
from .explain_parameters import unknown_names
from .foreign_shapes import FLATTEN
from .slots import Signature, Slot, defined_here, is_list
from .values import show_value


def signature(callee: Template | Builtin) -> Signature:
    """What `callee` may be given."""
    if isinstance(callee, Template):
        tensors = tuple(row.name for row in callee.definition.inputs) if isinstance(callee.definition, ast.Block) else ()
        takes_list = isinstance(callee.definition, ast.Block) and callee.definition.takes_list
        return Signature(callee.name, _slots(callee), callee.definition.head, tensors, takes_list, by_name=callee.is_preset)
    return _of_operation(callee.operation, callee.place)


def _slots(template: Template, presets: tuple[Template, ...] = ()) -> tuple[Slot, ...]:
    """The parameters of a template. Those of a preset are its base's, and what it gives them is their default; `presets` are those on the way here."""
    base = template.base if template.is_preset and template not in presets else None
    if base is None:
        return tuple(
            Slot(row.name.name, row.default is None, row.default.span.text if row.default is not None else "", row.default)
            for row in template.definition.parameters
        )
    assert isinstance(template.definition, ast.Network) and template.definition.variant_of is not None
    call = template.definition.variant_of
    arguments = call.arguments
    while isinstance(base, Partial):
        arguments = (*base.arguments, *arguments)
        base = base.callee
    if not isinstance(base, Template):
        return ()
    slots = _slots(base, (*presets, template))
    try:
        given = match(Signature(base.name, slots, None), arguments, call.span, partial=True)
    except Problem:
        return slots  # it is told when the preset is expanded
    values = {name: argument.value for name, argument in given.items()}
    return tuple(Slot(slot.name, False, values[slot.name].span.text, values[slot.name]) if slot.name in values else slot for slot in slots)


_KNOWN: dict[str, Signature] = {}


def _of_operation(operation: type[Operation], place: Span | None) -> Signature:
    if place is not None:
        slots = tuple(Slot(row.name, row.required, row.text or show_default(row), kind=row.kind) for row in operation.parameters())
        return Signature(operation.name, slots, place)
    found = _KNOWN.get(operation.name)
    if found is None:
        rows = operation.parameters()
        slots = tuple(Slot(row.name, row.required, show_default(row), kind=row.kind) for row in rows if not isinstance(row.kind, OpenSizes))
        found = _KNOWN[operation.name] = Signature(operation.name, slots, None, open=len(slots) < len(rows))
    return found


def show_default(row: Parameter) -> str:
    """A default as the language writes it: words that are values stand without quotes."""
    kind = row.kind.kind if isinstance(row.kind, Optional) else row.kind
    return row.default if isinstance(row.default, str) and not isinstance(kind, Word) else show_value(row.default)


def match(
    called: Signature,
    arguments: Sequence[ast.Argument],
    place: Span,
    defaults: frozenset[str] = frozenset(),
    partial: bool = False,
) -> dict[str, ast.Argument]:
    """Each parameter's argument. `defaults` are parameters that a `default` row fills; `partial` leaves out the check for missing ones.

    Raises `Problem` for the first argument that is one too many, twice given or unknown, and for parameters that are missing.
    """
    found: dict[str, ast.Argument] = {}
    names = [slot.name for slot in called.slots]
    position = 0
    for argument in arguments:
        name = argument.name
        if name is None:
            if called.by_name:
                raise Problem(_without_name(called, argument))
            if position >= len(names):
                raise Problem(_too_many(called, argument, arguments, place))
            name = names[position]
            position += 1
        elif name not in names and not called.open:
            raise Problem(unknown_names(called, arguments, frozenset(found), place))
        if name in found:
            raise Problem(_twice(called, name, found[name], argument, arguments))
        found[name] = argument
    if not partial:
        missing = [slot.name for slot in called.slots if slot.required and slot.name not in found and slot.name not in defaults]
        if missing:
            raise Problem(_missing(called, missing, place))
    return found


def _too_many(called: Signature, argument: ast.Argument, arguments: Sequence[ast.Argument], place: Span) -> Diagnostic:
    count = len(called.slots)
    if called.tensors:
        return Diagnostic(
            "E207",
            f"`{called.name}` takes its tensors ({', '.join(called.tensors)}) as the paths of a merge, not as arguments",
            Label(argument.span, "one too many"),
            defined_here(called),
            help=f"its use is `{called.usage} {{ | … | … }}`",
        )
    takes = "takes no arguments" if count == 0 else f"takes {count} argument{'s' if count != 1 else ''}"
    fix = _as_list(called, arguments) or _without_arguments(called, arguments, place)
    return Diagnostic(
        "E207",
        f"`{called.name}` {takes}, and {len(arguments)} {'was' if len(arguments) == 1 else 'were'} given",
        Label(argument.span, "one too many"),
        defined_here(called),
        help=fix.message if fix is not None else FLATTEN if called.name == "flatten" else f"its use is `{called.usage}`",
        fix=fix,
    )


def _without_arguments(called: Signature, arguments: Sequence[ast.Argument], place: Span) -> Fix | None:
    """`relu(true)`, `flatten(1)`: what another library is told there, and what has no meaning here."""
    constant = all(isinstance(row.value, ast.Number | ast.Constant) for row in arguments)
    if called.slots or called.place is not None or not constant or not place.text.startswith(f"{called.name}("):
        return None
    if called.name == "flatten" and [row.value.span.text for row in arguments] not in (["1"], ["1", "-1"]):
        return None
    start = place.start + len(called.name)
    return Fix(f"leave it out: `{called.name}`", (Edit(place.source.span(start, place.end), ""),))


def _as_list(called: Signature, arguments: Sequence[ast.Argument]) -> Fix | None:
    """`permute(1, 2, 0)`, `flip(height, width)`: the last parameter takes a list, and its items stand alone."""
    rest = arguments[len(called.slots) - 1 :]
    if not called.slots or not is_list(called.slots[-1]) or any(row.name is not None for row in rest):
        return None
    first, last = rest[0].span, rest[-1].span
    edits = (Edit(first.source.span(first.start, first.start), "["), Edit(last.source.span(last.end, last.end), "]"))
    return Fix(f"a list stands in brackets: write `[{first.to(last).text}]`", edits)


def _without_name(called: Signature, argument: ast.Argument) -> Diagnostic:
    return Diagnostic(
        "E207",
        f"`{called.name}` takes its arguments by name: it is a preset, and what it gives its own network is not given again by place",
        Label(argument.span, "for which parameter?"),
        defined_here(called),
        help=f"name it: `{called.usage}`",
    )


def _twice(called: Signature, name: str, first: ast.Argument, second: ast.Argument, arguments: Sequence[ast.Argument]) -> Diagnostic:
    fix = _point(first, second) if second.name is None else _channels_written(called, first, second, arguments)
    how = "by position" if first.name is None or second.name is None else "by name"
    return Diagnostic(
        "E206",
        f"`{name}` of `{called.name}` is given twice: `{first.span.text}` and `{second.span.text}`",
        Label(second.span, "given again here"),
        (Label(first.span, f"given here, {how}" if first.name is None else "given here"), *defined_here(called)),
        help=f"its use is `{called.usage}`" if fix is None else fix.message,
        fix=fix,
    )


def _channels_written(called: Signature, first: ast.Argument, second: ast.Argument, arguments: Sequence[ast.Argument]) -> Fix | None:
    """`dwconv(32, 3, stride = 2)`, `dwconv(32, kernel = 3)`: channels, which it does not take, push what follows one place on."""
    if [slot.name for slot in called.slots[:3]] == ["channels", "kernel", "stride"] and not defined_here(called):
        # `deconv(64, 32, 2, stride = 2)`: PyTorch's order, what comes in before what goes out.
        if len(arguments) < 3 or first is not arguments[2] or second.name != "stride" or any(row.name is not None for row in arguments[:3]):
            return None
        rest = ", ".join(argument.span.text for argument in arguments[1:])
        edit = Edit(arguments[0].span.to(arguments[1].span), arguments[1].span.text)
        return Fix(f"what comes in is never written: `{called.name}({rest})`", (edit,))
    if called.name != "dwconv" or defined_here(called):
        return None
    channels, after = arguments[0], arguments[1]
    is_window = isinstance(after.value, ast.Number) and after.value.value in (3, 5, 7, 9)
    if not is_window or not (first is after or (first is channels and second is after)):
        return None
    rest = ", ".join(argument.span.text for argument in arguments[1:])
    edit = Edit(channels.span.to(after.span), after.span.text)
    return Fix(f"`{called.name}` takes no channels, it gives as many as come in: `{called.name}({rest})`", (edit,))


def _point(first: ast.Argument, second: ast.Argument) -> Fix | None:
    """`p = 0,5`: a decimal point that was written as a comma."""
    whole = first.value.span.to(second.span)
    if not (first.value.span.text.isdigit() and second.span.text.isdigit()) or whole.text != f"{first.value.span.text},{second.span.text}":
        return None
    text = whole.text.replace(",", ".")
    return Fix(f"a number is written with a point: `{text}`", (Edit(whole, text),))


def _missing(called: Signature, missing: list[str], place: Span) -> Diagnostic:
    listed = ", ".join(f"`{name}`" for name in missing)
    return Diagnostic(
        "E205",
        f"`{called.name}` needs {listed}",
        Label(place, f"{listed} {'is' if len(missing) == 1 else 'are'} missing"),
        defined_here(called),
        help=_all_parts(called, place) or f"its use is `{called.usage}`",
    )


def _all_parts(called: Signature, place: Span) -> str | None:
    """`chunk(2)`: PyTorch's makes all parts."""
    said = re.search(r"\((\d+)\)\Z", place.text) if called.name == "chunk" else None
    if said is None:
        return None
    from ..ops.part import names_of_parts  # only a mistake needs it

    count = int(said[1])
    return f"PyTorch's `chunk({count})` makes all parts: here that is `split({count}) as {names_of_parts(count)}`, and one of them `chunk(0, {count})`"


def is_reference(row: Parameter) -> bool:
    """Whether the argument is a label (`like = e1`) and not a value."""
    return isinstance(row.kind, Reference)
