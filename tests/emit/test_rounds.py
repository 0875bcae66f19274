"""The rounds of loops in the generated source: a list, a comprehension and one loop, as a person writes them."""

from __future__ import annotations

from functools import partial

import pytest

from archc.compiler.codegen.pytorch import to_python
from tests import support

from .checks import check_all, check_answers, check_loaded

graph_of = partial(support.graph_of, name="rounds.arch")  # of several networks the one named like the file is taken

BLOCKS = """block res(out) { add { | conv(out) -> bn -> relu | skip } }
block two(out) takes a, b { add { | conv(out) | skip(b) -> conv(out) } }
network inner { input x[4, 8, 8]
 repeat 2 { res(4) } }
"""


def check(body: str) -> str:
    """The class of the network, after it was run and scripted."""
    graph = graph_of(f"{BLOCKS}network rounds {{\n input image[4, 8, 8]\n {body}\n}}")
    check_all(graph)
    check_loaded(graph)
    text = to_python(graph)
    return text[text.index("class Rounds") :]


def forward(text: str) -> list[str]:
    lines = text[text.index("def forward") :].splitlines()[1:]
    return [line.strip().partition("  #")[0] for line in lines]


def test_a_loop_in_a_network_is_a_list_and_a_loop() -> None:
    text = check("conv(4) repeat 4 { conv(4) -> bn -> relu } maxpool(2) repeat 3 { res(4) } conv(2)")
    assert "class Rounds(nn.Module)" in text
    assert "self.blocks = nn.ModuleList(Block() for _ in range(4))" in text
    assert "self.blocks2 = nn.ModuleList(Res() for _ in range(3))" in text
    assert forward(text) == [
        "x = self.conv1(image)",
        "for block in self.blocks:",
        "x = block(x)",
        "x = F.max_pool2d(x, 2, stride=2)",
        "for block in self.blocks2:",
        "x = block(x)",
        "return self.conv2(x)",
    ]


def test_a_loop_may_read_what_stands_outside() -> None:
    text = check("a: conv(4) -> conv(4) repeat 3 { two(4) { | skip | skip(a) } }")
    assert forward(text)[2:4] == ["for block in self.blocks:", "x = block(x, a)"]


def test_what_enters_a_loop_and_is_read_after_it_stays() -> None:
    text = check("a: conv(4) repeat 3 { res(4) } sub { | skip | skip(a) }")
    assert forward(text)[1:4] == ["x = a", "for block in self.blocks:", "x = block(x)"]
    text = check("repeat 3 { res(4) } sub { | skip | skip(image) }")
    assert forward(text)[0] == "x = image"


@pytest.mark.parametrize(
    "body",
    [
        "repeat 2 { layer_scale }",
        "repeat 3 { relu }",
        "repeat 2 { conv(4) } repeat 1 { bn }",
        "repeat 2 { conv(4) -> layer_scale } conv(4)",
        "add { | repeat 3: conv(4) -> relu | skip }",
        "a: conv(4) repeat 2 { two(4) { | skip | skip(a) } }",
        "for k in [1, 2] { repeat k { conv(4) -> relu } maxpool(2) }",
        "block: conv(4) -> module: conv(4)\n repeat 2 { res(4) }\n add { | skip | skip(block) | skip(module) }",
        "h: add { | repeat 2: conv(4) | skip }\n reuse(h)",
        "inner -> i: inner repeat 2 { inner } reuse(i)",
        "blocks: conv(4) repeat 2 { res(4) } sub { | skip | skip(blocks) }",
        "repeat 3 as i { a: conv(4) -> b: conv(4)\n add { | skip | skip(a) } }",
        "stage s { repeat 3 { two(4) { | skip | skip(image) } } }",
        "stage s { conv(4) repeat 2 { two(4) { | skip | skip(image) } } }",
        "stage s { repeat 3 { res(4) } t: relu\n sub { | skip | skip(image) } }",
        'for i in range(3) { "convs.{i}": conv(4) } for i in range(3) { "deep.more.{i}": res(4) }',
        "p: { repeat 2 { res(4) } relu }\n l: conv(4)\n sub { | skip | skip(l) }",
    ],
)
def test_loops_of_every_kind_run_and_script(body: str) -> None:
    assert check(body)


def test_rounds_of_a_stage_that_are_no_chain_are_a_list() -> None:
    text = to_python(
        graph_of(
            f"{BLOCKS}network rounds {{ input image[4, 8, 8]\n a: conv(4)\n stage s {{ repeat 3 {{ two(4) {{ | skip | skip(image) }} }} }} }}"
        )
    )
    assert "class S(nn.ModuleList)" in text
    assert "super().__init__(Two() for _ in range(3))" in text
    assert forward(text[text.index("class S(") : text.index("class Rounds")])[:2] == ["for block in self:", "x = block(x, image)"]


def test_round() -> None:
    """A stage whose rounds are one block with several inputs, one block, and a merge."""
    graph = graph_of(
        """block two(out) takes a, b { add { | conv(out) | skip(b) -> conv(out) } }
block one(out) { conv(out) }
network round {
  input image[3, 8, 8]
  a: conv(3)
  stage s { repeat 2 { two(3) { | skip | skip(a) } } }
  stage t { repeat 2 { one(3) } }
  stage u { repeat 2 { add { | one(3) | skip } } }
}"""
    )
    assert [node.key for node in graph.nodes if node.operation.name == "conv"] == [
        "a", "s.0.conv1", "s.0.conv2", "s.1.conv1", "s.1.conv2", "t.0.conv1", "t.1.conv1", "u.0.one1.conv1", "u.1.one1.conv1",
    ]  # fmt: skip
    check_answers(graph)
