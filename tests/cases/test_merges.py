"""Skips, concatenations and what becomes of an error there."""

from __future__ import annotations

from tests.support import checked

from .ask import legal, network, refused, result, said, step, warned


def test_B001_the_skip_of_a_bottleneck_that_widens() -> None:
    text = network("256, 14, 14", "add {", "  | conv(128, 1) -> conv(128, 3) -> conv(512, 1)", "  | skip", "}")
    error = refused(text)
    assert error.code == "E301" and error.primary.span.line == 4
    told = said(error)
    assert "[512, 14, 14]" in told and "[256, 14, 14]" in told
    assert "channels" in error.message and "height" not in error.message
    assert {label.span.text for label in error.secondary} >= {"conv(512, 1)", "skip"}
    assert error.fix is not None and error.fix.edits[0].text == "conv(512, 1)"
    fixed = text.replace("| skip", f"| {error.fix.edits[0].text}")
    assert result(legal(fixed)) == (512, 14, 14)


def test_B003_a_stride_given_twice() -> None:
    text = network(
        "64, 56, 56",
        "add {",
        "  | conv(26, 1, stride = 2) -> conv(26, 3, stride = 2) -> conv(256, 1)",
        "  | avgpool(3, stride = 2, pad = 1) -> conv(256, 1)",
        "}",
    )
    error = refused(text)
    told = said(error)
    assert "stride 4 = 2 * 2" in told and "(stride 2)" in told
    assert "[256, 14, 14]" in told and "[256, 28, 28]" in told


def test_B005_the_third_operand_differs() -> None:
    error = refused(network("16, 8, 8", "add {", "  | conv(16, 1)", "  | skip", "  | conv(32, 3)", "}"))
    third = error.secondary[2]
    assert third.span.text == "conv(32, 3)" and "[32, 8, 8]" in third.message


def test_B005_an_operand_given_twice_keeps_both_edges() -> None:
    text = network("16, 8, 8", "a: conv(16, 1)", "add { | skip | skip | skip(x) }")
    warned(text, "W509")
    found = checked(text, "case.arch")
    graph = found.graph.networkx
    assert graph.number_of_edges("a", "add1") == 2 and graph.in_degree("add1") == 3
    assert result(legal(text)) == (16, 8, 8)


def test_B007_a_stride_longer_than_a_1x1_kernel() -> None:
    assert result(legal(network("64, 56, 56", "conv(128, 1, stride = 2)"))) == (128, 28, 28)
    assert result(legal(network("64, 7, 7", "conv(128, 1, stride = 2)"))) == (128, 4, 4)


REDUCTION = [
    "concat {",
    "  | conv(384, 3, stride = 2, pad = 0)",
    "  | conv(64, 1) -> conv(96, 3) -> conv(96, 3, stride = 2, pad = 0)",
    "  | maxpool(3, stride = 2, ceil = true)",
    "}",
]


def test_B009_a_pool_that_rounds_up_beside_convolutions_that_do_not() -> None:
    error = refused(network("288, 26, 26", *REDUCTION))
    told = said(error)
    assert "[384, 12, 12]" in told and "[96, 12, 12]" in told and "[288, 13, 13]" in told
    assert "ceil" in told, "the pool's rounding is the reason"
    assert result(legal(network("288, 25, 25", *REDUCTION))) == (768, 12, 12)
    floor = [line.replace(", ceil = true", "") for line in REDUCTION]
    assert result(legal(network("288, 26, 26", *floor))) == (768, 12, 12)


def test_B011_an_inserted_layer_moves_no_other_edge() -> None:
    lines = ["l0: conv(8, 3, stride = 2)", "l1: conv(16, 3, stride = 2)", "conv(32, 3, stride = 2)", "concat { | upsample(2) | skip(l1) }"]
    before = legal(network("3, 64, 64", *lines))
    after = legal(network("3, 64, 64", "relu", *lines))
    for program in (before, after):
        merge = step(program, "concat1")
        assert [program.nodes[index].unique for index in merge.inputs] == ["upsample1", "l1"]
        assert merge.shape == (48, 16, 16)
    error = refused(network("3, 64, 64", *lines).replace("skip(l1)", "skip(l0)"))
    assert "[32, 16, 16]" in said(error) and "[8, 32, 32]" in said(error)


UNET = ["maxpool(2)", "e: conv(64, 3)", "maxpool(2)", "concat { | upsample(2) | skip(e) }"]


def test_B013_where_an_odd_map_lost_its_row() -> None:
    error = refused(network("64, 143, 143", *UNET))
    told = said(error)
    assert "[64, 70, 70]" in told and "[64, 71, 71]" in told
    assert "maxpool(2)" in told, "the pool that dropped the row is named"
    for size in range(140, 148):
        text = network(f"64, {size}, {size}", *UNET)
        if size // 2 % 2 == 0:
            legal(text)
        else:
            refused(text)


def test_B013_the_sizes_that_work_are_named() -> None:
    told = said(refused(network("64, 143, 143", *UNET)))
    assert "144" in told and "141" in told, told


def test_B015_one_error_at_the_merge_and_none_after_it() -> None:
    error = refused(network("1280, 5, 5", "r: relu", "conv(640, 3, stride = 2)", "concat { | upsample(2) | skip(r) }", "conv(640, 1)"))
    assert error.primary.span.text == "concat"
    assert "[640, 6, 6]" in said(error) and "[1280, 5, 5]" in said(error)
