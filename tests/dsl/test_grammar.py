"""The grammar and its tables. That Lark alone reads the same trees: test_lark_alone.py."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.grammar import generate, read_tables

ROOT = Path(__file__).parents[2]


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
