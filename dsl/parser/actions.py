"""Tokens and nodes -> nodes: one small function for each thing that a rule of `arch.lark` builds.

A function gets the children that the rule keeps (None for something optional that is absent) and the place of the
node's text. `MAKERS` gives each rule, or form of a rule, its function.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Final

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from .. import ast
from ..lexer.scanner import Token
from .context import Builder, Child, Head, label_name, present
from .expression_actions import EXPRESSIONS
from .lalr import Make


def _steps(builder: Builder, children: list[Child]) -> tuple[Child, ...]:
    """The statements of a body. Two chains on one line want a `->` between them."""
    broken: set[int] = set()
    for index, (first, second) in enumerate(pairwise(children)):
        if isinstance(first, ast.Chain) and isinstance(second, ast.Chain) and builder.on_one_line(first.span, second.span):
            from ..recovery.two_chains import JOINED, side_by_side  # only a text with this mistake needs it

            diagnostic = side_by_side(builder.tokens, first, second)
            builder.diagnostics.append(diagnostic)
            if diagnostic.code != JOINED:
                broken |= {index, index + 1}
        elif isinstance(first, ast.Output | ast.Default) and isinstance(second, ast.Chain) and builder.on_one_line(first.span, second.span):
            from ..recovery.two_chains import missing_comma  # only a text with this mistake needs it

            builder.diagnostics.append(missing_comma(builder.tokens, first.span.end, second.span))
            broken |= {index, index + 1}
    return tuple(ast.Broken(child.span) if index in broken else child for index, child in enumerate(children))


# ------------------------------------------------------------------------------------------------------------ files


def _distinct(builder: Builder, what: str, names: tuple[ast.Name, ...]) -> None:
    """Report names of one list that are given twice."""
    first: dict[str, ast.Name] = {}
    for name in names:
        earlier = first.setdefault(name.name, name)
        if earlier is not name:
            message = f"two {what} are named `{name.name}`"
            label, other = Label(name.span, "named again here"), Label(earlier.span, "first named here")
            builder.diagnostics.append(Diagnostic("E216", message, label, (other,), help="give one of them another name"))


def _file(builder: Builder, children: list[Child], span: Span) -> tuple[ast.Edition | None, tuple[Child, ...]]:
    edition, *items = children
    return edition, tuple(items)


def _edition(builder: Builder, children: list[Child], span: Span) -> ast.Edition:
    return ast.Edition(span, int(builder.word(children[0])))


def _tuple(builder: Builder, children: list[Child], span: Span) -> tuple[Child, ...]:
    return present(children)


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
    _distinct(builder, "parameters", tuple(parameter.name for parameter in parameters or ()))
    return Head(span, name, parameters or ())


def _parameter(builder: Builder, children: list[Child], span: Span) -> ast.Parameter:
    name, default = children
    return ast.Parameter(span, name, default)


def _block(builder: Builder, children: list[Child], span: Span) -> ast.Block:
    head, takes, gives, mode, body = children
    (inputs, takes_list), (outputs, gives_list) = takes or ((), False), gives or ((), False)
    _distinct(builder, "inputs", inputs)
    _distinct(builder, "results", outputs)
    doc = builder.doc(span)
    return ast.Block(span, head.span, head.name, head.parameters, inputs, _mode(builder, mode), body, doc, outputs, takes_list, gives_list)


def _tensors(builder: Builder, children: list[Child], span: Span) -> tuple[tuple[ast.Name, ...], bool]:
    """Names of tensors, and whether the last is that of a list."""
    *names, a_list = children
    return tuple(names), a_list is not None


def _network(builder: Builder, children: list[Child], span: Span) -> ast.Network:
    head, mode, body = children
    return ast.Network(span, head.span, head.name, head.parameters, body, None, builder.doc(span), _mode(builder, mode))


def _variant(builder: Builder, children: list[Child], span: Span) -> ast.Network:
    head, call = children
    return ast.Network(span, head.span, head.name, head.parameters, (), call, builder.doc(span))


def _operation(builder: Builder, children: list[Child], span: Span) -> ast.Operation:
    head, takes, gives, target, body = children
    (inputs, takes_list), (outputs, gives_list) = takes or ((), False), gives or ((), False)
    _distinct(builder, "inputs", inputs)
    _distinct(builder, "results", outputs)
    doc = builder.doc(span)
    return ast.Operation(span, head.span, head.name, head.parameters, inputs, target, body, doc, outputs, takes_list, gives_list)


def _rule(builder: Builder, children: list[Child], span: Span) -> ast.Rule:
    name, value = children
    return ast.Rule(span, name, value)


def _kept(builder: Builder, children: list[Child], span: Span) -> ast.Kept:
    word, *tensors = children
    return ast.Kept(span, word.kind == "WEIGHT", tuple(tensors))


def _keyed(builder: Builder, children: list[Child], span: Span) -> ast.Tensor:
    key, shape = children
    if not isinstance(key, ast.Text):
        key = ast.Text(key.span, (".".join(builder.words(key.parts)),))
    return ast.Tensor(span, key, shape)


_MODES: Final[dict[str, ast.Mode]] = {"INDEXED": "indexed", "FLAT": "flat"}


def _mode(builder: Builder, mode: Token | None) -> ast.Mode:
    return _MODES[mode.kind] if mode else ""


# ----------------------------------------------------------------------------------------------------------- bodies


def _body(builder: Builder, children: list[Child], span: Span) -> tuple[Child, ...]:
    return _steps(builder, children)


def _chain(builder: Builder, children: list[Child], span: Span) -> ast.Chain:
    return ast.Chain(span, tuple(children))


def _step(builder: Builder, children: list[Child], span: Span) -> ast.Step:
    label, action, names = children
    return ast.Step(span, label, action, tuple(ast.Text(name.span, (name.name,)) for name in names or ()))


def _label(builder: Builder, children: list[Child], span: Span) -> ast.Text:
    (label,) = children
    if isinstance(label, ast.Text):
        return label
    # What is no name was reported (`my-conv: …`); one with dots is read as the text that it should be.
    return ast.Text(span, (label.name if label.name.isidentifier() or "." in label.name else label_name(label.name),))


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
    _distinct(builder, "variables of a loop", (first, second) if second else ())
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
    _distinct(builder, "variables of a loop", (first, second) if second else ())
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
    return ast.Limit(span, quantity, builder.operator(operator), value)


def _input(builder: Builder, children: list[Child], span: Span) -> ast.Input:
    name, shape = children
    return ast.Input(span, name, shape)


def _output(builder: Builder, children: list[Child], span: Span) -> ast.Output:
    return ast.Output(span, tuple(children))


def _output_item(builder: Builder, children: list[Child], span: Span) -> ast.OutputItem:
    name, label = children
    if not isinstance(label, ast.Text):
        label = ast.Call(label.span, builder.words(label.parts), label.span, (), True)
    return ast.OutputItem(span, name, label)


def _broken(builder: Builder, children: list[Child], span: Span) -> ast.Broken:
    return ast.Broken(span)


def _statement(make: Make) -> Make:
    def whole(builder: Builder, children: list[Child], span: Span) -> Child:
        node = make(builder, children, span)
        return builder.whole(node) if builder.damaged else node

    return whole


MAKERS: Final = {
    **EXPRESSIONS,
    "file": _file,
    "edition": _edition,
    "import": _statement(_import),
    "from_import": _statement(_from_import),
    "block": _statement(_block),
    "block_head": _head,
    "network": _statement(_network),
    "variant": _statement(_variant),
    "network_head": _head,
    "operation": _statement(_operation),
    "operation_head": _head,
    "declared_body": _tuple,
    "rule": _statement(_rule),
    "kept": _statement(_kept),
    "keyed": _keyed,
    "declared_if": _statement(_if),
    "declared_for": _statement(_for),
    "parameters": _tuple,
    "parameter": _parameter,
    "names": _tuple,
    "tensors": _tensors,
    "a_list": _tuple,
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
}
