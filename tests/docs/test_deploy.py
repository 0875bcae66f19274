"""The page on running a file elsewhere: its listings of Python, its C++ program and its server do what it says."""

from __future__ import annotations

import io
import json
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import numpy
import pytest
import torch

from archc.compiler import driver
from archc.compiler.emit.torchscript import save, script
from archc.compiler.runtime.live_module import build
from tests.sample import only_in_campaign

from .listings import listings
from .test_pages import DOCS, run_page

PAGE = DOCS / "deploy.md"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The files of the page, and the network as TorchScript."""
    made = tmp_path_factory.mktemp("deploy")
    for listing in listings(PAGE):
        if listing.file is not None:
            (made / listing.file).write_text(listing.text, encoding="utf-8")
    graph = driver.compile(str(made / "classifier.arch")).graph
    torch.manual_seed(0)
    save(script(build(graph)), str(made / "classifier.pt"))
    return made


def scores(folder: Path, image: torch.Tensor) -> list[float]:
    with torch.inference_mode():
        found: list[float] = torch.jit.load(str(folder / "classifier.pt"))(image[None])[0].tolist()
    return found


@pytest.mark.slow
def test_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_page(PAGE, tmp_path, monkeypatch)


@pytest.fixture
def server(folder: Path) -> Iterator[str]:
    command = [sys.executable, "-W", "ignore", str(folder / "serve.py"), str(folder / "classifier.pt"), "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
        process.kill()


def test_server_answers_an_image_and_refuses_what_is_none(folder: Path, server: str) -> None:
    image = torch.linspace(0, 1, 3 * 32 * 32).reshape(3, 32, 32)
    body = io.BytesIO()
    numpy.save(body, image.numpy())
    with closing(urllib.request.urlopen(server, body.getvalue())) as answer:
        found = json.load(answer)
    wanted = scores(folder, image)
    assert found["scores"] == pytest.approx(wanted, abs=1e-6)
    assert found["class"] == wanted.index(max(wanted))
    with pytest.raises(urllib.error.HTTPError, match="400"):
        urllib.request.urlopen(server, b"no image")


@pytest.mark.slow
@only_in_campaign
@pytest.mark.parametrize("options", [(), ("--optimize",)], ids=["plain", "optimized"])
def test_program_in_cpp(folder: Path, tmp_path: Path, options: tuple[str, ...]) -> None:
    if shutil.which("cmake") is None or shutil.which("c++") is None:
        pytest.skip("no CMake and C++ compiler here")
    torch.save(torch.jit.load(str(folder / "classifier.pt")).state_dict(), tmp_path / "weights.pth")
    words = [str(folder / "classifier.arch"), "-o", str(tmp_path), "--weights", str(tmp_path / "weights.pth"), *options]
    subprocess.run([sys.executable, "-m", "archc", "build", *words], check=True, capture_output=True, cwd=DOCS.parent)
    program = folder / "build"
    subprocess.run(["cmake", "-S", str(folder), "-B", str(program), f"-DCMAKE_PREFIX_PATH={torch.utils.cmake_prefix_path}"], check=True)
    subprocess.run(["cmake", "--build", str(program)], check=True)
    printed = subprocess.run([str(program / "classify"), str(tmp_path / "classifier.pt")], check=True, capture_output=True, text=True)
    image = torch.linspace(0, 1, 3 * 32 * 32).reshape(3, 32, 32)
    assert [float(line) for line in printed.stdout.split()] == pytest.approx(scores(folder, image), abs=1e-5)
