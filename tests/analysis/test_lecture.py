"""The lecture's table: its digits, and totals recomputed from its rules."""

from __future__ import annotations

import pytest

from archc.compiler.analysis.lecture import Layer, lecture, lecture_table

from .texts import shipped

MB = 2**20


def totals(rows: tuple[Layer, ...]) -> tuple[int, int, int, int]:
    counted = [row for row in rows if row.op != "input"]
    return (
        sum(row.parameters for row in counted),
        sum(row.flops for row in counted),
        sum(row.activation_bytes for row in counted),
        sum(row.parameter_bytes for row in counted),
    )


def test_alexnet_conv1() -> None:
    image, conv1, *_ = lecture(shipped("alexnet"))
    assert image.activation_bytes == 73.5 * MB
    assert conv1.parameters == 34_944
    assert round(conv1.flops / 1e9) == 27 and conv1.flops == 26_986_291_200
    assert round(conv1.activation_bytes / MB, 1) == 283.6


def test_alexnet_with_one_tower_is_the_lecture_s() -> None:
    parameters, flops, activations, memory = totals(lecture(shipped("alexnet", {"groups": 1})))
    assert parameters == 62_378_344
    # Convolutions and linear layers make 290.63; the lecture prints 290,851 M, which is this and an addition for each bias.
    assert round(flops / 1e9, 2) == 290.77
    assert round((flops + 128 * 659_272) / 1e6) == 290_851
    assert round(activations / MB, 1) == 763.4 and round(memory / MB, 1) == 713.9


def test_vgg16() -> None:
    rows = lecture(shipped("vgg16"))
    _, flops, activations, memory = totals(rows)
    assert round(flops / 1e6) == 3_961_171
    assert round(activations / MB, 1) == 14_733.5 and round(memory / MB, 1) == 1583.4
    convolutions = [round(row.flops / 1e9, 1) for row in rows if row.op == "conv"]
    assert convolutions == [22.2, 473.5, 236.8, 473.5, 236.8, 473.5, 473.5, 236.8, 473.5, 473.5, 118.4, 118.4, 118.4]
    to_28 = rows[1:11]
    assert sum(row.parameters for row in to_28) == 1_735_488
    assert round(sum(row.activation_bytes for row in to_28) / MB) == 13_132
    classifier = [row for row in rows if row.op == "linear"]
    assert sum(row.parameters for row in classifier) == 123_642_856
    assert round(sum(row.flops for row in classifier) / 1e9, 2) == 31.65


def test_googlenet() -> None:
    rows = {row.name: row for row in lecture(shipped("googlenet"))}
    stem = [rows[name] for name in ("conv1.conv1", "maxpool1", "conv2.conv1", "conv3.conv1", "maxpool2")]
    assert sum(row.parameters for row in stem) == 124_416
    assert round(sum(row.flops for row in stem) / 1e9, 2) == 122.69
    assert sum(row.activation_bytes for row in stem) / MB == 1911.0
    assert rows["inception3a"].parameters == 163_696
    assert rows["inception3a"].activation_bytes == 2 * 4 * 128 * 256 * 28 * 28
    parameters, _, activations, _ = totals(tuple(rows.values()))
    assert parameters == 6_998_552 and round(activations / MB) == 3251
    head = rows["fc"].flops + rows["global_avgpool1"].flops
    assert rows["fc"].parameters == 1_025_000 and round(head / 1e6, 2) == 268.57


@pytest.mark.parametrize("batch", [1, 128])
def test_a_batch_scales_work_and_activations(batch: int) -> None:
    rows = lecture(shipped("alexnet"), batch)
    assert rows[1].flops == 210_830_400 * batch and rows[1].activation_bytes == 8 * 290_400 * batch
    assert rows[1].parameter_bytes == 12 * 34_944


def test_the_table_says_how_it_counts() -> None:
    text = lecture_table(shipped("alexnet")).text()
    assert "283.6" in text and "2 copies" in text and "MB = 2^20" in text
