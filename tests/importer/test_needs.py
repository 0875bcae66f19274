"""What the models of torchvision and timm do, by name, has words in the language; of what has none the reason is told."""

from __future__ import annotations

import runpy
from pathlib import Path

from archc.compiler.ops import TABLE

NEEDS = runpy.run_path(str(Path(__file__).parents[2] / "benchmarks" / "needs.py"))


def test_most_models_have_words_for_all_that_they_do() -> None:
    found = NEEDS["without_words"]()
    assert len(found) == 343
    assert sum(not needs for needs in found.values()) >= 317


def test_every_operation_that_answers_a_need_is_a_word_of_the_language() -> None:
    answers, _ = NEEDS["read"]()
    assert [name for operations in answers.values() for name in operations if name not in TABLE] == []


def test_what_has_no_word_has_a_reason_and_nothing_else_has() -> None:
    answers, _ = NEEDS["read"]()
    assert {need for need, operations in answers.items() if not operations} == set(NEEDS["reasons"]())
