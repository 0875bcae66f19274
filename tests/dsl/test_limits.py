"""What is too deep, too long or too many is said; nothing runs out of stack."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.dsl import ast
from archc.dsl.lexer.braces import DEEPEST, MOST_MISTAKES
from archc.dsl.parser.parse import parse, parse_expression

MANY = 5_000


def codes(text: str) -> list[str]:
    return [row.code for row in parse(Source.of("limits", text))[1]]


def in_body(text: str) -> str:
    return f"network n {{\n  {text}\n}}\n"


@pytest.mark.parametrize(
    "deep",
    [
        "(" * MANY + "1" + ")" * MANY,
        "[" * MANY + "]" * MANY,
        "[" * MANY,
        "f(" * MANY,
        "-" * MANY + "1",
        "- " * MANY + "1",
        "not " * MANY + "a",
        "1" + " + 1" * MANY,
        "2" + " ** 2" * MANY,
        "a" + " < a" * MANY,
        "a" + ".b" * MANY,
        "a" + "[0]" * MANY,
        "a if b else " * MANY + "c",
    ],
    ids=["parentheses", "lists", "open", "calls", "dashes", "minus", "not", "plus", "power", "compare", "dots", "index", "conditional"],
)
def test_deep_expressions(deep: str) -> None:
    value, diagnostics = parse_expression(Source.of("limits", deep))
    assert value is None
    assert [row.code for row in diagnostics] == ["E118"]
    file, again = parse(Source.of("limits", in_body(f"let x = {deep}\n  relu")))
    assert "E118" in [row.code for row in again]
    assert file.items


@pytest.mark.parametrize(
    "deep",
    [
        "{ " * MANY + "relu" + " }" * MANY,
        "add { | " * MANY + "relu" + " }" * MANY,
        "if a { " * MANY + "relu" + " }" * MANY,
        "{" * MANY,
        "if a { relu }" + " else if a { relu }" * MANY,
    ],
    ids=["groups", "merges", "ifs", "open", "elses"],
)
def test_deep_bodies(deep: str) -> None:
    assert "E118" in codes(in_body(deep))


def test_the_deepest_that_is_read() -> None:
    half = DEEPEST - 2
    value, diagnostics = parse_expression(Source.of("limits", "[" * half + "]" * half))
    assert diagnostics == ()
    assert isinstance(value, ast.List)
    assert codes(in_body("{ " * half + "relu" + " }" * half)) == []
    assert codes(in_body("let x = 1" + " + 1" * half)) == []


def test_what_is_too_deep_is_broken_and_the_rest_is_read() -> None:
    file, diagnostics = parse(Source.of("limits", in_body("let x = 1" + " + 1" * MANY + "\n  relu")))
    assert [row.code for row in diagnostics] == ["E118"]
    (network,) = file.items
    assert isinstance(network, ast.Network)
    assert [type(one).__name__ for one in network.body] == ["Broken", "Chain"]


@pytest.mark.parametrize("number", ["9" * 100_000, "1x" + "9" * 100_000, "1e999999999", "0." + "0" * 100_000 + "1", "9" * 101 + "G"])
def test_numbers_that_are_too_long(number: str) -> None:
    file, diagnostics = parse(Source.of("limits", in_body(f"conv({number})\n  relu")))
    assert [row.code for row in diagnostics] == ["E105"]
    assert len(diagnostics[0].message) < 200
    (network,) = file.items
    assert isinstance(network, ast.Network)
    assert [type(one).__name__ for one in network.body] == ["Broken", "Chain"]


def test_many_mistakes_are_not_all_said() -> None:
    assert MOST_MISTAKES <= len(codes(in_body("conv(64 3)\n" * 1000))) <= MOST_MISTAKES + 1
    assert len(codes("}" * MANY)) <= MOST_MISTAKES + 1
    assert len(codes("? § ¢ " * MANY)) <= MOST_MISTAKES + 1
    assert len(codes("".join(f"conv({n}m)\n" for n in range(1000)))) <= MOST_MISTAKES + 1


def test_long_texts() -> None:
    file, diagnostics = parse(Source.of("limits", in_body("conv(64, 3) -> bn -> relu\n" * 2000 + "bn" + " -> bn" * 2000)))
    assert diagnostics == ()
    (network,) = file.items
    assert isinstance(network, ast.Network)
    assert len(network.body) == 2001
