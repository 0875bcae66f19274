"""Tokens and nodes -> nodes: one small function for each thing that a rule of `arch.lark` builds.

A function gets the children that the rule keeps (None for something optional that is absent) and where the text of the
node starts and ends. `MAKERS` gives each rule, or form of a rule, its function.
"""

from __future__ import annotations

from dataclasses import field, replace
from itertools import pairwise
from typing import Any, Final, TypeAlias

from . import ast
from .braces import DEEPEST, nested_too_deep
from .diagnostics import Diagnostic
from .foreign import meant_by
from .lalr import Make
from .numbers import number_of, size_of
from .records import dataclass
from .source import Source, Span
from .tokens import Token, Tokens

# What stands on the parser's stack: tokens, nodes, tuples of nodes, None. The grammar says which, not the type checker.
Child: TypeAlias = Any


@dataclass(frozen=True, slots=True)
class Dotted:
    """`a.b.c`, until it is known what the name stands for."""

    span: Span
    parts: tuple[Token, ...]


@dataclass(frozen=True, slots=True)
class Head:
    """`block name(parameters)`."""

    span: Span
    name: ast.Name
    parameters: tuple[ast.Parameter, ...]


@dataclass(slots=True)
class Builder:
    """What every function needs besides the children, and what is found wrong while building."""

    tokens: Tokens
    source: Source = field(init=False)
    text: str = field(init=False)
    damaged: list[int] = field(init=False)
    diagnostics: list[Diagnostic] = field(default_factory=list)
    absorbed: dict[int, Span] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.source, self.text = self.tokens.source, self.tokens.text
        self.damaged = self.tokens.damaged

    def span(self, token: Token) -> Span:
        return Span(self.source, token.start, token.end)

    def word(self, token: Token) -> str:
        """The text of a token, foreign signs read as ours."""
        return meant_by(self.text[token.start : token.end])

    def words(self, parts: tuple[Token, ...]) -> tuple[str, ...]:
        return tuple(self.text[part.start : part.end] for part in parts)

    def doc(self, span: Span) -> str:
        return self.tokens.docs.get(span.start, "")

    def is_damaged(self, span: Span) -> bool:
        """Whether something within the span could not be understood."""
        return any(span.start <= place < span.end for place in self.damaged)

    def whole(self, node: Child) -> Child:
        """The statement itself, or `Broken` where its meaning is not known. The innermost statement bears the damage."""
        for place in self.damaged:
            if node.span.start <= place < node.span.end and self.absorbed.setdefault(place, node.span) == node.span:
                return ast.Broken(node.span)
        return node

    def on_one_line(self, first: Span, second: Span) -> bool:
        """Whether nothing parts two statements."""
        if "\n" in self.text[first.end : second.start]:
            return False
        return not any(first.end <= place < second.start for place in self.tokens.semicolons)

    def deepen(self, span: Span, depth: int, levels: int) -> int:
        """How deep a tree is that adds `levels` to one of `depth`. One that is too deep is reported and given up."""
        if depth + levels <= DEEPEST:
            return depth + levels
        if not self.is_damaged(span):
            self.damaged.append(span.start)
            self.diagnostics.append(nested_too_deep(span))
        return 0


def _present(children: list[Child]) -> tuple[Child, ...]:
    return tuple(child for child in children if child is not None)


def _steps(builder: Builder, children: list[Child]) -> tuple[Child, ...]:
    """The statements of a body. Two chains on one line want a `->` between them."""
    broken: set[int] = set()
    for index, (first, second) in enumerate(pairwise(children)):
        if isinstance(first, ast.Chain) and isinstance(second, ast.Chain) and builder.on_one_line(first.span, second.span):
            from .beside import JOINED, side_by_side  # only a text with this mistake needs it

            diagnostic = side_by_side(builder.tokens, first, second)
            builder.diagnostics.append(diagnostic)
            if diagnostic.code != JOINED:
                broken |= {index, index + 1}
    return tuple(ast.Broken(child.span) if index in broken else child for index, child in enumerate(children))


