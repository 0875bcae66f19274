"""pygls' own client speaks to the server, over its standard input and output: every feature, on good, broken and half-written files.

The client reads each answer into the protocol's own types, and fails at one that is none of them. What the answers say is in test_features.py.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.editor.texts import BROKEN, GOOD, HALF

from .client import LIMIT, ROOT, at

pytest.importorskip("pygls")
from lsprotocol import types
from pygls.exceptions import JsonRpcInvalidParams

OTHER = "from small import cell\nnetwork other {\n  input x[3, 8, 8]\n  conv(64) -> cell(64)\n}\n"

# What a file of each kind must have an answer to, beside that every question is answered.
EVERYWHERE = {
    "textDocument/hover", "textDocument/completion", "textDocument/signatureHelp", "textDocument/definition", "textDocument/references",
    "textDocument/documentHighlight", "textDocument/documentSymbol", "textDocument/foldingRange", "textDocument/selectionRange",
    "textDocument/semanticTokens/full", "textDocument/documentLink", "textDocument/prepareRename", "textDocument/prepareCallHierarchy",
    "callHierarchy/incomingCalls", "callHierarchy/outgoingCalls", "workspace/symbol", "textDocument/inlayHint",
}  # fmt: skip
FILES = {
    "good": (GOOD, EVERYWHERE | {"textDocument/rename", "textDocument/codeLens", "archc.draw", "archc.showPicture", "archc.cost"}),
    "good but for its layout": (GOOD.replace("conv(64)", "conv( 64 )"), {"textDocument/formatting", "textDocument/rangeFormatting", "textDocument/onTypeFormatting"}),
    "with a name that nothing has": (GOOD.replace("  basic(128)", "  basicc(128)"), EVERYWHERE | {"textDocument/codeAction"}),
    "broken": (BROKEN, EVERYWHERE),
    "half written": (HALF, EVERYWHERE),
    "half written at its end": (GOOD[: GOOD.index("  basic(128)")], EVERYWHERE),
    "empty": ("", set()),
}  # fmt: skip
"""Each with what must answer more than nothing."""

TOLD = {"initialize", "initialized", "shutdown", "textDocument/didOpen", "textDocument/didChange", "textDocument/didSave", "textDocument/didClose",
        "workspace/didChangeConfiguration", "workspace/didChangeWatchedFiles"}  # fmt: skip
"""What is sent on the way."""

BUILT = {"archc.build", "archc.choose"}
"""Commands whose answer says nothing of the text: in test_features.py and test_while_typing.py."""


def position(text: str, words: str, within: int = 1) -> types.Position:
    return types.Position(**at(text, words, within)) if words in text else types.Position(0, 0)


def questions(client: Any, uri: str, text: str) -> dict[str, Callable[[], Awaitable[object]]]:
    """Every request that the server answers, about the file."""
    file = types.TextDocumentIdentifier(uri)
    step, call = position(text, "conv( 64" if "conv( 64" in text else "conv(64"), position(text, "cell(64)")
    whole = types.Range(types.Position(0, 0), types.Position(99, 0))
    layout = types.FormattingOptions(2, True)

    def command(name: str) -> Callable[[], Awaitable[object]]:
        return lambda: client.workspace_execute_command_async(types.ExecuteCommandParams(name, [uri, ""]))

    async def calls(ask: Callable[[Any], Awaitable[object]], params: type) -> object:
        block = position(text, "small(" if params is types.CallHierarchyOutgoingCallsParams else "cell(out")
        items = await client.text_document_prepare_call_hierarchy_async(types.CallHierarchyPrepareParams(file, block))
        return [row for item in items or () for row in await ask(params(item)) or ()]  # type: ignore[attr-defined]

    return {
        "textDocument/hover": lambda: client.text_document_hover_async(types.HoverParams(file, step)),
        "textDocument/completion": lambda: client.text_document_completion_async(types.CompletionParams(file, step)),
        "textDocument/signatureHelp": lambda: client.text_document_signature_help_async(
            types.SignatureHelpParams(file, position(text, "cell(64)", len("cell(")))
        ),
        "textDocument/definition": lambda: client.text_document_definition_async(types.DefinitionParams(file, call)),
        "textDocument/references": lambda: client.text_document_references_async(
            types.ReferenceParams(types.ReferenceContext(True), file, call)
        ),
        "textDocument/documentHighlight": lambda: client.text_document_document_highlight_async(types.DocumentHighlightParams(file, call)),
        "textDocument/documentSymbol": lambda: client.text_document_document_symbol_async(types.DocumentSymbolParams(file)),
        "textDocument/foldingRange": lambda: client.text_document_folding_range_async(types.FoldingRangeParams(file)),
        "textDocument/selectionRange": lambda: client.text_document_selection_range_async(types.SelectionRangeParams(file, [call])),
        "textDocument/semanticTokens/full": lambda: client.text_document_semantic_tokens_full_async(types.SemanticTokensParams(file)),
        "textDocument/documentLink": lambda: client.text_document_document_link_async(types.DocumentLinkParams(file)),
        "textDocument/inlayHint": lambda: client.text_document_inlay_hint_async(types.InlayHintParams(file, whole)),
        "textDocument/codeLens": lambda: client.text_document_code_lens_async(types.CodeLensParams(file)),
        "textDocument/codeAction": lambda: client.text_document_code_action_async(
            types.CodeActionParams(file, whole, types.CodeActionContext([]))
        ),
        "textDocument/formatting": lambda: client.text_document_formatting_async(types.DocumentFormattingParams(file, layout)),
        "textDocument/rangeFormatting": lambda: client.text_document_range_formatting_async(
            types.DocumentRangeFormattingParams(file, whole, layout)
        ),
        "textDocument/onTypeFormatting": lambda: client.text_document_on_type_formatting_async(
            types.DocumentOnTypeFormattingParams(file, position(text, "stem: "), "}", layout)
        ),
        "textDocument/prepareRename": lambda: client.text_document_prepare_rename_async(types.PrepareRenameParams(file, call)),
        "textDocument/rename": lambda: client.text_document_rename_async(types.RenameParams(file, call, "unit")),
        "textDocument/prepareCallHierarchy": lambda: client.text_document_prepare_call_hierarchy_async(
            types.CallHierarchyPrepareParams(file, call)
        ),
        "callHierarchy/incomingCalls": lambda: calls(client.call_hierarchy_incoming_calls_async, types.CallHierarchyIncomingCallsParams),
        "callHierarchy/outgoingCalls": lambda: calls(client.call_hierarchy_outgoing_calls_async, types.CallHierarchyOutgoingCallsParams),
        "workspace/symbol": lambda: client.workspace_symbol_async(types.WorkspaceSymbolParams("cel")),
        "archc.draw": command("archc.draw"),
        "archc.showPicture": command("archc.showPicture"),
        "archc.cost": command("archc.cost"),
    }


def says(answer: Any) -> bool:
    """Whether an answer is more than nothing."""
    if isinstance(answer, types.CompletionList):
        return bool(answer.items)
    if isinstance(answer, types.SemanticTokens):
        return bool(answer.data)
    if isinstance(answer, dict):
        return "error" not in answer
    return bool(getattr(answer, "error", None) is None and answer)


def test_every_feature_of_the_server_is_asked_for() -> None:
    from archc.lsp.serving import made

    known = made().protocol.fm
    assert {*known.features, *known.commands} == {*questions(None, "", ""), *TOLD, *BUILT}


@pytest.mark.slow
def test_every_feature_answers_on_good_broken_and_half_written_files(tmp_path: Path) -> None:
    from pygls.lsp.client import LanguageClient

    published: dict[tuple[str, int | None], list[types.Diagnostic]] = {}
    silent: list[tuple[str, str]] = []
    refused: set[tuple[str, str]] = set()

    async def talk() -> None:
        client = LanguageClient("tests", "1")
        client.feature(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)(
            lambda params: published.__setitem__((params.uri, params.version), params.diagnostics)
        )
        client.feature(types.WINDOW_SHOW_DOCUMENT)(lambda params: types.ShowDocumentResult(True))
        client.feature(types.WINDOW_SHOW_MESSAGE)(lambda params: None)
        await client.start_io(sys.executable, "-m", "archc", "lsp", cwd=str(ROOT))
        folder = types.WorkspaceFolder(tmp_path.as_uri(), "nets")
        await client.initialize_async(
            types.InitializeParams(types.ClientCapabilities(), workspace_folders=[folder], initialization_options={"inlayHints": "on"})
        )
        client.initialized(types.InitializedParams())
        uri = (tmp_path / "small.arch").as_uri()
        (tmp_path / "other.arch").write_text(OTHER, encoding="utf-8")
        client.text_document_did_open(types.DidOpenTextDocumentParams(types.TextDocumentItem(uri, "arch", 1, GOOD)))
        for version, (name, (text, wanted)) in enumerate(FILES.items(), 2):
            change = types.TextDocumentContentChangeWholeDocument(text)
            client.text_document_did_change(
                types.DidChangeTextDocumentParams(types.VersionedTextDocumentIdentifier(version, uri), [change])
            )
            while (uri, version) not in published:
                await asyncio.sleep(0.02)
            for feature, ask in questions(client, uri, text).items():
                try:
                    found = await ask()
                except JsonRpcInvalidParams:  # a rename that would break a text is refused: the client makes an exception of it
                    found = None
                    refused.add((name, feature))
                if feature in wanted and not says(found):
                    silent.append((name, feature))
        await client.shutdown_async(None)
        client.exit(None)
        await client.stop()

    asyncio.run(asyncio.wait_for(talk(), 4 * LIMIT))
    assert silent == []
    assert {feature for _, feature in refused} <= {"textDocument/rename"}
    told = [[row.code for row in published[(tmp_path / "small.arch").as_uri(), version]] for version in range(2, 2 + len(FILES))]
    assert [rows[:1] for rows in told[:4]] == [[], [], ["E201"], ["E310"]]
    assert all(told[4:6]) and told[6]
