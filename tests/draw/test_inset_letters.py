"""The letters that tell insets of one block apart."""

from __future__ import annotations

from archc.compiler.draw import fold
from archc.compiler.draw.insets import insets
from tests.support import graph_of


def test_the_letter_of_an_inset_is_no_label_of_the_network() -> None:
    """`a basic` beside a block that is called `a` would be taken for it."""
    graph = graph_of(
        "block unit(out, stride = 1) { add { | conv(out, 3, stride = stride) | if stride > 1 { conv(out, 1, stride = stride) } } -> relu }\n"
        "network n { input x[16, 32, 32]  a: unit(16) -> b: unit(32, 2) -> d: unit(32) }"
    )
    found, _ = insets(graph, fold(graph))
    assert [inset.letter for inset in found] == ["c", "e"]
