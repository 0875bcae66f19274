"""Random networks, shaken statistics, biases that are not zero: every rewrite, and all of them, leave the answers as they were."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from archc.compiler.emit.fast.onednn import OneDnn
from archc.compiler.graph.graph import Graph
from archc.compiler.rewrite.base import Rewrite
from tests.emit.test_random import blocks, chains, graphs
from tests.sample import sample

from .proof import applied, check_same

PASSES = OneDnn.passes


def tried(write: Callable[[random.Random], str], seed: int) -> list[tuple[str, Graph]]:
    return graphs(write, 100 + seed)


@pytest.mark.parametrize("write", [chains, blocks])
@pytest.mark.parametrize("seed", sample(range(3), 0, 3))
def test_all_rewrites(write: Callable[[random.Random], str], seed: int) -> None:
    for text, graph in tried(write, seed):
        try:
            check_same(graph, *PASSES)
        except Exception as error:
            raise AssertionError(text) from error


@pytest.mark.parametrize("count", sample(range(1, len(PASSES)), 0, 2), ids=lambda count: PASSES[count - 1].name)
def test_the_rewrites_up_to(count: int) -> None:
    passes: tuple[Rewrite, ...] = PASSES[:count]
    for text, graph in tried(blocks, count)[:4]:
        try:
            check_same(graph, *passes)
        except Exception as error:
            raise AssertionError(text) from error


def test_a_rewrite_that_finds_nothing_returns_what_it_was_given() -> None:
    for _, graph in tried(blocks, 7)[:4]:
        state = applied(graph, *PASSES)
        again = state
        for each in PASSES:
            again = each.apply(again)
        assert again is state


def test_every_rewrite_is_documented() -> None:
    page = (Path(__file__).parents[2] / "docs" / "speed.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in page.splitlines() if line.startswith("| `")]
    assert sorted(rows) == sorted({each.name for each in PASSES})


def test_every_rewrite_has_a_name_and_says_when_it_is_legal() -> None:
    for each in PASSES:
        assert each.name and "egal" in each.summary, each
