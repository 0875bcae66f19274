"""What somebody who comes from PyTorch, Keras or a figure types first: the first answer, typed in, compiles and means what was meant."""

from __future__ import annotations

import re

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from tests.support import program_of

CONTEXTS = (
    "network net {{\n  input x[16, 32, 32]\n  {}\n}}\n",
    "network net {{\n  input x[16, 32, 32]\n  relu -> {}\n}}\n",
    "block part {{\n  {}\n}}\n\nnetwork net {{\n  input x[16, 32, 32]\n  part\n}}\n",
)


def said(text: str) -> tuple[Diagnostic, ...]:
    return check_source(Source.of("n.arch", text)).diagnostics


def shown(text: str) -> list[str]:
    return [f"{node.operation}" for node in program_of(text).nodes]


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("MaxPooling2D()", "maxpool(2)"),
        ("AveragePooling2D()", "avgpool(2)"),
        ("MaxPool2D()", "maxpool(2)"),
        ("Sequential([Conv2D(32, 3), ReLU()])", "conv(32, 3, pad = 0) -> relu"),
        ("nn.Sequential([nn.Conv2d(16, 32, 3), nn.ReLU()])", "conv(32, 3, pad = 0) -> relu"),
        ("transpose(1, 2)", "permute([1, 0, 2])"),
        ("transpose(-1, -2)", "permute([0, 2, 1])"),
        ("swapaxes(2, 3)", "permute([0, 2, 1])"),
        ("unsqueeze(1)", 'rearrange("channels height width -> 1 channels height width")'),
        ("unsqueeze(-1)", 'rearrange("channels height width -> channels height width 1")'),
        ("global_avgpool -> squeeze(-1)", 'global_avgpool -> rearrange("channels height 1 -> channels height")'),
        ("max(dim = 1)", 'reduce("max", 0)'),
        ("sum(dim = [2, 3])", 'reduce("sum", [1, 2])'),
        ('conv(8, 3, activation = "relu")', "conv(8, 3) -> relu"),
        ('conv(8, activation = "swish", stride = 2)', "conv(8, stride = 2) -> silu"),
        ("bn(bias = true)", "bn"),
        ("gn(4, bias = true)", "gn(4)"),
        ("ln([16])", "ln"),
        ("upsample(factor = 2)", "upsample(scale = 2)"),
        ("upsample(2, bilinear)", 'upsample(2, mode = "bilinear")'),
        ("3x3 conv, 64", "conv(64, 3x3)"),
        ("7x7 conv, 64, /2", "conv(64, 7x7, stride = 2)"),
        ("conv 64 3x3 stride 2", "conv(64, 3x3, stride = 2)"),
        ("conv 3x3, 64", "conv(64, 3x3)"),
        ('"conv"(8)', "conv(8)"),
        ("pass", "identity"),
    ],
)
def test_what_the_edit_writes_is_what_was_meant(context: str, typed: str, meant: str) -> None:
    row = said(context.format(typed))[0]
    assert row.is_error and row.fix is not None, row
    mended = applied([row])["n.arch"][0]
    assert not [other for other in said(mended) if other.is_error]
    assert shown(mended) == shown(context.format(meant))


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("pad(-3)", "slice(axis = height, start = 3, stop = -3) -> slice(axis = width, start = 3, stop = -3)"),
        ("pad([0, -2, -1, 0])", "slice(axis = height, stop = -2) -> slice(axis = width, start = 1)"),
        ("avgpool(global)", "global_avgpool"),
        ("chunk(2)", "chunk(0, 2)"),
        ("conv(8) x3", "repeat 3 { conv(8) }"),
        ("upsample x2", "upsample(2)"),
        ("conv(64, 3) / 2", "conv(64, 3, stride = 2)"),
        ("upconv(64)", "deconv(64, 2, stride = 2)"),
        ("aspp([6, 12])", "concat { | conv(64, 1) | for d in [6, 12, 18]: conv(64, 3, dilation = d) }"),
        ("conv(8) + bn + relu", "conv(64) -> bn"),
        ("norm", "gn(4)"),
        ("split { | conv(8) | skip }", "concat { | conv(8, 1) | conv(8, 3) }"),
    ],
)
def test_what_is_offered_compiles(context: str, typed: str, offered: str) -> None:
    if context is CONTEXTS[1] and offered.startswith("repeat"):
        return  # which steps are meant is not certain
    row = said(context.format(typed))[0]
    assert row.is_error and f"`{offered}`" in (row.help or (row.fix.message if row.fix is not None else "")), row
    assert not [other for other in said(context.format(offered)) if other.is_error]


