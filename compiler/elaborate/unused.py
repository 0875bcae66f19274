"""Names that nothing reads (W504): parameters, lets and imports of a file, by its text alone; labels, by what was elaborated."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Label, Severity
from ...base.records import dataclass
from ...dsl import ast
from ..ops import TABLE
from .closures import Labelled


def unused_names(file: ast.File) -> tuple[Diagnostic, ...]:
    """A warning for each parameter, let and imported name that the text of `file` never mentions again."""
    reads = [_Reads.of(item) for item in file.items]
    everywhere = set().union(*(row.mentioned for row in reads))
    handed_on = set().union(*(row.handed_on for row in reads))
    found: list[Diagnostic] = []
    for item, inside in zip(file.items, reads, strict=True):
        match item:
            case ast.Block() | ast.Network():
                found += _in_definition(item, inside, item.name.name in handed_on)
            case ast.Operation(body=body):
                # Where nothing else is said, the class is given every parameter.
                by_name = not any(isinstance(row, ast.Rule) and row.name.name == "arguments" for row in ast.walk(*body))
                found += _in_definition(item, inside, by_name or item.name.name in handed_on)
            case ast.Let(name=name) if name.name not in everywhere:
                found.append(_unused_value(item))
            case ast.FromImport(names=names):
                found += [_unused("imported name", name) for name in names if name.name not in everywhere]
            case ast.Import(path=path, alias=alias, path_span=span):
                known = alias or ast.Name(span, path[-1])
                if known.name not in everywhere:
                    found.append(_unused("imported file", known))
    return tuple(found)


def _in_definition(item: ast.Block | ast.Network | ast.Operation, inside: _Reads, is_handed_on: bool) -> Iterator[Diagnostic]:
    for row in item.parameters:
        # What calls a block that is given to it as a value gives it the arguments that it gives all of them.
        if row.name.name not in inside.mentioned and not is_handed_on:
            yield _unused(f"parameter of `{item.name.name}`", row.name)
    for let in inside.lets:
        if let.name.name not in inside.mentioned:
            yield _unused_value(let)


def _unused_value(let: ast.Let) -> Diagnostic:
    """`let y = conv(8)` is an operation with its channels, to be called as `y`, and no step."""
    found, value = _unused("value", let.name), let.value
    word = value.path[-1] if isinstance(value, ast.Call) else value.name if isinstance(value, ast.Name) else ""
    if word not in TABLE:
        return found
    step = f"{let.name.name}: {' '.join(value.span.text.split())}"
    return replace(found, help=f"a `let` runs nothing, and `{let.name.name}` behind it would be the step: here it is `{step}`")


def _unused(what: str, name: ast.Name) -> Diagnostic:
    return Diagnostic(
        "W504",
        f"nothing reads `{name.name}`, a {what}" if what[0] not in "aeiou" else f"nothing reads `{name.name}`, an {what}",
        Label(name.span, "never read"),
        help="remove it, or use it where it was meant to be used",
        severity=Severity.WARNING,
    )


def unused_label(labelled: Labelled) -> Diagnostic:
    """The warning of a label that names no weights and that nothing reads."""
    why, help = "its step has no weights to name", "remove it, or bring its tensor back with `skip`"
    if labelled.is_keyless:
        why = "a `flat` block adds no name: it is in no key"
        help = (
            "remove it, bring its tensor back with `skip`, or leave `flat` out of the block's head, so that its keys begin with the label"
        )
    return Diagnostic(
        "W504",
        f"nothing reads the label `{labelled.name}`, and {why}",
        Label(labelled.span, "never read"),
        help=help,
        severity=Severity.WARNING,
    )


@dataclass(frozen=True, slots=True)
class _Reads:
    """The names that an item of a file reads. One that only gives itself to something (a let's, an argument's) does not count.

    `handed_on` stand as values, not as calls: `resnet(unit = mine)`, `[narrow, wide]`, and `mine(groups = 4)` where that is an
    argument. `lets` are those of its body.
    """

    mentioned: set[str]
    handed_on: set[str]
    lets: list[ast.Let]

    @classmethod
    def of(cls, item: ast.Node) -> _Reads:
        found = cls(set(), set(), [])
        stack: list[tuple[ast.Node, bool]] = [(item, False)]
        while stack:
            node, is_value = stack.pop()
            if isinstance(node, ast.Name | ast.Call):
                found.mentioned.add(first_name(node))
                if is_value:
                    found.handed_on.add(first_name(node))
            elif isinstance(node, ast.Let) and node is not item:
                found.lets.append(node)
            gives = isinstance(node, ast.Call | ast.Argument | ast.Let | ast.Parameter)
            hands_on = is_value and isinstance(node, ast.List | ast.Conditional | ast.Index)
            stack += [(child, gives or hands_on) for child in reversed(ast.reading(node))]
        return found


def first_name(node: ast.Name | ast.Call) -> str:
    return node.name if isinstance(node, ast.Name) else node.path[0]
