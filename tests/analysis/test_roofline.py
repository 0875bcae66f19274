"""Time on a device, estimated from below."""

from __future__ import annotations

import pytest

from archc.compiler.analysis.roofline import (
    DEVICES,
    BadDevice,
    Device,
    read_device,
    roofline,
    roofline_table,
)
from archc.compiler.analysis.traffic import bytes_moved

from .texts import graph_of, shipped

SLOW_MEMORY = Device("slow memory", {"float32": 1e12}, 1e6)
SLOW_ARITHMETIC = Device("slow arithmetic", {"float32": 1e6}, 1e12)


def test_bytes_of_a_convolution() -> None:
    graph = graph_of("network n { input x[3, 32, 32] conv(10, 3, pad = 0) -> relu }")
    conv = graph.nodes[1]
    assert bytes_moved(graph, conv, 2, "float32") == 4 * (2 * 3 * 32 * 32 + 2 * 10 * 30 * 30 + 280)
    assert bytes_moved(graph, conv, 1, "float16") == 2 * (3 * 32 * 32 + 10 * 30 * 30 + 280)


def test_the_slower_side_decides() -> None:
    graph = graph_of("network n { input x[3, 32, 32] conv(10, 3, pad = 0) }")
    (memory,) = roofline(graph, SLOW_MEMORY).rows
    (compute,) = roofline(graph, SLOW_ARITHMETIC).rows
    assert (memory.bound, compute.bound) == ("memory", "compute")
    assert memory.seconds == memory.bytes / 1e6 and compute.seconds == 495_000 / 1e6
    assert compute.intensity == pytest.approx(495_000 / compute.bytes)


def test_a_batch_reads_weights_once() -> None:
    graph = shipped("vgg16")
    one, many = roofline(graph, DEVICES["h100"]), roofline(graph, DEVICES["h100"], batch=64)
    assert many.seconds < 64 * one.seconds
    assert sum(one.shares.values()) == pytest.approx(1)
    assert one.rows[0].flops * 64 == many.rows[0].flops


def test_rows_of_a_table_add_up() -> None:
    result = roofline(shipped("resnet18"), DEVICES["t4"])
    tables = [roofline_table(result, "resnet18", by) for by in ("stage", "block", "op")]
    for table in tables:
        seconds = [row[6] for row in table.rows]
        assert sum(value for value in seconds if isinstance(value, float)) == pytest.approx(result.seconds * 1e6)
    assert [row[0] for row in tables[0].rows] == ["stem", "layer1", "layer2", "layer3", "layer4", "head"]


@pytest.mark.parametrize("name", DEVICES)
def test_every_device(name: str) -> None:
    text = roofline_table(roofline(shipped("resnet18"), DEVICES[name], dtype="float16"), "resnet18").text()
    assert "An estimate from below" in text and DEVICES[name].name in text


def test_what_inference_does_not_run_takes_no_time() -> None:
    graph = graph_of("network n { input x[4] dropout(0.5) -> linear(2) -> identity }")
    assert [row.node.operation.name for row in roofline(graph, DEVICES["cpu"]).rows] == ["linear"]


def test_a_device_of_one_s_own() -> None:
    device = read_device('{"name": "mine", "flops": {"float32": 1e12, "float16": 2e12}, "bandwidth": 1e11}')
    assert device.peak("float16") == 2e12 and device.peak("bfloat16") == 1e12 and device.launch == 0
    assert read_device('{"flops": 5e11, "bandwidth": 1e10, "launch": 1e-6}').flops == {"float32": 5e11}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("{", "not JSON"),
        ("[]", "an object"),
        ('{"flops": 1e12}', "`bandwidth` must be a number above 0, and is null"),
        ('{"flops": "fast", "bandwidth": 1}', '`float32` must be a number above 0, and is "fast"'),
        ('{"flops": {"float16": 1e12}, "bandwidth": 1}', "needs a figure for float32"),
    ],
)
def test_a_device_that_cannot_be_read(text: str, message: str) -> None:
    with pytest.raises(BadDevice, match=message.replace("(", r"\(")):
        read_device(text)
