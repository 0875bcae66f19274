"""The one walker over the syntax tree: it misses nothing, goes in the order of the text, and knows names that are given from names that are read."""

from __future__ import annotations

import inspect

import pytest

from archc.base.source import Source
from archc.compiler.files.locate import find, read, shipped
from archc.dsl import ast
from archc.dsl.parser.parse import parse

from .reading import nodes

ALL = """\
arch 1
## A file with every kind of node.

import models.resnet as r
from models.vgg import one, two
let wide = 2 * (3 - -1) if true else [1, 2][0]
default conv(bias = false), bn

block b(channels, size = 1x7) takes x, y { conv(channels, size) -> relu }
network n(width = 8, act = leaky_relu(0.1)) {
  input image[3, 32, 32]
  "e{width}": conv(width) -> b2: { bn }
  stage "s{1}" flat { repeat 2 as i { conv(i) } }
  for k, v in [1, 2] { if not v > k { conv(v) } else { bn } }
  add { | if width > 4: conv(image.channels) | repeat 2 as j: conv(j) | skip }
  aux side { flatten -> linear(2) }
  require width > 2, "width {width}"
  expect [8, 32, 32]
  budget macs <= 1G, time <= 5ms
  output best = b2
}
network m(act = none) = n(4)
operation focus(channels) takes p, q from "x.py:Focus" { shape [channels, p.height / 2] if p.rank > 2 { weight a.b[2], "0.{c}"[3] } }
let = 3
"""


def tree(text: str) -> ast.File:
    return parse(Source.of("a.arch", text))[0]


def read_names(root: ast.Node) -> list[str]:
    found = ast.walk(root, parts=ast.reading)
    return [node.name if isinstance(node, ast.Name) else node.path[0] for node in found if isinstance(node, ast.Name | ast.Call)]


def test_every_kind_of_node_is_walked_over() -> None:
    kinds = {kind for _, kind in inspect.getmembers(ast, inspect.isclass) if issubclass(kind, ast.Node) and kind is not ast.Node}
    assert {type(node) for node in ast.walk(tree(ALL))} == kinds


@pytest.mark.parametrize(
    "text", [ALL, *(pytest.param(source.text, id=name) for name in shipped() if isinstance(source := read(find(name)), Source))]
)
def test_a_walk_meets_each_node_once_and_none_is_missed(text: str) -> None:
    file = tree(text)
    met = list(ast.walk(file))
    assert sorted(map(id, met)) == sorted(id(node) for node in nodes(file))


def test_children_stand_in_the_order_of_the_text_and_within_their_node() -> None:
    for node in ast.walk(tree(ALL)):
        spans = [child.span for child in ast.children(node) if not isinstance(child, ast.File)]  # type: ignore[attr-defined]
        assert [span.start for span in spans] == sorted(span.start for span in spans), node
        if not isinstance(node, ast.File):
            assert all(node.span.start <= span.start and span.end <= node.span.end for span in spans), node  # type: ignore[attr-defined]


def test_a_name_that_is_given_is_not_read() -> None:
    body = "network n(a = b) {\n  input i[c]\n  let d = e\n  repeat f as g { x }\n  for h, j in k { y }\n  budget macs <= l\n  output m = o\n}\n"
    assert read_names(tree(body)) == ["b", "c", "e", "f", "x", "k", "y", "l", "o"]
    assert read_names(tree("import a.b as c\nfrom d import e\nblock f(g) takes h { u }\nnetwork v = w\n")) == ["u", "w"]


def test_a_walk_does_not_recurse() -> None:
    place = Source.of("a.arch", "x").span(0, 1)
    deep: ast.Expression = ast.Name(place, "x")
    for _ in range(5000):
        deep = ast.Unary(place, "-", deep)
    assert sum(1 for _ in ast.walk(deep)) == 5001


def test_labels_are_those_of_steps_stages_and_side_heads() -> None:
    assert [label.span.text for _, label in ast.labels(tree(ALL))] == ['"e{width}"', "b2", '"s{1}"', "side"]
