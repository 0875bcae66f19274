"""From a name to what it stands for, through imports and presets, and back to all places of it."""

from __future__ import annotations

from collections.abc import Iterator

from ..base.records import dataclass
from ..base.source import Span
from ..dsl import ast
from .service import Service
from .symbols import Index, Symbol, Template, Use

MOST_HOPS = 20
"""Through how many files a name is followed."""


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Where something is defined. `span` is empty at the head of a file for the file itself."""

    path: str
    span: Span
    symbol: Symbol

    @property
    def key(self) -> tuple[str, int]:
        return self.path, self.span.start


def definition(service: Service, path: str, symbol: Symbol, hops: int = MOST_HOPS) -> Found | None:
    """Where a name of the file `path` is defined; None for words of the language, and where nothing is found."""
    if not hops:
        return None
    if symbol.kind in ("import", "imported"):
        home = service.imported(symbol.module, path)
        index = service.index(home) if home is not None else None
        if home is None or index is None:
            return None
        if symbol.kind == "import":
            return Found(home, index.source.span(0, 0), symbol)
        inside = index.items.get(symbol.name)
        return definition(service, home, inside, hops - 1) if inside is not None else None
    if symbol.kind == "argument" and symbol.of is not None:
        return parameter(service, path, symbol.of, symbol.name, hops - 1)
    if symbol.kind == "member" and symbol.of is not None:
        return _member(service, path, symbol.of, symbol.name, hops - 1)
    return Found(path, symbol.span, symbol) if symbol.span is not None else None


def parameter(service: Service, path: str, callee: Symbol, name: str, hops: int = MOST_HOPS) -> Found | None:
    """Where a parameter of a block or network is defined; that of a preset is its base's."""
    found = definition(service, path, callee, hops)
    node = found.symbol.node if found is not None else None
    if found is None or not isinstance(node, ast.Block | ast.Network | ast.Operation):
        return None
    index = service.index(found.path)
    row = next((row for row in node.parameters if row.name.name == name), None)
    if row is not None and index is not None:
        symbol = next((symbol for symbol in index.symbols if symbol.span is not None and symbol.span.start == row.name.span.start), None)
        return Found(found.path, row.name.span, symbol) if symbol is not None else None
    base = _base(index, node)
    return parameter(service, found.path, base, name, hops - 1) if base is not None and hops else None


def _base(index: Index | None, node: Template) -> Symbol | None:
    """What a preset is a preset of."""
    if index is None or not isinstance(node, ast.Network) or node.variant_of is None or not node.is_preset:
        return None
    use = index.at(node.variant_of.path_span.end)
    return use.symbol if use is not None else None


def _member(service: Service, path: str, holder: Symbol, name: str, hops: int) -> Found | None:
    """A label inside a labelled step: that of the block or network which the step calls."""
    outer = definition(service, path, holder, hops) if holder.kind == "member" else None
    if outer is not None:
        path, holder = outer.path, outer.symbol
    action = holder.node.action if isinstance(holder.node, ast.Step) else None
    index = service.index(path)
    if not isinstance(action, ast.Call) or index is None:
        return None
    use = index.at(action.path_span.end)
    called = definition(service, path, use.symbol, hops) if use is not None else None
    inside = called.symbol.labels.meant(name) if called is not None else None
    return Found(called.path, inside.span, inside) if called is not None and inside is not None and inside.span is not None else None


def references(service: Service, path: str, symbol: Symbol, folders: tuple[str, ...] = ()) -> Iterator[tuple[str, Use]]:
    """Every place that stands for the same, its definition too; in the other files of the folders where it can be seen from there."""
    found = definition(service, path, symbol)
    if found is None:
        index = service.index(path)
        if index is not None and symbol.kind in ("operation", "function", "import"):
            yield from ((path, use) for use in index.uses if (use.symbol.kind, use.symbol.name) == (symbol.kind, symbol.name))
        return
    seen_elsewhere = found.symbol.kind not in ("let", "round") or found.symbol.of is None
    files = service.files_around(found.path, folders) if seen_elsewhere else iter((found.path,))
    known = {path, found.path}
    for file in (*known, *(file for file in files if file not in known)):
        source = service.source(file)
        if source is None or (found.symbol.kind != "import" and found.symbol.name not in source.text):
            continue
        index = service.index(file)
        for use in index.uses if index is not None else ():
            if use.symbol.kind not in ("word", "axis", "unknown", "operation", "function") and _same(service, file, use, found):
                yield file, use


def _same(service: Service, file: str, use: Use, found: Found) -> bool:
    if (found.symbol.kind == "import") != (use.symbol.kind == "import") or (
        use.symbol.kind != "import" and use.symbol.name != found.symbol.name
    ):
        return False
    other = definition(service, file, use.symbol)
    return other is not None and other.key == found.key
