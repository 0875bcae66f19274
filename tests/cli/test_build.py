"""`archc build`: what is made, whole, and what becomes of the rest when something fails."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from archc.compiler import targets as builder
from archc.compiler.files.write import whole

from .conftest import Run


def test_build(run: Run, folder: Path) -> None:
    import torch

    result = run("build", "good.arch")
    assert result.exit_code == 0, result.output
    out = folder / "build" / "good"
    assert sorted(path.name for path in out.iterdir()) == ["good.json", "good.pt", "good.py", "good.svg"]
    assert result.stdout.startswith("good: 322 parameters, ")
    assert "[3, 32, 32] -> [10]" in result.stdout
    assert [line.split()[0] for line in result.stdout.splitlines()[1:]] == [
        "build/good/good.py", "build/good/good.pt", "build/good/good.svg", "build/good/good.json",
    ]  # fmt: skip
    module = torch.jit.load(out / "good.pt")
    assert not module.training
    assert module(torch.zeros(2, 3, 32, 32)).shape == (2, 10)
    assert sum(row.numel() for row in module.parameters()) == 322
    assert "import archc" not in (out / "good.py").read_text(encoding="utf-8")


def test_verbose_tells_how_long_each_file_took(run: Run) -> None:
    told = [line.partition(":") for line in run("build", "-v", "good.arch", "--target", "python,json").stderr.splitlines()]
    assert [what for what, _, _ in told][-2:] == ["PyTorch source", "JSON"]
    assert all(time.endswith(" ms") for _, _, time in told)


def test_the_document(run: Run, folder: Path) -> None:
    run("build", "good.arch", "--target", "json", "-o", "out")
    assert [path.name for path in (folder / "out").iterdir()] == ["good.json"]
    document = json.loads((folder / "out" / "good.json").read_text(encoding="utf-8"))
    assert (document["version"], document["network"], document["parameters"]) == (1, "good", {"width": "8", "classes": "10"})
    nodes = {row["id"]: row for row in document["nodes"]}
    assert len(document["edges"]) == len(nodes) - 1
    convolution = nodes["stem.conv1"]
    assert (convolution["op"], convolution["output"], convolution["weights"]) == ("conv", [8, 32, 32], {"weight": [8, 3, 3, 3]})
    assert convolution["source"] == {"file": "good.arch", "line": 3, "column": 16}
    assert document["costs"]["totals"]["parameters"] == 322


def test_the_same_bytes_twice(run: Run, folder: Path) -> None:
    for name in ("one", "two"):
        assert run("build", "good.arch", "-o", name).exit_code == 0
    for file in (folder / "one").iterdir():
        if file.suffix != ".pt":
            assert file.read_bytes() == (folder / "two" / file.name).read_bytes()


def test_weights(run: Run, folder: Path) -> None:
    import torch

    run("build", "good.arch", "--target", "torchscript", "-o", "one")
    state = {key: value + 1 for key, value in torch.jit.load(folder / "one" / "good.pt").state_dict().items()}
    torch.save(state, folder / "good.pth")
    result = run("build", "good.arch", "--target", "torchscript", "-o", "two", "--weights", "good.pth")
    assert result.exit_code == 0, result.output
    assert "the weights of good.pth" in result.stdout
    for key, value in torch.jit.load(folder / "two" / "good.pt").state_dict().items():
        assert torch.equal(value, state[key])


def test_weights_that_do_not_fit(run: Run, folder: Path) -> None:
    run("build", "good.arch", "--target", "torchscript", "-o", "one")
    result = run("build", "good.arch", "--set", "classes=7", "--weights", "one/good.pt", "-o", "two")
    assert result.exit_code == 3
    assert sorted(path.name for path in (folder / "two").iterdir()) == ["good.json", "good.py", "good.svg"]
    assert result.stderr.count("error[") == 1
    assert "F624" in result.stderr


def test_a_device_that_is_not_there(run: Run) -> None:
    result = run("build", "good.arch", "--target", "torchscript", "--device", "abacus")
    assert result.exit_code == 3
    assert "error[F617]: `abacus` is no device of PyTorch" in result.stderr


def test_a_dtype(run: Run, folder: Path) -> None:
    import torch

    assert run("build", "good.arch", "--target", "torchscript", "--dtype", "bfloat16", "-o", "out").exit_code == 0
    module = torch.jit.load(folder / "out" / "good.pt")
    assert {row.dtype for row in module.parameters()} == {torch.bfloat16}


def test_one_that_fails_leaves_the_others(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(plan: builder.Plan, path: str) -> str:
        with whole(path) as draft:
            Path(draft).write_text("half of it", encoding="utf-8")
            raise RuntimeError("out of ink")

    targets = tuple(builder.Target(row.word, row.suffix, row.what, broken if row.word == "json" else row.make) for row in builder.TARGETS)
    monkeypatch.setattr(builder, "TARGETS", targets)
    result = run("build", "good.arch", "-o", "out", "--target", "python,json")
    assert result.exit_code == 3
    assert [path.name for path in (folder / "out").iterdir()] == ["good.py"]
    assert "a bug: out/good.json was not made: RuntimeError: out of ink" in result.stderr


def test_a_package_that_is_not_installed(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)
    result = run("build", "good.arch", "-o", "out", "--target", "python,torchscript")
    assert result.exit_code == 3
    assert [path.name for path in (folder / "out").iterdir()] == ["good.py"]
    assert "error[F616]: `out/good.pt` needs the package `torch`" in result.stderr


def test_a_folder_that_cannot_be(run: Run) -> None:
    result = run("build", "good.arch", "-o", "good.arch")
    assert result.exit_code == 3
    assert result.stderr.count("error[F615]") == 4


@pytest.mark.parametrize("word", ["foo", "python,foo", ","])
def test_no_target(run: Run, word: str) -> None:
    result = run("build", "good.arch", "--target", word)
    assert result.exit_code == 2
    assert "python, torchscript, diagram, json, onnx, export" in result.stderr


@pytest.mark.parametrize(
    "options",
    [
        "--weights no.pth", "--skip x", "--rename a.=b.", "--adapt channels", "--partial", "--device cuda", "--dtype float16",
        "--train", "--optimize", "--tune", "--batch 2", "--dynamic height",
    ],
)  # fmt: skip
def test_an_option_that_no_target_uses_is_refused(run: Run, folder: Path, options: str) -> None:
    result = run("build", "good.arch", "--target", "python,json", *options.split(), "-o", "out")
    assert result.exit_code == 2
    told = " ".join(result.stderr.split())
    assert f"`{options.split()[0]}` is for `--target` `" in told
    assert "`--target python,json` makes no use of it" in told
    assert not (folder / "out").exists()


def test_two_targets_of_one_name(run: Run) -> None:
    result = run("build", "good.arch", "--target", "export,aotinductor")
    assert result.exit_code == 2
    assert "`export` and `aotinductor` both write NETWORK.pt2" in result.stderr


def test_a_file_with_errors_makes_nothing(run: Run, folder: Path) -> None:
    assert run("build", "bad.arch").exit_code == 1
    assert not (folder / "build").exists()


@pytest.mark.slow
def test_the_other_targets(run: Run, folder: Path) -> None:
    import torch

    result = run("build", "good.arch", "--target", "onnx,export", "-o", "out")
    assert result.exit_code == 0, result.output
    assert sorted(path.name for path in (folder / "out").iterdir()) == ["good.onnx", "good.pt2"]
    program = torch.export.load(folder / "out" / "good.pt2")
    assert program.module()(torch.zeros(5, 3, 32, 32)).shape == (5, 10)
