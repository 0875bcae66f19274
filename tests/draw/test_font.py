"""The font that archc brings along: pictures are the same bytes whatever fonts a machine has, and letters are seen in them."""

from __future__ import annotations

import json
import re
import zlib
from io import BytesIO
from pathlib import Path
from xml.etree import ElementTree

import pytest

from archc.compiler.draw import draw_text
from archc.compiler.draw.font import FAMILIES, FOLDER, environment, knows, metrics, width
from archc.compiler.draw.graphviz import render
from archc.compiler.draw.style import SMALLEST
from archc.compiler.draw.svg import SVG
from archc.compiler.driver import check
from archc.compiler.files.locate import shipped
from archc.manual.gallery import LEVELS, show
from tests.sample import sample

from .build import Builder, Conv, residual_network

EMPTY = '<?xml version="1.0"?><!DOCTYPE fontconfig SYSTEM "fonts.dtd"><fontconfig>{}</fontconfig>'
OTHER = '<match target="pattern"><edit name="family" mode="assign" binding="strong"><string>DejaVu Serif</string></edit></match>'
SYSTEM = '<include ignore_missing="yes">/etc/fonts/fonts.conf</include>'
GALLERY = Path(__file__).parents[2] / "docs" / "gallery"


@pytest.fixture(params=["no font", "another font", "no home", "another language"])
def elsewhere(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine unlike this one."""
    if request.param in ("no font", "another font"):
        file = tmp_path / "a folder" / "fonts.conf"
        file.parent.mkdir()
        file.write_text(EMPTY.format("" if request.param == "no font" else SYSTEM + OTHER))
        monkeypatch.setenv("FONTCONFIG_FILE", str(file))
    elif request.param == "no home":
        for name in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
            monkeypatch.setenv(name, str(tmp_path / "gone"))
        spaced = tmp_path / "a <folder> & more"
        spaced.mkdir()
        monkeypatch.setattr("tempfile.tempdir", str(spaced))
    else:
        for name, value in {"LC_ALL": "tr_TR.UTF-8", "LANG": "ja_JP", "PANGO_LANGUAGE": "ja", "TZ": "Asia/Tokyo", "FC_DEBUG": "1"}.items():
            monkeypatch.setenv(name, value)


HERE = {form: draw_text(residual_network(), form).data for form in ("svg", "png", "pdf", "html", "tex")}


@pytest.mark.parametrize("form", HERE)
@pytest.mark.usefixtures("elsewhere")
def test_the_same_bytes_on_every_machine(form: str) -> None:
    assert HERE[form] is not None
    assert draw_text(residual_network(), form).data == HERE[form]


def test_nothing_is_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    assert isinstance(render("digraph { a }", "png"), bytes)
    assert not list(tmp_path.iterdir())
    assert sorted(file.name for file in FOLDER.iterdir()) == ["LICENSE", "LiberationSans-Bold.ttf", "LiberationSans-Regular.ttf"]


def test_no_place_for_temporary_files_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "gone"))
    drawn = draw_text(residual_network(), "svg")
    assert drawn.data is None
    (said,) = drawn.diagnostics
    assert said.code == "F601"
    assert "no place for temporary files" in said.message


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(shipped(), one_in=8))
def test_the_gallery_is_what_archc_draws(name: str) -> None:
    """Byte for byte; `make gallery` makes it anew."""
    shown = show(name)
    assert not isinstance(shown, tuple)
    if shown is None:
        return
    assert shown.section() in (GALLERY.parent / "gallery.md").read_text(encoding="utf-8")
    for level, picture in zip(LEVELS, shown.pictures, strict=True):
        assert (GALLERY / f"{name}-{level}.svg").read_bytes() == picture


# ------------------------------------------------------------------------------------------------ letters


def ink(letter: str) -> tuple[int, int, bytes]:
    """The dark part of a picture of one letter: its width, its height and its pixels."""
    from PIL import Image

    made = render(f'digraph {{ graph [dpi=200, pad=0.2] a [shape=none, fontname="{FAMILIES}", fontsize=24, label="{letter}"] }}', "png")
    assert isinstance(made, bytes)
    grey = Image.open(BytesIO(made)).convert("L").point(lambda value: 255 if value < 128 else 0)
    box = grey.getbbox()
    assert box is not None
    return box[2] - box[0], box[3] - box[1], grey.crop(box).tobytes()


@pytest.mark.usefixtures("elsewhere")
def test_letters_are_seen_in_a_bitmap() -> None:
    """A font that is not there draws the same box for every letter; an A is a triangle, an i a thin line, a period a dot."""
    found = {letter: ink(letter) for letter in "Ai.o→×"}
    assert len({pixels for _, _, pixels in found.values()}) == len(found)
    wide, high, pixels = found["A"]
    assert wide > 3 * found["i"][0]
    assert high > 3 * found["."][1]
    top, bottom = pixels[: wide * (high // 10)], pixels[-wide * (high // 10) :]
    assert top.strip(b"\0").count(255) < len(top) / 3  # an apex
    left, _, right = bottom.partition(bytes(wide // 2))  # two feet, and nothing between them
    assert left and right and 255 in left and 255 in right


@pytest.mark.usefixtures("elsewhere")
def test_a_pdf_embeds_its_font() -> None:
    data = draw_text(residual_network(), "pdf").data
    assert data is not None
    assert set(re.findall(rb"/BaseFont /\w{6}\+([\w-]+)", data)) == {b"LiberationSans", b"LiberationSans-Bold"}
    assert data.count(b"/FontFile") == data.count(b"/Type /FontDescriptor") >= 2
    streams = [zlib.decompress(part) for part in re.findall(rb"stream\r?\n(.*?)endstream", data, re.DOTALL) if part[:1] == b"x"]
    assert any(b"beginbfchar" in text or b"beginbfrange" in text for text in streams)  # letters can be searched and copied


def test_the_font_has_every_letter_of_archcs_own() -> None:
    for name in sample(shipped(), 3):
        checked = check(name)
        if checked.program is not None:
            dot = draw_text(checked.graph, "dot").data
            assert dot is not None
            assert knows(dot.decode()), name
    assert not knows("日")


def test_a_letter_of_another_font_is_asked_of_the_system(tmp_path: Path) -> None:
    """Ours still draws all that it can: another version of it is turned away."""
    for foreign in (True, False):
        made = environment(tmp_path, foreign)
        text = Path(made["FONTCONFIG_FILE"]).read_text()
        ElementTree.fromstring(text)
        assert ("<include" in text or "WINDOWSFONTDIR" in text) == foreign
    build = Builder("日本")
    build.input(3, 8, 8)
    build.place(Conv(4), label="层一")
    build.output()
    drawn = draw_text(build.graph(), "svg")
    assert drawn.data is not None
    rows = ["".join(text.itertext()) for text in ElementTree.fromstring(drawn.data).iter(f"{{{SVG}}}text")]
    assert rows


# ------------------------------------------------------------------------------------------------- widths


def test_widths_are_the_fonts_own() -> None:
    """Those of Helvetica, as every list of its metrics has them: thousandths of an em."""
    for bold, advances in (
        (False, {"A": 667, "i": 222, "0": 556, " ": 278, "W": 944}),
        (True, {"A": 722, "i": 278, "0": 556, " ": 278, "W": 944}),
    ):
        for letter, advance in advances.items():
            assert width(letter, 1000, bold) == pytest.approx(advance, abs=0.6)
    assert width("AV", 1000) < width("A", 1000) + width("V", 1000)  # kerned
    assert width("日", 10) == 10
    assert len(metrics().glyphs) == len(metrics(True).glyphs) == 2327


def test_texts_are_laid_out_as_wide_as_they_are_measured() -> None:
    """But for a few hundredths: Graphviz sets every letter on a whole pixel."""
    dot = draw_text(check("resnext50").graph, "dot").data
    assert dot is not None
    made = render(dot.decode(), "json")
    assert isinstance(made, bytes)
    graph = json.loads(made)
    rows = 0
    for item in (graph, *graph["objects"], *graph["edges"]):
        size, bold = SMALLEST, False
        for step in item.get("_ldraw_", ()):
            if step["op"] == "F":
                size = step["size"]
            elif step["op"] == "t":
                bold = bool(step["fontchar"] & 1)
            elif step["op"] == "T":
                rows += 1
                measured = width(step["text"], size, bold)
                assert step["width"] == pytest.approx(measured, rel=0.03, abs=1.6), step
    assert rows > 40


def test_a_row_keeps_its_width_in_another_font() -> None:
    """And it stays text, to be selected and searched."""
    data = HERE["svg"]
    assert data is not None
    root = ElementTree.fromstring(data)
    assert root.get("font-family") == FAMILIES
    texts = list(root.iter(f"{{{SVG}}}text"))
    assert texts
    for text in texts:
        assert text.get("lengthAdjust") == "spacingAndGlyphs"
        plain = width("".join(text.itertext()), float(text.attrib["font-size"]))
        assert 0.8 * plain < float(text.attrib["textLength"]) < 1.3 * plain
