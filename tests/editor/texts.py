"""Texts that the tests of the editor ask about, and places in them."""

from __future__ import annotations

from pathlib import Path

from archc.editor.service import Service

GOOD = """\
from resnet import basic

# ein Kommentar mit Umlauten: äöü 😀
let depth = 3

## A cell of two ways.
block cell(out, stride = 1) {
  let width = out / 4
  add {
    | conv(width, 1, bias = false) -> bn -> conv(out, 3, stride = stride)
    | if stride == 1 and in.channels == out: skip
    | if stride != 1: conv(out, 1, stride = stride)
  }
}

network small(classes = 10) {
  input image[3, 32, 32]
  stem: conv(64)
  stage body {
    repeat depth as i { cell(64) }
    cell(128, stride = 2)
  }
  basic(128)
  global_avgpool -> flatten -> fc: linear(classes)
}
"""
BROKEN = GOOD.replace("cell(128, stride = 2)", "cell(128, stride = 2) -> conv(64, groups = 3)")
HALF = GOOD.replace("  basic(128)\n", "  basic(128) -> conv(\n")


def service(folder: Path, text: str, name: str = "small.arch") -> tuple[Service, str]:
    """A service that has the text open, and the path of it. `|@|` in a text is a cursor, and does not count."""
    path = str(folder / name)
    made = Service()
    made.open(path, text.replace("|@|", ""))
    return made, path


def place(text: str, words: str, within: int = 0) -> int:
    """The offset of the first `words`, and `within` more."""
    return text.index(words) + within


def cursor(text: str) -> int:
    """Where `|@|` stands."""
    return text.index("|@|")
