"""Names that begin with a digit, bodies with nothing in them, and names that hide an operation: told, and what is offered works."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check, check_source
from archc.reporting.fixes import applied


def said(text: str) -> tuple[Diagnostic, ...]:
    return check_source(Source.of("n.arch", text)).diagnostics


def net(body: str) -> str:
    return f"network net {{\n  input image[3, 32, 32]\n  {body}\n}}\n"


FILE = "block double(w) { conv(w) -> conv(w) }\n"


@pytest.mark.parametrize("stem", ["18b", "2d_unet", "3d-unet", "18"])
@pytest.mark.parametrize(
    "form", ["from {} import double", "import {}", 'from "{}.arch" import double', 'import "{}"', "from ./{}.arch import double"]
)
def test_a_file_whose_name_begins_with_a_digit(stem: str, form: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    call = "double(8)" if form.startswith("from") else "CALL(8)"
    rows = said(f"{form.format(stem)}\n" + net(call))
    help = next(row.help for row in rows if row.help and "call it" in row.help)
    file, line = re.findall(r"`([^`]+)`", help)
    Path(file).write_text(FILE, encoding="utf-8")
    call = call.replace("CALL", f"{file.removesuffix('.arch')}.double")
    Path("mine.arch").write_text(f"{line}\n" + net(call), encoding="utf-8")
    assert not check("mine.arch").diagnostics


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("block 3conv(w) { conv(w) }", "block conv3(w) { conv(w) }"),
        ("block 3x3(w) { conv(w) }", None),
        ("let 2w = 3", "let w2 = 3"),
        ("network 18b { input x[3, 8, 8] conv(8) }", "network b18 { input x[3, 8, 8] conv(8) }"),
    ],
)
def test_a_part_whose_name_begins_with_a_digit(before: str, after: str | None) -> None:
    row = said(f"{before}\n" + net("conv(8)"))[0]
    assert row.is_error
    if after is not None:
        (written,) = re.findall(r"digits behind: `([^`]+)`", row.help or "")
        assert re.sub(r"^\w+ \w+", written, before) == after


@pytest.mark.parametrize("line", ["1a: conv(8)", '"1a": conv(8)\n  add { | conv(8) | skip(1a) }'])
def test_a_label_that_begins_with_a_digit(line: str) -> None:
    row = said(net(line))[0]
    assert row.code == "E105" and row.fix is not None
    assert not said(applied([row])["n.arch"][0])


def test_a_number_times_a_name() -> None:
    (row,) = said(net("let w = 8\n  conv(2w)"))
    assert "`2 * w`" in (row.help or "") and not said(net("let w = 8\n  conv(2 * w)"))
    (row,) = said(net("3a"))
    assert "product" not in (row.help or "")


@pytest.mark.parametrize(
    "body",
    [
        "stage s { }",
        "repeat 3 { }",
        "for k in [1, 2] { }",
        "if true { }",
        "{ }",
        "aux a { }",
        "add { | conv(3) | { } }",
        "stage s { # todo\n }",
    ],
)
def test_a_body_with_nothing_in_it(body: str) -> None:
    rows = said(net(body))
    assert [row.code for row in rows] == ["W533"]
    assert not said(net(re.sub(r"\{ (# todo\n )?\}", "{ skip }", body))) or "for k" in body


@pytest.mark.parametrize(
    "body",
    [
        "if false { } else { conv(8) }",
        "add { | conv(3) | if true: skip }",
        "concat { | repeat 2: conv(3) }",
        "concat { | for k in [1, 3]: conv(3, k) }",
    ],
)
def test_bodies_that_may_be_empty(body: str) -> None:
    assert not said(net(body))


@pytest.mark.parametrize("word", ["relu", "dropout", "bn"])
def test_a_block_that_hides_an_operation(word: str) -> None:
    text = f"block {word} {{ gelu }}\n" + net(f"conv(8, bias = false) -> {word}")
    (row,) = said(text)
    assert row.code == "W534"
    (better,) = re.findall(r"`([^`]+)`", row.help or "")
    assert not said(text.replace(f"block {word}", f"block {better}").replace(f"-> {word}", f"-> {better}"))


def test_a_block_beside_an_operation_of_another_form() -> None:
    assert not said("block stack(n) { repeat n { conv(8) } }\n" + net("stack(2)"))
    assert [row.code for row in said("block stack takes a, b { add { | skip(a) | skip(b) } }\n" + net("stack { | skip | conv(3) }"))] == [
        "W534"
    ]


@pytest.mark.parametrize("word", ["skip", "split"])
def test_a_block_that_nothing_can_call(word: str) -> None:
    assert [row.code for row in said(f"block {word}(n) {{ repeat n {{ gelu }} }}\n" + net("conv(8)"))] == ["W534"]


@pytest.mark.parametrize("definition", ["block bn { bn -> relu }", "block relu { conv(8) -> relu }"])
def test_an_operation_in_the_block_that_hides_it(definition: str) -> None:
    word = definition.split()[1]
    text = f"{definition}\n" + net(word)
    row = said(text)[0]
    assert row.code == "E401" and f"`my_{word}`" in (row.help or "")
    assert not [
        row for row in said(text.replace(f"block {word}", f"block my_{word}").replace(f"  {word}\n", f"  my_{word}\n")) if row.is_error
    ]


def test_a_value_that_hides_an_operation() -> None:
    row = said(net("let relu = 3\n  conv(relu) -> relu"))[0]
    assert row.code == "E211" and "hides the operation" in (row.help or "")


def test_the_size_that_does_not_fall_into_blocks_has_its_own_name() -> None:
    row = said(net("upsample(size = 15) -> relu -> pixel_unshuffle(2)"))[0]
    assert row.code == "E310" and any(label.message == "`height` is 15, decided here" for label in row.secondary)
    assert row.fix is not None or "factor = 3 or 5 or 15" in (row.help or "")
    row = said(net("upsample(size = 15x20) -> pixel_unshuffle(3)"))[0]
    assert "factor = 5" in (row.help or "") and not said(net("upsample(size = 15x20) -> pixel_unshuffle(5)"))


def test_an_axis_that_is_to_be_told_is_offered_with_its_size() -> None:
    text = net("reshape([4, 24, 32]) -> softmax")
    row = said(text)[0]
    assert row.code == "E331"
    for offered in ("axis = 0", "axis = 1", "axis = 2"):
        assert f"`{offered}`" in (row.help or "") and not said(text.replace("softmax", f"softmax({offered})"))


@pytest.mark.parametrize("head", ["add", "mean"])
def test_rounds_of_a_path_that_add_up_to_one_layer(head: str) -> None:
    (row,) = said(net(f"conv(8) -> {head} {{ | repeat 3: conv(8) | skip }}"))
    assert row.code == "W535" and row.fix is not None
    mended = applied([row])["n.arch"][0]
    assert "| repeat 3 { conv(8) } | skip" in mended and not said(mended)


@pytest.mark.parametrize(
    "body",
    [
        "concat { | repeat 3: conv(8) | skip }",
        "conv(8) -> add { | repeat 4: conv(4, 1) -> relu -> conv(8, 1) | skip }",
        "conv(8) -> add { | repeat 3 { conv(8) } | skip }",
    ],
)
def test_rounds_of_a_path_that_are_several(body: str) -> None:
    assert not [row for row in said(net(body)) if row.code == "W535"]
