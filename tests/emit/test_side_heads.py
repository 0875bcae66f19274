"""Side heads: what only they need is there only in training, and their modules stand where their keys say."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.support import checked

from .checks import actual_weights, check_all


def graph_of(body: str, blocks: str = "") -> Graph:
    found = checked(f"{blocks}\nnetwork n {{\ninput x[4, 6, 6]\n{body}\n}}\n", "n.arch")
    assert found.program is not None, found.diagnostics
    return found.graph


UNIT = "block unit(n) { conv(n) -> relu\n aux head { conv(2) -> global_avgpool } }"


@pytest.mark.parametrize(
    ("body", "blocks"),
    [
        ("unit(4) -> unit(4)", UNIT),
        ("stage a { unit(4) }\nstage b { unit(4) }\naux head { conv(1) }", UNIT),
        ("conv(4) -> relu\nside: conv(3) -> bn\naux head { skip(side) -> conv(2) }\nskip(x)", ""),
        ("g: indexed {\nl: relu -> conv(4)\naux head { reuse(l) -> conv(4, 1) }\n}", ""),
        ("g: { l: conv(4) -> relu\naux head { reuse(l) -> conv(4, 1) -> layer_scale }\nadd { | skip | conv(4) } }", ""),
        ("aux outer { conv(4) -> bn\naux inner { conv(2) } }\nconv(4)", ""),
        ('repeat 2 as i { conv(4)\naux "head{i}" { conv(2) } }', ""),
        ("conv(4) -> relu\naux head { skip }\nrelu -> conv(4)", ""),
        ("a: conv(4) -> identity\naux head { identity -> skip }\nconv(4)\naux last { }\noutput a, b = a", ""),
        ("a: unit(4) -> conv(4)\nreuse(a) -> reuse(a)", UNIT),
        ("aux head { skip(x) }\nconv(4)", ""),
        ("stage s flat { conv(4)\naux head { c: conv(3) -> relu } }\naux second { skip(s.head.c) -> conv(2) }", ""),
    ],
)
def test_modules_answer_and_train_as_the_graph_does(body: str, blocks: str) -> None:
    graph = graph_of(body, blocks)
    check_all(graph)


def test_what_serves_a_side_head_alone_is_not_in_the_module_for_inference() -> None:
    graph = graph_of("a: conv(4)\nside: conv(3) -> bn\naux head { skip(side) -> conv(2) }\nskip(a) -> relu")
    only = [node.unique for node in graph.nodes if node.training_only]
    assert only == ["side", "head.conv1", "output.head"]
    assert set(actual_weights(build(graph, Mode.INFERENCE))) == {"a.weight", "a.bias"}


def test_the_outputs_have_names_of_their_own() -> None:
    module = build(graph_of("unit(4) -> unit(4)\naux last { conv(1) }", UNIT), Mode.TRAIN).train()
    answer = module(torch.zeros(2, 4, 6, 6))
    assert answer._fields == ("output", "unit1_head", "unit2_head", "last")
