"""Operations of one's own with several results, and with a list of inputs."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import archc
from archc.compiler.analysis.receptive import receptive
from archc.compiler.codegen.pytorch import to_python
from archc.reporting.error import ArchError
from tests.emit.checks import as_tuple

LAYERS = """import torch
import torch.nn.functional as F
from torch import Tensor, nn


class Octave(nn.Module):
    def __init__(self, inputs: int, channels: int) -> None:
        super().__init__()
        self.high = nn.Conv2d(inputs, channels, 3, padding=1)
        self.low = nn.Conv2d(inputs, channels, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        return self.high(x), self.low(F.avg_pool2d(x, 2))


class Scales(nn.Module):
    def forward(self, xs: list[Tensor]) -> list[Tensor]:
        total = torch.cat(xs, 1)
        return [total, F.avg_pool2d(total, 2), F.avg_pool2d(total, 4)]
"""

DECLARED = """operation octave(channels) gives high, low from "layers.py:Octave" {
  arguments [in.channels, channels]
  shape [[channels, in.height, in.width], [channels, in.height / 2, in.width / 2]]
  for part in ["high", "low"] { weight "{part}.weight"[channels, in.channels, 3, 3], "{part}.bias"[channels] }
  macs 9 * in.channels * channels * (high.height * high.width + low.height * low.width)
  sees 6
}

operation scales takes xs[] gives ys[] from "layers.py:Scales" {
  arguments []
  let total = sum(xs.channels)
  shape [[total, in.height, in.width], [total, in.height / 2, in.width / 2], [total, in.height / 4, in.width / 4]]
  flops len(ys) * ys[0].channels
  sees 4
}
"""

INPUT = "network n {\n  input x[3, 16, 16]\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "layers.py").write_text(LAYERS, encoding="utf-8")
    return tmp_path


def network(body: str, declared: str = DECLARED) -> archc.Network:
    Path("n.arch").write_text(f"{declared}\n{INPUT}  {body}\n}}\n", encoding="utf-8")
    return archc.compile("n.arch", trust=True)


@pytest.mark.parametrize(
    ("body", "written"),
    [
        ("octave(4) as a, b\n output a, b", "a, b = self.octave1(x)"),
        ("o: octave(4)\n skip(o.low) -> relu", "_, x = self.o(x)"),
        ("o: octave(4)\n skip(o.high) -> relu", "return F.relu(self.o(x)[0])"),
        ("octave(4) as a, b\n concat { | skip(a) | skip(b) -> upsample(2) }", "x, out = self.octave1(x)"),
    ],
)
def test_all_results_are_one_call(folder: Path, body: str, written: str) -> None:
    assert written in to_python(network(body).typed_graph)


BODIES = [
    "octave(4) as a, b\n output a, b",
    "o: octave(4)\n skip(o.low) -> relu",
    "conv(3) -> octave(4) as a, b\n skip(a) -> relu",
    "l: octave(3) as a, b\n skip(a) -> reuse(l) as c, d\n concat { | skip(c) | skip(d) -> upsample(2) | skip(b) -> upsample(2) }",
    "scales { | conv(2) | conv(5) | skip } as a, b, c\n output a, c",
    "s: scales { | conv(2) | skip }\n skip(s.ys[1]) -> conv(2)",
    "conv(3) -> scales as a, b, c\n output b",
    "repeat 2 { octave(3) as a, b\n skip(a) }",
]


@pytest.mark.slow
@pytest.mark.parametrize("body", BODIES)
def test_every_form_answers_as_the_module(folder: Path, body: str) -> None:
    """In TorchScript, made fast, and for other sizes; gradients reach all that is read."""
    net = network(body)
    torch.manual_seed(0)
    model = net.to_module().eval()
    given = torch.randn(3, 3, 16, 16)
    wanted = as_tuple(model(given))
    assert [tuple(row.shape[1:]) for row in wanted] == [node.shape for node in net.typed_graph.outputs]
    sum(row.sum() for row in wanted).backward()
    with torch.no_grad():
        for other in (net.to_torchscript(model.state_dict()), net.to_torchscript(model.state_dict(), optimize=True)):
            for one, row in zip(as_tuple(other(given)), wanted, strict=True):
                torch.testing.assert_close(one, row.detach(), rtol=1e-4, atol=1e-5)


@pytest.mark.slow
def test_onnx_answers_as_the_module(folder: Path) -> None:
    onnxruntime = pytest.importorskip("onnxruntime")
    net = network("octave(4) as a, b\n scales { | skip(a) | skip(b) -> upsample(2) } as c, d, e\n output c, e")
    model = net.to_module().eval()
    given = torch.randn(3, 3, 16, 16)
    net.to_onnx("n.onnx", model.state_dict())
    session = onnxruntime.InferenceSession("n.onnx", providers=["CPUExecutionProvider"])
    with torch.no_grad():
        wanted = as_tuple(model(given))
    for one, row in zip(session.run(None, {"x": given.numpy()}), wanted, strict=True):
        torch.testing.assert_close(torch.from_numpy(one), row, rtol=1e-3, atol=1e-4)


def test_what_it_costs_stands_once(folder: Path) -> None:
    net = network("octave(4) as a, b\n output a, b")
    assert net.cost().total.macs == 9 * 3 * 4 * (256 + 64)
    assert net.cost().total.parameters == 2 * (4 * 3 * 9 + 4)


def test_how_far_it_sees_is_what_the_text_says(folder: Path) -> None:
    """Through several results and inputs; without a word it is the whole input, of every input."""
    body = "octave(4) as a, b\n scales { | skip(a) | conv(2) | skip(b) -> upsample(2) } as c, d, e\n output c, e"
    fields = {row.node.key: row.fields[0] for row in receptive(network("octave(4) as a, b\n output a, b").typed_graph)}
    assert (fields["octave1"].size, fields["octave1"].stride) == (6, 1)
    assert (fields["octave1.low"].size, fields["octave1.low"].stride, fields["octave1.low"].offset) == (6, 2, -2)
    silent = network(body.replace("conv(2)", "skip(a)"), DECLARED.replace("  sees 4\n", ""))
    assert all(row.fields[0].size is None for row in receptive(silent.typed_graph) if row.node.key.startswith("scales"))


@pytest.mark.parametrize(
    ("change", "to", "code", "told"),
    [
        ("gives high, low", "gives high", "E251", "`gives` names several results, and `octave` gives one"),
        ("gives high, low", "gives channels, low", "E216", "`channels` is both a result of `octave` and what it takes"),
        ("[channels, in.height / 2, in.width / 2]]", "[channels, in.height / 2, in.width / 2], [4]]", "E341", "must be a list of 2 shapes"),
        ("[channels, in.height / 2, in.width / 2]]", "4]", "E341", "must be a list of 2 shapes"),
        ("[channels, in.height / 2, in.width / 2]]", "[channels, 0, 4]]", "E341", "size 1 of `low` is 0"),
        ("sees 6", "sees 0", "E341", "`sees` is 0, and must be a whole number of at least 1, or 2 of them"),
        ("sees 6", "sees [3]", "E341", "`sees` is [3], and must be"),
        ("high.height", "in.heigth", "E227", "has no `heigth`"),
        ("in.height / 2, in.width / 2", "in.height / 2, in.width", "F665", "and the text says [2, 4, 16, 16] and [2, 4, 8, 16]"),
    ],
)
def test_a_mistake_is_told(folder: Path, change: str, to: str, code: str, told: str) -> None:
    assert change in DECLARED
    with pytest.raises(ArchError) as raised:
        network("octave(4) as a, b\n output a, b", DECLARED.replace(change, to, 1)).to_module()
    assert code in str(raised.value) and told in str(raised.value)


@pytest.mark.parametrize(
    ("change", "to", "told"),
    [
        (
            "return self.high(x), self.low(F.avg_pool2d(x, 2))",
            "return self.high(x)",
            "gives Tensor, and the operation gives a tuple of 2 tensors",
        ),
        ("self.high(x), self.low", "self.high(x), 2, self.low", "gives int, and the operation gives a tuple of 2 tensors"),
        ("self.high(x), self.low", "self.high(x), self.high(x), self.low", "makes [2, 4, 16, 16] and [2, 4, 16, 16] and [2, 4, 8, 8]"),
    ],
)
def test_a_class_that_gives_something_else_is_found_out(folder: Path, change: str, to: str, told: str) -> None:
    assert change in LAYERS
    (folder / "layers.py").write_text(LAYERS.replace(change, to), encoding="utf-8")
    with pytest.raises(ArchError, match="F665") as raised:
        network("octave(4) as a, b\n output a, b").to_module()
    assert told in str(raised.value)