# ------------------------------------------------------------------------------------------------------------ files


def _tuple(builder: Builder, children: list[Child], span: Span) -> tuple[Child, ...]:
    return _present(children)


def _only(builder: Builder, children: list[Child], span: Span) -> Child:
    return children[0]


def _import(builder: Builder, children: list[Child], span: Span) -> ast.Import:
    path, alias = children
    return ast.Import(span, builder.words(path.parts), path.span, alias)


def _from_import(builder: Builder, children: list[Child], span: Span) -> ast.FromImport:
    path, *names = children
    return ast.FromImport(span, builder.words(path.parts), path.span, tuple(names))


def _head(builder: Builder, children: list[Child], span: Span) -> Head:
    name, parameters = children
    return Head(span, name, parameters or ())


def _parameter(builder: Builder, children: list[Child], span: Span) -> ast.Parameter:
    name, default = children
    return ast.Parameter(span, name, default)


def _block(builder: Builder, children: list[Child], span: Span) -> ast.Block:
    head, inputs, mode, body = children
    doc = builder.doc(span)
    return ast.Block(span, head.span, head.name, head.parameters, inputs or (), _mode(builder, mode), body, doc)


def _network(builder: Builder, children: list[Child], span: Span) -> ast.Network:
    head, body = children
    return ast.Network(span, head.span, head.name, head.parameters, body, None, builder.doc(span))


def _variant(builder: Builder, children: list[Child], span: Span) -> ast.Network:
    head, call = children
    return ast.Network(span, head.span, head.name, head.parameters, (), call, builder.doc(span))


def _mode(builder: Builder, mode: Token | None) -> str:
    return builder.word(mode) if mode else ""


# ----------------------------------------------------------------------------------------------------------- bodies


def _body(builder: Builder, children: list[Child], span: Span) -> tuple[Child, ...]:
    return _steps(builder, children)


def _chain(builder: Builder, children: list[Child], span: Span) -> ast.Chain:
    return ast.Chain(span, tuple(children))


def _step(builder: Builder, children: list[Child], span: Span) -> ast.Step:
    label, action = children
    return ast.Step(span, label, action)


def _label(builder: Builder, children: list[Child], span: Span) -> ast.Text:
    (label,) = children
    return label if isinstance(label, ast.Text) else ast.Text(span, (label.name,))


def _group(builder: Builder, children: list[Child], span: Span) -> ast.Group:
    mode, body = children
    return ast.Group(span, _mode(builder, mode), body)


def _bare_call(builder: Builder, children: list[Child], span: Span) -> ast.Call:
    (path,) = children
    return ast.Call(span, builder.words(path.parts), path.span, (), True)


def _call(builder: Builder, children: list[Child], span: Span) -> ast.Call:
    path, arguments = children
    return ast.Call(span, builder.words(path.parts), path.span, arguments)


def _merge(builder: Builder, children: list[Child], span: Span) -> ast.Merge:
    head, _, *paths = children
    return ast.Merge(span, head, tuple(paths))


def _path(builder: Builder, children: list[Child], span: Span) -> ast.Path:
    bar, qualifier, *body = children
    return ast.Path(span, builder.span(bar), qualifier, _steps(builder, body))


def _when(builder: Builder, children: list[Child], span: Span) -> ast.If:
    return ast.If(span, children[0], ())


def _times(builder: Builder, children: list[Child], span: Span) -> ast.Repeat:
    count, variable = children
    return ast.Repeat(span, count, variable, ())


def _each(builder: Builder, children: list[Child], span: Span) -> ast.For:
    first, second, values = children
    return ast.For(span, first if second else None, second or first, values, ())


def _stage(builder: Builder, children: list[Child], span: Span) -> ast.Stage:
    name, mode, body = children
    return ast.Stage(span, name, _mode(builder, mode), body, builder.doc(span))


