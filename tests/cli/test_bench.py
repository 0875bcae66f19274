"""`archc bench` and `archc build --optimize`: what they make and say. No test asks how long anything takes."""

from __future__ import annotations

import copy
import json
import re
from contextlib import ExitStack
from pathlib import Path

import pytest
import torch

from archc.cli import bench as command
from archc.compiler.bench import bench as measured
from archc.compiler.bench.setting import NotHere, Setting
from archc.compiler.bench.ways import WAYS
from archc.compiler.driver import check
from archc.compiler.emit.fast import optimized
from tests.sample import only_in_campaign

from .conftest import Run

NETWORK = "network small { input x[3, 16, 16]  conv(8, 3) -> bn -> relu -> conv(8, 3) -> relu -> global_avgpool -> flatten -> dropout -> linear(4) }\n"

QUICK = ("--rounds", "2", "--seconds", "1", "--threads", "1")


@pytest.fixture(autouse=True)
def _network(folder: Path) -> None:
    torch.set_num_threads(1)
    (folder / "small.arch").write_text(NETWORK, encoding="utf-8")


def test_words_stated_for_help_are_the_compilers() -> None:
    assert command.WAYS == tuple(way.name for way in WAYS)
    assert command.USUAL == measured.USUAL
    assert set(measured.USUAL) <= set(command.WAYS)


def test_as_json(run: Run) -> None:
    result = run("bench", "small.arch", "--ways", "eager,torchscript,frozen,optimized,tuned", "--batch", "2", "--format", "json", *QUICK)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    assert {key: document[key] for key in ("version", "network", "batch", "threads", "device", "dtype", "base", "rounds")} == {
        "version": 1,
        "network": "small",
        "batch": 2,
        "threads": 1,
        "device": "cpu",
        "dtype": "float32",
        "base": "eager",
        "rounds": 2,
    }
    assert [row["way"] for row in document["rows"]] == ["eager", "torchscript", "frozen", "optimized", "tuned", "again"]
    assert all(row["difference"] <= 1e-5 and row["milliseconds"] > 0 for row in document["rows"])
    assert document["rows"][0]["speed"] == {"median": 1.0, "low": 1.0, "high": 1.0}
    assert set(document["machine"]) == {"processor", "cores", "instructions", "system", "python", "torch"}
    assert document["peak_flops_per_second"] > 0
    assert all(0 < row["share_of_peak"] <= 1 and row["images_per_second"] > 0 for row in document["rows"])


