"""Random legal programs: the generated module answers as the graph does, node by node, and trains as it does."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from archc.compiler.codegen.pytorch import to_python
from archc.compiler.graph.graph import Graph
from tests.sample import EVERYTHING, sample
from tests.soundness.programs import Maker as Chains
from tests.support import checked as checked_text

from .blocks import Maker as Blocks
from .checks import check_all

PROGRAMS = int(os.environ.get("ARCHC_MODULES", "12" if EVERYTHING else "6"))
"""How many programs each test tries."""


def graphs(write: Callable[[random.Random], str], seed: int) -> list[tuple[str, Graph]]:
    """Legal programs that are small enough to run."""
    chance = random.Random(seed)
    found: list[tuple[str, Graph]] = []
    while len(found) < PROGRAMS:
        text = write(chance)
        checked = checked_text(text, "random.arch")
        if checked.program is not None and sum(node.macs for node in checked.program.nodes) < 3e8:
            found.append((text, checked.graph))
    return found


def chains(chance: random.Random) -> str:
    return Chains(chance).program().write()


def blocks(chance: random.Random) -> str:
    return Blocks(chance).network()


@pytest.mark.parametrize("write", [chains, blocks])
@pytest.mark.parametrize("seed", sample(range(2), 0, 2))
def test_answers_and_gradients(write: Callable[[random.Random], str], seed: int) -> None:
    torch.set_num_threads(1)
    for text, graph in graphs(write, seed):
        try:
            check_all(graph)
        except Exception as error:
            raise AssertionError(f"{text}\n{to_python(graph)}") from error


@pytest.mark.parametrize("write", [chains, blocks])
def test_ruff_has_nothing_to_say(write: Callable[[random.Random], str], tmp_path: Path) -> None:
    for number, (_, graph) in enumerate(graphs(write, 7)):
        (tmp_path / f"net{number}.py").write_text(to_python(graph), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check", "--diff"]):
        run = subprocess.run(
            [*ruff, *command, "--isolated", "--no-cache", "--line-length", "100", str(tmp_path)], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr
