"""One self-contained page: the diagram that folds, the source beside it, the costs and the memory, without any network access.

Graphviz lays out the picture and the inside of every box once, here; the page's script only stretches what is opened
and shrinks what is folded (`main.js` and what it imports).
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path

from ...graph.graph import Graph
from ..dot import Look, to_dot
from ..fold import BLOCKS, View, fold
from ..graphviz import SECONDS, Failure
from ..graphviz_json import lay_out
from ..style import DARK, LIGHT, Theme, outline
from ..tooltip import clean
from .page_data import PageData
from .script import joined


def to_page(graph: Graph, view: View = BLOCKS, seconds: float = SECONDS) -> str | Failure:
    """The page's text, or why there is none."""
    pages = PageData(graph)
    pages.add(fold(graph, view), {node.index: (node.index,) for node in graph.nodes})
    made = lay_out([to_dot(graph, picture, Look(legend=False)) for picture, _ in pages.pictures], seconds)
    if isinstance(made, Failure):
        return made
    data = json.dumps(pages.data(made), ensure_ascii=False, separators=(",", ":"))
    folder = Path(__file__).parent
    script = joined(folder)
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    network = pages.pictures[0][0].work
    totals = f"{len(graph.nodes):,} operations · {network.parameters:,} parameters · {network.macs:,} MACs"
    parts = {
        "hash": f"sha256-{digest}",
        "title": html.escape(clean(graph.program.name)),
        "totals": totals,
        "style": palette() + (folder / "page.css").read_text(encoding="utf-8"),
        # No text of a user can end the element or begin another.
        "data": data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        "script": script,
    }
    text = (folder / "page.html").read_text(encoding="utf-8")
    first, *rest = text.split("{{")
    filled = [first]
    for piece in rest:
        name, _, after = piece.partition("}}")
        filled += [parts[name], after]
    return "".join(filled)


# ------------------------------------------------------------------------------------------------ colours


def palette() -> str:
    """The themes as variables of the style sheet; the system chooses."""
    kinds = "".join(f".k-{name}{{--f:var(--{name});--edge:var(--{name}-edge)}}" for name in (*LIGHT.families, "other", *_blocks(LIGHT)))
    return f":root{{{_variables(LIGHT)}}}@media (prefers-color-scheme: dark){{:root{{{_variables(DARK)}}}}}{kinds}"


def _blocks(theme: Theme) -> dict[str, str]:
    return {f"block{number}": color for number, color in enumerate(theme.blocks)}


def _variables(theme: Theme) -> str:
    colors = {**theme.families, "other": theme.other, **_blocks(theme)}
    rows = {
        "page": theme.page, "text": theme.text, "faint": theme.faint, "line": theme.line, "skip": theme.skip, "frame": theme.frame,
        "fill0": theme.frame_fills[0], "fill1": theme.frame_fills[1], "count": theme.count,
    }  # fmt: skip
    for name, color in colors.items():
        rows[name] = color
        rows[f"{name}-edge"] = outline(theme, color)
    return "".join(f"--{name}:{color};" for name, color in rows.items())
