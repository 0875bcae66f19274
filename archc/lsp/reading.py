"""What only looks: hover, hints, completion, places of names, symbols, colours."""

from __future__ import annotations

from typing import Any, Final

from lsprotocol import types

from ..base.source import Span
from ..editor import describe, hints, meaning, offers, outline, tokens
from ..editor.symbols import Index, Symbol
from .convert import markdown
from .desk import Desk

_KINDS: Final = {
    "network": types.SymbolKind.Class,
    "block": types.SymbolKind.Class,
    "let": types.SymbolKind.Constant,
    "input": types.SymbolKind.Interface,
}
_OFFERS: Final = {
    "operation": types.CompletionItemKind.Function,
    "function": types.CompletionItemKind.Function,
    "block": types.CompletionItemKind.Class,
    "network": types.CompletionItemKind.Class,
    "parameter": types.CompletionItemKind.Property,
    "label": types.CompletionItemKind.Reference,
    "file": types.CompletionItemKind.Module,
    "axis": types.CompletionItemKind.Field,
    "value": types.CompletionItemKind.Value,
    "word": types.CompletionItemKind.Keyword,
    "snippet": types.CompletionItemKind.Snippet,
}
_ORDER: Final = ("parameter", "label", "value", "axis", "block", "network", "file", "operation", "function", "snippet", "word")


