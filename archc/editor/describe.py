"""What there is to say of the thing under the cursor, in Markdown: the manual, values with their origin, shapes and costs."""

from __future__ import annotations

from ..base.records import dataclass
from ..base.source import Span
from ..compiler.elaborate.functions import FUNCTIONS
from ..compiler.ops import TABLE
from ..dsl import ast
from ..manual.language_words import word_page
from ..manual.pages import function_page, operation_page
from .answer import Answer
from .meaning import Found, definition
from .service import Service
from .symbols import Index, Symbol, Template, Use, nodes_at

MOST_SHOWN = 6
"""How many different values or shapes are listed."""


@dataclass(frozen=True, slots=True)
class Told:
    """What is said, and of which piece of the text."""

    text: str
    span: Span


def hover(service: Service, path: str, offset: int) -> Told | None:
    """What stands at a place. While a text is half written, shapes and values are those of the text before, where the place is the same."""
    index = service.index(path)
    if index is None:
        return None
    offset = max(0, min(offset, len(index.source.text)))
    answer = service.answer(path)
    nodes = nodes_at(index.file, offset)
    use = index.at(offset)
    parts: list[str] = []
    span: Span | None = None
    if use is not None:
        span = use.span
        parts += _of_name(service, answer, path, index, use, nodes)
    else:
        word = _word_at(index, offset)
        page = word_page(word.text) if word is not None else None
        if page is not None and word is not None:
            span = word
            parts.append(_page(page))
        else:
            expression = next((node for node in reversed(nodes) if isinstance(node, _WORKED_OUT)), None)
            if expression is not None:
                span = expression.span
                parts += _values(answer, nodes, expression, f"`{' '.join(span.text.split())}`")
    step = next((node for node in reversed(nodes) if isinstance(node, ast.Step)), None)
    if step is not None:
        about = of_step(answer, step)
        if about:
            span = span or step.span
            parts.append(about)
    return Told("\n\n---\n\n".join(parts), span) if parts and span is not None else None


_WORKED_OUT = ast.Binary | ast.Unary | ast.Conditional | ast.Index | ast.Attribute | ast.Call | ast.Text | ast.Number | ast.Size | ast.List


def _word_at(index: Index, offset: int) -> Span | None:
    text = index.source.text
    start = end = offset
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    while end < len(text) and (text[end].isalnum() or text[end] == "_"):
        end += 1
    line = text.rfind("\n", 0, start) + 1
    return index.source.span(start, end) if start < end and "#" not in text[line:start] else None


def _page(page: str) -> str:
    """A page of the manual without its title, which the cursor is on."""
    return page.split("\n\n", 1)[-1].strip()


# -------------------------------------------------------------------------------------------------- names


def _of_name(service: Service, answer: Answer, path: str, index: Index, use: Use, nodes: list[ast.Node]) -> list[str]:
    symbol = use.symbol
    if symbol.kind == "operation":
        return [_page(operation_page(TABLE[symbol.name]))]
    if symbol.kind == "function":
        return [_page(function_page(FUNCTIONS[symbol.name]))]
    if symbol.kind == "argument" and symbol.of is not None and symbol.of.kind == "operation":
        rows = [row for row in TABLE[symbol.of.name].parameters() if row.name == symbol.name]
        return [f"`{row.name}` of `{symbol.of.name}`: {row.doc}. Takes {row.kind.describe}." for row in rows]
    expression = _expression(nodes, use)
    if symbol.kind in ("word", "axis"):
        page = word_page(symbol.name)
        told = _values(answer, nodes, expression, f"`{expression.span.text}`") if expression is not None else []
        return told or ([_page(page)] if page is not None else [])
    found = definition(service, path, symbol)
    if found is None:
        return []
    return _of_symbol(service, answer, found, symbol, nodes, expression)


def _expression(nodes: list[ast.Node], use: Use) -> ast.Expression | None:
    """The expression that a name is read in: `in.channels` at its second word."""
    for node in reversed(nodes):
        ends = node.span.end if isinstance(node, ast.Name | ast.Attribute) else -1
        if ends == use.span.end or (isinstance(node, ast.Attribute) and use.symbol.name == "in"):
            assert isinstance(node, ast.Name | ast.Attribute)
            if use.symbol.name != "in" or isinstance(node, ast.Attribute):
                return node
    return None


def _of_symbol(
    service: Service, answer: Answer, found: Found, symbol: Symbol, nodes: list[ast.Node], expression: ast.Expression | None
) -> list[str]:
    node = found.symbol.node
    match node:
        case ast.Block() | ast.Network() | ast.Operation() if found.symbol.kind in ("block", "network"):
            checked = answer.checked(node.name.name) if isinstance(node, ast.Network) and found.path == answer.path else None
            about = [_code(head_of(node))]
            about += [node.doc] if node.doc else []
            about += [totals(answer, checked.program.name)] if checked is not None and checked.program is not None else []
            return ["\n\n".join(about)]
        case ast.Parameter(default=default):
            owner = found.symbol.of.name if found.symbol.of is not None else ""
            text = f"`{found.symbol.name}`, a parameter of `{owner}`" + (
                f"; if nothing is said `{default.span.text}`" if default is not None else ""
            )
            return [text, *_named(answer, found, nodes, expression)]
        case ast.Let(value=value):
            return [_code(f"let {found.symbol.name} = {' '.join(value.span.text.split())}"), *_named(answer, found, nodes, expression)]
        case ast.Repeat() | ast.For():
            return [f"`{found.symbol.name}`, the variable of `{_line(node.span)}`", *_named(answer, found, nodes, expression)]
    if symbol.kind == "import":
        return [
            f"`{'.'.join(symbol.module)}.arch`"
            + (f"\n\n{index.file.doc}" if (index := service.index(found.path)) and index.file.doc else "")
        ]
    if found.symbol.kind in ("label", "member", "input") and isinstance(node, ast.Step | ast.Stage | ast.Aux | ast.Input):
        shapes = shapes_of(answer, node.span)
        told = f"`{found.symbol.name}`, {'an input' if isinstance(node, ast.Input) else 'the output of a step'}"
        doc = node.doc if isinstance(node, ast.Stage) else ""
        return [told + (f": {shapes}" if shapes else "") + (f"\n\n{doc}" if doc else "")]
    return []


