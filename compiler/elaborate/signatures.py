"""Arguments to parameters: for blocks, networks and operations alike."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..ops.base import Operation
from ..ops.foreign_calls import NEVER_WRITTEN, argument_here, parameter_of, stretching_of, value_of
from ..ops.foreign_names import NO_PARAMETERS
from ..ops.parameters import Kind, OpenSizes, Optional, Parameter, Reference, Word
from ..ops.suggest import closest, did_you_mean
from .closures import Builtin, Partial, Template
from .explain_values import replacement
from .values import show_value


@dataclass(frozen=True, slots=True)
class Slot:
    """One parameter of whatever is called."""

    name: str
    required: bool
    default: str  # its text, "" for none
    value: ast.Expression | None = None  # the same, of a block or network
    kind: Kind | None = None  # what an operation takes there


@dataclass(frozen=True, slots=True)
class Signature:
    """The parameters of a block, a network or an operation. `place` is where it was written (None: built in)."""

    name: str
    slots: tuple[Slot, ...]
    place: Span | None
    tensors: tuple[str, ...] = ()  # what a block takes at the head of a merge
    takes_list: bool = False  # the last of them is a list of any length
    open: bool = False  # whether it takes sizes by names that the call chooses
    by_name: bool = False  # a preset: the order of its parameters is told in another place

    @property
    def usage(self) -> str:
        """`conv(channels, kernel = 3, …)`, as the reference prints it."""
        inner = ", ".join(
            [*(slot.name if slot.required else f"{slot.name} = {slot.default}" for slot in self.slots), *["name = size, …"] * self.open]
        )
        return f"{self.name}({inner})" if inner else self.name


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
            raise Problem(_unknown(called, argument, [name for name in names if name not in found], arguments, place))
        if name in found:
            raise Problem(_twice(called, name, found[name], argument))
        found[name] = argument
    if not partial:
        missing = [slot.name for slot in called.slots if slot.required and slot.name not in found and slot.name not in defaults]
        if missing:
            raise Problem(_missing(called, missing, place))
    return found


def _secondary(called: Signature) -> tuple[Label, ...]:
    return (Label(called.place, f"`{called.name}` is defined here"),) if called.place is not None else ()


def _too_many(called: Signature, argument: ast.Argument, arguments: Sequence[ast.Argument], place: Span) -> Diagnostic:
    count = len(called.slots)
    if called.tensors:
        return Diagnostic(
            "E207",
            f"`{called.name}` takes its tensors ({', '.join(called.tensors)}) as the paths of a merge, not as arguments",
            Label(argument.span, "one too many"),
            _secondary(called),
            help=f"its use is `{called.usage} {{ | … | … }}`",
        )
    takes = "takes no arguments" if count == 0 else f"takes {count} argument{'s' if count != 1 else ''}"
    fix = _as_list(called, arguments) or _without_arguments(called, arguments, place)
    return Diagnostic(
        "E207",
        f"`{called.name}` {takes}, and {len(arguments)} {'was' if len(arguments) == 1 else 'were'} given",
        Label(argument.span, "one too many"),
        _secondary(called),
        help=fix.message if fix is not None else f"its use is `{called.usage}`",
        fix=fix,
    )


def _without_arguments(called: Signature, arguments: Sequence[ast.Argument], place: Span) -> Fix | None:
    """`relu(true)`, `flatten(1)`: what another library is told there, and what has no meaning here."""
    constant = all(isinstance(row.value, ast.Number | ast.Constant) for row in arguments)
    if called.slots or called.place is not None or not constant or not place.text.startswith(f"{called.name}("):
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
        _secondary(called),
        help=f"name it: `{called.usage}`",
    )


def _unknown(called: Signature, argument: ast.Argument, free: list[str], arguments: Sequence[ast.Argument], place: Span) -> Diagnostic:
    """`free`: the parameters that have no argument yet; one that has is not meant."""
    assert argument.name is not None and argument.name_span is not None
    other = NO_PARAMETERS.get(argument.name.lower()) if called.place is None else None
    names = {slot.name for slot in called.slots}
    if called.place is None and argument.name in ("dim", "d_model", "hidden", "in_dim", "input_size") and "axis" not in names:
        other = "what comes in is never written: it is that of the tensor"
    open = [name for name in free if not any(row.name == name for row in arguments)]
    near = closest(argument.name, open)
    translated = parameter_of(argument.name, set(open)) if called.place is None else None
    if translated in open and translated not in near:
        near = (translated, *near)
    handed_on = called.name not in re.findall(r"\w+", place.text.partition("(")[0])
    if called.place is not None and handed_on and (not near or called.place.source is not argument.span.source):
        # The call is of a block that was given as a value (`unit(…)`): it is right, and the block must take what it gives.
        further = [row.name for row in arguments if row.name is not None and row.name not in names]
        head = ", ".join(
            [*called.usage.removeprefix(called.name).strip("()").split(", "), *(f"{name} = none" for name in further)]
        ).removeprefix(", ")
        other = f"what calls it gives it {', '.join(f'`{name}`' for name in further)}, too; let it take that: `{called.name}({head})`"
    fix = replacement(argument.name_span, near) if other is None else None
    if fix is None and translated in open and other is None:
        fix = Fix(f"write `{translated}`", (Edit(argument.name_span, str(translated)),))
    if called.place is None:
        if translated is None and other is None and (extra := _in_before_out(called, argument, arguments)) is not None:
            fix = _without(extra, arguments, f"what comes in is never written: leave `{extra.span.text}` out")
            other = fix.message
        if argument.name.lower() in NEVER_WRITTEN:
            other = other or "leave it out: the batch is never written, and stands first"
            fix = _without(argument, arguments, other)
        if (here := argument_here(called.name, argument.name, argument.value.span.text)) is not None:
            right = Fix(f"write `{here}`", (Edit(argument.span, here),))
            fix = right if here else _without(argument, arguments, "leave it out: it is the default")
            other = fix.message
        if (stretching := stretching_of(called.name, argument.name, argument.value.span.text)) is not None:
            other, is_needless = stretching
            fix = _without(argument, arguments, other) if is_needless else None
        if argument.name == "dim" and near[:1] == ("axis",):
            # The batch counts there: the number is another one.
            text = value_of("axis", argument.value.span.text)
            right = Fix(f"write `axis = {text}`: the batch does not count", (Edit(argument.span, f"axis = {text}"),))
            fix = right if text is not None else None
            other = fix.message if fix is not None else "`axis` counts the axes without the batch, or names them: `axis = channels`"
    return Diagnostic(
        "E204",
        f"`{called.name}` has no parameter `{argument.name}`",
        Label(argument.name_span, "not a parameter"),
        _secondary(called),
        help=other or did_you_mean(near) or f"its use is `{called.usage}`",
        fix=fix,
    )


def _in_before_out(called: Signature, argument: ast.Argument, arguments: Sequence[ast.Argument]) -> ast.Argument | None:
    """The first of `conv(16, 32, kernel_size = 3)`: what comes in, where a name says that one less was to stand by its place."""
    names = [slot.name for slot in called.slots]
    meant = parameter_of(argument.name or "", set(names))
    by_place = [row for row in arguments if row.name is None]
    known = called.slots and called.slots[0].name in ("channels", "features") and meant in names
    return by_place[0] if known and meant is not None and by_place and len(by_place) == names.index(meant) + 1 else None


def _without(argument: ast.Argument, arguments: Sequence[ast.Argument], why: str) -> Fix:
    """The call without one of its arguments, and without the comma that stood beside it."""
    place = next(number for number, row in enumerate(arguments) if row is argument)
    source, start, end = argument.span.source, argument.span.start, argument.span.end
    if place + 1 < len(arguments):
        end = arguments[place + 1].span.start
    elif place:
        start = arguments[place - 1].span.end
    else:  # the only one: the parentheses may stay empty nowhere
        before, after = source.text[:start].rstrip(), source.text[end:]
        inside = len(after) - len(after.lstrip(" \n,"))
        if before.endswith("(") and after[inside : inside + 1] == ")":
            start, end = len(before) - 1, end + inside + 1
    return Fix(why, (Edit(source.span(start, end), ""),))


def _twice(called: Signature, name: str, first: ast.Argument, second: ast.Argument) -> Diagnostic:
    point = _point(first, second) if second.name is None else None
    how = "by position" if first.name is None or second.name is None else "by name"
    return Diagnostic(
        "E206",
        f"`{name}` of `{called.name}` is given twice: `{first.span.text}` and `{second.span.text}`",
        Label(second.span, "given again here"),
        (Label(first.span, f"given here, {how}" if first.name is None else "given here"), *_secondary(called)),
        help=f"its use is `{called.usage}`" if point is None else point.message,
        fix=point,
    )


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
        _secondary(called),
        help=f"its use is `{called.usage}`",
    )


def is_list(slot: Slot) -> bool:
    """Whether the argument is a list: of sizes, of numbers, of axes."""
    kind = slot.kind.kind if isinstance(slot.kind, Optional) else slot.kind
    return kind is not None and kind.is_list


def is_reference(row: Parameter) -> bool:
    """Whether the argument is a label (`like = e1`) and not a value."""
    return isinstance(row.kind, Reference)
