"""What the page's script reads, as JSON (`types.d.ts` says it to the script): layouts, operations, places in the sources, memory."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import PurePath
from typing import cast

from ....base.records import dataclass
from ....base.source import Source, Span
from ...analysis.cost import work_of
from ...analysis.memory import inference_profile
from ...graph.graph import Graph
from ...graph.program import Node
from ..dot import Writer
from ..fold import inside
from ..font import knows, width
from ..graphviz_json import Geometry, Place
from ..labels import Row, Words, box_rows, caption, frame_rows, has_skip, shape_text
from ..look import Look
from ..marks import SIGNS, mark
from ..picture import Box, Frame, Line, Picture
from ..silent import Silence
from ..style import BOLD, DARK, LIGHT, POINTS
from ..tooltip import clean, tooltip
from ..u_shape import STRAIGHT, Arms, arms
from ..values import NO_VALUES, Values
from ..ways import ways
from .coloring import colored

MOST_INSIDES = 300
"""Boxes that can be opened. Beyond so many, those further in stay shut: the page stays small."""

MOST_ROWS = 3000
"""Operations of the cost table and the memory profile; a larger network shows its first rounds alone."""

TURNED = {None: "LR", "TB": "LR", "BT": "RL", "LR": "TB", "RL": "BT"}
"""Where a picture leads when it is turned."""

Json = dict[str, object]
Everything = Mapping[int, Sequence[int]]
"""For a node that is drawn, all nodes that it stands for."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """A picture on the page: that of a network, or of the inside of a box. `base` is the number of the network's first node on the page."""

    graph: Graph
    picture: Picture
    drawn: Everything
    base: int = 0
    marks: tuple[str, ...] = ()
    """What became of every node of the network in another one, where there is another."""
    rises: bool = False
    """Whether it is the inside of a box on the way up of a U: what comes in then comes from below."""

    def arms(self, look: Look) -> Arms:
        return arms(self.picture) if look.direction is None else STRAIGHT

    def all_of(self, item: Box | Frame) -> list[int]:
        """All nodes of the network that a box or a frame stands for."""
        return [index for node in item.nodes for index in self.drawn[node.index]]

    def mark(self, box: Box) -> str:
        return mark(self.all_of(box), self.marks) if self.marks else ""

    def signed(self, box: Box) -> tuple[Row, ...]:
        """What a box prints, its sign before it."""
        rows = box_rows(self.graph, box)
        sign = SIGNS.get(self.mark(box), "")
        return ((Words(sign + " ", "count"), *rows[0]), *rows[1:]) if sign else rows


COSTS = {"parameters": 1, "macs": 2, "flops": 3, "activations": 4}
"""The columns of costs on the page."""
FIRST_COLORS = ("kind", "cost", *COSTS)
"""What a page can open with, beside the columns of the reader's numbers."""


