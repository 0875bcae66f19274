"""Modules with operations of one's own: run where they are trusted alone, held against the text, and equal to the class used directly."""

from __future__ import annotations

import importlib
import io
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

import archc
from archc.cli import group
from archc.reporting.error import ArchError

from .layers import DECLARED, FOCUS, write


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def refused(path: Path, trust: bool = True) -> str:
    with pytest.raises(ArchError) as raised:
        archc.load(path, trust=trust)
    return str(raised.value)


def test_the_class_runs_only_where_it_is_trusted(folder: Path) -> None:
    path = write(folder, layers="raise RuntimeError('this code was run')\n" + FOCUS)
    text = refused(path, trust=False)
    assert "error[F661]: this runs code of" in text and "n.arch:2:49" in text
    assert "F662" in refused(path) and "this code was run" in refused(path)


def test_it_is_the_class_with_its_weights(folder: Path) -> None:
    model = archc.load(write(folder), trust=True)
    namespace: dict[str, object] = {}
    exec(FOCUS, namespace)
    direct = namespace["Focus"](3, 8, k=1)  # type: ignore[operator]
    direct.load_state_dict({key.removeprefix("stem."): value for key, value in model.state_dict().items() if key.startswith("stem.")})
    x = torch.randn(3, 3, 16, 16)
    assert torch.equal(model.stem(x), direct(x))  # type: ignore[operator]
    assert model.eval()(x).shape == (3, 5)
    assert sum(row.numel() for row in model.parameters()) == archc.compile(folder / "n.arch").cost().total.parameters
    model(x).sum().backward()
    assert all(row.grad is not None for row in model.parameters())
    again = torch.load(_saved(model), weights_only=False)
    assert torch.equal(again(x), model(x))


def _saved(model: torch.nn.Module) -> io.BytesIO:
    stream = io.BytesIO()
    torch.save(model, stream)
    stream.seek(0)
    return stream


def test_what_is_built_stands_alone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(folder)
    done = CliRunner().invoke(group, ["build", "n.arch", "--trust"])
    assert done.exit_code == 0, done.output
    (folder / "my_layers.py").unlink()
    monkeypatch.syspath_prepend(str(folder / "build" / "n"))
    net = importlib.import_module("n").N().eval()
    try:
        scripted = torch.jit.load(folder / "build" / "n" / "n.pt")  # type: ignore[no-untyped-call]
        net.load_state_dict(scripted.state_dict())
        x = torch.randn(2, 3, 16, 16)
        assert torch.allclose(net(x), scripted(x))
    finally:
        for name in ("n", "n_my_layers"):
            sys.modules.pop(name, None)


def test_without_trust_what_runs_nothing_is_built_all_the_same(folder: Path) -> None:
    write(folder, layers="raise RuntimeError('this code was run')\n")
    done = CliRunner().invoke(group, ["build", "n.arch", "--target", "python,diagram,json"])
    assert done.exit_code == 0, done.output
    done = CliRunner().invoke(group, ["build", "n.arch"])
    assert done.exit_code == 3 and "F661" in done.output and "n.pt" not in done.output


@pytest.mark.parametrize(
    ("change", "to", "code", "told"),
    [
        ("my_layers.py", "your_layers.py", "F662", "there is no file"),
        (":Focus", ":Focis", "F662", "has no class `Focis`"),
        (":Focus", ":torch", "F662", "has no class `torch`"),
        ("k = kernel", "kk = kernel", "F663", "`Focus(3, 8, kk=1)` cannot be made: TypeError"),
        ("weight conv.bias[channels]\n", "", "F664", "it has `weight conv.bias[8]` too"),
        (
            "weight conv.bias[channels]",
            "buffer conv.bias[channels]",
            "F664",
            "its `weight conv.bias[8]` is `buffer conv.bias[8]` in the text",
        ),
        ("weight conv.bias[channels]", "weight conv.bias[channels]\n  weight conv.b[1]", "F664", "it has no `conv.b`"),
        ("in.width / 2]", "in.width]", "F665", "makes [2, 8, 8, 8] of [2, 3, 16, 16], and the text says [2, 8, 8, 16]"),
        (
            "4 * in.channels, kernel",
            "5 * in.channels, kernel",
            "F664",
            "its `weight conv.weight[8, 12, 1, 1]` is `weight conv.weight[8, 15, 1, 1]`",
        ),
    ],
)
def test_a_text_that_lies_is_found_out(folder: Path, change: str, to: str, code: str, told: str) -> None:
    network = "network n { input x[3, 16, 16] focus(8) }\n"
    text = refused(write(folder, (DECLARED + network).replace(change, to)))
    assert f"error[{code}]" in text and told in text


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("x.mul_(2)", "writes into what it is given, which other steps may read"),
        ("x = x.reshape(2, 3, 16, 16)", "refuses [3, 3, 16, 16]: RuntimeError"),
        ("return self.conv(torch.cat([x[..., ::2, ::2]] * 4, 1)).half()", "makes float16 of float32"),
    ],
)
def test_a_class_that_answers_for_some_inputs_alone_is_found_out(folder: Path, line: str, told: str) -> None:
    """Of its own batch, in a dtype of its own, or with what it writes over another step's tensor."""
    text = refused(write(folder, layers=FOCUS.replace("        return self.conv", f"        {line}\n        return self.conv")))
    assert told in text and "n.arch:12:3" in text


def test_what_the_class_raises_is_told_with_its_line(folder: Path) -> None:
    layers = FOCUS.replace("        return self.conv", "        assert x.shape[1] == 4, 'four channels'\n        return self.conv")
    text = refused(write(folder, layers=layers))
    assert "error[F666]: `Focus` refuses [2, 3, 16, 16]: AssertionError: four channels" in text
    assert "my_layers.py:13" in text
    assert "n.arch:12:3" in text


def test_a_class_that_torchscript_does_not_take_is_told_at_its_step(folder: Path) -> None:
    layers = FOCUS.replace("        return self.conv", "        y = [z for z in (x,) for w in (x,)]\n        return self.conv")
    write(folder, layers=layers)
    done = CliRunner().invoke(group, ["build", "n.arch", "--trust"])
    assert done.exit_code == 3
    assert "error[F667]: `Focus` cannot be written as TorchScript: PyTorch takes a part of Python there" in done.output
    assert "note: it says (" in done.output and "a bug" not in done.output
    assert (folder / "build" / "n" / "n.py").is_file()


@pytest.mark.slow
@pytest.mark.parametrize("options", [["--optimize"], ["--target", "export"], ["--target", "onnx"], ["--train"], ["--dtype", "float64"]])
def test_every_way_out(folder: Path, options: list[str]) -> None:
    write(folder)
    done = CliRunner().invoke(group, ["build", "n.arch", "--trust", *options])
    assert done.exit_code == 0, done.output


@pytest.mark.slow
def test_a_class_that_export_does_not_take_is_told_at_its_step(folder: Path) -> None:
    layers = FOCUS.replace("        return self.conv", "        if x.sum() > 0:\n            x = x + 1\n        return self.conv")
    write(folder, layers=layers)
    done = CliRunner().invoke(group, ["build", "n.arch", "--trust", "--target", "python,export"])
    assert done.exit_code == 3, done.output
    assert "error[F667]: `Focus` cannot be written as a program of torch.export" in done.output and "a bug" not in done.output
