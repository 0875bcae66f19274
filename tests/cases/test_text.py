"""Names, duplicates, line ends, encodings, comments, order."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from archc.compiler.driver import check
from tests.support import checked

from .ask import ask, legal, network, refused, result, said, shapes, step, weights

ROOT = Path(__file__).parents[2]


def test_B085_keys_do_not_move_when_a_step_without_weights_comes_in() -> None:
    before = legal(network("4", "linear(4) -> relu -> linear(2)"))
    after = legal(network("4", "dropout(0.5) -> linear(4) -> relu -> dropout(0.5) -> linear(2)"))
    keys = [[f"{node.key}.{row.name}" for node in program.nodes for row in node.weights] for program in (before, after)]
    assert keys[0] == keys[1] == ["linear1.weight", "linear1.bias", "linear2.weight", "linear2.bias"]


@pytest.mark.parametrize("label", ["forward", "training", "__init__"])
def test_B087_names_that_the_module_could_not_have(label: str) -> None:
    error = refused(network("3, 8, 8", f'"{label}": conv(3)'))
    assert error.code == "E210" and label in error.message
    assert error.fix is not None
    legal(network("3, 8, 8", f"{error.fix.edits[0].text}: conv(3)"))


@pytest.mark.parametrize("label", ["class", "größe"])
def test_B087_names_that_the_module_has_and_python_does_not_say(label: str) -> None:
    assert step(legal(network("3, 8, 8", f'"{label}": conv(3)')), label).names == (label,)


def test_B087_a_dot_puts_the_step_in_a_container() -> None:
    program = legal(network("3, 8, 8", '"norm.1": bn'))
    assert step(program, "norm.1").names == ("norm", "1")


def test_B099_a_step_used_before_its_line() -> None:
    error = refused(network("3, 8, 8", "b: skip(a) -> relu", "a: conv(8, 3)"))
    assert error.code == "E203" and error.primary.span.line == 4
    assert "defined here" in said(error) and error.secondary[0].span.line == 5


BACKBONE = "block backbone { conv(8, 3, bias = false) -> bn -> relu }"


def test_B101_the_same_block_twice_has_two_names() -> None:
    text = "network case {\n  input a[3, 8, 8]\n  input b[3, 8, 8]\n  l: backbone\n  r: { skip(b) -> backbone }\n  concat { | skip(l) | skip(r) }\n}\n"
    program = legal(f"{BACKBONE}\n{text}")
    assert {node.path[0] for node in program.nodes if node.weights} == {"l", "r"}
    assert weights(program) == 2 * (216 + 16)
    assert result(program) == (16, 8, 8)


def test_B101_shared_on_purpose() -> None:
    text = (
        "network case {\n  input a[3, 8, 8]\n  input b[3, 8, 8]\n  l: backbone\n  skip(b) -> reuse(l)\n  concat { | skip(l) | skip }\n}\n"
    )
    assert weights(legal(f"{BACKBONE}\n{text}")) == 216 + 16


def test_B103_the_same_argument_twice() -> None:
    error = refused(network("3, 8, 8", "conv(channels = 8, kernel = 3, channels = 16)"))
    assert error.code == "E206"
    assert error.primary.span.text == "channels = 16" and error.secondary[0].span.text == "channels = 8"


def test_B105_line_ends() -> None:
    text = network("3, 8, 8", "conv(8, 3, bias = false)", "bn -> relu", "nonsense")
    expected = ask(text).diagnostics
    for end in ("\r\n", "\r", "\n"):
        for last in ("", end):
            found = checked(text.rstrip("\n").replace("\n", end) + last, "case.arch").diagnostics
            assert [(row.code, row.message, row.primary.span.line) for row in found] == [
                (row.code, row.message, row.primary.span.line) for row in expected
            ]
    good = network("3, 8, 8", "conv(8, 3)")
    crlf = checked(good.replace("\n", "\r\n"), "case.arch").program
    assert crlf is not None and shapes(crlf) == shapes(legal(good))


@pytest.mark.parametrize("locale", [{"LC_ALL": "C", "PYTHONUTF8": "0"}, {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}])
def test_B107_a_comment_in_any_script(tmp_path: Path, locale: dict[str, str]) -> None:
    file = tmp_path / "case.arch"
    file.write_bytes("# 卷积 🙂 größer\n## 网络\nnetwork case {\n  input x[3, 8, 8] # ü\n  conv(8)\n}\n".encode())
    code = f"from archc.compiler.driver import check; c = check({str(file)!r}); print(c.program.nodes[1].shape, len(c.diagnostics))"
    environment = {**os.environ, **locale}
    out = subprocess.run([sys.executable, "-c", code], env=environment, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert out.strip() == "(8, 8, 8) 0"
    assert check(str(file)).program is not None


def test_B109_a_comment_after_a_value() -> None:
    program = legal(network("16, 8, 8", "c: conv(30, 3)   # testing") + "# the end")
    assert step(program, "c").shape[0] == 30


def test_B111_no_layer_is_swallowed() -> None:
    program = legal(
        network("1, 28, 28", "conv(32, 3, pad = 0) -> relu", "maxpool(2)", "flatten", "linear(128) -> relu", "linear(10) -> softmax")
    )
    assert shapes(program) == [(32, 26, 26), (32, 26, 26), (32, 13, 13), (5408,), (128,), (128,), (10,), (10,)]