@dataclass(slots=True)
class PageData:
    """Gathers what the script needs. The pictures of the networks are added one after another, each followed by the insides of its boxes."""

    look: Look
    values: Values = NO_VALUES
    color: str = "kind"
    """What colours the boxes at first: `kind`, a cost, or a column of `values`."""
    sheets: list[Sheet] = field(default_factory=list)
    _roots: list[int] = field(default_factory=list)
    """The numbers of the networks' own pictures."""
    _inside: dict[tuple[int, str], int] = field(default_factory=dict)
    """The number of the picture inside a box, by the number of its own picture and its name."""
    _kinds: dict[str, int] = field(default_factory=dict)
    _sources: dict[int, int] = field(default_factory=dict)
    _texts: list[Source] = field(default_factory=list)
    _places: dict[tuple[int, int, int], int] = field(default_factory=dict)

    @property
    def across(self) -> bool:
        return self.look.direction in ("LR", "RL")

    def add(self, graph: Graph, picture: Picture, marks: tuple[str, ...] = ()) -> None:
        """The picture of a network and, level by level, the insides of its boxes."""
        base = sum(len(self.sheets[root].graph.nodes) for root in self._roots)
        done = len(self.sheets)
        self._roots.append(done)
        most = done + MOST_INSIDES
        self.sheets.append(Sheet(graph, picture, {node.index: (node.index,) for node in graph.nodes}, base, marks))
        while done < len(self.sheets):
            outer = self.sheets[done]
            silence = Silence(outer.graph)
            rising = outer.arms(self.look).rising
            for box in outer.picture.boxes():
                if sum(not silence.holds(node.index) for node in box.first) > 1 and len(self.sheets) <= most:
                    self._inside[done, box.name] = len(self.sheets)
                    rises = outer.rises or box.name in rising
                    self.sheets.append(replace(outer, picture=inside(graph, box), drawn=self._all(box, outer.drawn), rises=rises))
            done += 1

    def turned(self) -> PageData:
        """The same pictures, led the other way."""
        pages = PageData(replace(self.look, direction=TURNED[self.look.direction]), self.values, self.color)
        for root in self._roots:
            pages.add(self.sheets[root].graph, self.sheets[root].picture, self.sheets[root].marks)
        return pages

    def writers(self) -> list[Writer]:
        """What is laid out, one a picture."""
        made = []
        for sheet in self.sheets:
            signs = {box.name: SIGNS.get(sheet.mark(box), "") for box in sheet.picture.boxes()}
            look = replace(self.look, direction="BT") if sheet.rises else self.look
            made.append(Writer(sheet.graph, sheet.picture, look, signs=signs))
        return made

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
        roots = [self.sheets[number] for number in self._roots]
        for sheet in roots:
            self._place(sheet.graph.program.span)  # the networks' own files stand first
        layouts = [self._layout(number, geometry) for number, geometry in enumerate(geometries)]
        shown = {sheet.base + index: sheet.graph.nodes[index] for sheet in roots for index in self._shown(sheet)}
        rows = {str(number): self._node(node) for number, node in shown.items()}
        profile = inference_profile(roots[0].graph) if len(roots) == 1 else None
        moments = profile.moments if profile is not None else ()
        return {
            "network": " and ".join(clean(sheet.graph.program.name) for sheet in roots),
            "across": self.across,
            "roots": self._roots,
            "firsts": [sheet.base for sheet in roots],
            "layouts": layouts,
            "nodes": rows,
            "places": [list(place) for place in self._places],
            "sources": [{"name": clean(PurePath(source.name).name), "lines": colored(source)} for source in self._texts],
            "memory": [[moment.node, moment.bytes] for moment in moments if moment.node in shown],
            "peak": profile.peak_bytes if profile is not None else 0,
            "heat": [list(LIGHT.heat), list(DARK.heat)],
            "whole": len(shown) == sum(len(sheet.graph.nodes) for sheet in roots),
            "back": [_back(node) for sheet in roots for node in sheet.graph.nodes],
            "color": self._first_color(),
            "columns": [clean(name) for name in self.values.columns],
            "values": [{"x": _ranges(row.nodes), "v": list(row.numbers), "u": list(row.within)} for row in self.values.rows],
        }

    def _first_color(self) -> str:
        """The choice of "Colour by" that the page opens with: columns are numbered, those of `values` behind the costs."""
        own = self.values.columns
        return str(len(COSTS) + 1 + own.index(self.color)) if self.color in own else str(COSTS.get(self.color, "kind"))

    def _shown(self, root: Sheet) -> list[int]:
        nodes = root.graph.nodes
        if len(nodes) <= MOST_ROWS:
            return [node.index for node in nodes]
        sheets = (sheet for sheet in self.sheets if sheet.graph is root.graph)
        first = {node.index for sheet in sheets for box in sheet.picture.boxes() for node in box.first}
        return sorted(first)[:MOST_ROWS]

    # ------------------------------------------------------------------------------------------ pictures

    def places(self, geometries: Sequence[Geometry]) -> list[Json]:
        """Where all stands in each picture, and nothing else of it."""
        found = []
        for number, geometry in enumerate(geometries):
            layout = self._layout(number, geometry)
            frames, boxes, lines = (cast("list[Json]", layout[name]) for name in ("frames", "boxes", "lines"))
            found.append(
                layout
                | {"frames": [row["p"] for row in frames], "boxes": [row["p"] for row in boxes]}
                | {"lines": [{name: row[name] for name in ("d", "l", "b") if name in row} for row in lines]}
            )
        return found

    def _layout(self, number: int, geometry: Geometry) -> Json:
        sheet = self.sheets[number]
        picture = sheet.picture
        frames: list[Json] = []
        boxes: list[Json] = []

        def walk(items: Sequence[Box | Frame], above: list[int]) -> None:
            for item in items:
                place = geometry.places[item.name]
                if isinstance(item, Frame):
                    frames.append(self._frame(sheet, item, place, above))
                    walk(item.items, [*above, len(frames) - 1])
                else:
                    boxes.append(self._box(number, item, place, above))

        walk(picture.root.items, [])
        by_name = {box.name: box for box in picture.boxes()}
        found = ways(picture, sheet.arms(self.look))
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

    def _frame(self, sheet: Sheet, frame: Frame, place: Place, above: list[int]) -> Json:
        nodes = [sheet.base + index for index in sheet.all_of(frame)]
        row: Json = {
            "n": frame.name, "p": _corners(place), "r": _rows(frame_rows(frame)), "f": above, "x": _ranges(nodes),
            "s": self._place(frame.scope.span), "t": clean(frame.scope.doc or ".".join(frame.scope.path)),
        }  # fmt: skip
        return row | self._beyond(nodes, frame.items, sheet) | ({"a": 1} if frame.training_only else {})

    def _beyond(self, nodes: Sequence[int], items: Sequence[Box | Frame], sheet: Sheet) -> Json:
        """Of each column what the reader's numbers tell of a frame or an open box beside what its items have."""
        if not self.values.columns:
            return {}
        held = [frozenset(sheet.all_of(item)) for item in items]
        found = [self.values.column(name).beyond(nodes, held) for name in self.values.columns]
        return {} if all(more is None for more in found) else {"o": found}

    def _box(self, number: int, box: Box, place: Place, above: list[int]) -> Json:
        sheet = self.sheets[number]
        if box.scope is None:
            family = box.main.operation.family
            kind: str = family if family in LIGHT.families else "other"
        else:
            name = box.scope.template or (box.scope.title if box.scope.kind == "stage" else box.scope.kind)
            kind = f"block{self._kinds.setdefault(name, len(self._kinds)) % len(LIGHT.blocks)}"
        nodes = [sheet.base + index for index in sheet.all_of(box)]
        span = box.scope.span if box.scope is not None else box.main.span
        row: Json = {
            "n": box.name, "p": _corners(place), "r": _rows(sheet.signed(box)), "f": above, "k": kind, "x": _ranges(nodes),
            "s": self._place(span), "t": clean(tooltip(box)),
        }  # fmt: skip
        if (number, box.name) in self._inside:
            row["i"] = self._inside[number, box.name]
            inner = self.sheets[self._inside[number, box.name]]
            row |= self._beyond(nodes, inner.picture.root.items, inner)
        if box.training_only:
            row["a"] = 1
        if box.is_merge:
            row["m"] = 1
        if box.scope is not None and has_skip(sheet.graph, box.scope):
            row["z"] = 1
        if box.count > 1:
            row["c"] = box.count
        if sheet.mark(box) not in ("", "same"):
            row["d"] = sheet.mark(box)
        return row

    def _line(
        self, number: int, line: Line, points: Sequence[tuple[float, float]], label: tuple[float, float] | None, boxes: Mapping[str, Box]
    ) -> Json:
        row: Json = {"t": line.tail, "h": line.head, "d": [value for point in points for value in point]}
        if line.size:
            row["z"] = 1
        elif line.skip:
            row["s"] = 1
        if line.training_only:
            row["a"] = 1
        if label is not None and (line.count > 1 or line.shape is not None):
            text = f"×{line.count}" if line.count > 1 or line.shape is None else shape_text(line.shape)
            row["l"] = [text, *label, *_wide(text, "edge")]
        tail, head = boxes.get(line.tail), boxes.get(line.head)
        if tail is not None and (number, tail.name) in self._inside:
            exits = self.sheets[self._inside[number, tail.name]].picture.exits
            places = {node.index: place % len(tail.first) for place, node in enumerate(tail.nodes)}
            found = {exits.index(at) for tensor in line.tensors if (at := tail.first[places[tensor]].index) in exits}
            row["u"] = sorted(found) or [0]
        if head is not None and (number, head.name) in self._inside:
            entries = self.sheets[self._inside[number, head.name]].picture.entries
            places = {node.index: place % len(head.first) for place, node in enumerate(head.nodes)}
            reads = Silence(self.sheets[number].graph).source
            sources = {reads(head.first[places[user]].inputs[operand]) for _, user, operand in line.edges}
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


def _back(node: Node) -> int | list[int]:
    """How far before a node those stand that it reads; one number where it reads one."""
    steps = [node.index - source for source in dict.fromkeys(node.inputs)]
    return steps[0] if len(steps) == 1 else steps


def _ranges(indices: Iterable[int]) -> list[int]:
    """Sorted numbers as runs: first and last of each."""
    runs: list[int] = []
    for index in sorted(set(indices)):
        if runs and runs[-1] == index - 1:
            runs[-1] = index
        else:
            runs += [index, index]
    return runs
