"""Expressions, names and texts: one small function for each thing that a rule of `arch.lark` builds. See `build.py`."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from ...base.source import Span
from .. import ast
from ..lexer.numbers import is_time, number_of, size_of
from ..lexer.scanner import Token
from .context import Builder, Child, Dotted, present


def _conditional(builder: Builder, children: list[Child], span: Span) -> ast.Conditional:
    value, _, condition, otherwise = children
    return ast.Conditional(span, value, condition, otherwise)


def _binary(builder: Builder, children: list[Child], span: Span) -> ast.Binary:
    left, *rest = children
    for operator, right in zip(rest[::2], rest[1::2], strict=True):
        left = ast.Binary(Span(builder.source, span.start, right.span.end), builder.operator(operator), left, right)
    node: ast.Binary = left
    return node


def _comparisons(builder: Builder, children: list[Child], span: Span) -> ast.Binary:
    """`a < b < c` is `a < b and b < c`."""
    result: ast.Binary | None = None
    for left, operator, right in zip(children[:-2:2], children[1::2], children[2::2], strict=True):
        one = ast.Binary(left.span.to(right.span), builder.operator(operator), left, right)
        result = ast.Binary(result.span.to(one.span), "and", result, one) if result else one
    assert result is not None
    return result


def _unary(builder: Builder, children: list[Child], span: Span) -> ast.Unary:
    operator, operand = children
    return ast.Unary(span, builder.operator(operator), operand)


def _reference(builder: Builder, children: list[Child], span: Span) -> ast.Name | ast.Attribute:
    first, *rest = children[0].parts
    value: ast.Name | ast.Attribute = ast.Name(builder.span(first), builder.word(first))
    for part in rest:
        place = Span(builder.source, span.start, part.end)
        value = ast.Attribute(place, value, builder.word(part), builder.span(part))
    return value


def _number(builder: Builder, children: list[Child], span: Span) -> ast.Number | ast.Duration:
    if builder.is_damaged(span):
        return ast.Number(span, 0)
    word = builder.word(children[0])
    return (ast.Duration if is_time(word) else ast.Number)(span, number_of(word))


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
    rows = present(children)
    names = tuple(row.name or "" for row in rows)
    return ast.List(span, tuple(row.value for row in rows), names if any(names) else ())


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


def _tuple(builder: Builder, children: list[Child], span: Span) -> tuple[Child, ...]:
    return present(children)


EXPRESSIONS: Final = {
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
