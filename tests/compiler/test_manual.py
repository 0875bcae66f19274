"""The manual is made from the records, and what is committed of it is fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.compiler.ops import TABLE
from archc.compiler.ops.parameters import OpenSizes
from archc.manual.pages import Unexplained, error_pages, explain, operations_page, usage
from archc.manual.subjects import ALSO, SUBJECTS, parameter_page
from archc.reporting.codes.table import CODES
from tests.support import checked

DOCS = Path(__file__).parents[2] / "docs"


def test_the_pages_of_errors_are_fresh() -> None:
    committed = {path.name: path.read_text(encoding="utf-8") for path in (DOCS / "errors").glob("*.md")}
    pages = error_pages()
    assert sorted(committed) == sorted(pages), "run `make docs`"
    stale = [name for name in pages if committed[name] != pages[name]]
    assert stale == [], "run `make docs`, and read what changed"


def test_the_page_of_operations_is_fresh() -> None:
    assert (DOCS / "ops.md").read_text(encoding="utf-8") == operations_page(), "run `make docs`"


@pytest.mark.parametrize("code", sorted(CODES))
def test_every_code_is_explained(code: str) -> None:
    page = explain(code)
    assert isinstance(page, str)
    row = CODES[code]
    assert page.startswith(f"{code}: {row.title}\n")
    assert row.explanation
    assert row.remedy
    if row.example:
        assert "    " + row.example.splitlines()[0] in page


@pytest.mark.parametrize("word", sorted(TABLE))
def test_every_operation_is_explained(word: str) -> None:
    page = explain(word)
    assert isinstance(page, str)
    operation = TABLE[word]
    assert operation.summary
    assert " ".join(page.split()).find(" ".join(operation.summary.split())) > 0
    for row in operation.parameters():
        written = "name = size, …" if isinstance(row.kind, OpenSizes) else row.name  # the call chooses those names
        assert f"- `{written}" in page


def test_usage() -> None:
    assert usage(TABLE["relu"]) == "relu"
    assert usage(TABLE["linear"]).startswith("linear(features, bias = true")


def test_no_line_of_a_page_is_wider_than_a_terminal() -> None:
    for word in (*CODES, *TABLE):
        page = explain(word)
        assert isinstance(page, str)
        assert all(len(line) <= 100 for line in page.splitlines() if not line.startswith("    ")), word


def test_what_is_meant_by_an_unknown_word() -> None:
    assert explain("convv") == Unexplained("did you mean `conv`, `convolve`, `deconv` or `dwconv`?")
    assert explain("E309") != explain("E301")
    assert isinstance(explain(""), Unexplained)


def test_every_code_that_is_said_has_a_row_and_every_row_is_said() -> None:
    root = DOCS.parent
    said: set[str] = set()
    for folder in ("dsl", "compiler", "archc/cli"):
        for path in (root / folder).rglob("*.py"):
            if not path.name.startswith("codes"):
                said |= set(re.findall(r'"([EWF]\d{3})"', path.read_text(encoding="utf-8")))
    assert said - set(CODES) == set()
    assert set(CODES) - said == set()


SOUGHT = [
    "bias",
    "axis",
    "axes",
    "positional",
    "weight-sharing",
    "shared",
    "like",
    "sizes",
    "mask",
    "broadcast",
    "trust",
    "onnx",
    "state_dict",
    "forward",
    "self",
    "return",
    "multihead",
    "timm",
    "batch",
    "sequence",
    "token",
    "receptive",
    "rope",
]


@pytest.mark.parametrize("word", sorted({*SOUGHT, *SUBJECTS, *ALSO}))
def test_what_people_look_for_is_explained(word: str) -> None:
    page = explain(word)
    assert isinstance(page, str)
    assert all(len(line) <= 100 for line in page.splitlines())


@pytest.mark.parametrize("word", sorted({row.name for operation in TABLE.values() for row in operation.parameters()}))
def test_a_parameter_tells_of_which_operations_it_is(word: str) -> None:
    page = explain(word)
    assert isinstance(page, str)
    if parameter_page(word) is not None and page.startswith(f"{word}\n\nA parameter"):
        assert all(f"`{name}`" in page for name, row in TABLE.items() if name and any(one.name == word for one in row.parameters()))


def test_a_parameter_of_another_name_tells_its_operations() -> None:
    assert "`rotary`, of `attention`" in str(explain("rope"))


STEPS = [
    ("x[8, 16, 16]", "a: relu -> maxpool(2) -> upsample(like = a) -> crop(like = a)"),
    ("x[length = 196, channels = 768]", 'attention(8, rotary = {rotary}) -> add { | skip | constant("sincos", [14, 14], features = 768) }'),
    ("x[length = 197, channels = 768]", "add(broadcast = true) { | skip | parameter([197, 768]) } -> softmax(axis = length)"),
    ("x[length = 197, channels = 768]", "position_embedding"),
    ("x[768, 14, 14]", "flatten -> reshape([length = 196, channels = 768])"),
    ("x[8, 16, 16]", "b: skip -> tower: { conv(8) -> relu } -> skip(b) -> reuse(tower) -> expect [8, 16, 16]"),
]


@pytest.mark.parametrize(("entering", "steps"), STEPS)
def test_what_is_told_of_a_subject_is_legal(entering: str, steps: str) -> None:
    rotary = str(re.search(r"rotary = ([^)]*)\)", SUBJECTS["positional"])[1])  # type: ignore[index]
    steps = steps.replace("{rotary}", rotary).replace(" -> expect", "\n  expect")
    found = checked(f"network n {{\n  input {entering}\n  {steps}\n}}\n").diagnostics
    assert [row.message for row in found if row.is_error] == []
