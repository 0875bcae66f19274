"""Which step decided a size: read backwards through nodes that the tests place."""

from __future__ import annotations

import dataclasses
import re
from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archc.base.source import Source
from archc.compiler.graph.program import Node
from archc.compiler.graph.provenance import (
    chain_of_shapes,
    decided_by,
    has_even_half,
    lost_rows,
    main_path,
    parting,
    passes_axis,
    short,
    total_stride,
    width_parameter,
)
from archc.compiler.ops import TABLE
from tests.analysis.hand import Hand

STEPS = {
    "conv": {"channels": 8, "kernel": 1},
    "strided": {"channels": 4, "kernel": 3, "stride": 2},
    "relu": {},
    "bn": {},
    "maxpool": {"kernel": 2, "stride": 2},
}
"""Of these a convolution decides the channels, and what has a stride the rows."""


def chain(words: list[str]) -> list[Node]:
    hand = Hand()
    at = hand.input(3, 64, 64)
    for word in words:
        at = hand.step("conv" if word == "strided" else word, at, **STEPS[word])
    return hand.nodes


chains = st.lists(st.sampled_from([*STEPS]), max_size=6)


@settings(max_examples=50)
@given(chains)
def test_a_size_is_decided_by_the_last_step_that_says_it(words: list[str]) -> None:
    nodes = chain(words)
    channels = [0, *(number for number, word in enumerate(words, 1) if word in ("conv", "strided"))]
    rows = [0, *(number for number, word in enumerate(words, 1) if word in ("strided", "maxpool"))]
    assert decided_by(nodes, len(words), 0).index == channels[-1]
    assert decided_by(nodes, len(words), 1).index == decided_by(nodes, len(words), 2).index == rows[-1]


@settings(max_examples=50)
@given(chains, st.data())
def test_what_decided_a_size_has_it_and_no_step_behind_it_changed_it(words: list[str], data: st.DataObject) -> None:
    nodes = chain(words)
    axis, stop = data.draw(st.integers(0, 2)), data.draw(st.integers(0, len(words)))
    found = decided_by(nodes, len(words), axis, stop)
    assert found.index >= stop
    assert {node.shape[axis] for node in nodes[found.index :]} == {nodes[-1].shape[axis]}
    assert all(passes_axis(node, axis) for node in nodes[found.index + 1 :])


@settings(max_examples=50)
@given(chains)
def test_the_strides_of_a_path_multiply(words: list[str]) -> None:
    nodes = chain(words)
    factors = [2 for word in words if word in ("strided", "maxpool")]
    told = total_stride(nodes, len(words), None)
    assert told == ("" if not factors else f"stride {prod(factors)}" + (f" = {' * '.join('2' for _ in factors)}" if factors[1:] else ""))
    assert nodes[-1].shape[1] == 64 // prod(factors)


def test_a_step_that_keeps_the_number_by_chance_decides_it() -> None:
    """Eight channels come in and eight are asked for: the number stands in the second convolution."""
    nodes = chain(["conv", "relu", "conv", "relu"])
    assert decided_by(nodes, 4, 0).index == 3


def test_a_merge_and_a_change_of_rank_decide() -> None:
    hand = Hand()
    image = hand.input(3, 8, 8)
    both = hand.step("concat", image, hand.step("conv", image, channels=5, kernel=1))
    flat = hand.step("flatten", both)
    last = hand.step("relu", flat)
    assert decided_by(hand.nodes, both, 0).index == both
    assert decided_by(hand.nodes, last, 0).index == flat


def test_a_dense_layer_decides_the_features_and_no_length() -> None:
    hand = Hand()
    tokens = hand.input(15, 32)
    last = hand.step("relu", hand.step("linear", tokens, features=32))
    assert decided_by(hand.nodes, last, 0).index == tokens
    assert decided_by(hand.nodes, last, 1).index == last - 1


def test_who_says_channels() -> None:
    assert width_parameter(TABLE["conv"](channels=4)) and width_parameter(TABLE["linear"](features=4))
    assert not width_parameter(TABLE["relu"]()) and not width_parameter(TABLE["dwconv"]())


# -------------------------------------------------------------------------------------------------- paths


