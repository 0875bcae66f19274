"""The law of the layout: it changes no token and nothing of the tree, and laying out twice is laying out once.

Held on the corpus with other white space and comments between any two tokens, and with further tokens put in.
"""

from __future__ import annotations

import itertools
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.base.source import Source
from archc.dsl.format.printer import format_source
from archc.dsl.lexer.keywords import read_tokens
from archc.dsl.parser.parse import parse
from tests.sample import EVERYTHING

from .reading import TEXTS, bare

SHORT = [text for text in (path.read_text("utf-8") for path in TEXTS) if len(text) < 6000]

WHITE = ("", "", " ", "   ", "\n", "\t", "\n\n\n", "  # behind\n", "\n# of its own\n", "\n\n## of what follows\n")

FURTHER = (" .a", " . a", ".a", " - -1", " - - 1", " -(-2)", " **-2", " // 2", " == 3", " [0]", " (1)", " x2", " 1x2", " else 3", " not a")


def stream(text: str) -> list[tuple[str, str]]:
    tokens = read_tokens(Source.of("t.arch", text))
    return [(token.kind, tokens.word(token)) for token in tokens.tokens]


def comments(text: str) -> list[str]:
    """The comments of a text, one after another: what stands between the tokens and is no white space."""
    tokens = read_tokens(Source.of("t.arch", text))
    found, done, texts = "", 0, 0
    for token in tokens.tokens:
        if not texts:
            found += tokens.text[done : token.start]
        texts += (token.kind == "TEXT_START") - (token.kind == "TEXT_END")
        done = token.end
    return [line.strip().lstrip("#").strip() for line in found.split("\n") if line.strip()]


def holds(text: str) -> bool:
    """Hold a text to the law; whether it is one that can be laid out."""
    before, diagnostics = parse(Source.of("before.arch", text))
    result = format_source(Source.of("before.arch", text))
    if any(row.is_error for row in diagnostics):
        assert result == text
        return False
    after, diagnostics = parse(Source.of("after.arch", result))
    assert not any(row.is_error for row in diagnostics), result
    assert stream(result) == stream(text)
    assert (bare(after.items), after.doc) == (bare(before.items), before.doc)
    assert comments(result) == comments(text)
    assert format_source(Source.of("after.arch", result)) == result
    return True


def shaken(text: str, chance: random.Random) -> str:
    """The text with other white space and comments in some places, and now and then a further token."""
    tokens = read_tokens(Source.of("t.arch", text)).tokens
    out, texts = text[: tokens[0].start], 0
    for token, following in itertools.pairwise(tokens):
        out += text[token.start : token.end]
        gap = text[token.end : following.start]
        texts += (token.kind == "TEXT_START") - (token.kind == "TEXT_END")
        if not texts and chance.random() < 0.02 and token.kind in ("NUMBER", "SIZE", "NAME", "RPAR", "RSQB"):
            out += chance.choice(FURTHER)
        if not texts and chance.random() < 0.06:
            gap = gap + chance.choice((" ", "\n", "\n\n")) if gap.strip() else chance.choice(WHITE)
        out += gap
    return out


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(SHORT), st.integers(0, 2**32))
def test_the_layout_changes_no_token_and_nothing_of_the_tree(text: str, seed: int) -> None:
    holds(shaken(text, random.Random(seed)))


@pytest.mark.slow
def test_many_of_the_shaken_texts_are_laid_out() -> None:
    chance, tried = random.Random(20), 1000 if EVERYTHING else 250
    legal = sum(holds(shaken(chance.choice(SHORT), chance)) for _ in range(tried))
    assert legal > tried // 5


@pytest.mark.parametrize(
    "value",
    ["255 .a", "255 . a", "1x7 .a", "1e5 .a", "2K .a", "(1) .a", '"t" .a', "a .b .c", "- -1", "- - - a", "2 - -1", "[1] [0] .a", "f(1) .a"],
)
def test_what_stands_apart_stays_apart(value: str) -> None:
    assert holds(f"network n {{\n  input x[3, 8, 8]\n  let a = {value}\n  conv(4)\n}}\n")
