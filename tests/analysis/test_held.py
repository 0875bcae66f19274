"""Which step's numbers hold an axis of an input to its size: it is named, and what is offered in its place lets the axis go."""

from __future__ import annotations

import re

import pytest

from archc.base.source import Source
from archc.compiler.analysis.sizes import Axis, sizes, sizes_json, sizes_table
from archc.compiler.driver import check_source
from archc.compiler.emit.free_axes import free_axes
from archc.compiler.graph.graph import Graph
from archc.reporting.error import ArchError


def graph_of(body: str, shape: str = "3, 32, 32") -> Graph:
    return check_source(Source.of("n.arch", f"network n {{\n  input x[{shape}]\n  {body}\n}}\n")).graph


def axis(graph: Graph, word: str) -> Axis:
    return next(row for row in sizes(graph) if row.axis == word)


SEQUENCE = "length = 24, channels = 32"


@pytest.mark.parametrize(
    ("body", "shape", "held", "instead"),
    [
        ("conv(8) -> reshape([8, 1024]) -> permute([1, 0]) -> linear(10)", "3, 32, 32", "reshape([8, 1024])", "reshape([8, -1])"),
        ("linear(64) -> reshape([24, 4, 16]) -> permute([1, 0, 2])", SEQUENCE, "reshape([24, 4, 16])", "reshape([-1, 4, 16])"),
        (
            "linear(64) -> reshape([length = 24, channels = 64]) -> linear(3)",
            SEQUENCE,
            "reshape([length = 24, channels = 64])",
            "reshape([length = -1, channels = 64])",
        ),
        (
            "global_avgpool -> conv(8) -> expand([8, 32, 32])\n  concat { | skip | skip(x) }",
            "3, 32, 32",
            "expand([8, 32, 32])",
            "upsample(like = x)",
        ),
        (
            'maxpool(2) -> upsample(size = 32, mode = "bilinear")\n  add { | skip | skip(x) }',
            "3, 32, 32",
            'upsample(size = 32, mode = "bilinear")',
            'upsample(like = x, mode = "bilinear")',
        ),
        ("tokens -> linear(8) -> image(32)", "3, 32, 32", "image(32)", "image(like = x)"),
        (
            "conv(8) -> add { | skip | parameter([8, 32, 32]) }",
            "3, 32, 32",
            "parameter([8, 32, 32])",
            "parameter([8, 32, 32]) -> upsample(like = x)",
        ),
        (
            'rearrange("c (h p) (w q) -> (h w) (p q) c", h = 8, w = 8, p = 7, q = 7) -> attention(1, window = 7x7)',
            "3, 56, 56",
            'rearrange("c (h p) (w q) -> (h w) (p q) c", h = 8, w = 8, p = 7, q = 7)',
            'rearrange("c (h p) (w q) -> (h w) (p q) c", w = 8, p = 7, q = 7)',
        ),
    ],
)
def test_what_holds_an_axis_is_named_and_what_is_offered_lets_it_go(body: str, shape: str, held: str, instead: str) -> None:
    word = "length" if "length" in shape else "height"
    graph = graph_of(body, shape)
    found = axis(graph, word).hold
    assert found is not None and graph.nodes[found.index].span.text == held
    assert re.findall(r"`([^`]+)`", found.remedy)[0] == instead
    mended = graph_of(body.replace(held, instead), shape)
    assert axis(mended, word).is_free and axis(mended, word).hold is None
    assert [node.shape for node in mended.nodes][-1] == graph.nodes[-1].shape
    with pytest.raises(ArchError) as raised:
        free_axes(graph, (word,))
    (row,) = raised.value.diagnostics
    assert row.code == "F626" and row.primary.span.text == held and f"`{instead}`" in (row.help or "")
    assert free_axes(mended, (word,)).axes


@pytest.mark.parametrize(
    ("body", "shape", "held"),
    [
        ("add { | skip | pos: parameter([24, 32]) }", SEQUENCE, "pos"),
        ('tokens -> add { | skip | constant("sincos", [32, 32], features = 4) -> linear(3) }', "3, 32, 32", "constant1"),
        (
            "tokens\n  concat(axis = length) { | parameter([1, 3]) | skip }\n  add { | skip | parameter([1025, 3]) }",
            "3, 32, 32",
            "parameter2",
        ),
    ],
)
def test_a_table_has_as_many_places_as_it_is_written_with(body: str, shape: str, held: str) -> None:
    graph = graph_of(body, shape)
    row = axis(graph, "length" if "length" in shape else "height")
    assert row.hold is not None and row.hold.step == held and "as many places" in row.hold.remedy
    table = sizes_table("n", sizes(graph)).rendered("text")
    assert re.search(rf"  {held}\n", table) and "as many places" in table
    assert any(entry["held_by"] == held for entry in sizes_json("n", sizes(graph))["axes"])  # type: ignore[attr-defined]


@pytest.mark.parametrize(("body", "shape"), [("maxpool(2) -> flatten -> linear(10)", "3, 32, 32"), ("position_embedding", SEQUENCE)])
def test_weights_that_follow_a_size_are_told_at_their_step(body: str, shape: str) -> None:
    graph = graph_of(body, shape)
    word = "length" if "length" in shape else "height"
    assert axis(graph, word).hold is None
    with pytest.raises(ArchError) as raised:
        free_axes(graph, (word,))
    (row,) = raised.value.diagnostics
    assert [label.span.text for label in row.secondary] == [body.split(" -> ")[-1]]
    assert ("rotary" in (row.help or "")) == (body == "position_embedding")


@pytest.mark.parametrize(
    "body", ["conv(8) -> maxpool(2) -> upsample(2)", "conv(8) -> global_avgpool -> flatten -> linear(10)", "tokens -> attention(1)"]
)
def test_nothing_holds_an_axis_that_is_free(body: str) -> None:
    assert all(row.hold is None and row.is_free for row in sizes(graph_of(body)))
