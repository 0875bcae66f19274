"""One function written in two ways gives the same answers: AlexNet as groups and as towers, ResNeXt in its three forms."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.conformance.modules import difference, empty, generated, shake

State = dict[str, Tensor]


def towers_from_groups(groups: State) -> State:
    """AlexNet's weights, cut into those of its two towers."""
    convolutions = ((("conv1", (0, 1)),), (("conv2", (2, 3)),), (("conv3", (4, 5)), ("conv4", (4, 5)), ("conv5", (4, 5))))
    found: State = {}
    for row in convolutions:
        for ordinal, (conv, rounds) in enumerate(row, start=1):
            for number, part in zip(rounds, range(2), strict=True):
                for kind in ("weight", "bias"):
                    found[f"features.{number}.conv{ordinal}.{kind}"] = groups[f"features.{conv}.{kind}"].chunk(2)[part]
    for layer in range(2):
        for part in range(2):
            for kind in ("weight", "bias"):
                found[f"classifier.{2 * layer + part}.linear1.{kind}"] = groups[f"classifier.{layer}.linear1.{kind}"].chunk(2)[part]
    return found | {f"classifier.linear1.{kind}": groups[f"classifier.linear1.{kind}"] for kind in ("weight", "bias")}


@pytest.mark.slow
def test_alexnet_as_groups_is_alexnet_as_towers() -> None:
    with generated("alexnet") as one, generated("alexnet_towers") as other, torch.no_grad():
        groups = shake(one().eval())
        towers = empty(other).eval()
        towers.load_state_dict(towers_from_groups(groups.state_dict()), strict=True, assign=True)
        image = torch.randn(2, 3, 224, 224)
        assert difference(towers(image), groups(image)) < 1e-5


def split(grouped: State, form: str, paths: int) -> State:
    """The weights of form (c), a grouped bottleneck, taken apart for form (a) or (b)."""
    found: State = {}
    for key, value in grouped.items():
        block, _, rest = key.rpartition(".conv") if ".conv" in key else key.rpartition(".bn")
        if not block.startswith("layer"):
            found[key] = value
            continue
        kind = "conv" if ".conv" in key else "bn"
        number, name = rest.split(".", 1)
        if number == "3":
            if form == "b" or kind == "bn":
                found[f"{block}.{kind}1.{name}"] = value
            else:
                for path, part in enumerate(value.chunk(paths, dim=1)):
                    found[f"{block}.{path}.conv1.{name}"] = part
            continue
        inner = "transform1." if form == "a" else ""
        parts = value.chunk(paths) if value.ndim else (value,) * paths
        for path, part in enumerate(parts):
            found[f"{block}.{path}.{inner}{kind}{number}.{name}"] = part
    return found


@pytest.mark.slow
@pytest.mark.parametrize("form", ["a", "b"])
def test_resnext_forms_are_one_function(form: str) -> None:
    """A block a stage of 4 paths of 24 channels, to be quick: forms (a) and (b) against form (c)."""
    size = {"cardinality": 4, "base": 24, "depths": [1, 2, 1, 1], "classes": 10}
    with generated("resnext", **size) as one, generated("resnext", form=form, **size) as other, torch.no_grad():
        grouped = shake(one().eval())
        parted = empty(other).eval()
        parted.load_state_dict(split(grouped.state_dict(), form, paths=4), strict=True, assign=True)
        for side in (64, 75):
            image = torch.randn(2, 3, side, side)
            assert difference(parted(image), grouped(image)) < 1e-5
