"""One self-contained page: the diagram that folds, the source beside it, the costs and the memory, without any network access.

Graphviz lays out the picture and the inside of every box once, here; the page's script only stretches what is opened
and shrinks what is folded (`main.js` and what it imports).
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from ....base.records import dataclass
from ...analysis.cost_table import Work
from ...graph.graph import Graph
from ..fold import BLOCKS, View, fold
from ..graphviz import SECONDS, Failure
from ..laid_out import geometries
from ..look import Look
from ..style import DARK, LIGHT, Theme, outline
from ..tooltip import clean
from ..values import NO_VALUES, Values
from .page_data import Json, PageData

MOST_TURNED = 1000
"""Boxes, those of all insides among them, of a page whose pictures can be turned."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What one kind of page has and another has not. `tabs` are the panels beside the picture, by their elements; `script` is the first file."""

    title: str
    totals: str
    tabs: Mapping[str, str]
    script: str
    panes: Sequence[str] = ("",)
    """What stands over each picture."""
    tools: str = ""
    colors: str = ""


def to_page(
    graph: Graph,
    view: View = BLOCKS,
    seconds: float = SECONDS,
    direction: str | None = None,
    values: Values = NO_VALUES,
    color_by: str | None = None,
) -> str | Failure:
    """The page's text, or why there is none. It opens coloured by `color_by`; where nothing is said, by the reader's own numbers, or by kind."""
    color = color_by or next(iter(values.columns), "kind")
    pages = PageData(Look(legend=False, direction=direction), values=values, color="macs" if color == "cost" else color)
    pages.add(graph, fold(graph, view))
    totals = f"{len(graph.nodes):,} operations · {in_words(pages.sheets[0].picture.work)}"
    tabs = {"source": "Source", "costs": "Costs", "memory": "Memory"}
    return written(pages, Parts(clean(graph.program.name), totals, tabs, "main.js"), {}, seconds)


def in_words(work: Work) -> str:
    return f"{work.parameters:,} parameters · {work.macs:,} MACs"


def written(pages: PageData, parts: Parts, more: Json, seconds: float) -> str | Failure:
    """The text of a page; `more` is what its script reads beside the pictures."""
    made = geometries(pages.writers(), seconds)
    if isinstance(made, Failure):
        return made
    from .script import joined

    turned = _turned(pages, seconds)
    data = json.dumps(pages.data(made) | {"turned": turned} | more, ensure_ascii=False, separators=(",", ":"))
    folder = Path(__file__).parent
    script = joined(folder, parts.script)
    title = html.escape(parts.title)
    shown = next(iter(parts.tabs))
    filling = {
        "hash": f"sha256-{base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()}",
        "title": title,
        "totals": html.escape(parts.totals),
        "style": palette() + (folder / "page.css").read_text(encoding="utf-8"),
        "colors": parts.colors,
        "tools": parts.tools,
        "flow": ' data-flow=""' if pages.across else "",
        "turn": "" if turned else " hidden",
        "panes": "".join(_pane(number, heading, title) for number, heading in enumerate(parts.panes)),
        "tabs": "".join(_tab(name, words, name == shown) for name, words in parts.tabs.items()),
        "panels": "".join(_panel(name, name == shown) for name in parts.tabs),
        # No text of a user can end the element or begin another.
        "data": data.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        "script": script,
    }
    text = (folder / "page.html").read_text(encoding="utf-8")
    first, *rest = text.split("{{")
    filled = [first]
    for piece in rest:
        name, _, after = piece.partition("}}")
        filled += [filling[name], after]
    return "".join(filled)


def _turned(pages: PageData, seconds: float) -> list[Json]:
    """Where all stands when the flow leads the other way; nothing where that would take long, or cannot be laid out."""
    if sum(len(sheet.picture.boxes()) for sheet in pages.sheets) > MOST_TURNED:
        return []
    turned = pages.turned()
    made = geometries(turned.writers(), seconds)
    return [] if isinstance(made, Failure) else turned.places(made)


def _pane(number: int, heading: str, title: str) -> str:
    over = f"<h2>{heading}</h2>" if heading else ""
    label = f"{title} {number + 1}" if heading else title
    return (
        f'<div class="pane">{over}<svg class="canvas" id="canvas{number or ""}" xmlns="http://www.w3.org/2000/svg" '
        f'role="group" aria-label="{label}" tabindex="0"></svg></div>\n'
    )


def _tab(name: str, words: str, shown: bool) -> str:
    hidden = "" if shown else ' tabindex="-1"'
    return (
        f'<button role="tab" type="button" id="tab-{name}" aria-controls="{name}" aria-selected="{str(shown).lower()}"{hidden}>'
        f"{words}</button>\n"
    )


def _panel(name: str, shown: bool) -> str:
    hidden = "" if shown else " hidden"
    return f'<section id="{name}" role="tabpanel" aria-labelledby="tab-{name}" tabindex="0"{hidden}></section>\n'


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
        "fill0": theme.frame_fills[0], "fill1": theme.frame_fills[1], "count": theme.count, **theme.marks,
    }  # fmt: skip
    for name, color in colors.items():
        rows[name] = color
        rows[f"{name}-edge"] = outline(theme, color)
    return "".join(f"--{name}:{color};" for name, color in rows.items())
