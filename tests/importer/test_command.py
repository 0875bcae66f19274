"""`archc import`, and models in place of files."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from archc.cli import group
from archc.cli.import_model import _shapes
from archc.compiler.importer.sources import model_of
from archc.reporting.error import ArchError

MODELS = """
import socket
import torch
from torch import nn

class Tiny(nn.Module):
    def __init__(self, width=4, classes=2):
        super().__init__()
        self.conv = nn.Conv2d(3, width, 3, padding=1)
        self.fc = nn.Linear(width, classes)

    def forward(self, image):
        print("a line of the model's own")
        return self.fc(self.conv(image).relu().mean((2, 3)))

def from_afar():
    socket.create_connection(("127.0.0.1", 9))
"""


def archc(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """In a process of its own, as a person runs it."""
    environment = os.environ | {"ARCHC_CACHE": str(folder / "cache"), "PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.run([sys.executable, "-m", "archc", *words], cwd=folder, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture
def here(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """In this process, which has PyTorch already."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("ARCHC_CACHE", str(folder / "cache"))
    monkeypatch.setattr(sys, "path", [*sys.path])

    def run(*words: str) -> Result:
        for name in ("my_models", "my_rows"):  # of another test's folder
            sys.modules.pop(name, None)
        return CliRunner().invoke(group, words)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "my_models.py").write_text(MODELS, encoding="utf-8")
    return tmp_path


def test_a_factory_of_ones_own_is_imported_and_built(folder: Path, here: Callable[..., Result]) -> None:
    done = archc(folder, "import", "my_models:Tiny", "--set", "width=8", "--weights-out", "tiny.pt", "-o", "tiny.arch")
    assert done.returncode == 0, done.stderr
    assert "tiny.arch: 6 lines" in done.stderr
    text = (folder / "tiny.arch").read_text(encoding="utf-8")
    assert text.startswith("## Tiny of my_models, imported on ")
    assert "network Tiny(classes = 2) {" in text
    built = here("build", "tiny.arch", "--weights", "tiny.pt")
    assert built.exit_code == 0, built.stderr


def test_what_a_model_prints_is_none_of_the_text(folder: Path) -> None:
    done = archc(folder, "import", "my_models:Tiny")
    assert done.returncode == 0 and done.stdout.startswith("## Tiny of my_models")
    assert "a line of the model's own" in done.stderr and "a line" not in done.stdout


def test_a_model_stands_where_a_file_stands(here: Callable[..., Result]) -> None:
    done = here("cost", "my_models:Tiny")
    assert done.exit_code == 0, done.stderr
    assert "my_models:Tiny: imported: " in done.stderr
    assert "122" in done.stdout  # 4 * 27 + 4, and 4 * 2 + 2


def test_nothing_is_loaded_from_the_network_unasked(here: Callable[..., Result]) -> None:
    done = here("import", "my_models:from_afar")
    assert done.exit_code == 3 or done.exit_code == 1
    assert "an import loads nothing from the network" in done.stderr


def test_a_word_that_names_no_model_is_told(here: Callable[..., Result]) -> None:
    done = here("import", "resnet50")
    assert done.exit_code == 1
    assert "F651" in done.stderr


TWO = """
import torch
from torch import nn

class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.a, self.b = nn.Linear(4, 3), nn.Linear(5, 3)

    def forward(self, left, right):
        return self.a(left) + self.b(right)
"""


def test_inputs_are_given_by_their_names(folder: Path) -> None:
    (folder / "two.py").write_text(TWO, encoding="utf-8")
    source = f"{folder / 'two.py'}:Two"
    for shapes in ({"right": (5,), "left": (4,)}, [(4,), (5,)], {"": (4,), "right": (5,)}):
        assert [tuple(row.shape[1:]) for row in model_of(source, shapes=shapes).inputs] == [(4,), (5,)]


def test_an_input_that_there_is_not_is_refused_with_those_that_there_are(folder: Path) -> None:
    (folder / "two.py").write_text(TWO, encoding="utf-8")
    with pytest.raises(ArchError, match="has no input `rigth`") as caught:
        model_of(f"{folder / 'two.py'}:Two", shapes={"rigth": (5,), "left": (4,)})
    assert "did you mean `right`? Its inputs: `left`, `right`" in str(caught.value)


