"""The picture as TikZ, to be put into a paper and changed by hand: one line a box, one a line, named colours on top.

The places are Graphviz's, in points; a line is told from the boxes at its ends, so that it follows one that is moved; text is set by LaTeX in the paper's own sans-serif font. The file is what stands in
a figure: `\\input` it, in `\\resizebox` where it is to have a width.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from ..graph.graph import Graph
from .dot import HOT, Writer
from .font import width
from .graphviz import SECONDS, Failure
from .graphviz_json import Geometry, Place, Point, Way
from .insets import Inset, Sheet, places_of
from .labels import Row, frame_rows, shape_text
from .laid_out import geometries
from .look import Look
from .picture import Box, Frame, Line, Picture
from .style import POINTS, Theme, outline
from .tooltip import clean

SPECIAL = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "|": r"\textbar{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "\u2192": r"$\rightarrow$", "\u00d7": r"$\times$", "\u2212": r"$-$", "\u2026": r"\dots{}",
}  # fmt: skip

FONT = r"\sffamily\fontsize{8}{8.8}\selectfont"
ROW = 11.0  # points
AT_IT = 0.75  # points: nearer to the middle of a box's edge a line ends there
NEEDS = r"% It needs \usepackage{tikz} and \usetikzlibrary{arrows.meta}."


def to_tikz(graph: Graph, picture: Picture, look: Look, seconds: float = SECONDS) -> str | Failure:
    """The text, or why there is none."""
    writer = Writer(graph, picture, look)
    made = geometries([writer], seconds)
    if isinstance(made, Failure):
        return made
    colors = Colors()
    return _document(graph, look.theme, colors, _Part(writer, made[0], colors).write())


def sheet_tikz(graph: Graph, look: Look, sheet: Sheet) -> str:
    """The picture with its insets: each is a scope of its own, which one shift moves."""
    colors = Colors()
    rows: list[str] = []
    for number, (writer, geometry, (x, y)) in enumerate(zip(sheet.writers, sheet.geometries, sheet.corners, strict=True)):
        part = _Part(writer, geometry, colors)
        around = _around(writer.picture.prefix, sheet.insets[number - 1], geometry, look, colors) if number else []
        shift = f"\\begin{{scope}}[shift={{({x:g},{y:g})}}]"  # in the units of the picture
        rows += [shift, *around, *part.write(), "\\end{scope}"]
    if sheet.left_out:
        rows.append(f"\\node[size, anchor=north west] at (0,{sheet.size[1] - ROW:g}) {{{tex(sheet.left_out)}}};")
    return _document(graph, look.theme, colors, rows)


def _around(prefix: str, inset: Inset, geometry: Geometry, look: Look, colors: Colors) -> list[str]:
    """The frame of an inset, its heading, and the places of its block beneath."""
    frame, below = geometry.places[prefix], geometry.places[f"{prefix}places"]
    letter = f"{inset.letter} " if inset.letter else ""
    rows = places_of(inset)
    cells = r" \\ ".join(" & ".join(map(tex, row)) for row in rows)
    table = f"\\begin{{tabular}}{{@{{}}l{'r' * (len(rows[0]) - 1)}@{{}}}}{cells}\\end{{tabular}}"
    return [
        f"\\draw[frame, fill={colors.name(look.theme.page)}] {_at((frame.x, frame.y))} rectangle "
        f"{_at((frame.x + frame.width, frame.y + frame.height))};",
        f"\\node[anchor=north west, inner sep=5pt, font={FONT}\\bfseries] at {_at((frame.x, frame.y))} {{{tex(letter + inset.design.template)}}};",
        f"\\node[size] at {_at(_middle(below))} {{{table}}};",
    ]


class Colors:
    """Names for colours, of the letters that TikZ takes."""

    def __init__(self) -> None:
        self.names: dict[str, str] = {}

    def name(self, color: str) -> str:
        number = len(self.names)
        return self.names.setdefault(color, "archc" + chr(ord("A") + number // 26) + chr(ord("a") + number % 26))


def _document(graph: Graph, theme: Theme, colors: Colors, body: Sequence[str]) -> str:
    styles = [
        f"  frame/.style={{draw={colors.name(theme.frame)}, rounded corners=4pt}},",
        f"  box/.style={{draw, rounded corners=3pt, inner sep=0pt, align=center, text={colors.name(theme.text)}, font={FONT}}},",
        "  merge/.style={draw, circle, inner sep=0pt, align=center},",
        f"  way/.style={{-{{Latex[length=3.5pt,width=3pt]}}, draw={colors.name(theme.line)}, line width=0.5pt}},",
        f"  skip/.style={{draw={colors.name(theme.skip)}}},",
        "  size only/.style={dotted, line width=0.3pt},",
        "  own skip/.style={way, skip, line width=0.4pt},",
        "  aux/.style={dashed},",
        f"  size/.style={{inner sep=0pt, font=\\sffamily\\fontsize{{{POINTS['edge']:g}}}{{9}}\\selectfont}},",
    ]
    named = [f"\\definecolor{{{name}}}{{HTML}}{{{color[1:].upper()}}}" for color, name in colors.names.items()]
    title = f"% {tex(graph.program.name)}: drawn by archc."
    picture = ["\\begin{tikzpicture}[x=1pt, y=-1pt, font=\\sffamily,", *styles, "]", *body, "\\end{tikzpicture}"]
    return "\n".join([title, NEEDS, *named, *picture]) + "\n"


def tex(text: str) -> str:
    """Any text, as LaTeX prints it; what its fonts lack is named by its number."""
    pieces: list[str] = []
    for character in clean(text).replace("\n", " "):
        known = SPECIAL.get(character, character)
        if character == " " and not pieces:
            known = "\\ "  # a space after a command would vanish
        pieces.append(known if character in SPECIAL or character < "\u0100" else f"[U+{ord(character):04X}]")
    return "".join(pieces)


class _Part:
    """One picture: its frames, its boxes and its lines."""

    def __init__(self, writer: Writer, geometry: Geometry, colors: Colors) -> None:
        self.writer = writer
        self.picture = writer.picture
        self.theme: Theme = writer.look.theme
        self.geometry = geometry
        self.fills = writer.colors()
        self.ways = geometry.whole(writer.ways)
        self._color = colors.name
        known = [port.name for port in writer.ways.ports]
        known += [end for line in self.picture.lines for end in (line.tail, line.head) if end not in self.fills]
        self._points = {name: geometry.places[name] for name in dict.fromkeys(known) if name in geometry.places}

    def write(self) -> list[str]:
        return [*self._frames(), *self._boxes(), *self._joints(), *self._lines()]

    def _frames(self) -> list[str]:
        rows = []
        for depth, frame in _with_depth(self.picture):
            place = self.geometry.places[frame.name]
            fill = self._color(self.theme.frame_fills[depth % len(self.theme.frame_fills)])
            own = self.writer.heat_of(frame)
            dashed = ", aux" if frame.training_only else ""
            dashed += f", draw={self._color(own)}, line width={HOT:g}pt" if own else ""
            rows.append(
                f"\\draw[frame, fill={fill}{dashed}] ({place.x:g},{place.y:g}) rectangle ({place.x + place.width:g},{place.y + place.height:g});"
            )
            text = r"\\".join(self._row(row) for row in frame_rows(frame))
            rows.append(f"\\node[anchor=north west, align=left, inner sep=5pt, font={FONT}] at ({place.x:g},{place.y:g}) {{{text}}};")
        return rows

    def _boxes(self) -> list[str]:
        rows = []
        for box in self.picture.boxes():
            place = self.geometry.places[box.name]
            fill = self.fills[box.name]
            kind = "merge" if box.is_merge and len(box.main.operation.symbol) == 1 else "box"
            size = f"minimum width={place.width:g}pt, minimum height={place.height:g}pt"
            dashed = ", aux" if box.training_only else ""
            text = r"\\".join(self._row(row) for row in self.writer.rows(box))
            color = f"fill={self._color(fill)}, draw={self._color(outline(self.theme, fill))}"
            rows.append(f"\\node[{kind}, {color}, {size}{dashed}] ({box.name}) at {_at(_middle(place))} {{{text}}};")
        return rows

    def _row(self, row: Row) -> str:
        pieces: list[str] = []
        for words in row:
            size = POINTS[words.style]
            bold = r"\bfseries" if words.style in ("name", "count") else ""
            pieces.append(f"{{\\fontsize{{{size:g}}}{{{size * 1.15:.3g}}}\\selectfont{bold} {tex(words.text)}}}")
        return "".join(pieces)

    def _joints(self) -> list[str]:
        """Where lines part, or come in and go out, by name: they are moved as boxes are."""
        return [f"\\coordinate ({name}) at {_at(_middle(place))};" for name, place in self._points.items()]

    def _lines(self) -> list[str]:
        lines = [text for number, line in enumerate(self.picture.lines) for text in self._line(number, line)]
        marks = ((box.name, self.geometry.common.get(f"{box.name}_skip")) for box in self.picture.boxes())
        return [*lines, *(self._spline("own skip", way, (name, name)) for name, way in marks if way is not None)]

    def _line(self, number: int, line: Line) -> list[str]:
        way = self.ways[number]
        port = self.writer.ways.port_of.get(number)
        ends = (line.tail if port is None or port.first == number else port.name, line.head)
        kinds = "way" + (", skip" if line.skip and not line.size else "") + (", aux" if line.training_only else "")
        kinds += ", size only" if line.size else ""
        rows = [self._spline(kinds, way, ends)]
        words = f"×{line.count}" if line.count > 1 else shape_text(line.shape) if line.shape is not None else ""
        if words and way.label is not None and self.writer.shapes:
            left = way.label[0] - width(words, POINTS["edge"]) / 2  # in a font that is wider it stays off the line
            end = ends[0] if math.dist(way.label, way.points[0]) <= math.dist(way.label, way.points[-1]) else ends[1]
            rows.append(f"\\node[size, anchor=west] at {self._from(end, (left, way.label[1]))} {{{tex(words)}}};")
        return rows

    def _from(self, end: str, point: Point) -> str:
        """A point as it lies from the edge of a box, or from a joint: who moves that moves the point."""
        place = self.geometry.places.get(end)
        if place is None or not (end in self._points or end in self.fills):
            return _at(point)
        x, y = _middle(place)
        anchors = {"": (x, y)}
        if end in self.fills:
            wide, high = place.width / 2, place.height / 2
            anchors = {".north": (x, y - high), ".south": (x, y + high), ".west": (x - wide, y), ".east": (x + wide, y)}
        anchor, (x, y) = min(anchors.items(), key=lambda one: math.dist(one[1], point))
        if math.dist((x, y), point) < AT_IT:
            return f"({end}{anchor})"
        return f"([shift={{{_at((point[0] - x, point[1] - y))}}}]{end}{anchor})"

    def _spline(self, kinds: str, way: Way, ends: tuple[str, str]) -> str:
        """The first half of a line lies from where it begins, the other from where it ends."""
        points = list(way.points)
        # Graphviz's spline ends at the foot of the arrow, whose tip is the last point.
        tip = points.pop() if len(points) % 3 == 2 else None
        if tip is not None:
            points[-1] = tip
        said = [self._from(ends[at > (len(points) - 1) // 2], point) for at, point in enumerate(points)]
        pieces = (f" .. controls {said[at]} and {said[at + 1]} .. {said[at + 2]}" for at in range(1, len(points) - 2, 3))
        return f"\\draw[{kinds}] {said[0]}{''.join(pieces)};"


def _with_depth(picture: Picture) -> list[tuple[int, Frame]]:
    found: list[tuple[int, Frame]] = []

    def walk(frame: Frame, depth: int) -> None:
        for item in frame.items:
            if not isinstance(item, Box):
                found.append((depth, item))
                walk(item, depth + 1)

    walk(picture.root, 0)
    return found


def _middle(place: Place) -> Point:
    return place.x + place.width / 2, place.y + place.height / 2


def _at(point: Point) -> str:
    return f"({point[0]:.1f},{point[1]:.1f})"
