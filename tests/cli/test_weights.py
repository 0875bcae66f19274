"""`--weights` with its options, as people have checkpoints: told in words, loaded as asked, and refused with the option that would do."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import Tensor

import archc
from archc.cli.weights_options import ADAPT
from archc.compiler.runtime.weights.adapt import WORDS

from .conftest import Run

SMALL = """network small(classes = 1000, width = 8) {
  input image[3, 32, 32]
  conv(width, bias = false) -> bn -> relu
  global_avgpool -> flatten -> fc: linear(classes)
}
"""

BUILD = ("build", "small.arch", "--target", "torchscript", "-o", "out", "--weights", "w.pth")


@pytest.fixture
def state(folder: Path) -> dict[str, Tensor]:
    """The weights of `small`, which are saved as `w.pth`."""
    (folder / "small.arch").write_text(SMALL, encoding="utf-8")
    found = archc.load("small.arch").state_dict()
    torch.save(found, "w.pth")
    return found


def made(key: str) -> Tensor:
    found = torch.jit.load("out/small.pt").state_dict()[key]
    assert isinstance(found, Tensor)
    return found


def test_the_words_of_adapt_are_the_compilers() -> None:
    assert ADAPT == WORDS


def test_another_number_of_classes(run: Run, state: dict[str, Tensor]) -> None:
    result = run(*BUILD, "--set", "classes=3")
    assert result.exit_code == 3
    for word in ("fc.weight", "[1000, 8]", "[3, 8]", "--skip 'fc.*'"):
        assert word in result.stderr
    result = run(*BUILD, "--set", "classes=3", "--skip", "fc.*")
    assert result.exit_code == 0, result.output
    assert "w.pth: 6 of 8 tensors; as training starts: `fc.weight`, `fc.bias`; left in the file: `fc.weight`, `fc.bias`" in result.stdout
    assert torch.equal(made("conv1.weight"), state["conv1.weight"])
    assert made("fc.weight").shape == (3, 8)
    assert run(*BUILD, "--set", "classes=3", "--partial").exit_code == 0


def test_raw_and_averaged_weights_side_by_side(run: Run, state: dict[str, Tensor]) -> None:
    averaged = {f"module.{key}": value + 1 if value.is_floating_point() else value for key, value in state.items()}
    torch.save({"epoch": 7, "state_dict": state, "state_dict_ema": averaged}, "w.pth")
    result = run(*BUILD)
    assert "its part `state_dict` (`state_dict_ema` is there too: `w.pth:state_dict_ema`)" in result.stdout
    assert torch.equal(made("fc.weight"), state["fc.weight"])
    result = run(*BUILD[:-1], "w.pth:state_dict_ema")
    assert "w.pth:state_dict_ema: all 8 tensors, keys without `module.`" in result.stdout
    assert torch.equal(made("fc.weight"), state["fc.weight"] + 1)


def test_a_classifiers_weights_in_a_body(run: Run, folder: Path) -> None:
    (folder / "plain.arch").write_text("from resnet import resnet, basic\nnetwork plain = resnet(basic, [1, 1, 1, 1], width = 8)\n")
    (folder / "small.arch").write_text(
        "from resnet import resnet, basic\nnetwork small {\n  input image[3, 64, 64]\n  body: resnet(basic, [1, 1, 1, 1], width = 8)\n"
        "  skip(body.layer4) -> global_avgpool -> flatten\n}\n"
    )
    state = archc.load("plain.arch").state_dict()
    torch.save(state, "w.pth")
    result = run(*BUILD)
    assert result.exit_code == 3
    assert "keys with `body.` before them" in result.stderr
    assert "`--skip 'fc.*'` leaves them in the file" in result.stderr
    assert run(*BUILD, "--skip", "fc.*").exit_code == 0
    assert torch.equal(made("body.layer4.0.conv1.weight"), state["layer4.0.conv1.weight"])
    assert run(*BUILD, "--rename", "=body.", "--partial").exit_code == 0


def test_three_channels_into_one(run: Run, state: dict[str, Tensor]) -> None:
    result = run(*BUILD, "--input", "1x32x32")
    assert result.exit_code == 3
    assert "conv1.weight" in result.stderr
    assert "--set classes" not in result.stderr
    result = run(*BUILD, "--input", "1x32x32", "--adapt", "channels")
    assert result.exit_code == 0, result.output
    assert "`conv1.weight`: 3 input channels summed to 1" in result.stdout
    assert torch.equal(made("conv1.weight"), state["conv1.weight"].sum(1, keepdim=True))


def test_a_pointer_in_place_of_a_file(run: Run, state: dict[str, Tensor]) -> None:
    Path("w.pth").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 46830571\n")
    result = run(*BUILD)
    assert result.exit_code == 3
    assert "Git LFS pointer" in result.stderr
    assert "weights_only" not in result.stderr


def test_bench_takes_the_same_options(run: Run, state: dict[str, Tensor]) -> None:
    arguments = ("bench", "small.arch", "--ways", "eager", "--rounds", "1", "--seconds", "0", "--weights", "w.pth", "--set", "classes=3")
    assert run(*arguments).exit_code == 1
    result = run(*arguments, "--skip", "fc.*", "--format", "json")
    assert result.exit_code == 0, result.output
    assert "w.pth: 6 of 8 tensors" in result.stderr
    assert result.stdout.startswith("{")


def test_an_optimised_build_takes_the_same_options(run: Run, state: dict[str, Tensor]) -> None:
    result = run(*BUILD, "--optimize", "--set", "classes=3", "--skip", "fc.*")
    assert result.exit_code == 0, result.output
    assert "w.pth: 6 of 8 tensors" in result.stdout


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--skip", "fc.*"), "`--skip` is about weights: `--weights FILE` is not there"),
        (("--weights", "w.pth", "--adapt", "colour"), "`colour` is none of channels, positions"),
        (("--weights", "w.pth", "--rename", "module."), "`module.` is not of the form OLD=NEW"),
        (("--weights", "w.pth", "--rename", "a.=b.", "--rename", "a.=c."), "`a.` is given twice"),
    ],
)
def test_calls_that_are_wrong(run: Run, state: dict[str, Tensor], options: tuple[str, ...], told: str) -> None:
    result = run("build", "small.arch", *options)
    assert result.exit_code == 2
    assert told in " ".join(result.stderr.split())
