"""What `archc import` writes over: an earlier text, other weights, and nothing that it reads."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner, Result
from torch import nn

import archc
from archc.cli import group

CODE = """\
from torch import nn
from parts.layers import Layer


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = Layer(4, 3)

    def forward(self, x):
        return self.fc(x).relu()
"""

LAYER = "from torch import nn\n\n\nclass Layer(nn.Linear):\n    pass\n"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of code of a name of its own: what Python has imported once, it does not look for again."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ARCHC_CACHE", str(tmp_path / "cache"))
    for name in ("nets_to_keep", "parts", "parts.layers"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "layers.py").write_text(LAYER, encoding="utf-8")
    (tmp_path / "nets_to_keep.py").write_text(CODE, encoding="utf-8")
    program = torch.export.export(nn.Sequential(nn.Linear(4, 3), nn.ReLU()).eval(), (torch.rand(2, 4),))
    torch.export.save(program, tmp_path / "net.pt2")
    torch.export.save(program, tmp_path / "other.pt2")
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(group, ["import", *words])


def kept(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.suffix in (".py", ".pt2", ".txt")}


@pytest.mark.parametrize("option", ["-o", "--weights-out"])
@pytest.mark.parametrize(
    ("source", "path"),
    [
        ("nets_to_keep:Net", "nets_to_keep.py"),
        ("nets_to_keep.py:Net", "nets_to_keep.py"),
        ("nets_to_keep.py:Net", "link.py"),
        ("nets_to_keep:Net", "parts/layers.py"),
        ("net.pt2", "net.pt2"),
        ("net.pt2", "link.pt2"),
        ("net.pt2", "./parts/../net.pt2"),
        ("net.pt2", "other.pt2"),
        ("net.pt2", "notes.txt"),
    ],
)
def test_what_is_read_and_what_is_of_another_kind_is_not_written_over(here: Path, option: str, source: str, path: str) -> None:
    (here / "link.py").symlink_to("nets_to_keep.py")
    (here / "link.pt2").symlink_to("net.pt2")
    (here / "notes.txt").write_text("what I thought\n", encoding="utf-8")
    before = kept(here)
    done = run(source, "--input", "4", option, path) if ":" in source else run(source, option, path)
    assert done.exit_code == 3 and "error[F615]" in done.stderr and f"`{path}` is not written" in done.stderr
    assert "name another file" in done.stderr
    assert kept(here) == before


def test_code_that_is_loaded_is_not_written_over_under_an_ending_of_texts(here: Path) -> None:
    """A link with an ending of texts to the code: nothing but what was loaded tells."""
    (here / "parts" / "layers.arch").symlink_to("layers.py")
    before = kept(here)
    done = run("nets_to_keep:Net", "--input", "4", "-o", "parts/layers.arch")
    assert done.exit_code == 3 and "the model is read from it" in done.stderr and kept(here) == before


def test_one_file_for_text_and_weights_is_refused(here: Path) -> None:
    done = run("net.pt2", "-o", "net.arch", "--weights-out", "./net.arch")
    assert done.exit_code == 3 and "both `-o` and `--weights-out` name it" in done.stderr and not (here / "net.arch").exists()


def test_weights_do_not_go_to_stdout(here: Path) -> None:
    done = run("net.pt2", "-o", "net.arch", "--weights-out", "-")
    assert done.exit_code == 2 and "weights are no text for stdout" in done.stderr
    assert not (here / "-").exists() and not (here / "net.arch").exists()


@pytest.mark.parametrize(("text", "weights"), [("net.arch", "net.pt"), ("net.txt", "net.safetensors")])
def test_an_earlier_import_is_replaced_and_told(here: Path, text: str, weights: str) -> None:
    words = ("net.pt2", "-o", text, "--weights-out", weights)
    first, second = run(*words), run(*words)
    assert first.exit_code == second.exit_code == 0, second.stderr
    assert "in place of" not in first.stderr
    assert second.stderr.count("in place of the file that was there") == 2


def test_an_empty_file_and_a_device_are_written(here: Path) -> None:
    (here / "made").touch()
    assert run("net.pt2", "-o", "made", "--weights-out", "/dev/null").exit_code == 0
    assert (here / "made").read_text(encoding="utf-8").startswith("## ")


NO_NAMES = ("conv", "bn", "if", "None", "é", "a b", "flat", "class", "")


@pytest.mark.parametrize("name", NO_NAMES)
def test_what_names_no_network_is_a_mistake_of_the_call(here: Path, name: str) -> None:
    done = run("net.pt2", "--name", name)
    assert done.exit_code == 2 and "is no name of a network" in done.stderr and "F654" not in done.stderr
    offered = done.stderr.partition("; `")[2].partition("`")[0]
    assert run("net.pt2", "--name", offered).exit_code == 0


@pytest.mark.parametrize("name", ["conv", "if", "é"])
def test_nor_does_it_in_python(name: str) -> None:
    with pytest.raises(archc.ArchError, match="is no name of a network"):
        archc.from_module(nn.Sequential(nn.Linear(4, 3)), torch.rand(2, 4), name=name)