def test_the_main_path_follows_first_operands_and_leaves_out_where_it_began() -> None:
    hand = Hand()
    image = hand.input(3, 8, 8)
    stem = hand.step("conv", image, channels=3, kernel=3)
    side = hand.step("relu", stem)
    added = hand.step("add", stem, side)
    last = hand.step("relu", added)
    assert [node.index for node in main_path(hand.nodes, last, None)] == [stem, added, last]
    assert [node.index for node in main_path(hand.nodes, last, stem)] == [added, last]
    assert main_path(hand.nodes, stem, stem) == []


def test_what_grows_has_a_stride_below_one() -> None:
    hand = Hand()
    image = hand.input(4, 8, 8)
    up = hand.step("deconv", image, channels=4, kernel=2, stride=2)
    assert total_stride(hand.nodes, up, None) == "stride 1/2"
    pooled = hand.step("maxpool", up, kernel=2, stride=2)
    assert total_stride(hand.nodes, pooled, None) == ""  # as large as before
    assert total_stride(hand.nodes, hand.step("global_avgpool", up), up) == ""  # what is left has no stride to speak of


@settings(max_examples=50)
@given(st.integers(5, 40), st.integers(2, 4), st.integers(1, 4))
def test_rows_that_no_window_reads_are_told(size: int, kernel: int, stride: int) -> None:
    hand = Hand()
    pool = hand.step("maxpool", hand.input(1, size, size), kernel=kernel, stride=stride)
    text = f"maxpool({kernel}, {stride})"
    hand.nodes[pool] = dataclasses.replace(hand.nodes[pool], span=Source.of("p.arch", text).span(0, len(text)))
    read = max(start + kernel for start in range(0, size - kernel + 1, stride))
    told = lost_rows(hand.nodes, pool, None)
    assert told == ([f"`{text}` at p.arch:1:1 reads {read} of {size} rows and drops the rest"] if read < size else [])


@settings(max_examples=50)
@given(st.lists(st.lists(st.integers(0, 99), min_size=1, max_size=2), min_size=1, max_size=9), st.data())
def test_paths_part_at_the_last_step_that_all_come_from(edges: list[list[int]], data: st.DataObject) -> None:
    hand = Hand()
    hand.input(1, 2, 2)
    hand.input(1, 2, 2, name="other")
    for operands in edges:
        operands = [number % len(hand.nodes) for number in operands]
        hand.step("add" if len(operands) == 2 else "relu", *operands)
    nodes = hand.nodes
    ends = data.draw(st.lists(st.integers(0, len(nodes) - 1), min_size=1, max_size=3))

    def leads(start: int, end: int) -> bool:
        return start == end or any(leads(start, operand) for operand in nodes[end].inputs)

    common = [node.index for node in nodes if all(leads(node.index, end) for end in ends)]
    assert parting(nodes, ends) == (max(common) if common else None)


def test_the_sizes_on_the_way_are_told_where_there_are_some() -> None:
    assert chain_of_shapes(chain(["relu", "bn"]), 2) is None
    told = chain_of_shapes(chain(["maxpool", "relu", "maxpool"]), 3)
    assert told == "sizes on the way: [3, 64, 64] -> [3, 32, 32] -> [3, 16, 16]"
    long = chain_of_shapes(chain(["strided", "conv", *["conv", "strided"] * 4]), 10, most=3)
    assert long is not None and re.fullmatch(r"sizes on the way: \[3, 64, 64\] -> … -> (\[\d, \d+, \d+\]( -> )?){3}", long)


# ------------------------------------------------------------------------------------------------ small words


@pytest.mark.parametrize(
    ("kernel", "pad", "even"),
    [(4, "half", True), (3, "half", False), ((3, 4), "half", True), (4, 1, False), (4, "same", False)],
)
def test_half_of_an_even_window_is_none(kernel: object, pad: object, even: bool) -> None:
    assert has_even_half(TABLE["conv"](channels=2, kernel=kernel, pad=pad)) is even
    assert not has_even_half(TABLE["relu"]())


@settings(max_examples=50)
@given(st.text("a \n", max_size=40), st.integers(2, 40))
def test_a_text_is_made_short_enough_for_a_sentence(text: str, most: int) -> None:
    found = short(text, most)
    assert len(found) <= most and "\n" not in found
    assert found == " ".join(text.split()) or found[:-1] == " ".join(text.split())[: most - 1]
