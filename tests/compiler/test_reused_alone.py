"""`reuse(label)` of the first step of a longer line: doubted where nothing follows it, and its remedy shares the whole line."""

from __future__ import annotations

import re

import pytest

from tests.support import checked, program_of

HEAD = "network n {\n  input a[8, 16, 16]\n  input b[8, 16, 16]\n  skip(a) -> "
DOUBTED = {
    "two towers": "tower: conv(8) -> relu -> conv(8) -> relu\n  fa: skip\n  skip(b) -> reuse(tower)\n  fb: skip\n  add { | skip(fa) | skip(fb) }",
    "a head on levels": "head: conv(16) -> relu -> conv(4)\n  o3: skip\n  skip(b) -> o4: reuse(head)\n  output o3, o4",
    "joined on the line below": "tower: conv(8) -> relu\n  fa: skip\n  skip(b) -> reuse(tower)\n  add { | skip(fa) | skip }",
    "in rounds": "d: conv(8) -> relu\n  repeat 3 { reuse(d) }\n  add { | skip | skip(b) }",
    "as a path": "d: conv(8) -> relu\n  add { | skip | skip(b) -> reuse(d) }",
}
MEANT = {
    "one step, and another norm": "c: conv(8) -> bn\n  add { | skip | skip(b) -> reuse(c) -> bn }",
    "the rest on the line below": "c: conv(8) -> relu\n  fa: skip\n  skip(b) -> reuse(c)\n  relu\n  add { | skip | skip(fa) }",
    "the rest behind the merge": "c: conv(8) -> relu\n  add { | skip | skip(b) -> reuse(c) } -> relu",
    "a line of one step": "c: conv(8)\n  relu\n  add { | skip | skip(b) -> reuse(c) }",
    "a group": "c: { conv(8) -> relu } -> gelu\n  add { | skip | skip(b) -> reuse(c) }",
    "rounds of both": "c: conv(8) -> relu\n  repeat 3 { reuse(c) -> relu }\n  add { | skip | skip(b) }",
    "a name for what the line gives": "c: conv(8) -> d: skip\n  add { | skip(d) | skip(b) -> reuse(c) }",
}


def codes(text: str) -> list[str]:
    return [row.code for row in checked(text).diagnostics if row.code == "W529" or row.is_error]


@pytest.mark.parametrize("title", DOUBTED)
def test_one_step_of_a_line_is_doubted(title: str) -> None:
    text = f"{HEAD}{DOUBTED[title]}\n}}\n"
    assert codes(text) == ["W529"]
    [row] = [row for row in checked(text).diagnostics if row.code == "W529"]
    written = re.search(r"`((\w+): \{ .* \})`", str(row.help))
    assert written is not None
    mended = re.sub(rf"{written[2]}: (?:\w+\([^)]*\)|\w+)(?: -> (?:\w+\([^)]*\)|\w+))+", written[1], text, count=1)
    assert mended != text and codes(mended) == []
    used = [node for node in program_of(mended).nodes if node.shares is not None]
    assert len(used) > len([node for node in program_of(text).nodes if node.shares is not None])


@pytest.mark.parametrize("title", MEANT)
def test_what_may_well_be_meant_is_not(title: str) -> None:
    assert codes(f"{HEAD}{MEANT[title]}\n}}\n") == []


def test_it_can_be_allowed() -> None:
    text = f"{HEAD}{DOUBTED['as a path']}  # allow W529\n}}\n"
    assert codes(text) == []
