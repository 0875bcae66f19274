"""Every model of torchvision for classification, segmentation and video is found by its name."""

from __future__ import annotations

import pytest

from archc.compiler import driver
from archc.compiler.files import library
from archc.compiler.files.locate import find, presets
from tests.conformance import reference, test_families


def names() -> list[str]:
    models = reference.torchvision().models
    left_out = {name for part in (models.detection, models.optical_flow, models.quantization) for name in models.list_models(module=part)}
    return [name for name in models.list_models() if name not in left_out]


def test_every_name_is_a_network_of_the_library_and_compared_with_torchvision_s() -> None:
    """By its keys and counts, in the table of conformance; `googlenet`, `inception_v3` and `alexnet` under the names that tell them from the paper's."""
    own = {"alexnet": "alexnet_torchvision", "googlenet": "googlenet_torchvision"}
    compared = {*reference.NAMES, *test_families.NAMES}
    found = {name for name in names() if {name, own.get(name, name)} & compared and name in library.networks()}
    assert not set(names()) - found
    assert len(found) >= 95


@pytest.mark.parametrize(
    "name", ["efficientnet_b3", "regnet_y_16gf", "wide_resnet101_2", "deeplabv3_resnet101", "mc3_18", "shufflenet_v2_x0_5"]
)
def test_a_name_is_enough(name: str) -> None:
    target = find(name)
    assert target.is_shipped and name in presets()
    assert driver.check(name).program is not None
