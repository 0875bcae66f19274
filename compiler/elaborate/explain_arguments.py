"""What is said of an argument that its parameter does not take: which other parameter was meant, or how the value is written."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE
from ..ops.axis_names import AXIS_NAMES
from ..ops.base import Shape
from ..ops.initial import INIT, meant_start
from ..ops.parameters import STRIDE, BadValue, Flag, Optional, Parameter, Reference, Word
from ..ops.shape import Order
from ..ops.suggest import closest, did_you_mean, is_near, with_all
from .closures import Builtin, Environment, Given, Labelled
from .explain_counts import left_out
from .explain_numbers import Works, divided, factor_of_a_size, made_whole
from .explain_values import replacement
from .shape_of import ShapeOf
from .slots import Signature, Slot, is_list
from .values import WORDS, show_value


class Reads(Works, Protocol):
    """What works an expression out and knows the labels at a place (an `Evaluator`)."""

    @property
    def environment(self) -> Environment: ...

    def labelled(self, node: ast.Expression) -> Labelled | None: ...


def refused_argument(
    diagnostic: Diagnostic, argument: ast.Argument, given: Signature, slot: Slot | None, evaluator: Reads, entering: object
) -> Diagnostic:
    """What is said of an argument that cannot be worked out, for the parameter that it is for. `entering` is the shape of what comes in."""
    if diagnostic.code == "E220" and slot is not None and slot.kind is not None:
        sized = slot.name == "scale" and any(row.name == "size" for row in given.slots)
        meant = factor_of_a_size(diagnostic, argument, slot.kind, evaluator, entering) if sized else None
        parted = _channels(entering) if slot.name in _PARTS else None
        return meant or divided(diagnostic, argument.value, slot.kind, evaluator, parted)
    if diagnostic.code == "E201" and slot is not None and _names_axes(slot):
        return _one_of_its_axes(diagnostic, argument, entering if isinstance(entering, ShapeOf) else None)
    return _with_parameter(diagnostic, argument, given, slot)


_PARTS = ("groups", "heads")
"""Parameters that say into how many equal parts channels are taken."""


def _channels(entering: object) -> int | None:
    """How many channels come in, where they are known by their name."""
    if not isinstance(entering, ShapeOf) or "channels" not in entering.axes:
        return None
    return entering.shape[entering.axes.index("channels")]


def _names_axes(slot: Slot) -> bool:
    kind = slot.kind.kind if isinstance(slot.kind, Optional) else slot.kind
    return kind is not None and (kind.names_axes or isinstance(kind, Order))


def _one_of_its_axes(diagnostic: Diagnostic, argument: ast.Argument, entering: ShapeOf | None) -> Diagnostic:
    """`reduce("mean", time)` of a video: an axis was meant, and those that there are have names, or numbers. None: they are not known."""
    place = diagnostic.primary.span
    if not any(isinstance(part, ast.Name) and part.span == place for part in ast.walk(argument.value)):
        return diagnostic
    axes = [axis for axis in (entering.axes if entering is not None else AXIS_NAMES) if axis]
    near = closest(place.text, axes)
    if not near and diagnostic.fix is not None and diagnostic.secondary:
        return diagnostic  # a name of this file was meant
    surely = near[:1] if near and is_near(place.text, near[0]) else ()
    if entering is None:
        help = did_you_mean(near) if near else f"an axis is {', '.join(f'`{axis}`' for axis in axes)}, or a number"
        return replace(
            diagnostic, message=f"there is no axis named `{place.text}`", secondary=(), help=help, fix=replacement(place, surely)
        )
    shown = show_value(entering)
    told = f"the axes of {shown} are {', '.join(f'`{axis}`' for axis in axes)}" if axes else f"the axes of {shown} are numbers, from 0"
    return replace(
        diagnostic,
        message=f"there is no axis named `{place.text}`",
        secondary=(),
        help=with_all(did_you_mean(near), told),
        fix=replacement(place, surely),
    )


def _with_parameter(diagnostic: Diagnostic, argument: ast.Argument, given: Signature, own: Slot | None) -> Diagnostic:
    """Of a name that means nothing where a value stands, and is that of a parameter: `lstm(64, bidirectional)`."""
    value = argument.value
    if diagnostic.code != "E201" or not isinstance(value, ast.Name):
        return diagnostic
    if (whole := f"{value.name}_{given.name}") in TABLE:  # `avgpool(global)`
        return replace(diagnostic, secondary=(), help=f"over the whole map it is `{whole}`", fix=None)
    slot = next((row for row in given.slots if isinstance(row.kind, Word) and value.name in row.kind.words), None)
    if slot is not None and slot is not own and argument.name is None:  # `upsample(2, bilinear)`
        text = f'{slot.name} = "{value.name}"'
        return replace(diagnostic, secondary=(), help=None, fix=Fix(f"write `{text}`", (Edit(value.span, text),)))
    flag = {"yes": "true", "on": "true", "no": "false", "off": "false"}.get(value.name)
    if flag is not None and own is not None and isinstance(own.kind, Flag):
        return replace(diagnostic, secondary=(), help=f"write `{flag}`", fix=Fix(f"write `{flag}`", (Edit(value.span, flag),)))
    if argument.name is not None:
        return diagnostic
    slot = next((row for row in given.slots if row.name == value.name), None)
    if slot is None:
        return diagnostic
    if slot.default in ("true", "false"):
        text = f"{slot.name} = {'false' if slot.default == 'true' else 'true'}"
        return replace(
            diagnostic, secondary=(), help=None, fix=Fix(f"a parameter is given with its value: `{text}`", (Edit(value.span, text),))
        )
    if diagnostic.secondary:
        return diagnostic  # a name of this file that is nearly the same was meant to be handed on
    return replace(diagnostic, secondary=(), help=f"`{slot.name}` is a parameter of `{given.name}`: write `{slot.name} = …`", fix=None)


def bad_value(
    called: Signature,
    row: Parameter,
    value: object,
    expected: str,
    span: Span,
    given: Mapping[str, Given] | None = None,
    sizes: Shape = (),
) -> Diagnostic:
    """The diagnostic of a value that a parameter's kind does not accept. `given`: what each parameter is given; `sizes`: of what comes in."""
    text = span.text
    counted = left_out(called, row, value, span, given or {}, sizes) or _counter(row, value, (given or {}).get(row.name))
    help, fix = counted or _remedy(called, row, value, span, given or {}, sizes) or (f"`{row.name}`: {row.doc}", None)
    shown = f"the operation `{value.name}`" if isinstance(value, Builtin) else show_value(value)
    same = shown == text.strip() or shown.strip('"') == text.strip()
    return Diagnostic(
        "E208",
        f"`{row.name}` of `{called.name}` must be {expected}, and it is {shown}",
        Label(span, "" if same else f"is {shown}"),
        help=help,
        fix=fix,
    )


