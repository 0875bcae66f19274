"""What single steps are called in pictures: by the names that the text reads, and not by the keys of their weights."""

from __future__ import annotations

import pytest

from archc.compiler.draw import Options, draw_text, fold
from archc.compiler.draw.labels import box_rows
from archc.compiler.draw.picture import Picture
from archc.compiler.draw.step_names import step_name
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.support import graph_of

PYRAMID = """
network pyramid {
  input image[3, 64, 64]
  stage stem { conv1: conv(8, 3, stride = 2) -> bn1: bn -> relu }
  c2: conv(8, 3) -> relu
  c3: conv(8, 3, stride = 2)
  "blocks.1": conv(8, 1) -> p3: skip
  p2: add { | skip(c2) -> conv(8, 1) | skip(p3) -> upsample(2) }
  "levels.0": conv(8, 3)
  skip(p3) -> norm: bn -> told: conv(8, 3)
  fc: conv(4, 1)
  skip(p2) -> seen: conv(2, 1)
  output seen, pyramid = fc
}
"""


def called(graph: Graph, picture: Picture) -> dict[str, str]:
    """What is said of the operation of each box that has a name."""
    return {name: box.main.operation.name for box in picture.boxes() if not box.is_port and (name := step_name(graph, box))}


def test_names_that_are_read_and_those_of_the_networks_own_body() -> None:
    graph = graph_of(PYRAMID)
    # `conv1`, `bn1`, `norm` and `fc` say what their operations say, `blocks.1` is a key, and the output itself says `seen`.
    assert called(graph, fold(graph)) == {"c2": "conv", "c3": "conv", "p3": "conv", "p2": "add", "told": "conv"}
    texts = ["".join(words.text for words in box_rows(graph, box)[0]) for box in fold(graph).boxes()]
    assert {"p2: +", "p3: conv 1x1, 8", "c2: conv 3x3, 8"} <= set(texts)
    drawn = draw_text(graph, "svg", Options())
    assert drawn.data is not None and b">p3: </tspan>" in drawn.data.replace(b"\n", b"")


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("retinanet_resnet50", {"p6", "p7", "sum0", "sum1"}),
        ("pix2pix", {"e1", "last"}),
        ("resnet50", set()),
        ("vgg16", set()),
        ("densenet121", {"classifier"}),
        ("dla34", set()),
        ("resnetv2_50", set()),
    ],
)
def test_in_the_library(name: str, expected: set[str]) -> None:
    graph = check(name).graph
    assert set(called(graph, fold(graph))) == expected


def test_boxes_of_rounds_tell_the_first_and_the_last_name() -> None:
    rounds = 'for i in range(4) { "e{i}": conv(8, 3) -> relu }'
    read = "concat { | skip(e0) | skip(e1) | skip(e2) | skip(e3) }"
    graph = graph_of(f"network n {{ input image[8, 8, 8]\n {rounds}\n {read}\n conv(8, 1) }}")
    assert set(called(graph, fold(graph))) == {"e0", "e1 \u2026 e3"}
    folded = graph_of('network n { input image[8, 8, 8]\n for i in range(4) { "e{i}": conv(8, 3) -> relu }\n conv(8, 1) }')
    (box,) = [box for box in fold(folded).boxes() if box.count == 4]
    assert step_name(folded, box) == "e0 \u2026 e3"


def test_a_label_of_a_part_is_none_of_its_last_step() -> None:
    graph = graph_of("network n { input image[8, 8, 8]\n a: { conv(8, 3) -> b: conv(8, 3) }\n concat { | skip(a) | conv(8, 3) } }")
    assert {node.key: node.taken_as for node in graph.nodes if node.taken_as} == {}
    graph = graph_of("network n { input image[8, 8, 8]\n a: { conv(8, 3) -> b: conv(8, 3) }\n concat { | skip(a.b) | conv(8, 3) } }")
    assert {node.key: node.taken_as for node in graph.nodes if node.taken_as} == {"a.b": "b"}


def test_equal_blocks_fold_whatever_their_steps_are_called() -> None:
    text = 'block b(name) { "{name}": conv(8, 3) -> add { | skip("{name}") | relu } }'
    graph = graph_of(f'{text}\nnetwork n {{ input image[8, 8, 8]\n b("one") -> b("two") }}')
    assert [box.count for box in fold(graph).boxes() if box.scope is not None] == [2]


def test_a_name_that_says_more_than_its_operation_is_told_and_shortened_where_it_is_long() -> None:
    graph = graph_of(
        "network n { input image[3, 8, 8]\n the_first_convolution_of_the_whole_network: conv(8, 3)\n conv_stem: conv(8, 3)\n"
        " the_sum_of_all_that_came_before: add { | conv(8, 3) | skip } }"
    )
    names = called(graph, fold(graph))
    assert names == {"the_first_convolution_of_the_wh\u2026": "conv", "the_sum_of_all_\u2026": "add"}
    drawn = draw_text(graph, "svg", Options()).data
    assert drawn is not None and b"the_first_convolution_of_the_whole_network" in drawn and b"the_sum_of_all_that_came_before" in drawn
