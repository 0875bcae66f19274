"""Every shipped network: its counts, its stages at each size, and its state_dict keys, against numbers that archc had no part in."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from archc.compiler import driver
from archc.compiler.files.library import files, names
from archc.compiler.graph.program import Program
from tests.conformance import reference
from tests.sample import sample

FACTS = json.loads((Path(__file__).parents[1] / "facts" / "networks.json").read_text())
FACTS = {name: row for name, row in FACTS.items() if not name.startswith("_")}
SIZES = [(name, int(size)) for name, row in FACTS.items() for size, at in row["at"].items() if at is not None]


def program_at(name: str, size: int | None = None) -> Program:
    inputs = {} if size is None else {"": (3, size, size)}
    # Away from their own size the side heads of Inception v3 have no room; the facts there are without them.
    settings = {"side_heads": False} if size is not None and FACTS[name]["training_only"] else {}
    program = driver.compile(name, settings=settings, inputs=inputs).program
    assert program is not None
    return program


def count(program: Program, trainable: bool, side_heads: bool) -> int:
    return sum(
        weight.elements
        for node in program.nodes
        if node.training_only == side_heads
        for weight in node.weights
        if weight.trainable == trainable
    )


def test_every_shipped_network_has_facts() -> None:
    """Those of torchvision that have none here are told of in `test_families.py`."""
    from tests.conformance.test_figures import FIGURES
    from tests.conformance.written import WRITTEN

    assert set(names()) == {*FACTS, "googlenet_naive", *(figure.name for figure in FIGURES), *reference.FURTHER, *WRITTEN}


@pytest.mark.parametrize("name", sample(FACTS, one_in=6))
def test_parameters_and_buffers(name: str) -> None:
    program, facts = program_at(name), FACTS[name]
    assert count(program, trainable=True, side_heads=False) == facts["parameters"]
    assert count(program, trainable=True, side_heads=True) == facts["training_only"]
    assert count(program, trainable=False, side_heads=False) == facts["buffers"]


def test_googlenet_naive() -> None:
    program = program_at("googlenet_naive")
    assert count(program, trainable=True, side_heads=False) == 97_526_008
    assert sum(node.macs for node in program.nodes) == 12_568_061_056
    last_module = [node for node in program.nodes if node.operation.name == "concat"][-1]
    assert last_module.shape == (4944, 7, 7)


@pytest.mark.parametrize(("name", "size"), sample(SIZES, 1))
def test_macs_and_stages(name: str, size: int) -> None:
    """MACs to the unit; every stage's shape, by name where the reference's names are ours, and in order throughout."""
    program, facts = program_at(name, size), FACTS[name]["at"][str(size)]
    inference = [node for node in program.nodes if not node.training_only]
    assert sum(node.macs for node in inference) == facts["macs"]
    ends = {}
    for node in inference:
        for length in range(1, len(node.path) + 1):
            ends[".".join(node.path[:length])] = node.shape
    named = [(path, tuple(shape)) for path, shape in facts["stages"] if path in ends]
    assert [(path, ends[path]) for path, _ in named] == named
    position, shapes = 0, [node.shape for node in inference]
    for path, shape in facts["stages"]:
        # A container repeats the shape of its last member, and so may stay at the same node.
        assert tuple(shape) in shapes[position:], f"the shape of {path} is missing, or out of order"
        position = shapes.index(tuple(shape), position)


@pytest.mark.parametrize(("name", "size"), [("alexnet", 256), ("alexnet_towers", 256), ("zfnet", 256), ("unet", 572)])
def test_sizes_that_the_reference_refuses(name: str, size: int) -> None:
    assert FACTS[name]["at"][str(size)] is None
    assert driver.check(name, inputs={"": (3, size, size)}).has_errors


@pytest.mark.parametrize("name", sample(files(), 1, 6))
def test_shipped_files_raise_no_doubts(name: str) -> None:
    assert [row.message for row in driver.check(name).diagnostics] == []


@pytest.mark.parametrize("name", sample(reference.NAMES, 5, 6))
def test_keys_are_the_reference_s(name: str) -> None:
    wanted = {key: tuple(value.shape) for key, value in reference.build_empty(name).state_dict().items()}
    found = {
        f"{node.key}.{weight.name}" if weight.name else node.key: weight.shape for node in program_at(name).nodes for weight in node.weights
    }
    assert found == wanted
