"""Rounding of pools, padding, heads, sizes that are too small or too large, groups."""

from __future__ import annotations

import pytest

from archc.compiler.ops.base import Shape

from .ask import ask, legal, network, refused, result, said, shapes, step, warned, weights


@pytest.mark.parametrize(
    ("case", "size", "body", "expected"),
    [
        ("B017", "1, 9, 9", "avgpool(4, stride = 4, pad = 2, ceil = true)", (1, 3, 3)),
        ("B019", "4, 12, 12", "maxpool(1, stride = 2, ceil = true)", (4, 6, 6)),
        ("B023", "480, 28, 28", "maxpool(3, stride = 2)", (480, 13, 13)),
        ("B023", "480, 28, 28", "maxpool(3, stride = 2, pad = 1)", (480, 14, 14)),
        ("B023", "480, 28, 28", "maxpool(3, stride = 2, ceil = true)", (480, 14, 14)),
        ("B025", "2, 6, 6", "conv(1, 3, stride = 2, pad = same)", (1, 3, 3)),
        ("B025", "2, 6, 6", "conv(1, 3, stride = 2, pad = 1)", (1, 3, 3)),
        ("B027", "1, 20, 20", "conv(1, 4, pad = same)", (1, 20, 20)),
        ("B027", "1, 20, 20", "conv(1, 4, pad = 1)", (1, 19, 19)),
        ("B027", "1, 20, 20", "conv(1, 4, pad = 2)", (1, 21, 21)),
        ("B067", "3, 12, 12", "adaptive_avgpool(7)", (3, 7, 7)),
        ("B069", "9, 9, 9", "avgpool(4, stride = 2, ceil = true)", (9, 4, 4)),
    ],
)
def test_shape(case: str, size: str, body: str, expected: Shape) -> None:
    assert result(legal(network(size, body))) == expected


def test_B067_windows_that_overlap_are_told_of() -> None:
    warned(network("3, 12, 12", "adaptive_avgpool(7)"), "W511")
    assert "W511" not in [row.code for row in ask(network("3, 6, 6", "adaptive_avgpool(3)")).diagnostics]


@pytest.mark.parametrize(("ceil", "expected"), [("true", [150, 75, 38, 19, 10, 5, 3, 2]), ("false", [150, 75, 37, 18, 9, 4, 2, 1])])
def test_B021_a_long_chain_of_pools(ceil: str, expected: list[int]) -> None:
    program = legal(network("1, 300, 300", f"repeat 8 {{ maxpool(2, ceil = {ceil}) }}"))
    assert [shape[1] for shape in shapes(program)] == expected


def test_B023_padding_and_rounding_are_told_apart_in_the_caption() -> None:
    captions = set()
    for arguments in ("3, stride = 2, pad = 1", "3, stride = 2, ceil = true", "3, stride = 2"):
        node = step(legal(network("480, 28, 28", f"maxpool({arguments})")), "maxpool1")
        captions.add(node.operation.caption(node.input_shapes, node.shape))
    assert len(captions) == 3, captions


VGG16 = [
    *(
        f"{' -> '.join(f'conv({width}, 3) -> relu' for _ in range(times))} -> maxpool(2)"
        for width, times in ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
    ),
    "flatten -> fc: linear(4096)",
]


def test_B029_a_head_that_grows_with_the_image() -> None:
    program = legal(network("3, 512, 512", *VGG16))
    head = step(program, "fc")
    assert head.input_shapes == ((131072,),)
    assert sum(row.elements for row in head.weights) == 536875008
    warning = warned(network("3, 512, 512", *VGG16), "W510")
    assert "512x512" in warning.message and "536875008" in warning.message


def test_B029_a_stated_size_that_does_not_hold() -> None:
    text = network("3, 512, 512", *VGG16).replace("flatten ->", "flatten\n  expect [25088]\n ")
    error = refused(text)
    assert error.code == "E231" and "131072" in error.message and "25088" in error.message
    assert "[512, 16, 16]" in said(error)


def test_B031_the_inputs_of_a_linear_layer_are_inferred() -> None:
    program = legal(
        network(
            "1, 28, 28", "conv(6, 4, pad = 0) -> relu -> maxpool(2) -> conv(16, 3, pad = 0) -> relu -> maxpool(2) -> flatten -> linear(120)"
        )
    )
    assert [shape[-1] for shape in shapes(program)] == [25, 25, 12, 10, 10, 5, 400, 120]
    assert sum(row.elements for row in step(program, "linear1").weights) == 48120


