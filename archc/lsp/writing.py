"""What changes texts: fixes, layout, names."""

from __future__ import annotations

import os

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from ..base.diagnostics import Edit
from ..base.source import Source
from ..compiler.files.locate import LIBRARY
from ..editor import changes
from ..editor.answer import Answer
from .convert import Units
from .desk import Desk

FIX_ALL = "source.fixAll.archc"


def install(server: Desk) -> None:
    """Every request whose answer is a change."""

    @server.feature(
        types.TEXT_DOCUMENT_CODE_ACTION, types.CodeActionOptions([types.CodeActionKind.QuickFix, types.CodeActionKind.SourceFixAll])
    )
    async def actions(desk: Desk, params: types.CodeActionParams) -> list[types.CodeAction]:
        answer = await desk.answer(params.text_document.uri)
        begin, end = (desk.units.offset(answer.source, place) for place in (params.range.start, params.range.end))
        found = []
        for row in answer.diagnostics:
            span = row.primary.span
            if row.fix is None or span.source.name != answer.source.name or span.end < begin or span.start > end:
                continue
            change = _changes(desk, answer, row.fix.edits)
            if change is not None:
                about = [desk.diagnostic(answer, row)]
                title = row.fix.message[:1].upper() + row.fix.message[1:]
                found.append(types.CodeAction(title, types.CodeActionKind.QuickFix, about, is_preferred=True, edit=change))
        wanted = params.context.only
        if answer.fixed is not None:
            whole = [Edit(answer.source.span(0, len(answer.source.text)), answer.fixed)]
            found.append(types.CodeAction("Fix all of archc", FIX_ALL, edit=_changes(desk, answer, whole)))
        return [row for row in found if not wanted or any(_is_of(_word(row.kind), _word(kind)) for kind in wanted)]

    @server.feature(types.TEXT_DOCUMENT_FORMATTING)
    def formatting(desk: Desk, params: types.DocumentFormattingParams) -> list[types.TextEdit]:
        source = desk.answers.source(desk.path(params.text_document.uri))
        return _edits(desk.units, source, 1, None)

    @server.feature(types.TEXT_DOCUMENT_RANGE_FORMATTING)
    def range_formatting(desk: Desk, params: types.DocumentRangeFormattingParams) -> list[types.TextEdit]:
        source = desk.answers.source(desk.path(params.text_document.uri))
        last = params.range.end.line + (params.range.end.character > 0 or params.range.end.line == params.range.start.line)
        return _edits(desk.units, source, params.range.start.line + 1, last)

    @server.feature(types.TEXT_DOCUMENT_ON_TYPE_FORMATTING, types.DocumentOnTypeFormattingOptions("}"))
    def on_type(desk: Desk, params: types.DocumentOnTypeFormattingParams) -> list[types.TextEdit]:
        source = desk.answers.source(desk.path(params.text_document.uri))
        return _edits(desk.units, source, params.position.line + 1, params.position.line + 1)

    @server.feature(types.TEXT_DOCUMENT_PREPARE_RENAME)
    def prepare_rename(desk: Desk, params: types.PrepareRenameParams) -> types.Range | None:
        place = desk.at(params)
        use = place[1].at(place[2]) if place is not None else None
        if place is None or use is None or changes.why_not(desk.answers, place[0], place[2], LIBRARY) is not None:
            return None
        return desk.units.range(use.span)

    @server.feature(types.TEXT_DOCUMENT_RENAME, types.RenameOptions(prepare_provider=True))
    async def rename(desk: Desk, params: types.RenameParams) -> types.WorkspaceEdit | None:
        place = desk.at(params)
        if place is None:
            return None
        path, _, offset = place
        folders = desk.folders
        found = await desk.checks.patiently(lambda texts: changes.rename(texts, path, offset, params.new_name, folders, LIBRARY))
        if isinstance(found, changes.Refused):
            raise JsonRpcInvalidParams(found.why)  # which editors show beside the name
        return types.WorkspaceEdit({desk.uri(path): [desk.units.edit(edit) for edit in edits] for path, edits in found.items()})


def _word(kind: types.CodeActionKind | str | None) -> str:
    return kind.value if isinstance(kind, types.CodeActionKind) else kind or ""


def _is_of(kind: str, wanted: str) -> bool:
    """Whether a kind of action is the wanted one or a part of it: `source.fixAll.archc` is of `source.fixAll`."""
    return kind == wanted or kind.startswith(wanted + ".")


def _edits(units: Units, source: Source | None, first: int, last: int | None) -> list[types.TextEdit]:
    return [units.edit(edit) for edit in changes.layout(source, first, last)] if source is not None else []


def _changes(desk: Desk, answer: Answer, edits: list[Edit] | tuple[Edit, ...]) -> types.WorkspaceEdit | None:
    """The edits by address; None where one is of a file that nobody may change."""
    found: dict[str, list[types.TextEdit]] = {}
    for edit in edits:
        name = edit.span.source.name
        path = answer.path if name == answer.source.name else answer.imports.paths.get(name)
        if path is None or (os.path.dirname(path) == LIBRARY and path != answer.path):
            return None
        found.setdefault(desk.uri(path), []).append(desk.units.edit(edit))
    return types.WorkspaceEdit(found)
