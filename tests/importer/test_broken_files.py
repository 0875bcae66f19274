"""Files of models that cannot be read, or lack a part: the message says what they are instead, and no traceback of PyTorch's goes before it."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn

import archc
from archc.cli import group
from archc.compiler.importer.files import named


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(600, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.fc(x)  # type: ignore[no-any-return]


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("written")
    batch = {0: torch.export.Dim("batch")}
    torch.export.save(torch.export.export(Net().eval(), (torch.zeros(2, 600),), dynamic_shapes=(batch,)), folder / "net.pt2")
    return folder


@pytest.fixture
def folder(written: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    shutil.copy(written / "net.pt2", tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("ARCHC_CACHE", str(tmp_path / "cache"))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(group, list(words))


def _cut(whole: bytes, path: Path) -> None:
    path.write_bytes(whole[: len(whole) // 2])


def _empty(whole: bytes, path: Path) -> None:
    path.write_bytes(b"")


def _text(whole: bytes, path: Path) -> None:
    path.write_text("weights, I think", encoding="utf-8")


def _weights(whole: bytes, path: Path) -> None:
    torch.save(Net().state_dict(), path)


def _script(whole: bytes, path: Path) -> None:
    torch.jit.save(torch.jit.script(Net()), str(path))  # type: ignore[no-untyped-call]


@pytest.mark.parametrize(
    ("spoil", "why"),
    [
        (_cut, "its end is missing"),
        (_empty, "it is empty"),
        (_text, "it is no archive of PyTorch"),
        (_weights, "it holds what `torch.save` wrote, weights or a module"),
        (_script, "it holds a TorchScript module"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_file_that_is_no_program_is_told_for_what_it_is(
    spoil: Callable[[bytes, Path], None], why: str, folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spoil((folder / "net.pt2").read_bytes(), folder / "spoilt.pt2")
    with pytest.raises(archc.ArchError) as error:
        named("spoilt.pt2")
    (row,) = error.value.diagnostics
    assert row.code == "F651" and row.message.endswith(f"wrote: {why}" if "archive" not in why else "its name says") and why in row.message
    assert row.help is not None and "torch.export.save(torch.export.export(model, inputs), FILE)" in row.help
    assert not [row for row in caplog.records if "deserializing" in row.getMessage()]


def test_an_ending_in_capitals_is_the_same_ending(folder: Path) -> None:
    (folder / "net.pt2").rename(folder / "OTHER.PT2")
    done = run("import", "OTHER.PT2")
    assert done.exit_code == 0 and "network OTHER" in done.stdout and "Unable to load" not in done.stderr, done.stderr


@pytest.mark.parametrize("words", [("import", "net.pt2:other"), ("cost", "net.pt2:other"), ("check", "gone.onnx:other")])
def test_a_file_holds_one_network(words: tuple[str, ...], folder: Path) -> None:
    done = run(*words)
    assert done.exit_code != 0 and "a file holds one network" in done.stderr
    assert f"name the file: `{words[1].removesuffix(':other')}`" in done.stderr


def test_a_reference_is_no_file(folder: Path) -> None:
    done = run("verify", "net.pt2", "--against", "net.pt2")
    assert "`net.pt2` is a file" in done.stderr and "archc import net.pt2 --against FILE.arch" in done.stderr


def test_the_text_that_a_model_is_compared_with_stays(folder: Path) -> None:
    assert run("import", "net.pt2", "-o", "mine.arch").exit_code == 0
    before = Path("mine.arch").read_bytes()
    done = run("import", "net.pt2", "--against", "mine.arch", "-o", "./mine.arch")
    assert done.exit_code == 3 and "error[F615]" in done.stderr and "it is the text that the model is compared with" in done.stderr
    assert Path("mine.arch").read_bytes() == before


def test_a_cache_that_cannot_be_written_is_said_and_no_path_that_will_be_gone(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "taken").write_text("", encoding="utf-8")
    monkeypatch.setenv("ARCHC_CACHE", str(folder / "taken"))
    done = run("cost", "net.pt2")
    assert done.exit_code == 0 and f"the cache `{folder / 'taken'}` cannot be written" in done.stderr
    assert ".arch" not in done.stderr


def test_the_numbers_of_an_onnx_file_stand_beside_it(folder: Path) -> None:
    onnx = pytest.importorskip("onnx")
    made = onnx.helper.make_model(
        onnx.helper.make_graph(
            [onnx.helper.make_node("Gemm", ["x", "w"], ["y"])],
            "net",
            [onnx.helper.make_tensor_value_info("x", 1, ["n", 600])],
            [onnx.helper.make_tensor_value_info("y", 1, ["n", 8])],
            [onnx.numpy_helper.from_array(torch.zeros(600, 8).numpy(), "w")],
        ),
        opset_imports=[onnx.helper.make_opsetid("", 18)],
        ir_version=9,
    )
    onnx.save(made, str(folder / "net.onnx"), save_as_external_data=True, location="net.onnx.data")
    first, second = run("cost", "net.onnx"), run("cost", "net.onnx")
    assert "imported: " in first.stderr and "imported before: " in second.stderr, first.stderr + second.stderr
    (folder / "net.onnx.data").write_bytes(torch.ones(600, 8).numpy().tobytes())
    assert "imported: " in run("cost", "net.onnx").stderr
    (folder / "net.onnx.data").rename(folder / "elsewhere.data")
    done = run("cost", "net.onnx")
    assert "`net.onnx` keeps its numbers in `net.onnx.data`, which is not there" in done.stderr
    assert "help: put `net.onnx.data` beside it" in done.stderr
