"""Large networks: long, wide and deep ones are written, and read by Python."""

from __future__ import annotations

import ast

from archc.compiler.codegen.pytorch import to_python
from tests.support import checked


def source_of(text: str) -> str:
    found = checked(text, "large.arch")
    assert found.program is not None
    written = to_python(found.graph)
    ast.parse(written)
    return written


def test_long() -> None:
    """9,000 operations in blocks: a class and a line."""
    text = source_of(
        """block unit(out) { add { | conv(out, 3) -> bn -> relu -> conv(out, 3) -> bn | skip } -> relu }
        network long { input x[4, 8, 8]
          stage body { repeat 1500 { unit(4) } } }"""
    )
    assert text.count("\n") < 40
    assert "for _ in range(1500)" in text


def test_long_without_blocks() -> None:
    text = source_of("network long { input x[4, 8, 8]\n  repeat 3000 { conv(4, 3) -> relu } }")
    assert text.count("\n") < 6100 * 3


def test_wide() -> None:
    text = source_of("network wide { input x[4, 8, 8]\n  concat { | repeat 400: conv(2, 1) -> relu } -> conv(4, 1) }")
    assert text.count("F.relu") == 1, "the paths are one class"


def test_deep() -> None:
    depth = 60
    text = source_of("network deep { input x[4, 8, 8]\n" + "stage s { conv(4, 1) -> relu\n" * depth + "}" * depth + "}")
    assert text.count("class ") >= depth // 2
