"""Names that nothing reads (W504): parameters, lets and imports of a file, by its text alone; labels, by what was elaborated."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

from ...base.diagnostics import Diagnostic, Label, Severity
from ...base.source import Span
from ...dsl import ast


def unused_names(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for each parameter, let and imported name that the text of `file` never mentions again."""
    mentions = [_mentioned(item) for item in file.items]
    everywhere = set().union(*mentions)
    handed_on = _handed_on(file)
    found: list[Diagnostic] = []
    for item, mentioned in zip(file.items, mentions, strict=True):
        match item:
            case ast.Block() | ast.Network():
                found += _in_definition(item, mentioned, item.name.name in handed_on)
            case ast.Let(name=name) if name.name not in everywhere:
                found.append(_unused("value", name))
            case ast.FromImport(names=names):
                found += [_unused("imported name", name) for name in names if name.name not in everywhere]
            case ast.Import(path=path, alias=alias, path_span=span):
                known = alias or ast.Name(span, path[-1])
                if known.name not in everywhere:
                    found.append(_unused("imported file", known))
    return tuple(found)


def _in_definition(item: ast.Block | ast.Network, mentioned: set[str], is_handed_on: bool) -> Iterator[Diagnostic]:
    for row in item.parameters:
        # What calls a block that is given to it as a value gives it the arguments that it gives all of them.
        if row.name.name not in mentioned and not is_handed_on:
            yield _unused(f"parameter of `{item.name.name}`", row.name)
    for name in _lets(item.body):
        if name.name not in mentioned:
            yield _unused("value", name)


def _unused(what: str, name: ast.Name) -> Diagnostic:
    return Diagnostic(
        "W504",
        f"nothing reads `{name.name}`, a {what}" if what[0] not in "aeiou" else f"nothing reads `{name.name}`, an {what}",
        Label(name.span, "never read"),
        help="remove it, or use it where it was meant to be used",
        severity=Severity.WARNING,
    )


def unused_label(name: str, span: Span) -> Diagnostic:
    """The warning of a label that names no weights and that nothing reads."""
    return Diagnostic(
        "W504",
        f"nothing reads the label `{name}`, and its step has no weights to name",
        Label(span, "never read"),
        help="remove it, or bring its tensor back with `skip`",
        severity=Severity.WARNING,
    )


def _handed_on(file: ast.File) -> set[str]:
    """The names that stand as values, not as calls: `resnet(unit = mine)`, `[narrow, wide]`, and `mine(groups = 4)` where that is an argument."""
    names: set[str] = set()
    stack: list[tuple[object, bool]] = [(file.items, False)]
    while stack:
        node, is_value = stack.pop()
        if isinstance(node, tuple):
            stack += [(part, is_value) for part in node]
        elif isinstance(node, ast.Name):
            names |= {node.name} if is_value else set()
        elif isinstance(node, ast.Call):
            names |= {node.path[0]} if is_value else set()
            stack.append((node.arguments, True))
        elif isinstance(node, ast.Argument | ast.Let):
            stack.append((node.value, True))
        elif isinstance(node, ast.Parameter):
            stack.append((node.default, True))
        elif dataclasses.is_dataclass(node) and not isinstance(node, Span):
            values = isinstance(node, ast.List | ast.Conditional | ast.Index) and is_value
            stack += [(getattr(node, row.name), values) for row in dataclasses.fields(node) if row.name not in ("span", "name", "source")]
    return names


def _mentioned(roots: object) -> set[str]:
    """Every name that is read in a part of the tree. A name that only gives itself to something (a let, an argument's) does not count."""
    names: set[str] = set()
    stack: list[object] = [roots]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack += node
        elif isinstance(node, ast.Name):
            names.add(node.name)
        elif isinstance(node, ast.Call):
            names.add(node.path[0])
            stack.append(node.arguments)
        elif isinstance(node, (ast.Argument, ast.Let)):
            stack.append(node.value)
        elif isinstance(node, ast.Repeat):
            stack += [node.count, node.body]
        elif isinstance(node, ast.For):
            stack += [node.values, node.body]
        elif isinstance(node, ast.Parameter):
            stack.append(node.default)
        elif isinstance(node, ast.Input):
            stack.append(node.shape)
        elif isinstance(node, ast.Limit):
            stack.append(node.value)
        elif isinstance(node, ast.Import | ast.FromImport):
            continue
        elif dataclasses.is_dataclass(node) and not isinstance(node, Span):
            stack += [getattr(node, row.name) for row in dataclasses.fields(node) if row.name not in ("span", "name", "source")]
            if isinstance(node, ast.Stage | ast.Aux):
                stack.append(node.name)
    return names


def _lets(body: tuple[ast.Statement, ...]) -> Iterator[ast.Name]:
    stack: list[object] = [body]
    while stack:
        node = stack.pop()
        if isinstance(node, tuple):
            stack += reversed(node)
        elif isinstance(node, ast.Let):
            yield node.name
        elif isinstance(node, ast.Stage | ast.Aux | ast.Repeat | ast.For | ast.Group):
            stack.append(node.body)
        elif isinstance(node, ast.If):
            stack += [node.otherwise, node.body]
        elif isinstance(node, ast.Chain):
            stack += [step.action for step in reversed(node.steps)]
        elif isinstance(node, ast.Merge):
            stack += [path.body for path in reversed(node.paths)]
