"""The usual slips: what is said of each stands in `slips.md`, and what is offered as a fix is one."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.dsl.parser.parse import parse

from .reading import found, repaired

PAGE = Path(__file__).with_name("slips.md")
CASE = re.compile(r"### (?P<title>[^\n]+)\n\n```arch\n(?P<text>.*?)\n?```\n\n```text\n(?P<said>.*?)```\n", re.DOTALL)
CASES = {match["title"]: match for match in CASE.finditer(PAGE.read_text(encoding="utf-8"))}
FIRST_OF_FILES = PAGE.read_text(encoding="utf-8").index("## In a file")
# Texts whose fix leaves a mistake that was hidden by the first.
MORE_BEHIND = {"Several mistakes", "A sign of no language"}


def text_of(title: str) -> str:
    text = CASES[title]["text"].replace("\\x07", "\x07")
    return f"{text}\n" if CASES[title].start() > FIRST_OF_FILES else f"network n {{\n{text}\n}}\n"


def mistakes(text: str) -> tuple[Diagnostic, ...]:
    return parse(Source.of("slip.arch", text))[1]


@pytest.mark.parametrize("title", CASES)
def test_what_is_said(title: str) -> None:
    said = "".join(f"{found(row)}\n" for row in mistakes(text_of(title)))
    if os.environ.get("ARCHC_UPDATE"):
        page = PAGE.read_text(encoding="utf-8")
        case = next(match for match in CASE.finditer(page) if match["title"] == title)
        PAGE.write_text(page[: case.start("said")] + said + page[case.end("said") :], encoding="utf-8")
        return
    assert said == CASES[title]["said"]


@pytest.mark.parametrize("title", CASES)
def test_a_fix_puts_its_mistake_right(title: str) -> None:
    """With the edits made, this mistake is gone and no other has come."""
    text = text_of(title)
    before = mistakes(text)
    for row in before:
        if row.fix is not None and title not in MORE_BEHIND:
            after = mistakes(repaired(text, row.fix))
            assert len(after) < len(before), [one.message for one in after]


def test_mistakes_come_in_the_order_of_the_text() -> None:
    starts = [row.primary.span.start for row in mistakes(text_of("Several mistakes"))]
    assert len(starts) == 4
    assert starts == sorted(starts)


def test_what_is_not_understood_is_broken_and_the_rest_is_read() -> None:
    file, diagnostics = parse(Source.of("slip.arch", text_of("Several mistakes")))
    assert len(diagnostics) == 4
    (network,) = file.items
    assert [type(one).__name__ for one in network.body] == ["Chain", "Chain", "Broken", "If", "Chain"]  # type: ignore[union-attr]
