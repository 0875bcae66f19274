"""The server with all that it answers."""

from __future__ import annotations

import logging

from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

from ..compiler.files.locate import SUFFIX
from . import commands, reading, writing
from .desk import Desk


def quiet() -> None:
    """Let a refusal, which the editor shows, write no traceback to the editor's log: what stands there is a fault of the server."""
    handler = logging.StreamHandler()
    handler.addFilter(lambda record: not (record.exc_info and isinstance(record.exc_info[1], JsonRpcInvalidParams)))
    handler.setLevel(logging.WARNING)
    logger = logging.getLogger("pygls")
    logger.addHandler(handler)
    logger.propagate = False


def made() -> Desk:
    """A server that nobody has spoken to."""
    server = Desk()

    @server.feature(types.INITIALIZED)
    async def initialized(desk: Desk, params: types.InitializedParams) -> None:
        watched = desk.client_capabilities.workspace.did_change_watched_files if desk.client_capabilities.workspace is not None else None
        if watched is not None and watched.dynamic_registration:
            options = types.DidChangeWatchedFilesRegistrationOptions([types.FileSystemWatcher(f"**/*{SUFFIX}")])
            row = types.Registration("arch-files", types.WORKSPACE_DID_CHANGE_WATCHED_FILES, options)
            await desk.client_register_capability_async(types.RegistrationParams([row]))

    @server.feature(types.INITIALIZE)
    def initialize(desk: Desk, params: types.InitializeParams) -> None:
        desk.set(params.initialization_options)

    @server.feature(types.TEXT_DOCUMENT_DID_OPEN)
    def opened(desk: Desk, params: types.DidOpenTextDocumentParams) -> None:
        desk.opened(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_CHANGE)
    def changed(desk: Desk, params: types.DidChangeTextDocumentParams) -> None:
        desk.opened(params.text_document.uri)

    @server.feature(types.TEXT_DOCUMENT_DID_SAVE)
    def saved(desk: Desk, params: types.DidSaveTextDocumentParams) -> None:
        desk.checks.again()

    @server.feature(types.TEXT_DOCUMENT_DID_CLOSE)
    def closed(desk: Desk, params: types.DidCloseTextDocumentParams) -> None:
        desk.closed(params.text_document.uri)

    @server.feature(types.SHUTDOWN)
    def shut_down(desk: Desk, params: None) -> None:
        desk.checks.end()

    @server.feature(types.WORKSPACE_DID_CHANGE_WATCHED_FILES)
    def watched(desk: Desk, params: types.DidChangeWatchedFilesParams) -> None:
        desk.checks.again()

    @server.feature(types.WORKSPACE_DID_CHANGE_CONFIGURATION)
    def configured(desk: Desk, params: types.DidChangeConfigurationParams) -> None:
        desk.set(params.settings)

    for part in (reading, writing, commands):
        part.install(server)
    return server
