"""What messages say of names: where a value came from, which name may have been meant."""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE
from ..ops.axis_names import AXIS_NAMES
from ..ops.foreign_calls import positions
from ..ops.foreign_names import advice, key, otherwise, same_as
from ..ops.parameters import Optional, Word
from ..ops.suggest import COUNT_INPUTS, closest, did_you_mean, is_near
from .closures import Binding, Builtin, Environment, Module, Origin, Reader, Template
from .explain_ended import ended_value
from .explain_given import of_another_kind
from .explain_outputs import output_named, said_of_an_output
from .explain_rounds import of_rounds
from .functions import FUNCTIONS
from .shape_of import ShapeOf
from .values import WORDS, show_value

MOST_ORIGINS = 5
"""How many places a message shows at most to tell where a value came from: the nearest, and those where a number stands."""

_FOLLOWED = 20
"""How many are looked at."""

_OF_VALUES: Final = ("E208", "E222", "E223", "E224")
"""What is said of a value that is of the wrong kind where it is read."""


def with_origins(reader: Reader, diagnostic: Diagnostic, node: ast.Expression) -> Diagnostic:
    """The diagnostic with the places that gave the names of `node` their values: the nearest first, back to where the text says a number.

    Parameters that only hand a value on, from call to call, are passed over: the calls are told already.
    """
    if diagnostic.code in _OF_VALUES and (given := of_another_kind(reader, node)) is not None:
        return given
    known = {_place(label.span) for label in (diagnostic.primary, *diagnostic.secondary)}
    labels: list[Label] = []
    written: set[Label] = set()  # where the text says a number, and no further name
    waiting = deque((reader, name, False) for name in names_in(node))
    while waiting and len(labels) < _FOLLOWED:
        reader, name, is_handed = waiting.popleft()
        if isinstance(name, ast.Attribute):
            places, origins = _origin_of_size(reader, name)
            labels += [label for label in places if _place(label.span) not in known]
            known |= {_place(label.span) for label in places}
            waiting.extend((origin.reader, further, False) for origin in origins for further in names_in(origin.expression))
            continue
        binding = reader.environment.binding(name.name)
        if binding is None and (listed := reader.environment.label(name.name)) is not None:
            labels += [label for label in listed.parts if _place(label.span) not in known]
            known |= {_place(label.span) for label in listed.parts}
        elif binding is None:
            diagnostic = _not_the_word(reader, diagnostic, name)
        elif not isinstance(binding.value, Template | Module) and _place(binding.span) not in known:
            known.add(_place(binding.span))
            origin, hands_on = binding.origin, _hands_on(binding)
            if not (is_handed and hands_on):
                labels.append(Label(binding.span, f"`{name.span.text}` is {show_value(binding.value)}"))
                if origin is None or not names_in(origin.expression):
                    written.add(labels[-1])
            if origin is not None:
                waiting.extend((origin.reader, further, hands_on) for further in names_in(origin.expression))
    if len(labels) > MOST_ORIGINS:
        near = labels[: MOST_ORIGINS - 2]
        labels = [*near, *([row for row in labels[len(near) :] if row in written] or labels[len(near) :])[:2]]
    return replace(diagnostic, secondary=(*diagnostic.secondary, *labels))


def _hands_on(binding: Binding) -> bool:
    """Whether a parameter has the whole value of another name, as of `out` in `conv(width)`, called with `width = out`."""
    origin = binding.origin
    if origin is None or not isinstance(origin.expression, ast.Name):
        return False
    before = origin.reader.environment.binding(origin.expression.name)
    return before is not None and before.value is binding.value


def _place(span: Span) -> tuple[str, int, int]:
    return span.source.name, span.start, span.end


