"""Solids to scale as SVG, and as TikZ in which each is one line of numbers."""

from __future__ import annotations

from ..graph.graph import Graph
from .font import FAMILIES, width
from .look import Look
from .picture import Picture
from .style import POINTS, Theme, mixed, outline
from .svg import plain
from .text import svg_text
from .tikz import tex
from .tooltip import escaped
from .volumes import BETWEEN, ROW, Scene, Solid, is_level, is_over, scene

SMALL = POINTS["small"]
ASIDE = 4.0  # points between a solid and a skip that rises beside it


def volumes_svg(graph: Graph, picture: Picture, look: Look, title: str, description: str) -> bytes:
    made, theme = scene(graph, picture, look), look.theme
    scale = min(1.0, look.width * 72 / made.width) if look.width is not None else 1.0
    size = f'width="{plain(made.width * scale)}pt" height="{plain(made.height * scale)}pt" viewBox="0 0 {plain(made.width)} {plain(made.height)}"'
    rows = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} role="img" aria-labelledby="title description" font-family="{FAMILIES}">',
        f'<title id="title">{escaped(title)}</title><desc id="description">{escaped(description)}</desc>',
        f"<defs>{_tip('tip', theme.line)}{_tip('skip-tip', theme.skip)}</defs>",
        f'<rect width="{plain(made.width)}" height="{plain(made.height)}" fill="{theme.page}"/>',
    ]
    for tail, head, skips in made.arrows:
        color, tip = (theme.skip, "skip-tip") if skips else (theme.line, "tip")
        dots = ' stroke-dasharray="1.5 2"' if skips and theme.skip_style == "dotted" else ""
        rows.append(
            f'<path d="{_way(tail, head, skips, made)}" fill="none" stroke="{color}" stroke-width="0.9"{dots} marker-end="url(#{tip})"/>'
        )
    rows += [_solid(solid, made, theme) for solid in made.solids]
    if made.words:
        rows.append(svg_text(made.words, 10, made.height - ROW, made.width, points=SMALL, fill=theme.faint))
    return ("\n".join([*rows, "</svg>"]) + "\n").encode()


def _tip(name: str, color: str) -> str:
    size = 'viewBox="0 0 8 8" refX="7.2" refY="4" markerWidth="5.5" markerHeight="5.5" markerUnits="userSpaceOnUse" orient="auto"'
    return f'<marker id="{name}" {size}><path d="M0 1L8 4L0 7Z" fill="{color}"/></marker>'


def points(tail: Solid, head: Solid, skips: bool, made: Scene) -> list[tuple[float, float]]:
    """Where an arrow runs: straight at one height, down and up in a U and between rows, over what it passes elsewhere."""
    start = (tail.x + tail.thick + tail.deep / 2, tail.middle)
    end = (head.x - 1, head.middle)
    # Between two columns nothing stands, in no row; what goes up there, what goes down and what comes out beside a solid are three lines.
    gap = head.left - BETWEEN * (0.25 if end[1] < start[1] else 0.5)
    if not is_over(tail, head, skips):
        level = tail.row == head.row and not made.is_u
        return [start, end] if level else [start, (gap, start[1]), (gap, end[1]), end]
    if is_level(tail, head, made):
        return [start, (end[0], start[1])]
    top = made.levels[tail.name, head.name]
    # Out beside the solid and the words over it, in at the front's upper corner: no line goes through words.
    out = max(tail.x + tail.thick + tail.deep, _over(tail) + width(tail.above, SMALL) / 2) + ASIDE
    into = min(head.x, _over(head) - width(head.above, SMALL) / 2) - ASIDE if tail.row == head.row else gap
    leaves, enters = tail.y - tail.deep - 0.85 * tail.high, head.y - 0.85 * head.high
    return [(tail.x + tail.thick + tail.deep, leaves), (out, leaves), (out, top), (into, top), (into, enters), (head.x - 1, enters)]


def _over(solid: Solid) -> float:
    """The middle of the words over a solid."""
    return solid.x + (solid.thick + solid.deep) / 2


def _way(tail: Solid, head: Solid, skips: bool, made: Scene) -> str:
    return "M" + "L".join(f"{plain(x)} {plain(y)}" for x, y in points(tail, head, skips, made))