def _counter(row: Parameter, value: object, given: Given | None) -> tuple[str, Fix | None] | None:
    """`repeat 3 as i { conv(i) }`: the number of a round, from 0, where the least is 1. What was doubted already is not told again."""
    origin = given.origin if given is not None else None
    if value != 0 or isinstance(value, bool) or not _takes(Slot(row.name, False, "", kind=row.kind), 1):
        return None
    while origin is not None and isinstance(origin.expression, ast.Name):
        name = origin.expression.name
        binding = origin.reader.environment.binding(name)
        if binding is not None and binding.counts:
            return (
                f"`{name}` counts rounds, from 0: `{name} + 1` counts from 1" if binding.counts == "rounds" else f"`{row.name}`: {row.doc}"
            ), None
        origin = binding.origin if binding is not None else None
    return None


def _remedy(
    called: Signature, row: Parameter, value: object, span: Span, given: Mapping[str, Given], sizes: Shape
) -> tuple[str, Fix | None] | None:
    if row.kind is INIT and isinstance(value, str) and (start := meant_start(value, "std" in given)) is not None:
        meant, help = start
        return help, Fix(help, (Edit(span, f'"{meant}"'),)) if meant is not None else None
    if isinstance(value, str) and span.text == value and (right := _for_another(called, row, value, span, given)) is not None:
        return right.message, right
    if row.name == "sides" and (cut := _cut(value, sizes)) is not None:
        return cut, None
    near = _nearest_words(row, value)
    if near:
        written = f'"{near[0]}"'
        is_it = isinstance(value, Builtin) and value.name == near[0]
        help = f"a text stands between quotes: `{written}`" if is_it else did_you_mean(near) or ""
        return help, Fix(f"write {written}", (Edit(span, written),)) if is_it or _is_slip(value, near[0]) else None
    word = value.strip().lower() if isinstance(value, str) else ""
    if word in WORDS and word != value and _takes(Slot(row.name, False, "", kind=row.kind), word):
        return f"write `{word}`", Fix(f"write `{word}`", (Edit(span, word),))
    if isinstance(value, ShapeOf) and span.text.isidentifier() and not any(isinstance(slot.kind, Reference) for slot in called.slots):
        return (
            f"`{span.text}` is the shape of a tensor, for that is what a label means as a value: one size of it is "
            f"`{span.text}.{next(filter(None, value.axes), 'features')}`, and the tensor itself comes in from the step before"
        ), None
    if isinstance(row.kind, Flag) and (flag := _flag(value, span)) is not None:
        return f"write `{flag}`", Fix(f"write `{flag}`", (Edit(span, flag),))
    begins_with_what_comes_out = called.slots[0].name in ("channels", "features")
    if begins_with_what_comes_out and isinstance(row.kind, Flag) and isinstance(value, int) and not isinstance(value, bool):
        return _in_and_out(called, row, span, given, sizes) or (
            f"what comes in is never written: it is that of the tensor. `{called.usage}`",
            None,
        )
    if row.kind is STRIDE and isinstance(value, float) and 0 < value < 1:
        times = show_value(round(1 / value))
        deconv = f"`deconv({_first(called, given)}, stride = {times})`"
        return f"a stride below 1 would enlarge the map: that is `upsample({times})`, or {deconv}", None
    return (
        made_whole(row.name, row.kind, value, span)
        or _other_parameter(called, row, value, span, given)
        or _in_brackets(called, row, value, span, given)
        or _one_of_a_list(row, value, span)
        or _like(called, value, span)
    )


