"""A window that is larger than its map: each way out that is offered is typed in, and compiles; and it computes what was asked."""

from __future__ import annotations

import re

import pytest

from tests.support import errors_of


def net(body: str, shape: str) -> str:
    return f"network n(side = 9) {{\n  input x[{shape}]\n  {body}\n}}\n"


MAP = "8, 5, 5"
WAYS = [
    ("maxpool(9)", MAP, ["global_maxpool", "maxpool(5)"]),
    ("avgpool(9)", MAP, ["global_avgpool", "avgpool(5)"]),
    ("maxpool(side)", MAP, ["global_maxpool", "maxpool(5)"]),
    ("maxpool(9)", "8, 5", ["global_maxpool", "maxpool(5)"]),
    ("avgpool(9)", "8, 5, 4, 3", ["global_avgpool", "avgpool(5x4x3)"]),
    ("avgpool(9)", "8, 5, 20", ["avgpool(5x9)"]),
    ("maxpool(3)", "8, 2, 16, 16", ["maxpool(2x3x3)"]),
    ("maxpool(9, indices = true)", MAP, ["maxpool(5, indices = true)"]),
    ("maxpool(9, stride = 1)", MAP, ["maxpool(9, stride = 1, pad = half)", "maxpool(5, stride = 1)"]),
    ("maxpool(3, stride = 2)", "8, 2, 2", ["maxpool(3, stride = 2, pad = half)", "maxpool(2, stride = 2)"]),
    ("conv(8, 7, pad = 0)", MAP, ["conv(8, 7, pad = half)", "conv(8, 5, pad = 0)"]),
    ("conv(8, 7, pad = 0)", "8, 6, 6", ["conv(8, 7, pad = half)", "conv(8, 5, pad = 0)"]),
    ("conv(8, 3, pad = 0)", "8, 9, 1", ["conv(8, 3, pad = half)", "conv(8, 3x1, pad = 0)"]),
    ("conv(8, 3, pad = 0, dilation = 4)", MAP, ["conv(8, 3, pad = half, dilation = 4)", "conv(8, 3, pad = 0, dilation = 2)"]),
    ("dwconv(7, pad = 0)", "8, 5", ["dwconv(7, pad = half)", "dwconv(5, pad = 0)"]),
    ("unfold(9)", MAP, ["unfold(5)"]),
]


@pytest.mark.parametrize(("step", "shape", "ways"), WAYS, ids=[f"{step} on {shape}" for step, shape, _ in WAYS])
def test_each_way_out_compiles(step: str, shape: str, ways: list[str]) -> None:
    (row,) = errors_of(net(step, shape))
    assert row.code == "E311" and row.fix is None
    assert re.findall(r"`([^`]+)`", row.help or "") == ways
    for way in ways:
        assert not errors_of(net(way, shape)), way


@pytest.mark.parametrize("body", ["maxpool(2)", "avgpool(3, stride = 2)", "relu\n  repeat 2 { maxpool(5) }"])
def test_of_a_single_position_nothing_is_pooled(body: str) -> None:
    (row,) = errors_of(net(f"maxpool(5) -> {body}", MAP))
    assert "leave it out" in (row.help or "") and "global" not in (row.help or "")


def test_behind_a_global_pool_no_input_is_large_enough() -> None:
    (row,) = errors_of(net("relu -> global_avgpool -> conv(8, 3, pad = 0)", MAP))
    assert not [note for note in row.notes if "it would do" in note]
    assert "write it before `global_avgpool` at n.arch:3:11, where the map is 5x5" in (row.help or "")
    assert not errors_of(net("relu -> conv(8, 3, pad = 0) -> global_avgpool", MAP))


@pytest.mark.parametrize(
    ("shape", "told"), [("8, 2, 16, 16", "of 3x16x16 instead of 2x16x16"), ("8, 2, 20", "of 3x20 instead of 2x20"), ("8, 2, 2", "of 3x3")]
)
def test_only_the_axes_at_fault_grow(shape: str, told: str) -> None:
    (row,) = errors_of(net("maxpool(3)", shape))
    assert any(told in note for note in row.notes)


def test_a_gate_is_not_shrunk_to_one_position() -> None:
    (row,) = errors_of(net("mul { | skip | conv(1, 7, pad = 0) -> sigmoid }", "8, 32, 32"))
    assert not [note for note in row.notes if "it would do" in note]
