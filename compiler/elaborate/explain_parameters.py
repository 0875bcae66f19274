"""What is said of arguments whose names no parameter has: which parameters were meant, all of a call together."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE
from ..ops.foreign_calls import NEVER_WRITTEN, STEPS, argument_here, parameter_of, stretching_of, value_of
from ..ops.foreign_names import NO_PARAMETERS, same_as
from ..ops.parameters import Flag, Integer, Optional, Reference, Word
from ..ops.suggest import closest, did_you_mean, is_near
from .explain_values import replacement
from .foreign_shapes import FLATTEN
from .slots import Signature, Slot, defined_here, is_list, written_kind


def unknown_names(called: Signature, arguments: Sequence[ast.Argument], found: Collection[str], place: Span) -> Diagnostic:
    """One diagnostic for all arguments of a call that are for no parameter. `found`: the parameters that have their arguments."""
    names = [slot.name for slot in called.slots]
    free = [name for name in names if name not in found]
    wrong = [row for row in arguments if row.name is not None and row.name not in names]
    told: list[Diagnostic] = []
    for row in wrong:
        one = _unknown(called, row, free, arguments, place)
        told.append(one)
        meant = {edit.text for edit in one.fix.edits} if one.fix is not None else set()
        free = [name for name in free if name not in meant]
    return told[0] if len(told) == 1 else _together(called, wrong, told)


def _together(called: Signature, wrong: Sequence[ast.Argument], told: Sequence[Diagnostic]) -> Diagnostic:
    names = listed([f"`{row.name}`" for row in wrong])
    renamed = [
        one.fix.edits[0] for row, one in zip(wrong, told, strict=True) if one.fix is not None and one.fix.edits[0].span == row.name_span
    ]
    if len({one.help for one in told}) == 1:
        help = told[0].help or ""
    elif len(renamed) == len(told):
        help = "write " + listed([f"`{edit.text}` for `{edit.span.text}`" for edit in renamed])
    else:
        use = f"its use is `{called.usage}`"
        helps = [(row.name, one.help) for row, one in zip(wrong, told, strict=True) if one.help != use]
        help = "; ".join([*(f"`{name}`: {text}" for name, text in helps), *[use] * (len(helps) < len(told))])
    edits: list[Edit] = []
    for one in told:
        new = one.fix.edits if one.fix is not None else ()
        if not any(edit.span.start < other.span.end and other.span.start < edit.span.end for edit in new for other in edits):
            edits += new
    return Diagnostic(
        "E204",
        f"`{called.name}` has no parameters {names}",
        told[0].primary,
        (*(Label(one.primary.span, "nor this") for one in told[1:]), *defined_here(called)),
        help=help,
        fix=Fix(help, tuple(edits)) if edits else None,
    )


def listed(words: Sequence[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _unknown(called: Signature, argument: ast.Argument, free: list[str], arguments: Sequence[ast.Argument], place: Span) -> Diagnostic:
    """`free`: the parameters that have no argument yet; one that has is not meant."""
    assert argument.name is not None and argument.name_span is not None
    other = NO_PARAMETERS.get(argument.name.lower()) if called.place is None else None
    names = {slot.name for slot in called.slots}
    if called.name == "flatten" and called.place is None:
        other = FLATTEN
    if called.place is None and argument.name in ("dim", "d_model", "hidden", "in_dim", "input_size") and "axis" not in names:
        other = "what comes in is never written: it is that of the tensor"
    open = [name for name in free if not any(row.name == name for row in arguments)]
    slots = {slot.name: slot for slot in called.slots}
    fitting = [name for name in open if may_take(slots[name], argument.value)]
    near = closest(argument.name, fitting)
    translated = parameter_of(argument.name, set(fitting)) if called.place is None else None
    if translated in fitting and translated not in near:
        near = (translated, *near)
    same = _with_this_default(argument, [slots[name] for name in fitting])
    if same is not None and near[:1] != (same,):
        near = (same,)
    elif (
        not (near and _is_nearly(argument.name, near[0]))
        and (kind := _of_another_kind(argument, [slots[name] for name in open])) is not None
    ):
        other = other or kind
    elif not near:
        near = _only_list(argument, [slots[name] for name in fitting])
    handed_on = called.name not in re.findall(r"\w+", place.text.partition("(")[0])
    if called.place is not None and handed_on and (not near or called.place.source is not argument.span.source):
        # The call is of a block that was given as a value (`unit(…)`): it is right, and the block must take what it gives.
        further = [row.name for row in arguments if row.name is not None and row.name not in names]
        head = ", ".join(
            [*called.usage.removeprefix(called.name).strip("()").split(", "), *(f"{name} = none" for name in further)]
        ).removeprefix(", ")
        other = f"what calls it gives it {', '.join(f'`{name}`' for name in further)}, too; let it take that: `{called.name}({head})`"
    surely = bool(near) and (near[0] in (translated, same) or _is_nearly(argument.name, near[0]))
    fix = replacement(argument.name_span, near) if other is None and surely else None
    if called.place is None and (behind := _step_behind(argument, arguments, place)) is not None:
        other, fix = behind.message, behind
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
            if called.name == "chunk" and "n" in free:  # the axis alone would leave the number of parts for the number of one
                other, fix = _all_parts(arguments, text), None
    return Diagnostic(
        "E204",
        f"`{called.name}` has no parameter `{argument.name}`",
        Label(argument.name_span, "not a parameter"),
        defined_here(called),
        help=other or did_you_mean(near) or f"its use is `{called.usage}`",
        fix=fix,
    )


def _step_behind(argument: ast.Argument, arguments: Sequence[ast.Argument], place: Span) -> Fix | None:
    """`conv(64, 3, activation = "relu")`: the activation is the step that follows."""
    word = argument.value.span.text.strip("\"'")
    step = word if word in TABLE else same_as(word)
    if argument.name not in STEPS or step is None or TABLE[step].least_inputs != 1 or not place.text.endswith(")"):
        return None
    (without,) = _without(argument, arguments, "").edits
    end = place.source.span(place.end, place.end)
    text = place.source.text
    right = " ".join(f"{text[place.start : without.span.start]}{text[without.span.end : place.end]} -> {step}".split())
    told = f"an activation or a norm is a step of its own: `{right if len(right) <= 60 else f'-> {step}'}`"
    return Fix(told, (without, Edit(end, f" -> {step}")))


def _all_parts(arguments: Sequence[ast.Argument], axis: str | None) -> str:
    """PyTorch's `chunk(2, dim = 1)`, which makes all parts."""
    from ..ops.part import names_of_parts  # only a mistake needs it

    count = next((row.value.span.text for row in arguments if row.name in (None, "chunks")), "2")
    names = names_of_parts(int(count)) if count.isdecimal() and int(count) else "a, b, …"
    along = f", axis = {axis}" if axis is not None else ""
    return f"PyTorch's `chunk` makes all parts: here that is `split({count}{along}) as {names}`, and one of them `chunk(0, {count}{along})`"


