"""What a person names as the maker of a model, and what it is told where that makes none; names that a model has and a text could not."""

from __future__ import annotations

import importlib.util
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from torch import nn

import archc
from archc.cli import group
from archc.compiler.files.model_names import is_source
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of, offline
from archc.reporting.error import ArchError

HERE = __name__


class Block(nn.Module):
    """One layer, with a name of its own."""

    def __init__(self, label: str = "fc") -> None:
        super().__init__()
        self.add_module(label, nn.Linear(4, 4))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return next(self.children())(x)  # type: ignore[no-any-return]


class Downloads(nn.Module):
    """It asks the network for something as it runs."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with socket.socket() as far:
            far.connect(("127.0.0.1", 9))
        return x + 1


class Told(nn.Module):
    """Its outputs have names that no text could give them, those of what there is already, and no names."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, x: torch.Tensor) -> dict[object, torch.Tensor]:
        y = self.fc(x)
        names = ("in", "if", "fc", "x", "a.b", "a_b", "class", "forward", "", 7, "output", "plain")
        return {name: y * (2 + place) for place, name in enumerate(names)}


class Pair(nn.Module):
    """Its inputs are called as steps that need a name are."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(4, 4)

    def forward(self, t1: torch.Tensor, t2: torch.Tensor) -> torch.Tensor:
        y = self.fc(t1) + self.fc(t2)
        return torch.tanh(y) * y.sigmoid() + torch.relu(y) * t2


def make(width: int, depth: int = 1) -> nn.Module:
    return nn.Sequential(*[nn.Linear(4, width), *[nn.Linear(width, width) for _ in range(depth)]])


def lazy() -> nn.Module:
    return nn.Sequential(nn.LazyConv2d(4, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(2))


def passes_on(**settings: str) -> nn.Module:
    return Block(**settings)


def asks_a_hub() -> nn.Module:
    raise OSError("Cannot reach the hub: outgoing traffic has been disabled")


def stops() -> nn.Module:
    raise OSError("no weights here")


made = make(3)
number: int | None = 3


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("make", {}, "it needs `width` and takes `depth`"),
        ("make", {"width": 2, "deep": 3}, "did you mean `depth`? It needs `width` and takes `depth`"),
        ("Block", {"labels": "fc"}, "did you mean `label`? It takes `label`"),
        ("passes_on", {"labels": "fc"}, "did you mean `label`? It takes `label`"),
        ("asks_a_hub", {}, "help: `archc import --network` lets it load what it asks for"),
        ("stops", {}, "help: it was called as `stops()`, which shows all of the error in Python"),
        (
            "make",
            {"width": -1},
            "it was called as `make(width=-1)`, which shows all of the error in Python; it needs `width` and takes `depth`",
        ),
        ("made", {"width": 4}, "is a module that is made already, whose settings are fixed"),
        ("mode", {}, "did you mean `made`"),
        ("something_else", {}, f"name what makes a model: `{HERE}:"),
        ("stops", {}, "note: it stops at test_factories.py:"),
        ("number", {}, "is an int, no factory"),
        ("Downloads", {}, "`archc import --network` lets it load what it asks for"),
        ("Block", {"label": 'q"t'}, 'has a `"`, which has a meaning of its own in a text'),
        ("Block", {"label": "{i}"}, "has a `{`, which has a meaning of its own in a text"),
    ],
)
def test_what_makes_no_model_is_told_with_what_would(name: str, settings: dict[str, object], told: str) -> None:
    source = f"{HERE}:{name}"
    with pytest.raises(ArchError) as error, offline(False):
        import_model(model_of(source, shapes=[(4,)], settings=settings), source=source)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("source", "settings", "told"),
    [
        ("torchvision:resnet18", {"num_clases": 10}, "did you mean `num_classes`"),
        ("torchvision:resnet18", {"weights": "DEFAULT"}, "is imported without pretrained weights: `weights` is not to be given"),
        ("timm:mobilenetv3_small_050", {"num_clases": 10}, "did you mean `num_classes`"),
        ("timm:mobilenetv3_small_050", {"pretrained": True}, "leave `--set pretrained=…` out"),
    ],
)
def test_what_a_library_does_not_take_is_told_with_what_it_takes(source: str, settings: dict[str, object], told: str) -> None:
    if importlib.util.find_spec(source.partition(":")[0]) is None:
        pytest.skip("the library is not there")
    with pytest.raises(ArchError) as error:
        model_of(source, settings=settings)
    assert told in str(error.value)


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("lacking_of_ours:f", "`lacking_of_ours` imports what is not there: No module named 'no_such_dependency'"),
        ("lacking_of_ours.py:f", "install it, or run archc where it is"),
        ("lacking_of_ours:f", "note: it stops at lacking_of_ours.py:1"),
        ("no_such_module_of_ours:f", "there is no module `no_such_module_of_ours`"),
        ("package_of_ours.no_such:f", "there is no module `package_of_ours.no_such`"),
        ("wrong_name_of_ours:f", "help: correct that import"),
        ("fails_of_ours:f", "`fails_of_ours` fails as it is imported: ZeroDivisionError"),
        ("fails_of_ours.py:f", "help: correct it, until `python fails_of_ours.py` runs"),
        ("package_of_ours/part.py:f", "help: name the module within it: `package_of_ours.part:f`"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_for_its_own_reason(
    source: str, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _package(tmp_path, monkeypatch)
    with pytest.raises(ArchError) as error:
        model_of(source)
    assert told in str(error.value)


def _package(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    monkeypatch.syspath_prepend(str(folder))
    (folder / "package_of_ours").mkdir()
    for name, text in {
        "lacking_of_ours": "import no_such_dependency",
        "wrong_name_of_ours": "from os import no_such_name",
        "fails_of_ours": "1 / 0",
        "package_of_ours/__init__": "",
        "package_of_ours/part": "from .other import f",
        "package_of_ours/other": "from torch import nn\ndef f(): return nn.Sequential(nn.Linear(4, 2))",
    }.items():
        (folder / f"{name}.py").write_text(f"{text}\n", encoding="utf-8")


def test_the_name_that_is_advised_for_a_file_of_a_package_makes_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _package(tmp_path, monkeypatch)
    assert model_of("package_of_ours.part:f", shapes=[(4,)]).name == "f"
    monkeypatch.chdir(tmp_path / "package_of_ours")
    with pytest.raises(ArchError, match=r"`package_of_ours\.part:f`, from the folder `\.\.`"):
        model_of("part.py:f")


def test_a_list_that_does_not_end_is_no_text() -> None:
    done = CliRunner().invoke(group, ["import", f"{HERE}:make", "--set", "width=[1"])
    assert done.exit_code == 2 and "begins as a list or a quoted text" in done.output


def test_a_value_that_is_given_twice_is_told() -> None:
    done = CliRunner().invoke(group, ["import", f"{HERE}:make", "--set", "width=2", "--set", "width=3"])
    assert done.exit_code == 2 and "`width` is given twice" in done.output


def test_lazy_layers_get_their_sizes_from_a_run() -> None:
    text = import_model(model_of(f"{HERE}:lazy", shapes=[(3, 6, 6)])).text
    assert "conv(4, pad = 0) -> bn -> flatten -> linear(classes)" in text


def test_a_file_that_asks_the_network_as_it_is_read_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "from_afar.py"
    path.write_text("import socket\nsocket.create_connection(('127.0.0.1', 9))\n", encoding="utf-8")
    with pytest.raises(ArchError, match="an import loads nothing from the network"):
        model_of(f"{path}:Net")


def test_outputs_have_names_that_a_text_can_give() -> None:
    module = Told().eval()
    text = archc.from_module(module, torch.zeros(2, 4))
    names = ["in_", "if_", "fc", "x", "a_b", "a_b_2", "class_", "forward_", "out8", "out9", "output", "plain"]
    assert [row.split(" = ")[0].strip() for row in text.partition("  output ")[2].rstrip("}\n").split(",")] == names
    assert "## Note: the output `in` is called `in_` here (and so with 5 more: `if` and `if_`, `a.b` and `a_b`, `a_b` and `a_b_2`, " in text
    built = archc.load(text, weights=module.state_dict()).eval()
    x = torch.rand(2, 4)
    for ours, theirs in zip(built(x), module(x).values(), strict=True):
        torch.testing.assert_close(ours, theirs)


def test_inputs_may_be_called_as_steps_are() -> None:
    module = Pair().eval()
    text = archc.from_module(module, [torch.zeros(2, 4), torch.zeros(2, 4)])
    assert "input t1[4]" in text and "input t2[4]" in text


@pytest.mark.parametrize(
    ("words", "told"), [(["new", "mine", "--from"], "archc import timm:resnet18 -o"), (["explain"], "archc cost timm:resnet18")]
)
def test_a_command_that_takes_no_model_says_how_its_text_is_had(words: list[str], told: str) -> None:
    done = CliRunner().invoke(group, [*words, "timm:resnet18"])
    assert done.exit_code == 2 and told in done.output


SCRIPT = """
import argparse
from torch import nn

