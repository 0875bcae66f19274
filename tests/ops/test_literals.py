"""How values stand in generated code."""

from __future__ import annotations

import ast

import pytest

from archc.compiler.ops.base import literal
from archc.compiler.ops.parameters import Plain


@pytest.mark.parametrize("value", ['say "so"', "back\\slash", "two\nlines", "", "half", 3, 0.5, True, None, (), (1,), (1, ("a", '"'), 2)])
def test_a_literal_is_read_back_as_the_value(value: Plain) -> None:
    assert ast.literal_eval(literal(value)) == value


def test_texts_stand_in_double_quotes() -> None:
    assert literal(("a", 1)) == '("a", 1)'