def _cut(value: object, sizes: Shape) -> str | None:
    """`pad(-3)`, as PyTorch takes the sides of a map away."""
    axes = {2: ("length",), 3: ("height", "width"), 4: ("depth", "height", "width")}.get(len(sizes), ())
    asked = value if isinstance(value, tuple) else (value,) * 2 * len(axes)
    each = [side for side in asked if isinstance(side, int) and not isinstance(side, bool) and side <= 0]
    if not any(each) or not len(asked) == len(each) == 2 * len(axes):
        return None
    steps = []
    for number, axis in enumerate(axes):
        before, after = each[2 * number : 2 * number + 2]
        if -before - after >= sizes[number + 1]:
            return None
        ends = [f"start = {-before}"] * bool(before) + [f"stop = {after}"] * bool(after)
        steps += [f"slice(axis = {axis}, {', '.join(ends)})"] if ends else []
    return f"what is taken away is a part that stays: `{' -> '.join(steps)}`; `crop` takes the middle of a size"


def _for_another(called: Signature, row: Parameter, value: str, span: Span, given: Mapping[str, Given]) -> Fix | None:
    """`select(channels, 0)`, in another library's order; `attention(8, causal)`, where a parameter is given with its value."""
    for slot in called.slots:
        if slot.name == value and slot.default in ("true", "false"):
            text = f"{value} = {'false' if slot.default == 'true' else 'true'}"
            return Fix(f"a parameter is given with its value: `{text}`", (Edit(span, text),))
        other = given.get(slot.name) if slot.name != row.name and value in AXIS_NAMES and _names_axes(slot) else None
        is_number = other is not None and isinstance(other.value, int) and re.fullmatch(r"-?\d+", other.span.text) is not None
        if other is not None and is_number and _takes(Slot(row.name, False, "", kind=row.kind), other.value):
            told = f"the {row.name} comes first, and then the axis: write `{called.name}({other.span.text}, {value})`"
            return Fix(told, (Edit(span, other.span.text), Edit(other.span, value)))
    return None


