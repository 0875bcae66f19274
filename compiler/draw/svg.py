"""What Graphviz's SVG lacks: a title and a description, text that stays in its box in any font, tooltips, nothing that varies."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from xml.etree import ElementTree

from .font import FAMILIES, knows, width

SVG = "http://www.w3.org/2000/svg"
XLINK = "http://www.w3.org/1999/xlink"
SPACE = "{http://www.w3.org/XML/1998/namespace}space"
CORNER = 4.5  # points
COLUMN = 2.5  # points between pieces of text that are none of one row
NUMBER = re.compile(r"-?\d+(?:\.\d+)?")

ElementTree.register_namespace("", SVG)
ElementTree.register_namespace("xlink", XLINK)


def tag(name: str) -> str:
    return f"{{{SVG}}}{name}"


def finished(svg: bytes, title: str, description: str) -> str:
    """The SVG as it is written: standing alone, named for those who cannot see it, the same on every run."""
    root = ElementTree.fromstring(svg)
    root.set("role", "img")
    root.set("aria-labelledby", "title description")
    root.set("font-family", FAMILIES)
    for number, (name, text) in enumerate((("title", title), ("desc", description))):
        element = ElementTree.Element(tag(name), id="title" if name == "title" else "description")
        element.text = text
        root.insert(number, element)
    drawing = root.find(tag("g"))
    if drawing is not None:
        _remove(drawing, "title")
        _unwrap(drawing)
        for group in drawing.findall(tag("g")):
            _finish(group)
    root.set(SPACE, "preserve")
    for words in root.iter(tag("text")):
        words.attrib.pop("font-family", None)
        words.attrib.pop(SPACE, None)
        _strip(words)
        _keep_width(words)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _strip(words: ElementTree.Element) -> None:
    """Spaces around a row keep it off its line, and are none of its letters: a browser that leaves them out would stretch the letters over them."""
    text = words.text or ""
    if len(words) or text == text.strip():
        return
    space = width(" ", float(words.get("font-size", "0")), words.get("font-weight") == "bold")
    before, after = (space * count for count in (len(text) - len(text.lstrip()), len(text) - len(text.rstrip())))
    moved = {"start": before, "middle": (before - after) / 2, "end": -after}[words.get("text-anchor", "start")]
    words.text = text.strip()
    words.set("x", plain(round(float(words.get("x", "0")) + moved, 2)))


def _keep_width(words: ElementTree.Element) -> None:
    """A row of text is as wide as it was laid out, where a viewer has another font; so is each of its pieces, as LibreOffice reads no more than these."""
    if not knows("".join(words.itertext())):
        return
    for piece in (words, *words):
        piece.set("textLength", plain(round(_wide([words, *words] if piece is words else [words, piece]), 1)))
        piece.set("lengthAdjust", "spacingAndGlyphs")


def _end(piece: ElementTree.Element) -> float:
    """Where a piece of a row ends."""
    return float(piece.get("x", "0")) + _wide([piece])


def _wide(pieces: Sequence[ElementTree.Element]) -> float:
    """How wide pieces of a row are; what one does not say, the first says."""
    size, weight = pieces[0].get("font-size", "0"), pieces[0].get("font-weight", "")
    return sum(width(piece.text or "", float(piece.get("font-size", size)), piece.get("font-weight", weight) == "bold") for piece in pieces)


def _unwrap(drawing: ElementTree.Element) -> None:
    """The page's background and the legend, out of the empty link that Graphviz puts around them."""
    for group in drawing.findall(tag("g")):
        if group.get("class") is None:
            pieces = [child for link in group for child in link]
            drawing.remove(group)
            for place, piece in enumerate(pieces):
                drawing.insert(place, piece)


def _remove(element: ElementTree.Element, name: str) -> None:
    for child in element.findall(tag(name)):
        element.remove(child)


def _finish(group: ElementTree.Element) -> None:
    """One box, frame or line: its tooltip becomes a title, its rows of text become one text each."""
    kinds = group.get("class", "").split()
    _remove(group, "title")
    for link in group.iter(tag("a")):
        said = link.attrib.pop(f"{{{XLINK}}}title", "")
        address = link.get(f"{{{XLINK}}}href")
        if address is not None:
            link.set("href", address)
        if said.strip() and group.find(tag("title")) is None:
            element = ElementTree.Element(tag("title"))
            element.text = said
            group.insert(0, element)
    middle = _middle(group) if "node" in kinds else None
    if "edge" not in kinds:
        for shape in list(group.iter(tag("path"))):
            _squared(shape)
    for holder in [group, *group.iter(tag("a"))]:
        _join_rows(holder, middle)


def _squared(shape: ElementTree.Element) -> None:
    """A rounded box as a rectangle with small corners: Graphviz rounds a high box like a pill."""
    x, y = _extent(shape)
    for name in ("d", "points"):
        shape.attrib.pop(name, None)
    shape.tag = tag("rect")
    for name, value in (("x", x[0]), ("y", y[0]), ("width", x[1] - x[0]), ("height", y[1] - y[0]), ("rx", CORNER)):
        shape.set(name, plain(value))


def _extent(shape: ElementTree.Element) -> tuple[tuple[float, float], tuple[float, float]]:
    numbers = [float(number) for number in NUMBER.findall(shape.get("d") or shape.get("points") or "")]
    across, down = numbers[::2], numbers[1::2]
    return (min(across), max(across)), (min(down), max(down))


def plain(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")


def _middle(group: ElementTree.Element) -> float | None:
    """The middle of a box, from left to right."""
    for shape in group.iter():
        if shape.tag == tag("ellipse"):
            return float(shape.get("cx", "0"))
        if shape.tag in (tag("path"), tag("polygon")):
            (left, right), _ = _extent(shape)
            return (left + right) / 2
    return None


def _join_rows(holder: ElementTree.Element, middle: float | None) -> None:
    """Pieces of text at one height become one text, so that a viewer with other fonts lets none overlap."""
    rows = list(_rows(holder))
    heights = Counter(row[0].get("y") for row in rows)
    aligned = {row[0].get("x") for row in rows if (row[0].text or "").startswith("| ")}  # paths begin at one place
    for row in rows:
        first = row[0]
        if middle is not None and first.get("x") not in aligned and max(heights.values()) == 1:  # the columns of a table stay
            wide = _wide(row) if len(row) > 1 and knows("".join(piece.text or "" for piece in row)) else 0.0
            # Programs for slides put the middle of each piece there: a row of several begins at its left.
            first.set("text-anchor", "start" if wide else "middle")
            first.set("x", plain(middle - wide / 2))
        if len(row) == 1:
            continue
        for piece in row:
            span = ElementTree.SubElement(first, tag("tspan"))
            span.text = piece.text
            for name in ("font-weight", "font-size", "fill"):
                if piece is not first and piece.get(name) != first.get(name):
                    span.set(name, piece.get(name) or "normal")
            if piece is not first:
                holder.remove(piece)
        first.text = None


def _rows(holder: ElementTree.Element) -> Iterator[list[ElementTree.Element]]:
    row: list[ElementTree.Element] = []
    for child in holder.findall(tag("text")):
        if row and (child.get("y") != row[0].get("y") or float(child.get("x", "0")) - _end(row[-1]) > COLUMN):
            yield row
            row = []
        row.append(child)
    if row:
        yield row
