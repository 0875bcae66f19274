"""`--quantize int8` with the options of `--weights`, two by two: the bytes hold the same weights as the file in float32, told in the same words."""

from __future__ import annotations

from collections.abc import Callable
from itertools import combinations
from pathlib import Path

import pytest
import torch
from torch import Tensor

import archc
from archc.compiler.quantize.agreement import decibels
from tests.sample import sample

from .conftest import Run

NETWORK = """network small(classes = 10, colours = 3, size = 16) {
  input image[colours, size, size]
  stem: conv(16, 4, stride = 4, pad = 0, bias = false) -> bn -> relu
  body: conv(32, bias = false) -> bn -> relu
  tokens -> position_embedding -> reduce("mean", axis = length)
  fc: linear(classes)
}
"""
State = dict[str, Tensor]


def _renamed(state: State) -> State:
    return {f"enc.{key}": value for key, value in state.items()}


def _without_body(state: State) -> State:
    return {key: value for key, value in state.items() if "body" not in key}


WAYS: dict[str, tuple[Callable[[State], State], tuple[str, ...]]] = {
    "skip": (dict, ("--skip", "*fc.*", "--set", "classes=7")),
    "partial": (_without_body, ("--partial",)),
    "rename": (_renamed, ("--rename", "enc.=")),
    "channels": (dict, ("--adapt", "channels", "--set", "colours=5")),
    "positions": (dict, ("--adapt", "positions", "--set", "size=32")),
}
PAIRS = [*combinations(WAYS, 1), *combinations(WAYS, 2)]


@pytest.mark.parametrize("ways", sample(PAIRS, begin=1), ids="+".join)
def test_the_bytes_hold_the_weights_that_the_options_load(ways: tuple[str, ...], run: Run, folder: Path) -> None:
    (folder / "small.arch").write_text(f"# allow W510\n{NETWORK}", encoding="utf-8")
    torch.manual_seed(1)
    state = archc.load("small.arch").state_dict()
    state = {key: value + 0.5 if key.endswith("running_mean") else value for key, value in state.items()}
    options, adapted = [], []
    for way in ways:
        change, words = WAYS[way]
        state = change(state)
        adapted += words[1:2] if words[0] == "--adapt" else ()
        options += words[2:] if words[0] == "--adapt" else words
    options += ["--adapt", ",".join(adapted)] if adapted else []  # it takes one list
    torch.save({"epoch": 3, "ema": state}, "w.pth")
    call = ("build", "small.arch", "--weights", "w.pth:ema", *options, "--target", "torchscript")
    plain = run(*call, "-o", "plain")
    eight = run(*call, "-o", "eight", "--quantize", "int8", "--calibrate", "random")
    assert plain.exit_code == 0, plain.output
    assert eight.exit_code == 0, eight.output
    assert plain.stdout.splitlines()[2:] == [line for line in eight.stdout.splitlines() if line.startswith("  w.pth:ema: ")]
    first, second = torch.jit.load("plain/small.pt"), torch.jit.load("eight/small.pt")
    size = 32 if "positions" in ways else 16
    image = torch.randn((2, 5 if "channels" in ways else 3, size, size), generator=torch.Generator().manual_seed(2))
    with torch.no_grad():
        expected, found = first(image), second(image)
    assert decibels((expected,), (found,)) > 25
    assert float(expected.abs().max()) > 0


@pytest.mark.parametrize("ways", [("skip",), ("channels",), ("positions",)], ids="+".join)
def test_weights_that_do_not_fit_are_refused_as_in_float32_and_nothing_is_written(ways: tuple[str], run: Run, folder: Path) -> None:
    (folder / "small.arch").write_text(f"# allow W510\n{NETWORK}", encoding="utf-8")
    torch.save(archc.load("small.arch").state_dict(), "w.pth")
    sets = WAYS[ways[0]][1][-2:]
    call = ("build", "small.arch", "--weights", "w.pth", *sets, "--target", "torchscript")
    plain, eight = run(*call), run(*call, "--quantize", "int8", "--calibrate", "random")
    assert (plain.exit_code, eight.exit_code) == (3, 3)
    assert "error[F624]" in eight.stderr
    assert plain.stderr == eight.stderr
    assert not list(folder.glob("build/small/*.pt"))