def _is_nearly(name: str, parameter: str) -> bool:
    """A slip or a translation, or one begins with the other: `dil` for `dilation`, `widths` for `width`."""
    return is_near(name, parameter) or parameter.startswith(name.lower()) or name.lower().startswith(parameter)


def _with_this_default(argument: ast.Argument, slots: Sequence[Slot]) -> str | None:
    """`layers = [3, 4, 6, 3]` where one parameter alone has that list by default. Numbers and flags are the same by chance."""
    if not isinstance(argument.value, ast.List | ast.Name | ast.Call):
        return None
    text = "".join(argument.value.span.text.split())
    same = [slot.name for slot in slots if "".join(slot.default.split()) == text]
    return same[0] if len(same) == 1 else None


def _only_list(argument: ast.Argument, slots: Sequence[Slot]) -> tuple[str, ...]:
    """The parameter for a list, where there is but one."""
    lists = [slot.name for slot in slots if written_kind(slot.value) == "a list"]
    return tuple(lists) if isinstance(argument.value, ast.List) and len(lists) == 1 else ()


def _of_another_kind(argument: ast.Argument, slots: Sequence[Slot]) -> str | None:
    """`widths = [16, 32]` beside `width = 64`: the name is near, and what is given is something else."""
    given = written_kind(argument.value)
    for slot in slots:
        takes = written_kind(slot.value)
        if takes not in (None, given) and given is not None and _is_nearly(argument.name or "", slot.name):
            return f"`{slot.name}` is {takes}, as `{slot.default}`, and this is {given}"
    return None


def may_take(slot: Slot, value: ast.Expression) -> bool:
    """Whether a parameter may be given a value, as far as the text alone tells."""
    written = written_kind(value)
    if slot.kind is None:
        return written is None or slot.value is None or written_kind(slot.value) in (None, written)
    kind = slot.kind.kind if isinstance(slot.kind, Optional) else slot.kind
    match written:
        case "a list":
            return is_list(slot)
        case "a number":
            return not isinstance(kind, Flag | Word | Reference) or (isinstance(kind, Flag) and value.span.text in ("0", "1"))
        case "true or false":
            return not isinstance(kind, Word | Reference | Integer)
    return True  # a text: words are mended where they are read


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