def _aux(builder: Builder, children: list[Child], span: Span) -> ast.Aux:
    name, mode, body = children
    return ast.Aux(span, name, _mode(builder, mode), body)


def _repeat(builder: Builder, children: list[Child], span: Span) -> ast.Repeat:
    count, variable, body = children
    return ast.Repeat(span, count, variable, body)


def _for(builder: Builder, children: list[Child], span: Span) -> ast.For:
    first, second, values, body = children
    return ast.For(span, first if second else None, second or first, values, body)


def _if(builder: Builder, children: list[Child], span: Span) -> ast.If:
    condition, body, otherwise = children
    if otherwise is not None and not isinstance(otherwise, tuple):
        otherwise = (otherwise,)  # `else if`
    return ast.If(span, condition, body, otherwise or ())


def _let(builder: Builder, children: list[Child], span: Span) -> ast.Let:
    name, value = children
    return ast.Let(span, name, value)


def _default(builder: Builder, children: list[Child], span: Span) -> ast.Default:
    return ast.Default(span, tuple(children))


def _require(builder: Builder, children: list[Child], span: Span) -> ast.Require:
    condition, message = children
    return ast.Require(span, condition, message)


def _expect(builder: Builder, children: list[Child], span: Span) -> ast.Expect:
    return ast.Expect(span, children[0])


def _budget(builder: Builder, children: list[Child], span: Span) -> ast.Budget:
    return ast.Budget(span, tuple(children))


def _limit(builder: Builder, children: list[Child], span: Span) -> ast.Limit:
    quantity, operator, value = children
    return ast.Limit(span, quantity, builder.word(operator), value)


def _input(builder: Builder, children: list[Child], span: Span) -> ast.Input:
    name, shape = children
    return ast.Input(span, name, shape)


def _output(builder: Builder, children: list[Child], span: Span) -> ast.Output:
    return ast.Output(span, tuple(children))


def _output_item(builder: Builder, children: list[Child], span: Span) -> ast.OutputItem:
    name, path = children
    return ast.OutputItem(span, name, ast.Call(path.span, builder.words(path.parts), path.span, (), True))


def _broken(builder: Builder, children: list[Child], span: Span) -> ast.Broken:
    return ast.Broken(span)


# ------------------------------------------------------------------------------------------------------ expressions


def _conditional(builder: Builder, children: list[Child], span: Span) -> ast.Conditional:
    value, _, condition, otherwise = children
    return ast.Conditional(span, value, condition, otherwise)


def _binary(builder: Builder, children: list[Child], span: Span) -> ast.Binary:
    left, *rest = children
    for operator, right in zip(rest[::2], rest[1::2], strict=True):
        left = ast.Binary(Span(builder.source, span.start, right.span.end), builder.word(operator), left, right)
    node: ast.Binary = left
    return node


def _comparisons(builder: Builder, children: list[Child], span: Span) -> ast.Binary:
    """`a < b < c` is `a < b and b < c`."""
    result: ast.Binary | None = None
    for left, operator, right in zip(children[:-2:2], children[1::2], children[2::2], strict=True):
        one = ast.Binary(left.span.to(right.span), builder.word(operator), left, right)
        result = ast.Binary(result.span.to(one.span), "and", result, one) if result else one
    assert result is not None
    return result


def _unary(builder: Builder, children: list[Child], span: Span) -> ast.Unary:
    operator, operand = children
    return ast.Unary(span, builder.word(operator), operand)


def _reference(builder: Builder, children: list[Child], span: Span) -> ast.Name | ast.Attribute:
    first, *rest = children[0].parts
    value: ast.Name | ast.Attribute = ast.Name(builder.span(first), builder.word(first))
    for part in rest:
        place = Span(builder.source, span.start, part.end)
        value = ast.Attribute(place, value, builder.word(part), builder.span(part))
    return value


def _number(builder: Builder, children: list[Child], span: Span) -> ast.Number:
    return ast.Number(span, 0 if builder.is_damaged(span) else number_of(builder.word(children[0])))


