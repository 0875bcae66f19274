"""Names and values in DOT: what Graphviz reads is what was meant."""

from __future__ import annotations

import pytest

from archc.compiler.draw.drawing import Drawing, Said, quoted


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("", '""'),
        ("n12", "n12"),
        ("0.22", "0.22"),
        ("-.5", "-.5"),
        ("1e3", '"1e3"'),
        ("Node", '"Node"'),
        ("a b", '"a b"'),
        ("n12\n", '"n12\n"'),
        ("ä", '"ä"'),
        ('say "it"', '"say \\"it\\""'),
        ("<B>bold</B>", "<B>bold</B>"),
        (Said.of("<hi>"), '"<hi>"'),
        (Said.of('a\\"b'), '"a\\\\\\"b"'),
    ],
)
def test_quoting(text: str, written: str) -> None:
    assert quoted(text) == written


def test_a_drawing_is_written_in_the_order_in_which_it_was_made() -> None:
    drawing = Drawing("network")
    drawing.attr("graph", rankdir="TB", label="x")
    with drawing.subgraph("cluster_1") as frame, frame.subgraph(rank="same") as level:
        level.node("a", shape="box", label="A")
    drawing.edge("a", "b")
    assert drawing.source.splitlines() == [
        "digraph network {",
        "\tgraph [label=x rankdir=TB]",
        "\tsubgraph cluster_1 {",
        "\t\t{",
        "\t\t\trank=same",
        "\t\t\ta [label=A shape=box]",
        "\t\t}",
        "\t}",
        "\ta -> b",
        "}",
    ]
