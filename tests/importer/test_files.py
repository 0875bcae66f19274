"""Models in files: programs of torch.export, ONNX, and what archc built. Each becomes the text that its module becomes, as far as the file tells."""

from __future__ import annotations

import logging
import warnings
from pathlib import Path

import pytest
import torch
from torch import nn

import archc
from archc.base.source import Source
from archc.compiler.analysis.diff import diff
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.document import to_json
from archc.compiler.driver import compile, compile_source
from archc.compiler.emit.torch_export import export, save
from archc.compiler.graph.graph import Graph
from archc.compiler.importer.files import named
from archc.compiler.importer.flat_steps import Flat, Step
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.training_part import put_back, read
from archc.compiler.runtime.live_module import build
from tests.sample import sample

from . import models
from .texts import CASES, FOLDER


def exported(name: str) -> torch.export.ExportedProgram:
    kind, shapes = CASES[name]
    torch.manual_seed(0)
    inputs = tuple(torch.zeros(2, *shape) for shape in shapes)
    return torch.export.export(kind().eval(), inputs, dynamic_shapes=({0: torch.export.Dim("batch")},) * len(inputs))


@pytest.mark.parametrize(
    "name",
    ["small", "siamese", *(pytest.param(name, marks=pytest.mark.slow) for name in ("mixer", "convnext", "pyramid", "two_inputs", "dense"))],
)
def test_a_program_becomes_the_text_of_its_module(name: str) -> None:
    assert archc.from_exported(exported(name), name=name).split("\n\n", 1)[1] == (FOLDER / f"{name}.arch").read_text(encoding="utf-8")


class Attending(torch.nn.Module):
    """What torch.export takes to pieces: attention, and a norm of neighbours."""

    def __init__(self) -> None:
        super().__init__()
        self.norm = torch.nn.LocalResponseNorm(3, alpha=2e-4, k=2.0)
        self.attend = torch.nn.MultiheadAttention(8, 2, batch_first=True)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.norm(x).flatten(2).transpose(1, 2)
        return x + self.attend(x, x, x, need_weights=False)[0]


def test_layers_that_are_taken_to_pieces_are_whole_again() -> None:
    program = torch.export.export(Attending().eval(), (torch.zeros(2, 8, 4, 4),), dynamic_shapes=({0: torch.export.Dim("batch")},))
    text = archc.from_exported(program)
    assert "lrn(size = 3, alpha = 0.0002, k = 2.0)" in text or "lrn(3, alpha = 0.0002, k = 2.0)" in text
    assert "attend: attention(2)" in text


