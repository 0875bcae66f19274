"""What other languages and libraries have for a window, a size, a list that grows, a default, an input: the remedy is typed in, and compiles."""

from __future__ import annotations

import re

import pytest

from tests.support import assert_mended, errors_of


def net(*lines: str, shape: str = "64, 32, 32", before: str = "") -> str:
    return f"{before}network n {{\n  input x[{shape}]\n{''.join(f'  {line}{chr(10)}' for line in lines)}}}\n"


LABELLED = ("a: conv(64, 3)", "b: conv(64, 3)")


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (("conv7x7(64, stride = 2)",), ("conv(64, 7, stride = 2)",)),
        (("conv5x5(32)",), ("conv(32, 5)",)),
        (("conv1x1(16)",), ("conv(16, 1)",)),
        (("conv_1x7(16)",), ("conv(16, 1x7)",)),
        (("dwconv3x3(stride = 2)",), ("dwconv(3, stride = 2)",)),
        (("maxpool3x3(stride = 2)",), ("maxpool(3, stride = 2)",)),
        (("deconv(64, 32, 2, stride = 2)",), ("deconv(32, 2, stride = 2)",)),
        ((*LABELLED, "concat([a, b], dim = 1)"), (*LABELLED, "concat(axis = 0) { | skip(a) | skip(b) }")),
        ((*LABELLED, "output: b"), (*LABELLED, "output b")),
        (("q, k: split(2)", "add { | skip(q) | skip(k) }"), ("split(2) as q, k", "add { | skip(q) | skip(k) }")),
        (
            ("q, k, v: split([16, 16, 32])", "concat { | skip(k) | skip(q) }"),
            ("split([16, 16, 32]) as q, k, v", "concat { | skip(k) | skip(q) }"),
        ),
        (("if true then conv(4) else relu",), ("if true { conv(4) } else { relu }",)),
        (("conv(int(64 * 0.5))",), ("conv(floor(64 * 0.5))",)),
        (("nn.utils.weight_norm(nn.Conv2d(64, 8, 3))",), ("weight_norm_conv(8, 3, pad = 0)",)),
        (("nn.utils.spectral_norm(nn.Conv2d(64, 8, 3, padding=1))",), ("spectral_norm_conv(8, 3, pad = 1)",)),
        (("x.flatten()",), ("skip(x) -> flatten",)),
        (("torch.flatten(x)",), ("skip(x) -> flatten",)),
    ],
)
def test_what_is_meant_is_written(written: tuple[str, ...], meant: tuple[str, ...]) -> None:
    assert_mended(net(*written), net(*meant))


def test_the_batch_is_never_written() -> None:
    assert_mended(net("conv(8)", shape="B, 3, 32, 32"), net("conv(8)", shape="3, 32, 32"))
    assert [row.code for row in errors_of(net("conv(8)", shape="C, 32, 32"))] == ["E201"]


def test_a_block_names_in_its_head_what_it_takes() -> None:
    body = "  conv(c)\n  add { | skip | skip(x) }\n}\n"
    assert_mended(
        net("res(64)", before="block res(c) {\n  input x\n" + body),
        net("res(64)", before="block res(c) takes x {\n" + body),
    )
    (row,) = errors_of(net("res(64)", before="block res(c) {\n  input a\n  input b\n  conv(c)\n}\n"))[:1]
    assert row.code == "E237" and row.fix is None and "takes a" in (row.help or "")


def test_a_default_is_a_call() -> None:
    step = net("conv(8)")
    assert_mended("default conv { bias = false }\n" + step, "default conv(bias = false)\n" + step)
    (row,) = errors_of("default bias = false\n" + step)
    assert row.code == "E122" and row.fix is None and "default conv(bias = false)" in (row.help or "")


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("y: conv(8)\n  conv(y)", "E207"),
        ("let skips = []\n  skips.append(x)", "E227"),
        ("for a, b in zip([8, 16], [3, 5]) { conv(a, b) }", "E201"),
        ("upsample(2, size = x.shape[2:])", "E121"),
        ("print(x)", "E201"),
    ],
)
def test_the_help_compiles_when_it_is_typed_in(line: str, code: str) -> None:
    (row,) = errors_of(net(*line.split("\n  ")))
    assert row.code == code and row.fix is None
    found = [text for text in re.findall(r"`([^`]+)`", row.help or "") if "{ " in text or "(" in text]
    lines = {text for text in found if not text.startswith(("skip(y)", "for i, c in list"))}
    labels = [] if code == "E227" else ["y: conv(64)"]
    if lines:
        assert errors_of(net(*labels, *sorted(lines, key=found.index))) == []


def test_two_numbers_by_place_are_no_window() -> None:
    (row,) = errors_of(net("conv3x3(64, 128)"))
    assert row.fix is None and "kernel = 3" in (row.help or "")


def test_a_flattened_batch_is_told() -> None:
    for text in ("x.flatten()", "torch.flatten(x)"):
        assert "joins the axis of the batch" in errors_of(net(text))[0].notes[0]