def _size(builder: Builder, children: list[Child], span: Span) -> ast.Size:
    return ast.Size(span, (0, 0) if builder.is_damaged(span) else size_of(builder.word(children[0])))


def _constant(builder: Builder, children: list[Child], span: Span) -> ast.Constant:
    return ast.Constant(span, {"TRUE": True, "FALSE": False, "NONE": None}[children[0].kind])


def _parenthesis(builder: Builder, children: list[Child], span: Span) -> Child:
    """The expression itself; its place includes the parentheses, so that what holds it ends where it ends."""
    return replace(children[0], span=span)


def _index(builder: Builder, children: list[Child], span: Span) -> ast.Index:
    value, index = children
    return ast.Index(span, value, index)


def _attribute(builder: Builder, children: list[Child], span: Span) -> ast.Attribute:
    value, name = children
    return ast.Attribute(span, value, name.name, name.span)


def _list(builder: Builder, children: list[Child], span: Span) -> ast.List:
    return ast.List(span, _present(children))


def _argument(builder: Builder, children: list[Child], span: Span) -> ast.Argument:
    name, value = children
    return ast.Argument(span, name.name if name else None, name.span if name else None, value)


def _dotted(builder: Builder, children: list[Child], span: Span) -> Dotted:
    return Dotted(span, tuple(children))


def _name(builder: Builder, children: list[Child], span: Span) -> ast.Name:
    return ast.Name(span, builder.word(children[0]))


def _text(builder: Builder, children: list[Child], span: Span) -> ast.Text:
    content = builder.text[span.start + 1 : span.end - 1]
    return ast.Text(span, (content,) if content else ())


def _pieces(builder: Builder, children: list[Child], span: Span) -> ast.Text:
    pieces: list[Child] = []
    for child in children[1:-1]:
        if not isinstance(child, Token):
            pieces.append(child)
        elif child.kind == "TEXT_PIECE":
            pieces.append(builder.word(child).replace("{{", "{").replace("}}", "}"))
    return ast.Text(span, tuple(pieces))


def _statement(make: Make) -> Make:
    def whole(builder: Builder, children: list[Child], span: Span) -> Child:
        node = make(builder, children, span)
        return builder.whole(node) if builder.damaged else node

    return whole


MAKERS: Final = {
    "file": _tuple,
    "import": _statement(_import),
    "from_import": _statement(_from_import),
    "block": _statement(_block),
    "block_head": _head,
    "network": _statement(_network),
    "variant": _statement(_variant),
    "network_head": _head,
    "parameters": _tuple,
    "parameter": _parameter,
    "names": _tuple,
    "body": _body,
    "chain": _statement(_chain),
    "step": _step,
    "label": _label,
    "call_step": _only,
    "group": _group,
    "bare_call": _bare_call,
    "call": _call,
    "merge": _merge,
    "path": _path,
    "when": _when,
    "times": _times,
    "each": _each,
    "stage": _statement(_stage),
    "aux": _statement(_aux),
    "repeat": _statement(_repeat),
    "for": _statement(_for),
    "if": _statement(_if),
    "let": _statement(_let),
    "default": _statement(_default),
    "default_row": _only,
    "require": _statement(_require),
    "expect": _statement(_expect),
    "budget": _statement(_budget),
    "limit": _limit,
    "input": _statement(_input),
    "output": _statement(_output),
    "output_item": _output_item,
    "broken": _broken,
    "conditional": _conditional,
    "binary": _binary,
    "comparisons": _comparisons,
    "unary": _unary,
    "reference": _reference,
    "number": _number,
    "size": _size,
    "constant": _constant,
    "parenthesis": _parenthesis,
    "index": _index,
    "attribute": _attribute,
    "list": _list,
    "arguments": _tuple,
    "argument": _argument,
    "dotted": _dotted,
    "name": _name,
    "text": _text,
    "pieces": _pieces,
}