def test_a_program_of_one_batch_says_how_to_export_it() -> None:
    class Fixed(torch.nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return torch.relu(x.reshape(x.shape[0] * 3, 4)).reshape(x.shape[0], 12)

    program = torch.export.export(Fixed(), (torch.zeros(5, 3, 4),))
    with pytest.raises(archc.ArchError, match="dynamic_shapes"):
        archc.from_exported(program)


@pytest.mark.slow
def test_a_program_in_a_file_is_a_source(tmp_path: Path) -> None:
    torch.export.save(exported("small"), tmp_path / "small.pt2")
    made = import_model(named(str(tmp_path / "small.pt2")))
    assert "block residual(width, stride = 1)" in made.text
    assert made.text.startswith("## small.pt2, exported with PyTorch ")


SMALL = """network small {
  input image[3, 8, 8]
  add {
    | conv(3, init = "kaiming", bias = false) -> bn -> drop_path(0.2)
    | skip
  }
  relu
  aux early { global_avgpool -> flatten -> fc: linear(2) }
  global_avgpool -> flatten -> head: linear(4, init = "truncated", std = 0.02)
}
"""


def _programmed(text: str, path: Path) -> Graph:
    graph = compile_source(Source.of("small.arch", text)).graph
    save(export(build(graph, Mode.INFERENCE), graph), str(path), graph)
    return graph


def test_a_program_that_archc_wrote_gives_starts_and_drops_again_but_no_side_heads(tmp_path: Path) -> None:
    graph = _programmed(SMALL, tmp_path / "small.pt2")
    made = import_model(named(str(tmp_path / "small.pt2")))
    again = compile_source(Source.of("again.arch", made.text)).graph
    told = diff(graph, again).changes
    assert told
    assert all(row.before is not None and row.before.training_only and row.kind == "removed" for row in told)


@pytest.mark.parametrize("note", ["", "[", "{}", '{"version": 99}', '{"version": 1, "starts": {}, "steps": [{"op": "no_such"}]}'])
def test_a_note_beside_a_program_that_cannot_be_read_is_none(note: str) -> None:
    assert read(note) == ({}, [])


def test_a_step_of_the_note_whose_place_is_not_there_stays_away() -> None:
    step = Step(1, "conv", {}, [0], (3, 8, 8), "a", "a.conv")
    flat = Flat(steps=[step], outputs=[("", 1)])
    for key in ("b.conv", "a.conv"):  # no such key; nothing that joins behind it
        put_back(flat, [{"op": "drop_path", "arguments": {"p": 0.5}, "after": key, "output": [3, 8, 8], "path": "a.drop_path1"}])
        assert flat.steps == [step]


@pytest.mark.slow
def test_onnx_keeps_blocks_and_keys_and_says_what_is_folded(tmp_path: Path) -> None:
    logging.disable(logging.CRITICAL)
    path = str(tmp_path / "small.onnx")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        shapes = ({0: torch.export.Dim("batch")},)
        inputs = (torch.zeros(2, 3, 32, 32),)
        torch.onnx.export(models.Small().eval(), inputs, path, dynamo=True, verbose=False, dynamic_shapes=shapes, external_data=False)
    logging.disable(logging.NOTSET)
    made = import_model(named(path))
    assert not made.is_flat
    assert "block residual(width, stride = 1)" in made.text
    assert "batch norms, if the model had any, are folded" in made.text


@pytest.mark.parametrize(
    "name",
    [
        "squeezenet1_1",
        *(pytest.param(name, marks=pytest.mark.slow) for name in sample(("resnet18", "convnext_tiny", "inception_v3"), 1, 3)),
    ],
)
def test_the_json_of_a_network_gives_the_network_again(name: str, tmp_path: Path) -> None:
    graph = compile(name).graph
    path = tmp_path / f"{name}.json"
    path.write_text(to_json(graph), encoding="utf-8")
    made = import_model(named(str(path)))
    assert not made.is_flat
    (tmp_path / "again.arch").write_text(made.text, encoding="utf-8")
    again = compile(tmp_path / "again.arch").graph
    assert not diff(graph, again).changes
    assert [node.key for node in graph.nodes if node.weights] == [node.key for node in again.nodes if node.weights]


@pytest.mark.parametrize(
    ("name", "text", "told"),
    [
        ("gone.pt2", None, "there is no file"),
        ("no.pt2", "nothing", "no program that `torch.export.save` wrote"),
        ("no.onnx", "nothing", "no ONNX file that can be read"),
        ("no.json", "{}", "no JSON that `archc build` wrote"),
        ("no.json", '{"version": 99, "nodes": []}', "is of version 99 of the format, and this archc reads version 1"),
        ("no.json", "[", "no JSON that `archc build` wrote"),
    ],
)
def test_a_file_that_holds_no_model_is_an_error(name: str, text: str | None, told: str, tmp_path: Path) -> None:
    if text is not None:
        (tmp_path / name).write_text(text, encoding="utf-8")
    with pytest.raises(archc.ArchError, match=told) as error:
        named(str(tmp_path / name))
    assert error.value.diagnostics[0].code == "F651"


class Twins(nn.Module):
    """A branch that two images go through, and a layer whose own name ends like a second use."""

    def __init__(self) -> None:
        super().__init__()
        self.enc = nn.Sequential(nn.Conv2d(1, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(144, 8))
        self.last_1 = nn.Linear(8, 1)

    def forward(self, a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
        return self.last_1((self.enc(a) - self.enc(b)).abs())  # type: ignore[no-any-return]


@pytest.mark.filterwarnings("ignore")
def test_a_branch_used_twice_in_onnx_of_the_older_exporter(tmp_path: Path) -> None:
    """It tells the second use in the names of modules, `enc.0_1`."""
    pytest.importorskip("onnx")
    path, given = tmp_path / "twins.onnx", (torch.rand(2, 1, 8, 8), torch.rand(2, 1, 8, 8))
    axes = {"a": {0: "n"}, "b": {0: "n"}}
    torch.onnx.export(Twins().eval(), given, path, dynamo=False, opset_version=17, input_names=["a", "b"], dynamic_axes=axes)
    text = import_model(named(str(path)), source=str(path)).text
    assert 'reuse("enc.0")' in text and 'reuse("enc.3")' in text and "last_1: linear(" in text
