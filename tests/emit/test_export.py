"""torch.export and ONNX: the same answers for other batch sizes, in a process or a runtime that knows nothing of archc."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit import onnx, torch_export
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime import sample_inputs
from archc.compiler.runtime.live_module import build
from archc.reporting.error import ArchError
from tests.sample import sample
from tests.support import checked as checked_text

from .checks import as_tuple, inputs_of
from .corpus import graph_of

NAMES = ("residual", "shared", "side_heads")


ALONE = """
import sys
import torch
program = torch.export.load(sys.argv[1])
inputs = torch.load(sys.argv[2])
with torch.no_grad():
    answer = program.module()(*inputs)
torch.save(answer if isinstance(answer, dict) else {"output": answer}, sys.argv[3])
assert not any(name.split(".")[0].startswith("archc") for name in sys.modules), "archc was imported"
"""


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(NAMES, 1, 3))
def test_exported_program(name: str, tmp_path: Path) -> None:
    graph = graph_of(name)
    module = build(graph, Mode.INFERENCE)
    program = torch_export.export(module, graph)
    assert module.training, "the module is left as it was"
    assert type(module).__name__ != "Plain"
    assert set(program.state_dict) == set(module.state_dict())
    inputs = inputs_of(graph, batch=5)
    torch_export.save(program, str(tmp_path / "net.pt2"), graph)
    torch.save(inputs, tmp_path / "inputs.pt")
    files = [str(tmp_path / file) for file in ("net.pt2", "inputs.pt", "answer.pt")]
    run = subprocess.run([sys.executable, "-I", "-W", "ignore", "-c", ALONE, *files], cwd=tmp_path, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    found = torch.load(files[2])
    assert list(found) == [node.names[-1] for node in graph.outputs]
    with torch.no_grad():
        wanted = as_tuple(module.eval()(*inputs))
    for one, other in zip(found.values(), wanted, strict=True):
        torch.testing.assert_close(one, other)


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(NAMES, 2, 3))
def test_onnx(name: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    graph = graph_of(name)
    module = build(graph, Mode.INFERENCE).eval()
    path = str(tmp_path / "net.onnx")
    onnx.save(module, graph, path)
    session = runtime.InferenceSession(path, providers=["CPUExecutionProvider"])
    assert [row.name for row in session.get_inputs()] == [node.names[-1] for node in graph.inputs]
    assert [row.name for row in session.get_outputs()] == [node.names[-1] for node in graph.outputs]
    given = inputs_of(graph, batch=3)
    found = session.run(None, {node.names[-1]: value.numpy() for node, value in zip(graph.inputs, given, strict=True)})
    with torch.no_grad():
        wanted = as_tuple(module(*given))
    for one, other in zip(found, wanted, strict=True):
        torch.testing.assert_close(torch.from_numpy(one), other, rtol=1e-4, atol=1e-5)


def test_without_the_packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    graph = graph_of("residual")
    module = build(graph, Mode.INFERENCE)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ArchError) as caught:
        onnx.save(module, graph, str(tmp_path / "net.onnx"))
    (said,) = caught.value.diagnostics
    assert said.code == "F616"
    assert "`onnx` and `onnxscript`" in said.message
    assert said.help == "`pip install 'archc[onnx]'`"
    assert list(tmp_path.iterdir()) == []


def network(size: str, body: str) -> Graph:
    checked = checked_text(f"network n {{\n  input x[{size}]\n  {body}\n}}\n", "n.arch")
    assert checked.program is not None, checked.diagnostics
    return checked.graph


@pytest.mark.slow
@pytest.mark.parametrize(
    ("size", "body"),
    [
        ("length = 6, channels = 8", "sdpa { | linear(8) | skip | linear(8) | parameter([6, 6], init = 0.5) }"),
        ("96, 8", "reshape([3, 2, 4, 4, 8]) -> sdpa { | linear(8, last = true) | skip | skip | parameter([1, 2, 1, 4, 4], init = 0.5) }"),
        ("48, 8", "reshape([2, 4, 6, 8]) -> sdpa { | skip | chunk(0, 2, axis = 1) | chunk(1, 2, axis = 1) }"),
    ],
)
def test_attention_of_any_number_of_axes(size: str, body: str, tmp_path: Path) -> None:
    """The exporter's own rule is for four, the batch among them."""
    runtime = pytest.importorskip("onnxruntime")
    pytest.importorskip("onnxscript")
    graph = network(size, body)
    module = build(graph, Mode.INFERENCE).eval()
    onnx.save(module, graph, str(tmp_path / "net.onnx"))
    session = runtime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    given = inputs_of(graph, batch=3)
    (found,) = session.run(None, {session.get_inputs()[0].name: given[0].numpy()})
    with torch.no_grad():
        torch.testing.assert_close(torch.from_numpy(found), module(*given), rtol=1e-4, atol=1e-5)


def test_what_the_exporter_has_no_rule_for(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    graph = network("2, 6, 6, 6", "conv(4) -> adaptive_avgpool(4)")
    with pytest.raises(ArchError) as caught:
        onnx.save(build(graph, Mode.INFERENCE), graph, str(tmp_path / "net.onnx"))
    (said,) = caught.value.diagnostics
    assert said.code == "F619"
    assert "_adaptive_avg_pool3d" in said.message
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("body", ["embedding(50, 8) -> attention(2)", "slice(stop = 5) -> embedding(50, 8) -> linear(3)"])
def test_words_are_whole_numbers(body: str, tmp_path: Path) -> None:
    graph = network("7", body)
    assert graph.integers(graph.inputs[0]) == 50
    module = build(graph, Mode.INFERENCE).eval()
    (example,) = sample_inputs.normal(graph, 3)
    assert example.dtype == torch.int64 and int(example.max()) < 50
    with torch.no_grad():
        torch.testing.assert_close(torch_export.export(module, graph).module()(example), module(example))