def _not_the_word(reader: Reader, diagnostic: Diagnostic, name: ast.Name) -> Diagnostic:
    """`pad` means the operation where no parameter has that name: `apd` was meant to. `height` is the name of an axis: `in.height` is a number."""
    if name.name not in TABLE and name.name not in WORDS:
        return diagnostic
    if {*diagnostic.primary.span.text.strip("[]").replace(",", " ").split()} <= {*AXIS_NAMES} and diagnostic.primary.span.text.startswith(
        "["
    ):
        return diagnostic  # a list of axes is one
    environment = reader.environment
    given = {
        known
        for level in environment.levels()
        for known, row in level.bindings.items()
        if not isinstance(row.value, Template | Module | Builtin)
    }
    near = closest(name.name, given - {name.name})
    what = "is an operation" if name.name in TABLE else "is a word of the language"
    if not near:
        if diagnostic.fix is not None:
            return diagnostic
        sized = name.name in AXIS_NAMES and isinstance(reader.entry, ShapeOf) and reader.entry.place(name.name) is not None
        meant = f"; `in.{name.name}` is that of what comes in" if sized else ""
        alone = f"`{name.name}` {what}, and nothing else here has that name{meant}"
        return replace(diagnostic, help=alone) if diagnostic.code in _OF_VALUES else diagnostic
    help = f"`{name.name}` {what}, and nothing else here has that name: {did_you_mean(near)}"
    return replace(
        diagnostic, secondary=(*diagnostic.secondary, *places_of(environment, near[:3])), help=help, fix=replacement(name.span, near)
    )


def _origin_of_size(reader: Reader, node: ast.Attribute) -> tuple[list[Label], list[Origin]]:
    """The places that gave `in.channels` its value."""
    axis = reader.entry.place(node.name) if isinstance(reader.entry, ShapeOf) else None
    if axis is None or node.span.text != f"in.{node.name}":
        return [], []
    return reader.decided(axis, node.span.text)


