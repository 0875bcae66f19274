"""What no output needs is left out, and what is left has its place, its operands and its weights."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

from hypothesis import given, settings
from hypothesis import strategies as st

from archc.base.source import Source
from archc.compiler.graph.program import Node
from archc.compiler.graph.prune import prune
from tests.analysis.hand import Hand


def placed(nodes: Sequence[Node]) -> list[Node]:
    """The nodes, each with a place of its own in a text that names them."""
    words = [node.key for node in nodes]
    source = Source.of("placed.arch", " ".join(words))
    starts = [sum(len(word) + 1 for word in words[:number]) for number in range(len(words))]
    return [dataclasses.replace(node, span=source.span(at, at + len(node.key))) for node, at in zip(nodes, starts, strict=True)]


def kept(nodes: Sequence[Node]) -> list[str]:
    return [node.unique for node in prune(nodes)[0]]


def told(nodes: Sequence[Node]) -> list[str]:
    """The texts that are warned of."""
    warnings = prune(placed(nodes))[1]
    assert {row.code for row in warnings} <= {"W501"}
    return [row.primary.span.text for row in warnings]


# --------------------------------------------------------------------------------------------------- the law


@st.composite
def graphs(draw: st.DrawFn) -> list[Node]:
    """An input, steps that read one or two of what stands before them, and a few outputs."""
    hand = Hand()
    hand.input(2, 4, 4)
    for _ in range(draw(st.integers(0, 12))):
        operands = draw(st.lists(st.integers(0, len(hand.nodes) - 1), min_size=1, max_size=2))
        hand.step("add" if len(operands) == 2 else "relu", *operands)
    for end in draw(st.lists(st.integers(0, len(hand.nodes) - 1), min_size=1, max_size=3)):
        hand.output(end)
    return hand.nodes


def ancestors(nodes: Sequence[Node], index: int) -> set[int]:
    return {index}.union(*(ancestors(nodes, operand) for operand in nodes[index].inputs))


@settings(max_examples=50)
@given(graphs())
def test_what_ports_need_stays_in_its_order(nodes: list[Node]) -> None:
    needed = set().union(*(ancestors(nodes, node.index) for node in nodes if node.is_port))
    found, _ = prune(nodes)
    assert [node.unique for node in found] == [node.unique for node in nodes if node.index in needed]
    assert [node.index for node in found] == list(range(len(found)))
    before = {node.unique: node for node in nodes}
    for node in found:
        assert [found[index].unique for index in node.inputs] == [nodes[index].unique for index in before[node.unique].inputs]
        assert (node.operation, node.shape, node.input_shapes) == (
            before[node.unique].operation,
            node.shape,
            before[node.unique].input_shapes,
        )


@settings(max_examples=50)
@given(graphs())
def test_a_second_time_leaves_out_nothing(nodes: list[Node]) -> None:
    once, _ = prune(nodes)
    twice, warnings = prune(once)
    assert kept(once) == [node.unique for node in once] == [node.unique for node in twice]
    assert all(row.message.startswith("nothing uses the input") for row in warnings)


@settings(max_examples=50)
@given(graphs())
def test_every_loose_end_is_told_and_nothing_else(nodes: list[Node]) -> None:
    used = {index for node in nodes for index in node.inputs}
    needed = set().union(*(ancestors(nodes, node.index) for node in nodes if node.is_port))
    ends = [node.key for node in nodes if node.index not in needed and node.index not in used]
    read = {index for node in nodes if node.index in needed for index in node.inputs}
    assert told(nodes) == [*(["image"] if 0 not in read else []), *ends]


# ------------------------------------------------------------------------------------------------ what is told


def test_of_a_chain_the_end_alone_is_told() -> None:
    hand = Hand()
    image = hand.input(2, 4, 4)
    dead = hand.step("tanh", hand.step("sigmoid", image))
    hand.output(hand.step("relu", image))
    assert kept(hand.nodes) == ["image", "relu1", "output"]
    assert told(hand.nodes) == ["tanh1"]
    assert hand.nodes[dead].key == "tanh1"


def test_a_statement_that_is_run_again_is_told_once() -> None:
    hand = Hand()
    image = hand.input(2, 4, 4)
    for _ in range(3):
        hand.step("tanh", image)
    hand.output(image)
    assert len(prune(placed(hand.nodes))[1]) == 3
    assert len(prune(hand.nodes)[1]) == 1  # by hand all stand at one place


def test_what_a_network_as_a_step_has_too_much_goes_in_silence() -> None:
    hand = Hand()
    image = hand.input(2, 4, 4)
    with hand.part("backbone", kind="network"):
        features = hand.step("relu", image)
        hand.step("tanh", features)
    hand.output(features)
    assert kept(hand.nodes) == ["image", "backbone.relu1", "output"]
    assert told(hand.nodes) == []


def test_an_input_that_nothing_reads_stays_and_is_told() -> None:
    hand = Hand()
    image = hand.input(2, 4, 4)
    mask = hand.input(2, 4, 4, name="mask")
    hand.step("relu", mask)
    hand.output(image)
    assert kept(hand.nodes) == ["image", "mask", "output"]
    assert told(hand.nodes) == ["mask", "relu1"]


# -------------------------------------------------------------------------------------------- weights, training


def test_the_next_use_of_weights_stands_for_a_first_that_goes() -> None:
    """Under the name of the first, so that the keys are those of the text; further uses share with it."""
    hand = Hand()
    image = hand.input(2, 4, 4)
    with hand.part("head"):
        first = hand.step("conv", image, channels=2, kernel=1)
    second = hand.again(first, image)
    third = hand.again(first, hand.step("relu", image))
    hand.output(hand.step("add", second, third))
    found, warnings = prune(placed(hand.nodes))
    assert [node.unique for node in found] == ["image", "head.conv1", "relu1", "head.conv1@3", "add1", "output"]
    assert [node.shares for node in found] == [None, None, None, 1, None, None]
    assert [row.name for row in found[1].weights] == ["weight", "bias"] and found[3].weights == ()
    assert warnings == ()  # the weights are used


def test_weights_whose_uses_all_go_are_told_once_each() -> None:
    hand = Hand()
    image = hand.input(2, 4, 4)
    first = hand.step("conv", image, channels=2, kernel=1)
    hand.again(first, image)
    hand.output(image)
    assert kept(hand.nodes) == ["image", "output"]
    assert told(hand.nodes) == ["conv1", "conv1"]


def test_what_serves_side_heads_alone_is_for_training_wherever_it_stands() -> None:
    hand = Hand()
    image = hand.input(2, 4, 4)
    trunk = hand.step("relu", image)
    towards = hand.step("tanh", trunk)  # in the trunk, for the head alone
    head = hand.step("sigmoid", towards)
    hand.output(trunk)
    hand.output(head)
    aux = {head, len(hand.nodes) - 1}
    nodes = [dataclasses.replace(node, training_only=node.index in aux) for node in hand.nodes]
    assert [node.key for node in prune(nodes)[0] if node.training_only] == ["tanh1", "sigmoid1", "output2"]
