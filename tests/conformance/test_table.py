"""The table of the library is what the programs say, and the page is what the table says."""

from __future__ import annotations

import importlib.metadata
import json
import runpy
from pathlib import Path

import pytest

from archc.base.source import Source
from archc.compiler import driver
from archc.compiler.files import library
from archc.dsl.format.printer import format_source
from archc.manual.starter import starter
from tests.sample import only_in_campaign, sample
from tests.support import checked

ROOT = Path(__file__).parents[2]
MAKER = runpy.run_path(str(ROOT / "docs" / "library.py"))
ENTRIES = {entry.name: entry for entry in library.entries()}


def test_every_network_is_in_the_table() -> None:
    assert tuple(ENTRIES) == library.networks()


def test_every_file_has_a_task_that_there_is() -> None:
    """One that states none is a classifier: its one output is a row of classes."""
    assert {ENTRIES[name].task for name in library.names()} <= set(library.TASKS)
    for name in sample(library.names(), 5):
        program = driver.compile(name).program
        assert program is not None
        outputs = [node.shape for node in program.nodes if node.operation.name == "output" and not node.training_only]
        assert (ENTRIES[name].task == library.TASKS[0]) <= (len(outputs) == 1 and len(outputs[0]) == 1), name


@pytest.mark.parametrize("name", sample(library.names(), 3))
def test_numbers(name: str) -> None:
    """A row of `library.json`; `python docs/library.py` writes it again."""
    entry = ENTRIES[name]
    row = json.loads((library.FOLDER / "library.json").read_text())[name]
    assert MAKER["numbers"](name, entry.smallest) == row
    if entry.smallest is None:
        assert MAKER["smallest"](name) is None
        return
    assert MAKER["program"](name, entry.smallest) is not None
    assert entry.smallest == 1 or MAKER["program"](name, entry.smallest - 1) is None


# Found by trying the reference with ever smaller images.
SMALLEST = {
    "alexnet_torchvision": 63,
    "densenet121": 29,
    "googlenet_torchvision": 15,
    "inception_resnet_v2": 75,
    "inception_v3": 75,
    "inception_v4": 75,
    "resnet50": 1,
    "resnet50d": 1,
    "squeezenet1_1": 17,
    "vgg16": 32,
}


@pytest.mark.parametrize("name", SMALLEST)
def test_smallest_image_is_the_reference_s(name: str) -> None:
    assert ENTRIES[name].smallest == SMALLEST[name]


def test_page() -> None:
    assert (library.FOLDER / "README.md").read_text() == MAKER["table"]()


@pytest.mark.parametrize("name", library.files())
def test_every_file_says_what_it_is(name: str) -> None:
    about = library.about(name)
    assert about.title.endswith(".")
    if name != "units":
        assert about.paper and about.numbers and about.differs


@pytest.mark.parametrize("name", library.files())
def test_every_file_has_the_one_layout(name: str) -> None:
    source = Source.of(library.path(name).name, library.path(name).read_text(encoding="utf-8"))
    assert format_source(source) == source.text


@pytest.mark.parametrize("name", sample(library.names(), 2))
def test_every_network_starts_a_variant(name: str) -> None:
    """What `archc new mynet --from NAME` writes is the network itself, until it is changed."""
    variant = checked(starter("mynet", name), "mynet.arch")
    assert not variant.has_errors and variant.program is not None
    base = driver.compile(name).program
    assert base is not None
    assert [(node.key, node.operation) for node in variant.program.nodes] == [(node.key, node.operation) for node in base.nodes]


@pytest.mark.slow
@only_in_campaign
def test_lines_of_the_references() -> None:
    from tests.conformance import reference_lines

    stored = json.loads(reference_lines.TARGET.read_text())
    installed = {package: importlib.metadata.version(package) for package in reference_lines.PACKAGES}
    if installed != stored["versions"]:
        pytest.skip(f"measured with {stored['versions']}, installed are {installed}")
    assert reference_lines.measure() == stored
