"""The picture as TikZ, to be put into a paper and changed by hand: one line a box, one a line, named colours on top.

The places are Graphviz's, in points; text is set by LaTeX in the paper's own sans-serif font. The file is what stands in
a figure: `\\input` it, in `\\resizebox` where it is to have a width.
"""

from __future__ import annotations

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

    def write(self) -> list[str]:
        return [*self._frames(), *self._boxes(), *self._lines()]

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

    def _lines(self) -> list[str]:
        lines = [text for line, way in zip(self.picture.lines, self.ways, strict=True) for text in self._line(line, way)]
        marks = (self.geometry.common.get(f"{box.name}_skip") for box in self.picture.boxes())
        return [*lines, *(self._spline("own skip", way) for way in marks if way is not None)]

    def _line(self, line: Line, way: Way) -> list[str]:
        kinds = "way" + (", skip" if line.skip and not line.size else "") + (", aux" if line.training_only else "")
        kinds += ", size only" if line.size else ""
        rows = [self._spline(kinds, way)]
        words = f"×{line.count}" if line.count > 1 else shape_text(line.shape) if line.shape is not None else ""
        if words and way.label is not None and self.writer.shapes:
            left = way.label[0] - width(words, POINTS["edge"]) / 2  # in a font that is wider it stays off the line
            rows.append(f"\\node[size, anchor=west] at {_at((left, way.label[1]))} {{{tex(words)}}};")
        return rows

    def _spline(self, kinds: str, way: Way) -> str:
        points = list(way.points)
        # Graphviz's spline ends at the foot of the arrow, whose tip is the last point.
        tip = points.pop() if len(points) % 3 == 2 else None
        text = f"\\draw[{kinds}] {_at(points[0])}"
        for place in range(1, len(points) - 2, 3):
            one, two, end = points[place : place + 3]
            last = place + 3 >= len(points)
            text += f" .. controls {_at(one)} and {_at(two)} .. {_at(tip if last and tip else end)}"
        return text + ";"


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
