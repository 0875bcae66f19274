"""The font of every picture, which archc brings along: how wide a text is in it, and how Graphviz is made to draw with it.

Its letters are as wide as those of Helvetica and Arial, so that an SVG looks the same where only those are installed.
"""

from __future__ import annotations

import os
import struct
import unicodedata
from collections.abc import Mapping
from functools import cache
from html import escape
from pathlib import Path
from shutil import copyfile

from ...base.records import dataclass

FAMILY = "Liberation Sans"
FAMILIES = f"{FAMILY},Arial,Helvetica,sans-serif"
FOLDER = Path(__file__).parent / "fonts"
SYSTEM = "/etc/fonts/fonts.conf"  # fontconfig's own list of the system's fonts


@dataclass(frozen=True, slots=True)
class Metrics:
    """The advance of each letter and the kerning of pairs of glyphs, in parts of an em."""

    glyphs: Mapping[int, int]
    advances: tuple[float, ...]
    kerning: Mapping[int, float]  # by left glyph * 65536 + right glyph

    def width(self, text: str) -> float:
        total, before = 0.0, -1
        for letter in text:
            glyph = self.glyphs.get(ord(letter), -1)
            total += self.advances[glyph] if glyph >= 0 else _foreign(letter)
            if before >= 0 and glyph >= 0:
                total += self.kerning.get(before << 16 | glyph, 0.0)
            before = glyph
        return total


def width(text: str, points: float, bold: bool = False) -> float:
    """How wide a row of text is, in points."""
    return points * metrics(bold).width(text)


def knows(text: str) -> bool:
    """Whether the font has every letter of `text`."""
    return all(ord(letter) in metrics().glyphs or letter in "\n\t\r" for letter in set(text))


@cache
def metrics(bold: bool = False) -> Metrics:
    """Read from the tables of the TrueType file that a width needs; OpenType's specification says what stands where."""
    data = (FOLDER / f"LiberationSans-{'Bold' if bold else 'Regular'}.ttf").read_bytes()
    (count,) = struct.unpack_from(">H", data, 4)
    tables = {}
    for place in range(count):
        tag, _, start, _ = struct.unpack_from(">4sIII", data, 12 + 16 * place)
        tables[tag] = start
    (em,) = struct.unpack_from(">H", data, tables[b"head"] + 18)
    (number,) = struct.unpack_from(">H", data, tables[b"hhea"] + 34)
    pairs = struct.unpack_from(f">{2 * number}H", data, tables[b"hmtx"])
    (glyphs,) = struct.unpack_from(">H", data, tables[b"maxp"] + 4)
    advances = [advance / em for advance in pairs[::2]]
    advances += [advances[-1]] * (glyphs - number)
    return Metrics(_characters(data, tables[b"cmap"]), tuple(advances), _kerning(data, tables[b"kern"], em))


def _characters(data: bytes, cmap: int) -> dict[int, int]:
    """The glyph of each character: the table of Windows' Unicode, in runs of characters (format 4)."""
    (count,) = struct.unpack_from(">H", data, cmap + 2)
    rows = [struct.unpack_from(">HHI", data, cmap + 4 + 8 * place) for place in range(count)]
    table = cmap + next(start for platform, encoding, start in rows if (platform, encoding) == (3, 1))
    (twice,) = struct.unpack_from(">H", data, table + 6)
    runs = twice // 2
    ends, starts, deltas, offsets = (
        struct.unpack_from(f">{runs}H", data, table + 14 + twice * place + (2 if place else 0)) for place in range(4)
    )
    found = {}
    for run in range(runs):
        for code in range(starts[run], ends[run] + 1):
            glyph = code
            if offsets[run]:
                place = table + 16 + 3 * twice + 2 * run + offsets[run] + 2 * (code - starts[run])
                (glyph,) = struct.unpack_from(">H", data, place)
            if not offsets[run] or glyph:
                found[code] = (glyph + deltas[run]) & 0xFFFF
    return {code: glyph for code, glyph in found.items() if glyph}


def _kerning(data: bytes, kern: int, em: int) -> dict[int, float]:
    (count,) = struct.unpack_from(">H", data, kern + 10)
    rows = (struct.unpack_from(">IH", data, kern + 18 + 6 * place) for place in range(count))
    return {pair: (value - 0x10000 if value & 0x8000 else value) / em for pair, value in rows}


def _foreign(letter: str) -> float:
    """About how wide a letter of another font is."""
    if unicodedata.combining(letter) or unicodedata.category(letter) == "Cf":
        return 0.0
    return 1.0 if unicodedata.east_asian_width(letter) in "WF" else 0.6


# ---------------------------------------------------------------------------------------------- Graphviz


def environment(folder: Path, foreign: bool) -> dict[str, str]:
    """The environment of a process that draws: nothing of this machine says which font it takes, or where it keeps what it found.

    `folder` is the process's own; the font is copied there, because fontconfig leaves a file beside the fonts that it reads.
    `foreign`: the system's fonts stand in for letters that ours lacks.
    """
    for file in FOLDER.glob("*.ttf"):
        copyfile(file, folder / file.name)
    settings = folder / "fonts.conf"
    settings.write_text(_settings(folder, foreign), encoding="utf-8")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("FC_", "FONTCONFIG_", "PANGO"))}
    return kept | {
        "FONTCONFIG_FILE": str(settings),
        "LC_ALL": "C.UTF-8",  # the language of a text chooses among its fonts and the forms of its letters
        "PANGOCAIRO_BACKEND": "fc",  # Windows has another one
        "TZ": "UTC",
    }


def _settings(folder: Path, foreign: bool) -> str:
    """Of fontconfig: the font's folder, a folder for its cache and, where needed, what the system says."""
    system = ""
    if foreign:
        other = "<dir>WINDOWSFONTDIR</dir>"
        if os.name != "nt":
            other = f'<include ignore_missing="yes">{escape(os.environ.get("FONTCONFIG_FILE") or SYSTEM)}</include>'
        # Another version of our font may be installed: it would be taken where it is newer.
        choice = f"<acceptfont><glob>{escape(str(folder))}*</glob></acceptfont><rejectfont><glob>*LiberationSans-*</glob></rejectfont>"
        system = f"{other}<selectfont>{choice}</selectfont>"
    return (
        '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd">'
        f"<fontconfig><dir>{escape(str(folder))}</dir><cachedir>{escape(str(folder / 'cache'))}</cachedir>{system}</fontconfig>\n"
    )
