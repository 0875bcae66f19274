"""The grammar, its tables, and Lark's own parser on the same texts."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from lark import Lark, Token
from lark.lexer import Lexer

from archc.base.source import Source
from archc.dsl.lexer.keywords import read_tokens
from archc.grammar import generate, read_tables

ROOT = Path(__file__).parents[2]
TEXTS = sorted([*(ROOT / "tests/corpus/language").glob("*.arch"), *(ROOT / "architectures").glob("*.arch")])


class OurTokens(Lexer):
    """archc's tokens, as Lark wants them."""

    def __init__(self, conf: object) -> None:
        pass

    def lex(self, text: str) -> Iterator[Token]:
        for token in read_tokens(Source("text", text)).tokens[:-1]:
            yield Token(token.kind, text[token.start : token.end], token.start)


@pytest.fixture(scope="module")
def lark() -> Lark:
    return Lark(generate.read_grammar(), parser="lalr", start="file", lexer=OurTokens)


def test_tables_are_those_of_the_grammar() -> None:
    """After a change of `arch.lark`: `python -m archc.grammar.generate`."""
    shipped = (ROOT / "grammar/tables.json").read_text(encoding="utf-8")
    assert shipped == generate.to_text(generate.make_tables(generate.read_grammar()))


def test_the_grammar_has_no_conflict() -> None:
    """`make_tables` refuses what Lark would settle by a guess."""
    with pytest.raises(Exception, match="Shift/Reduce conflict"):
        generate.make_tables('file: a "x"*\na: "x"*\nexpression: "y"\n')


def test_every_rule_has_a_function_that_builds_it() -> None:
    from archc.dsl.parser.actions import MAKERS

    built = {build for _, _, build, _ in read_tables()["rules"]} - {"", "="}
    assert built == set(MAKERS)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)
def test_lark_reads_the_same_texts(path: Path, lark: Lark) -> None:
    assert lark.parse(path.read_text(encoding="utf-8")).data == "file"
