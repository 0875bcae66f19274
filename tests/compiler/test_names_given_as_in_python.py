"""`x = conv(8) -> relu` names what the whole chain gives, `y = tower(b)` runs a step again: what is offered means the same."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, mended, program_of

HEAD = "network n {\n  input a[8, 16, 16]\n  input b[8, 16, 16]\n  "

MENDED = {
    "a chain": ("e = conv(8) -> relu\n  add { | skip(e) | skip }", "conv(8) -> e: relu\n  add { | skip(e) | skip }"),
    "a merge and more": (
        "e = add {\n    | conv(8)\n    | skip\n  } -> relu\n  add { | skip(e) | skip }",
        "add {\n    | conv(8)\n    | skip\n  } -> e: relu\n  add { | skip(e) | skip }",
    ),
    "one step": ("e = conv(8)\n  add { | skip(e) | skip }", "e: conv(8)\n  add { | skip(e) | skip }"),
    "a chain whose end has a name": (
        "e = conv(8) -> z: relu\n  add { | skip(e) | skip(z) }",
        "e: conv(8) -> z: relu\n  add { | skip(e) | skip(z) }",
    ),
    "a step on a tensor": ("e = conv(8)(b)\n  add { | skip(e) | skip }", "skip(b) -> e: conv(8)\n  add { | skip(e) | skip }"),
    "a function of a tensor": ("e = relu(b)\n  add { | skip(e) | skip }", "skip(b) -> e: relu\n  add { | skip(e) | skip }"),
    "a function of PyTorch": ("e = F.relu(b)\n  add { | skip(e) | skip }", "skip(b) -> e: relu\n  add { | skip(e) | skip }"),
    "a merge of tensors": ("e = add()(a, b)\n  add { | skip(e) | skip }", "e: add { | skip(a) | skip(b) }\n  add { | skip(e) | skip }"),
    "a step used again": (
        "tower: { conv(8) -> relu(True) }\n  e = tower(b)\n  add { | skip(tower) | skip(e) }",
        "tower: { conv(8) -> relu }\n  skip(b) -> e: reuse(tower)\n  add { | skip(tower) | skip(e) }",
    ),
    "a step used again, without a name": (
        "tower: { conv(8) -> relu }\n  add { | skip(tower) | tower(b) }",
        "tower: { conv(8) -> relu }\n  add { | skip(tower) | skip(b) -> reuse(tower) }",
    ),
    "rounds with their number": ("for i, n in enumerate([8, 8]) { conv(n + i) }", "for i, n in [8, 8] { conv(n + i) }"),
}


@pytest.mark.parametrize("title", MENDED)
def test_it_becomes_what_was_meant(title: str) -> None:
    before, after = MENDED[title]
    assert_mended(f"{HEAD}{before}\n}}\n", f"{HEAD}{after}\n}}\n")


def test_a_name_that_is_given_twice_is_told_and_not_taken_for_the_first() -> None:
    before = f"{HEAD}x = conv(8)\n  gelu\n  x = relu(x)\n}}\n"
    text, codes = mended(before)
    assert "E116" in codes and text == before


def test_the_name_is_that_of_the_last_step() -> None:
    program = program_of(f"{HEAD}conv(8) -> e: relu\n  add {{ | skip(e) | skip(b) }}\n}}\n")
    [add] = [node for node in program.nodes if node.operation.name == "add"]
    assert program.nodes[add.inputs[0]].operation.name == "relu"
