"""Every command that takes a file takes a model: each looks for it in the same way."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import archc
from archc.cli import group
from archc.compiler.document import to_json
from archc.compiler.files.model_names import documents, is_file

MODELS = """
from torch import nn

class TinyNet(nn.Module):
    def __init__(self, width=4, classes=2):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.fc = nn.Linear(width, classes)

    def forward(self, image):
        return self.fc(self.conv(image).relu().mean((2, 3)))

class Digits(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(784, 10)

    def forward(self, image):
        return self.fc(image.flatten(1))

class Twice(nn.Module):
    def __init__(self):
        super().__init__()
        self.head = nn.Linear(64, 3)

    def forward(self, a, head):
        return self.head(a.flatten(1)) - self.head(head.flatten(1))
"""
SOURCE = "models_in_place:TinyNet"
DIGITS = ("models_in_place:Digits", "--input", "1x28x28")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "models_in_place.py").write_text(MODELS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("ARCHC_CACHE", str(tmp_path / "cache"))
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(group, list(words))


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("check", SOURCE), "TinyNet: [3, 224, 224] -> [2]"),
        (("cost", SOURCE), "122"),
        (("sizes", SOURCE), "height"),
        (("draw", SOURCE, "--format", "dot"), "TinyNet.dot: diagram"),
        (("diff", SOURCE, SOURCE), "122"),
        (("fit", SOURCE, "--vary", "classes=1..9", "--most", "parameters=127"), "3"),
        (("fit", "resnet18", "--vary", "classes=1..9", "--most", f"parameters={SOURCE}"), "no value of classes"),
        (("sweep", SOURCE, "--vary", "classes=2,3", "--jobs", "1", "--format", "csv"), "127"),
        (("fit", SOURCE, "--vary", "classes=1..9", "--most", "parameters=127"), f"{SOURCE}: parameters that"),
        (("sweep", SOURCE, "--vary", "classes=2,3", "--jobs", "1"), f"{SOURCE}\nclasses"),
    ],
)
def test_a_command_takes_a_model(words: tuple[str, ...], told: str) -> None:
    result = run(*words)
    assert told in result.stdout + result.stderr, result.stderr


def test_python_takes_a_model_where_it_takes_a_file() -> None:
    assert archc.compile(SOURCE, classes=3).cost().total.parameters == 127
    assert not archc.diff(SOURCE, SOURCE).changes
    assert len(list(archc.sweep(SOURCE, {"classes": [2, 3]}, jobs=1))) == 2


@pytest.mark.parametrize(
    "words",
    [
        ("cost", SOURCE, "--set", "width=16"),
        ("fit", SOURCE, "--vary", "width=4..20", "--most", "parameters=1k"),
        ("sweep", SOURCE, "--vary", "width=4,20", "--jobs", "1"),
        ("cost", "written.arch", "--set", "width=16"),
    ],
)
def test_the_arguments_of_a_factory_go_to_its_import(words: tuple[str, ...], folder: Path) -> None:
    assert run("import", SOURCE, "-o", "written.arch").exit_code == 0
    result = run(*words)
    assert result.exit_code != 0
    assert f"a factory's arguments go to its import: `archc import {SOURCE} --set width=… -o FILE.arch`" in result.stderr
    assert run("import", SOURCE, "--set", "width=16", "-o", "wide.arch").exit_code == 0
    assert "conv(16)" in (folder / "wide.arch").read_text(encoding="utf-8")


def test_a_text_of_no_factory_has_its_own_parameters_alone(folder: Path) -> None:
    (folder / "mine.arch").write_text("## Net of mine.\nnetwork mine(classes = 2) { input x[4]\n linear(classes) }\n", encoding="utf-8")
    assert "import" not in run("cost", "mine.arch", "--set", "width=16").stderr


def test_the_layout_of_a_model_is_not_to_be_changed() -> None:
    result = run("fmt", SOURCE)
    assert result.exit_code == 2 and "is a model" in result.stderr


def test_a_text_is_told_how_it_differs_from_a_model(folder: Path) -> None:
    (folder / "mine.arch").write_text(
        "network mine {\n  input image[3, 224, 224]\n  conv(4) -> relu -> global_avgpool -> flatten -> linear(2)\n}\n", encoding="utf-8"
    )
    result = run("import", SOURCE, "--against", "mine.arch")
    assert result.exit_code == 0, result.stderr
    assert "yours `conv1.*`, theirs `conv.*`: label the step, `conv: …`" in result.stdout
    assert "yours `linear1.*`, theirs `fc.*`: label the step, `fc: …`" in result.stdout
    assert "network TinyNet" not in result.stdout


def test_a_text_that_is_the_model_is_told_so(folder: Path) -> None:
    assert run("import", SOURCE, "-o", "same.arch").exit_code == 0
    result = run("import", SOURCE, "--against", "same.arch")
    assert "yours" not in result.stdout and "+" not in result.stdout


def test_a_command_takes_a_factory_in_a_file_by_its_path() -> None:
    for source in ("models_in_place.py:TinyNet", "./models_in_place.py:TinyNet"):
        told = run("check", source)
        assert "TinyNet: [3, 224, 224] -> [2]" in told.stdout + told.stderr
    assert "did you mean `TinyNet`?" in run("check", "models_in_place.py:TinyNt").stderr
    assert "there is no file `nowhere.py`" in run("import", "nowhere.py:TinyNet").stderr


def test_a_command_takes_the_folder_and_the_json_that_were_built(folder: Path) -> None:
    assert run("build", SOURCE, "--target", "python,json", "-o", "made").exit_code == 0
    (json,) = (path.relative_to(folder) for path in (folder / "made").glob("*.json"))
    for source in ("made", str(json)):
        told = run("diff", source, SOURCE)
        assert "0 added, 0 removed, 0 renamed, 0 moved, 0 changed" in told.stdout, told.stderr


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("net.pt", "a TorchScript module or weights"),
        ("net.safetensors", "a TorchScript module or weights"),
        ("net.py", "Python"),
        ("net.svg", "a picture"),
    ],
)
def test_a_file_of_another_kind_is_told_by_its_kind(name: str, what: str, folder: Path) -> None:
    (folder / name).write_bytes(bytes(9 * 2**20))
    told = run("draw", name)
    assert told.exit_code != 0
    assert f"`{name}` is {what}, not a `.arch` file" in told.stderr
    assert "larger" not in told.stderr


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("check", *DIGITS), "Digits: [1, 28, 28] -> [10]"),
        (("cost", *DIGITS), "7,850"),
        (("cost", DIGITS[0], "--input", "image=1x28x28"), "7,850"),
        (("sizes", *DIGITS), "height"),
        (("draw", *DIGITS, "--format", "dot"), "Digits.dot: diagram"),
        (("fit", *DIGITS, "--vary", "classes=1..9", "--most", "parameters=1570"), "2"),
        (("sweep", *DIGITS, "--vary", "classes=2,3", "--jobs", "1", "--format", "csv"), "2355"),
    ],
)
def test_a_model_is_run_on_the_sizes_that_the_command_is_given(words: tuple[str, ...], told: str) -> None:
    result = run(*words)
    assert told in result.stdout + result.stderr, result.stderr


def test_python_runs_a_model_on_the_sizes_that_it_gives() -> None:
    assert archc.compile(DIGITS[0], input=(1, 28, 28)).cost().total.parameters == 7850


def test_a_cache_that_cannot_be_written_is_done_without(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "no_folder").write_text("", encoding="utf-8")
    monkeypatch.setenv("ARCHC_CACHE", str(folder / "no_folder" / "cache"))
    result = run("cost", SOURCE)
    assert result.exit_code == 0 and "122" in result.stdout, result.stderr


@pytest.mark.parametrize(
    "change", [lambda text: text.replace("conv(4)", "conv(8)"), lambda text: text[: len(text) // 2]], ids=["edited", "cut off"]
)
def test_a_kept_text_that_is_not_what_was_written_is_made_anew(folder: Path, change: Callable[[str], str]) -> None:
    network = archc.compile("network n { input x[3, 8, 8]\n conv(4) -> global_avgpool -> flatten -> linear(2) }")
    (folder / "net.json").write_text(to_json(network.typed_graph), encoding="utf-8")
    before = run("cost", "net.json")
    (kept,) = (folder / "cache").rglob("*.arch")
    text = kept.read_text(encoding="utf-8")
    assert change(text) != text
    kept.write_text(change(text), encoding="utf-8")
    after = run("cost", "net.json")
    assert (after.exit_code, after.stdout) == (0, before.stdout)
    assert kept.read_text(encoding="utf-8") == text
    assert "imported: " in before.stderr and "imported: " in after.stderr and "imported: " not in run("cost", "net.json").stderr


def test_a_folder_of_other_json_is_a_folder(folder: Path) -> None:
    """Of a `package.json` beside the texts it was said that `archc build` had not written it."""
    here = folder / "project"
    here.mkdir()
    (here / "package.json").write_text('{"name": "mine", "version": 1}\n', encoding="utf-8")
    (here / "settings.json").write_text("[1, 2]", encoding="utf-8")
    assert not is_file(str(here))
    result = run("check", "project")
    assert result.exit_code == 2 and "error[F612]: `project` is a folder" in result.stderr and ".json" not in result.stderr
    text = to_json(archc.compile("network net { input x[4]\n linear(2) }").typed_graph)
    (here / "net.json").write_text(text, encoding="utf-8")
    assert is_file(str(here)) and run("check", "project").exit_code == 0
    (here / "other.json").write_text(text, encoding="utf-8")
    result = run("check", "project")
    assert "`project` holds 2 networks that `archc build` made" in result.stderr
    assert f"name one: `{os.path.join('project', 'net.json')}` or" in result.stderr


def test_a_folder_that_may_not_be_read_is_no_model(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (folder / "locked").mkdir()

    def refuses(path: str) -> list[str]:
        raise PermissionError(13, "Permission denied", path)

    monkeypatch.setattr(os, "listdir", refuses)
    assert documents(str(folder / "locked")) == []


def test_the_notes_of_an_import_are_told_by_every_command(folder: Path) -> None:
    unread = MODELS.replace("self.fc = nn.Linear(width", "self.unread = nn.Linear(3, 3)\n        self.fc = nn.Linear(width")
    (folder / "with_notes.py").write_text(unread, encoding="utf-8")
    lines = [line for line in run("cost", "with_notes:TinyNet").stderr.splitlines() if line.startswith("note: ")]
    assert lines == ["note: 2 keys that no run reads are left out: `unread.weight`, `unread.bias`"]
    assert lines == [line for line in run("import", "with_notes:TinyNet").stderr.splitlines() if line.startswith("note: ")]


def test_inputs_have_the_names_that_the_model_gives_them(folder: Path) -> None:
    """The text calls one otherwise, which is a part of the model's name; it has the sizes from its import."""
    words = ("models_in_place:Twice", "--input", "a=1x8x8", "--input", "head=1x8x8")
    for command in ("cost", "sizes", "check"):
        done = run(command, *words)
        assert done.exit_code == 0, done.output
        assert "note: the input `head` is called `head2` here: a part of the model has its name" in done.output
    module = archc.load(words[0], input={"a": (1, 8, 8), "head": (1, 8, 8)})
    assert sum(row.numel() for row in module.parameters()) == 65 * 3
