"""The colours of the source beside the picture are those of the language: what a word is stands with what is around it."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.base.source import Source
from archc.compiler.draw.page.coloring import Piece, colored

ROOT = Path(__file__).parents[2]
FILES = [path for folder in ("architectures", "tests/corpus") for path in sorted((ROOT / folder).rglob("*.arch"))]


def of(text: str) -> list[list[Piece]]:
    return colored(Source.of("t.arch", text))


def words(pieces: list[Piece]) -> list[str]:
    return [piece[0] for piece in pieces if not isinstance(piece, str) and piece[1] == "word"]


def plain(lines: list[list[Piece]]) -> str:
    return "\n".join("".join(piece if isinstance(piece, str) else piece[0] for piece in line) for line in lines)


def test_a_word_within_a_string_is_a_part_of_the_string() -> None:
    (line,) = of('require a == b, "for input in stage: not a network"')
    assert line == [["require", "word"], " a == b, ", ['"for input in stage: not a network"', "string"]]


def test_a_hole_of_a_string_is_coloured_as_what_it_holds() -> None:
    (line,) = of('"for {a if b else c} {{in}}": relu')
    assert line == [
        ['"for ', "string"], "{a ", ["if", "word"], " b ", ["else", "word"], " c}", [' {{in}}"', "string"], ": relu",
    ]  # fmt: skip


def test_a_comment_is_one_whatever_it_says_and_a_string_holds_none() -> None:
    first, second = of('x # "for" in\nlet y = "# for" # "if"')
    assert first == ["x ", ['# "for" in', "comment"]]
    assert second == [["let", "word"], " y = ", ['"# for"', "string"], " ", ['# "if"', "comment"]]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("input image[3, 8, 8]", ["input"]),
        ("input: relu -> stage(3)", []),
        ("let block = network + in.for", ["let", "in"]),
        ("x: skip(e1) -> reuse(e1)", []),
        ("block block(flat = 1) flat { }", ["block", "flat"]),
        ("for k in [1, 3] { if k > 1 and not true { } else { } }", ["for", "in", "if", "and", "not", "true", "else"]),
        ("from resnet import resnet as import", ["from", "import", "as"]),
        ("arch 1", ["arch"]),
        ("repeat 3 as as { }", ["repeat", "as"]),
    ],
)
def test_a_word_is_coloured_where_the_language_has_it_as_one(text: str, found: list[str]) -> None:
    (line,) = of(text)
    assert words(line) == found


def test_lines_are_those_of_the_text() -> None:
    assert of("") == [[]]
    assert of("a") == of("a\n") == [["a"]]
    assert of("\n\na\n# b\n\n") == [[], [], ["a"], [["# b", "comment"]], []]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_every_file_is_coloured_whole_and_as_on_the_site(path: Path) -> None:
    pytest.importorskip("pygments")
    from pygments.token import Keyword, Operator

    from archc.manual.pygments_lexer import ArchLexer

    text = path.read_text(encoding="utf-8")
    lines = of(text)
    assert plain(lines) == text.removesuffix("\n")
    site = [word for kind, word in ArchLexer(stripnl=False, ensurenl=False).get_tokens(text) if kind in Keyword or kind is Operator.Word]
    assert [word for line in lines for word in words(line)] == site
