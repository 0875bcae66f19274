"""Parameters, MACs and FLOPs that tools disagree about; widths that are scaled and rounded."""

from __future__ import annotations

import pytest

from archc.compiler.analysis.cost import cost
from archc.compiler.graph.graph import Graph

from .ask import ask, legal, macs, network, refused, result, said, shapes, step, warned, weights


def test_B041_a_shared_layer_on_two_inputs() -> None:
    program = legal(
        "network case {\n  input a[1, 16, 16]\n  input b[1, 28, 28]\n  f: conv(1, 3)\n  ya: relu\n  skip(b) -> reuse(f)\n  yb: relu\n  output ya, yb\n}\n"
    )
    assert weights(program) == 10
    assert macs(program) == 9 * 256 + 9 * 784
    calls = [node for node in program.nodes if node.key == "f"]
    assert len(calls) == 2 and sum(len(node.weights) for node in calls) == 2


def test_B043_a_layer_applied_twice() -> None:
    program = legal(network("10", "l: linear(10) -> reuse(l)"))
    assert (weights(program), macs(program)) == (110, 200)


def test_B045_a_bias_is_an_addition_and_no_mac() -> None:
    program = legal(network("3, 32, 32", "conv(10, 3, pad = 0)"))
    node = step(program, "conv1")
    assert (node.shape, node.macs, weights(program), node.flops) == ((10, 30, 30), 243000, 280, 495000)


def test_B047_depthwise_is_not_two_halves() -> None:
    one = legal(network("24, 8, 8", "conv(24, 3, pad = 0, groups = 24, bias = false)"))
    two = legal(network("24, 8, 8", "concat { | repeat 2: conv(12, 3, pad = 0, groups = 12, bias = false) }"))
    assert (weights(one), macs(one), result(one)) == (216, 7776, (24, 6, 6))
    assert (weights(two), macs(two), result(two)) == (432, 15552, (24, 6, 6))


def test_B049_a_bias_before_a_norm() -> None:
    text = network("64, 8, 8", "conv(64, 3) -> bn")
    assert weights(legal(text)) == 37056
    warning = warned(text, "W502")
    assert warning.fix is not None and warning.fix.edits[0].text == ", bias = false"
    program = legal(text.replace("conv(64, 3)", "conv(64, 3, bias = false)"))
    total = cost(Graph(program)).total
    assert (total.parameters, total.buffers) == (36992, 129)


def test_B051_totals_do_not_wrap_around() -> None:
    report = cost(Graph(legal(network("3, 1024, 1024", "conv(64, 3)"))), by="op", batch=64)
    elements = 64 * 64 * 1024 * 1024
    assert elements == 2**32
    (row,) = [row for row in report.rows if row.op == "conv"]
    assert 64 * row.work.activations == elements
    assert report.inference_peak_bytes >= 4 * elements


@pytest.mark.parametrize(("kernel", "expected"), [(5, 12800), (3, 4608)])
def test_B053_the_kernel_that_is_shown_is_the_kernel(kernel: int, expected: int) -> None:
    program = legal(network("192, 28, 28", f"conv(16, 1) -> branch5x5: conv(32, {kernel}, bias = false)"))
    node = step(program, "branch5x5")
    assert weights(program) - sum(row.elements for row in step(program, "conv1").weights) == expected
    assert f"{kernel}x{kernel}" in node.operation.caption(node.input_shapes, node.shape)


WIDTHS = {32: 48, 16: 24, 24: 32, 64: 88, 96: 136, 160: 224, 320: 448}


@pytest.mark.parametrize(("width", "expected"), WIDTHS.items())
def test_B055_the_rounding_of_mobile_widths(width: int, expected: int) -> None:
    program = legal(network("3, 32, 32", f"conv(divisible(1.4 * {width}, 8), 3, stride = 2)"))
    assert result(program)[0] == expected


def test_B057_one_rounding_rule_written_out() -> None:
    program = legal(network("3, 8, 8", "let w = 0.33", "conv(ceil(256 * w / 8) * 8, 1)", "c: conv(ceil(512 * w / 8) * 8, 3, bias = false)"))
    assert [shape[0] for shape in shapes(program)] == [88, 176]
    assert sum(row.elements for row in step(program, "c").weights) == 139392


def test_B059_one_side_scaled_and_the_other_not() -> None:
    both = network("64, 8, 8", "let w = 0.5", "add {", "  | conv(round(256 * w), 1)", "  | conv(round(256 * w), 1)", "}")
    assert result(legal(both)) == (128, 8, 8)
    error = refused(both.replace("| conv(round(256 * w), 1)", "| conv(256, 1)", 1))
    told = said(error)
    assert "[256, 8, 8]" in told and "[128, 8, 8]" in told and "round(256 * w)" in told


def test_no_doubts_about_a_plain_network() -> None:
    assert not ask(network("3, 8, 8", "conv(8, 3, bias = false) -> bn -> relu -> global_avgpool -> flatten -> linear(2)")).diagnostics
