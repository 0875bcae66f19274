"""What the playground's worker calls, without a browser: another engine lays out, and what goes in and out is text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from archc.compiler.draw import Options, draw_text
from archc.compiler.draw.graphviz import Failure, lay_out_by, render
from archc.compiler.driver import check
from archc.live import answers
from archc.live.browser import FONT, Worker, library

TEXT = "network n {\n  input x[3, 8, 8]\n  conv(4, 3) -> relu\n}\n"


@pytest.fixture(autouse=True)
def processes_again() -> Iterator[None]:
    yield
    lay_out_by(None)


def here(dot: str, form: str) -> str:
    """Graphviz as JavaScript gives it: one text, one answer."""
    lay_out_by(None)
    made = render(dot, form)
    assert isinstance(made, bytes), made
    return made.decode()


def parts(worker: Worker, text: str, **wanted: object) -> list[Any]:
    worker.ask("n.arch", text, json.dumps(wanted))
    found = [json.loads(worker.step())]
    while found[-1]["part"] not in ("done", "refused"):
        found.append(json.loads(worker.step()))
    return found


def test_another_engine_lays_out_the_picture() -> None:
    asked = []

    def layout(dot: str, form: str) -> str:
        asked.append((dot, form))
        return here(dot, form)

    found = parts(Worker(layout), TEXT)
    assert [part["part"] for part in found] == ["check", "costs", "picture", "done"]
    (drawn,) = [part for part in found if part["part"] == "picture"]
    plain = draw_text(check("resnet18").graph, "svg", Options())
    assert plain.data is not None
    assert drawn["svg"].startswith("<svg")
    (dot, _), (other, _) = asked
    assert [form for _, form in asked] == ["json", "svg"] and dot == other
    assert f"fontname={FONT}" in dot
    assert "Liberation" not in dot


def test_many_pictures_are_one_answer() -> None:
    """The page of `-o net.html` lays out the inside of every box, in Graphviz's JSON."""
    worker = Worker(here)
    lay_out_by(None)
    made = json.loads(worker.draw("resnet18.arch", json.loads(library("resnet18"))["text"], "{}", "dot"))
    assert made["text"].startswith("digraph")
    texts: list[str] = []

    def layout(dot: str, form: str) -> str:
        texts.append(form)
        return here_again(dot, form)

    def here_again(dot: str, form: str) -> str:
        lay_out_by(None)
        answer = here(dot, form)
        Worker(layout)
        return answer

    made = json.loads(Worker(layout).draw("resnet18.arch", json.loads(library("resnet18"))["text"], "{}", "html"))
    assert "</html>" in made["text"]
    assert len(texts) > 3
    assert set(texts) == {"json"}


def test_what_graphviz_says_is_told_and_the_rest_of_the_answer_is_there() -> None:
    def layout(dot: str, form: str) -> str:
        raise RuntimeError("out of bounds")

    found = parts(Worker(layout), TEXT)
    assert found[1]["part"] == "costs"
    assert found[2]["svg"] is None
    assert found[2]["diagnostics"][0]["code"] == "F601"
    assert "out of bounds" in found[2]["diagnostics"][0]["message"]


def test_errors_and_bugs_are_told_and_the_worker_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    worker = Worker(here)
    found = parts(worker, "network n {")
    assert [part["part"] for part in found] == ["check", "done"]
    assert found[0]["diagnostics"][0]["severity"] == "error"
    with monkeypatch.context() as broken:
        broken.setattr(answers, "_costs", lambda graph: 1 / 0)
        assert parts(worker, TEXT)[-1] == {"part": "refused", "diagnostics": [], "bug": "ZeroDivisionError: division by zero"}
    assert parts(worker, TEXT)[-1] == {"part": "done"}
    assert json.loads(worker.draw("n.arch", "network n {", "{}", "svg"))["diagnostics"]


def test_a_preset_is_a_network_of_its_familys_file() -> None:
    found = json.loads(library("efficientnet_b3"))
    assert (found["file"], found["network"]) == ("efficientnet.arch", "efficientnet_b3")
    assert json.loads(library("googlenet"))["network"] == ""
    (check,) = [part for part in parts(Worker(here), found["text"], network="efficientnet_b3") if part["part"] == "check"]
    assert check["network"] == "efficientnet_b3"


def test_the_processes_lay_out_again_when_no_engine_is_named() -> None:
    lay_out_by(lambda dots, form, seconds: Failure(("none",)))
    assert render("digraph { a }", "svg") == Failure(("none",))
    lay_out_by(None)
    assert isinstance(render("digraph { a }", "svg"), bytes)


def test_a_place_in_the_text_has_its_hover_and_its_words() -> None:
    worker = Worker(here)
    parts(worker, TEXT)
    told = json.loads(worker.help("hover", "n.arch", TEXT, TEXT.index("conv") + 1))
    assert "conv(channels" in told["text"] and "[3, 8, 8] → [4, 8, 8]" in told["text"]
    assert "relu" in [row["word"] for row in json.loads(worker.help("offers", "n.arch", TEXT, TEXT.index("relu") + 1))["offers"]]
    assert json.loads(worker.help("nothing", "n.arch", TEXT, 0)) == {}
