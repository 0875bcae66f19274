"""Two networks side by side: what is new, gone, changed, renamed and moved in colour and by a sign, what is the same folded away."""

from __future__ import annotations

import os
from pathlib import Path

from ...base.diagnostics import Diagnostic
from ..analysis.cost_table import Work
from ..analysis.diff import Difference
from ..files.write import write
from .diagram import RESOLUTION, failed, wrong_ending
from .dot import Writer, begun
from .fold import View, fold
from .graphviz import SECONDS, Failure, render
from .look import Look
from .marks import SIGNS, mark, marks_of, renamed_parts, signed
from .names import names_of_two
from .style import LIGHT, POINTS, Theme, readable
from .svg import finished
from .tooltip import escaped

FORMATS = ("svg", "pdf", "png", "html", "dot")


def draw_difference(
    difference: Difference, path: str | os.PathLike[str], theme: Theme = LIGHT, direction: str | None = None
) -> tuple[Diagnostic, ...]:
    """Writes the picture, or the page, to `path`; its ending says the format. Where the layout fails, the DOT is kept beside it."""
    wrong = no_picture(path)
    if wrong is not None:
        return (wrong,)
    file = Path(path)
    form = file.suffix.removeprefix(".").lower()
    dot = difference_dot(difference, Look(theme, direction=direction, resolution=RESOLUTION if form == "png" else 72))
    made = _made(difference, dot, form, direction)
    if isinstance(made, Failure):
        write(str(file.with_suffix(".dot")), dot)
        return (failed(difference.after, fold(difference.after), made, form),)
    write(str(file), made)
    return ()


def no_picture(path: str | os.PathLike[str]) -> Diagnostic | None:
    """What is wrong with a path to which two networks cannot be drawn."""
    file = Path(path)
    return None if file.suffix.removeprefix(".").lower() in FORMATS else wrong_ending(file, FORMATS, "two networks side by side")


def _made(difference: Difference, dot: str, form: str, direction: str | None) -> bytes | Failure:
    if form == "dot":
        return dot.encode()
    if form == "html":
        from .page.compare_page import to_compare_page

        page = to_compare_page(difference, direction)
        return page if isinstance(page, Failure) else page.encode()
    made = render(dot, form, SECONDS)
    if form != "svg" or isinstance(made, Failure):
        return made
    names = names_of_two(difference.before, difference.after)
    return finished(made, f"{names[0]} and {names[1]}: what differs", difference.text()).encode()


def difference_dot(difference: Difference, look: Look) -> str:
    """The DOT text of both networks, one beside the other."""
    drawing = begun(look)
    names = names_of_two(difference.before, difference.after)
    graphs = (difference.before, difference.after)
    for side_name, name, graph, work, renamed in zip("ab", names, graphs, difference.totals, renamed_parts(difference), strict=True):
        marks = marks_of(difference, graph)
        picture = signed(fold(graph, View(marks=marks, calm="same")), marks, renamed).prefixed(side_name)
        boxes = {box.name: mark((node.index for node in box.nodes), marks) for box in picture.boxes()}
        fills = {name: look.theme.marks[word] for name, word in boxes.items()}
        signs = {name: SIGNS[word] for name, word in boxes.items()}
        with drawing.subgraph(name=f"cluster_{side_name}") as side:
            side.attr("graph", label=_heading(name, work, look.theme), peripheries="0", labeljust="l", tooltip=" ")
            Writer(graph, picture, look, fills, signs).add_to(side)
    drawing.attr("graph", label=_legend(look.theme), labelloc="b", labeljust="c")
    return drawing.source


def _heading(name: str, work: Work, theme: Theme) -> str:
    name = f'<FONT POINT-SIZE="{POINTS["frame"] + 2:g}"><B>{escaped(name)}</B></FONT>'
    numbers = f"{work.parameters:,} parameters, {work.macs:,} MACs"
    return f'<{name}<BR ALIGN="LEFT"/><FONT POINT-SIZE="{POINTS["small"]:g}" COLOR="{theme.faint}">{numbers}</FONT><BR ALIGN="LEFT"/>>'


def _legend(theme: Theme) -> str:
    words = {"added": "new", "removed": "gone", "changed": "changed", "renamed": "renamed", "moved": "moved", "same": "the same"}
    cells = "".join(
        f'<TD BGCOLOR="{theme.marks[kind]}" WIDTH="52"><FONT COLOR="{readable(theme.marks[kind], theme.text)}">'
        f"{escaped(f'{SIGNS[kind]} {word}'.strip())}</FONT></TD>"
        for kind, word in words.items()
    )
    table = f'<TABLE BORDER="0" CELLBORDER="0" CELLSPACING="2" CELLPADDING="2"><TR>{cells}</TR></TABLE>'
    return f'<<FONT POINT-SIZE="{POINTS["legend"]:g}">{table}</FONT>>'
