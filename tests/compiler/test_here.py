"""`here` is the shape of what the step before gave; `in` is that of what enters the innermost body."""

from __future__ import annotations

import pytest

from tests.support import checked, errors_of, program_of


def shapes(body: str, given: str = "x[3, 8, 8]") -> list[tuple[int, ...]]:
    found = checked(f"network n {{ input {given}\n {body} }}", "n.arch")
    assert found.program is not None and not found.diagnostics
    return [node.shape for node in found.program.nodes if node.operation.name not in ("input", "output")]


@pytest.mark.parametrize(
    ("body", "last"),
    [
        ("conv(16) -> relu -> conv(2 * here.channels)", (32, 8, 8)),
        ("conv(16) -> relu -> conv(2 * in.channels)", (6, 8, 8)),
        ("conv(16) -> { conv(5) -> conv(here.channels + in.channels) }", (21, 8, 8)),
        ("conv(16) -> add { | skip | conv(5) -> relu -> conv(here.channels + 11) }", (16, 8, 8)),
        ("repeat 3 { conv(2 * here.channels) }", (24, 8, 8)),
        ("conv(4) let w = here.channels conv(9) -> conv(w)", (4, 8, 8)),
        ("conv(4) if here.channels == 4 { maxpool(here.height / 2) }", (4, 2, 2)),
        ("conv(4) -> tokens -> linear(here.length + here.features)", (64, 68)),
        ("split(3) -> { let k = here[1].channels concat -> conv(k + here.channels) }", (4, 8, 8)),
        ("conv(6) -> reshape([here.channels, here.height * here.width])", (6, 64)),
    ],
)
def test_it_follows_the_steps(body: str, last: tuple[int, ...]) -> None:
    assert shapes(body)[-1] == last


def test_in_a_block_it_is_what_its_own_steps_gave() -> None:
    program = program_of("block twice { conv(5) -> conv(2 * here.channels) }\nnetwork n { input x[3, 8, 8]\n conv(7) -> twice -> twice }")
    assert [node.shape[0] for node in program.nodes if node.operation.name == "conv"] == [7, 5, 10, 5, 10]


def test_a_name_of_the_text_comes_first() -> None:
    assert shapes("let here = 5 conv(here)")[-1] == (5, 8, 8)
    assert shapes("here: conv(5) -> relu -> conv(9) -> conv(here.channels)")[-1] == (5, 8, 8)
    (error,) = errors_of("block f(here) { conv(here) }\nnetwork n { input x[3, 8, 8]\n f }")
    assert error.code == "E205"


def test_where_there_is_nothing_it_says_so() -> None:
    (error,) = errors_of("network n { input x[here.channels, 8, 8]\n relu }")
    assert error.code == "E228" and "`here`" in error.message
    (error,) = errors_of("network n { input x[3, 8, 8]\n conv(here.chanels) }")
    assert error.code == "E227" or "channels" in (error.help or "")
    # Behind a mistake nothing more is said.
    assert [row.code for row in errors_of("network n { input x[3, 8, 8]\n conv() -> conv(here.channels) }")] == ["E205"]


def test_a_part_that_nothing_runs_may_read_it() -> None:
    assert errors_of("block f { conv(here.channels) }\nnetwork n { input x[3, 8, 8]\n relu }") == []
