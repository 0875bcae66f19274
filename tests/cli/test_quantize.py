"""`archc build --quantize int8`: files in eight bits, and what is said of them."""

from __future__ import annotations

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
import torch

from .conftest import Run

EIGHT = ("--quantize", "int8", "--calibrate", "random")

RUN = """
import sys, torch
torch.set_num_threads(1)
module = torch.jit.load(sys.argv[1])
assert "archc" not in sys.modules
x = torch.randn(2, 3, 32, 32)
first, second = module(x), module(x)
assert first.shape == (2, 10) and torch.equal(first, second)
kinds = {str(value.dtype) for value in module.state_dict().values()}
assert "torch.int8" in kinds, kinds
"""


def test_a_file_in_eight_bits_runs_where_only_torch_is(run: Run, folder: Path) -> None:
    result = run("build", "good.arch", "--target", "torchscript", *EIGHT)
    assert result.exit_code == 0, result.output
    lines = [line.strip() for line in result.stdout.splitlines()]
    assert "TorchScript, int8 for inference, cpu alone, the weights as training starts" in lines[1]
    assert lines[2] == "scales from 16 random inputs, whose ranges are not those of data"
    assert lines[3] == "int8     2 layers of 2: 1 conv, 1 linear"
    assert lines[4].startswith("agreement with float32: signal to noise of the outputs ")
    assert "worst layer stem.conv" in lines[4] or "worst layer head.linear" in lines[4]
    done = subprocess.run([sys.executable, "-c", RUN, "build/good/good.pt"], capture_output=True, text=True, cwd=folder)
    assert done.returncode == 0, done.stderr


def test_what_stays_in_floating_point_is_told_with_the_reason(run: Run, folder: Path) -> None:
    text = 'network n {\n input x[3, 16, 16]\n conv(8, 3) -> sigmoid\n conv(8, 3, pad_mode = "reflect")\n conv(4, 1)\n}\n'
    (folder / "n.arch").write_text(text, encoding="utf-8")
    result = run("build", "n.arch", "--target", "torchscript", *EIGHT)
    assert result.exit_code == 0, result.output
    assert "int8     2 layers of 3: 2 conv" in result.stdout
    assert "float32  sigmoid: no int8 form: sigmoid" in result.stdout
    assert 'float32  conv: no int8 form of `pad_mode = "reflect"`: conv2' in result.stdout


def test_a_limit_keeps_layers_in_floating_point(run: Run, folder: Path) -> None:
    text = "network n {\n input x[3, 16, 16]\n" + " conv(8, 3) -> relu\n" * 4 + "}\n"
    (folder / "n.arch").write_text(text, encoding="utf-8")
    result = run("build", "n.arch", "--target", "torchscript", *EIGHT, "--loss", "42 dB")
    assert result.exit_code == 0, result.output
    assert "float32  loses most (conv): " in result.stdout
    assert float(result.stdout.split("signal to noise of the outputs ")[1].split(" dB")[0]) >= 42


@pytest.mark.parametrize(
    ("options", "code", "told", "remedy"),
    [
        (("--quantize", "int8"), "F684", "needs samples", "--calibrate random"),
        (("--calibrate", "random"), "F684", "`--quantize int8` is not there", "add `--quantize int8`"),
        (("--loss", "25dB"), "F684", "`--quantize int8` is not there", "add `--quantize int8`"),
        ((*EIGHT, "--loss", "much"), "F684", "`much` is no signal to noise", "25dB"),
        ((*EIGHT, "--loss", "0"), "F684", "`0` is no signal to noise", "25dB"),
        ((*EIGHT, "--train"), "F684", "`--train` does not go with it", "leave out `--train`"),
        ((*EIGHT, "--dtype", "bfloat16"), "F684", "`--dtype bfloat16` does not go with it", "leave out"),
        (("--quantize", "int8", "--calibrate", "nowhere"), "F681", "there is no folder and no file `nowhere`", "`random`"),
    ],
)  # fmt: skip
def test_a_call_that_is_not_whole(run: Run, options: tuple[str, ...], code: str, told: str, remedy: str) -> None:
    result = run("build", "good.arch", "--target", "torchscript", *options)
    assert result.exit_code != 0
    assert f"error[{code}]" in result.stderr
    assert told in result.stderr
    assert remedy in " ".join(result.stderr.split())
    assert not Path("build/good/good.pt").exists()


def test_nothing_to_quantise(run: Run, folder: Path) -> None:
    (folder / "n.arch").write_text("network n {\n input x[8]\n relu\n}\n", encoding="utf-8")
    (folder / "m.arch").write_text("network m {\n input x[3, 40]\n conv(4, 3) -> relu\n}\n", encoding="utf-8")
    for name in ("n.arch", "m.arch"):
        result = run("build", name, "--target", "torchscript", *EIGHT)
        assert result.exit_code == 3
        assert "error[F685]: no layer of the network can work in int8" in result.stderr
        assert "--optimize" in result.stderr
    result = run("build", "good.arch", "--target", "torchscript", *EIGHT, "--loss", "190dB")
    assert result.exit_code == 3
    assert "error[F685]: to keep a signal to noise of 190 dB every layer would stay in float32" in result.stderr


def test_weights_that_are_not_finite(run: Run, folder: Path) -> None:
    run("build", "good.arch", "--target", "torchscript")
    state = torch.jit.load("build/good/good.pt").state_dict()  # type: ignore[no-untyped-call]
    key = next(iter(state))
    state[key].flatten()[0] = float("nan")
    torch.save(state, folder / "bad.pth")
    result = run("build", "good.arch", "--target", "torchscript", "--weights", "bad.pth", "-o", "other", *EIGHT)
    assert result.exit_code == 3
    assert f"error[F683]: the weight `{key}` holds numbers that are not finite" in result.stderr


@pytest.mark.slow
@pytest.mark.skipif(find_spec("onnxscript") is None or find_spec("onnxruntime") is None, reason="needs ONNX")
def test_an_onnx_file_quantises_and_dequantises(run: Run, folder: Path) -> None:
    import onnx

    result = run("build", "good.arch", "--target", "onnx", *EIGHT)
    assert result.exit_code == 0, result.output
    words = [node.op_type for node in onnx.load("build/good/good.onnx").graph.node]
    assert {"QuantizeLinear", "DequantizeLinear", "Conv"} <= set(words)


def test_verify_tells_how_far_it_agrees(run: Run, folder: Path) -> None:
    result = run("verify", "good.arch", *EIGHT)
    assert result.exit_code == 0, result.output
    rows = {line[6:].split("  ")[0]: line for line in result.stdout.splitlines()}
    assert list(rows) == [
        "int8",
        "signal to noise",
        "the same largest output",
        "worst layer",
        "TorchScript",
        "the same, loaded from a file",
    ]
    assert all(line.startswith("good") for line in rows.values())
    assert "dB, at least 25" in rows["signal to noise"]
    assert rows["the same largest output"].endswith("of 16 samples")
    refused = run("verify", "good.arch", *EIGHT, "--against", "torchvision:resnet18")
    assert "error[F684]" in refused.stderr