def install(server: Desk) -> None:
    """Every request that changes nothing."""

    @server.feature(types.TEXT_DOCUMENT_HOVER)
    async def hover(desk: Desk, params: types.HoverParams) -> types.Hover | None:
        await desk.shortly(params.text_document.uri)
        place = desk.at(params)
        found = describe.hover(desk.answers, place[0], place[2]) if place is not None else None
        return types.Hover(markdown(found.text), desk.units.range(found.span)) if found is not None else None

    @server.feature(types.TEXT_DOCUMENT_INLAY_HINT)
    async def inlay_hints(desk: Desk, params: types.InlayHintParams) -> list[types.InlayHint]:
        answer = await desk.answer(params.text_document.uri)
        path = desk.path(params.text_document.uri)
        index = desk.answers.index(path)
        if index is None:
            return []
        begin, end = (desk.units.offset(index.source, place) for place in (params.range.start, params.range.end))
        rows = hints.hints(answer, index, desk.mode)
        return [
            types.InlayHint(
                desk.units.position(index.source, row.offset),
                row.text,
                types.InlayHintKind.Type,
                tooltip=row.told,
                padding_left=True,
            )
            for row in rows
            if begin <= row.offset <= end
        ]

    @server.feature(types.TEXT_DOCUMENT_COMPLETION, types.CompletionOptions(trigger_characters=[".", "(", "=", "|"]))
    def completion(desk: Desk, params: types.CompletionParams) -> types.CompletionList:
        place = desk.at(params)
        if place is None:
            return types.CompletionList(False, [])
        path, index, offset = place
        rows, start = offers.offers(desk.answers, path, offset)
        span = desk.units.range(index.source.span(start, offset))
        return types.CompletionList(False, [_item(row, span) for row in rows])

    @server.feature(types.TEXT_DOCUMENT_SIGNATURE_HELP, types.SignatureHelpOptions(["(", ",", "="]))
    def signature(desk: Desk, params: types.SignatureHelpParams) -> types.SignatureHelp | None:
        place = desk.at(params)
        found = offers.signature_help(desk.answers, place[0], place[2]) if place is not None else None
        if found is None:
            return None
        rows = [types.ParameterInformation(text, markdown(doc) if doc else None) for text, doc in found.parameters]
        # Where the cursor is at none of them, none is to be lit: a number beyond the last says so.
        active = found.active if found.active is not None else len(rows)
        return types.SignatureHelp(
            [types.SignatureInformation(found.text, markdown(found.doc) if found.doc else None, rows, active)], 0, active
        )

    @server.feature(types.TEXT_DOCUMENT_DEFINITION)
    def definition(desk: Desk, params: types.DefinitionParams) -> types.Location | None:
        found = _meant(desk, params)
        return _location(desk, found.path, found.span) if found is not None else None

    @server.feature(types.TEXT_DOCUMENT_REFERENCES)
    def references(desk: Desk, params: types.ReferenceParams) -> list[types.Location]:
        used = _used(desk, params)
        if used is None:
            return []
        rows = meaning.references(desk.answers, *used, desk.folders)
        wanted = params.context.include_declaration
        return [_location(desk, path, row.span) for path, row in rows if wanted or not row.is_definition]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_HIGHLIGHT)
    def highlight(desk: Desk, params: types.DocumentHighlightParams) -> list[types.DocumentHighlight]:
        used = _used(desk, params)
        if used is None:
            return []
        rows = (row for path, row in meaning.references(desk.answers, *used) if path == used[0])
        return [types.DocumentHighlight(desk.units.range(row.span)) for row in rows]

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_SYMBOL)
    def symbols(desk: Desk, params: types.DocumentSymbolParams) -> list[types.DocumentSymbol]:
        index = desk.answers.index(desk.path(params.text_document.uri))
        return [_symbol(desk, part) for part in outline.outline(index)] if index is not None else []

    @server.feature(types.WORKSPACE_SYMBOL)
    def all_symbols(desk: Desk, params: types.WorkspaceSymbolParams) -> list[types.WorkspaceSymbol]:
        found = []
        for path in desk.answers.files_in(desk.folders):
            index = desk.answers.index(path)
            for part in outline.outline(index) if index is not None else ():
                if params.query.lower() in part.name.lower():
                    place = _location(desk, path, part.name_span)
                    found.append(types.WorkspaceSymbol(place, part.name, _KINDS.get(part.kind, types.SymbolKind.Field)))
        return found

    @server.feature(types.TEXT_DOCUMENT_FOLDING_RANGE)
    def folding(desk: Desk, params: types.FoldingRangeParams) -> list[types.FoldingRange]:
        index = desk.answers.index(desk.path(params.text_document.uri))
        rows = outline.folds(index) if index is not None else ()
        return [types.FoldingRange(row.first - 1, row.last - 1, kind=row.kind or None) for row in rows]

    @server.feature(types.TEXT_DOCUMENT_SELECTION_RANGE)
    def selection(desk: Desk, params: types.SelectionRangeParams) -> list[types.SelectionRange]:
        index = desk.answers.index(desk.path(params.text_document.uri))
        if index is None:
            return []
        found = []
        for position in params.positions:
            row: types.SelectionRange | None = None
            for span in reversed(outline.selections(index, desk.units.offset(index.source, position))):
                row = types.SelectionRange(desk.units.range(span), row)
            found.append(row or types.SelectionRange(types.Range(position, position)))
        return found

    @server.feature(types.TEXT_DOCUMENT_SEMANTIC_TOKENS_FULL, types.SemanticTokensLegend(list(tokens.KINDS), ["declaration"]))
    def semantic_tokens(desk: Desk, params: types.SemanticTokensParams) -> types.SemanticTokens:
        index = desk.answers.index(desk.path(params.text_document.uri))
        return types.SemanticTokens(_numbers(desk, index) if index is not None else [])

    @server.feature(types.TEXT_DOCUMENT_DOCUMENT_LINK)
    def links(desk: Desk, params: types.DocumentLinkParams) -> list[types.DocumentLink]:
        path = desk.path(params.text_document.uri)
        index = desk.answers.index(path)
        rows = outline.links(desk.answers, path, index) if index is not None else []
        return [types.DocumentLink(desk.units.range(span), desk.uri(home)) for span, home in rows]

    @server.feature(types.TEXT_DOCUMENT_PREPARE_CALL_HIERARCHY)
    def calls(desk: Desk, params: types.CallHierarchyPrepareParams) -> list[types.CallHierarchyItem]:
        found = _meant(desk, params)
        return [_called(desk, found.path, found.symbol)] if found is not None and found.symbol.kind in ("block", "network") else []

    @server.feature(types.CALL_HIERARCHY_INCOMING_CALLS)
    def callers(desk: Desk, params: types.CallHierarchyIncomingCallsParams) -> list[types.CallHierarchyIncomingCall]:
        place = _again(desk, params.item)
        found: dict[tuple[str, Symbol], list[types.Range]] = {}
        for path, use in meaning.references(desk.answers, place[0], place[1], desk.folders) if place is not None else ():
            index = desk.answers.index(path)
            owner = index.owner(use.span.start) if index is not None else None
            if owner is not None and not use.is_definition:
                found.setdefault((path, owner), []).append(desk.units.range(use.span))
        return [types.CallHierarchyIncomingCall(_called(desk, path, owner), rows) for (path, owner), rows in found.items()]

    @server.feature(types.CALL_HIERARCHY_OUTGOING_CALLS)
    def called(desk: Desk, params: types.CallHierarchyOutgoingCallsParams) -> list[types.CallHierarchyOutgoingCall]:
        place = _again(desk, params.item)
        index = desk.answers.index(place[0]) if place is not None else None
        if place is None or index is None:
            return []
        found: dict[tuple[str, int], tuple[meaning.Found, list[types.Range]]] = {}
        for use in index.uses:
            if not use.is_definition and use.symbol.kind in ("block", "network", "imported") and index.owner(use.span.start) is place[1]:
                row = meaning.definition(desk.answers, place[0], use.symbol)
                if row is not None:
                    found.setdefault(row.key, (row, []))[1].append(desk.units.range(use.span))
        return [types.CallHierarchyOutgoingCall(_called(desk, row.path, row.symbol), ranges) for row, ranges in found.values()]


