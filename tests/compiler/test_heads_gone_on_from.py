"""A network that goes on behind a head: what was meant is the map before it."""

from __future__ import annotations

import pytest

from tests.support import assert_mended, checked

REST = "conv(64, 3) -> relu\n  global_avgpool -> flatten -> linear(10)"
HEAD = "{ global_avgpool -> flatten -> linear(10) }"


def net(*lines: str) -> str:
    return "network n {\n  input x[3, 64, 64]\n  " + "\n  ".join(lines) + "\n}\n"


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (f"stage aux1 {HEAD}", f"aux aux1 {HEAD}"),
        (f"aux: {HEAD}", f"aux aux {HEAD}"),
        (f"side_exit: {HEAD}", f"aux side_exit {HEAD}"),
    ],
)
def test_a_side_head_leaves_the_tensor_as_it_was(written: str, meant: str) -> None:
    assert_mended(net("conv(32, 3)", written, REST), net("conv(32, 3)", meant, REST))


def test_a_head_of_another_name_may_be_meant_as_it_stands() -> None:
    (row,) = checked(net("conv(32, 3)", f"stage features {HEAD}", REST)).diagnostics
    assert row.code == "E313" and row.fix is None and "aux" not in (row.help or "")


@pytest.mark.parametrize("step", ["conv(64, 3)", "upsample(2)", "maxpool(2)"])
def test_behind_a_backbone_its_last_map_is_named(step: str) -> None:
    text = "from resnet18 import resnet18\n" + net("body: resnet18", step)
    (row,) = [found for found in checked(text).diagnostics if found.is_error]
    assert row.code == "E313" and row.fix is None
    assert row.help == "`body` ends in its head; the map before it is taken up by its label: `skip(body.layer4) -> …`"
    assert not [found for found in checked(text.replace(step, f"skip(body.layer4) -> {step}")).diagnostics if found.is_error]


def test_a_flat_side_head_has_no_name_of_its_own_in_the_keys() -> None:
    body = "b: conv(8, 1) -> global_avgpool -> flatten\n  aux seen{} {{ side: linear(4) }}\n  fc: linear(4)"
    for mode, key in (("", "seen.side"), (" flat", "side")):
        program = checked(f"network n {{\n  input x[3, 8, 8]\n  {body.format(mode)}\n}}\n").program
        assert program is not None
        assert [node.key for node in program.nodes if node.weights] == ["b", key, "fc"]
