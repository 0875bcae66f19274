"""The sizes of an image that would have done: legal all, and none nearer."""

from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from archc.compiler.elaborate.nearest_sizes import FARTHEST, nearest_sizes
from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Refusal
from tests.analysis.hand import Hand


def told(*chain: tuple[str, dict[str, object]], image: tuple[int, ...], last: tuple[str, dict[str, object]]) -> str | None:
    """What is said where `last` refuses what the steps of `chain` make of the image."""
    hand = Hand()
    at = hand.input(*image)
    for word, arguments in chain:
        at = hand.step(word, at, **arguments)
    return nearest_sizes(hand.nodes, TABLE[last[0]](**last[1]), [at])


def sizes(text: str | None) -> list[int]:
    return [int(size) for size in re.findall(r"(?<!\S)(\d+)x\1(?!\S)", (text or "").partition(" instead of ")[0])]


def legal(size: int, strides: list[int], factor: int) -> bool:
    """Reckoned without records: convolutions of one element, then blocks of `factor`."""
    for stride in strides:
        size = (size - 1) // stride + 1
    return size % factor == 0


@settings(max_examples=50)
@given(st.integers(1, 60), st.lists(st.integers(1, 4), max_size=3), st.integers(2, 5))
def test_the_next_smaller_and_the_next_larger_size_that_is_legal(size: int, strides: list[int], factor: int) -> None:
    chain = [("conv", {"channels": 2, "kernel": 1, "stride": stride}) for stride in strides]
    found = told(*chain, image=(3, size, size), last=("pixel_unshuffle", {"factor": factor}))
    smaller = next((other for other in range(size - 1, 0, -1) if legal(other, strides, factor)), None)
    larger = next(other for other in range(size + 1, size + FARTHEST) if legal(other, strides, factor))
    assert sizes(found) == [other for other in (smaller, larger) if other is not None]
    assert found is not None and found.endswith(f" instead of {size}x{size}")


def test_all_axes_change_together() -> None:
    found = told(("relu", {}), image=(4, 30, 46), last=("pixel_unshuffle", {"factor": 4}))
    assert found == "it would do with `image` of 28x44 or 32x48 instead of 30x46"


def test_the_steps_before_must_take_the_size_too() -> None:
    """Below 7x7 the window does not fit, so that nothing smaller is told."""
    found = told(("maxpool", {"kernel": 7, "stride": 1}), image=(4, 9, 9), last=("pixel_unshuffle", {"factor": 4}))
    assert found == "it would do with `image` of 10x10 instead of 9x9"


def test_nothing_is_told_where_no_size_does() -> None:
    """What refuses the channels refuses them at every size."""
    assert told(("conv", {"channels": 6, "kernel": 1}), image=(3, 8, 8), last=("conv", {"channels": 8, "kernel": 1, "groups": 4})) is None


def test_nothing_is_told_of_what_has_no_size_to_change() -> None:
    assert told(image=(12,), last=("pixel_unshuffle", {"factor": 5})) is None


def test_nothing_is_told_of_several_inputs() -> None:
    hand = Hand()
    ends = [hand.input(4, 8, 8, name="left"), hand.input(4, 9, 9, name="right")]
    assert nearest_sizes(hand.nodes, TABLE["add"](), ends) is None


def test_inputs_that_the_operation_does_not_hang_on_do_not_count() -> None:
    hand = Hand()
    hand.input(5, name="unread")
    image = hand.input(4, 10, 10)
    assert sizes(nearest_sizes(hand.nodes, TABLE["pixel_unshuffle"](factor=4), [image])) == [8, 12]


def test_the_two_sides_of_a_merge_come_together() -> None:
    """Halved twice or by four at once: the one rounds up twice, the other down."""
    hand = Hand()
    image = hand.input(4, 13, 13)
    left = hand.step("conv", hand.step("conv", image, channels=4, kernel=3, stride=2), channels=4, kernel=3, stride=2)
    right = hand.step("maxpool", image, kernel=4, stride=4)
    add = TABLE["add"]()
    try:
        add.output((hand.nodes[left].shape, hand.nodes[right].shape))
    except Refusal:
        pass
    else:
        raise AssertionError("the sides meet as they are")
    assert sizes(nearest_sizes(hand.nodes, add, [left, right])) == [12, 16]


def test_one_row_is_no_size_of_a_map() -> None:
    """Halved and as it is: they meet where there is one element, which nobody has, and nowhere else."""
    hand = Hand()
    image = hand.input(4, 3, 3)
    half = hand.step("conv", image, channels=4, kernel=1, stride=2)
    assert nearest_sizes(hand.nodes, TABLE["add"](), [half, image]) is None
