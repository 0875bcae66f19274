"""`split(3) as q, k, v`: all parts of a tensor at once, equal ones or, `split([1, 24, 24])`, of the sizes of a list."""

from __future__ import annotations

import re
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Node
from ..ops.axes import AXIS_WORDS, placed, resolve_axis
from ..ops.axis_names import axis_name, spelled
from ..ops.base import Refusal
from ..ops.shapes import show
from .closures import Builtin, Frame, Given, Labelled, Origin
from .current import need_tensor, only, together
from .doubts import doubt_along
from .interfaces import Expander
from .shape_of import ShapeOf
from .signatures import match, signature
from .values import Unknowable


def run_split(expansion: Expander, frame: Frame, step: ast.Step, call: ast.Call) -> None:
    """The parts, each a node of its own; the generated source makes them in one call. `as` gives each a label, a label before it names them in a row."""
    from ..ops.part import Chunk, Slice  # few networks split anything

    whole = signature(Builtin(Chunk))
    called = replace(whole, name="split", slots=tuple(slot for slot in whole.slots if slot.name != "i"))
    evaluator = expansion.evaluator(frame)
    given = {
        name: Given(evaluator.value(argument.value), argument.value.span, Origin(evaluator, argument.value))
        for name, argument in match(called, call.arguments, call.span).items()
    }
    need_tensor(frame, call.span)
    tensor = only(expansion.build.nodes, frame.current, call.span, "`split` takes")
    sizes = _sizes(given["n"].value)
    count = len(sizes) if sizes else given["n"].value
    if not isinstance(count, int) or isinstance(count, bool) or count < 1:
        count = 1  # which is refused when the first part is placed, as a list of what is no size is
    if step.names and len(step.names) != count and (sizes or not isinstance(given["n"].value, tuple)):
        said = wrong_names(step.names[0].span.to(step.names[-1].span), len(step.names), count)
        if len(step.names) == 1:
            row, written = step.names[0].span.text, " ".join(call.span.text.split())
            said = replace(
                said, help=f"one name for all stands before the step, `{row}: {written}`: then `skip({row}[0])`, `skip({row}[1])`, …"
            )
        raise Problem(said if sizes or tensor is None else _size_of_a_part(said, expansion.build.nodes[tensor], given, len(step.names)))
    if tensor is not None:
        node = expansion.build.nodes[tensor]
        if (doubt := doubt_along("split", call, given, ShapeOf(node.shape, node.axes))) is not None:
            expansion.build.say(doubt, frame)
    if sizes and tensor is not None:
        _check_sum(sizes, expansion.build.nodes[tensor], given)
    labels = [expansion.label_text(frame, label) for label in step.names]
    places = [name.span for name in step.names]
    title = "" if step.label is None else expansion.label_text(frame, step.label)
    if step.label is not None:
        if labels:
            raise Problem(_named_twice(step.label.span, call, labels))
        labels, places = [f"{title}.{number}" for number in range(count)], [step.label.span] * count
    parts: list[int | None] = []
    for number in range(count):
        names = tuple(labels[number].split(".")) if labels else (frame.names.ordinal("split"),)
        expansion.claim(frame, names, places[number] if labels else call.span, bool(labels))
        rows = {"axis": Given("channels", call.path_span), **given, "i": Given(number, call.path_span)}
        if sizes:
            begin, size = sum(sizes[:number]), given["n"]
            rows = {"axis": rows["axis"], "start": replace(size, value=begin), "stop": replace(size, value=begin + sizes[number])}
        made = expansion.build.place(frame, Slice if sizes else Chunk, rows, [tensor], names, call.span, called, label=bool(labels))
        if made is None:
            raise Unknowable
        parts.append(made)
        if step.names:
            expansion.register(frame, Labelled(labels[number], made, places[number]))
    frame.current = together(parts)
    if title:
        members = {str(number): Labelled(labels[number], part, places[number], used=True) for number, part in enumerate(parts)}
        expansion.register(frame, Labelled(title, frame.current, places[0], members))


def _named_twice(span: Span, call: ast.Call, names: list[str]) -> Diagnostic:
    written = " ".join(call.span.text.split())
    return Diagnostic(
        "E210",
        "the parts of `split` are named twice: in a row by the label before it, and each by `as`",
        Label(span, "one name"),
        help=f"leave out one: `{written} as {', '.join(names)}`, or `{span.text}: {written}`, whose parts are `{span.text}[0]`, `{span.text}[1]`, …",
    )


def _sizes(value: object) -> tuple[int, ...]:
    """The sizes of unequal parts; () where none are given."""
    sizes = tuple(size for size in value if isinstance(size, int) and not isinstance(size, bool)) if isinstance(value, tuple) else ()
    return sizes if sizes == value and min(sizes, default=0) > 0 else ()


def _size_of_a_part(said: Diagnostic, node: Node, given: dict[str, Given], names: int) -> Diagnostic:
    """`split(32) as a, b` of 64 channels: how large a part is elsewhere, where here stands how many there are."""
    number, size = _along(node, given), given["n"].value
    if number is None or not isinstance(size, int) or size * names != node.shape[number]:
        return said
    help = f"`split` is told how many parts there are, not how large one is: write `{names}`"
    return replace(said, help=help, fix=Fix(help, (Edit(given["n"].span, str(names)),)))


def _along(node: Node, given: dict[str, Given]) -> int | None:
    """The axis that is cut; None where there is none such, which is told of the first part."""
    from ..ops.part import Slice

    axis = given["axis"].value if "axis" in given else "channels"
    if not isinstance(axis, int) and axis not in AXIS_WORDS:
        return None
    try:
        found, _ = placed(Slice(axis=axis), [node.axes], (node.shape,), given)
        assert isinstance(found, Slice)
        return resolve_axis(found.axis, node.shape, "split")
    except Refusal:
        return None


def _check_sum(sizes: tuple[int, ...], node: Node, given: dict[str, Given]) -> None:
    """Raise a `Problem` where the parts are together not as long as the axis. That there is such an axis is checked with each part."""
    number = _along(node, given)
    if number is None:
        return
    there, asked = node.shape[number], sum(sizes)
    if asked == there:
        return
    last = sizes[-1] + there - asked
    name = spelled(axis_name(number, node.shape), node.axes)
    right = f"[{', '.join(map(str, (*sizes[:-1], last)))}]"
    raise Problem(
        Diagnostic(
            "E310",
            f"the parts of `split` are {' + '.join(map(str, sizes))} = {asked}, and `{name}` of its input {show(node.shape)} is {there}",
            Label(given["n"].span, f"{asked} together"),
            (Label(node.span, f"gives {name} {there}"),),
            help=f"together they are the whole axis: `{right}`" if last > 0 else f"together they are the whole axis, {there}",
        )
    )


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
