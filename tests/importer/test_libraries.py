"""Models of torchvision and timm by name: each import proves itself equal; here, how many lines it takes and what stands in it."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from click.testing import CliRunner

import archc
from archc.cli import group
from archc.compiler.importer.importing import Imported, import_model
from archc.compiler.importer.sources import model_of
from tests.sample import sample

from .texts import LIBRARIES, home, text_of_library

LINES = {
    "torchvision:resnet18": 26,
    "torchvision:mobilenet_v2": 40,
    "torchvision:squeezenet1_1": 30,
    "torchvision:shufflenet_v2_x1_0": 45,
    "timm:starnet_s1": 50,
}
"""The most lines that each may take, header and all."""

MORE_LINES = {
    "torchvision:regnet_y_400mf": 58,
    "torchvision:vit_b_16": 28,
    "timm:res2net50_26w_4s": 52,
    "timm:dla34": 46,
}


def imported(source: str) -> Imported:
    return import_model(model_of(source), source=source)


@pytest.mark.parametrize("source", sample(LINES, 1, 2))
def test_a_model_becomes_a_text_of_few_lines(source: str) -> None:
    made = imported(source)
    assert not made.is_flat
    assert made.text.count("\n") <= LINES[source]


@pytest.mark.slow
@pytest.mark.parametrize("source", sample(MORE_LINES, one_in=3))
def test_a_larger_model_becomes_a_text_of_few_lines(source: str) -> None:
    made = imported(source)
    assert not made.is_flat
    assert made.text.count("\n") <= MORE_LINES[source]


@pytest.mark.slow
@pytest.mark.parametrize("source", sample(LIBRARIES, one_in=5))
def test_a_model_that_everybody_knows_becomes_its_text(source: str) -> None:
    """Read beside its source, and mended in the importer until a person would sign it."""
    assert text_of_library(source) == home("libraries", source).read_text(encoding="utf-8")


def test_parameters_of_a_block_have_the_names_of_its_constructor() -> None:
    assert "block bottleneck(planes, stride = 1)" in imported("timm:resnet26").text


@pytest.mark.parametrize(
    ("source", "code", "told"),
    [
        ("torchvision:resnet501", "F618", "did you mean `resnet50`"),
        ("timm:nothing_at_all", "F618", "timm has no model"),
        ("no_such_package:net", "F651", "there is no module `no_such_package`"),
        ("json:net", "F651", "`json` has no `net`"),
        ("json:dumps", "F651", "could not be made"),
    ],
)
def test_a_source_that_is_none_is_an_error(source: str, code: str, told: str) -> None:
    with pytest.raises(archc.ArchError) as error:
        imported(source)
    assert error.value.diagnostics[0].code == code
    assert told in str(error.value)


@pytest.mark.parametrize("source", ["torchvision:squeezenet1_1", "timm:test_vit"])
def test_weights_that_are_written_are_those_that_the_library_starts_with(source: str, tmp_path: Path) -> None:
    """Where nobody asks for numbers they are left out, for they take seconds."""
    done = CliRunner().invoke(group, ["import", source, "-o", str(tmp_path / "made.arch"), "--weights-out", str(tmp_path / "w.pt")])
    assert done.exit_code == 0, done.output
    state = torch.load(tmp_path / "w.pt")
    wide = [value for value in state.values() if value.dim() > 1]
    assert wide and all(bool(value.isfinite().all()) and float(value.abs().max()) < 10 for value in state.values())
    assert any(float(value.std()) > 0.001 for value in wide)
