"""Two networks side by side: what is new, gone, changed and renamed in colour and by a sign, what is the same folded away."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from ...base.diagnostics import Diagnostic
from ..analysis.cost_table import Work
from ..analysis.diff import Difference
from ..files.write import write
from ..graph.graph import Graph
from .diagram import RESOLUTION, failed, wrong_ending
from .dot import Look, Writer, begun
from .fold import View, fold
from .graphviz import SECONDS, Failure, render
from .picture import Box, Picture
from .style import LIGHT, POINTS, Theme, readable
from .svg import finished
from .tooltip import clean, escaped

FORMATS = ("svg", "pdf", "png", "dot")
SIGNS: Mapping[str, str] = {"same": "", "added": "+", "removed": "\u2212", "changed": "~", "renamed": "="}


def draw_difference(difference: Difference, path: str | os.PathLike[str], theme: Theme = LIGHT) -> tuple[Diagnostic, ...]:
    """Writes the picture to `path`; its ending says the format. Where the layout fails, the DOT is kept beside it."""
    file = Path(path)
    form = file.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        return (wrong_ending(difference.after, file, FORMATS),)
    dot = difference_dot(difference, Look(theme, resolution=RESOLUTION if form == "png" else 72))
    made = dot.encode() if form == "dot" else render(dot, form, SECONDS)
    if isinstance(made, Failure):
        write(str(file.with_suffix(".dot")), dot)
        return (failed(difference.after, fold(difference.after), made, form),)
    if form == "svg":
        names = [clean(graph.program.name) for graph in (difference.before, difference.after)]
        made = finished(made, f"{names[0]} and {names[1]}: what differs", difference.text()).encode()
    write(str(file), made)
    return ()


def difference_dot(difference: Difference, look: Look) -> str:
    """The DOT text of both networks, one beside the other."""
    drawing = begun(look)
    sides = (("a", difference.before, difference.totals[0]), ("b", difference.after, difference.totals[1]))
    for word, graph, work in sides:
        marks = _marks(difference, graph)
        picture = fold(graph, View(marks=marks, calm="same")).prefixed(word)
        boxes = {box.name: _mark(box, marks) for box in picture.boxes()}
        fills = {name: look.theme.marks[mark] for name, mark in boxes.items()}
        signs = {name: SIGNS[mark] for name, mark in boxes.items()}
        with drawing.subgraph(name=f"cluster_{word}") as side:
            side.attr("graph", label=_heading(picture, work, look.theme), peripheries="0", labeljust="l", tooltip=" ")
            Writer(graph, picture, look, fills, signs).add_to(side)
    drawing.attr("graph", label=_legend(look.theme), labelloc="b", labeljust="c")
    return drawing.source


def _marks(difference: Difference, graph: Graph) -> tuple[str, ...]:
    """What became of every node of one of the two networks."""
    marks = ["same"] * len(graph.nodes)
    for change in difference.changes:
        node = change.after if graph is difference.after else change.before
        if node is not None:
            marks[node.index] = change.kind
    return tuple(marks)


def _mark(box: Box, marks: tuple[str, ...]) -> str:
    found = {marks[node.index] for node in box.nodes}
    return found.pop() if len(found) == 1 else "changed"


def _heading(picture: Picture, work: Work, theme: Theme) -> str:
    name = f'<FONT POINT-SIZE="{POINTS["frame"] + 2:g}"><B>{escaped(picture.network)}</B></FONT>'
    numbers = f"{work.parameters:,} parameters, {work.macs:,} MACs"
    return f'<{name}<BR ALIGN="LEFT"/><FONT POINT-SIZE="{POINTS["small"]:g}" COLOR="{theme.faint}">{numbers}</FONT><BR ALIGN="LEFT"/>>'


def _legend(theme: Theme) -> str:
    words = {"added": "new", "removed": "gone", "changed": "changed", "renamed": "renamed", "same": "the same"}
    cells = "".join(
        f'<TD BGCOLOR="{theme.marks[mark]}" WIDTH="52"><FONT COLOR="{readable(theme.marks[mark], theme.text)}">'
        f"{escaped(f'{SIGNS[mark]} {word}'.strip())}</FONT></TD>"
        for mark, word in words.items()
    )
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="2"><TR>{cells}</TR></TABLE>'
    return f'<<FONT POINT-SIZE="{POINTS["legend"]:g}">{table}</FONT>>'
