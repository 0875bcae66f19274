"""The server's own state: which files are open under which address, what was published, what the person has set.

Texts are checked in a thread of their own, the one that was edited last first; an edit ends the check of the text before. What an editor asks
while somebody types (hover, completion) is answered at once of what is known; what is about the whole text waits for it.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, Final

from lsprotocol import types
from pygls import uris
from pygls.lsp.server import LanguageServer

from .. import __version__
from ..base.diagnostics import Diagnostic
from ..base.source import Source
from ..compiler.files.locate import SUFFIX
from ..editor.answer import Answer
from ..editor.hints import Mode
from ..editor.service import Prompt
from ..editor.symbols import Index
from .checks import Checks
from .convert import Units, told
from .forgetting import Forgetting

SHORTLY: Final = 0.1
"""Seconds that a hover waits for the text to be checked: it usually is by then, and else says what it can."""


class Desk(LanguageServer):
    """The server. Texts come whole with each edit: they are small, and no two sides can differ over where an edit was."""

    def __init__(self) -> None:
        super().__init__("archc", __version__, text_document_sync_kind=types.TextDocumentSyncKind.Full, protocol_cls=Forgetting)
        self.answers = Prompt()
        self.mode: Mode = "changes"
        self.checks = Checks(self.answers, self.publish)
        self._addresses: dict[str, str] = {}  # of open files, as the editor writes them
        self._published: dict[str, tuple[int | None, list[types.Diagnostic]]] = {}

    # ------------------------------------------------------------------------------------------------ places

    @property
    def units(self) -> Units:
        return Units(str(getattr(self.workspace.position_encoding, "value", self.workspace.position_encoding) or "utf-16"))

    def path(self, uri: str) -> str:
        """The path of an address. A text that was never saved is one of the current folder."""
        if uri.startswith("file:"):
            return os.path.normpath(uris.to_fs_path(uri) or uri)
        name = uri.rpartition("/")[2].rpartition(":")[2] or "untitled"
        return os.path.abspath(name if name.endswith(SUFFIX) else name + SUFFIX)

    def uri(self, path: str) -> str:
        return self._addresses.get(path) or uris.from_fs_path(os.path.abspath(path)) or path

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders that are open in the editor."""
        root = self.workspace.root_uri
        return tuple(self.path(uri) for uri in (self.workspace.folders or ([root] if root else [])))

    def at(self, params: Any) -> tuple[str, Index, int] | None:
        """The file, its names and the offset that a request is about."""
        path = self.path(params.text_document.uri)
        index = self.answers.index(path)
        return (path, index, self.units.offset(index.source, params.position)) if index is not None else None

    async def answer(self, uri: str) -> Answer:
        """All about the file, once it is known."""
        return await self.checks.answer(self.path(uri))

    async def shortly(self, uri: str) -> None:
        """Wait for the check of the text, and not longer than nobody feels."""
        with suppress(asyncio.TimeoutError):
            await asyncio.wait_for(self.answer(uri), SHORTLY)

    # ------------------------------------------------------------------------------------------------- texts

    def opened(self, uri: str) -> None:
        path = self.path(uri)
        self._addresses[path] = uri
        self.answers.open(path, self.workspace.get_text_document(uri).source)
        self.checks.changed(path)

    def closed(self, uri: str) -> None:
        path = self.path(uri)
        self.answers.close(path)
        self._addresses.pop(path, None)
        self.checks.closed(path)
        self.publish()

    def set(self, settings: object) -> None:
        """Take the settings that an editor sends: `{"inlayHints": "off" | "on" | "changes"}`, perhaps under "arch"."""
        if isinstance(settings, Mapping):
            own = settings.get("arch", settings)
            mode = own.get("inlayHints") if isinstance(own, Mapping) else None
            if mode in ("off", "on", "changes"):
                self.mode = mode

    # ------------------------------------------------------------------------------------------- diagnostics

    def publish(self) -> None:
        """What `archc check` says of each open file that is checked, under the file that it is about."""
        answers = {path: answer for path in self._addresses if (answer := self.checks.newest(path)) is not None}
        rows: dict[str, dict[tuple[str, int, int, str], types.Diagnostic]] = {path: {} for path in answers}
        for answer in answers.values():
            for row in answer.diagnostics:
                span = row.primary.span
                home = _home(answer, span.source)
                rows.setdefault(home, {}).setdefault((row.code, span.start, span.end, row.message), self.diagnostic(answer, row))
        for path in {*rows, *self._published}:
            if path in self._addresses and self.answers.known(path) is None:
                continue  # it is being checked: what is known is of a text before
            version = self.workspace.get_text_document(self._addresses[path]).version if path in self._addresses else None
            now = version, list(rows.get(path, {}).values())
            if now != self._published.get(path, (None, [])):
                self.text_document_publish_diagnostics(types.PublishDiagnosticsParams(self.uri(path), now[1], version))
                self._published[path] = now
        self._published = {path: now for path, now in self._published.items() if now != (None, [])}

    def diagnostic(self, answer: Answer, row: Diagnostic) -> types.Diagnostic:
        """`data` is its number among those of the file that was checked, by which its fix is found."""
        units = self.units
        related = [
            types.DiagnosticRelatedInformation(
                types.Location(self.uri(_home(answer, label.span.source)), units.range(label.span)), label.message or "here"
            )
            for label in row.secondary
        ]
        severity = types.DiagnosticSeverity.Error if row.is_error else types.DiagnosticSeverity.Warning
        tags = [types.DiagnosticTag.Unnecessary] if row.code == "W504" else None
        return types.Diagnostic(units.range(row.primary.span), told(row), severity, row.code, None, "archc", tags, related or None)


def _home(answer: Answer, source: Source) -> str:
    """The path of a file that took part in an answer."""
    return answer.path if source.name == answer.source.name else answer.imports.paths.get(source.name, source.name)