@pytest.mark.parametrize(
    ("given", "found"), [(("right=5", "left=4"), {"right": (5,), "left": (4,)}), (("4", "5"), [(4,), (5,)]), (("5",), [(5,)]), ((), [])]
)
def test_inputs_on_the_command_line(given: tuple[str, ...], found: object) -> None:
    assert _shapes(given) == found


def test_names_for_some_inputs_alone_are_refused() -> None:
    with pytest.raises(click.BadParameter, match="name all of them, or none"):
        _shapes(("5", "left=4"))


def test_a_file_without_a_class_offers_its_classes_and_runs_nothing(folder: Path, here: Callable[..., Result]) -> None:
    text = (folder / "my_models.py").read_text(encoding="utf-8")
    (folder / "whole.py").write_text(f"{text}\nclass Other:\n    pass\n\nclass Whole(Tiny):\n    pass\n", encoding="utf-8")
    for file, offered in [("my_models.py", "my_models.py:Tiny"), ("whole.py", "whole.py:Whole")]:
        done = here("import", file)
        assert done.exit_code != 0
        assert f"name the class that makes it: `{offered}`\n" in done.stderr
        assert here("import", offered).exit_code == 0
    (folder / "whole.py").write_text("raise SystemExit('this was run')\n", encoding="utf-8")
    refused = here("import", "whole.py").stderr
    assert "this was run" not in refused
    assert "`my_net.py:Net`" in refused


ROWS = """
from torch import nn

class Row(nn.Module):
    def __init__(self):
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x):
        return self.fc(x)

class Rows(Row):
    def forward(self, x):
        return self.fc(x).transpose(1, 2)

class Viewed(Row):
    def forward(self, x):
        return self.fc(x.view(-1, 8))

class Pair(Row):
    def forward(self, x, y):
        return self.fc(x) + y
"""

ROW = "network row(classes = 4) {\n  input x[8]\n  fc: linear(classes)\n}\n"


@pytest.mark.parametrize(
    "words",
    [("import", "my_rows:Row", "--against", "row.arch"), ("diff", "my_rows:Row", "row.arch"), ("diff", "row.arch", "my_rows:Row")],
)
def test_a_model_that_is_held_against_a_text_is_run_on_its_inputs(
    words: tuple[str, ...], folder: Path, here: Callable[..., Result]
) -> None:
    (folder / "row.arch").write_text(ROW, encoding="utf-8")
    (folder / "my_rows.py").write_text(ROWS, encoding="utf-8")
    done = here(*words)
    assert done.exit_code == 0, done.stderr
    assert "run on the inputs of row.arch: 8" in done.stderr and "0 changed" in done.stdout


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("diff", "my_rows:Rows", "my_rows:Rows"), "say what it takes, without the batch: `--input 16x8`"),
        (("import", "my_rows:Rows"), "say what it takes, without the batch: `--input 16x8`"),
        (("import", "my_rows:Pair"), "say what it takes, without the batch: `--input x=8 --input y=…`"),
    ],
)
def test_a_model_without_a_size_is_told_what_it_wants(words: tuple[str, ...], told: str, folder: Path, here: Callable[..., Result]) -> None:
    (folder / "my_rows.py").write_text(ROWS, encoding="utf-8")
    done = here(*words)
    assert done.exit_code == 1 and told in done.stderr


@pytest.mark.parametrize("name", ["Row", "Viewed"])
def test_a_dense_layer_that_stands_first_tells_how_many_features_come_in(name: str, folder: Path, here: Callable[..., Result]) -> None:
    """An image of ImageNet's size falls into rows of 8, too, and was taken for 18,816 of them without a word."""
    (folder / "my_rows.py").write_text(ROWS, encoding="utf-8")
    done = here("import", f"my_rows:{name}", "-o", "-")
    assert done.exit_code == 0 and "input x[8]" in done.stdout, done.stderr
