"""The compiler from Python."""

from __future__ import annotations

from pathlib import Path

import pytest

import archc
from archc.api import ArchWarning
from tests.support import checked

GOOD = """\
network good(width = 8, classes = 10) {
  input image[3, 32, 32]
  stage stem { conv(width, 3, bias = false) -> bn -> relu }
  stage head { global_avgpool -> flatten -> linear(classes) }
}
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "good.arch"
    path.write_text(GOOD, encoding="utf-8")
    return path


def test_compile(file: Path) -> None:
    net = archc.compile(file, classes=7)
    assert isinstance(net, archc.Network)
    assert repr(net) == "<archc.Network good: 8 operations>"
    assert dict(net.program.parameters) == {"width": 8, "classes": 7}
    assert net.program.nodes[-1].shape == (7,)
    assert net.warnings == ()


def test_the_graph_is_networkx(file: Path) -> None:
    import networkx

    graph = archc.compile(file).graph
    assert isinstance(graph, networkx.MultiDiGraph)
    assert networkx.is_directed_acyclic_graph(graph)
    assert graph.nodes["stem.conv1"]["shape"] == (8, 32, 32)
    assert graph.nodes["stem.conv1"]["macs"] == 8 * 27 * 32 * 32
    assert list(graph.successors("stem.conv1")) == ["stem.bn1"]


def test_costs(file: Path) -> None:
    cost = archc.compile(file).cost(by="op", batch=4)
    assert cost.total.parameters == 8 * 27 + 16 + 90
    assert cost.batch == 4
    assert "stem.conv1" in [row.path for row in cost.rows]


def test_numbers_of_numpy(file: Path) -> None:
    import numpy

    net = archc.compile(file, classes=numpy.int64(7), width=numpy.arange(9)[8])
    assert dict(net.program.parameters) == {"width": 8, "classes": 7}


def test_a_wrong_call_is_said_as_python_says_it(file: Path) -> None:
    with pytest.raises(TypeError, match="`classes` takes a number"):
        archc.compile(file, classes={1, 2})
    with pytest.raises(archc.ArchError, match="`by` is one of stage, block, op"):
        archc.compile(file).cost(by="layer")
    with pytest.raises(archc.ArchError, match="`optimizer` is one of sgd"):
        archc.compile(file).cost(optimizer="rmsprop")
    with pytest.raises(archc.ArchError, match="`batch` is at least 1"):
        archc.compile(file).cost(batch=0)
    with pytest.raises(archc.ArchError, match="a shape is written as"):
        archc.compile(file, input="3,32,32")


def test_inputs(file: Path) -> None:
    assert archc.compile(file, input="1x16x16").program.nodes[0].shape == (1, 16, 16)
    assert archc.compile(file, input=(1, 16, 16)).program.nodes[0].shape == (1, 16, 16)
    assert archc.compile(file, input={"image": [1, 16, 16]}).program.nodes[0].shape == (1, 16, 16)


def test_errors_are_raised_together(tmp_path: Path) -> None:
    path = tmp_path / "bad.arch"
    path.write_text("network bad {\n  input x[3, 8, 8]\n  cnv(8)\n  rlu\n}\n", encoding="utf-8")
    with pytest.raises(archc.ArchError) as raised:
        archc.compile(path)
    assert [row.code for row in raised.value.diagnostics] == ["E201", "E201"]
    assert str(raised.value).startswith("error[E201]: ")
    assert "3 |   cnv(8)" in str(raised.value)


def test_a_file_that_is_not_there() -> None:
    with pytest.raises(archc.ArchError, match="there is no file `nowhere"):
        archc.compile("nowhere.arch")


def test_a_text_that_was_never_saved() -> None:
    found = checked(GOOD, "unsaved.arch", settings={"classes": 3})
    assert not found.has_errors
    assert found.program is not None
    assert found.program.nodes[-1].shape == (3,)


def test_modules(file: Path) -> None:
    import torch

    torch.set_num_threads(1)
    model = archc.load(file, classes=7)
    assert model.training
    image = torch.zeros(2, 3, 32, 32)
    model(image).sum().backward()
    assert all(row.grad is not None for row in model.parameters())
    net = archc.compile(file, classes=7)
    scripted = net.to_torchscript(weights=model.state_dict())
    assert torch.equal(scripted(image), model.eval()(image))
    assert net.to_python().startswith('"""')


@pytest.mark.slow
def test_other_ways_out(file: Path, tmp_path: Path) -> None:
    import torch

    net = archc.compile(file)
    assert net.to_export().module()(torch.zeros(5, 3, 32, 32)).shape == (5, 10)
    net.to_onnx(tmp_path / "good.onnx")
    assert (tmp_path / "good.onnx").stat().st_size > 1000


def test_weights_that_do_not_fit(file: Path) -> None:
    with pytest.raises(archc.ArchError) as raised:
        archc.load(file, classes=7, weights=archc.load(file, classes=8).state_dict())
    assert [row.code for row in raised.value.diagnostics] == ["F624"]


def test_draw(file: Path, tmp_path: Path) -> None:
    archc.compile(file).draw(tmp_path / "good.dot", level="op")
    assert "digraph" in (tmp_path / "good.dot").read_text(encoding="utf-8")
    with pytest.raises(archc.ArchError, match="F602"):
        archc.compile(file).draw(tmp_path / "good.xyz")


def test_no_torch_before_a_module_is_asked_for() -> None:
    import os
    import subprocess
    import sys

    code = "import sys, archc; n = archc.compile('resnet18'); n.graph; n.cost(); n.to_python(); print('torch' in sys.modules)"
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(root)}, check=True, timeout=60
    )
    assert done.stdout == "False\n"


def test_a_doubt_is_a_warning_at_the_caller() -> None:
    """W512: the batch was written as if it were the channels, and a ResNet of volumes came of it."""
    with pytest.warns(ArchWarning, match=r"W512: the batch is not written: \[1, 3, 64, 64\].*write `\[3, 64, 64\]`") as caught:
        archc.compile("resnet18", input=(1, 3, 64, 64))
    assert caught[0].filename == __file__


def test_an_error_has_no_frames_of_the_compiler(tmp_path: Path) -> None:
    (tmp_path / "bad.arch").write_text("network bad {\n  input x[3, 8, 8]\n  cnv(4)\n}\n", encoding="utf-8")
    with pytest.raises(archc.ArchError) as caught:
        archc.compile(tmp_path / "bad.arch")
    assert {Path(entry.path).name for entry in caught.traceback[1:]} == {"given.py"}
    shown = caught.value._render_traceback_()  # as IPython asks
    assert shown[0] == "error[E201]: there is no operation or block named `cnv`"
    assert not [line for line in shown if "compiler" in line]
