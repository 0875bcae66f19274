"""Every shipped network as TorchScript and as ONNX answers as its module does."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy
import pytest
import torch

from archc.base.source import Source
from archc.compiler import driver
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit import onnx
from archc.compiler.emit.torchscript import script
from archc.compiler.files import library
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal
from tests.conformance.modules import difference, shake, values
from tests.conformance.written import WRITTEN
from tests.sample import only_in_campaign

ROOT = Path(__file__).parents[2]

SIDES = (64, 96, 128, 224, 256)
"""Sides of small images, the first that a network takes is used; else the size of its file."""

LARGE = 100_000_000
"""Parameters of a preset that is left out: its family's smaller members have the same steps."""

APART = 40_000_000
"""Parameters from which on a network has a process of its own: what two gigabytes were taken for is given back with it."""

PARAMETERS = {entry.name: entry.parameters for entry in library.entries()}
OWN = library.names()
PRESETS = tuple(name for name in library.networks() if name not in OWN and PARAMETERS[name] < LARGE)


def small(name: str) -> Graph:
    """The network for small inputs, with small numbers where it has been written by hand for such; without side heads."""
    row = WRITTEN.get(name)
    if row is not None:
        return driver.compile(name, settings=row.small, inputs=row.inputs).graph
    program = driver.compile(name).program
    assert program is not None
    settings = {"side_heads": False} if "side_heads" in dict(program.parameters) else {}
    shapes = {node.path[-1]: node.shape for node in program.nodes if node.operation.name == "input"}
    for side in SIDES:
        inputs = {key: (*shape[:-2], side, side) if len(shape) > 2 else shape for key, shape in shapes.items()}
        found = driver.check(name, settings=settings, inputs=inputs)
        if not found.has_errors:
            return found.graph
    return driver.compile(name, settings=settings).graph


def narrow_vgg(name: str) -> Graph:
    """A VGG whose dense layers are 64 wide, and not the half of a gigabyte that they are."""
    family, own = (library.path(each).read_text(encoding="utf-8") for each in ("vgg", name))
    text = family.replace("linear(4096)", "linear(64)") + own.partition("from vgg import vgg\n")[2]
    found = driver.check_source(Source.of(f"{name}.arch", text), network=name, inputs={"": (3, 64, 64)})
    assert not found.has_errors
    return found.graph


def check(name: str, file: str) -> None:
    """For a batch of 3, which is no size that was exported with. Writes `file`."""
    import onnxruntime

    torch.manual_seed(0)
    graph = narrow_vgg(name) if name.startswith("vgg") else small(name)
    module = shake(build(graph, Mode.INFERENCE)).eval().requires_grad_(False)
    given = normal(graph, 3)
    wanted = module(*given)
    assert all(torch.isfinite(value).all() and value.std() > 0 for value in values(wanted))
    assert difference(script(module)(*given), wanted) < 1e-5
    onnx.save(module, graph, file)
    del module
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.add_session_config_entry("session.disable_prepacking", "1")  # else it holds each weight twice
    session = onnxruntime.InferenceSession(file, options, providers=["CPUExecutionProvider"])
    rows = zip(session.get_inputs(), given, strict=True)
    found = session.run(None, {row.name: numpy.ascontiguousarray(value.numpy()) for row, value in rows})
    assert difference(tuple(map(torch.from_numpy, found)), values(wanted)) < 1e-4


@pytest.mark.slow
@only_in_campaign
@pytest.mark.parametrize("name", [*OWN, *PRESETS])
def test_torchscript_and_onnx_answer_as_the_module(name: str, tmp_path: Path) -> None:
    pytest.importorskip("onnxruntime")
    file = str(tmp_path / "net.onnx")
    if PARAMETERS[name] < APART:
        check(name, file)
    else:
        subprocess.run(
            [sys.executable, "-c", f"from tests.emit.test_library_formats import check; check({name!r}, {file!r})"], check=True, cwd=ROOT
        )
