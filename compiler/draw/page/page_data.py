"""What the page's script reads, as JSON (`types.d.ts` says it to the script): layouts, operations, places in the sources, memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import field
from pathlib import PurePath

from ....base.records import dataclass
from ....base.source import Source, Span
from ...analysis.cost import work_of
from ...analysis.memory import inference_profile
from ...graph.graph import Graph
from ...graph.program import Node
from ..fold import inside
from ..font import knows, width
from ..graphviz_json import Geometry, Place
from ..labels import Row, box_rows, caption, frame_rows, shape_text
from ..picture import Box, Frame, Line, Picture
from ..style import BOLD, DARK, LIGHT, POINTS
from ..tooltip import clean, tooltip
from ..u_shape import arms
from ..ways import ways
from .coloring import colored

MOST_INSIDES = 300
"""Boxes that can be opened. Beyond so many, those further in stay shut: the page stays small."""

MOST_ROWS = 3000
"""Operations of the cost table and the memory profile; a larger network shows its first rounds alone."""

Json = dict[str, object]
Everything = Mapping[int, Sequence[int]]
"""For a node that is drawn, all nodes that it stands for."""


@dataclass(slots=True)
class PageData:
    """Gathers what the script needs. `pictures[0]` is the network, the others the insides of boxes."""

    graph: Graph
    pictures: list[tuple[Picture, Everything]] = field(default_factory=list)
    _inside: dict[tuple[int, str], int] = field(default_factory=dict)
    """The number of the picture inside a box, by the number of its own picture and its name."""
    _kinds: dict[str, int] = field(default_factory=dict)
    _sources: dict[int, int] = field(default_factory=dict)
    _texts: list[Source] = field(default_factory=list)
    _places: dict[tuple[int, int, int], int] = field(default_factory=dict)

    def add(self, picture: Picture, everything: Everything) -> None:
        """A picture and, level by level, the insides of its boxes."""
        self.pictures.append((picture, everything))
        done = 0
        while done < len(self.pictures):
            outer, drawn = self.pictures[done]
            for box in outer.boxes():
                if len(box.first) > 1 and len(self.pictures) <= MOST_INSIDES:
                    self._inside[done, box.name] = len(self.pictures)
                    self.pictures.append((inside(self.graph, box), self._all(box, drawn)))
            done += 1

    @staticmethod
    def _all(box: Box, drawn: Everything) -> Everything:
        """For every node of a box's first round, all the nodes that it stands for."""
        every = [index for node in box.nodes for index in drawn[node.index]]
        size = len(box.first)
        return (
            {node.index: every[place::size] for place, node in enumerate(box.first)}
            if len(every) > size
            else {node.index: (every[place],) for place, node in enumerate(box.first)}
        )

    def data(self, geometries: Sequence[Geometry]) -> Json:
        self._place(self.graph.program.span)  # the network's own file stands first
        layouts = [self._layout(number, geometry) for number, geometry in enumerate(geometries)]
        shown = self._shown()
        profile = inference_profile(self.graph)
        kept = set(shown)
        moments = [[moment.node, moment.bytes] for moment in profile.moments if moment.node in kept]
        rows = [self._node(self.graph.nodes[index]) for index in shown]
        return {
            "network": clean(self.graph.program.name),
            "layouts": layouts,
            "nodes": dict(zip(map(str, shown), rows, strict=True)),
            "places": [list(place) for place in self._places],
            "sources": [{"name": clean(PurePath(source.name).name), "lines": colored(source)} for source in self._texts],
            "memory": moments,
            "peak": profile.peak_bytes,
            "heat": [list(LIGHT.heat), list(DARK.heat)],
            "whole": len(shown) == len(self.graph.nodes),
        }

    def _shown(self) -> list[int]:
        if len(self.graph.nodes) <= MOST_ROWS:
            return [node.index for node in self.graph.nodes]
        first = {node.index for picture, _ in self.pictures for box in picture.boxes() for node in box.first}
        return sorted(first)[:MOST_ROWS]

    # ------------------------------------------------------------------------------------------ pictures

    def _layout(self, number: int, geometry: Geometry) -> Json:
        picture, drawn = self.pictures[number]
        frames: list[Json] = []
        boxes: list[Json] = []

        def walk(items: Sequence[Box | Frame], above: list[int]) -> None:
            for item in items:
                place = geometry.places[item.name]
                if isinstance(item, Frame):
                    frames.append(self._frame(item, place, above))
                    walk(item.items, [*above, len(frames) - 1])
                else:
                    boxes.append(self._box(number, item, place, above, drawn))

        walk(picture.root.items, [])
        by_name = {box.name: box for box in picture.boxes()}
        found = ways(picture, arms(picture))
        whole = geometry.whole(found)
        lines = [self._line(number, line, way.points, way.label, by_name) for line, way in zip(picture.lines, whole, strict=True)]
        numbers = {row["n"]: place for place, row in enumerate(frames)}
        for port in found.ports:
            for line in port.lines:
                if line != port.first:
                    lines[line]["b"] = numbers[port.frame]
        ports = {
            name: [place.x + place.width / 2, place.y + place.height / 2]
            for name, place in geometry.places.items()
            if name.startswith(("in", "out"))
        }
        return {"w": geometry.width, "h": geometry.height, "frames": frames, "boxes": boxes, "lines": lines, "ports": ports}

    def _frame(self, frame: Frame, place: Place, above: list[int]) -> Json:
        nodes = [node.index for box in frame.boxes() for node in box.nodes]
        row: Json = {
            "n": frame.name, "p": _corners(place), "r": _rows(frame_rows(frame)), "f": above, "x": _ranges(nodes),
            "s": self._place(frame.scope.span), "t": clean(frame.scope.doc or ".".join(frame.scope.path)),
        }  # fmt: skip
        return row | ({"a": 1} if frame.training_only else {})

    def _box(self, number: int, box: Box, place: Place, above: list[int], drawn: Everything) -> Json:
        if box.scope is None:
            family = box.main.operation.family
            kind: str = family if family in LIGHT.families else "other"
        else:
            name = box.scope.template or (box.scope.title if box.scope.kind == "stage" else box.scope.kind)
            kind = f"block{self._kinds.setdefault(name, len(self._kinds)) % len(LIGHT.blocks)}"
        nodes = [index for node in box.nodes for index in drawn[node.index]]
        span = box.scope.span if box.scope is not None else box.main.span
        row: Json = {
            "n": box.name, "p": _corners(place), "r": _rows(box_rows(self.graph, box)), "f": above, "k": kind, "x": _ranges(nodes),
            "s": self._place(span), "t": clean(tooltip(box)),
        }  # fmt: skip
        if (number, box.name) in self._inside:
            row["i"] = self._inside[number, box.name]
        if box.training_only:
            row["a"] = 1
        if box.is_merge:
            row["m"] = 1
        if box.count > 1:
            row["c"] = box.count
        return row

    def _line(
        self, number: int, line: Line, points: Sequence[tuple[float, float]], label: tuple[float, float] | None, boxes: Mapping[str, Box]
    ) -> Json:
        row: Json = {"t": line.tail, "h": line.head, "d": [value for point in points for value in point]}
        if line.skip:
            row["s"] = 1
        if line.training_only:
            row["a"] = 1
        if label is not None and (line.count > 1 or line.shape is not None):
            text = f"×{line.count}" if line.count > 1 or line.shape is None else shape_text(line.shape)
            row["l"] = [text, *label, *_wide(text, "edge")]
        tail, head = boxes.get(line.tail), boxes.get(line.head)
        if tail is not None and (number, tail.name) in self._inside:
            exits = self.pictures[self._inside[number, tail.name]][0].exits
            places = {node.index: place % len(tail.first) for place, node in enumerate(tail.nodes)}
            found = {exits.index(at) for producer, _, _ in line.edges if (at := tail.first[places[producer]].index) in exits}
            row["u"] = sorted(found) or [0]
        if head is not None and (number, head.name) in self._inside:
            entries = self.pictures[self._inside[number, head.name]][0].entries
            places = {node.index: place % len(head.first) for place, node in enumerate(head.nodes)}
            sources = {head.first[places[user]].inputs[operand] for _, user, operand in line.edges}
            row["v"] = sorted(entries.index(source) for source in sources if source in entries) or [0]
        return row

    # --------------------------------------------------------------------------------------------- nodes

    def _node(self, node: Node) -> list[object]:
        work = work_of(node)
        operation = f"{node.operation.name} {caption(node)}".strip()
        calls = [self._place(site.span) for site in reversed(node.via)]
        numbers = [0, 0, 0, 0] if node.training_only else [work.parameters, work.macs, work.flops, work.activations]
        return [clean(node.unique), operation, shape_text(node.shape), *numbers, [self._place(node.span), *calls]]

    def _place(self, span: Span) -> int:
        """The number of a place in the sources: file, first line, last line."""
        source = self._sources.get(id(span.source))
        if source is None:
            source = self._sources[id(span.source)] = self._source(span.source)
        return self._places.setdefault((source, span.line, span.end_line), len(self._places))

    def _source(self, source: Source) -> int:
        if source not in self._texts:
            self._texts.append(source)
        return self._texts.index(source)


def _corners(place: Place) -> list[float]:
    return [place.x, place.y, place.width, place.height]


def _rows(rows: Sequence[Row]) -> list[list[list[object]]]:
    """The pieces of every row: text, style and how wide it is."""
    return [[_piece(clean(words.text), words.style) for words in row] for row in rows]


def _piece(text: str, style: str) -> list[object]:
    return [text, style, *_wide(text, style)]


def _wide(text: str, style: str) -> list[float]:
    """How wide a text was laid out, where our font has all its letters."""
    return [round(width(text, POINTS[style], style in BOLD), 1)] if knows(text) else []


def _ranges(indices: Sequence[int]) -> list[int]:
    """Sorted numbers as runs: first and last of each."""
    runs: list[int] = []
    for index in sorted(set(indices)):
        if runs and runs[-1] == index - 1:
            runs[-1] = index
        else:
            runs += [index, index]
    return runs
