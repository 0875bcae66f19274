"""What PyTorch says of a failure is handed on as a quotation of one bounded line, behind archc's own words."""

from __future__ import annotations

from pathlib import Path

import pytest

from archc.compiler.emit.onnx import _cannot
from archc.compiler.files.system_errors import LONGEST_QUOTATION, quoted
from archc.compiler.runtime.weights.reading import read

LONG = "a word of another program " * 40


@pytest.mark.parametrize("text", [LONG, f"{LONG}\n{LONG}", "\n\n  two\twords  \n", "“quoted” — words"])
@pytest.mark.parametrize("line", [0, -1])
def test_a_quotation_is_one_line_and_bounded(text: str, line: int) -> None:
    told = quoted(RuntimeError(text), line)
    assert "\n" not in told and "\t" not in told
    assert told.startswith("it says (RuntimeError): “") and told.endswith("”")
    assert len(told) <= LONGEST_QUOTATION + len("it says (RuntimeError): “”")


def test_an_error_without_words_is_told_by_its_kind() -> None:
    assert quoted(ValueError("  \n ")) == "it raised ValueError, without a word"


def test_an_exporter_that_gives_up_is_quoted_in_a_note() -> None:
    found = _cannot(RuntimeError(f"first\n{LONG}"), "net.onnx")
    assert found.message == "the network cannot be written as ONNX: PyTorch's exporter gives up"
    assert len(found.notes) == 1 and found.notes[0].startswith("it says (RuntimeError): “a word of")
    known = _cannot(RuntimeError("No ONNX function found for <OpOverload(op='aten.some_thing', overload='default')>"), "net.onnx")
    assert known.message.endswith("has no rule for `aten.some_thing`") and known.notes == ()


def test_weights_that_cannot_be_read(tmp_path: Path) -> None:
    file = tmp_path / "w.safetensors"
    file.write_bytes((10).to_bytes(8, "little") + b"{" * 10)
    found = read(str(file))
    assert not hasattr(found, "tensors")
    assert "\n" not in found.message and all(len(row) < 2 * LONGEST_QUOTATION for row in found.notes)  # type: ignore[union-attr]
