"""Weights from files: every form that people have, and every way in which they may not fit."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from archc.base.diagnostics import Diagnostic
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.torchscript import save, script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.weights import Weights, as_weights, side_head_keys
from archc.compiler.runtime.weights import put as put_into
from archc.compiler.runtime.weights.reading import read
from tests.support import checked

TEXT = """network small(classes = 3) {
  input image[3, 8, 8]
  conv(4, 3) -> bn -> relu
  aux side { global_avgpool -> flatten -> fc: linear(classes) }
  global_avgpool -> flatten -> fc: linear(classes)
}
"""


def graph_of(text: str = TEXT) -> Graph:
    return checked(text, "small.arch").graph


def fill(module: nn.Module, weights: str | Weights, unused: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    return put_into(module, graph_of(), as_weights(weights), unused)


def put(module: nn.Module, tensors: Mapping[str, Tensor], name: str, unused: Collection[str] = ()) -> tuple[Diagnostic, ...]:
    return put_into(module, graph_of(), Weights(tensors), unused, name)


@pytest.fixture
def module() -> nn.Module:
    torch.manual_seed(0)
    return build(graph_of())


def other() -> nn.Module:
    torch.manual_seed(1)
    return build(graph_of())


def same(one: nn.Module, two: nn.Module) -> bool:
    theirs = two.state_dict()
    return all(torch.equal(value, theirs[key]) for key, value in one.state_dict().items())


def test_a_state_dict(module: nn.Module, tmp_path: Path) -> None:
    path = str(tmp_path / "w.pth")
    torch.save(module.state_dict(), path)
    fresh = other()
    assert not same(fresh, module)
    assert fill(fresh, path) == ()
    assert same(fresh, module)


@pytest.mark.parametrize("key", ["state_dict", "model", "model_state_dict"])
def test_a_checkpoint(module: nn.Module, tmp_path: Path, key: str) -> None:
    path = str(tmp_path / "w.pt")
    torch.save({key: module.state_dict(), "epoch": 7, "optimizer": {"lr": 0.1}}, path)
    fresh = other()
    assert fill(fresh, path) == ()
    assert same(fresh, module)


@pytest.mark.parametrize("prefix", ["module.", "_orig_mod.", "module._orig_mod."])
def test_wrapped_keys(module: nn.Module, tmp_path: Path, prefix: str) -> None:
    path = str(tmp_path / "w.pt")
    torch.save({prefix + key: value for key, value in module.state_dict().items()}, path)
    fresh = other()
    assert fill(fresh, path) == ()
    assert same(fresh, module)


def test_safetensors(module: nn.Module, tmp_path: Path) -> None:
    files = pytest.importorskip("safetensors.torch")
    path = str(tmp_path / "w.safetensors")
    files.save_file(module.state_dict(), path)
    fresh = other()
    assert fill(fresh, path) == ()
    assert same(fresh, module)


def test_a_torchscript_file(module: nn.Module, tmp_path: Path) -> None:
    path = str(tmp_path / "w.pt")
    sided = build(graph_of(), Mode.SIDE_HEADS)
    sided.load_state_dict(module.state_dict())
    save(script(sided), path)
    fresh = other()
    assert fill(fresh, path) == ()
    assert same(fresh, module)


def test_side_heads_stay_in_the_file(module: nn.Module, tmp_path: Path) -> None:
    path = str(tmp_path / "w.pth")
    torch.save(module.state_dict(), path)
    inference = build(graph_of(), Mode.INFERENCE)
    assert side_head_keys(graph_of()) == {"side.fc.weight", "side.fc.bias"}
    assert [row.code for row in fill(inference, path)] == ["F623"]
    assert fill(inference, path, side_head_keys(graph_of())) == ()
    assert same(inference, module)


def test_old_checkpoints_have_no_counter(module: nn.Module) -> None:
    tensors = {key: value for key, value in module.state_dict().items() if not key.endswith("num_batches_tracked")}
    fresh = other()
    assert put(fresh, tensors, "w.pth") == ()
    assert same(fresh, module)


# ------------------------------------------------------------------------------------- what does not fit


def changed(module: nn.Module, rename: dict[str, str] | None = None, **replaced: Tensor) -> dict[str, Tensor]:
    names = rename or {}
    return {names.get(key, key): replaced.get(key.replace(".", "_"), value) for key, value in module.state_dict().items()}


def test_another_name(module: nn.Module) -> None:
    kept = {key: value.clone() for key, value in module.state_dict().items()}
    missing, extra = put(module, changed(other(), {"fc.weight": "head.weight", "fc.bias": "head.bias"}), "w.pth")
    assert (missing.code, extra.code) == ("F622", "F623")
    assert missing.message == "`w.pth` lacks 2 tensors of the network: the first is `fc.weight` [3, 4]"
    assert missing.notes[0] == "`fc.weight` [3, 4]: the nearest is `head.weight` [3, 4]"
    assert missing.help is not None
    assert "the names alone differ: `head.weight` would be `fc.weight`" in missing.help
    assert extra.message == "`w.pth` has 2 tensors that the network does not have: the first is `head.weight` [3, 4]"
    assert all(torch.equal(value, kept[key]) for key, value in module.state_dict().items()), "half the weights were loaded"


def test_another_shape(module: nn.Module) -> None:
    (said,) = put(module, changed(module, fc_weight=torch.zeros(10, 4)), "w.pth")
    assert said.code == "F624"
    assert said.message == (
        "1 tensor of `w.pth` has another shape than the network's: `fc.weight` is [10, 4] in the file and [3, 4] in the network"
    )


def test_not_there(module: nn.Module) -> None:
    (said,) = fill(module, "nowhere.pth")
    assert (said.code, said.message) == ("F621", "there is no file `nowhere.pth`")


def test_not_weights(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    path.write_bytes(b"not a checkpoint")
    found = read(str(path))
    assert isinstance(found, Diagnostic)
    assert found.code == "F621"
    torch.save({"epoch": 3, "loss": 0.5}, path)
    found = read(str(path))
    assert isinstance(found, Diagnostic)
    assert found.message == f"`{path}` holds no weights: `epoch`, `loss`"


@pytest.mark.parametrize("wrapped", [False, True])
def test_arrays_of_numpy_are_told_by_their_kind(tmp_path: Path, wrapped: bool) -> None:
    path = str(tmp_path / "w.pth")
    state = {"a.weight": torch.zeros(2, 2).numpy()}
    torch.save({"state_dict": state} if wrapped else state, path)
    found = read(path)
    assert isinstance(found, Diagnostic)
    assert found.message == f"`{path}` holds arrays of NumPy, not tensors: `a.weight`"
    assert "torch.from_numpy" in (found.help or "")


def test_a_pickled_model_is_refused(tmp_path: Path) -> None:
    path = str(tmp_path / "w.pth")
    torch.save(nn.Linear(2, 2), path)
    found = read(path)
    assert isinstance(found, Diagnostic)
    assert found.code == "F621"
    assert found.help is not None
    assert "run code" in found.help
