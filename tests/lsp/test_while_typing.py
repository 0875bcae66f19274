"""Who types waits for no check: answers come in an order that a check in the same thread could not have."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archc.compiler.driver import check_all
from archc.compiler.elaborate.values import Abandoned
from archc.editor.service import MOST_ANSWERS, Prompt, Service
from tests.editor.texts import GOOD

from .client import Editor, at

pytest.importorskip("pygls")

NAME = "large.arch"
LARGE = "network large {\n  input x[16, 32, 32]\n  repeat 5000 { conv(16, 3) -> relu -> conv(16, 1) -> relu -> conv(16, 1) -> relu }\n}\n"
"""30,000 operations: a check takes a second and more wherever it runs."""


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Editor]:
    made = Editor(tmp_path_factory.mktemp("nets"))
    yield made
    assert made.end() == ""


def change(editor: Editor, text: str) -> int:
    """Another text, without waiting for anything; its version."""
    uri = editor.uri(NAME)
    version = editor._versions[uri] = editor._versions[uri] + 1
    editor.tell("textDocument/didChange", textDocument={"uri": uri, "version": version}, contentChanges=[{"text": text}])
    return version


def published(editor: Editor, name: str = NAME) -> int | None:
    """The version of the text that was last told about."""
    return editor.published[editor.uri(name)][0]


@pytest.mark.slow
def test_hover_completion_and_another_file_are_answered_before_a_long_check_ends(editor: Editor) -> None:
    assert editor.write(NAME, LARGE.replace("5000", "2")) == []
    before = published(editor)
    change(editor, LARGE)
    told = editor.of("hover", NAME, position=at(LARGE, "conv(16, 3"))
    assert "conv(channels" in told["contents"]["value"]
    found = editor.of("completion", NAME, position=at(LARGE, "relu -> conv", 2))
    assert "relu" in [row["label"] for row in found["items"]]
    assert editor.of("documentSymbol", NAME)[0]["name"] == "large"
    assert published(editor) == before  # of the long text nothing is known yet
    assert editor.write("small.arch", GOOD) == []  # it ends the long check, which begins again behind it
    assert published(editor) == before
    hints = editor.of("inlayHint", NAME, range={"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}})
    assert hints[0]["label"] == "[16, 32, 32]"  # who asks about the whole text waits for it
    assert published(editor) == editor._versions[editor.uri(NAME)]
    editor.close("small.arch")


@pytest.mark.slow
def test_a_text_that_was_written_over_is_not_checked_to_its_end(editor: Editor) -> None:
    """Of twenty edits of a large network the last one is told about, and none of those that nobody waited for."""
    assert editor.write(NAME, LARGE.replace("5000", "2")) == []
    first, last = published(editor), 0
    for number in range(20):
        last = change(editor, LARGE.replace("conv(16, 1)", f"conv({16 + 16 * number}, 1) -> conv(16, 1)"))
    seen = set()
    while published(editor) != last:
        seen.add(published(editor))
        editor._next()
    assert seen <= {first, last}


def test_a_server_that_is_told_to_go_does_not_wait_for_its_check(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    editor.write(NAME, LARGE.replace("5000", "2"))
    change(editor, LARGE.replace("5000", "30000"))
    assert editor.end() == ""
    assert published(editor) == 1


def test_a_check_ends_where_nobody_wants_it(tmp_path: Path) -> None:
    path = tmp_path / NAME
    path.write_text(LARGE, encoding="utf-8")
    asked = 0

    def wanted() -> bool:
        nonlocal asked
        asked += 1
        return asked < 50

    with pytest.raises(Abandoned):
        check_all(path, wanted=wanted)
    assert asked == 50


def test_a_text_that_comes_back_is_told_about_again(editor: Editor) -> None:
    """It is known, and so nothing is checked: the editor must hear of it all the same."""
    for _ in range(3):
        assert editor.write(NAME, "network n {\n  input x[3, 8, 8]\n  relu\n}\n") == []
        assert [row["code"] for row in editor.write(NAME, "network n {\n  input x[3, 8, 8]\n  rleu\n}\n")] == ["E201"]


def test_more_files_may_be_open_than_answers_are_kept(editor: Editor) -> None:
    """Each was dropped for the next, and checked again, without end."""
    for number in range(2 * MOST_ANSWERS + 3):
        assert editor.write(f"n{number}.arch", f"network n{number} {{\n  input x[3, 8, 8]\n  conv({number + 1})\n}}\n") == []
    assert editor.of("hover", "n0.arch", position={"line": 2, "character": 3})["contents"]["value"].count("[1, 8, 8]")
    core = Prompt()
    for number in range(2 * MOST_ANSWERS):
        core.open(f"/n{number}.arch", f"network n{number} {{\n  input x[3, 8, 8]\n  relu\n}}\n")
    for path in core.opened:
        question = core.question(path)
        core.keep(question, question.answer())
    assert [path for path in core.opened if core.known(path) is None] == []


def test_a_question_is_about_the_texts_that_were_open_when_it_was_asked() -> None:
    core = Prompt()
    core.open("/mine.arch", GOOD)
    question = core.question("/mine.arch")
    assert core.answer("/mine.arch").networks == () and core.last_good("/mine.arch") is None
    core.open("/mine.arch", GOOD.replace("conv(64)", "conv(32)"))
    core.keep(question, question.answer())
    assert core.known("/mine.arch") is None  # it is of the text before
    good = core.last_good("/mine.arch")
    assert good is not None and good.source.text == GOOD
    core.open("/mine.arch", GOOD)
    known = core.known("/mine.arch")
    assert known is not None and known.network is not None
    patient = core.patient()
    assert type(patient) is Service and patient.diagnostics("/mine.arch") == ()


def test_a_fault_of_a_check_is_in_the_log_and_the_next_text_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As with every other fault of archc: the server goes on."""
    script = (
        "import archc.compiler.driver as driver\n"
        "check_all = driver.check_all\n"
        "def broken(file, **options):\n"
        "    if 'conv(7)' in options['source'].text:\n"
        "        raise ZeroDivisionError('a fault')\n"
        "    return check_all(file, **options)\n"
        "driver.check_all = broken\n"
        "from archc.cli import main; main()"
    )
    started = editor_with(script, tmp_path, monkeypatch)
    sound = "network n {\n  input x[3, 8, 8]\n  conv(8)\n}\n"
    assert started.write(NAME, sound) == []
    change(started, sound.replace("8)", "7)"))
    whole = {"start": {"line": 0, "character": 0}, "end": {"line": 9, "character": 0}}
    assert str(started.of("inlayHint", NAME, range=whole)).startswith("!")
    assert started.write(NAME, sound.replace("8)", "9)")) == []
    assert "ZeroDivisionError: a fault" in started.end()


