"""The work of the analyses grows in proportion to the network: counted in calls, which no busy machine changes."""

from __future__ import annotations

import cProfile
import pstats
from collections.abc import Callable

import pytest

from archc.compiler.analysis.cost import cost
from archc.compiler.analysis.diff import diff
from archc.compiler.analysis.receptive import receptive
from archc.compiler.analysis.roofline import DEVICES, roofline
from archc.compiler.graph.graph import Graph
from tests.sample import EVERYTHING

from .texts import graph_of

COUNT = 200 if EVERYTHING else 40

ANALYSES: dict[str, Callable[[Graph], object]] = {
    "cost by stage": lambda graph: cost(graph, batch=8, optimizer="adam"),
    "cost by op": lambda graph: cost(graph, by="op"),
    "receptive": receptive,
    "roofline": lambda graph: roofline(graph, DEVICES["h100"]),
    "diff": lambda graph: diff(graph, graph),
}

SHAPES = {
    "long": "stage s {{ repeat {count} {{ add {{ | conv(8, 3) -> bn -> relu\n | skip }} }} }}",
    "flat": "repeat {count} {{ conv(8, 3) -> relu }}",
    "wide": "concat {{ | repeat {count}: conv(8, 3) -> relu }}",
    "dense": "repeat {count} {{ e: conv(8, 3) -> bn\n mul {{ | skip\n | global_avgpool -> conv(8, 1) -> sigmoid }} }}",
}


def calls(analysis: Callable[[Graph], object], shape: str, count: int) -> int:
    graph = graph_of(f"network n {{ input x[8, 16, 16]\n {SHAPES[shape].format(count=count)} }}")
    profile = cProfile.Profile()
    profile.enable()
    analysis(graph)
    profile.disable()
    total: int = pstats.Stats(profile).total_calls  # type: ignore[attr-defined]
    return total


@pytest.mark.parametrize("name", ANALYSES)
@pytest.mark.parametrize("shape", SHAPES)
def test_twice_the_steps_are_twice_the_work(name: str, shape: str) -> None:
    small, large = (calls(ANALYSES[name], shape, count) for count in (COUNT, 2 * COUNT))
    assert large <= 2.1 * small
