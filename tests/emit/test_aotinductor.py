"""AOTInductor packages: the plain module's answers, in a process with torch alone; and what is said where none can be made."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import torch

import archc
from archc.compiler import driver
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.aotinductor import save
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.prepare import Wanted, ready
from archc.compiler.runtime.sample_inputs import normal
from archc.compiler.verify import shaken
from archc.reporting.error import ArchError
from tests.sample import only_in_campaign, sample
from tests.support import checked as checked_text

ROOT = Path(__file__).parents[2]

FIRST_STEPS = """network odd(classes = 5) {
  input x[3, 33, 29]
  bn -> maxpool(3, stride = 2) -> conv(8, 3) -> bn -> relu -> global_avgpool -> flatten -> linear(classes)
}
"""
"""Its first steps are compiled code, which takes an input to lie as the example did; a convolution would look."""

ALONE = """
import sys
import torch
made = torch._inductor.aoti_load_package(sys.argv[1])
torch.save(made(*torch.load(sys.argv[2])), sys.argv[3])
assert not any(name.split(".")[0].startswith("archc") for name in sys.modules), "archc was imported"
"""


@pytest.fixture
def compiler() -> None:
    from torch._inductor.cpp_builder import get_cpp_compiler
    from torch._inductor.exc import InvalidCxxCompiler

    try:
        get_cpp_compiler()
    except InvalidCxxCompiler:
        pytest.skip("no C++ compiler is installed")


def answer_alone(package: Path, given: tuple[torch.Tensor, ...], folder: Path) -> torch.Tensor:
    """In a process that has nothing but torch, and no compiler on its path."""
    torch.save(given, folder / "given.pt")
    files = [str(package), str(folder / "given.pt"), str(folder / "answer.pt")]
    run = subprocess.run(
        [sys.executable, "-I", "-W", "ignore", "-c", ALONE, *files],
        cwd=folder,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": ""},
    )
    assert run.returncode == 0, run.stderr
    found = torch.load(files[2])
    assert isinstance(found, torch.Tensor)
    return found


def assert_near(found: torch.Tensor, wanted: torch.Tensor) -> None:
    assert found.shape == wanted.shape
    assert float((found - wanted).abs().max() / wanted.abs().max()) <= 1e-5


@pytest.mark.slow
@only_in_campaign
@pytest.mark.usefixtures("compiler")
def test_a_shipped_network(tmp_path: Path) -> None:
    graph = driver.compile("resnet18", inputs={"": (3, 64, 64)}).graph
    module = shaken(ready(graph, Wanted())).eval()
    torch.save(module.state_dict(), tmp_path / "weights.pth")
    command = [
        sys.executable, "-m", "archc", "build", "resnet18", "--input", "3x64x64", "--optimize", "--target", "aotinductor",
        "--weights", str(tmp_path / "weights.pth"), "-o", str(tmp_path / "out"),
    ]  # fmt: skip
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
    assert run.stderr == "", "what PyTorch has to say of its own parts is kept away"
    assert "AOTInductor package, rewritten graph, 1x3x64x64 alone, float32, cpu" in run.stdout
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["resnet18.pt2"]
    given = normal(graph, 1)
    with torch.no_grad():
        assert_near(answer_alone(tmp_path / "out" / "resnet18.pt2", given, tmp_path), module(*given))


@pytest.mark.slow
@pytest.mark.usefixtures("compiler")
@pytest.mark.parametrize("optimize", sample([False, True], one_in=2))
def test_odd_sizes_a_batch_and_ordinary_inputs(optimize: bool, tmp_path: Path) -> None:
    (tmp_path / "odd.arch").write_text(FIRST_STEPS, encoding="utf-8")
    net = archc.compile(tmp_path / "odd.arch", classes=7)
    module = shaken(ready(net.typed_graph, Wanted())).eval()
    net.to_aotinductor(tmp_path / "odd.pt2", module.state_dict(), optimize=optimize, batch=3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["odd.arch", "odd.pt2"]
    given = normal(net.typed_graph, 3)
    with torch.no_grad():
        assert_near(answer_alone(tmp_path / "odd.pt2", given, tmp_path), module(*given))


WINDOWS = """network windows {
  input x[8, 6, 6]
  rearrange("c (h p) (w q) -> (h w) (p q) c", p = 3, q = 3)
  attn: attention(2, window = 3, mask = true) { | skip | constant("window_mask", [6, 6], window = 3, shift = 1) }
  rearrange("(h w) (p q) c -> (h p) (w q) c", h = 2, p = 3)
}
"""
"""Attention of five axes, with a mask: PyTorch's own rule for a package took the second and third for heads and length."""


