"""Operations along axes look for them by name, one word or a list; what they leave keeps its names."""

from __future__ import annotations

import pytest

from tests.support import checked, program_of

SEQUENCE = "network n {{\n  input x[6, 4, 4]\n  tokens -> {}\n}}\n"


@pytest.mark.parametrize(
    ("step", "axes"),
    [
        ('reduce("mean", length)', ("channels",)),
        ('reduce("max", channels)', ("length",)),
        ('reduce("sum", [channels], keep = true)', ("length", "channels")),
        ('reduce("sum", [length, channels], keep = true)', ("length", "channels")),
        ("stack { | skip | relu }", ("", "length", "channels")),
        ("stack(-1) { | skip | relu }", ("length", "channels", "")),
        ("flip([channels])", ("length", "channels")),
        ("roll(1, length)", ("length", "channels")),
        ("normalize", ("length", "channels")),
        ("rms_norm", ("length", "channels")),
        ("bn(last = true)", ("length", "channels")),
        ("permute([1, 0]) -> unflat: reshape([channels = 6, height = 4, width = 4]) -> unfold(2)", ("channels", "length")),
    ],
)
def test_names_travel(step: str, axes: tuple[str, ...]) -> None:
    assert program_of(SEQUENCE.format(step)).nodes[-2].axes == axes


def test_a_word_in_a_list_is_the_axis_of_that_name() -> None:
    nodes = program_of(SEQUENCE.format('a: reduce("mean", [length]) -> reshape([-1])')).nodes
    assert next(node for node in nodes if node.operation.name == "reduce").shape == (6,)
    assert program_of(SEQUENCE.format("roll([2, 1], [channels, length])")).nodes[-2].operation.arguments()[1] == ("axis", (1, 0))


@pytest.mark.parametrize("step", ["normalize", "rms_norm", "log_softmax"])
def test_what_came_with_the_names_never_meant_another_axis(step: str) -> None:
    assert [row.code for row in checked(SEQUENCE.format(step), "n.arch").diagnostics] == []


def test_a_softmax_of_tokens_did_mean_another_axis() -> None:
    (row,) = checked(SEQUENCE.format("softmax"), "n.arch").diagnostics
    assert row.code == "W514"
    # Told by what stands in the file: a newcomer knows no language in which axes had no names.
    assert row.message.endswith(": axis 0 may be meant") and "before" not in row.message
