"""Lark alone, with `grammar/arch.lark` and nothing of archc, reads every text and gives the tree that archc's own runner gives."""

from __future__ import annotations

import random
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lark import Lark, Tree
from lark import Token as LarkToken
from lark.exceptions import UnexpectedInput

from archc.base.source import Source, Span
from archc.dsl.lexer.keywords import read_tokens
from archc.dsl.lexer.scanner import Token
from archc.dsl.parser.actions import MAKERS
from archc.dsl.parser.context import Builder
from archc.dsl.parser.lalr import Machine
from archc.dsl.parser.parse import parse
from tests.sample import EVERYTHING

from .random_texts import random_text
from .reading import ROOT
from .test_format_law import SHORT, shaken

FILES = [path for folder in ("architectures", "tests/corpus") for path in sorted((ROOT / folder).rglob("*.arch"))]
PAGES = [ROOT / "README.md", *(path for path in sorted((ROOT / "docs").rglob("*.md")) if "node_modules" not in path.parts)]
_LISTING = re.compile(r"^```arch[^\n]*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@cache
def lark() -> Lark:
    return Lark.open(str(ROOT / "grammar/arch.lark"), parser="lalr")


def lines(tree: object, depth: int = 0) -> list[str]:
    """A tree of Lark's, a node or word on each line, with its place."""
    found: list[str] = []
    waiting: list[tuple[object, int]] = [(tree, depth)]
    while waiting:
        node, depth = waiting.pop()
        if isinstance(node, Tree):
            found.append(f"{depth} {node.data}")
            waiting += [(child, depth + 1) for child in reversed(node.children)]
        elif isinstance(node, LarkToken):
            found.append(f"{depth} {node.type} {node.start_pos} {node!s}")
        else:
            found.append(f"{depth} {node}")
    return found


def by_lark(text: str) -> list[str]:
    return lines(lark().parse(text))


def by_archc(text: str) -> list[str]:
    """The tree that archc's runner makes of archc's own tokens, in Lark's form."""
    tokens = read_tokens(Source("text", text))
    builder = Builder(tokens)

    def maker(name: str) -> Callable[[Builder, list[Any], Span], object]:
        def make(builder: Builder, children: list[Any], span: Span) -> object:
            return Tree(name, [_word(builder, child) if isinstance(child, Token) else child for child in children])

        return make

    machine = Machine({name: maker(name) for name in MAKERS}, builder, "file")
    assert machine.run(tokens.tokens, 0) == -1, "archc does not read it"
    return lines(machine.value)


def _word(builder: Builder, token: Token) -> LarkToken:
    return LarkToken(token.kind, builder.text[token.start : token.end], token.start)


def has_no_mistake(text: str) -> bool:
    """Whether archc has nothing to say of how the text is written."""
    return not parse(Source.of("text", text))[1]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_shipped_files_and_the_corpus(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    assert by_lark(text) == by_archc(text)


@pytest.mark.parametrize("path", [page for page in PAGES if "```arch" in page.read_text("utf-8")], ids=lambda page: page.stem)
def test_listings_of_the_pages(path: Path) -> None:
    for text in _LISTING.findall(path.read_text(encoding="utf-8")):
        if has_no_mistake(text):
            assert by_lark(text) == by_archc(text)
        else:
            assert path.stem.startswith("E") or path.stem == "mistakes", f"a listing with a mistake:\n{text}"


@pytest.mark.parametrize(
    "text",
    [
        "let x = a if b else c",
        "let x = a\nif b { relu }",
        "let x = a\nif b if c else d { relu } else if e { bn }",
        "let x = a\nif (b if c else d) { relu }",
        "let x = a if b else c if d else e\nif f { relu }",
        "let x = a if (b if (c if d else e) else f) else g",
        "let x = a if b # else {\n else c # if\nif d { relu }",
        "let x = a if b.else else c.if\nlet y = a if b. else else c",
        'let x = a if b\n  else c\nrequire x if a else b, "if {x if y else z} else"\nif a { relu }',
        'let x = "if {a}" if b == "else {{" else c',
        'let x = "{{{n}}} # {{ {m}}}"  # say "hello"',
        '{ let x = a }\nif a { let y = "a{b}c" } "d{e}": bn',
        '"a{ b + 1 }": add { | # a path\n bn | skip }\nadd {\n\n  # why\n  | bn\n}',
        "relu\n{ bn }\nindexed # numbers\n { bn }\nflat { bn }\nexpect # the shape\n [3]",
        'stage stage { input: input(input) -> expect }\nstage "a{b}" flat { flat -> indexed }',
        "input input[3, H]\noutput in.a, input\naux aux indexed { bn }\nbudget budget <= 3M\ndefault default(as = 1), input",
        "repeat n as as { bn }\nrepeat as as i { bn }\nfor in_, as in as.in { bn }",
        "repeat ordinal { order(3) }\nlet x = a\norder(3)\nlet y = not_a and nota or android",
        "let x = 1x7\nlet y = [2x3x4, 26M, 1e-3, 4.2G, 3 .a]\nlet z = 2 ** -1 // 3 <= 4 != -x",
    ],
)
def test_words_and_signs_that_a_glance_ahead_decides(text: str) -> None:
    whole = f"block b(x, as = 3) takes takes, block {{\n{text}\n}}\nnetwork network = block\n"
    assert has_no_mistake(whole)
    assert by_lark(whole) == by_archc(whole)


@pytest.mark.parametrize(
    "text", ["arch 1\n", "## What it is.\narch 1  # the first\nimport arch as arch\nlet arch = 3\nblock arch(arch) { arch: arch }\n"]
)
def test_the_edition(text: str) -> None:
    assert has_no_mistake(text)
    assert by_lark(text) == by_archc(text)


def agrees(text: str) -> bool:
    """Whether archc finds no mistake; if so, Lark reads the same."""
    if not has_no_mistake(text):
        return False
    assert by_lark(text) == by_archc(text), text
    return True


@settings(max_examples=80, deadline=None)
@given(st.sampled_from(SHORT), st.integers(0, 2**32))
def test_texts_with_other_white_space_comments_and_further_words(text: str, seed: int) -> None:
    agrees(shaken(text, random.Random(seed)))


@settings(max_examples=150, deadline=None)
@given(st.integers(0, 2**32))
def test_random_texts(seed: int) -> None:
    agrees(random_text(seed))


SHAKEN = 300 if EVERYTHING else 100


@pytest.mark.slow
def test_enough_of_the_random_texts_have_no_mistake() -> None:
    chance = random.Random(7)
    assert sum(agrees(shaken(chance.choice(SHORT), chance)) for _ in range(SHAKEN)) > SHAKEN // 5
    assert sum(agrees(random_text(seed)) for seed in range(10 * SHAKEN)) > 2 * SHAKEN


def test_lark_refuses_what_ends_in_the_middle() -> None:
    with pytest.raises(UnexpectedInput):
        by_lark("block b {\n")
