"""What a text would write to have the keys of a reference."""

from __future__ import annotations

import pytest

from archc.compiler.analysis.key_advice import key_advice


def keys(text: str) -> list[tuple[str, tuple[int, ...]]]:
    return [(key, (place,)) for place, key in enumerate(text.split())]


@pytest.mark.parametrize(
    ("ours", "theirs", "told"),
    [
        (
            "layer1.bottleneck1.conv1.weight layer1.bottleneck2.conv1.weight",
            "layer1.0.conv1.weight layer1.1.conv1.weight",
            ["yours `layer1.bottleneck1.*`, theirs `layer1.0.*`: write `indexed` at `layer1`"],
        ),
        ("linear1.weight linear1.bias", "fc.weight fc.bias", ["yours `linear1.*`, theirs `fc.*`: label the step, `fc: …`"]),
        ("0.weight", "stem.weight", ["yours `0.*`, theirs `stem.*`: leave `indexed` out at the network, and label the step `stem`"]),
        ("conv1.weight", "stem.conv1.weight", ["yours `conv1.*`, theirs `stem.*`: they stand in a part `stem: { … }`"]),
        ("same.weight", "same.weight", []),
    ],
)
def test_each_kind_of_difference_has_its_line(ours: str, theirs: str, told: list[str]) -> None:
    assert list(key_advice(keys(ours), keys(theirs))) == told


def test_weights_of_one_text_alone_do_not_lead_astray() -> None:
    ours = [("a.weight", (1,)), ("extra.weight", (9,)), ("b.weight", (2,))]
    assert list(key_advice(ours, [("a.weight", (1,)), ("c.weight", (2,))])) == ["yours `b.*`, theirs `c.*`: label the step, `c: …`"]


def test_a_block_more_or_less_is_no_other_name() -> None:
    """ResNet-18 beside ResNet-34: layers of equal shapes fall upon each other, and no label gives the same keys."""
    ours = [(f"layer1.{block}.conv{place}.weight", (8, 8)) for block in range(2) for place in (1, 2)]
    theirs = [(f"layer1.{block}.conv{place}.weight", (8, 8)) for block in range(3) for place in (1, 2)]
    assert key_advice([*ours, ("fc.weight", (4, 8))], [("conv2.weight", (8, 8)), *theirs, ("fc.weight", (4, 8))]) == ()
