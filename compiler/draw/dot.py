"""Picture to DOT, the text that Graphviz lays out."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import field
from itertools import groupby, pairwise

from ...base.records import dataclass
from ..graph.graph import Graph
from ..ops.base import show
from .drawing import Drawing, Said
from .fan import gathering, ranks_onto
from .fills import costs, fills_of
from .fold import INSET
from .font import FAMILIES
from .labels import AS_IT_IS, Row, Say, Words, box_rows, frame_rows, has_skip, name_row, rows_width, shape_text
from .legend import legend
from .look import PLAIN, Look
from .picture import Box, Frame, Line, Picture
from .scales import Grid, Scales
from .style import BOLD, POINTS, outline, readable
from .tooltip import clean, escaped, tooltip
from .u_shape import STRAIGHT, Arms, arms
from .ways import GAP, WIDEST, Branches, Port, Ways, beneath, branches, columns, equally_wide, evenly_wide, lowest, ways

Attributes = dict[str, str]
BETWEEN = 1  # points between the name of a box and the small text beneath
MARKED = 24  # points that the mark of a skip has at the side of its box, with as much at the other
HOT = 2.2  # points of the edge of a frame with a number of its own
THIN = "0.6"  # points of a line of which the size alone is taken
CROWD = 6  # lines that change columns between two rows: with that many the rows stand a rank further apart
MOST_LABELS = 400  # lines in a picture beyond which shapes are left out: labels are what makes a layout slow
APART = 8  # unseen lines from a branch to its mark: to cross those of two branches costs the square of it
STRAIGHTEST = "100"  # the weight of lines along a column of maps of one size
MARK: Attributes = {"shape": "point", "width": "0.01", "label": "", "style": "invis"}  # nothing to be seen, that a box is kept by


def said(text: str) -> Said:
    """A text as an attribute: no backslash means anything in it, and no `<` makes it HTML."""
    return Said.of(clean(text))


def to_dot(graph: Graph, picture: Picture, look: Look = PLAIN) -> str:
    """The DOT text. Equal pictures give equal text."""
    return Writer(graph, picture, look).write()


def begun(look: Look) -> Drawing:
    """A drawing with the attributes that all its boxes and lines share."""
    theme = look.theme
    drawing = Drawing("network")
    drawing.attr(
        "graph", rankdir=look.direction or "TB", bgcolor=theme.page, fontname=FAMILIES, fontcolor=theme.text,
        fontsize=f"{POINTS['frame']:g}", nodesep="0.22", ranksep="0.2", pad="0.08", tooltip=" ", dpi=str(look.resolution),
    )  # fmt: skip
    if look.width is not None:
        drawing.attr("graph", size=f"{look.width:g},1000")
    drawing.attr(
        "node", shape="box", style="rounded,filled", fontname=FAMILIES, fontsize=f"{POINTS['plain']:g}",
        margin="0.08,0.03", height="0.24", width="0.5", penwidth="0.9",
    )  # fmt: skip
    drawing.attr(
        "edge", fontname=FAMILIES, fontsize=f"{POINTS['edge']:g}", fontcolor=theme.faint, color=theme.line,
        arrowsize="0.55", penwidth="0.9",
    )  # fmt: skip
    return drawing


@dataclass(slots=True)
class Writer:
    graph: Graph
    picture: Picture
    look: Look

    fills: Mapping[str, str] | None = None
    """A colour for each box, in place of what the look says."""
    signs: Mapping[str, str] = field(default_factory=dict)
    """What stands before the name of a box."""
    say: Say = AS_IT_IS
    shapes: bool = True
    """Whether shapes stand beside lines."""
    looks_again: bool = False
    """Whether Graphviz is to look for crossings a second time, once frames are open: lines cross less, and branches may lose their order."""
    from_below: bool = False
    """Whether a branch that begins in a frame of its own is kept in its place from the frame's end: where it is not from its beginning."""
    ways: Ways = field(init=False)
    scales: Scales = field(init=False)
    shape: Arms = field(init=False)
    beside: Mapping[str, Sequence[Branches]] = field(init=False)
    """The branches that stand beside each other, by the frame around them."""
    _marked: Sequence[str] = field(init=False)
    """The boxes that have the mark of a skip."""
    _gathering: Collection[str] = field(init=False)
    """The boxes that take many tensors: lines come down on them from further up, so that none lies on their edge."""
    _colors: Mapping[str, str] = field(init=False)
    _widths: Mapping[str, float] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._colors = fills_of(self.picture, self.look) if self.fills is None else self.fills
        self._marked = [box.name for box in self.picture.boxes() if box.scope is not None and has_skip(self.graph, box.scope)]
        self._gathering = gathering(self.picture)
        self.shape = arms(self.picture) if self.look.direction is None else STRAIGHT
        self.ways = ways(self.picture, self.shape)
        self.scales = self.ways.scales
        self.beside = {} if self.scales.grids else branches(self.picture, self.ways)
        if self.shape.level:  # what is level in a U is so by its arms
            arm = {name for ends in self.shape.level for name in ends}
            self.beside = {
                frame: [row for row in rows if row.is_level and not arm.intersection(row.names)] for frame, rows in self.beside.items()
            }

    def write(self) -> str:
        drawing = begun(self.look)
        self.add_to(drawing)
        if self.look.legend and self.look.color_by not in ("kind", "none"):
            dearest = max(costs(self.picture, self.look).values(), default=0.0)
            told = legend(self.look.theme, self.look.color_by, self.look.unit, dearest, self._total())
            drawing.attr("graph", label=told, labelloc="b", labeljust="c")
        return drawing.source

    def add_to(self, drawing: Drawing) -> None:
        colors, low = self.colors(), self._below_heads()
        long = self._changing_columns() | dict.fromkeys(low, 2) | ranks_onto(self._gathering, self.picture, self.ways.port_of)
        self._widths = self._beneath_headings()
        if self.beside or self.scales.grids:
            drawing.attr("graph", remincross=str(self.looks_again).lower(), **({"newrank": "true"} if self.scales.grids else {}))
        self._items(drawing, self.picture.root, colors, 0)
        self._ports(drawing)
        labelled = self.shapes and not self.look.plain and len(self.picture.lines) <= MOST_LABELS
        straight = self.scales.straight(self.picture)
        held = {name for names in self.scales.columns() for name in names}
        for number, names in enumerate(columns(self.picture, self.ways, low)):
            for name in names:
                if name not in held:
                    drawing.node(name, group=f"main{number}")
        if self.shape.level:
            drawing.attr("graph", newrank="true")
            for box in self.picture.boxes():
                drawing.node(box.name, group=self.shape.column(box.name))
        ports = {port.name for port in self.ways.ports}
        for port in self.ways.ports:
            trunk = self._trunk(port, labelled)
            if port.frame in self.scales.grids:
                trunk["weight"] = "1"
            if port.tail in ports:
                trunk["tailclip"] = "false"
                trunk.pop("label", None)  # it stands beside the piece before
            drawing.edge(port.tail, port.name, **trunk)
            if below := self._below(port):
                drawing.node(port.name, group=f"scale{below[0]}")
                straight.add((port.name, below[1]))
                if (top := self.scales.grids[port.frame].columns[below[0]][0]) != below[1]:
                    drawing.edge(port.name, top, style="invis", weight=STRAIGHTEST)
        with drawing.subgraph() as beneath:
            beneath.attr("edge", style="invis", weight="0", minlen="2")
            for one, two in self.scales.successions(self.picture):
                beneath.edge(self.scales.grids[one].rows[-1][-1], self.scales.grids[two].rows[0][-1])
        for number, line in enumerate(self.picture.lines):
            attributes = self._line(line, number, labelled)
            if (self.ways.start(number, line), line.head) in straight:
                attributes["weight"] = STRAIGHTEST
            if number in long:
                attributes["minlen"] = str(long[number])
            if self.shape.rises(line):
                drawing.edge(line.head, line.tail, **attributes, dir="back")
            elif self.shape.crosses(line):
                # One that is level keeps the way down at the left.
                drawing.edge(
                    line.tail, line.head, **attributes, **({} if (line.tail, line.head) in self.shape.level else {"constraint": "false"})
                )
            elif number in self.ways.port_of:
                attributes.pop("label", None)  # it stands beside the common piece
                drawing.edge(self.ways.port_of[number].name, line.head, **attributes, tailclip="false")
            else:
                drawing.edge(line.tail, line.head, **attributes)
        for name in self._marked:
            drawing.edge(name, name, **self._mark(name))
        for tail, head in self.shape.level:
            with drawing.subgraph(rank="same") as level:
                level.node(tail)
                level.node(head)

    def _columns(self, drawing: Drawing, grid: Grid) -> None:
        """Keeps the maps of each size under each other: where no line leads from one to the next, an unseen one does."""
        lines = {(line.tail, line.head) for line in self.picture.lines}
        for number, names in grid.columns.items():
            for name in names:
                drawing.node(name, group=f"scale{number}", **({} if name in self.scales.boxes else MARK))
            with drawing.subgraph() as column:
                column.attr("edge", style="invis", weight=STRAIGHTEST)
                for one, two in pairwise(names):
                    if (one, two) not in lines:
                        column.edge(one, two)
        for names in (tuple(self._above(grid)), *grid.rows):
            self._level(drawing, names)

    def _above(self, grid: Grid) -> list[str]:
        """The ports above the columns of a frame, from left to right."""
        found = (
            (below[0], port.name) for port in self.ways.ports if self.scales.grids.get(port.frame) is grid and (below := self._below(port))
        )
        return [name for _, name in sorted(found)]

    def _below(self, port: Port) -> tuple[int, str] | None:
        """The column of the map that enters a frame, and its first box, where this is what the map comes to: it enters above the box."""
        grid = self.scales.grids.get(port.frame)
        lines = [self.picture.lines[number] for number in port.lines if self.ways.port_of[number] is port]
        number = self.scales.number(self.graph.nodes[self.picture.lines[port.first].edges[0][0]].shape)
        first = self.scales.first(grid.columns.get(number, ())) if grid is not None and number is not None else ""
        return (number, first) if number is not None and any(line.head == first for line in lines) else None

    # ------------------------------------------------------------------------------------------ boxes

    def _items(self, drawing: Drawing, frame: Frame, fills: Mapping[str, str], depth: int) -> None:
        for port in self.ways.ports:
            if port.frame == frame.name:
                drawing.node(port.name, id=f"{port.name}_port", label=self._joint(port), shape="plain", style="solid", tooltip=" ")
        if gathered := [port.name for port in self.ways.ports if port.frame == frame.name and self._is_gathered(port)]:
            with drawing.subgraph(rank="same") as level:
                for name in gathered:
                    level.node(name)
        for item in frame.items:
            if isinstance(item, Box):
                drawing.node(item.name, **self._box(item, fills[item.name]))
                continue
            with drawing.subgraph(name=f"cluster_{item.name}") as inner:
                inner.attr("graph", **self._frame(item, depth))
                self._items(inner, item, fills, depth + 1)
        if (grid := self.scales.grids.get(frame.name)) is not None:
            self._columns(drawing, grid)
        for number, row in enumerate(self.beside.get(frame.name, ())):
            self._in_order(drawing, row, f"{frame.name}_row{number}")

    def _in_order(self, drawing: Drawing, branches: Branches, name: str) -> None:
        """Keeps branches in their order. What begins in a frame of its own is no neighbour to Graphviz: it is kept by a mark beneath it."""
        self._level(drawing, [one for one in branches.names if one in branches.held])
        if branches.is_level:
            return
        marks = [f"{name}_{number}" for number in range(len(branches.names))]
        for mark in marks:
            drawing.node(mark, **MARK)
        self._level(drawing, marks)
        for branch, mark in zip(lowest(self.picture, branches) if self.from_below else branches.names, marks, strict=True):
            for _ in range(APART):
                drawing.edge(branch, mark, style="invis", weight="0")

    def _level(self, drawing: Drawing, names: Sequence[str]) -> None:
        """Keeps these beside each other, in their order. In the frames of a picture that leads across Graphviz counts from below."""
        with drawing.subgraph(rank="same") as row:
            row.attr("edge", style="invis")
            for one, two in pairwise(reversed(names) if self.leads_across and drawing.is_frame else names):
                row.edge(one, two)

    @property
    def leads_across(self) -> bool:
        return self.look.direction in ("LR", "RL")

    def _called(self, ports: Sequence[int]) -> list[str]:
        """In an inset, what its block calls each of several tensors that it joins, or that leave it; empty for those without a name."""
        scope = self.picture.root.scope
        if len(ports) < 2 or scope is None or self.picture.level != INSET:
            return ["" for _ in ports]
        known = {**scope.called, **{made: name for name, made in scope.takes}}
        return [known.get(self.graph.nodes[port].unique, "") for port in ports]

    def _ports(self, drawing: Drawing) -> None:
        """Where lines come in and go out, at the two edges of the inside of a box."""
        for word, rank, ports in (("in", "source", self.picture.entries), ("out", "sink", self.picture.exits)):
            if ports:
                # Beside another picture they are level with each other alone: an edge would be one for all.
                beside = "same" if len(ports) > 1 else ""
                with drawing.subgraph(rank=beside if self.picture.prefix else rank) as edge:
                    for number, called in enumerate(self._called(ports)):
                        name = f"{self.picture.prefix}{word}{number}"
                        if called:
                            small = {"fontsize": f"{POINTS['small']:g}", "fontcolor": self.look.theme.faint, "tooltip": " "}
                            edge.node(name, label=said(called), shape="plain", style="solid", **small)
                        else:
                            edge.node(name, shape="point", width="0.01", label="", style="invis")

    def _box(self, box: Box, fill: str) -> Attributes:
        theme, rows = self.look.theme, self.rows(box)
        kind = "block" if box.scope is not None else box.main.operation.family
        attributes = {
            "id": box.name,
            "class": f"kind-{kind}" + (" aux" if box.training_only else ""),
            "label": self._label(rows, fill),
            "fillcolor": fill,
            "color": outline(theme, fill),
            "tooltip": said(tooltip(box)),
            "URL": self.look.link(box.scope.span if box.scope is not None else box.main.span),
            "target": "_top",
        }
        if len(rows) > 1:
            attributes["margin"] = "0.1,0"  # a table has an edge of its own; its last row keeps off the corners of the box
        if box.is_merge:
            round_shape = len(box.main.operation.symbol) == 1 and len(rows[0]) == 1
            attributes |= {"shape": "circle" if round_shape else "ellipse", "margin": "0.02", "width": "0.24", "height": "0.24"}
            attributes["style"] = "filled"
        if box.is_port:
            attributes["style"] = "rounded"
            del attributes["fillcolor"]
        if box.training_only:
            attributes["style"] = attributes.get("style", "rounded,filled") + ",dashed"
        if box.name in self._widths:
            attributes["width"] = f"{self._widths[box.name]:.2f}"
        return attributes

    def _beneath_headings(self) -> dict[str, float]:
        """Widths, in inches, of ports, and of the box where the only line into a frame ends: half of each is as wide as the frame's heading.

        The line comes in above the box's middle, so that it misses the heading, which begins where the box does. In a picture that leads
        upwards it is the only line out of a frame that passes the heading.
        """
        found: dict[str, float] = {}
        if self.leads_across:
            return found
        upwards = self.look.direction == "BT"
        boxes = {box.name: box for box in self.picture.boxes()}
        for frame in self.picture.frames():
            held = {frame.name, *(inner.name for inner in frame.frames())}
            inside = {box.name for box in frame.boxes()} | {port.name for port in self.ways.ports if port.frame in held}
            pieces = ((tail, head) if upwards else (head, tail) for tail, head in self.ways.pieces(self.picture))
            entries = {here for here, beyond in pieces if here in inside and beyond not in inside}
            width = beneath(frame)
            first = frame.items[-1 if upwards else 0]
            if len(entries) > 1 and first.name in entries and first.name in self._marked:  # its mark takes the frame to one side
                entries = {first.name}
            if left := self.scales.leftmost(entries):
                entries = {left}
            for name in entries:  # nothing is seen of a port's room, while a box would be as wide
                if name not in boxes or (len(entries) == 1 and width <= WIDEST and not boxes[name].is_merge):
                    found[name] = max(found.get(name, 0.0), width / 72)
        return (evenly_wide if self.look.plain else equally_wide)(self.picture, found, lambda box: rows_width(self.rows(box)))

    def rows(self, box: Box) -> tuple[Row, ...]:
        """What a box says."""
        rows = box_rows(self.graph, box, self.say)
        rows = (name_row(rows),) if self.look.plain else rows
        sign = self.signs.get(box.name, "")
        return ((Words(sign + " ", "count"), *rows[0]), *rows[1:]) if sign else rows

    def _frame(self, frame: Frame, depth: int) -> Attributes:
        theme = self.look.theme
        fill, own = theme.frame_fills[depth % len(theme.frame_fills)], self.heat_of(frame)
        return {
            "id": frame.name,
            "class": "frame" + (" aux" if frame.training_only else ""),
            "label": self._heading(frame, fill),
            "labeljust": "l",
            **({"labelloc": "b"} if self.look.direction == "BT" else {}),  # Graphviz turns it over with the rest: it stands above
            "style": "rounded,filled" + (",dashed" if frame.training_only else ""),
            "fillcolor": fill,
            "color": own or theme.frame,
            **({"penwidth": f"{HOT if own else 1:g}"} if self.look.own is not None else {}),  # frames within would inherit it
            "margin": "6",
            "tooltip": said(frame.scope.doc or ".".join(frame.scope.path) or self.picture.network),
            "URL": self.look.link(frame.scope.span),
            "target": "_top",
        }

    def _label(self, rows: Sequence[Row], fill: str) -> str:
        """The rows of a box: those of one size close together, with some room between the name and what follows."""
        if len(rows) == 1:
            return f"<{self._row(rows[0], fill)}>"
        cells = []
        for _, group in groupby(rows, lambda row: all(words.style == "small" for words in row)):
            lines = list(group)
            # The paths of a block stand one under the other, each from its bar on.
            align = ' BALIGN="LEFT"' if any(row[0].text.startswith("| ") for row in lines) else ""
            cells.append(f"<TR><TD{align}>{'<BR/>'.join(self._row(row, fill) for row in lines)}</TD></TR>")
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="{BETWEEN}" CELLPADDING="0">{"".join(cells)}</TABLE>>'

    def _row(self, row: Row, fill: str) -> str:
        theme = self.look.theme
        pieces = []
        for words in row:
            wanted = {"small": theme.faint, "count": theme.count}.get(words.style, theme.text)
            text = escaped(words.text)
            if words.style in BOLD:
                text = f"<B>{text}</B>"
            size = POINTS[words.style]
            pieces.append(f'<FONT POINT-SIZE="{size:g}" COLOR="{readable(fill, wanted)}">{text}</FONT>')
        return "".join(pieces)

    def _heading(self, frame: Frame, fill: str) -> str:
        """A frame's name at its left. As much room is kept at its right, so that a line that comes in at the middle misses it.

        The marks of skips take the line to the left of the middle.
        """
        rows: Sequence[Row] = frame_rows(frame)
        room = 0 if self.leads_across else round(rows_width(rows) + GAP)
        if 2 * room > WIDEST and any(item.name in self._marked for item in frame.items):
            room += MARKED
        own, number = self.heat_of(frame), ""
        if own and frame.number:
            *rows, last = rows
            number = f'<TR><TD ALIGN="LEFT" BGCOLOR="{own}">{self._row(last, own)}</TD></TR>'
        text = "<BR/>".join(self._row(row, fill) for row in rows)
        return (
            '<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0"><TR>'
            f'<TD ALIGN="LEFT" BALIGN="LEFT">{text}</TD><TD WIDTH="{room}"></TD></TR>{number}</TABLE>>'
        )

    # ----------------------------------------------------------------------------------------- colours

    def colors(self) -> Mapping[str, str]:
        """The fill of every box, and of frames that are not as the others are."""
        return self._colors

    def heat_of(self, frame: Frame) -> str | None:
        """The colour of a frame that has one. Its edge and its number have it, not its inside: lines and words stand there."""
        return self._colors.get(frame.name)

    def _total(self) -> float:
        own = self.look.own
        return sum(costs(self.picture, self.look).values()) if own is None else own.within(range(len(self.graph.nodes)))

    # ------------------------------------------------------------------------------------------- lines

    def _line(self, line: Line, number: int, labelled: bool) -> Attributes:
        theme = self.look.theme
        attributes = {
            "id": f"{self.picture.root.name}e{number}" if self.picture.prefix else f"e{number}",
            "weight": "1" if line.skip or line.training_only else "64" if number in self.ways.main else "8",
        }
        classes = ["size"] if line.size else ["skip"] if line.skip else []
        words = [shape_text(line.shape)] if line.shape is not None and labelled else []
        if line.count > 1:  # several tensors: they have no one shape
            words = [f"\u00d7{line.count}"]
        if words:
            attributes["label"] = " " + " ".join(words) + " "
        if line.size:
            attributes |= {"style": "dotted", "penwidth": THIN, "arrowsize": "0.4"}
        elif line.skip:
            attributes |= {"color": theme.skip, "style": theme.skip_style, "penwidth": "1.1"}
        if line.training_only:
            classes.append("aux")
            attributes["style"] = "dotted" if line.size else "dashed"
        if classes:
            attributes["class"] = " ".join(classes)
        tail, head = (self.graph.nodes[index] for index in line.edges[0][:2])
        attributes["tooltip"] = said(f"{tail.unique} -> {head.unique}: {show(tail.shape)}" + (", its size alone" if line.size else ""))
        return attributes

    def _mark(self, name: str) -> Attributes:
        """The skip of a folded block, in the small."""
        theme = self.look.theme
        return {
            "id": f"{name}_skip", "class": "skip", "color": theme.skip, "style": theme.skip_style, "arrowsize": "0.4",
            "penwidth": "1.0", "tooltip": " ",
        }  # fmt: skip

    def _trunk(self, port: Port, labelled: bool) -> Attributes:
        """The common piece of the lines that enter a frame at one port. It looks like the first of them that skips nothing."""
        rows = [(self.picture.lines[number], self._line(self.picture.lines[number], number, labelled)) for number in port.lines]
        attributes = min(rows, key=lambda row: (row[0].size, row[0].skip))[1]
        label = next((row["label"] for _, row in rows if "label" in row), None)
        return (
            attributes | ({} if label is None else {"label": label}) | {"weight": "64", "id": port.name, "dir": "none", "headclip": "false"}
        )

    def _joint(self, port: Port) -> str:
        """What stands where lines part: a dot between the pieces, with room beside it for the heading of the frame."""
        room = round(36 * self._widths.get(port.name, 0.0))
        side = f'<TD WIDTH="{room}" HEIGHT="2"></TD>' if room else ""
        lines = [self.picture.lines[number] for number in port.lines]
        color = self.look.theme.skip if all(line.skip for line in lines) else self.look.theme.line
        dot = 2 if self.ways.parts_at(port) else 1  # where one line goes on, as wide as it is
        joint = f'<TD WIDTH="{dot}" HEIGHT="2" BGCOLOR="{color}"></TD>'
        return f'<<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="0" CELLPADDING="0" FIXEDSIZE="TRUE" WIDTH="{2 * room + dot}" HEIGHT="2"><TR>{side}{joint}{side}</TR></TABLE>>'

    def _changing_columns(self) -> dict[int, int]:
        """Ranks that lines from a row of maps to what brings them to other sizes reach down: many of them would lie on each other in one."""
        row_of = {name: (frame, at) for frame, grid in self.scales.grids.items() for at, row in enumerate(grid.rows) for name in row}
        slanting: dict[tuple[str, int], list[int]] = defaultdict(list)
        for number, line in enumerate(self.picture.lines):
            if line.tail in row_of and line.head not in row_of and number not in self.ways.port_of:
                slanting[row_of[line.tail]].append(number)
        return {number: min(1 + len(row) // CROWD, 3) for row in slanting.values() if len(row) >= CROWD for number in row}

    def _is_gathered(self, port: Port) -> bool:
        """Whether a tensor enters here that boxes take with many others."""
        return all(self.picture.lines[number].head in self._gathering for number in port.lines)

    def _below_heads(self) -> set[int]:
        """Lines that leave a frame beside an aux head: they reach below it, so that the main path stays straight."""
        frame_of: dict[str, str] = {}
        for frame in (self.picture.root, *self.picture.frames()):
            frame_of.update((item.name, frame.name) for item in frame.items)
        beside = {line.tail for line in self.picture.lines if line.training_only and frame_of.get(line.head) == frame_of.get(line.tail)}
        return {
            number
            for number, line in enumerate(self.picture.lines)
            if line.tail in beside and not line.training_only and frame_of.get(line.head) != frame_of[line.tail]
        }
