"""The colours of `.arch` listings: every word has one, and no character is lost."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.grammar import TABLES

pygments = pytest.importorskip("pygments")

from pygments.token import Comment, Error, Keyword, Name, Number, String, _TokenType  # noqa: E402

from archc.manual.pygments_lexer import ArchLexer  # noqa: E402

from .listings import listings  # noqa: E402

ROOT = Path(__file__).parents[2]
FILES = [path for folder in ("architectures", "tests/corpus") for path in sorted((ROOT / folder).rglob("*.arch"))]
PAGES = [page for page in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))) if "```arch" in page.read_text(encoding="utf-8")]


def coloured(text: str) -> list[tuple[_TokenType, str]]:
    return list(ArchLexer(stripnl=False, ensurenl=False).get_tokens(text))


def holds(text: str) -> None:
    found = coloured(text)
    assert "".join(word for _, word in found) == text
    assert [word for kind, word in found if kind in Error] == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_coloured_whole(path: Path) -> None:
    holds(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_every_listing_is_coloured_whole(page: Path) -> None:
    for listing in listings(page):
        if listing.kind == "arch":
            holds(listing.text)


@pytest.mark.parametrize("word", sorted(word for word in TABLES["words"] if word.isalpha()))
def test_every_word_of_the_grammar_is_coloured_as_one(word: str) -> None:
    (first, *_) = coloured(
        f"{word} {{ x }}"
        if word in ("indexed", "flat")
        else f"{word} [3]"
        if word == "expect"
        else f"{word} 1"
        if word == "arch"
        else f"{word} x"
    )
    assert first[1] == word
    assert first[0] not in Name


def test_a_word_is_a_name_where_it_opens_nothing() -> None:
    kinds = {word: kind for kind, word in coloured("input(3) -> stage\nblock = 3\noutput: relu.if")}
    assert kinds["input"] in Name
    assert kinds["stage"] in Name
    assert kinds["block"] is Name.Variable
    assert kinds["output"] is Name.Label
    assert kinds["if"] is Name.Attribute


def test_colours_of_a_line() -> None:
    found = coloured('## What.\nblock b(n) { "l{n + 1}": conv(64, 3) } # why\n')
    kinds = {word: kind for kind, word in found}
    assert kinds["## What."] is Comment.Special
    assert kinds["# why"] is Comment.Single
    assert kinds["block"] is Keyword.Declaration
    assert kinds["b"] is Name.Class
    assert kinds["l"] is String
    assert kinds["{"] is not String
    assert kinds["1"] in Number
    assert kinds["conv"] is Name.Builtin


def test_pygments_finds_it_by_the_entry_point_that_the_package_names() -> None:
    assert 'arch = "archc.manual.pygments_lexer:ArchLexer"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")
