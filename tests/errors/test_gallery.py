"""Every code of the manual has an example that provokes it. A file holds both: the program, a line, and what a person then reads.

`ARCHC_UPDATE=1 pytest tests/errors` writes the files anew: read each before it is committed.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from archc.compiler.driver import check
from archc.reporting.codes.table import CODES
from archc.reporting.terminal import to_text

HERE = Path(__file__).parent
LINE = "─" * 80
"""Between the program and the text."""

TEXTUAL = sorted(code for code, row in CODES.items() if row.example and not code.startswith(("F", "W55")))
"""The codes of texts; those of files and calls (F6xx) and of drawing have no text that provokes them."""


@pytest.mark.parametrize("code", TEXTUAL)
def test_gallery(code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path(f"{code.lower()}.arch").write_text(CODES[code].example, encoding="utf-8")
    found = check(f"{code.lower()}.arch").diagnostics
    assert found, "the example is legal"
    assert found[0].code == code, to_text(found)
    assert len({row.code for row in found}) == 1, to_text(found)
    edits = [edit for row in found if row.fix is not None for edit in row.fix.edits]
    assert all(edit.text != edit.span.text for edit in edits), "an edit that changes nothing"
    text = f"{CODES[code].example.rstrip()}\n{LINE}\n{to_text(found)}"
    expected = HERE / f"{code}.txt"
    if os.environ.get("ARCHC_UPDATE"):
        expected.write_text(text, encoding="utf-8")
    assert expected.is_file(), "no expected text: run with ARCHC_UPDATE=1 and read it"
    assert text == expected.read_text(encoding="utf-8")


def test_every_text_has_a_code() -> None:
    assert sorted(path.stem for path in HERE.glob("*.txt")) == TEXTUAL
