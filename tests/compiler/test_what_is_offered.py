"""Remedies of newcomers' mistakes: what is offered, typed in, means what was meant; what would not is not offered."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from tests.support import program_of


def said(text: str) -> tuple[Diagnostic, ...]:
    return check_source(Source.of("n.arch", text)).diagnostics


def net(body: str) -> str:
    return f"network net {{\n  input image[3, 32, 32]\n  {body}\n}}\n"


@pytest.mark.parametrize(
    ("word", "heads"), [("cross_attention(8)", 8), ("CrossAttention(8, num_heads = 4)", 4), ("MultiheadCrossAttention(8, 2)", 2)]
)
def test_attention_to_another_sequence_is_none_to_itself(word: str, heads: int) -> None:
    text = net("m: conv(8)\n  memory: tokens\n  skip(image) -> conv(8) -> tokens -> ")
    (row,) = said(text.replace("tokens -> ", f"tokens -> {word}"))
    written = f"attention({heads}) {{ | skip | skip(memory) }}"
    assert row.code == "E201" and row.fix is None and row.help is not None and f"`{written}`" in row.help
    nodes = program_of(text.replace("tokens -> ", f"tokens -> {written}")).nodes
    assert len({*nodes[-2].inputs}) == 2


def test_attention_at_the_head_of_its_merge() -> None:
    (row,) = said(net("conv(8)\n  seen: tokens\n  skip(image) -> conv(8) -> tokens -> cross_attention(8) { | skip | skip(seen) }"))
    assert row.fix is not None and not said(applied([row])["n.arch"][0])


@pytest.mark.parametrize("step", ["split(3)", "chunk(0, 3)"])
def test_no_size_is_offered_where_the_axis_at_fault_has_no_part_in_it(step: str) -> None:
    (row,) = said(net(f"tokens -> linear(64) -> {step} -> mean"))
    assert row.code == "E310" and not any("it would do" in note for note in row.notes)


@pytest.mark.parametrize("step", ["expand([3, 5])", 'einsum("a b, b c -> a c") { | skip | skip }'])
def test_one_axis_is_no_axes(step: str) -> None:
    (row,) = said(net(f"flatten -> {step}"))
    assert "1 axis" in row.message and "1 axes" not in row.message
