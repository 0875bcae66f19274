"""`in` is what enters a body, `here` what the step before gave: where one was written for the other, the other is offered, and compiles."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied


def said(text: str) -> tuple[Diagnostic, ...]:
    return check_source(Source.of("n.arch", text)).diagnostics


def net(body: str) -> str:
    return f"network net {{\n  input image[32, 16, 16]\n  {body}\n}}\n"


@pytest.mark.parametrize(
    "body",
    [
        "add { | skip | conv(4 * in.channels, 1) -> gelu -> conv(in.channels / 4, 1) }",
        "add { | skip | mlp: { conv(4 * in.channels, 1) -> gelu -> conv(in.channels / 4, 1) } }",
        "add { | conv(2 * in.channels, 1) -> relu -> conv(channels = in.channels // 2, kernel = 1) | skip }",
        "tokens -> add { | skip | linear(4 * in.channels) -> gelu -> linear(in.channels / 4) }",
        "tokens -> add { | skip | linear(4 * in.features) -> gelu -> linear(in.features / 4) }",
    ],
)
def test_the_width_of_the_step_before(body: str) -> None:
    (row,) = said(net(body))
    assert row.code == "E301" and row.fix is not None and "`here." in (row.help or "")
    assert not said(applied([row])["n.arch"][0])


@pytest.mark.parametrize(
    "body", ["add { | skip | conv(in.channels / 4, 1) -> relu }", "add { | skip | conv(8 + in.channels) -> conv(in.channels + 4) }"]
)
def test_what_another_word_would_not_mend_is_mended_otherwise(body: str) -> None:
    assert all("`here." not in (row.help or "") for row in said(net(body)))


def test_a_size_of_the_step_before() -> None:
    body = "for d in range(2) {\n    skip(image)\n    if in.height > 8 { avgpool(2) }\n    tokens -> linear(8)\n  }"
    row = said(net(body))[0]
    assert row.code == "E227" and row.fix is not None and "`here.height`" in (row.help or "")
    assert not [other for other in said(applied([row])["n.arch"][0]) if other.is_error]
    (row,) = said(net("tokens -> add { | skip | linear(in.height) }"))
    assert row.code == "E227" and "here" not in (row.help or "")


def test_two_calls_of_a_flat_block() -> None:
    text = "block gate(n) flat { LABEL: conv(32) -> relu }\n" + net("gate(1) -> gate(2)")
    row = said(text.replace("LABEL", "a"))[0]
    assert row.code == "E209" and "the calls of a `flat` block by a parameter" in (row.help or "")
    assert not [row for row in said(text.replace("LABEL", '"a{n}"')) if row.is_error]
    row = said(net("for i in range(2) { relu }\n  a: conv(32) -> a: conv(32)"))[0]
    assert row.code == "E209" and (row.help or "").startswith("give one of them another label")
