"""Mistakes in what no network runs are found, and nothing that is right is taken for one."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.base.source import Source
from archc.compiler.elaborate.unreached import NOTE, unknown_names
from archc.dsl.parser.parse import parse
from archc.reporting.terminal import to_text
from tests.support import checked

ARCHITECTURES = Path(__file__).resolve().parents[2] / "architectures"
NETWORK = "network n {\n  input x[3, 8, 8]\n  conv(4)\n}\n"


def found(text: str) -> list[tuple[str, str]]:
    rows = checked(text + NETWORK, "n.arch").diagnostics
    assert all(NOTE in row.notes for row in rows if row.is_error), to_text(rows)
    return [(row.code, row.primary.span.text) for row in rows if row.is_error]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("block b(out) { conv(outt) -> bnn }", [("E201", "outt"), ("E201", "bnn")]),
        ("block b(n = m) { conv(n) }", [("E201", "m")]),
        ("block b { conv(4, strid = 2) -> relu(3) }", [("E204", "strid"), ("E207", "3")]),
        ("block a(n) { conv(n) }\nblock b { a(3, 4) -> a(m = 3) }", [("E207", "4"), ("E204", "m")]),
        ("block b { add { | if oops: skip | repeat 0 as i: conv(j) } }", [("E201", "oops"), ("E201", "j")]),
        ("block b { if false { relu } else { stage s { conv(y) } } }", [("E201", "y")]),
        ('block b { stage "s{k}" { relu } require z > 1, "{w}" }', [("E201", "k"), ("E201", "z"), ("E201", "w")]),
        ("block b { default conv(bia = false)\n let v = u\n relu }", [("E204", "bia"), ("E201", "u")]),
        ("network v = n(c = 3)", [("E204", "c")]),
        ("block b { concat { | conv(3) | conv(4) -> leaky_rellu(0.1) } }", [("E201", "leaky_rellu")]),
    ],
)
def test_what_is_wrong_is_said(text: str, said: list[tuple[str, str]]) -> None:
    assert found(text + "\n") == said


@pytest.mark.parametrize(
    "text",
    [
        "block b(n, act = relu) takes p, q { act -> act(n) -> n(3) -> e: conv(n) -> conv(e.channels + p.channels) -> add { | skip(q) | skip } }",
        'block b { for i, k in [1, 3] { conv(i + k, pad = same) } repeat 3 as j { conv(max(1, j), init = "kaiming") } }',
        'block b { for i in range(3) { "e{i}": conv(3) } conv(e1.channels) -> upsample(like = e2) -> reuse(e0) }',
        "block b { conv(v) -> concat(axis = height) { | skip | skip } let v = 3 }",
        "let wide = conv(64)\nblock b(unit = wide, more = leaky_relu(0.1)) { wide -> wide(kernel = 3) -> unit -> more }",
        "block b { conv(in.channels) -> conv(in.shape[0]) if in.rank == 3 { flatten } }",
    ],
)
def test_what_is_right_is_left_alone(text: str) -> None:
    assert found(text + "\n") == []


@pytest.mark.parametrize("path", sorted(ARCHITECTURES.glob("*.arch")), ids=lambda path: path.stem)
def test_the_library_has_no_unknown_names(path: Path) -> None:
    file, _ = parse(Source.of(path.name, path.read_text(encoding="utf-8")))
    assert unknown_names(file) == ()