def unknown_name(
    environment: Environment, name: str, span: Span, wanted: str = "a value", arguments: int = 0, step: Fix | None = None
) -> Diagnostic:
    """The diagnostic of a name that means nothing here. `arguments`: how many follow it by position; `step`: what the call is in archc's words."""
    known: set[str] = set(TABLE)
    if wanted == "a value":
        known |= set(FUNCTIONS) | set(WORDS) | {"in", "here"}
    else:
        known |= {"skip", "reuse", "split"} | (set(FUNCTIONS) if "function" in wanted else set())
    for level in environment.levels():
        known |= set(level.bindings)
        if wanted == "a value":
            known |= set(level.labels)
    from ...dsl.lexer.misspelt_words import USAGE  # only a text with this mistake needs it

    if _is_followed_by_a_dot(span):  # a file that is imported, or a label with parts
        files = {word for level in environment.levels() for word, row in level.bindings.items() if isinstance(row.value, Module)}
        known = files | {word for level in environment.levels() for word, row in level.labels.items() if row.members or wanted == "a value"}
    if wanted != "a value" and (spelled := _spelled_with_signs(environment, span)) is not None:
        return spelled
    near = closest(name, known - {name})
    help, fix = did_you_mean(near), replacement(span, near) if near and is_near(name, near[0]) else None
    if fix is not None and wanted != "a value" and (window := re.search(r"(\d+)x(\d+)$", name)) is not None:
        size = window[1] if window[1] == window[2] else window[0]
        help, fix = f"{help} A window is an argument: `kernel = {size}`", None  # the word alone would be of another one
    rounds = of_rounds(environment, None, name, span) if wanted == "a value" else None
    if rounds is not None:
        said = Diagnostic("E201", f"there is no value named `{name}`", Label(span, "not known here"), rounds.secondary, help=rounds.help)
        for bound in rounds.bounds:
            said = with_origins(bound.reader, said, bound.expression)
        return said
    if wanted == "a value" and (item := output_named(environment, name)) is not None:
        return said_of_an_output(Diagnostic("E201", f"there is no value named `{name}`", Label(span, "not known here")), item)
    if wanted == "a value" and (ended := ended_value(environment, name, span)) is not None:
        return ended
    if wanted == "a value" and near and near[0] in AXIS_NAMES and environment.binding(near[0]) is None:
        # A word for an axis is no number: where an axis is asked for, `explain_arguments.py` tells those there are.
        own = f"a number of the text's own is given first, `let {name} = 64`, or is a parameter of the block or network"
        count = "how many channels come in" if near[0] == "channels" else f"the {near[0]} of what comes in"
        help, fix = own if near[0] == "depth" else f"{count} is `in.{near[0]}`; {own}", None  # a depth is mostly one of blocks
    elif wanted == "a value" and name in choices():
        help, fix = None, Fix(f'write `"{name}"`: a text stands between quotes', (Edit(span, f'"{name}"'),))
    elif step is not None and (near[:1] == (same_as(name),) or not near):
        counted = arguments >= COUNT_INPUTS.get(key(name), arguments + 1) and (positions(name) or ("",))[0] == "-"
        fix = step
        help = step.message + (". The channels that come in are never written: they are those of the tensor" if counted else "")
    elif wanted != "a value" and near and arguments >= COUNT_INPUTS.get(key(name), arguments + 1):
        help, fix = f"{help} The channels that come in are never written: they are those of the tensor", None
    elif wanted != "a value" and environment.label(name) is not None and (named := _named_as_output(span)) is not None:
        help, fix = "an output is named behind its word, without a colon", named
    elif wanted != "a value" and environment.label(name) is not None:
        help, fix = (
            f"`{name}` is a label: `skip({name})` goes on from its step, `reuse({name})` runs it once more with the same weights",
            # Where a path begins with it, its tensor is meant.
            Fix(f"write `skip({name})`", (Edit(span, f"skip({name})"),)) if _is_a_path(span) else None,
        )
    elif (
        wanted != "a value"
        and environment.binding(name) is None
        and otherwise(name) is None
        and (shipped := _of_library(name.rpartition(".")[2], near)) is not None
    ):
        help, fix = _imported(shipped, span)
    elif name.startswith("self."):
        help = "a step stands where it is run, and there is no `self`: write the operation itself, with a label where its keys need a name"
        fix = None
    elif name == "int" and "function" in wanted:
        help, fix = "`floor` gives the whole number below, as `int` does of a number above 0", Fix("write `floor`", (Edit(span, "floor"),))
    elif name == "zip":
        help = "what goes together is an item of one list: `for row in [[8, 3], [16, 5]] { conv(row[0], row[1]) }`; `for i, c in list` counts, too"
        fix = None
    elif name == "enumerate":
        help, fix = "`for i, x in list { … }` numbers the rounds by itself", _bare_list(span)
    elif wanted != "a value" and name == "split":
        help, fix = (
            "`split(2) as a, b` parts one tensor; branches are the paths of what joins them: `concat { | conv(8, 1) | conv(8, 3) }`",
            None,
        )
    elif wanted != "a value" and (times := re.fullmatch(r"[xX](\d+)", name)) is not None:
        help, fix = f"what runs {times[1]} times is the body of a `repeat`: `repeat {times[1]} {{ conv(64) -> relu }}`", None
    elif name in USAGE:
        help, fix = f"`{name}` begins a statement: {USAGE[name]}", None
    elif (row := otherwise(name)) is not None and near[:1] != (name.lower(),) and not any(environment.binding(other) for other in near):
        help, fix = advice(row), None
    elif wanted != "a value" and near and near[0] in TABLE and TABLE[near[0]].least_inputs > 1 and not _heads_paths(span):
        help, fix = f"{help} It joins the paths of a merge: `{near[0]} {{ | … | … }}`", None
    elif wanted == "a value" and help is None and not _is_followed_by_a_dot(span):
        help = f"a value is given before it is read, `let {name} = …`, or is a parameter of the block or network"
    return Diagnostic(
        "E201",
        f"there is no {wanted.removeprefix('a ')} named `{name}`",
        Label(span, "not known here"),
        places_of(environment, near[:3]),
        help=help,
        fix=fix,
    )


def _named_as_output(span: Span) -> Fix | None:
    """`output: d`: an output is named, and no step with that label."""
    source = span.source
    before = re.search(r"(?:^|[\n{])[ \t]*(output[ \t]*:[ \t]*)\Z", source.text[max(span.start - 100, 0) : span.start])
    if before is None:
        return None
    return Fix(f"write `output {span.text}`", (Edit(source.span(span.start - len(before[1]), span.start), "output "),))


