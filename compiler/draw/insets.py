"""A network as papers draw it: the column of its blocks, and beside it each block once, opened, with what its symbols are where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from string import ascii_lowercase

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Scope
from .dot import Look, Writer, begun, said
from .drawing import Drawing
from .edges import flow, ranks
from .fold import INSET, inside
from .labels import box_rows, caption
from .picture import Box, Picture
from .style import POINTS
from .symbols import Design, designs, placed
from .tooltip import escaped

MOST_INSETS = 8
MOST_PLACES = 10  # rows of the table beneath an inset
LINE, BETWEEN, HEADING = 11.0, 26.0, 30.0  # points: of a row of text, between boxes and around them, of what frames add


@dataclass(frozen=True, slots=True)
class Inset:
    """One opened block. `letter` is what its heading and its boxes say, where several blocks have one name."""

    design: Design
    picture: Picture
    letter: str


def insets(graph: Graph, picture: Picture) -> tuple[tuple[Inset, ...], int]:
    """The blocks that are folded in a picture, and those in them, each once; of many those that do the most work, and how many are left out."""
    scopes = dict.fromkeys(scope for box in picture.boxes() for call in _calls(box) for scope in _blocks(graph, call))
    opened = [(design, _opened(graph, design)) for design in designs(graph, list(scopes))]
    every = [(design, inner) for design, inner in opened if len(inner.boxes()) > 1]  # one box would say what its own says
    dearest = sorted(range(len(every)), key=lambda number: -sum(node.macs for nodes in every[number][0].nodes for node in nodes))
    found = [every[number] for number in sorted(dearest[:MOST_INSETS])]
    many = Counter(design.template for design, _ in found)
    seen: Counter[str] = Counter()
    made = []
    for number, (design, inner) in enumerate(found):
        letter = ascii_lowercase[seen[design.template]] if many[design.template] > 1 else ""
        seen[design.template] += 1
        made.append(Inset(design, inner.prefixed(f"i{number}"), letter))
    return tuple(made), len(every) - len(found)


def _opened(graph: Graph, design: Design) -> Picture:
    nodes = design.nodes[0]
    return inside(graph, Box(f"n{nodes[0].index}", nodes, nodes, design.places[0], nodes[0]), INSET)


def _calls(box: Box) -> list[Scope]:
    """The calls of a block that a box stands for: one, or those of all its rounds."""
    if box.scope is None or box.scope.kind != "block":
        return []
    template = box.scope.template
    calls = [
        next(above for above in node.scope.ancestors() if (above.kind, above.template, above.depth) == ("block", template, box.scope.depth))
        for node in box.nodes
    ]
    return list(dict.fromkeys(calls))


def _blocks(graph: Graph, scope: Scope) -> Iterator[Scope]:
    """A call of a block, and those in it."""
    if scope.kind == "block" and scope.template:
        yield scope
    for member in graph.members[scope]:
        if isinstance(member, Scope):
            yield from _blocks(graph, member)


def to_dot_with_insets(graph: Graph, picture: Picture, look: Look, found: Sequence[Inset], left_out: int = 0) -> str:
    """The DOT text: the picture at the left, the insets beside it from top to bottom; below, how many were `left_out`."""
    drawing = begun(look)
    # In a U the arms are level with each other, which the boxes of insets are not: the column is drawn straight.
    straight = replace(look, direction=look.direction or "TB")
    main = picture.prefixed("m")
    letters = {place: inset.letter for inset in found for place in inset.design.places if inset.letter}
    with drawing.subgraph(name="cluster_m") as side:
        side.attr("graph", peripheries="0", label="", tooltip=" ")
        Writer(graph, main, straight, signs=_signs(main, letters)).add_to(side)
    heights = [_height(graph, inset) for inset in found]
    room = max(height(graph, main), *heights)
    above, filled = "", 0.0
    for inset, high in zip(found, heights, strict=True):
        if filled + high > room:
            above, filled = "", 0.0
        _add(drawing, graph, inset, straight, letters)
        if above:
            drawing.edge(f"{above}places", f"{inset.picture.prefix}in0", style="invis", weight="0")
        above = inset.picture.prefix
        filled += high
    if left_out:
        words = f"{left_out} more block{'s have' if left_out > 1 else ' has'} no inset: --open shows what is in them"
        drawing.attr("graph", label=said(words), labelloc="b", labeljust="l", fontsize=f"{POINTS['small']:g}")
    return drawing.source


def _height(graph: Graph, inset: Inset) -> float:
    return height(graph, inset.picture) + HEADING + LINE * min(len(placed(inset.design)), MOST_PLACES)


def _signs(picture: Picture, letters: Mapping[Scope, str]) -> dict[str, str]:
    return {box.name: letters[box.scope] for box in picture.boxes() if box.scope is not None and box.scope in letters}


def height(graph: Graph, picture: Picture) -> float:
    """About how high a picture will be, in points: its boxes, rank by rank."""
    boxes = {box.name: LINE * len(box_rows(graph, box)) + BETWEEN for box in picture.boxes()}
    ends = {name for line in picture.lines for name in (line.tail, line.head)} | set(boxes)
    rows: dict[int, float] = {}
    for name, rank in ranks(flow(picture.lines, ends)).items():
        rows[rank] = max(rows.get(rank, 0.0), boxes.get(name, BETWEEN))
    return sum(rows.values()) + HEADING * len(picture.frames())


def _add(drawing: Drawing, graph: Graph, inset: Inset, look: Look, letters: Mapping[Scope, str]) -> None:
    picture, theme, captions = inset.picture, look.theme, inset.design.captions
    prefix = picture.prefix
    with drawing.subgraph(name=f"cluster_{prefix}") as frame:
        frame.attr(
            "graph", label=_heading(inset, look), labeljust="l", style="rounded,filled", fillcolor=theme.page, color=theme.frame,
            margin="8", tooltip=" ",
        )  # fmt: skip
        Writer(
            graph, picture, look, signs=_signs(picture, letters),
            say=lambda node: captions.get(node.index, caption(node)), shapes=False,
        ).add_to(frame)  # fmt: skip
        frame.node(f"{prefix}places", id=f"{prefix}places", label=_table(inset.design, look), shape="plain", style="solid", tooltip=" ")
        for number in range(len(picture.exits)):
            frame.edge(f"{prefix}out{number}", f"{prefix}places", style="invis")


def _heading(inset: Inset, look: Look) -> str:
    letter = f'<FONT COLOR="{look.theme.count}">{inset.letter} </FONT>' if inset.letter else ""
    return f'<<FONT POINT-SIZE="{POINTS["frame"]:g}" COLOR="{look.theme.text}"><B>{letter}{escaped(inset.design.template)}</B></FONT>>'


def _table(design: Design, look: Look) -> str:
    """The places of a block, and what its symbols are there."""
    rows: list[tuple[str, ...]] = [("", *design.symbols)] if design.symbols else []
    places = placed(design)
    rows += [(name, *map(str, values)) for name, values in places[:MOST_PLACES]]
    if len(places) > MOST_PLACES:
        rows.append((f"and {len(places) - MOST_PLACES} more", *("" for _ in design.symbols)))
    cells = "".join(
        "<TR>"
        + "".join(f'<TD ALIGN="{"LEFT" if place == 0 else "RIGHT"}">{escaped(text)}</TD>' for place, text in enumerate(row))
        + "</TR>"
        for row in rows
    )
    return (
        f'<<FONT POINT-SIZE="{POINTS["small"]:g}" COLOR="{look.theme.faint}">'
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="0">{cells}</TABLE></FONT>>'
    )