ALEXNET = [
    "conv(64, 11, stride = 4, pad = 2) -> maxpool(3, stride = 2) -> conv(192, 5) -> maxpool(3, stride = 2)",
    "conv(384, 3) -> conv(256, 3) -> conv(256, 3) -> maxpool(3, stride = 2)",
]


def test_B033_an_image_that_is_too_small() -> None:
    error = refused(network("3, 32, 32", *ALEXNET))
    assert error.primary.span.line == 5 and error.primary.span.source.text[: error.primary.span.start].count("maxpool") == 3
    told = said(error)
    assert "[256, 1, 1]" in told and "32" in told and "7" in told
    assert "63" in told, "the smallest legal size is named"
    refused(network("3, 62, 62", *ALEXNET))
    legal(network("3, 63, 63", *ALEXNET))


def test_B035_a_window_larger_than_the_map() -> None:
    error = refused(network("1792, 3, 3", "avgpool(8) -> flatten -> linear(512)"))
    assert "8" in error.message and "3" in error.message
    assert "global_avgpool" in said(error)
    program = legal(network("1792, 3, 3", "global_avgpool -> flatten -> linear(512)"))
    assert weights(program) == 918016


def test_B037_which_side_does_not_divide() -> None:
    incoming = refused(network("69, 8, 8", "conv(64, 3, groups = 4)"))
    assert "input" in incoming.message and "69" in incoming.message and "4" in incoming.message
    assert "68" in said(incoming) and "72" in said(incoming)
    outgoing = refused(network("64, 8, 8", "conv(73, 3, groups = 2)"))
    assert "73" in outgoing.message and "2" in outgoing.message
    assert "72" in said(outgoing) and "74" in said(outgoing)


@pytest.mark.parametrize(("cardinality", "base", "width", "expected"), [(8, 64, 512, 294912), (32, 4, 128, 4608)])
def test_B039_total_width_and_channels_a_group(cardinality: int, base: int, width: int, expected: int) -> None:
    program = legal(
        network(
            "256, 56, 56", f"conv({width}, 1)", f"g: conv({cardinality} * (64 * {base} // 64), 3, groups = {cardinality}, bias = false)"
        )
    )
    node = step(program, "g")
    assert node.shape[0] == width
    assert sum(row.elements for row in node.weights) == expected
    assert f"g{cardinality}" in node.operation.caption(node.input_shapes, node.shape)


def test_B061_a_squeeze_to_no_channels() -> None:
    se = "block se(ratio) { mul { | skip | global_avgpool -> conv(in.channels // ratio, 1) -> relu -> conv(in.channels, 1) -> sigmoid } }"
    error = refused(network("8, 16, 16", "se(16)", blocks=se))
    assert "0" in error.message and error.primary.span.text == "in.channels // ratio"
    error = refused(network("8, 16, 16", "se(0)", blocks=se))
    assert "division by zero" in error.message and "8 // 0" in said(error)


def test_B063_a_block_repeated_infers_its_inputs() -> None:
    verbatim = network("128, 32, 32", "repeat 2 { conv(256, 3) -> relu -> maxpool(2) }")
    assert result(legal(verbatim)) == (256, 8, 8)
    first = network("128, 32, 32", "repeat 2 as i {", "  conv(256, 3) -> relu", "  if i == 0 { maxpool(2) }", "}")
    assert result(legal(first)) == (256, 16, 16)


def test_B065_a_head_that_needs_a_known_size() -> None:
    flat = network("3, 64, 64", "conv(64, 3, pad = same) -> flatten -> linear(2)")
    assert "global_avgpool" in said(warned(flat, "W510"))
    pooled = network("3, 64, 64", "conv(64, 3, pad = same) -> global_avgpool -> flatten -> linear(2)")
    program = legal(pooled)
    assert sum(row.elements for row in step(program, "linear1").weights) == 130
    assert sum(row.elements for row in step(program, "conv1").weights) == 1792
    assert "W510" not in [row.code for row in ask(pooled).diagnostics]


def test_B113_a_padding_beyond_all_sizes() -> None:
    error = refused(network("1, 8, 8", "conv(1, 3, pad = 36028797018963968)"))
    assert "72057594037927942" in error.message and "too large" in error.message


def test_B115_weights_beyond_all_sizes() -> None:
    error = refused(network("1073741824, 4, 4", "conv(268435456, 4, pad = 0, bias = false)"))
    assert "4611686018427387904" in error.message and "too large" in error.message
