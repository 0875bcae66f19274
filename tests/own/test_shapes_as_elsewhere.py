"""The `shape` of an operation of one's own, written with the batch or with channels last: it is doubted, and what is told instead is not."""

from __future__ import annotations

import re

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.terminal import to_text


def doubts(shape: str) -> list[str]:
    text = f'operation own(c) from "mine.py:Own" {{\n  shape {shape}\n}}\nnetwork n {{\n  input x[3, 8, 8]\n  own(4) -> relu\n}}\n'
    found = check_source(Source.of("n.arch", text)).diagnostics
    assert not any(row.is_error for row in found), to_text(found)
    return [str(row.help) for row in found if row.code == "W512"]


@pytest.mark.parametrize(
    "shape", ["[1, c, in.height, in.width]", "[1, c, in.height / 2, in.width / 2]", "[in.height, in.width, c]", "[in.height, in.width, 4]"]
)
def test_another_order_is_doubted(shape: str) -> None:
    [help] = doubts(shape)
    written = re.search(r"write `(\[[^`]*\])`", help)
    assert written is not None
    assert doubts(written[1]) == []


@pytest.mark.parametrize(
    "shape",
    ["[c, in.height, in.width]", "[1, in.height, in.width]", "[height = in.height, width = in.width, channels = c]", "[in.height, c]", "[in.height * in.width, c]", "[2, c, in.height, in.width]"],
)  # fmt: skip
def test_what_may_be_meant_is_not(shape: str) -> None:
    assert doubts(shape) == []
