"""Tensors that are written as arguments, as functions take them elsewhere: what comes in is the tensor at hand, or the paths of a merge."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol

from ...base.diagnostics import Diagnostic, Edit, Fix, Label, Problem
from ...dsl import ast
from ..ops.parameters import Reference
from .closures import Environment, Labelled
from .explain_values import taken_up
from .signatures import match
from .slots import Signature


class Knows(Protocol):
    """What knows the names and the labels at a place (an `Evaluator`)."""

    @property
    def environment(self) -> Environment: ...

    def labelled(self, node: ast.Expression) -> Labelled | None: ...


def tensor_given(inputs: int, called: Signature, call: ast.Call, evaluator: Knows, filled: frozenset[str]) -> None:
    """Refuse `relu(x)`, `conv(x, 64)`: what a step works on is the tensor at hand. `filled` are the parameters that a `default` row gives."""
    first = call.arguments[0]
    if inputs != 1 or first.name is not None or not isinstance(first.value, ast.Name):
        return
    name = first.value.name
    if evaluator.environment.binding(name) is not None or evaluator.labelled(first.value) is None:
        return
    if any(isinstance(slot.kind, Reference) for slot in called.slots):
        return
    rest = ", ".join(row.span.text for row in call.arguments[1:])
    try:
        match(called, call.arguments[1:], call.span, filled)
    except Problem as left:
        if left.diagnostic.code == "E205":
            raise Problem(_as_a_size(called, first, rest)) from None
    written, edit = taken_up(call.span, f"skip({name})", f"{called.name}({rest})" if rest else called.name)
    raise Problem(
        Diagnostic(
            "E207",
            f"`{called.name}` works on the tensor at hand, and takes none as an argument",
            Label(first.span, "is a label"),
            fix=Fix(f"go on from the label: write `{written}`", (edit,)),
        )
    )


def _as_a_size(called: Signature, first: ast.Argument, rest: str) -> Diagnostic:
    """`conv(c)`, where `c` is a label: without it the step lacks an argument, which may be a size of that tensor."""
    name = first.value.span.text
    sized = f"{called.name}({name}.channels{f', {rest}' if rest else ''})"
    return Diagnostic(
        "E207",
        f"`{called.name}` works on the tensor at hand, and takes none as an argument",
        Label(first.span, "is a label"),
        help=f"a size of it is read by the name of its axis, `{sized}`; to go on from it, write `skip({name})` before the step",
    )


def as_paths(diagnostic: Diagnostic, called: Signature, call: ast.Call, evaluator: Knows, filled: frozenset[str]) -> Diagnostic:
    """What is said of arguments that a block does not take, where some of them are tensors: `up(8, d1)`, `fuse(a, b)`, `up([a, b], c = 8)`.

    `filled` are the parameters that a `default` row gives.
    """
    tensors = {id(row): paths for row in call.arguments if (paths := list(_paths(row, called, evaluator)))}
    if not tensors:
        return diagnostic
    rest = [row for row in call.arguments if id(row) not in tensors]
    paths = [path for row in call.arguments for path in tensors.get(id(row), ())]
    inside = ", ".join(row.span.text for row in rest)
    try:
        match(called, rest, call.span, filled)
        is_whole = True
    except Problem as left:
        is_whole = False
        if left.diagnostic.code != "E205":
            return diagnostic
        inside = called.usage.removeprefix(called.name).strip("()") if not rest else f"{inside}, …"
    head = f"{'.'.join(call.path)}({inside})" if inside else ".".join(call.path)
    takes = len(called.tensors) or 1
    if len(paths) == takes - 1 and "skip" not in paths and not called.takes_list:
        paths = ["skip", *paths]
    if len(paths) == 1 and paths != ["skip"]:
        written, edit = taken_up(call.span, paths[0], head)
    else:
        written = head if len(paths) == 1 else f"{head} {{ {' '.join(f'| {path}' for path in paths)} }}"
        edit = Edit(call.span, written)
    is_whole &= len(paths) == takes or (called.takes_list and len(paths) >= takes)
    first = next(row for row in call.arguments if id(row) in tensors)
    names = f" ({', '.join(called.tensors)})" if called.tensors else ""
    how = "as the paths of a merge" if takes > 1 or called.takes_list else "from the step before"
    return Diagnostic(
        "E207",
        f"`{called.name}` takes its tensor{'s' if takes > 1 or called.takes_list else ''}{names} {how}, not as arguments",
        Label(first.span, "is a tensor"),
        (Label(called.place, f"`{called.name}` is defined here"),) if called.place is not None else (),
        help=None if is_whole else f"write `{written}`",
        fix=Fix(f"write `{written}`", (edit,)) if is_whole else None,
    )


def _paths(row: ast.Argument, called: Signature, evaluator: Knows) -> Iterator[str]:
    """The tensors that an argument names, as paths; none where it is a value."""
    if row.name is not None and row.name not in called.tensors:
        return
    values = row.value.items if isinstance(row.value, ast.List) and not any(row.value.names) else (row.value,)
    found = [_path(value, evaluator) for value in values]
    if all(path is not None for path in found):
        yield from (path for path in found if path is not None)


def _path(value: ast.Expression, evaluator: Knows) -> str | None:
    if isinstance(value, ast.Name) and evaluator.environment.binding(value.name) is not None:
        return None
    if isinstance(value, ast.Name) and value.name == "skip":
        return "skip"
    if isinstance(value, ast.Call) and value.path == ("skip",):
        return value.span.text
    return f"skip({value.span.text})" if evaluator.labelled(value) is not None else None