def _first(called: Signature, given: Mapping[str, Given]) -> str:
    """What a convolution is told first, its channels."""
    first = given.get(called.slots[0].name)
    return first.span.text if first is not None and called.slots[0].name == "channels" else "…"


def _nearest_words(row: Parameter, value: object) -> tuple[str, ...]:
    """The words of a parameter that a text, or an operation named without quotes, is near to: `reduce(mean, …)`, `constant("sincso", …)`."""
    name = value.name if isinstance(value, Builtin) else value
    if not isinstance(name, str):
        return ()
    slot = Slot(row.name, False, "", kind=row.kind)
    words = (
        row.kind.words
        if isinstance(row.kind, Word)
        else [word for word in re.findall(r'"([\w-]+)"', row.kind.describe) if _takes(slot, word)]
    )
    return (name,) if name in words else closest(name, words)


def _is_slip(value: object, word: str) -> bool:
    """Whether a text is `word` with a letter wrong or an ending more. Of several words ("nearest-exact") one alone is not the same."""
    parts = re.split(r"[\W_]+", value.lower()) if isinstance(value, str) else []
    return len(parts) < 2 or "".join(parts) == re.sub(r"[\W_]", "", word) or len(parts) == len(re.split(r"[\W_]+", word))


def _in_and_out(called: Signature, row: Parameter, span: Span, given: Mapping[str, Given], sizes: Shape) -> tuple[str, Fix | None] | None:
    """`linear(120, 84)`: what comes in and what comes out, where the second place is that of a flag. Where another number comes in, a step before it is amiss."""
    first = given.get(called.slots[0].name)
    if called.slots[1].name != row.name or first is None or not (_by_place(span) and _by_place(first.span)):
        return None
    help = f"what comes in is never written: `{called.name}({span.text})`"
    come = sizes[0] if sizes and (called.slots[0].name == "channels" or len(sizes) == 1) else None
    if come is not None and isinstance(first.value, int) and first.value != come:
        return f"{help}; but {come} {called.slots[0].name} come in here, and not {first.value}", None
    return help, Fix(help, (Edit(first.span.to(span), span.text),))


def _flag(value: object, span: Span) -> str | None:
    """The flag that a text, a number of 0 or 1, or `None` was to be."""
    if value is None:
        return "false"
    if isinstance(value, str):
        return {"true": "true", "false": "false", "yes": "true", "no": "false"}.get(value.lower())
    return ("false", "true")[value] if isinstance(value, int) and value in (0, 1) and not _by_place(span) else None


def _takes(slot: Slot, value: object) -> bool:
    try:
        return slot.kind is not None and (slot.kind.read(value) is not None)
    except BadValue:
        return False


def _by_place(span: Span) -> bool:
    return not span.source.text[: span.start].rstrip().endswith("=")


def _other_parameter(
    called: Signature, row: Parameter, value: object, span: Span, given: Mapping[str, Given]
) -> tuple[str, Fix | None] | None:
    """`conv(64, 3, same)`, `bn(false)`, `upsample(2, "bilinear")`: by its place it is for a parameter that does not take it, and another does."""
    if not _by_place(span) or not isinstance(value, str | bool):
        return None
    free = [slot for slot in called.slots if slot.name != row.name and slot.name not in given and slot.default != show_value(value)]
    fitting = [slot.name for slot in free if _takes(slot, value)]
    if len(fitting) != 1:
        return None
    written = f"{fitting[0]} = {value if isinstance(value, str) and value in WORDS else span.text}"
    help = f"by its place it is the `{row.name}`: write `{written}`"
    return help, Fix(help, (Edit(span, written),))