@pytest.mark.slow
@only_in_campaign
@pytest.mark.usefixtures("compiler")
def test_attention_in_windows(tmp_path: Path) -> None:
    (tmp_path / "windows.arch").write_text(WINDOWS, encoding="utf-8")
    net = archc.compile(tmp_path / "windows.arch")
    module = shaken(ready(net.typed_graph, Wanted())).eval()
    net.to_aotinductor(tmp_path / "windows.pt2", module.state_dict(), batch=2)
    given = normal(net.typed_graph, 2)
    with torch.no_grad():
        assert_near(answer_alone(tmp_path / "windows.pt2", given, tmp_path), module(*given))


# ------------------------------------------------------------------------------------- where none can be made


def small() -> Graph:
    checked = checked_text("network n { input x[3, 8, 8]  conv(4) -> relu }\n", "n.arch")
    assert checked.program is not None
    return checked.graph


def refusal(folder: Path) -> tuple[str, str]:
    """The message and the remedy; nothing is left behind."""
    graph = small()
    before = set(folder.iterdir())
    with pytest.raises(ArchError) as caught:
        save(build(graph, Mode.INFERENCE), graph, str(folder / "net.pt2"))
    (said,) = caught.value.diagnostics
    assert said.code == "F620"
    assert said.help is not None
    assert set(folder.iterdir()) == before
    return said.message, said.help


def test_without_a_compiler(tmp_path: Path) -> None:
    from torch._inductor import config

    with config.patch({"cpp.cxx": (None, "no-compiler-of-this-name")}):
        message, help = refusal(tmp_path)
    assert message == "an AOTInductor package cannot be compiled: there is no C++ compiler here"
    assert "`CXX`" in help and "`--target torchscript --optimize`" in help


def test_without_inductor(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch._inductor", None)
    message, _ = refusal(tmp_path)
    assert "this PyTorch has no AOTInductor" in message


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="the compiler of this test is a shell script")
@pytest.mark.usefixtures("compiler")
def test_a_compiler_that_fails(tmp_path: Path) -> None:
    from torch._inductor import config
    from torch._inductor.cpp_builder import get_cpp_compiler

    script = tmp_path / "cxx"
    script.write_text(
        f'#!/bin/sh\n[ "$1" = --version ] && exec {get_cpp_compiler()} --version\necho "x.cpp:1: fatal error: omp.h: no such file" >&2\nexit 1\n',
        encoding="utf-8",
    )
    script.chmod(0o755)
    with config.patch({"cpp.cxx": (None, str(script))}):
        message, _ = refusal(tmp_path)
    assert message == "an AOTInductor package cannot be compiled: the C++ compiler fails: x.cpp:1: fatal error: omp.h: no such file"


@pytest.mark.parametrize(("path", "options"), [("net.pt", {}), ("net.pt2", {"batch": 0}), ("net.pt2", {"dtype": "int8"})])
def test_what_python_may_not_ask_for(path: str, options: dict[str, object], tmp_path: Path) -> None:
    (tmp_path / "odd.arch").write_text(FIRST_STEPS, encoding="utf-8")
    with pytest.raises(archc.ArchError, match=r"pt2|batch|dtype"):
        archc.compile(tmp_path / "odd.arch").to_aotinductor(tmp_path / path, **options)  # type: ignore[arg-type]
