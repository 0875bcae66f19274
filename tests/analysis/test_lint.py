"""Doubts are of what a user would doubt, too: a false alarm is a fault, and what a warning advises must work."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.compiler.driver import check
from archc.compiler.files.locate import shipped
from tests.sample import sample
from tests.support import checked as checked_text


def doubts(body: str, shape: str = "3, 32, 32", before: str = "", parameters: str = "") -> list[Diagnostic]:
    text = f"{before}\nnetwork n{parameters} {{\n  input x[{shape}]\n{body}\n}}\n"
    checked = checked_text(text, "n.arch")
    assert not checked.has_errors, [row.message for row in checked.diagnostics]
    return list(checked.diagnostics)


def codes(body: str, shape: str = "3, 32, 32", before: str = "", parameters: str = "") -> list[str]:
    return [row.code for row in doubts(body, shape, before, parameters)]


QUIET = {
    "an even kernel whose stride makes up for it": ("conv(8, 4, stride = 2)", "3, 64, 64", "", ""),
    "a kernel of 2 with a stride of 2": ("conv(8, 2, stride = 2)", "3, 64, 64", "", ""),
    "a batch norm of vectors": ("global_avgpool -> flatten -> linear(8, bias = false) -> bn", "3, 32, 32", "", ""),
    "a row that a pad has added": ("pad(1) -> maxpool(3, stride = 2)", "3, 112, 112", "", ""),
    "a pool to the size that is there": ("adaptive_avgpool(32)", "3, 32, 32", "", ""),
    "a dropout that a parameter turns off": ("conv(8) -> dropout(drop)", "3, 32, 32", "", "(drop = 0.0)"),
    "the first of a growing row of dropouts": ("for p in [0.0, 0.1] { conv(3) -> drop_path(p) }", "3, 32, 32", "", ""),
    "a bias that is asked for": ("conv(8, bias = true) -> bn", "3, 32, 32", "default conv(bias = false)", ""),
    "a group norm of single channels": ("gn(3)", "3, 32, 32", "", ""),
    "parameters that the caller of a value gives": (
        "both(mine)",
        "3, 32, 32",
        "block mine(out, groups) { conv(out) }\nblock both(unit) { unit(4, groups = 1) -> unit(8, groups = 1) }",
        "",
    ),
    "a partial block as a value": (
        "f(mine(groups = 1))",
        "3, 32, 32",
        "block mine(out, groups) { conv(out) }\nblock f(unit) { unit(4) }",
        "",
    ),
    "a label that names weights in another round": (
        'for i in range(2) { "c{i}": side(i) }',
        "3, 32, 32",
        "block side(i) { if i > 0 { conv(3) } }",
        "",
    ),
}


@pytest.mark.parametrize("title", QUIET)
def test_no_false_alarm_of(title: str) -> None:
    assert codes(*QUIET[title]) == []


LOUD = {
    "an even kernel that loses a row": ("conv(8, 4)", "3, 64, 64", "W507"),
    "a batch norm behind a global pool": ("global_avgpool -> conv(8, 1, bias = false) -> bn", "3, 32, 32", "W506"),
    "a dropout of nothing": ("conv(8) -> dropout(0.0)", "3, 32, 32", "W505"),
    "a dropout of nothing, by name": ("conv(8) -> dropout(p = 0.0)", "3, 32, 32", "W505"),
    "patches that begin in the padding": ("conv(8, 4, stride = 4)", "3, 32, 32", "W503"),
    "one channel a group": ("conv(12, 3, groups = 12)", "24, 8, 8", "W508"),
}


@pytest.mark.parametrize("title", LOUD)
def test_there_is_a_warning_of(title: str) -> None:
    body, shape, code = LOUD[title]
    assert codes(body, shape) == [code]


@pytest.mark.parametrize(
    ("body", "shape", "advised", "instead"),
    [
        (
            "conv(16, 11, stride = 3, pad = 0)",
            "3, 250, 250",
            "`pad = 1` reads them (81x81 instead of 80x80",
            "conv(16, 11, stride = 3, pad = 1)",
        ),
        ("conv(8, 4, stride = 4)", "3, 32, 32", "`pad = 0` reads them", "conv(8, 4, stride = 4, pad = 0)"),
        ("maxpool(2)", "3, 33, 33", "`ceil = true` reads them", "maxpool(2, ceil = true)"),
        ("conv(8, 2, stride = 3, pad = 0)", "3, 8, 8", "a stride of 2 at most", "conv(8, 2, stride = 2, pad = 0)"),
    ],
)
def test_what_reads_all_rows_is_named_and_does(body: str, shape: str, advised: str, instead: str) -> None:
    (doubt,) = doubts(body, shape)
    assert doubt.code == "W503"
    assert doubt.help is not None and advised in doubt.help
    assert codes(instead, shape) == []


def test_a_padding_that_would_break_what_follows_is_not_advised() -> None:
    """With one row more the paths would no longer meet."""
    body = "add {\n| conv(4, 3, stride = 2, pad = 0)\n| conv(4, 3, stride = 2, pad = 0) -> identity\n}"
    found = doubts(body, "3, 32, 32")
    assert [row.code for row in found] == ["W503", "W503"]
    assert all("pad = 1" not in (row.help or "") for row in found)


@pytest.mark.parametrize("network", sample(shipped()))
def test_no_shipped_network_is_doubted(network: str) -> None:
    assert [row.code for row in check(network).diagnostics] == []