def _bare_list(span: Span) -> Fix | None:
    """`for i, x in enumerate(list)`: the list alone."""
    text = span.source.text
    called = re.match(r"\s*\(\s*([\w.]+|\[[^\]\n]*\])\s*\)", text[span.end : span.end + 100])
    if called is None or re.search(r"\bfor\s+\w+\s*,\s*\w+\s+in\s*\Z", text[max(span.start - 200, 0) : span.start]) is None:
        return None
    return Fix(
        f"a loop numbers its rounds by itself: write `{called[1]}`",
        (Edit(span.source.span(span.start, span.end + called.end()), called[1]),),
    )


_LABEL_BEFORE = re.compile(r'(?:^|[\n{|]|->)[ \t]*(([A-Za-z_][\w.]*|"[^"\n]*")\s*[:=]\s*)\Z')


def taken_up(span: Span, tensor: str, step: str) -> tuple[str, Edit]:
    """`skip(x) -> relu` in the place of a call at `span`: the text, and the edit. A label of the call stays that of the step."""
    source = span.source
    before = _LABEL_BEFORE.search(source.text[max(span.start - 200, 0) : span.start])
    if before is None:
        text = f"{tensor} -> {step}"
        return text, Edit(span, text)
    text = f"{tensor} -> {before[2]}: {step}"
    return text, Edit(source.span(span.start - len(before[1]), span.end), text)


def dotted_name(node: ast.Expression) -> str | None:
    """`nn.functional.relu`, where names alone are joined by dots."""
    if isinstance(node, ast.Name):
        return node.name
    if not isinstance(node, ast.Attribute):
        return None
    before = dotted_name(node.value)
    return None if before is None else f"{before}.{node.name}"


def from_elsewhere(environment: Environment, name: str) -> bool:
    """Whether a dotted name is another library's: it begins with no name of this text, and an operation is called so there."""
    first = name.partition(".")[0]
    if environment.binding(first) is not None or environment.label(first) is not None or first in TABLE or environment.has_holes:
        return False
    last = name.rpartition(".")[2]
    return (
        first == "self"
        or same_as(name) is not None
        or otherwise(name) is not None
        or last in (*TABLE, "split")
        or (first in _MODELS and _of_library(last, ()) is not None)
    )


_MODELS: Final = ("models", "torchvision", "timm", "archc")
"""Where networks stand in Python."""


def _is_a_path(span: Span) -> bool:
    text = span.source.text
    return text[: span.start].rstrip().endswith("|") and re.match(r"\s*(\||\}|->)", text[span.end : span.end + 40]) is not None


@lru_cache(maxsize=1)
def _library() -> frozenset[str]:
    """The names of the networks that come with archc."""
    from ..files.locate import known_names

    return frozenset(known_names())


def _of_library(name: str, near: Sequence[str]) -> str | None:
    """The network of the library that is meant: of this name, or as a paper spells it (`ResNet50`) where nothing `near` is that."""
    from ..files.near_names import heard_alike

    if name in _library():
        return name
    alike = heard_alike(name, _library())
    return alike[0] if alike and not heard_alike(name, near) else None


def _spelled_with_signs(environment: Environment, span: Span) -> Diagnostic | None:
    """`efficientnet-b3`, `ViT-B/16`: a network of the library, whose name is read as several steps. It covers what was said of its parts."""
    from ..files.near_names import WITH_SIGNS, one_alike

    spelled = WITH_SIGNS.match(span.source.text[span.start : span.end + 60])
    whole = span.source.span(span.start, span.start + spelled.end()) if spelled is not None else span
    alike = one_alike(whole.text, _library()) if whole.end > span.end else None
    if alike is None:
        return None
    help, fix = _imported(alike, whole)
    if environment.binding(alike) is not None:
        help, fix = f"write `{alike}`", Fix(f"write `{alike}`", (Edit(whole, alike),))
    return Diagnostic("E201", f"there is no operation or block named `{whole.text}`", Label(whole, "not known here"), help=help, fix=fix)


