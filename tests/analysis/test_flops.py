"""MACs of every shipped network against FlopCounterMode on the generated module: two batches, and a second size where it fits."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.compiler.files.locate import LIBRARY
from archc.compiler.files.locate import shipped as library
from archc.reporting.error import ArchError
from tests.sample import sample

from .flops import counted, macs
from .texts import shipped


def networks() -> list[str]:
    """The files of the library that hold a network; others are blocks for them."""
    return [name for name in library() if re.search(r"^network\b", (Path(LIBRARY) / f"{name}.arch").read_text("utf-8"), re.MULTILINE)]


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(networks(), 3, 24))
def test_macs_are_half_of_flopcountermode(name: str) -> None:
    graph = shipped(name)
    assert counted(graph, 1) == 2 * macs(graph)
    larger = {"": (graph.inputs[0].shape[0], *(size + 32 for size in graph.inputs[0].shape[1:]))}
    try:
        other = shipped(name, inputs=larger)
    except ArchError:
        # An `expect` or a fixed number of patches: this network is for one size.
        other = graph
    assert counted(other, 3) == 2 * macs(other, 3)
