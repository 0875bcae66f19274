"""`archc watch` at the command line: what it refuses before there is a page."""

from __future__ import annotations

import importlib.util
import socket
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from archc.cli import group

pytest.importorskip("websockets")

TWO = "network one { input x[3, 8, 8] relu }\nnetwork two { input x[3, 8, 8] relu }\n"


def run(*arguments: str) -> Result:
    return CliRunner().invoke(group, ["watch", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "n.arch"
    path.write_text(TWO, encoding="utf-8")
    return str(path)


def test_without_its_package_it_says_what_to_install(file: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr("archc.cli.watch.find_spec", lambda name: None if name == "websockets" else found(name))
    result = run(file)
    assert result.exit_code == 3
    assert "error[F616]" in result.stderr
    assert "pip install 'archc[watch]'" in result.stderr


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    result = run(str(tmp_path / "gone.arch"))
    assert result.exit_code == 2
    assert "error[F611]" in result.stderr


def test_standard_input_is_no_file() -> None:
    result = run("-")
    assert result.exit_code == 2
    assert "name the file" in result.stderr


def test_a_network_that_the_file_does_not_have(file: str) -> None:
    result = run(file, "--network", "tow")
    assert result.exit_code == 2
    assert "has no network `tow`; did you mean `two`?" in result.stderr


def test_a_port_that_is_taken(file: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port: Any = taken.getsockname()[1]
        result = run(file, "--port", str(port))
    assert result.exit_code == 2
    assert f"{port} cannot be listened at" in result.stderr
