"""What may be written at the cursor, and the parameters of the call that it is in."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import Final, Literal, TypeAlias

from ..base.records import dataclass
from ..compiler.elaborate.closures import Builtin
from ..compiler.elaborate.functions import FUNCTIONS
from ..compiler.elaborate.signatures import signature
from ..compiler.elaborate.values import WORDS
from ..compiler.files.locate import SUFFIX, known_names
from ..compiler.ops import TABLE
from ..compiler.ops.axes import AXIS_WORDS
from ..compiler.ops.parameters import Flag, Kind, Optional, Padding, Parameter, Reference, Word
from ..dsl import ast
from ..manual.language_words import WORDS as PAGES
from ..manual.pages import usage
from .context import Call, Context, call_at, context_at
from .describe import head_of
from .meaning import definition
from .service import Service
from .symbols import Index, Symbol

Sort: TypeAlias = Literal["operation", "block", "network", "parameter", "value", "label", "file", "axis", "function", "word", "snippet"]

SNIPPETS: Final = {
    "item": {
        "network": "network ${1:name}(classes = ${2:1000}) {\n  input image[3, 224, 224]\n  $0\n}",
        "block": "block ${1:name}(${2:out}) {\n  $0\n}",
        "import": "from ${1:file} import ${2:name}",
    },
    "step": {
        "add": "add {\n  | ${1:conv(64)}\n  | ${2:skip}\n}",
        "concat": "concat {\n  | ${1:conv(64, 1)}\n  | ${2:conv(64, 3)}\n}",
        "stage": "stage ${1:name} {\n  $0\n}",
        "repeat": "repeat ${1:3} {\n  $0\n}",
        "for": "for ${1:i, depth} in ${2:depths} {\n  $0\n}",
        "if": "if ${1:stride > 1} {\n  $0\n}",
    },
}
"""Pieces of text with places to fill in, as editors write them."""

_STATEMENTS: Final = ("let", "stage", "repeat", "for", "if", "default", "require", "expect", "budget", "input", "output", "aux")
_ITEMS: Final = ("network", "block", "import", "from", "let", "default", "operation", "arch")
_IN: Final = ("channels", "height", "width", "depth", "length", "features", "shape", "rank")


@dataclass(frozen=True, slots=True)
class Offer:
    """A word that may be written. `insert` is what is written where that differs; `snippet`: it has places to fill in."""

    word: str
    sort: Sort
    detail: str = ""
    doc: str = ""
    insert: str = ""
    snippet: bool = False


@dataclass(frozen=True, slots=True)
class Help:
    """The signature of the call that the cursor is in. `active` is the number of the parameter, None where it is none of them."""

    text: str
    parameters: tuple[tuple[str, str], ...]
    active: int | None
    doc: str = ""


def offers(service: Service, path: str, offset: int) -> tuple[tuple[Offer, ...], int]:
    """The words, and where the begun one begins. Each word comes once."""
    index = service.index(path)
    if index is None:
        return (), offset
    offset = max(0, min(offset, len(index.source.text)))
    context = context_at(index.source, offset)
    found: dict[str, Offer] = {}
    for offer in _offers(service, path, index, context, offset):
        found.setdefault(offer.word + ("…" if offer.sort == "snippet" else ""), offer)
    return tuple(found.values()), context.start


def _offers(service: Service, path: str, index: Index, context: Context, offset: int) -> Iterator[Offer]:
    match context.wanted:
        case "item":
            yield from (Offer(word, "snippet", doc=_page(word), insert=text, snippet=True) for word, text in SNIPPETS["item"].items())
            yield from (Offer(word, "word", doc=_page(word)) for word in _ITEMS)
        case "file":
            beside = (name.removesuffix(SUFFIX) for name in _listed(os.path.dirname(path)))
            yield from (Offer(name, "file", "beside this file") for name in beside if name != os.path.basename(path).removesuffix(SUFFIX))
            yield from (Offer(name, "file", "comes with archc") for name in known_names())
        case "imported":
            home = service.imported(tuple(context.before.split(".")), path)
            yield from _of_file(service, home)
        case "member":
            yield from _members(service, path, index, context.before, offset)
        case "step":
            yield from _steps(service, path, index, offset)
        case "argument" if context.call is not None:
            yield from _arguments(service, path, index, context.call, offset)
        case "value":
            yield from _values(service, path, index, offset)


def _page(word: str) -> str:
    return "\n\n".join(PAGES[word]) if word in PAGES else ""


def _listed(folder: str) -> list[str]:
    try:
        return sorted(name for name in os.listdir(folder or ".") if name.endswith(SUFFIX))
    except OSError:
        return []


# ------------------------------------------------------------------------------------------- names in reach


def _in_reach(service: Service, path: str, index: Index, offset: int) -> list[Symbol]:
    """The names that mean something at a place, the nearest first; of what is half written, those of the text that was good."""
    owner = index.owner(offset)
    found = index.owned(owner)
    good = service.last_good(path)
    if good is not None and good.source is not index.source:
        before = service.good_index(path)
        same = before.items.get(owner.name) if before is not None and owner is not None else None
        if before is not None:
            found += before.owned(same) if same is not None else []
            found += [symbol for name, symbol in before.items.items() if name not in index.items]
    return [*found, *index.items.values()]


def _steps(service: Service, path: str, index: Index, offset: int) -> Iterator[Offer]:
    for symbol in _in_reach(service, path, index, offset):
        if symbol.kind in ("block", "network", "parameter", "imported", "import"):
            yield _of_symbol(service, path, symbol)
    yield Offer("skip", "word", "the identity, or the output of a label", _page("skip"))
    yield Offer("reuse", "word", "a step again, with its weights", _page("reuse"))
    yield Offer("split", "word", "all equal parts of a tensor", _page("split"))
    yield from (Offer(word, "snippet", doc=_page(word), insert=text, snippet=True) for word, text in SNIPPETS["step"].items())
    yield from (_of_operation(name) for name in TABLE if name)
    yield from (Offer(word, "word", doc=_page(word)) for word in _STATEMENTS)


def _values(service: Service, path: str, index: Index, offset: int) -> Iterator[Offer]:
    for symbol in _in_reach(service, path, index, offset):
        if symbol.kind != "argument":
            yield _of_symbol(service, path, symbol)
    yield Offer("in", "word", "the shape of what enters the body", _page("in"))
    yield Offer("here", "word", "the shape of what the step before gave", _page("here"))
    yield from (Offer(name, "function", row.usage, row.doc) for name, row in FUNCTIONS.items())
    yield from (Offer(word, "value", doc=_page(word)) for word in (*WORDS, "true", "false", "none"))


def _labels(service: Service, path: str, index: Index, offset: int) -> Iterator[Offer]:
    for symbol in _in_reach(service, path, index, offset):
        if symbol.kind in ("label", "input"):
            yield _of_symbol(service, path, symbol)


def _of_symbol(service: Service, path: str, symbol: Symbol) -> Offer:
    found = definition(service, path, symbol) if symbol.kind == "imported" else None
    symbol = found.symbol if found is not None else symbol
    node = symbol.node
    match symbol.kind:
        case "block" | "network" if isinstance(node, ast.Block | ast.Network | ast.Operation):
            return Offer(symbol.name, "network" if symbol.kind == "network" else "block", head_of(node).split("\n")[0], node.doc)
        case "label" | "input":
            plain = symbol.plain or symbol.kind == "input"
            return Offer(symbol.name, "label", insert="" if plain else f'"{symbol.name}"')
        case "parameter" if isinstance(node, ast.Parameter) and node.default is not None:
            return Offer(symbol.name, "parameter", f"= {node.default.span.text}")
        case "parameter":
            return Offer(symbol.name, "parameter")
        case "import":
            return Offer(symbol.name, "file")
    return Offer(symbol.name, "value")


def _of_operation(name: str) -> Offer:
    row = TABLE[name]
    needed = [parameter.name for parameter in row.parameters() if parameter.required]
    insert = f"{name}({', '.join(f'${{{number}:{word}}}' for number, word in enumerate(needed, 1))})" if needed else ""
    return Offer(name, "operation", usage(row), row.summary, insert, bool(needed))


def _of_file(service: Service, path: str | None) -> Iterator[Offer]:
    index = service.index(path) if path is not None else None
    if path is None or index is None:
        return
    yield from (_of_symbol(service, path, symbol) for symbol in index.items.values() if symbol.kind != "import")


def _members(service: Service, path: str, index: Index, before: str, offset: int) -> Iterator[Offer]:
    first, *rest = before.split(".")
    if first in ("in", "here") and not rest:
        yield from (Offer(word, "axis", f"`{first}.{word}`") for word in _IN)
        return
    symbol = next((row for row in _in_reach(service, path, index, offset) if row.name == first), None)
    for word in rest:
        symbol = symbol.labels.get(word) if symbol is not None else None
    if symbol is None:
        return
    if symbol.kind == "import":
        yield from _of_file(service, service.imported(symbol.module, path))
    elif symbol.kind in ("label", "input"):
        yield from (_of_symbol(service, path, inside) for inside in symbol.labels.values())
        called = _called_by(service, path, index, symbol)
        yield from (_of_symbol(service, path, inside) for inside in (called.labels.values() if called is not None else ()))
        yield from (Offer(word, "axis") for word in _IN)


def _called_by(service: Service, path: str, index: Index, symbol: Symbol) -> Symbol | None:
    """The block or network that a labelled step calls."""
    action = symbol.node.action if isinstance(symbol.node, ast.Step) else None
    use = index.at(action.path_span.end) if isinstance(action, ast.Call) else None
    found = definition(service, path, use.symbol) if use is not None else None
    return found.symbol if found is not None else None


# ------------------------------------------------------------------------------------------------ arguments


def _arguments(service: Service, path: str, index: Index, call: Call, offset: int) -> Iterator[Offer]:
    if call.path in ("skip", "reuse"):
        yield from _labels(service, path, index, offset)
        return
    rows = {row.name: row for row in TABLE[call.path].parameters()} if call.path in TABLE else {}
    if call.name:
        row = rows.get(call.name)
        if row is not None and isinstance(_kind(row), Reference):
            yield from _labels(service, path, index, offset)
            return
        yield from _of_kind(row)
        yield from _values(service, path, index, offset)
        return
    for name, default, doc in _parameters(service, path, index, call):
        if name not in call.given:
            yield Offer(name, "parameter", f"= {default}" if default else "", doc, f"{name} = ")
    yield from _values(service, path, index, offset)


def _kind(row: Parameter) -> Kind | None:
    return row.kind.kind if isinstance(row.kind, Optional) else row.kind


def _of_kind(row: Parameter | None) -> Iterable[Offer]:
    if row is None:
        return ()
    kind = _kind(row)
    words: list[str] = []
    if isinstance(kind, Word):
        words = [f'"{word}"' for word in kind.words]
    elif isinstance(kind, Padding):
        words = [*kind.words]
    elif isinstance(kind, Flag):
        words = ["true", "false"]
    elif kind is not None and kind.names_axes:
        words = [*AXIS_WORDS]
    return [Offer(word, "value", row.doc) for word in words]


def _parameters(service: Service, path: str, index: Index, call: Call) -> list[tuple[str, str, str]]:
    """The parameters of what is called, with their defaults and what they mean."""
    node = _definition_of(service, path, index, call)
    if isinstance(node, ast.Block | ast.Network | ast.Operation):
        return [(row.name.name, row.default.span.text if row.default is not None else "", "") for row in node.parameters]
    if call.path not in TABLE:
        return []
    docs = {row.name: f"{row.doc}. Takes {row.kind.describe}." for row in TABLE[call.path].parameters()}
    return [(slot.name, slot.default, docs.get(slot.name, "")) for slot in signature(Builtin(TABLE[call.path])).slots]


def _definition_of(service: Service, path: str, index: Index, call: Call) -> ast.Node | None:
    """The block or network that a call means; of a preset its base."""
    first, *rest = call.path.split(".")
    symbol = next((row for row in _in_reach(service, path, index, call.offset) if row.name == first), None)
    if symbol is not None and rest and symbol.kind == "import":
        symbol = Symbol("imported", rest[-1], module=symbol.module)
    for _ in range(9):
        found = definition(service, path, symbol) if symbol is not None else None
        if found is None:
            return None
        node = found.symbol.node
        if isinstance(node, ast.Parameter) and isinstance(node.default, ast.Name):  # `unit(…)`: the block that it is if nothing is said
            word = node.default.name
        elif isinstance(node, ast.Network) and node.is_preset and node.variant_of is not None:
            word = node.variant_of.path[-1]
        else:
            return node
        path = found.path
        there = service.index(path)
        symbol = there.items.get(word) if there is not None else None
    return None


def signature_help(service: Service, path: str, offset: int) -> Help | None:
    """The parameters of the innermost call around the cursor."""
    index = service.index(path)
    call = call_at(index.source, offset) if index is not None else None
    if index is None or call is None:
        return None
    node = _definition_of(service, path, index, call)
    if node is None and call.path in FUNCTIONS:
        row = FUNCTIONS[call.path]
        inside = row.usage.partition("(")[2].rstrip(")")
        words = [word.strip() for word in inside.split(",") if word.strip()]
        return Help(row.usage, tuple((word, "") for word in words), min(call.number, len(words) - 1) if words else None, row.doc)
    rows = _parameters(service, path, index, call)
    if not rows:
        return None
    parameters = tuple((f"{name} = {default}" if default else name, doc) for name, default, doc in rows)
    names = [name for name, _, _ in rows]
    active = names.index(call.name) if call.name in names else None if call.name else call.number if call.number < len(rows) else None
    doc = node.doc if isinstance(node, ast.Block | ast.Network | ast.Operation) else TABLE[call.path].summary if call.path in TABLE else ""
    return Help(f"{call.path}({', '.join(text for text, _ in parameters)})", parameters, active, doc)
