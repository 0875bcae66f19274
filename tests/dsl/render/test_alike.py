"""Doubts that are alike are told once, with the places of the others; what is not alike, and what is counted and mended, stays by itself."""

from __future__ import annotations

from archc.base.diagnostics import Diagnostic
from archc.reporting.alike import LEAST, together
from tests.support import checked

STEP = "  conv({width}, 3) -> bn -> relu\n"


def text(*widths: int, before: str = "") -> str:
    return f"network n {{\n  input x[3, 32, 32]\n{before}{''.join(STEP.format(width=width) for width in widths)}}}\n"


def rows(source: str) -> list[Diagnostic]:
    return list(checked(source, "n.arch").diagnostics)


def test_many_are_told_once_with_the_places_of_the_others() -> None:
    found = rows(text(8, 16, 24, 32))
    assert [row.code for row in found] == ["W502"] * 4
    (told,) = together(found)
    assert told.primary == found[0].primary and told.help == found[0].help
    assert told.notes == ("the same of `conv2` (4:3), `conv3` (5:3), `conv4` (6:3)",)


def test_very_many_are_counted() -> None:
    (told,) = together(rows(text(*range(1, 13))))
    assert told.notes[0].endswith("`conv7` (9:3) and 5 more")


def test_few_stay() -> None:
    found = rows(text(*range(1, LEAST)))
    assert together(found) == found and len(found) == LEAST - 1


def test_what_is_not_alike_stays_in_its_place() -> None:
    found = rows(text(8, 16, 24, before="  deconv(8, 3) -> bn -> dropout(0.0)\n"))
    assert [row.code for row in together(found)] == ["W502", "W505", "W502"]


def test_errors_stay() -> None:
    found = rows("network n {\n  input x[3, 32, 32]\n  conv(a)\n  conv(b)\n  conv(c)\n}\n")
    assert len(found) > 2 and together(found) == found
