"""The index of a text: every name in it, and what it stands for."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..base.records import dataclass
from ..base.source import Source, Span
from ..compiler.elaborate.functions import FUNCTIONS
from ..compiler.elaborate.values import WORDS
from ..compiler.ops import TABLE
from ..compiler.ops.parameters import Reference
from ..dsl import ast
from .symbols import Index, Kind, Labels, Symbol, Template, Use

_NAME = re.compile(r"[A-Za-z_]\w*")
_TO_LABELS = ("skip", "reuse")


@dataclass(slots=True, eq=False)
class _Level:
    """One lexical level: what it names, and its labels."""

    above: _Level | None
    names: dict[str, Symbol]
    labels: Labels

    def name(self, word: str) -> Symbol | None:
        level: _Level | None = self
        while level is not None:
            if word in level.names:
                return level.names[word]
            level = level.above
        return None

    def label(self, word: str) -> Symbol | None:
        """An exact one of any level before one that is worked out."""
        for exact in (True, False):
            level: _Level | None = self
            while level is not None:
                found = level.labels.get(word) if exact else level.labels.meant(word)
                if found is not None:
                    return found
                level = level.above
        return None


def index_of(source: Source, file: ast.File) -> Index:
    """All names of a text."""
    index = Index(source, file)
    _Binder(index).run()
    return index


class _Binder:
    def __init__(self, index: Index) -> None:
        self.index = index
        self.owner: Symbol | None = None
        self.templates: dict[int, Symbol] = {}

    def run(self) -> None:
        top = _Level(None, self.index.items, Labels())
        for item in self.index.file.items:
            self._hoist(item)
        for item in self.index.file.items:
            self._item(item, top)

    # -------------------------------------------------------------------------------------------- definitions

    def _define(self, kind: Kind, name: ast.Name, node: ast.Node, module: tuple[str, ...] = ()) -> Symbol:
        symbol = Symbol(kind, name.name, name.span, node, self.owner, module)
        self._add(symbol, name.span)
        return symbol

    def _defined(self, kind: Kind, name: ast.Name, item: Template) -> Symbol:
        self.templates[id(item)] = self._define(kind, name, item)
        return self.templates[id(item)]

    def _add(self, symbol: Symbol, span: Span) -> None:
        self.index.symbols.append(symbol)
        self.index.uses.append(Use(span, symbol, is_definition=True))

    def _hoist(self, item: ast.Item) -> None:
        items = self.index.items
        match item:
            case ast.Block(name=name) | ast.Operation(name=name):
                items.setdefault(name.name, self._defined("block", name, item))
            case ast.Network(name=name):
                items.setdefault(name.name, self._defined("network", name, item))
            case ast.Let(name=name):
                items.setdefault(name.name, self._define("let", name, item))
            case ast.Import(path=path, path_span=span, alias=alias):
                known = alias if alias is not None else ast.Name(self._parts(span)[-1], path[-1])
                symbol = Symbol("import", known.name, known.span, item, None, path, plain=alias is not None)
                self.index.symbols.append(symbol)
                self.index.uses.append(Use(span, symbol, is_definition=alias is None))
                if alias is not None:
                    self.index.uses.append(Use(alias.span, symbol, is_definition=True))
                items.setdefault(known.name, symbol)
            case ast.FromImport(path=path, path_span=span, names=names):
                self.index.uses.append(Use(span, Symbol("import", path[-1], None, item, None, path, plain=False)))
                for name in names:
                    items.setdefault(name.name, self._define("imported", name, item, path))

    def _parts(self, span: Span) -> list[Span]:
        """The names in a dotted one."""
        return [span.source.span(span.start + part.start(), span.start + part.end()) for part in _NAME.finditer(span.text)]

    def _item(self, item: ast.Item, top: _Level) -> None:
        match item:
            case ast.Let(value=value):
                self._value(value, top)
            case ast.Default(calls=calls):
                for call in calls:
                    self._call(call, top)
            case ast.Block() | ast.Network() | ast.Operation():
                self._template(item, top)

    def _template(self, item: Template, top: _Level) -> None:
        own = self.templates[id(item)]
        self.owner = own
        level = _Level(top, {}, own.labels)
        for row in item.parameters:
            if row.default is not None:
                self._value(row.default, level)
            level.names[row.name.name] = self._define("parameter", row.name, row)
        if isinstance(item, ast.Block | ast.Operation):
            for name in item.inputs:
                own.labels.add(name.name, self._define("input", name, item))
        elif item.variant_of is not None:
            self._call(item.variant_of, level)
        self._body(item.body, level)
        for name in item.outputs if isinstance(item, ast.Block) else ():
            self._use(name.span, level.label(name.name) or Symbol("unknown", name.name))
        self.owner = None

    # --------------------------------------------------------------------------------------------- statements

    def _body(self, body: Sequence[ast.Statement], above: _Level, *given: Symbol) -> None:
        """A body with names of its own; its labels are those of `above` where that is the level of a block, a stage or a label."""
        level = _Level(above, {symbol.name: symbol for symbol in given}, above.labels)
        for statement in body:
            if isinstance(statement, ast.Let):
                level.names.setdefault(statement.name.name, self._define("let", statement.name, statement))
        for statement in body:
            self._labels(statement, level)
        for statement in body:
            self._statement(statement, level)

    def _labels(self, statement: ast.Statement, level: _Level) -> None:
        if isinstance(statement, ast.Chain):
            for step in statement.steps:
                for label in (*((step.label,) if step.label is not None else ()), *step.names):
                    self._label(label, step, level)
        elif isinstance(statement, ast.Stage | ast.Aux):
            self._label(statement.name, statement, level)
        elif isinstance(statement, ast.Input):
            level.labels.add(statement.name.name, self._define("input", statement.name, statement))

    def _label(self, text: ast.Text, node: ast.Node, level: _Level) -> None:
        name = "".join(piece if isinstance(piece, str) else "{" + piece.span.text + "}" for piece in text.pieces)
        symbol = Symbol("label", name, text.span, node, self.owner, plain=bool(_NAME.fullmatch(text.span.text)))
        self._add(symbol, text.span)
        level.labels.add(name, symbol)
        for piece in text.pieces:
            if not isinstance(piece, str):
                self._value(piece, level)

    def _inside(self, node: ast.Node, level: _Level) -> _Level:
        """Where the labels inside a labelled node go: they are its members."""
        symbol = level.labels.of(node)
        return _Level(level, {}, symbol.labels if symbol is not None else level.labels)

    def _statement(self, statement: ast.Statement, level: _Level) -> None:
        match statement:
            case ast.Chain(steps=steps):
                for step in steps:
                    self._step(step, level)
            case ast.Stage(body=body) | ast.Aux(body=body):
                self._body(body, self._inside(statement, level))
            case ast.Repeat() | ast.For():
                self._loop(statement, statement.body, level)
            case ast.If(condition=condition, body=body, otherwise=otherwise):
                self._value(condition, level)
                self._body(body, level)
                self._body(otherwise, level)
            case ast.Output(items=items):
                for item in items:
                    if isinstance(item.label, ast.Text):
                        self._label_text(item.label, level)
                    else:
                        self._dotted(item.label.path_span, level, labels=True)
            case ast.Default(calls=calls):
                for call in calls:
                    self._call(call, level)
            case ast.Budget(limits=limits):
                for limit in limits:
                    self._value(limit.value, level)
            case ast.Rule(value=value):
                self._value(value, level)
            case ast.Kept(tensors=tensors):
                for tensor in tensors:
                    self._value(tensor.shape, level)
            case ast.Let() | ast.Require() | ast.Expect() | ast.Input():
                for part in ast.reading(statement):
                    self._value(part, level)

    def _loop(self, loop: ast.Repeat | ast.For, body: Sequence[ast.Statement], level: _Level) -> None:
        self._value(loop.count if isinstance(loop, ast.Repeat) else loop.values, level)
        names = (loop.variable,) if isinstance(loop, ast.Repeat) else (loop.index, loop.variable)
        self._body(body, level, *(self._define("round", name, loop) for name in names if name is not None))

    def _step(self, step: ast.Step, level: _Level) -> None:
        inside = self._inside(step, level) if step.label is not None else level
        match step.action:
            case ast.Call():
                self._call(step.action, level)
            case ast.Group(body=body):
                self._body(body, inside)
            case ast.Merge(head=head, paths=paths):
                self._call(head, level)
                for path in paths:
                    match path.qualifier:
                        case ast.If(condition=condition):
                            self._value(condition, level)
                            self._body(path.body, inside)
                        case ast.Repeat() | ast.For() as loop:
                            self._loop(loop, path.body, inside)
                        case None:
                            self._body(path.body, inside)

    # -------------------------------------------------------------------------------------------- expressions

    def _value(self, node: ast.Node, level: _Level) -> None:
        match node:
            case ast.Name():
                self._use(node.span, self._meant(node.name, level))
            case ast.Attribute():
                self._attribute(node, level)
            case ast.Call():
                self._call(node, level)
            case _:
                for part in ast.children(node):
                    self._value(part, level)

    def _attribute(self, node: ast.Attribute, level: _Level) -> None:
        base: ast.Expression = node
        while isinstance(base, ast.Attribute):
            base = base.value
        if isinstance(base, ast.Name) and base.name != "in":
            self._dotted(node.span, level, labels=False)
        else:
            self._value(base, level)
            self._use(node.name_span, Symbol("axis", node.name))

    def _dotted(self, span: Span, level: _Level, labels: bool) -> None:
        """`backbone.layer3.channels`, `resnet.bottleneck`: each name is of what stands before it."""
        found: Symbol | None = None
        for part in self._parts(span):
            word = part.text
            if found is None:
                found = (level.label(word) if labels else None) or self._meant(word, level)
            elif found.kind == "import":
                found = Symbol("imported", word, None, None, None, found.module)
            elif (inside := found.labels.meant(word)) is not None:
                found = inside
            elif found.kind in ("label", "member"):
                found = Symbol("member", word, of=found)
            else:
                found = Symbol("axis", word, of=found)
            self._use(part, found)

    def _call(self, call: ast.Call, level: _Level) -> None:
        word = call.path[0]
        if word in _TO_LABELS and level.name(word) is None:
            self._use(call.path_span, Symbol("word", word))
            for argument in call.arguments:
                self._to_label(argument.value, level)
            return
        if word == "split" and level.name(word) is None:
            self._use(call.path_span, Symbol("word", word))
            for argument in call.arguments:
                self._value(argument.value, level)
            return
        parts = self._parts(call.path_span)
        self._dotted(call.path_span, level, labels=False)
        callee = self.index.uses[-1].symbol if parts else Symbol("unknown", word)
        references = _references(callee)
        for argument in call.arguments:
            if argument.name is not None and argument.name_span is not None:
                self._use(argument.name_span, Symbol("argument", argument.name, of=callee))
            if argument.name in references:
                self._to_label(argument.value, level)
            else:
                self._value(argument.value, level)

    def _to_label(self, node: ast.Expression, level: _Level) -> None:
        if isinstance(node, ast.Text):
            self._label_text(node, level)
        elif isinstance(node, ast.Name | ast.Attribute):
            self._dotted(node.span, level, labels=True)
        else:
            self._value(node, level)

    def _label_text(self, node: ast.Text, level: _Level) -> None:
        if len(node.pieces) == 1 and isinstance(node.pieces[0], str):
            found = level.label(node.pieces[0])
            if found is not None:
                self._use(node.span, found)
            return
        for piece in node.pieces:
            if not isinstance(piece, str):
                self._value(piece, level)

    def _meant(self, word: str, level: _Level) -> Symbol:
        """A name means, in this order: a parameter or `let`, a label, a block or network, an operation."""
        found = level.name(word)
        if found is None or found.of is None:
            found = level.label(word) or found
        if found is not None:
            return found
        if word in TABLE:
            return Symbol("operation", word)
        return Symbol("function" if word in FUNCTIONS else "word" if word in WORDS or word in ("in", "here") else "unknown", word)

    def _use(self, span: Span, symbol: Symbol) -> None:
        self.index.uses.append(Use(span, symbol))


def _references(callee: Symbol) -> frozenset[str]:
    """The parameters of an operation that take a label."""
    if callee.kind != "operation":
        return frozenset()
    return frozenset(row.name for row in TABLE[callee.name].parameters() if isinstance(row.kind, Reference))
