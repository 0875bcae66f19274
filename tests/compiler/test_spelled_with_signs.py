"""Networks of the library as papers spell them, where a step stands: `efficientnet-b3` is one name, and no difference of two."""

from __future__ import annotations

import pytest

from tests.compiler.test_words_of_readers import assert_mended
from tests.support import checked


def net(*lines: str) -> str:
    return "network n {\n  input image[3, 224, 224]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("spelled", "name"),
    [
        ("efficientnet-b3", "efficientnet_b3"),
        ("ViT-B/16", "vit_b_16"),
        ("timm.efficientnet-b3", "efficientnet_b3"),
        ("ResNet-50(classes = 10)", "resnet50"),
        ("b: ConvNeXt-Tiny", "convnext_tiny"),
    ],
)
def test_a_name_is_read_whole(spelled: str, name: str) -> None:
    """One error, over all of it; the edit imports that network, and leaves what stands beside it."""
    step = spelled.replace(spelled.rpartition(": ")[2].partition("(")[0], name)
    assert_mended(net(f"{spelled} -> linear(3)"), f"from {name} import {name}\n{net(f'{step} -> linear(3)')}")


def test_what_is_imported_is_not_imported_again() -> None:
    text = "from resnet50 import resnet50\n" + net("{} -> linear(3)")
    assert_mended(text.replace("{} ->", "ResNet-50 ->"), text.replace("{} ->", "resnet50 ->"))


def test_of_another_number_in_the_only_name_that_begins_so() -> None:
    (error,) = checked("network n {\n  input ids[16]\n  gpt-2 -> linear(3)\n}\n", "n.arch").diagnostics
    assert error.code == "E201" and error.fix is not None and "from gpt2_small import gpt2_small" in error.fix.message


def test_steps_joined_by_a_sign_are_steps() -> None:
    rows = checked(net("conv(8) -> bn-relu"), "n.arch").diagnostics
    assert [row.code for row in rows if row.is_error] == ["E114"]
    assert [row.code for row in checked(net("nothing-b3"), "n.arch").diagnostics] == ["E201", "E114", "E201"]
