"""What messages say of names: where a value came from, which name may have been meant."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE
from ..ops.foreign_names import advice, key, otherwise
from ..ops.parameters import Optional, Word
from ..ops.suggest import COUNT_INPUTS, closest, did_you_mean
from .closures import Builtin, Environment, Module, Origin, Reader, Template
from .functions import FUNCTIONS
from .shape_of import ShapeOf
from .values import WORDS, show_value

MOST_ORIGINS = 5
"""How many places a message shows at most to tell where a value came from."""


def with_origins(reader: Reader, diagnostic: Diagnostic, node: ast.Expression) -> Diagnostic:
    """The diagnostic with the places that gave the names of `node` their values: the nearest first, back to where the text says a number."""
    known = {_place(label.span) for label in (diagnostic.primary, *diagnostic.secondary)}
    labels: list[Label] = []
    waiting = deque((reader, name) for name in names_in(node))
    while waiting and len(labels) < MOST_ORIGINS:
        reader, name = waiting.popleft()
        if isinstance(name, ast.Attribute):
            places, origins = _origin_of_size(reader, name)
            labels += [label for label in places if _place(label.span) not in known]
            known |= {_place(label.span) for label in places}
            waiting.extend((origin.reader, further) for origin in origins for further in names_in(origin.expression))
            continue
        binding = reader.environment.binding(name.name)
        if binding is None:
            diagnostic = _not_the_word(reader.environment, diagnostic, name)
        elif not isinstance(binding.value, Template | Module) and _place(binding.span) not in known:
            known.add(_place(binding.span))
            labels.append(Label(binding.span, f"`{name.span.text}` is {show_value(binding.value)}"))
            if binding.origin is not None:
                waiting.extend((binding.origin.reader, further) for further in names_in(binding.origin.expression))
    return replace(diagnostic, secondary=(*diagnostic.secondary, *labels))


def _place(span: Span) -> tuple[str, int, int]:
    return span.source.name, span.start, span.end


def _not_the_word(environment: Environment, diagnostic: Diagnostic, name: ast.Name) -> Diagnostic:
    """`pad` means the operation where no parameter has that name: `apd` was meant to."""
    if name.name not in TABLE and name.name not in WORDS:
        return diagnostic
    given = {
        known
        for level in environment.levels()
        for known, row in level.bindings.items()
        if not isinstance(row.value, Template | Module | Builtin)
    }
    near = closest(name.name, given - {name.name})
    if not near:
        return diagnostic
    what = "is an operation" if name.name in TABLE else "is a word of the language"
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


def unknown_name(environment: Environment, name: str, span: Span, wanted: str = "a value", arguments: int = 0) -> Diagnostic:
    """The diagnostic of a name that means nothing here. `arguments`: how many follow it by position."""
    known: set[str] = set(TABLE)
    if wanted == "a value":
        known |= set(FUNCTIONS) | set(WORDS) | {"in"}
    else:
        known |= {"skip", "reuse", "split"} | (set(FUNCTIONS) if "function" in wanted else set())
    for level in environment.levels():
        known |= set(level.bindings)
        if wanted == "a value":
            known |= set(level.labels)
    from ...dsl.lexer.misspelt_words import USAGE  # only a text with this mistake needs it

    near = closest(name, known)
    help, fix = did_you_mean(near), replacement(span, near)
    if wanted == "a value" and name in choices():
        help, fix = None, Fix(f'write `"{name}"`: a text stands between quotes', (Edit(span, f'"{name}"'),))
    elif wanted != "a value" and near and arguments >= COUNT_INPUTS.get(key(name), arguments + 1):
        help, fix = f"{help} The channels that come in are never written: they are those of the tensor", None
    elif wanted != "a value" and environment.label(name) is not None:
        help, fix = (
            f"`{name}` is a label: `skip({name})` goes on from its step, `reuse({name})` runs it once more with the same weights",
            None,
        )
    elif name in USAGE:
        help, fix = f"`{name}` begins a statement: {USAGE[name]}", None
    elif (row := otherwise(name)) is not None and near[:1] != (name.lower(),) and not any(environment.binding(other) for other in near):
        help, fix = advice(row), None
    elif wanted != "a value" and near and near[0] in TABLE and TABLE[near[0]].least_inputs > 1 and not _heads_paths(span):
        help, fix = f"{help} It joins the paths of a merge: `{near[0]} {{ | … | … }}`", None
    return Diagnostic(
        "E201",
        f"there is no {wanted.removeprefix('a ')} named `{name}`",
        Label(span, "not known here"),
        places_of(environment, near[:3]),
        help=help,
        fix=fix,
    )


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
