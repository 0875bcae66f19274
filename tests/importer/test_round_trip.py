"""Shipped networks there and back: built as a module or a program, imported, and compared step by step (`benchmarks/roundtrip.py` does it for all)."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

from archc.base.source import Source
from archc.compiler.driver import compile_source
from tests.sample import only_in_campaign

SCRIPT = Path(__file__).parents[2] / "benchmarks" / "roundtrip.py"


def _script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("roundtrip", SCRIPT)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["roundtrip"] = module
    spec.loader.exec_module(module)
    return module


ROUND_TRIP = _script()


def _is_equal(row: dict[str, object]) -> None:
    assert row["result"] == "equal", row.get("told") or row.get("changes")
    assert int(str(row["lines"])) <= 1.2 * int(str(row["shipped"]))


@pytest.mark.parametrize(("name", "way"), [("squeezenet1_1", "py"), pytest.param("resnet18", "pt2", marks=pytest.mark.slow)])
def test_a_network_comes_back_as_it_was(name: str, way: str) -> None:
    _is_equal(ROUND_TRIP.tried(name, way, 6e9))


@only_in_campaign
@pytest.mark.slow
@pytest.mark.parametrize("way", ["py", "pt2"])
@pytest.mark.parametrize(
    "name",
    [
        "alexnet",
        "convmixer_768_32",
        "cspdarknet53",
        "densenet121",
        "dpn68",
        "mnasnet1_0",
        "mobilenet_v2",
        "mobilenet_v3_large",
        "shufflenet_v2_x0_5",
        "unet",
        "vit_b_16",
    ],
)
def test_many_come_back_as_they_were(name: str, way: str) -> None:
    """Each in a process of its own: what PyTorch keeps of one program after the other came to 4.8 GB."""
    command = [sys.executable, str(SCRIPT), "--one", way, "--macs", "6e9", name]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    _is_equal(json.loads(done.stdout.splitlines()[-1]))


READERS = """
network readers {
  input line[length = 7, channels = 6]
  lstm(5, layers = 2, bidirectional = true) -> linear(4) -> gru(3, layers = 2) -> lstm(5) -> gru(4, bidirectional = true)
}
"""


def test_recurrent_layers_come_back_from_a_program(tmp_path: Path) -> None:
    """Their weights stood in the program as numbers beside its parameters."""
    graph = compile_source(Source.of("readers.arch", READERS)).graph
    text, is_flat = ROUND_TRIP.again(graph, "pt2", tmp_path)
    row = ROUND_TRIP.compared(graph, text, "pt2")
    assert not is_flat and not row["differ"] and row["keys"], row


AT_REST = """
network at_rest {
  input x[8]
  a: linear(8) -> dropout(0)
  indexed { linear(4) -> relu -> dropout(0) }
}
"""


def test_a_dropout_that_drops_nothing_stays_where_somebody_wrote_it_in_the_language(tmp_path: Path) -> None:
    graph = compile_source(Source.of("at_rest.arch", AT_REST)).graph
    text, _ = ROUND_TRIP.again(graph, "py", tmp_path)
    row = ROUND_TRIP.compared(graph, text, "py")
    assert text.count("dropout(p = 0.0)") == 2
    assert row["differ"] == 0 and row["keys"], row["changes"]


DEEPER = """
block unit(out, stride = 1) { conv(out / 4, 1) -> relu -> conv(out / 4, stride = stride) -> relu -> conv(out, 1) }

block part(out, depth, stride = 1) {
  blocks: indexed {
    unit(out, stride = stride)
    repeat depth - 1 { unit(out) }
  }
}

network deeper {
  input x[8, 16, 16]
  stage stages indexed { part(16, 3) -> part(32, 4, stride = 2) -> part(64, 5, stride = 2) -> part(128, 3, stride = 2) }
}
"""


def test_stages_of_several_depths_come_back_as_one_block(tmp_path: Path) -> None:
    graph = compile_source(Source.of("deeper.arch", DEEPER)).graph
    text, _ = ROUND_TRIP.again(graph, "py", tmp_path)
    row = ROUND_TRIP.compared(graph, text, "py")
    assert text.count("block part") == 1 and "repeat depth - 1" in text
    assert text.count("block unit(out, stride = 1)") == 1, "one width is a quarter of the other everywhere: it is no parameter beside it"
    assert row["differ"] == 0 and row["keys"], row["changes"]
