"""What a message or a page of the manual shows of the language, between backquotes, is language: it can be read where it would stand.

Edits are made and compiled elsewhere (`tests/compiler/test_remedies.py`, `tests/dsl/test_slips.py`); here is what a reader types.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.dsl.parser.parse import parse
from archc.reporting.codes.table import CODES
from tests.dsl.test_slips import CASES, mistakes, text_of

PLACES = (
    "network n {{ {} }}",  # a statement
    "{}",  # an item of a file
    "network n {{ conv({}) }}",  # an argument, a value
    "network n {{ add {{ {} }} }}",  # paths
    "network n {{ add {{ | {} }} }}",  # one
    "network n {{ add {{ | skip {} }} }}",
    "network n {{ add {{ | {} skip }} }}",  # what stands before the steps of a path
    "network n {{ input x{} }}",  # sizes
    "network n {{ relu {} }}",  # what follows a step
    "network n {{ {} {{ relu }} }}",  # the head of a body
    "network n {{ if true {{ relu }} {} }}",
    "network n{} {{ relu }}",  # parameters
    "network n {{ if 1 {} {{ relu }} }}",  # half a comparison
    "network n {{ if true {{ relu }} {} true {{ relu }} }}",
    'operation o(c) from "f.py:C" {{ {} }}',
)
"""Where a snippet may stand. An ellipsis in it is any one thing, a path, or nothing."""

NO_LANGUAGE = re.compile(r"\W*|archc\b.*|pip .*|--.*|\w+ --.*|\S+\.(?:arch|py):\w+|\w+\{\w+\}|package\.module:factory")
"""Signs, commands, options, names of files, and what stands inside a text."""


def reads(snippet: str) -> bool:
    for text in dict.fromkeys(snippet.replace("…", thing) for thing in ("x", "| x", "")):
        if any(not parse(Source.of("n.arch", f"{place.format(text)}\n"))[1] for place in PLACES):
            return True
    return False


def shown(rows: Iterable[Diagnostic]) -> list[str]:
    found: list[str] = []
    for row in rows:
        said = f"{row.help or ''} {row.fix.message if row.fix is not None else ''}"
        found += re.findall(r"`([^`]+)`", re.sub(r"leave `[^`]+` out", "", said))  # that is what is wrong
    return [snippet for snippet in found if not NO_LANGUAGE.fullmatch(snippet)]


@pytest.mark.parametrize("code", CODES)
def test_what_the_gallery_shows_can_be_read(code: str) -> None:
    row = CODES[code]
    snippets = [snippet for snippet in re.findall(r"`([^`]+)`", row.remedy) if not NO_LANGUAGE.fullmatch(snippet)]
    if row.example and not code.startswith("F"):
        snippets += shown(check_source(Source.of(f"{code.lower()}.arch", row.example)).diagnostics)
    assert [snippet for snippet in snippets if not reads(snippet)] == []


@pytest.mark.parametrize("title", CASES)
def test_what_a_slip_shows_can_be_read(title: str) -> None:
    assert [snippet for snippet in shown(mistakes(text_of(title))) if not reads(snippet)] == []


@pytest.mark.parametrize("snippet", ["conv(", "add { | skip", "-> ->", "conv(3) if if", "x = = 2"])
def test_what_is_no_language_cannot(snippet: str) -> None:
    assert not reads(snippet)