def editor_with(script: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Editor:
    """A server that is started by another script."""
    from . import client

    popen: Callable[..., Any] = client.subprocess.Popen
    monkeypatch.setattr(client.subprocess, "Popen", lambda words, **options: popen([words[0], words[1], script, *words[3:]], **options))
    return Editor(folder)


def test_the_thread_of_the_checks_holds_texts_that_nest_deep(editor: Editor) -> None:
    deep = "network n {\n  input x[3, 8, 8]\n" + "  { " * 90 + "conv(8)" + " }" * 90 + "\n}\n"
    assert sys.getrecursionlimit() < 8_000 and threading.stack_size() == 0
    assert [row["code"] for row in editor.write(NAME, deep)] == []


@pytest.mark.slow
def test_a_build_is_made_of_the_saved_file_and_told(tmp_path: Path) -> None:
    editor = Editor(tmp_path)
    text = "network tiny {\n  input x[3, 8, 8]\n  conv(4) -> relu\n}\n"
    (tmp_path / "tiny.arch").write_text(text, encoding="utf-8")
    editor.write("tiny.arch", text)
    done = editor.run("archc.build", editor.uri("tiny.arch"), "tiny")
    assert done["status"] == 0 and editor.shown == [done["text"]]
    made = sorted(path.name for path in tmp_path.rglob("*") if path.is_file())
    assert "tiny.py" in made and "tiny.svg" in made, made
    (tmp_path / "tiny.arch").write_text(text.replace("relu", "rleu"), encoding="utf-8")
    done = editor.run("archc.build", editor.uri("tiny.arch"), "")
    assert done["status"] == 1 and "E201" in done["text"] and editor.shown[-1] == done["text"]
    assert editor.end() == ""


def test_what_is_done_is_not_kept() -> None:
    """pygls keeps the future of each edit, and a session has many thousands."""
    from concurrent.futures import Future

    from archc.lsp.serving import made

    protocol = made().protocol
    done, waited_for = Future[None](), Future[None]()
    done.set_result(None)
    protocol._request_futures.update({"edit": done, "question": waited_for})
    protocol._handle_notification("$/nothing", None)
    assert protocol._request_futures == {"question": waited_for}
