"""Mistakes where no network has run: in blocks that nothing calls, and behind conditions that do not hold.

Elaboration sees only what it expands. This reads the rest by its text alone, and says what is wrong wherever it stands:
a name that nothing gives, an argument that an operation or a block of the file does not take.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Problem
from ...base.source import Span
from ...dsl import ast
from ..ops import TABLE
from .closures import NO_DEFAULTS, Binding, Builtin, Environment, Template
from .explain_values import dotted_name, from_elsewhere, unknown_name
from .foreign_shapes import Around
from .foreign_steps import unknown_step
from .functions import FUNCTIONS
from .signatures import is_reference, match, signature
from .values import WORDS

NOTE = "no network that was checked comes by here; found by reading"

Names = Mapping[str, Span]
"""Names that are known at a place, and where each was given."""


def unknown_names(file: ast.File) -> tuple[Diagnostic, ...]:
    """What is wrong in `file` wherever it stands. Its imports are known to be good."""
    names: dict[str, Span] = {}
    templates: dict[str, Template] = {}
    nowhere = Environment()
    for item in file.items:
        match item:
            case ast.Block(name=name) | ast.Network(name=name):
                templates[name.name] = Template(item, nowhere, NO_DEFAULTS)
                nowhere.bindings[name.name] = Binding(templates[name.name], name.span)
                names[name.name] = name.span
            case ast.Let(name=name) | ast.Operation(name=name):
                names[name.name] = name.span
            case ast.Import(path=path, path_span=span, alias=alias):
                names[alias.name if alias is not None else path[-1]] = span
            case ast.FromImport(names=brought):
                names |= {name.name: name.span for name in brought}
    found: list[Diagnostic] = []
    for item in file.items:
        if isinstance(item, ast.Block | ast.Network):
            found += _Reader(templates, item).read(names)
    return tuple(replace(row, notes=(*row.notes, NOTE)) for row in found)


class _Reader:
    """Reads one block or network."""

    def __init__(self, templates: Mapping[str, Template], item: ast.Block | ast.Network) -> None:
        self.templates = templates
        self.item = item
        labels = [*_labels(item.body), *(name.name for name in (item.inputs if isinstance(item, ast.Block) else ()))]
        self.is_label = re.compile("|".join(labels) or "(?!)").fullmatch
        self.found: list[Diagnostic] = []

    def read(self, names: Names) -> list[Diagnostic]:
        inside = dict(names)
        for row in self.item.parameters:
            if row.default is not None:
                self.value(row.default, inside)
            inside[row.name.name] = row.name.span
        if isinstance(self.item, ast.Network) and self.item.variant_of is not None:
            self.call(self.item.variant_of, inside, "operation or block")
        self.body(self.item.body, inside)
        return self.found

    # -------------------------------------------------------------------------------------- statements

    def body(self, body: Sequence[ast.Statement], names: Names, *more: ast.Name | None) -> None:
        inside = {**names, **{name.name: name.span for name in more if name is not None}}
        inside |= {row.name.name: row.name.span for row in body if isinstance(row, ast.Let)}
        for statement in body:
            self.statement(statement, inside)

    def statement(self, statement: ast.Statement, names: Names) -> None:
        match statement:
            case ast.Chain(steps=steps):
                for step in steps:
                    if step.label is not None:
                        self.value(step.label, names)
                    self.action(step.action, names)
            case ast.Stage(name=name, body=body) | ast.Aux(name=name, body=body):
                self.value(name, names)
                self.body(body, names)
            case ast.If(condition=condition, body=body, otherwise=otherwise):
                self.value(condition, names)
                self.body(body, names)
                self.body(otherwise, names)
            case ast.Repeat() | ast.For():
                self.loop(statement, statement.body, names)
            case ast.Let(value=value):
                self.value(value, names)
            case ast.Default(calls=calls):
                for call in calls:
                    self.call(call, names, "block or operation", partial=True)
            case ast.Require(condition=condition, message=message):
                self.value(condition, names)
                if message is not None:
                    self.value(message, names)
            case ast.Expect(shape=shape) | ast.Input(shape=shape):
                self.value(shape, names)
            case ast.Budget(limits=limits):
                for limit in limits:
                    self.value(limit.value, names)

    def loop(self, loop: ast.Repeat | ast.For, body: Sequence[ast.Statement], names: Names) -> None:
        if isinstance(loop, ast.Repeat):
            self.value(loop.count, names)
            self.body(body, names, loop.variable)
        else:
            self.value(loop.values, names)
            self.body(body, names, loop.variable, loop.index)

    def action(self, action: ast.Action, names: Names) -> None:
        match action:
            case ast.Call():
                self.call(action, names, "operation or block")
            case ast.Group(body=body):
                self.body(body, names)
            case ast.Merge(head=head, paths=paths):
                self.call(head, names, "operation or block")
                for path in paths:
                    match path.qualifier:
                        case ast.If(condition=condition):
                            self.value(condition, names)
                            self.body(path.body, names)
                        case ast.Repeat() | ast.For() as loop:
                            self.loop(loop, path.body, names)
                        case None:
                            self.body(path.body, names)

    # ------------------------------------------------------------------------------------- expressions

    def call(self, call: ast.Call, names: Names, wanted: str, partial: bool = False) -> None:
        """A step, a row of defaults, or a call in an expression. What is called by the name of a parameter may be anything."""
        name = call.path[0]
        if name in ("skip", "reuse", "split") and wanted == "operation or block" and name not in names:
            return
        callee: Builtin | Template | None = None
        if name not in names:
            if name not in TABLE:
                whole = ".".join(call.path)
                elsewhere = from_elsewhere(_environment(names), whole)
                self.found.append(unknown_step(Around(_environment(names)), whole if elsewhere else name, call, wanted))
            elif len(call.path) == 1:
                callee = Builtin(TABLE[name])
        elif len(call.path) == 1 and name in self.templates and names[name] is self.templates[name].definition.name.span:
            callee = self.templates[name] if _stands_here(self.templates[name]) else None
        references: set[str] = set()
        if callee is not None:
            called = signature(callee)
            try:
                match(called, call.arguments, call.span, partial=True)
            except Problem as problem:
                self.found.append(problem.diagnostic)
            if isinstance(callee, Builtin):
                references = {row.name for row in callee.operation.parameters() if is_reference(row)}
        for argument in call.arguments:
            if argument.name not in references:
                self.value(argument.value, names)

    def value(self, node: ast.Expression, names: Names) -> None:
        def parts(node: ast.Node) -> Sequence[ast.Node]:
            return () if (isinstance(node, ast.Call) and not is_function(node)) or elsewhere(node) else ast.children(node)

        def elsewhere(node: ast.Node) -> str | None:
            name = dotted_name(node) if isinstance(node, ast.Attribute) else None
            return (
                name
                if name is not None and not self.is_label(name.partition(".")[0]) and from_elsewhere(_environment(names), name)
                else None
            )

        def is_function(call: ast.Call) -> bool:
            return call.path[0] in FUNCTIONS and call.path[0] not in names

        for part in ast.walk(node, parts=parts):
            if isinstance(part, ast.Name):
                known = part.name in names or part.name in TABLE or part.name in WORDS or part.name in ("in", "here")
                if not known and not self.is_label(part.name):
                    self.say(part.name, part.span, names, "a value")
            elif isinstance(part, ast.Attribute) and (name := elsewhere(part)) is not None:
                self.say(name, part.span, names, "operation or block")
            elif isinstance(part, ast.Call) and not is_function(part):
                self.call(part, names, "function, block or operation")

    def say(self, name: str, span: Span, names: Names, wanted: str) -> None:
        self.found.append(unknown_name(_environment(names), name, span, wanted))


def _environment(names: Names) -> Environment:
    return Environment(bindings={known: Binding(None, place) for known, place in names.items()})


def _stands_here(template: Template) -> bool:
    """Whether the parameters of a template are in this text: those of a preset may be in another."""
    presets: list[Template] = []
    while template.is_preset:
        base = template.base
        if not isinstance(base, Template) or template in presets:
            return False
        presets.append(template)
        template = base
    return True


def _labels(body: Sequence[ast.Statement]) -> Iterator[str]:
    """A pattern of every label in a body and the bodies within: of an expression in it anything may come."""
    for node in ast.walk(*body):
        for label in ast.labels_of(node):
            yield "".join(re.escape(piece.split(".")[0]) if isinstance(piece, str) else ".*" for piece in label.pieces)
        if isinstance(node, ast.Input):
            yield node.name.name
