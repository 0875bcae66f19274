"""What is said of a picture that is not as it was asked for, and what changes that: each remedy is tried before it is offered."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from ...base.diagnostics import Diagnostic, Severity
from ..files.system_errors import at
from ..graph.graph import Graph
from .dot import Writer
from .fold import EVERYTHING, LEVELS, View, fold
from .insets import MUCH, PAGE, scale_on_page
from .laid_out import rendered
from .look import Look
from .paths import names_of
from .picture import Picture
from .style import POINTS, SMALLEST
from .tooltip import clean

EVEN = 0.02
"""Inches by which the width of a picture, in whole points, is off."""
MOST_TRIED = 60
"""How many pictures are folded, and MOST_BOXES of how many boxes laid out, to find a remedy."""
MOST_BOXES = 300
WIDE, SLIT = 3000.0, 3.0
"""Points, and times as wide as high, from which a picture is too wide for a screen."""


def doubt(graph: Graph, code: str, message: str, help: str) -> Diagnostic:
    """A warning of a picture: its place is the file alone."""
    return Diagnostic(code, message, at(graph.program.span.source.name), help=help, severity=Severity.WARNING)


# ------------------------------------------------------------------------------ options that a format has not

_UNHEEDED = {
    ("html", "--theme"): ("the page takes the light or the dark colours of the reader's system", "leave it out, or write .svg"),
    ("html", "--width"): ("the page is as wide as its window", "leave it out, or write .svg or .pdf"),
    ("html", "--color-by"): (
        "the page colours by kind, by what is counted, or by numbers of yours",
        "leave it out, give it numbers by `--values`, or write .svg",
    ),
    ("html", "--style"): ("the page shows its boxes with their numbers", "leave it out, or write .svg"),
    ("tex", "--width"): (
        "a drawing of TikZ is as wide as it is",
        "leave it out, and write `\\resizebox{\\columnwidth}{!}{\\input{net.tex}}`",
    ),
    ("drawio", "--width"): (
        "a drawing to be changed by hand is as wide as it is",
        "leave it out, and scale the drawing where it is placed",
    ),
    ("plain", "--theme"): ("it is in black and white", "leave it out, or leave `--style plain` out"),
    ("plain", "--color-by"): ("it is in black and white", "leave it out, or leave `--style plain` out"),
    ("volumes", "--direction"): ("volumes lead from left to right", "leave it out, or leave `--style volumes` out"),
}

_OF_STYLES = {"volumes": "volumes have", "plain": "a plain picture has"}


def unheeded(graph: Graph, form: str, style: str, given: dict[str, str | None]) -> tuple[Diagnostic, ...]:
    """A warning for each option that changes nothing in this format. `given`: what was asked for that is not the default."""
    rows = []
    for option, value in given.items():
        for kind, has in ((form, f"`.{form}` has"), (style, _OF_STYLES.get(style, ""))):
            why = _UNHEEDED.get((kind, option))
            if value is not None and why is not None:
                rows.append(doubt(graph, "W553", f"{has} no `{option} {value}`: {why[0]}", why[1]))
                break
    return tuple(rows)


# ------------------------------------------------------------------------------------------- too small a text


def points_of(svg: bytes) -> float:
    """How high the smallest text of a picture is on paper."""
    scale = re.search(rb'transform="scale\(([\d.]+)', svg)
    return min(POINTS.values()) * float(scale.group(1)) if scale else SMALLEST


def points_of_volumes(svg: bytes) -> float:
    """The same of solids, which Graphviz has no part in."""
    width, across = map(float, re.findall(rb'<svg[^>]* width="([\d.]+)pt"[^>]* viewBox="0 0 ([\d.]+)', svg)[0])
    return POINTS["small"] * width / across


def volumes_too_small(graph: Graph, look: Look, svg: bytes) -> tuple[Diagnostic, ...]:
    """The warning of `too_small` for solids, of which there is one view in one direction."""
    return (*_unreadable(graph, look, points_of_volumes(svg), ()), *not_enlarged(graph, look, size_of(svg, 72)[0] / 72))


def too_small(graph: Graph, view: View, picture: Picture, look: Look, svg: bytes, seconds: float) -> tuple[Diagnostic, ...]:
    """A warning where the width that was asked for makes the text too small to read, or the picture higher than a page."""
    if (found := _unreadable(graph, look, points_of(svg), _smaller(graph, view, picture, look, seconds, False))) or look.width is None:
        return found
    wide, high = (size / 72 for size in size_of(svg, 72))
    narrow = not_enlarged(graph, look, wide)
    if 72 * high <= PAGE[1] + 1:
        return narrow
    narrower = math.floor(20 * wide * PAGE[1] / 72 / high) / 20
    can_be_read = points_of(svg) * narrower / wide >= SMALLEST - 0.05
    ways = [*([f"`--width {narrower:g}in`"] if can_be_read else []), *_smaller(graph, view, picture, look, seconds, True)]
    message = f"at a width of {wide:.2g} in the picture is {high:.1f} in high, and a page has {PAGE[1] / 72:g}"
    return (
        *narrow,
        doubt(graph, "W551", message, f"draw it with {' or with '.join(ways)}" if ways else "it takes a larger sheet of paper"),
    )


def not_enlarged(graph: Graph, look: Look, wide: float) -> tuple[Diagnostic, ...]:
    """A warning where the picture is narrower than what was asked for, which is the most: its words would be larger than those around it. Inches."""
    if look.width is None or wide >= look.width - EVEN:
        return ()
    message = f"`--width {look.width:g}in` changes nothing: the picture is {wide:.1f} in wide, and none is enlarged"
    return (doubt(graph, "W553", message, "leave it out, or enlarge the picture where it is placed"),)


def _unreadable(graph: Graph, look: Look, points: float, ways: Iterable[str]) -> tuple[Diagnostic, ...]:
    if look.width is None or points >= SMALLEST - 0.05:
        return ()
    message = (
        f"at a width of {look.width:g} in the smallest text is {points:.1f} points high; below {SMALLEST:g} nobody can read it on paper"
    )
    others = [*ways, f"`--width {math.ceil(10 * look.width * SMALLEST / points) / 10:g}in`"]
    first, last = ", with ".join(others[:-1]), others[-1]
    return (doubt(graph, "W551", message, f"draw it with {first} or with {last}" if first else f"draw it with {last}"),)


def too_wide(graph: Graph, picture: Picture, look: Look, made: bytes, seconds: float) -> tuple[Diagnostic, ...]:
    """A warning of a picture so much wider than high that one looks at it through a slit, where it is shown much larger turned round."""
    wide, high = size_of(made, look.resolution)
    if look.width is not None or look.direction in ("LR", "RL") or wide < WIDE or wide < SLIT * high or len(picture.boxes()) > MOST_BOXES:
        return ()
    turned = rendered(Writer(graph, picture, replace(look, direction="LR", resolution=72)), "svg", seconds)
    if not isinstance(turned, bytes) or scale_on_page(size_of(turned, look.resolution)) < MUCH * scale_on_page((wide, high)):
        return ()
    return (doubt(graph, "W551", f"the picture is {wide:,.0f} points wide and {high:,.0f} high", "draw it with `--direction LR`"),)


def size_of(made: bytes, resolution: int) -> tuple[float, float]:
    """Width and height, in points, of a picture as SVG or as a bitmap."""
    if made.startswith(b"\x89PNG"):
        across, down = (int.from_bytes(made[at : at + 4], "big") * 72 / resolution for at in (16, 20))
        return across, down
    width, height = re.findall(rb'<svg[^>]* width="([\d.]+)pt"[^>]* height="([\d.]+)pt"', made)[0]
    return float(width), float(height)


def _smaller(graph: Graph, view: View, picture: Picture, look: Look, seconds: float, on_a_page: bool) -> Iterator[str]:
    """Other views and directions in which the text can be read at the same width, and (`on_a_page`) which are no higher than a page."""
    if len(picture.boxes()) > MOST_BOXES:
        return
    flat = look.direction in ("LR", "RL")
    turned = replace(look, direction="TB" if flat else "LR")
    coarser = [replace(view, level=level) for level in LEVELS[: LEVELS.index(view.level)][::-1]]
    tried = [(f"`--direction {turned.direction}`", view, turned), *((f"`--level {row.level}`", row, look) for row in coarser)]
    for option, other, how in tried:
        folded = fold(graph, other)
        made = rendered(Writer(graph, folded, how), "svg", seconds)
        if not isinstance(made, bytes) or points_of(made) < SMALLEST - 0.05:
            continue
        if not on_a_page or size_of(made, 72)[1] <= PAGE[1] + 1:
            yield option


# --------------------------------------------------------------------------------------------- opened in vain


def idle(graph: Graph, view: View, picture: Picture) -> tuple[Diagnostic, ...]:
    """A warning for each name that opens nothing."""
    rows = []
    for name in view.open:
        without = replace(view, open=tuple(other for other in view.open if other != name))
        if name == EVERYTHING or fold(graph, without) != picture:
            continue
        is_open = any(name in names_of(frame.scope) for frame in picture.frames())
        why = f"it is open at the level `{view.level}` already" if is_open else "it lies in a part that is folded"
        ways = list(_opening(graph, view, without, picture, name, is_open))
        help = f"{', or '.join(ways)}" if ways else "leave it out"
        rows.append(doubt(graph, "W552", f"`--open {clean(name)}` opens nothing: {why}", help))
    return tuple(rows)


def _opening(graph: Graph, view: View, without: View, picture: Picture, name: str, is_open: bool) -> Iterator[str]:
    """What shows more of the part."""
    if not is_open:
        for folded in view.fold:
            less = tuple(other for other in view.fold if other != folded)
            if fold(graph, replace(view, fold=less)) != fold(graph, replace(without, fold=less)):
                yield f"leave `--fold {clean(folded)}` out"
        return
    within = [
        ".".join(scope.path)
        for scope in graph.members
        if scope.path and name not in names_of(scope) and any(name in names_of(outer) for outer in scope.ancestors())
    ]
    inner = next((word for word in within[:MOST_TRIED] if fold(graph, replace(without, open=(*without.open, word))) != picture), None)
    if inner is not None:
        yield f"name a part inside it: `--open {clean(inner)}`"
    if view.level != LEVELS[-1] and fold(graph, replace(without, level=LEVELS[-1])) != picture:
        yield f"draw a finer level: `--level {LEVELS[-1]}`"