def test_a_part_that_is_cut_is_as_large_as_pytorchs() -> None:
    (row,) = said(CONTEXTS[0].format("pad([-1, -2, -3, 0])"))
    (offered,) = re.findall(r"`([^`]*slice[^`]*)`", row.help or "")
    assert program_of(CONTEXTS[0].format(offered)).nodes[-1].shape == (16, 29, 29)
    (row,) = said(CONTEXTS[0].format("pad(-20)"))
    assert "slice" not in (row.help or "")


@pytest.mark.parametrize(
    ("typed", "meant"), [("conv(64, 3x3/2)", "conv(64, 3x3, stride = 2)"), ("maxpool(3x3 / 2)", "maxpool(3x3, stride = 2)")]
)
def test_a_stride_behind_a_window(typed: str, meant: str) -> None:
    (row,) = said(CONTEXTS[0].format(typed))
    assert row.code == "E222" and "`3x3, stride = 2`" in (row.help or "")
    assert not [other for other in said(CONTEXTS[0].format(meant)) if other.is_error]


LABELLED = "a: conv(16)\n  b: conv(16)\n  {}"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Add()([a, b])", "add { | skip(a) | skip(b) }"),
        ("layers.Concatenate()([a, b])", "concat { | skip(a) | skip(b) }"),
        ("conv(16) -> + a", "conv(16) -> add { | skip | skip(a) }"),
        ("conv(16) -> * a -> relu", "conv(16) -> mul { | skip | skip(a) } -> relu"),
    ],
)
def test_tensors_that_are_joined_as_elsewhere(typed: str, meant: str) -> None:
    row = said(CONTEXTS[0].format(LABELLED.format(typed)))[0]
    assert row.fix is not None, row
    mended = applied([row])["n.arch"][0]
    assert not [other for other in said(mended) if other.is_error]
    assert shown(mended) == shown(CONTEXTS[0].format(LABELLED.format(meant)))


@pytest.mark.parametrize("typed", ["add(y, z)", "concat(y, z, axis = 1)", "concat([y, z])", "mul(y)"])
def test_a_merge_of_names_that_nothing_has(typed: str) -> None:
    row = said(CONTEXTS[0].format(typed))[0]
    assert row.code == "E234" and "`y` names nothing here" in (row.help or "") and "reduce" not in (row.help or "")
    head = re.findall(r"merge: `([^`{]*) \{", row.help or "")[0]
    assert not [
        other for other in said(CONTEXTS[0].format(f"y: conv(16)\n  z: conv(16)\n  {head} {{ | skip(y) | skip(z) }}")) if other.is_error
    ]


def test_a_condition_behind_an_arrow_is_a_statement() -> None:
    rows = said(CONTEXTS[0].format("conv(8) -> if true: relu"))
    assert [row.code for row in rows] == ["E114", "E117"]
    assert not said(applied(rows)["n.arch"][0])


def test_an_operation_that_a_let_names_is_no_step() -> None:
    (row,) = said(CONTEXTS[0].format("let y = conv(8)"))
    assert row.code == "W504" and "`y: conv(8)`" in (row.help or "")
    assert not said(CONTEXTS[0].format("y: conv(8)")) and not said(CONTEXTS[0].format("let y = conv(8)\n  y"))
    (row,) = said(CONTEXTS[0].format("let y = 8"))
    assert "a `let` runs nothing" not in (row.help or "")


@pytest.mark.parametrize(("sign", "word"), [("⊕", "add"), ("⊗", "mul"), ("‖", "concat")])
def test_signs_of_figures(sign: str, word: str) -> None:
    row = said(CONTEXTS[0].format(f"conv(16) {sign} skip"))[0]
    assert row.code == "E102" and f"`{word} {{" in (row.help or "")


@pytest.mark.parametrize(("line", "name"), [("if use_se { relu }", "use_se"), ("conv(wanted)", "wanted")])
def test_a_value_that_nothing_gives(line: str, name: str) -> None:
    row = said(CONTEXTS[0].format(line))[0]
    assert row.code == "E201" and f"`let {name} = …`" in (row.help or "")
    assert not [other for other in said(CONTEXTS[0].format(f"let {name} = {'true' if 'if' in line else 8}\n  {line}")) if other.is_error]
