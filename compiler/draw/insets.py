"""A network as papers draw it: the column of its blocks, and beside it each block once, opened, with what its symbols are where."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import partial
from string import ascii_lowercase, ascii_uppercase

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope
from .dot import Writer, begun, said
from .fold import INSET, inside
from .font import width
from .graphviz import SECONDS, Failure
from .graphviz_json import Geometry, Point
from .labels import Say, box_rows, caption, name
from .laid_out import placed
from .look import Look
from .paths import nodes_in
from .picture import Box, Picture
from .positions import Part, together
from .style import POINTS
from .symbols import Design, designs, named_in
from .symbols import placed as placed_at
from .tooltip import escaped

MOST_INSETS = 8
MOST_PLACES = 10  # rows of the table beneath an inset
LINE, BETWEEN = 11.0, 12.0  # points: of a row of text, and between insets
PAGE = (6.5 * 72, 9 * 72)  # points, of what a page has inside its margins
MUCH = 1.25  # by how much larger it must show insets, for that they stand beneath the column's end


@dataclass(frozen=True, slots=True)
class Inset:
    """One opened block. `letter` is what its heading and its boxes say, where several blocks have one name; `letters` are those of all places.
    `told` is the design with the symbols that its boxes name, which the table beneath tells."""

    design: Design
    told: Design
    picture: Picture
    letter: str
    letters: Mapping[Scope, str] = field(default_factory=dict, repr=False, compare=False)


def insets(graph: Graph, picture: Picture) -> tuple[tuple[Inset, ...], int]:
    """The blocks that are folded in a picture, and those in them, each once; of many those that do the most work, and how many are left out."""
    scopes = dict.fromkeys(scope for box in picture.boxes() for call in _calls(box) for scope in _blocks(graph, call))
    opened = [(design, _opened(graph, design)) for design in designs(graph, list(scopes))]
    # Where a box tells all of a block, it is that box in the others. One that holds more at another place is told at both.
    held = {design.template for design, inner in opened if sum(box.count for box in inner.boxes()) > 1}
    every = [(design, inner) for design, inner in opened if design.template in held and not _is_another(inner)]
    dearest = sorted(range(len(every)), key=lambda number: -sum(node.macs for nodes in every[number][0].nodes for node in nodes))
    found = [every[number] for number in sorted(dearest[:MOST_INSETS])]
    many = Counter(design.template for design, _ in found)
    seen: Counter[str] = Counter()
    taken = {name for node in graph.nodes for name in node.path}
    free = [letter for letter in (*ascii_lowercase, *ascii_uppercase) if letter not in taken]  # a label `a` beside it would be taken for it
    free = free if len(free) >= MOST_INSETS else list(ascii_lowercase)
    made = []
    for number, (design, inner) in enumerate(found):
        letter = free[seen[design.template]] if many[design.template] > 1 else ""
        seen[design.template] += 1
        made.append(Inset(design, _told(graph, design, inner), inner.prefixed(f"i{number}"), letter))
    letters = {place: inset.letter for inset in made for place in inset.design.places if inset.letter}
    return tuple(replace(inset, letters=letters) for inset in made), len(every) - len(found)


def _opened(graph: Graph, design: Design) -> Picture:
    nodes = tuple(graph.nodes[index] for index in nodes_in(graph, design.places[0]))
    return inside(graph, Box(f"n{nodes[0].index}", nodes, nodes, design.places[0], nodes[0]), INSET, design.nodes)


def _is_another(inner: Picture) -> bool:
    """Whether a block is a call of another and nothing else."""
    return len(inner.boxes()) == 1 and inner.boxes()[0].scope is not None


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


@dataclass(frozen=True, slots=True)
class Sheet:
    """A column of blocks and its insets, each laid out by itself: writers and geometries in order, where the corner of each is, and the text
    that Graphviz draws as it stands."""

    writers: tuple[Writer, ...]
    geometries: tuple[Geometry, ...]
    corners: tuple[Point, ...]
    insets: tuple[Inset, ...]
    size: Point
    text: str
    left_out: str = ""


def sheet(
    graph: Graph, picture: Picture, look: Look, found: Sequence[Inset], left_out: int = 0, seconds: float = SECONDS
) -> Sheet | Failure:
    """The picture at the left, the insets beside it from top to bottom; below, how many were `left_out`."""
    # A U stays one; an inset leads from what comes in at its top to what goes out below.
    straight = replace(look, direction=look.direction or "TB")
    main = picture.prefixed("m")
    writers = [Writer(graph, main, look, signs=_signs(main, found[0].letters)), *(_writer(graph, inset, straight) for inset in found)]
    made = placed(writers, [Writer.write, *(partial(_framed, inset=inset) for inset in found)], seconds)
    if isinstance(made, Failure):
        return made
    texts, geometries = zip(*made, strict=True)
    corners, size = packed([(geometry.width, geometry.height) for geometry in geometries])
    words = f"{left_out} more block{'s have' if left_out > 1 else ' has'} no inset: --open shows what is in them" if left_out else ""
    parts = [Part(text, *corner) for text, corner in zip(texts, corners, strict=True)]
    head = begun(straight)
    if words:
        head.node("left_out", label=said(words), shape="plain", style="solid", pos=f"{width(words, POINTS['small']) / 2:.6g},{-size[1] - BETWEEN:.6g}",
                  fontsize=f"{POINTS['small']:g}", fontcolor=look.theme.faint)  # fmt: skip
        size = (size[0], size[1] + BETWEEN + LINE)
    return Sheet(tuple(writers), geometries, corners, tuple(found), size, together(head.source, parts), words)


def packed(sizes: Sequence[Point]) -> tuple[tuple[Point, ...], Point]:
    """Corners in columns: the first size alone at the left, the others in order. No column is higher than the highest of all, or than a row
    of insets where a page then holds them much larger: wide ones stand beneath each other."""
    highest = max(high for _, high in sizes)
    heights = [high for _, high in sizes[1:]]
    taller = {sum(heights[at:end]) + BETWEEN * (end - at - 1) for at in range(len(heights)) for end in range(at + 2, len(heights) + 1)}
    usual, *others = (_columns(sizes, room) for room in (highest, *sorted(height for height in taller if height > highest)))
    best = max(others, key=lambda found: scale_on_page(found[1]), default=usual)
    return best if scale_on_page(best[1]) > MUCH * scale_on_page(usual[1]) else usual


def scale_on_page(size: Point) -> float:
    """How large a page shows a sheet of a size."""
    return min(1.0, PAGE[0] / size[0], PAGE[1] / size[1])


def _columns(sizes: Sequence[Point], room: float) -> tuple[tuple[Point, ...], Point]:
    """The corners of columns that are at most so high, and the size of all."""
    corners = [(0.0, 0.0)]
    left, right, y = sizes[0][0] + BETWEEN, sizes[0][0], 0.0
    for wide, high in sizes[1:]:
        if y and y + high > room:
            left, y = right + BETWEEN, 0.0
        corners.append((left, y))
        right = max(right, left + wide)
        y += high + BETWEEN
    return tuple(corners), (right, max(corner[1] + high for corner, (_, high) in zip(corners, sizes, strict=True)))


def _signs(picture: Picture, letters: Mapping[Scope, str]) -> dict[str, str]:
    return {box.name: letters[box.scope] for box in picture.boxes() if box.scope is not None and box.scope in letters}


def _writer(graph: Graph, inset: Inset, look: Look) -> Writer:
    say = _say(graph, inset.design)
    return Writer(graph, inset.picture, look, signs=_signs(inset.picture, inset.letters), say=say, shapes=False)


def _say(graph: Graph, design: Design) -> Say:
    """How the boxes of an inset say what operations do."""
    # Numbers of one depth are none of the others.
    captions = dict.fromkeys((index for calls in design.calls[:1] for call in calls for index in nodes_in(graph, call)), "")
    captions |= design.captions

    def told(node: Node) -> str:
        return captions[node.index] if node.index in captions else caption(node)

    return Say(lambda node: design.names.get(node.index) or name(node), told)


def _told(graph: Graph, design: Design, inner: Picture) -> Design:
    say = _say(graph, design)
    rows = [row for box in inner.boxes() for row in box_rows(graph, box, say)]
    return named_in(design, "\n".join("".join(words.text for words in row) for row in rows))


def _framed(writer: Writer, inset: Inset) -> str:
    """The text of an inset: its frame, its picture, and beneath this the places of the block."""
    look, prefix = writer.look, inset.picture.prefix
    drawing = begun(look)
    with drawing.subgraph(name=f"cluster_{prefix}") as frame:
        frame.attr(
            "graph", id=prefix, label=_heading(inset, look), labeljust="l", style="rounded,filled", fillcolor=look.theme.page, color=look.theme.frame,
            margin="8", tooltip=" ",
        )  # fmt: skip
        writer.add_to(frame)
        frame.node(f"{prefix}places", id=f"{prefix}places", label=_table(inset, look), shape="plain", style="solid", tooltip=" ")
        for number in range(len(inset.picture.exits)):
            frame.edge(f"{prefix}out{number}", f"{prefix}places", style="invis")
    return drawing.source


def _heading(inset: Inset, look: Look) -> str:
    letter = f'<FONT COLOR="{look.theme.count}">{inset.letter} </FONT>' if inset.letter else ""
    return f'<<FONT POINT-SIZE="{POINTS["frame"]:g}" COLOR="{look.theme.text}"><B>{letter}{escaped(inset.design.template)}</B></FONT>>'


def places_of(inset: Inset) -> list[tuple[str, ...]]:
    """The rows beneath an inset: the places of its block, and what its symbols are there."""
    design = inset.told
    rows: list[tuple[str, ...]] = [("", *design.headings)] if design.headings else []
    places = placed_at(design, inset.letters)
    rows += [(name, *map(str, values)) for name, values in places[:MOST_PLACES]]
    if len(places) > MOST_PLACES:
        rows.append((f"and {len(places) - MOST_PLACES} more", *("" for _ in design.headings)))
    return rows


def _table(inset: Inset, look: Look) -> str:
    cells = "".join(
        "<TR>"
        + "".join(f'<TD ALIGN="{"LEFT" if place == 0 else "RIGHT"}">{escaped(text)}</TD>' for place, text in enumerate(row))
        + "</TR>"
        for row in places_of(inset)
    )
    return (
        f'<<FONT POINT-SIZE="{POINTS["small"]:g}" COLOR="{look.theme.faint}">'
        f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="4" CELLPADDING="0">{cells}</TABLE></FONT>>'
    )
