"""Large networks: long, wide and deep ones are written, and read by Python."""

from __future__ import annotations

import ast

import torch

from archc.compiler.codegen.pytorch import to_python
from archc.compiler.runtime.live_module import build
from tests.support import checked


def source_of(text: str) -> str:
    found = checked(text, "large.arch")
    assert found.program is not None
    written = to_python(found.graph)
    ast.parse(written)
    return written


def test_long() -> None:
    """3,000 operations in blocks: a class and a line."""
    text = source_of(
        """block unit(out) { add { | conv(out, 3) -> bn -> relu -> conv(out, 3) -> bn | skip } -> relu }
        network long { input x[4, 8, 8]
          stage body { repeat 500 { unit(4) } } }"""
    )
    assert text.count("\n") < 40
    assert "for _ in range(500)" in text


def test_long_without_blocks() -> None:
    text = source_of("network long { input x[4, 8, 8]\n  repeat 1000 { conv(4, 3) -> relu } }")
    assert text.count("\n") < 2100 * 3


def test_wide() -> None:
    text = source_of("network wide { input x[4, 8, 8]\n  concat { | repeat 400: conv(2, 1) -> relu } -> conv(4, 1) }")
    assert text.count("F.relu") == 1, "the paths are one class"


def test_a_sum_has_as_many_terms_as_torchscript_reads() -> None:
    text = "network wide { input x[2, 4, 4]\n  add { | repeat COUNT: conv(2, 1) } }"
    graph = checked(text.replace("COUNT", "200"), "large.arch").graph
    assert torch.jit.script(build(graph).eval())(torch.zeros(1, 2, 4, 4)).shape == (1, 2, 4, 4)
    (refused,) = checked(text.replace("COUNT", "201"), "large.arch").diagnostics
    assert refused.message == "`add` takes 200 tensors, and 201 paths end here"
    assert refused.help == "join them in groups: `add { | add { … } | add { … } }`"
    assert checked(
        "network wide { input x[2, 4, 4]\n  add { | add { | repeat 200: conv(2, 1) } | add { | repeat 200: conv(2, 1) } } }"
    ).program


def test_deep() -> None:
    depth = 60
    text = source_of("network deep { input x[4, 8, 8]\n" + "stage s { conv(4, 1) -> relu\n" * depth + "}" * depth + "}")
    assert text.count("class ") >= depth // 2
