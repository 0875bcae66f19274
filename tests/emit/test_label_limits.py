"""Labels that Python cannot say: its own source holds them, and of the formats not all."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch

from archc import ArchError, Network

TEXT = """network n {
  input x[3, 16, 16]
  "class": conv(4, 3) -> relu
  stage "größe" { "in": conv(4, 3) -> "ﬁ": conv(4, 3) }
  global_avgpool -> flatten -> "import": linear(2)
}
"""
KEYS = ("class", "größe.in", "größe.ﬁ", "import")


def network(text: str = TEXT) -> Network:
    return Network.from_text(text)


def labels_told(attempt: Callable[[], object]) -> list[str]:
    """The labels that are refused, each at its step."""
    with pytest.raises(ArchError) as error:
        attempt()
    rows = error.value.diagnostics
    assert {row.code for row in rows} == {"F627"}
    assert all(row.primary.span.text in TEXT for row in rows)
    return [row.message.split("`")[1] for row in rows]


def test_the_source_has_them_as_keys() -> None:
    assert [*network().to_module().state_dict()] == [f"{key}.{name}" for key in KEYS for name in ("weight", "bias")]


def test_the_optimised_file_has_names_of_its_own(tmp_path: Path) -> None:
    plain = network().to_module().eval()
    made = network().to_torchscript(plain.state_dict(), optimize=True)
    made.save(tmp_path / "n.pt")
    image = torch.rand(2, 3, 16, 16)
    with torch.no_grad():
        torch.testing.assert_close(torch.jit.load(tmp_path / "n.pt")(image), plain(image))


def test_torchscript_says_which_it_does_not_hold() -> None:
    assert labels_told(network().to_torchscript) == ["class", "größe", "import", "in", "ﬁ"]


def test_the_exporters_hold_letters_beyond_ascii(tmp_path: Path) -> None:
    assert labels_told(network().to_export) == ["class", "import", "in", "ﬁ"]
    program = network(TEXT.replace('"class"', "klass").replace('"in"', "inner").replace('"import"', "last").replace("ﬁ", "ö")).to_export()
    torch.export.save(program, tmp_path / "n.pt2")
    assert torch.export.load(tmp_path / "n.pt2").module()(torch.rand(2, 3, 16, 16)).shape == (2, 2)


def test_the_exporter_to_onnx_as_well(tmp_path: Path) -> None:
    pytest.importorskip("onnxscript")
    assert labels_told(lambda: network().to_onnx(tmp_path / "n.onnx")) == ["class", "import", "in", "ﬁ"]
    assert not (tmp_path / "n.onnx").exists()
