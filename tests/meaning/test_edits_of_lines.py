"""Lines of Python's that edits once made another network of: they are put into steps that mean the same, or left as they are."""

from __future__ import annotations

import pytest

from tests.support import checked, errors_of, mended


def net(body: str, before: str = "") -> str:
    lines = "".join(f"  {line}\n" for line in body.split("\n"))
    return f"{before}network n {{\n  input x[4, 16, 16]\n{lines}}}\n"


LEFT = {
    "a name given anew, and then what came in": "x = conv(4)(x)\naux = relu(x)\nreturn foo(x)",
    "steps before it, and a name for the input or for what is at hand": "conv(4) -> relu\nreturn x",
    "a tensor behind an arrow": "conv(4) -> relu(x)",
    "a shortcut that steps without a name went on from": "shortcut = x\nconv(4) -> bn\nx = x + shortcut",
    "a loop that gives on what steps would take from before it": "h = relu(x)\nfor i in range(2) {\n  x = conv(4)(x)\n}",
    "a layer within a call, at the end": "conv1: conv(4)\nz = self.conv1(x + x)\nx = z * 2\nh = F.relu(x)\nz = F.avg_pool2d(h, 3, 1, 1)\nreturn F.relu(self.conv1(x))",
    "a choice of tensors": "a: conv(4)\nb: conv(4)\nc = a if True else b",
    "a product of matrices": "a: conv(4)\nb: conv(4)\nc = a @ b",
    "which goes on from which": "a = conv(4, 1)\nb = conv(4, 3)\nconcat(a, b)",
    "a step as a value, and what it gave": "let a = conv(4)\nlet b = a -> relu\nlet c = a -> sigmoid\nadd { | skip(b) | skip(c) }",
    "a label beside what it is": "let y = conv(4) -> relu\nadd { | skip | y }",
}
"""Of these nobody knows what is meant, or there are no steps for it."""


@pytest.mark.parametrize("title", LEFT)
def test_what_is_not_certain_is_left(title: str) -> None:
    text = net(LEFT[title])
    found, _ = mended(text)
    assert checked(found).program is None
    assert errors_of(text)
    # What is written otherwise is a word, never which step takes what.
    assert found.replace("true", "True").splitlines() == text.splitlines()
    assert all(row.help for row in errors_of(text) if row.code in ("E116", "E124"))


def test_what_is_withheld_is_told() -> None:
    [row] = [row for row in errors_of(net("conv(4) -> relu\nreturn x")) if row.code == "E109"]
    assert row.fix is None and row.notes[-1].startswith("no edit is made") and "`skip(a)`" in str(row.help)


def test_a_body_beside_it_is_edited() -> None:
    """Withheld is what stands in one body, not what stands in others."""
    block = "block res takes a {\n  a = relu(a)\n}\n"
    found, _ = mended(net("conv(4) -> relu -> res\nreturn x", block))
    assert "a = relu(a)" not in found and "return x" in found


def test_mistakes_of_archcs_own_are_edited_as_before() -> None:
    """A body without lines of Python's is none of this."""
    found, _ = mended(net("cnov(8) -> relu\nadd { | skip | conv(8) } => bn"))
    assert checked(found).program is not None


def helps(body: str) -> list[str]:
    return [str(row.help) for row in errors_of(net(body)) if row.help]


def test_of_a_name_that_steps_went_on_from_both_tensors_are_told() -> None:
    """In Python `x` would be what the steps gave, and it is the name of the input here."""
    *_, told = helps("shortcut = x\nconv(4) -> bn\nx = x + shortcut")
    assert told == "write `add { | skip | skip(shortcut) }`; `skip(x)` is what came in, before the steps that stand between"
    text = net("shortcut: skip\nconv(4) -> bn\nadd { | skip | skip(shortcut) }")
    assert not errors_of(text)


def test_where_lines_give_every_name_there_is_no_other_tensor() -> None:
    assert helps("h = conv(4)(x)\nx = x + h")[-1] == "write `add { | skip(x) | skip }`"


def test_advice_on_a_body_stands_once() -> None:
    first, second = helps("conv(4) -> relu\nreturn F.relu(x)")
    assert first.startswith("write it in steps") and second == "in archc it is `relu`"


def test_a_condition_is_no_label() -> None:
    for text in (net("if True:\n  conv(3)"), net("add { | if True: conv(4) | skip }")):
        found, _ = mended(text)
        assert checked(found).program is not None and "if true" in found
