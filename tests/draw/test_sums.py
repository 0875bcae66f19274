"""The rows by which a folded block sums up what is in it."""

from __future__ import annotations

import pytest

from archc.compiler.draw.labels import summary
from archc.compiler.graph.program import Scope
from tests.support import graph_of


def told(body: str) -> tuple[str, ...]:
    """What the box of a block with this body says."""
    graph = graph_of(f"block part {{ {body} }}\nnetwork mine {{ input image[8, 16, 16]\n conv(8) -> part }}")
    part = next(scope for scope in graph.members if isinstance(scope, Scope) and scope.template == "part")
    return summary(graph, part)


WAYS = {
    "rounds without a label": "add { | repeat 3: conv(8, 1) -> conv(8, 3) }",
    "rounds with a label each": 'add { | for i in range(3): "way.{i}": indexed { conv(8, 1) -> conv(8, 3) } }',
    "rounds of one step with a label each": 'add { | for i in range(3): "way{i}": conv(8, 3) }',
}


@pytest.mark.parametrize("body", WAYS.values(), ids=WAYS)
def test_paths_that_a_loop_writes_stand_side_by_side(body: str) -> None:
    way = "3x3, 8" if "way{i}" in body else "(1x1, 8 \u2192 3x3, 8)"
    assert " ".join(told(body)) == f"3 \u00d7 {way}"


def test_steps_that_a_loop_writes_within_a_path_follow_each_other() -> None:
    assert told('add { | skip | for i in range(2) { "step{i}": conv(8, 3) } }') == ("3x3, 8 \u2192 3x3, 8",)


def test_equal_residual_parts_are_told_once() -> None:
    assert told("conv(16, 1)\n repeat 8 { add { | skip | conv(16, 3) } }") == ("1x1, 16 \u2192 +(3x3, 16) \u00d78",)


def test_equal_convolutions_are_told_each() -> None:
    assert told("conv(8) -> conv(8)") == ("3x3, 8 \u2192 3x3, 8",)


def test_an_axis_that_has_another_name_is_not_called_by_the_usual_one() -> None:
    """Where `length` is the first axis it says so, and not `channels`, which is first elsewhere."""
    assert told('tokens -> ln -> reduce("mean", axis = length) -> linear(4)') == ("mean over length \u2192 linear 4",)
    assert told('reduce("mean", axis = [height, width]) -> linear(4)') == ("mean over height, width \u2192 linear 4",)
