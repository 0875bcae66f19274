"""Whatever the text: diagnostics, never an exception, and places that lie in the text."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from archc.base.source import Source
from archc.dsl.ast import File
from archc.dsl.format.printer import format_source
from archc.dsl.lexer.braces import MOST_MISTAKES
from archc.dsl.lexer.misspelt_words import USAGE
from archc.dsl.parser.parse import parse, parse_expression

from .reading import TEXTS, bare, nodes

FILES = [path.read_text(encoding="utf-8") for path in TEXTS]
SIGNS = [*"{}()[]|->,:=\"'#/*;.\\ \n\t\x00\u202e（→é“0x_", "->", "==", "**", "//", "/*", "1x7", "26M", '"a{', "}}"]
WORDS = [*USAGE, "as", "takes", "indexed", "flat", "in", "else", "and", "or", "not", "true", "false", "none"]
WORDS += ["conv", "bn", "relu", "add", "concat", "skip", "a", "b"]

quick = settings(max_examples=60, deadline=None)


def check(text: str) -> File:
    source = Source.of("fuzz.arch", text)
    file, diagnostics = parse(source)
    assert len(diagnostics) <= 2 * MOST_MISTAKES + 1
    starts = [row.primary.span.start for row in diagnostics]
    assert starts == sorted(starts)
    for row in diagnostics:
        assert row.code.startswith("E1") or row.code == "E210"  # a label of signs is read as the name that it was meant to be
        for label in (row.primary, *row.secondary):
            assert 0 <= label.span.start <= label.span.end <= len(source.text)
        for edit in row.fix.edits if row.fix else ():
            assert 0 <= edit.span.start <= edit.span.end <= len(source.text)
    for node in nodes(file.items):
        span = node.span  # type: ignore[attr-defined]
        assert 0 <= span.start <= span.end <= len(source.text)
    formatted = format_source(source)
    if diagnostics:
        assert formatted == source.text
    else:
        assert bare(parse(Source.of("again", formatted))[0].items) == bare(file.items)
    parse_expression(source)
    return file


@quick
@given(st.text(max_size=200))
def test_any_text(text: str) -> None:
    check(text)


@quick
@given(st.lists(st.sampled_from(SIGNS + WORDS + [" ", "\n", " "]), max_size=60))
def test_any_signs_and_words(parts: list[str]) -> None:
    check("".join(parts))
    check(" ".join(parts))


@quick
@given(st.lists(st.sampled_from(WORDS + SIGNS), max_size=40))
def test_any_body(parts: list[str]) -> None:
    check("network n {\n" + " ".join(parts) + "\n}\nblock b { relu }\n")


@quick
@given(st.data())
def test_a_text_that_is_cut(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(FILES))
    check(text[: data.draw(st.integers(0, len(text)))])


@quick
@given(st.data())
def test_a_text_with_holes(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(FILES))
    for _ in range(data.draw(st.integers(1, 4))):
        start = data.draw(st.integers(0, len(text)))
        text = text[:start] + text[start + data.draw(st.integers(1, 8)) :]
    check(text)


@quick
@given(st.data())
def test_a_text_with_signs_put_in(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(FILES))
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(text)))
        text = text[:place] + data.draw(st.sampled_from(SIGNS)) + text[place:]
    check(text)


@quick
@given(st.data())
def test_one_damaged_character_gives_few_mistakes(data: st.DataObject) -> None:
    text = data.draw(st.sampled_from(FILES))
    place = data.draw(st.integers(0, len(text) - 1))
    damaged = text[:place] + data.draw(st.sampled_from([sign for sign in SIGNS if len(sign) == 1])) + text[place + 1 :]
    _, diagnostics = parse(Source.of("fuzz.arch", damaged))
    assert len(diagnostics) <= 8