words = argparse.ArgumentParser()
words.add_argument("--width", type=int, default=3)
args = words.parse_args()


def net():
    return nn.Sequential(nn.Linear(4, words.parse_args().width))
"""


@pytest.mark.parametrize("name", ["train", "t"])
@pytest.mark.parametrize("file", [False, True])
def test_a_script_reads_no_words_of_archcs(name: str, file: bool, tmp_path: Path) -> None:
    """Its parser was given those of `archc import`, and ended the program; a module of one letter was taken for a drive."""
    (tmp_path / f"{name}.py").write_text(SCRIPT, encoding="utf-8")
    source = f"{name}.py:net" if file else f"{name}:net"
    done = subprocess.run(
        [sys.executable, "-m", "archc", "import", source, "--input", "4"],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(Path(archc.__file__).parents[1])},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0 and "linear(classes)" in done.stdout, done.stderr


def test_a_letter_without_a_module_is_a_drive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert not is_source("q:Net")
    (tmp_path / "q").mkdir()
    (tmp_path / "q" / "__init__.py").touch()
    assert is_source("q:Net")


LATE = """
def __getattr__(name):
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        import no_such_dependency
    except ImportError as error:
        raise RuntimeError(f"Failed to import {name} because of the following error (look up to see its traceback):") from error
"""


def test_of_a_package_that_imports_its_parts_late_the_cause_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "late_of_ours.py").write_text(LATE, encoding="utf-8")
    (tmp_path / "reads_late_of_ours.py").write_text("from late_of_ours import Net\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for module in ("late_of_ours", "reads_late_of_ours"):
        with pytest.raises(ArchError) as error:
            model_of(f"{module}:Net")
        assert f"`{module}` imports what is not there: No module named 'no_such_dependency'" in str(error.value)


ASKS = """
import urllib.request
from torch import nn

def net():
    try:
        urllib.request.urlopen("http://example.com", timeout=3)
    except OSError:
        return nn.Sequential(nn.Linear(2, 1))
    raise AssertionError("it was let through")
"""


def test_a_model_that_asks_for_the_network_and_goes_on_is_told_of(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "asks_of_ours.py").write_text(ASKS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    told = model_of("asks_of_ours:net", shapes=[(2,)]).notes
    assert told == ["the model asked for the network (example.com) as it was made, and went on without: `--network` allows it"]
