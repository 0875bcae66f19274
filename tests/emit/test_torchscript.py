"""TorchScript files: whole, quiet, and at home where only torch is."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.torchscript import save, script
from archc.compiler.runtime.live_module import build
from archc.reporting.error import ArchError

from .corpus import graph_of

ALONE = """
import sys, warnings
import torch
module = torch.jit.load(sys.argv[1])
with torch.no_grad():
    torch.save(module(torch.load(sys.argv[2])), sys.argv[3])
assert not any(name.split(".")[0].startswith("archc") for name in sys.modules), "archc was imported"
assert sum(value.numel() for value in module.parameters()) == int(sys.argv[4])
"""


def test_runs_where_only_torch_is(tmp_path: Path) -> None:
    module = build(graph_of("residual"), Mode.INFERENCE).eval()
    image = torch.randn(2, 3, 40, 33)
    save(script(module), str(tmp_path / "net.pt"))
    torch.save(image, tmp_path / "image.pt")
    count = sum(value.numel() for value in module.parameters())
    files = [str(tmp_path / name) for name in ("net.pt", "image.pt", "answer.pt")]
    run = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", ALONE, *files, str(count)], cwd=tmp_path, capture_output=True, text=True
    )
    assert run.returncode == 0, run.stderr
    with torch.no_grad():
        torch.testing.assert_close(torch.load(files[2]), module(image))


def test_no_warning_is_shown(tmp_path: Path) -> None:
    module = build(graph_of("residual"), Mode.INFERENCE)
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        save(script(module), str(tmp_path / "net.pt"))
    assert [str(row.message) for row in shown] == []


def test_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    scripted = script(build(graph_of("preactivation"), Mode.INFERENCE))
    path = tmp_path / "net.pt"
    save(scripted, str(path))
    before = path.read_bytes()

    def full(handle: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ArchError, match=r"F615.*No space"):
        save(scripted, str(path))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["net.pt"]


def test_training_answers_with_side_heads() -> None:
    module = build(graph_of("side_heads"), Mode.SIDE_HEADS)
    module.eval()
    scripted = script(module, train=True)
    assert scripted.training
    assert not module.training
    answer = scripted(torch.randn(4, 3, 16, 16))
    assert answer._fields == ("output", "early", "late")
    answer.late.sum().backward()
    assert scripted.late.fc.weight.grad is not None


def test_eager_side_heads_answer_while_training() -> None:
    module = build(graph_of("side_heads"))
    image = torch.randn(4, 3, 16, 16)
    assert module.train()(image)._fields == ("output", "early", "late")
    assert module.eval()(image).shape == (4, 5)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="no CUDA device here")
def test_on_a_gpu(tmp_path: Path) -> None:
    module = build(graph_of("residual"), Mode.INFERENCE).eval()
    image = torch.randn(2, 3, 32, 32)
    with torch.no_grad():
        wanted = module(image)
    save(script(module.to("cuda")), str(tmp_path / "net.pt"))
    loaded = torch.jit.load(str(tmp_path / "net.pt"))
    assert all(value.is_cuda for value in loaded.parameters())
    with torch.no_grad():
        torch.testing.assert_close(loaded(image.cuda()).cpu(), wanted, rtol=1e-3, atol=1e-3)


def test_an_address_of_a_function_that_is_gone_is_no_function() -> None:
    """PyTorch's table of functions is by address, and keeps what was freed; a list of the module may lie there next."""
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 4, 3))
    torch.jit._builtins._get_builtin_table()[id(module[0]._reversed_padding_repeated_twice)] = "aten::add"
    with pytest.raises(RuntimeError, match="builtin cannot be used as a value"):
        torch.jit.script(module)
    assert script(module)(torch.zeros(1, 3, 5, 5)).shape == (1, 4, 3, 3)