def _code(text: str) -> str:
    return f"```arch\n{text}\n```"


def _line(span: Span) -> str:
    return span.text.split("{")[0].strip().split("\n")[0]


def head_of(node: Template) -> str:
    """`block name(params) takes a, b`; of a variant all of it."""
    if isinstance(node, ast.Network) and node.variant_of is not None:
        return node.span.text
    text = node.head.text
    if isinstance(node, ast.Block) and node.inputs and "takes" not in text:
        text += f" takes {', '.join(row.name for row in node.inputs)}"
    return text


# -------------------------------------------------------------------------------------------- values, costs


def _named(answer: Answer, found: Found, nodes: list[ast.Node], expression: ast.Expression | None) -> list[str]:
    """The values of a parameter, a `let` or the variable of a loop."""
    if expression is None and found.symbol.span is not None:
        node = found.symbol.node
        owner = found.symbol.of.node if found.symbol.of is not None else None
        if isinstance(node, ast.Let) and owner is None:
            return _listed(answer.value_of_file(node.value), f"`{found.symbol.name}`", [])
        body = (
            node.body
            if isinstance(node, ast.Repeat | ast.For)
            else owner.body
            if isinstance(owner, ast.Block | ast.Network | ast.Operation)
            else ()
        )
        inside = [node] if isinstance(node, ast.Let) else list(body)[:1]
        name = ast.Name(found.symbol.span, found.symbol.name)
        return _values(answer, [*inside], node.value if isinstance(node, ast.Let) else name, f"`{found.symbol.name}`")
    of_file = found.symbol.of is None
    return _values(answer, nodes, expression, f"`{found.symbol.name}`", of_file) if expression is not None else []


def _values(answer: Answer, nodes: list[ast.Node], expression: ast.Expression, name: str, of_file: bool = False) -> list[str]:
    """`width` is 64, 128 or 256, and where that comes from. `of_file`: it means the same everywhere in the file."""
    for node in reversed(nodes):
        values = answer.values(node, expression)
        if values:
            if values == [expression.span.text]:
                return []  # a number says it itself
            origins = answer.origins(node, expression.name) if isinstance(expression, ast.Name) else []
            return _listed(values, name, origins)
    if not of_file and any(isinstance(node, ast.Block | ast.Network | ast.Operation) for node in nodes):
        return []  # a parameter may be called like a word of the language, and would be told as that
    values = answer.value_of_file(expression)
    return _listed(values, name, []) if values and values != [expression.span.text] else []


def _listed(values: list[str], name: str, origins: list[Span]) -> list[str]:
    if not values:
        return []
    more = f" and {len(values) - MOST_SHOWN} more" if len(values) > MOST_SHOWN else ""
    text = f"{name} is {', '.join(f'**{value}**' for value in values[:MOST_SHOWN])}{more}"
    places = ", ".join(f"line {span.line} of `{span.source.name.rsplit('/', 1)[-1]}`" for span in origins)
    return [text + (f"; from {places}" if places else "")]


def shapes_of(answer: Answer, span: Span) -> str:
    """What comes out of a step: `[64, 56, 56]`; of its first and last run where they differ."""
    shapes = list(dict.fromkeys(row.result for row in answer.passages(span) if row.after is not None))
    return shapes[0] if len(shapes) == 1 else f"{shapes[0]} … {shapes[-1]}" if shapes else ""


def of_step(answer: Answer, step: ast.Step) -> str:
    """Shapes in and out, parameters, MACs and receptive field of a step."""
    flows = list(dict.fromkeys(row.flow for row in answer.passages(step.span) if row.after is not None))
    if not flows:
        return ""
    more = [f"and {len(flows) - MOST_SHOWN} more"] if len(flows) > MOST_SHOWN else []
    lines = [*(f"`{flow}`" for flow in flows[:MOST_SHOWN]), *more]
    work = answer.work(step.span)
    if work is not None and answer.program is not None:
        lines.append(f"{work.parameters:,} parameters, {work.macs:,} MACs in `{answer.program.name}`" + _field(answer, step.span))
    return "  \n".join(lines)


def _field(answer: Answer, span: Span) -> str:
    """The receptive field of the last operation of a step."""
    nodes = [node for node in answer.nodes(span) if not node.training_only]
    sizes = [field.size for field in answer.fields.get(nodes[-1].index, ())] if nodes else []
    if not sizes:
        return ""
    last = " in the last of its runs" if len(answer.passages(span)) > 1 else ""
    return "; sees " + "×".join("all" if size is None else str(size) for size in sizes) + last


def totals(answer: Answer, network: str) -> str:
    """`25,028,904 parameters · 4,230,000,000 MACs` of a sound network of the file; "" for any other."""
    checked = answer.checked(network)
    if checked is None:
        return ""
    from ..compiler.analysis.cost import cost

    found = cost(checked.graph).total
    return f"{found.parameters:,} parameters · {found.macs:,} MACs"