def test_no_way_is_over_the_peak_on_a_busy_machine(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The product had next to nothing of the processor; a network of numbers counts samples."""
    monkeypatch.setattr(measured, "peak_flops", lambda device, dtype: 1.0)
    (folder / "vector.arch").write_text("network vector {\n  input x[64]\n  linear(64)\n}\n", encoding="utf-8")
    document = json.loads(run("bench", "vector.arch", "--ways", "eager", "--format", "json", *QUICK).stdout)
    shares = [row["share_of_peak"] for row in document["rows"]]
    assert all(0 < share <= 1 for share in shares)
    assert all(row["samples_per_second"] > 0 for row in document["rows"])


def test_as_text_with_a_picture(run: Run, folder: Path) -> None:
    result = run("bench", "small.arch", "--ways", "optimized", "--base", "torchscript", "--plot", "speeds.svg", *QUICK)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert lines[0] == "small: batch 1, 1 thread, cpu, float32, 2 rounds"
    assert lines[3].split()[:5] == ["way", "ms", "best", "images/s", "speed"]
    assert [line.split()[0] for line in lines[5:8]] == ["torchscript", "optimized", "again"]
    picture = (folder / "speeds.svg").read_text(encoding="utf-8")
    assert picture.startswith("<svg")
    assert "small: speed against torchscript, batch 1, 1 thread" in picture
    assert picture.count("<rect") == 1 + 3


def test_a_way_that_cannot_be_run_is_told(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(setting: object) -> object:
        raise RuntimeError("\nno compiler found\nmore")

    ways = tuple(measured.Way(way.name, way.what, broken if way.name == "compiled" else way.make) for way in WAYS)
    monkeypatch.setattr(measured, "WAYS", ways)
    result = run("bench", "small.arch", "--ways", "eager,compiled", *QUICK)
    assert result.exit_code == 3, result.output  # it was named
    assert "not run: compiled: RuntimeError: no compiler found" in result.stderr


def test_layers_joined_by_onednn(run: Run, folder: Path) -> None:
    """What PyTorch's rule makes an error of, pools without a stride, is nowhere in our sources; the switch is left as it was."""
    text = NETWORK.replace("-> relu -> global", "-> relu -> maxpool(2) -> avgpool(2) -> global")
    (folder / "small.arch").write_text(text, encoding="utf-8")
    result = run("bench", "small.arch", "--ways", "eager,fused", "--format", "json", *QUICK)
    assert result.exit_code == 0, result.output
    (found,) = (row for row in json.loads(result.stdout)["rows"] if row["way"] == "fused")
    assert found["difference"] <= 1e-5
    assert not torch.jit.onednn_fusion_enabled()  # type: ignore[no-untyped-call]


def test_peers_run_in_the_dtype_that_is_asked_for_or_not_at_all(run: Run) -> None:
    """OpenVINO computes in bfloat16 unasked where a processor can, and ONNX Runtime nowhere on a processor."""
    result = run("bench", "small.arch", "--ways", "eager,onnxruntime,openvino", "--dtype", "bfloat16", "--format", "json", *QUICK)
    assert result.exit_code == 3, result.output
    document = json.loads(result.stdout)
    missing = {row["way"]: row["why"] for row in document["missing"]}
    assert missing["onnxruntime"] == "ONNX Runtime has no bfloat16 on a processor"
    if "openvino" in missing:
        assert missing["openvino"] == "not installed: openvino" or missing["openvino"].startswith("OpenVINO ")
    else:
        (found,) = (row for row in document["rows"] if row["way"] == "openvino")
        assert 1e-5 < found["difference"] < 0.05, "another dtype than float32, and the same network"


@pytest.mark.parametrize(("dtype", "most"), [("float32", 1e-5), ("bfloat16", 0.05)])
def test_another_library_s_module_in_openvino(dtype: str, most: float) -> None:
    pytest.importorskip("openvino")
    module = torch.nn.Sequential(torch.nn.Conv2d(3, 8, 3), torch.nn.ReLU(), torch.nn.Flatten(), torch.nn.Linear(288, 5)).eval()
    image = torch.rand(2, 3, 8, 8)
    with ExitStack() as room:
        their, given = copy.deepcopy(module).to(getattr(torch, dtype)), (image.to(getattr(torch, dtype)),)
        setting = Setting(check("alexnet").graph, module, given, 1, dtype=dtype, reference=their, room=room)
        try:
            answer = next(way for way in WAYS if way.name == "reference_openvino").make(setting)()
        except NotHere as reason:
            pytest.skip(str(reason))
        found = torch.from_numpy(next(iter(answer.values())))  # type: ignore[attr-defined]
    wanted = module(image).detach()
    assert found.shape == wanted.shape
    assert (found - wanted).abs().max() < most * wanted.abs().max()


def test_packaged_without_a_compiler(run: Run) -> None:
    from torch._inductor import config

    with config.patch({"cpp.cxx": (None, "no-compiler-of-this-name")}):
        result = run("bench", "small.arch", "--ways", "eager,packaged", *QUICK)
    assert result.exit_code == 3, result.output
    assert "not run: packaged: an AOTInductor package cannot be compiled: there is no C++ compiler here" in result.stderr


@pytest.mark.slow
@only_in_campaign
def test_packaged(run: Run) -> None:
    result = run("bench", "small.arch", "--ways", "eager,packaged", "--batch", "2", "--format", "json", *QUICK)
    assert result.exit_code == 0, result.output
    document = json.loads(result.stdout)
    if document["missing"]:
        pytest.skip(document["missing"][0]["why"])
    assert [row["way"] for row in document["rows"]] == ["eager", "packaged", "again"]
    assert all(row["difference"] <= 1e-5 for row in document["rows"])


def test_training_and_ways_of_cards(run: Run) -> None:
    result = run("bench", "small.arch", "--ways", "training,cuda_graph,tensorrt", "--base", "training", "--format", "json", *QUICK)
    document = json.loads(result.stdout)
    assert result.exit_code == (3 if document["missing"] else 0), result.output
    assert [(row["way"], row["difference"]) for row in document["rows"]] == [("training", None), ("again", None)]
    if not torch.cuda.is_available():
        assert {row["way"]: row["why"] for row in document["missing"]} == {
            "cuda_graph": "CUDA graphs need a CUDA device",
            "tensorrt": "ONNX Runtime has no TensorRT here",
        }


def test_a_word_that_is_no_way(run: Run) -> None:
    result = run("bench", "small.arch", "--ways", "eager,quick")
    assert result.exit_code == 2
    assert "`quick` is none of eager, torchscript" in result.stderr


def test_optimize(run: Run, folder: Path) -> None:
    result = run("build", "small.arch", "--target", "torchscript", "--optimize", "-o", "out")
    assert result.exit_code == 0, result.output
    assert "optimised for inference, float32, cpu alone" in result.stdout
    assert "1 batch norm folded into the layers before them" in result.stdout
    plain = run("build", "small.arch", "--target", "torchscript", "-o", "plain")
    assert plain.exit_code == 0
    x = torch.randn(2, 3, 16, 16)
    with torch.no_grad():
        wanted = torch.jit.load(str(folder / "plain/small.pt"))(x)
        found = torch.jit.load(str(folder / "out/small.pt"))(x)
    assert (found - wanted).abs().max() <= 1e-5 * wanted.abs().max()


def test_tune(run: Run, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    race = optimized.race
    monkeypatch.setattr(optimized, "race", lambda legs, **options: race(legs, rounds=2, seconds=0, pause=0))
    result = run("build", "small.arch", "--target", "torchscript", "--optimize", "--tune", "--batch", "2", "-o", "out")
    assert result.exit_code == 0, result.output
    assert "kinds of layers run in another way than was expected" in result.stdout
    assert "noise (the same module twice)" in result.stdout
    assert re.search(
        r"\n  the graph as an ONNX file in ONNX Runtime: [\d.]+ \([\d.]+ to [\d.]+\) of the speed of small.pt\n", result.stdout
    )
    assert "\n  fastest here: " in result.stdout
    assert not list((folder / "out").glob("*.onnx"))
    torch.jit.load(str(folder / "out/small.pt"))(torch.randn(2, 3, 16, 16))


def test_optimize_and_train_are_two_things(run: Run) -> None:
    result = run("build", "small.arch", "--optimize", "--train")
    assert result.exit_code == 2
    assert "`--optimize` is for inference" in result.stderr


def test_optimized_onnx(run: Run, folder: Path) -> None:
    onnx = pytest.importorskip("onnx")
    pytest.importorskip("onnxscript")
    result = run("build", "small.arch", "--target", "onnx", "--optimize", "-o", "out")
    assert result.exit_code == 0, result.output
    assert "rewritten graph" in result.stdout
    model = onnx.load(str(folder / "out/small.onnx"))
    assert "BatchNormalization" not in {node.op_type for node in model.graph.node}
    assert [row.name for row in model.graph.input] == ["x"]


@pytest.mark.parametrize("dtype", ["bfloat16", "float64"])
def test_optimize_in_other_dtypes(run: Run, folder: Path, dtype: str) -> None:
    result = run("build", "small.arch", "--target", "torchscript", "--optimize", "--dtype", dtype, "-o", "out")
    assert result.exit_code == 0, result.output
    module = torch.jit.load(str(folder / "out/small.pt"))
    assert module(torch.randn(2, 3, 16, 16).to(getattr(torch, dtype))).dtype == getattr(torch, dtype)