# ---------------------------------------------------------------------------------------------------- parts


def _item(row: offers.Offer, span: types.Range) -> types.CompletionItem:
    text = row.insert or row.word
    return types.CompletionItem(
        row.word,
        kind=_OFFERS[row.sort],
        detail=row.detail or None,
        documentation=markdown(row.doc) if row.doc else None,
        sort_text=f"{_ORDER.index(row.sort):02}{row.word}",
        insert_text_format=types.InsertTextFormat.Snippet if row.snippet else types.InsertTextFormat.PlainText,
        text_edit=types.TextEdit(span, text),
        filter_text=row.word,
    )


def _meant(desk: Desk, params: types.DefinitionParams | types.CallHierarchyPrepareParams) -> meaning.Found | None:
    used = _used(desk, params)
    return meaning.definition(desk.answers, *used) if used is not None else None


def _used(desk: Desk, params: Any) -> tuple[str, Symbol] | None:
    """The file that a request is about, and the name at its place."""
    place = desk.at(params)
    use = place[1].at(place[2]) if place is not None else None
    return (place[0], use.symbol) if place is not None and use is not None else None


def _location(desk: Desk, path: str, span: Span) -> types.Location:
    return types.Location(desk.uri(path), desk.units.range(span))


def _symbol(desk: Desk, part: outline.Part) -> types.DocumentSymbol:
    kind = _KINDS.get(part.kind, types.SymbolKind.Field)
    spans = desk.units.range(part.span), desk.units.range(part.name_span)
    return types.DocumentSymbol(part.name, kind, *spans, part.detail or None, children=[_symbol(desk, row) for row in part.parts])


def _numbers(desk: Desk, index: Index) -> list[int]:
    """The pieces as the protocol writes them: each from where the one before begins."""
    found: list[int] = []
    line = column = 0
    for row in tokens.coloured(index):
        place = desk.units.position(index.source, row.start)
        length = desk.units.length(index.source.text[row.start : row.end])
        found += [
            place.line - line,
            place.character - (column if place.line == line else 0),
            length,
            tokens.KINDS.index(row.kind),
            int(row.is_definition),
        ]
        line, column = place.line, place.character
    return found


def _called(desk: Desk, path: str, symbol: Symbol) -> types.CallHierarchyItem:
    assert symbol.span is not None and symbol.node is not None
    whole = getattr(symbol.node, "span", symbol.span)
    return types.CallHierarchyItem(
        symbol.name, types.SymbolKind.Class, desk.uri(path), desk.units.range(whole), desk.units.range(symbol.span)
    )


def _again(desk: Desk, item: types.CallHierarchyItem) -> tuple[str, Symbol] | None:
    """The block that an item is of."""
    path = desk.path(item.uri)
    index = desk.answers.index(path)
    symbol = index.items.get(item.name) if index is not None else None
    return (path, symbol) if symbol is not None else None