def _imported(name: str, span: Span) -> tuple[str, Fix]:
    """A network of the library, which the text has not imported."""
    source = span.source
    line = f"from {name} import {name}\n"
    head = re.match(r"(\s*(#[^\n]*)?\n|arch \d+[^\n]*\n)*", source.text)
    place = head.end() if head is not None and not source.text[: head.end()].rstrip().rpartition("\n")[2].startswith("##") else 0
    edits, then = [Edit(source.span(place, place), line)], ""
    if span.text != name:
        edits, then = [*edits, Edit(span, name)], f", and `{name}` here"
    help = f"it comes with archc: write `{line.strip()}` at the top{then}"
    return help, Fix(help, tuple(edits))


def nothing_of_the_file(file: str, node: ast.Attribute, offered: Sequence[str]) -> Diagnostic:
    """`resnet.resnet34`: a file that is imported has no such name, and another of the library may have."""
    near, name = closest(node.name, offered), node.name
    help, fix = did_you_mean(near), None
    if name in _library():
        help, fix = _imported(name, node.span)
    elif near and is_near(name, near[0]) and _DIGITS.findall(name) == _DIGITS.findall(near[0]):
        fix = replacement(node.name_span, near)  # another number is another network
    return Diagnostic("E215", f"`{file}.arch` defines no `{name}`", Label(node.name_span, "not defined there"), help=help, fix=fix)


_DIGITS = re.compile(r"\d+")


def _is_followed_by_a_dot(span: Span) -> bool:
    return re.match(r"\s*\.\s*[A-Za-z_]", span.source.text[span.end : span.end + 20]) is not None


def _heads_paths(span: Span) -> bool:
    """Whether the paths of a merge follow the name (and its arguments)."""
    return re.match(r"\s*(\([^()]*\))?\s*\{", span.source.text[span.end : span.end + 200]) is not None


def choices() -> set[str]:
    """The texts that parameters of operations may be, such as "bilinear"."""
    rows = [row.kind for operation in TABLE.values() for row in operation.parameters()]
    kinds = [kind.kind if isinstance(kind, Optional) else kind for kind in rows]
    return {word for kind in kinds if isinstance(kind, Word) for word in kind.words}


def places_of(environment: Environment, names: tuple[str, ...]) -> tuple[Label, ...]:
    """Where the names that may have been meant were given, those that this file gives."""
    labels = []
    for name in names:
        binding, label = environment.binding(name), environment.label(name)
        span = binding.span if binding is not None else label.span if label is not None else None
        if span is not None:
            labels.append(Label(span, f"`{name}` is this"))
    return tuple(labels)


def names_in(node: ast.Expression) -> list[ast.Name | ast.Attribute]:
    """The names that an expression reads, in order: of `in.channels` and `e1.height` the whole."""
    found = ast.walk(node, parts=lambda part: () if isinstance(part, ast.Attribute) else ast.children(part))
    return [part for part in found if isinstance(part, ast.Name | ast.Attribute)]


def replacement(span: Span, names: tuple[str, ...]) -> Fix | None:
    """The fix that writes the nearest name in the place of what stands there."""
    return Fix(f"write `{names[0]}`", (Edit(span, names[0]),)) if names else None


def comma_of_a_list(node: ast.Index) -> Diagnostic | None:
    """`[[1, 2] [3]]`: no item of `[1, 2]` is asked for, where white space parts the two; a comma is missing."""
    first, second = node.value.span, node.span.source.span(node.value.span.end, node.span.end)
    if not second.text[:1].isspace() or not isinstance(node.index, ast.Number):
        return None
    return Diagnostic(
        "E113",
        f"a comma is missing between `{first.text}` and `{second.text.strip()}`",
        Label(second, "a comma before this"),
        fix=Fix("write the comma", (Edit(first.source.span(first.end, first.end), ","),)),
    )
