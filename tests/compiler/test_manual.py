"""The manual is made from the records, and what is committed of it is fresh."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.compiler.ops import TABLE
from archc.compiler.ops.parameters import OpenSizes
from archc.manual.pages import Unexplained, error_pages, explain, operations_page, usage
from archc.reporting.codes.table import CODES

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
