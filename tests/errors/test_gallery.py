"""Every code of the manual has an example that provokes it; what a person then reads stands beside it.

`ARCHC_UPDATE=1 pytest tests/errors` writes the texts anew: read each before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archc.compiler.elaborate import elaborate
from archc.dsl.codes import CODES
from archc.dsl.diagnostics import Diagnostic
from archc.dsl.parser import parse
from archc.dsl.render import to_text
from archc.dsl.source import Source

HERE = Path(__file__).parent
TEXTUAL = sorted(code for code, row in CODES.items() if row.example and not code.startswith("F"))


def library(path: tuple[str, ...], asking: Source) -> Source | None:
    """The file itself (for the import that goes in a circle) and the shipped library."""
    if "/".join(path) + ".arch" == asking.name:
        return asking
    file = HERE.parents[1] / "architectures" / ("/".join(path) + ".arch")
    return Source.of(f"{'/'.join(path)}.arch", file.read_text(encoding="utf-8")) if file.is_file() else None


def diagnose(name: str, text: str) -> tuple[Diagnostic, ...]:
    file, diagnostics = parse(Source.of(name, text))
    _, more = elaborate(file, loader=library)
    return (*diagnostics, *more)


@pytest.mark.parametrize("code", TEXTUAL)
def test_gallery(code: str) -> None:
    found = diagnose(f"{code.lower()}.arch", CODES[code].example)
    assert found, "the example is legal"
    assert found[0].code == code, to_text(found)
    assert len({row.code for row in found}) == 1, to_text(found)
    text = to_text(found)
    expected = HERE / f"{code}.txt"
    if os.environ.get("ARCHC_UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert expected.is_file(), "no expected text: run with ARCHC_UPDATE=1 and read it"
    assert text == expected.read_text(encoding="utf-8")


def test_every_text_has_a_code() -> None:
    assert sorted(path.stem for path in HERE.glob("*.txt")) == TEXTUAL
