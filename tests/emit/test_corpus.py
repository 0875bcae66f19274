"""The source of small networks, each of which shows one thing: read it beside its `.arch` file.

`python -m tests.emit.test_corpus` writes the expected files anew.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode, to_python
from archc.compiler.runtime.live_module import build

from .checks import actual_weights, check_answers, check_gradients, expected_weights
from .corpus import CORPUS, graph_of

FILES = sorted(CORPUS.glob("*.arch"))
NAMES = [path.stem for path in FILES]


@pytest.fixture(autouse=True)
def one_thread() -> None:
    torch.set_num_threads(1)


@pytest.mark.parametrize("name", NAMES)
def test_source(name: str) -> None:
    assert to_python(graph_of(name)) == (CORPUS / f"{name}.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", NAMES)
def test_keys(name: str) -> None:
    graph = graph_of(name)
    for mode in Mode:
        assert actual_weights(build(graph, mode)) == expected_weights(graph, mode)


@pytest.mark.parametrize("name", NAMES)
def test_answers(name: str) -> None:
    check_answers(graph_of(name))


@pytest.mark.parametrize("name", NAMES)
def test_gradients(name: str) -> None:
    check_gradients(graph_of(name))


@pytest.mark.parametrize("mode", Mode)
def test_ruff_has_nothing_to_say(mode: Mode, tmp_path: Path) -> None:
    for name in NAMES:
        (tmp_path / f"{name}.py").write_text(to_python(graph_of(name), mode), encoding="utf-8")
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check", "--diff"]):
        run = subprocess.run(
            [*ruff, *command, "--isolated", "--no-cache", "--line-length", "100", str(tmp_path)], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_the_same_text_twice() -> None:
    for name in NAMES:
        assert to_python(graph_of(name)) == to_python(graph_of(name))


if __name__ == "__main__":
    for name in NAMES:
        (CORPUS / f"{name}.py").write_text(to_python(graph_of(name)), encoding="utf-8")