def _in_brackets(called: Signature, row: Parameter, value: object, span: Span, given: Mapping[str, Given]) -> tuple[str, Fix | None] | None:
    """`reduce("mean", height, width)`, `parameter(197, 768)`: what a list takes stands without brackets, and the next parameter has a part of it."""
    if isinstance(value, tuple) or not _by_place(span):
        return None
    place = next((number for number, slot in enumerate(called.slots) if slot.name == row.name), 0)
    first, items, start, end = called.slots[place], [value], span.start, span.end
    before = called.slots[place - 1] if place else first
    if not is_list(first) and before.name in given and _by_place(given[before.name].span):
        first, items, start = before, [given[before.name].value, value], given[before.name].span.start
    for slot in called.slots[place + 1 :]:
        row_after = given.get(slot.name)
        if row_after is None or not _by_place(row_after.span) or not isinstance(row_after.value, int):
            break
        items, end = [*items, row_after.value], row_after.span.end
    if not is_list(first) or any(isinstance(item, tuple) for item in items) or not _takes(first, tuple(items)):
        return None
    whole = span.source.span(start, end)
    text = f"[{whole.text}]"
    return f"a list stands in brackets: write `{text}`", Fix(f"write `{text}`", (Edit(whole, text),))


def _one_of_a_list(row: Parameter, value: object, span: Span) -> tuple[str, Fix | None] | None:
    """`softmax([channels])`: a list of one, where the one alone is wanted."""
    if not isinstance(value, tuple) or len(value) != 1 or not span.text.startswith("[") or not span.text.endswith("]"):
        return None
    try:
        row.kind.read(value[0])
    except BadValue:
        return None
    text = span.text[1:-1].strip(" ,")
    return f"write `{text}`, without brackets", Fix(f"write `{text}`", (Edit(span, text),))


def _like(called: Signature, value: object, span: Span) -> tuple[str, Fix | None] | None:
    """`crop(e1)`, `upsample(size = e1)`: a label where a size is wanted."""
    if not isinstance(value, ShapeOf) or not any(isinstance(slot.kind, Reference) for slot in called.slots):
        return None
    before = re.search(r"\b[a-z_]+\s*=\s*$", span.source.text[: span.start])
    place = span.source.span(before.start() if before is not None else span.start, span.end)
    axes = [axis for axis in value.axes if axis != "channels"]
    if span.text == "in":
        if not axes or not all(axes):
            return None
        text = f"size = [{', '.join(f'in.{axis}' for axis in axes)}]"
        return f"write `{text}`", Fix(f"write `{text}`", (Edit(place, text),))
    return f"the size of a labelled step is taken by `like = {span.text}`", Fix(
        f"write `like = {span.text}`", (Edit(place, f"like = {span.text}"),)
    )


def sizes_apart(called: Signature, arguments: Sequence[ast.Argument], evaluator: Reads) -> None:
    """Refuse `crop(in.height, in.width)`, `upsample(64, 64)`: the size is one argument."""
    names = [slot.name for slot in called.slots]
    if "like" not in names or "size" not in names or not any(isinstance(slot.kind, Reference) for slot in called.slots):
        return
    values = [argument.value for argument in arguments if argument.name is None]
    second = names[1] if len(values) > 1 else ""
    if second not in ("size", "like") or any(isinstance(value, ast.Constant | ast.Text) for value in values[:2]):
        return
    if any(evaluator.labelled(value) is not None for value in values):
        return
    kinds = (slot.kind for slot in called.slots)
    if isinstance(values[1], ast.Name) and any(isinstance(kind, Word) and values[1].span.text in kind.words for kind in kinds):
        return  # `upsample(2, bilinear)`: a text without its quotes
    of = {value.value.span.text for value in values if isinstance(value, ast.Attribute)}
    alike = len(of) == 1 and all(isinstance(value, ast.Attribute) and value.name != "channels" for value in values)
    numbers = all(isinstance(value, ast.Number) for value in values)
    texts = [value.span.text for value in values]
    size = "x".join(texts) if numbers else f"[{', '.join(texts)}]"
    written = f"like = {of.pop()}" if alike and "in" not in of else f"size = {size}"
    place = values[0].span.to(values[-1].span)
    raise Problem(
        Diagnostic(
            "E207",
            f"`{called.name}` takes a size as one argument, and here {len(values)} stand for it",
            Label(place, f"{len(values)} arguments"),
            fix=Fix(f"write `{called.name}({written})`", (Edit(place, written),)),
        )
    )
