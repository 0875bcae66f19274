"""The server, spoken to by an editor: every feature on good, broken and half-written files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from archc.cli import group
from archc.dsl.format.printer import format_source
from tests.editor.texts import BROKEN, GOOD, HALF

from .client import Editor, applied, at

pytest.importorskip("pygls")

NAME = "small.arch"
WHOLE = {"start": {"line": 0, "character": 0}, "end": {"line": 99, "character": 0}}
WRONG = "network n {\n  input x[3, 8, 8]\n  s: { cnov(8) }  # 😀 ä\n  rleu\n}\n"


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    made = Editor(tmp_path_factory.mktemp("nets"), options={"inlayHints": "on"})
    yield made
    assert made.end() == ""  # nothing to log: no request failed


@pytest.fixture
def good(editor: Editor) -> Editor:
    assert editor.write(NAME, GOOD) == []
    return editor


def test_what_is_wrong_is_published_with_its_remedy_and_its_places(editor: Editor) -> None:
    rows = editor.write(NAME, BROKEN)
    assert [row["code"] for row in rows] == ["E310"]
    assert "help: " in rows[0]["message"] and rows[0]["severity"] == 1 and rows[0]["source"] == "archc"
    assert rows[0]["range"]["start"] == at(BROKEN, "groups = 3", len("groups = "))
    assert rows[0]["relatedInformation"]
    assert [row["code"] for row in editor.write(NAME, HALF)][:1] == ["E103"] or editor.published[editor.uri(NAME)][1]
    assert editor.write(NAME, GOOD) == []


def test_a_mistake_in_an_imported_file_is_published_under_that_file(editor: Editor) -> None:
    (editor.folder / "parts.arch").write_text("block part { conv(8, strid = 2) }\n", encoding="utf-8")
    assert editor.write("user.arch", "from parts import part\nnetwork user {\n  input x[3, 8, 8]\n  part\n}\n") == []
    editor.ask("workspace/symbol", query="part")
    assert [row["code"] for row in editor.published[editor.uri("parts.arch")][1]] == ["E204"]
    editor.close("user.arch")


def test_each_fix_is_an_action_and_all_are_one(editor: Editor) -> None:
    rows = editor.write("wrong.arch", WRONG)
    assert len(rows) == 2
    found = editor.of("codeAction", "wrong.arch", range=WHOLE, context={"diagnostics": rows})
    quick = [row for row in found if row["kind"] == "quickfix"]
    assert len(quick) == 2 and all(row["isPreferred"] and row["diagnostics"] for row in quick)
    one = applied(WRONG, quick[0]["edit"]["changes"][editor.uri("wrong.arch")])
    assert one == WRONG.replace("cnov", "conv")
    everything = editor.of("codeAction", "wrong.arch", range=WHOLE, context={"diagnostics": rows, "only": ["source.fixAll"]})
    assert [row["kind"] for row in everything] == ["source.fixAll.archc"]
    after = applied(WRONG, everything[0]["edit"]["changes"][editor.uri("wrong.arch")])
    assert after == WRONG.replace("cnov", "conv").replace("rleu", "relu")
    assert editor.write("wrong.arch", after) == []
    editor.close("wrong.arch")


def test_hover_tells_the_manual_the_value_and_the_shapes(good: Editor) -> None:
    told = good.of("hover", NAME, position=at(GOOD, "conv(64)"))
    assert "[3, 32, 32] → [64, 32, 32]" in told["contents"]["value"] and told["range"]["start"] == at(GOOD, "conv(64)", 0)
    assert "**16**, **32**" in good.of("hover", NAME, position=at(GOOD, "width, 1"))["contents"]["value"]
    good.write(NAME, HALF)
    assert "A cell of two ways." in good.of("hover", NAME, position=at(HALF, "cell(64)"))["contents"]["value"]


def test_hints_are_shapes_and_can_be_turned_off(good: Editor) -> None:
    rows = good.of("inlayHint", NAME, range=WHOLE)
    assert {"line": 17, "character": 16} in [row["position"] for row in rows] and "[64, 32, 32]" in [row["label"] for row in rows]
    good.tell("workspace/didChangeConfiguration", settings={"arch": {"inlayHints": "changes"}})
    fewer = good.of("inlayHint", NAME, range=WHOLE)
    assert 0 < len(fewer) < len(rows)
    good.tell("workspace/didChangeConfiguration", settings={"arch": {"inlayHints": "off"}})
    assert good.of("inlayHint", NAME, range=WHOLE) == []
    good.tell("workspace/didChangeConfiguration", settings={"arch": {"inlayHints": "on"}})


@pytest.mark.parametrize(
    ("before", "after", "word"),
    [("conv(64)", "conv(64) -> |@|", "cell"), ("conv(64)", "conv(|@|", "channels"), ("in.channels ==", "in.|@|", "height")],
)
def test_completion_replaces_the_begun_word(good: Editor, before: str, after: str, word: str) -> None:
    text = GOOD.replace(before, after, 1)
    good.write(NAME, text.replace("|@|", ""))
    found = good.of("completion", NAME, position=at(text, "|@|", 0))
    row = next(row for row in found["items"] if row["label"] == word)
    assert row["textEdit"]["range"] == {"start": at(text, "|@|", 0), "end": at(text, "|@|", 0)}
    snippets = [row for row in found["items"] if row["insertTextFormat"] == 2]
    assert all("$" in row["textEdit"]["newText"] for row in snippets)


def test_signature_help_lights_the_parameter(good: Editor) -> None:
    text = GOOD.replace("conv(64)", "conv(64, 3, ", 1)
    good.write(NAME, text)
    found = good.of("signatureHelp", NAME, position=at(text, "conv(64, 3, ", len("conv(64, 3, ")))
    assert found["activeParameter"] == 2
    assert found["signatures"][0]["parameters"][2]["label"] == "stride = 1"


def test_definition_references_and_rename_go_across_files(good: Editor) -> None:
    other = "from small import cell\nnetwork other {\n  input x[3, 8, 8]\n  conv(64) -> cell(64)\n}\n"
    assert good.write("other.arch", other) == []
    place = good.of("definition", "other.arch", position=at(other, "cell(64)"))
    assert place["uri"] == good.uri(NAME) and place["range"]["start"] == at(GOOD, "cell(out", 0)
    assert good.of("definition", NAME, position=at(GOOD, "basic(128)"))["uri"].endswith("/architectures/resnet.arch")
    rows = good.of("references", NAME, position=at(GOOD, "cell(64)"), context={"includeDeclaration": True})
    assert sorted(row["uri"].rsplit("/", 1)[-1] for row in rows) == ["other.arch"] * 2 + ["small.arch"] * 3
    assert good.of("prepareRename", NAME, position=at(GOOD, "cell(64)")) == {
        "start": at(GOOD, "cell(64)", 0),
        "end": at(GOOD, "cell(64)", 4),
    }
    changes = good.of("rename", NAME, position=at(GOOD, "cell(64)"), newName="unit")["changes"]
    assert applied(GOOD, changes[good.uri(NAME)]) == GOOD.replace("cell(", "unit(")
    assert applied(other, changes[good.uri("other.arch")]) == other.replace("cell", "unit")
    assert good.of("rename", NAME, position=at(GOOD, "cell(64)"), newName="conv") == "!`conv` is an operation"
    assert good.of("prepareRename", NAME, position=at(GOOD, "conv(64)")) is None
    good.close("other.arch")


def test_symbols_folds_selections_links_and_colours(good: Editor) -> None:
    assert [row["name"] for row in good.of("documentSymbol", NAME)] == ["depth", "cell", "small"]
    assert "cell" in [row["name"] for row in good.ask("workspace/symbol", query="cel")]
    assert {"startLine": 8, "endLine": 11} in good.of("foldingRange", NAME)
    row = good.of("selectionRange", NAME, positions=[at(GOOD, "width, 1")])[0]
    assert row["range"] == {"start": at(GOOD, "width, 1", 0), "end": at(GOOD, "width, 1", 5)} and row["parent"]["parent"]
    assert good.of("documentLink", NAME)[0]["target"].endswith("/architectures/resnet.arch")
    data = good.of("semanticTokens/full", NAME)["data"]
    kinds = good.capabilities["semanticTokensProvider"]["legend"]["tokenTypes"]
    assert len(data) % 5 == 0 and kinds[data[3]] == "keyword" and data[2] == len("from")
    assert len(good.of("documentHighlight", NAME, position=at(GOOD, "cell(64)"))) == 3


def test_the_layout_of_a_document_and_of_its_lines(good: Editor) -> None:
    text = GOOD.replace("  stem: conv(64)", "    stem:  conv( 64 )").replace("cell(64) }", "cell( 64 ) }")
    good.write(NAME, text)
    edits = good.of("formatting", NAME, options={"tabSize": 2, "insertSpaces": True})
    from archc.base.source import Source

    assert applied(text, edits) == format_source(Source.of(NAME, text))
    line = at(text, "stem:")["line"]
    some = {"start": {"line": line, "character": 0}, "end": {"line": line, "character": 5}}
    assert applied(text, good.of("rangeFormatting", NAME, range=some, options={"tabSize": 2, "insertSpaces": True})) == text.replace(
        "    stem:  conv( 64 )", "  stem: conv(64)"
    )
    place = at(text, "cell( 64 ) }", len("cell( 64 ) }"))
    typed = good.of("onTypeFormatting", NAME, position=place, ch="}", options={"tabSize": 2, "insertSpaces": True})
    assert applied(text, typed) == text.replace("cell( 64 ) }", "cell(64) }")
    good.write(NAME, HALF)
    assert good.of("formatting", NAME, options={"tabSize": 2, "insertSpaces": True}) == []


def test_a_line_over_each_network_has_its_costs_and_commands(good: Editor) -> None:
    rows = [row["command"] for row in good.of("codeLens", NAME)]
    assert rows[0]["title"].endswith("MACs") and [row["title"] for row in rows[1:]] == ["draw", "build"]
    drawn = good.run("archc.draw", good.uri(NAME), "small")
    assert drawn["svg"].startswith("<svg") and drawn["network"] == "small"
    assert "parameters" in good.run("archc.cost", good.uri(NAME), "small")["text"]
    good.write(NAME, BROKEN)
    assert good.of("codeLens", NAME) == []
    assert good.run("archc.draw", good.uri(NAME), "") == {"error": "the text has errors, or no such network"}


def test_a_network_is_chosen_and_hints_are_about_it(editor: Editor) -> None:
    text = "block b { conv(8) }\nnetwork one {\n  input x[3, 8, 8]\n  b\n}\nnetwork two {\n  input x[3, 16, 16]\n  b\n}\n"
    editor.write("pair.arch", text)
    assert editor.of("inlayHint", "pair.arch", range=WHOLE)[0]["label"] == "[8, 8, 8]"
    editor.run("archc.choose", editor.uri("pair.arch"), "two")
    assert editor.of("inlayHint", "pair.arch", range=WHOLE)[0]["label"] == "[8, 16, 16]"
    editor.close("pair.arch")


def test_calls_of_blocks_in_and_out(good: Editor) -> None:
    item = good.of("prepareCallHierarchy", NAME, position=at(GOOD, "cell(out"))[0]
    calls = good.ask("callHierarchy/incomingCalls", item=item)
    assert [(row["from"]["name"], len(row["fromRanges"])) for row in calls] == [("small", 2)]
    whole = good.of("prepareCallHierarchy", NAME, position=at(GOOD, "small(classes"))[0]
    assert sorted(row["to"]["name"] for row in good.ask("callHierarchy/outgoingCalls", item=whole)) == ["basic", "cell"]


@pytest.mark.parametrize("text", [BROKEN, HALF, "", "}", "network", "netw\u2028ork é {\r\n  input"])
def test_every_question_has_an_answer_in_every_text(editor: Editor, text: str) -> None:
    editor.write(NAME, text)
    last = text.replace("\r\n", "\n").split("\n")
    for place in (
        {"line": 0, "character": 0},
        {"line": len(last) // 2, "character": 3},
        {"line": len(last) - 1, "character": len(last[-1])},
        {"line": 999, "character": 9},
    ):
        for method in ("hover", "completion", "signatureHelp", "definition", "documentHighlight", "prepareRename", "prepareCallHierarchy"):
            assert not isinstance(editor.of(method, NAME, position=place), str), method
        assert not isinstance(editor.of("references", NAME, position=place, context={"includeDeclaration": True}), str)
    for method in ("documentSymbol", "foldingRange", "semanticTokens/full", "documentLink", "codeLens"):
        assert not isinstance(editor.of(method, NAME), str), method
    for params in ({"range": WHOLE},):
        assert not isinstance(editor.of("inlayHint", NAME, **params), str)
        assert not isinstance(editor.of("codeAction", NAME, **params, context={"diagnostics": []}), str)


def test_columns_count_what_the_editor_counts(good: Editor, tmp_path: Path) -> None:
    text = 'network n(a = ["ä😀é", oops]) {\n  input x[3, 8, 8]\n  relu\n}\n'
    before = 'network n(a = ["ä😀é", '
    assert [row["range"]["start"]["character"] for row in good.write("wide.arch", text)] == [len(before) + 1]
    good.close("wide.arch")
    for encoding, length in (("utf-8", len(before.encode())),):
        other = Editor(tmp_path, (encoding,))
        assert other.capabilities["positionEncoding"] == encoding
        assert [row["range"]["start"]["character"] for row in other.write("wide.arch", text)] == [length]
        assert other.end() == ""


def test_what_is_missing_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.cli.lsp.find_spec", lambda name: None)
    done = CliRunner().invoke(group, ["lsp"])
    assert (
        done.exit_code == 3
        and "error[F616]: `archc lsp` needs the package `pygls`" in done.stderr
        and "pip install 'archc[lsp]'" in done.stderr
    )
