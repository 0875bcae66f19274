"""The source of the shipped networks: it reads well, and is the module that the program says."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from archc.compiler import driver
from archc.compiler.codegen.pytorch import Mode, class_name, to_python
from archc.compiler.files.library import names
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import zeros
from tests.sample import sample

from .checks import actual_weights, as_tuple, expected_weights

NAMES = sorted(names())


@pytest.mark.parametrize("name", sample(NAMES, 0, 12))
def test_keys_and_shapes(name: str) -> None:
    """Each kind of source, without storage: the state_dict's keys and shapes, and the outputs' shapes for a batch of 3."""
    graph = driver.compile(name).graph
    has_side_heads = any(node.training_only for node in graph.nodes)
    for mode in Mode if has_side_heads else [Mode.TRAIN]:
        with torch.device("meta"):
            module = build(graph, mode).eval()
            answers = as_tuple(module(*zeros(graph, 3)))
        assert actual_weights(module) == expected_weights(graph, mode)
        ports = [node for node in graph.nodes if node.operation.name == "output" and (mode is Mode.SIDE_HEADS or not node.training_only)]
        assert [tuple(answer.shape) for answer in answers] == [(3, *node.shape) for node in ports]


def test_ruff_has_nothing_to_say(tmp_path: Path) -> None:
    for name in sample(NAMES, 2, 3):
        graph = driver.compile(name).graph
        for mode in Mode if any(node.training_only for node in graph.nodes) else [Mode.TRAIN]:
            text = to_python(graph, mode)
            (tmp_path / f"{name}_{mode.name.lower()}.py").write_text(text, encoding="utf-8")
            assert all(len(line) <= 100 for line in text.splitlines()), name
    ruff = [sys.executable, "-m", "ruff"]
    for command in (["check"], ["format", "--check", "--diff"]):
        run = subprocess.run(
            [*ruff, *command, "--isolated", "--no-cache", "--line-length", "100", str(tmp_path)], capture_output=True, text=True
        )
        assert run.returncode == 0, run.stdout + run.stderr


def test_resnext50_is_short() -> None:
    text = to_python(driver.compile("resnext50").graph)
    assert text.count("\n") <= 150
    assert text.count("\nclass ") == 3, "two kinds of block and the network"
    assert "archc" not in text.replace("Written by archc from", "")


def test_class_name() -> None:
    assert class_name(driver.compile("vgg16_bn").graph) == "Vgg16Bn"
