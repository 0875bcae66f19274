"""The picture as a file of draw.io (diagrams.net), to be changed by hand: boxes that lines are tied to, in frames that move with what they hold.

The places are Graphviz's; the lines are draw.io's own, which follow their boxes when these are moved.
"""

from __future__ import annotations

from collections.abc import Mapping
from xml.etree import ElementTree

from ..graph.graph import Graph
from .dot import HOT, THIN, Writer
from .graphviz import SECONDS, Failure
from .graphviz_json import Geometry, Place
from .labels import Row, frame_rows, shape_text
from .laid_out import geometries
from .look import Look
from .picture import Box, Frame, Line, Picture
from .style import BOLD, POINTS, outline, readable
from .tooltip import clean, escaped

LAYER = "1"
FONT = "fontFamily=Helvetica;html=1;"


def to_drawio(graph: Graph, picture: Picture, look: Look, seconds: float = SECONDS) -> str | Failure:
    """The text, or why there is none."""
    made = geometries([Writer(graph, picture, look)], seconds)
    if isinstance(made, Failure):
        return made
    file = ElementTree.Element("mxfile", host="archc")
    page = ElementTree.SubElement(file, "diagram", id="network", name=clean(graph.program.name))
    root = ElementTree.SubElement(ElementTree.SubElement(page, "mxGraphModel", grid="0", page="0"), "root")
    ElementTree.SubElement(root, "mxCell", id="0")
    ElementTree.SubElement(root, "mxCell", {"id": LAYER, "parent": "0"})
    _Cells(graph, picture, look, made[0], root).write()
    ElementTree.indent(file)
    return ElementTree.tostring(file, encoding="unicode") + "\n"


class _Cells:
    def __init__(self, graph: Graph, picture: Picture, look: Look, geometry: Geometry, root: ElementTree.Element) -> None:
        self.graph = graph
        self.picture = picture
        self.theme = look.theme
        self.geometry = geometry
        self.root = root
        self.writer = Writer(graph, picture, look)
        self.fills: Mapping[str, str] = self.writer.colors()

    def write(self) -> None:
        self._items(self.picture.root, LAYER, Place(0, 0, 0, 0), 0)
        for number, line in enumerate(self.picture.lines):
            self._line(number, line)

    def _items(self, frame: Frame, parent: str, around: Place, depth: int) -> None:
        for item in frame.items:
            place = self.geometry.places[item.name]
            if isinstance(item, Box):
                self._cell(item.name, parent, around, place, self._text(self.writer.rows(item), self.fills[item.name]), self._box(item))
                continue
            fill = self.theme.frame_fills[depth % len(self.theme.frame_fills)]
            own = self.writer.heat_of(item)
            dashed = "dashed=1;" if item.training_only else ""
            style = (
                f"rounded=1;arcSize=3;container=1;collapsible=0;verticalAlign=top;align=left;spacingLeft=6;{dashed}"
                f"fillColor={fill};strokeColor={own or self.theme.frame};{f'strokeWidth={HOT:g};' if own else ''}"
            )
            self._cell(item.name, parent, around, place, self._text(frame_rows(item), fill), style)
            self._items(item, item.name, place, depth + 1)

    def _cell(self, name: str, parent: str, around: Place, place: Place, text: str, style: str) -> None:
        told = {"id": name, "parent": parent, "vertex": "1", "value": text, "style": style + FONT}
        cell = ElementTree.SubElement(self.root, "mxCell", told)
        corner = {"x": f"{place.x - around.x:.1f}", "y": f"{place.y - around.y:.1f}"}
        size = {"width": f"{place.width:.1f}", "height": f"{place.height:.1f}"}
        ElementTree.SubElement(cell, "mxGeometry", {**corner, **size, "as": "geometry"})

    def _box(self, box: Box) -> str:
        fill = self.fills[box.name]
        shape = "ellipse;" if box.is_merge else "rounded=1;arcSize=15;"
        dashed = "dashed=1;" if box.training_only else ""
        return f"{shape}{dashed}whiteSpace=nowrap;spacing=0;fillColor={fill};strokeColor={outline(self.theme, fill)};"

    def _text(self, rows: tuple[Row, ...], fill: str) -> str:
        """The rows as draw.io's HTML."""
        lines = []
        for row in rows:
            pieces = []
            for words in row:
                color = readable(fill, {"small": self.theme.faint, "count": self.theme.count}.get(words.style, self.theme.text))
                text = escaped(words.text)
                text = f"<b>{text}</b>" if words.style in BOLD else text
                pieces.append(f'<span style="font-size: {POINTS[words.style]:g}px; color: {color}">{text}</span>')
            lines.append("".join(pieces))
        return "<br>".join(lines)

    def _line(self, number: int, line: Line) -> None:
        """A line from box to box: straight on, or at the right of what it skips; its words stand beside it."""
        beside = "edgeStyle=orthogonalEdgeStyle;exitX=1;exitY=0.5;entryX=1;entryY=0.5;" if line.skip else "edgeStyle=none;"
        color = self.theme.skip if line.skip and not line.size else self.theme.line
        dashed = "dashed=1;" if line.training_only else ""
        dashed += f"dashed=1;dashPattern=1 2;strokeWidth={THIN};" if line.size else ""
        words = f"\u00d7{line.count}" if line.count > 1 else shape_text(line.shape) if line.shape is not None else ""
        style = f"{beside}rounded=1;endArrow=block;endSize=4;strokeColor={color};fontColor={self.theme.faint};fontSize=8;align=left;spacingLeft=3;{dashed}{FONT}"
        ends = {"parent": LAYER, "edge": "1", "source": line.tail, "target": line.head}
        cell = ElementTree.SubElement(self.root, "mxCell", {"id": f"e{number}", **ends, "value": words, "style": style})
        ElementTree.SubElement(cell, "mxGeometry", {"relative": "1", "as": "geometry"})