def _solid(solid: Solid, made: Scene, theme: Theme) -> str:
    x, y, thick, high, deep = solid.x, solid.y, solid.thick, solid.high, solid.deep
    edge = f'stroke="{outline(theme, solid.fill)}" stroke-width="0.7" stroke-linejoin="round"'
    faces = (
        ([(x, y), (x, y - high), (x + thick, y - high), (x + thick, y)], solid.fill),
        (
            [(x, y - high), (x + deep, y - high - deep), (x + thick + deep, y - high - deep), (x + thick, y - high)],
            mixed(solid.fill, theme.page, 0.4),
        ),
        (
            [(x + thick, y), (x + thick + deep, y - deep), (x + thick + deep, y - high - deep), (x + thick, y - high)],
            mixed(solid.fill, theme.text, 0.12),
        ),
    )
    drawn = "".join(
        f'<polygon points="{" ".join(f"{plain(a)},{plain(b)}" for a, b in corners)}" fill="{fill}" {edge}/>' for corners, fill in faces
    )
    middle = x + (thick + deep) / 2
    texts = [
        svg_text(words, middle, at, made.width, "middle", SMALL, bold, theme.text if bold else theme.faint)
        for words, at, bold in (
            (solid.above, y - high - deep - 3, False), (solid.below[0], y + ROW, True), (solid.below[1], y + 2 * ROW, False),
        )
        if words
    ]  # fmt: skip
    return f'<g id="{solid.name}">{drawn}{"".join(texts)}</g>'


# ------------------------------------------------------------------------------------------------ TikZ

MACRO = r"""% \volume{x}{y}{thickness}{height}{depth}{colour}{above}{channels}{name}: the lower left corner of the front, in points.
\providecommand{\volume}[9]{%
  \filldraw[fill=#6, draw=#6!55!black] (#1,#2) rectangle ++(#3,-#4);
  \filldraw[fill=#6!60!white, draw=#6!55!black] (#1,#2-#4) -- ++(#5,-#5) -- ++(#3,0) -- ++(-#5,#5) -- cycle;
  \filldraw[fill=#6!85!black, draw=#6!55!black] (#1+#3,#2) -- ++(#5,-#5) -- ++(0,-#4) -- ++(-#5,#5) -- cycle;
  \node[anchor=south, inner sep=2pt] at (#1+#3/2+#5/2,#2-#4-#5) {\scriptsize #7};
  \node[anchor=north, inner sep=2pt, align=center] at (#1+#3/2+#5/2,#2) {\scriptsize\bfseries #8\\\scriptsize #9};}"""


def volumes_tikz(graph: Graph, picture: Picture, look: Look) -> bytes:
    made, theme = scene(graph, picture, look), look.theme
    colors: dict[str, str] = {}
    rows = []
    for tail, head, skips in made.arrows:
        way = " -- ".join(f"({x:.1f},{y:.1f})" for x, y in points(tail, head, skips, made))
        rows.append(f"\\draw[{'skip' if skips else 'way'}] {way};")
    for solid in made.solids:
        color = colors.setdefault(solid.fill, f"volume{chr(ord('A') + len(colors))}")
        numbers = "".join(f"{{{value:.1f}}}" for value in (solid.x, solid.y, solid.thick, solid.high, solid.deep))
        rows.append(f"\\volume{numbers}{{{color}}}{{{tex(solid.above)}}}{{{tex(solid.below[0])}}}{{{tex(solid.below[1])}}}")
    if made.words:
        rows.append(f"\\node[anchor=west] at (0,{made.height - ROW:.1f}) {{\\scriptsize {tex(made.words)}}};")
    named = {"waycolor": theme.line, "skipcolor": theme.skip} | {name: fill for fill, name in colors.items()}
    return "\n".join(
        [
            f"% {tex(graph.program.name)}: drawn by archc.",
            r"% It needs \usepackage{tikz} and \usetikzlibrary{arrows.meta}.",
            *(f"\\definecolor{{{name}}}{{HTML}}{{{fill[1:].upper()}}}" for name, fill in named.items()),
            MACRO,
            r"\begin{tikzpicture}[x=1pt, y=-1pt, font=\sffamily, line width=0.5pt, line join=round,",
            r"  way/.style={-{Latex[length=3.5pt,width=3pt]}, draw=waycolor}, skip/.style={way, draw=skipcolor}]",
            *rows,
            r"\end{tikzpicture}",
            "",
        ]
    ).encode()
