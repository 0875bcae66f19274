"""Two networks as one page: both pictures, which move together, what is new, gone and changed, and a list of it with what it costs."""

from __future__ import annotations

import html

from ...analysis.diff import Change, Difference
from ...ops.base import show
from ..fold import View, fold
from ..graphviz import SECONDS, Failure
from ..look import Look
from ..marks import SIGNS, marks_of, renamed_parts, signed
from ..names import names_of_two
from ..tooltip import clean
from .page import Parts, in_words, written
from .page_data import Json, PageData

TOOLS = (
    '<button id="previous" type="button" title="The change before (p)">Previous</button>\n'
    '<button id="next" type="button" title="The next change (n)">Next</button>\n'
    '<output id="place" aria-live="polite"></output>\n'
    '<label><input id="together" type="checkbox" checked> Together</label>\n'
)


def to_compare_page(difference: Difference, direction: str | None = None, seconds: float = SECONDS) -> str | Failure:
    """The page's text, or why there is none."""
    pages = PageData(Look(legend=False, direction=direction or "TB"))
    headings = []
    names = names_of_two(difference.before, difference.after)
    graphs = (difference.before, difference.after)
    for name, graph, work, renamed in zip(names, graphs, difference.totals, renamed_parts(difference), strict=True):
        marks = marks_of(difference, graph)
        pages.add(graph, signed(fold(graph, View(marks=marks, calm="same")), marks, renamed), marks)
        headings.append(f"{html.escape(name)} <small>{in_words(work)}</small>")
    second = pages.sheets[-1].base
    more: Json = {
        "pairs": [[old, second + new] for old, new in difference.pairs if old is not None and new is not None],
        "changes": [_row(change, second) for change in difference.changes],
        "totals": difference.total_lines(),
    }
    kinds = [
        (kind, sum(change.kind == kind for change in difference.changes)) for kind in ("added", "removed", "changed", "renamed", "moved")
    ]
    told = ", ".join(f"{count} {kind}" for kind, count in kinds if count) or "no step differs"
    parts = Parts(
        f"{names[0]} and {names[1]}", f"{told}; {difference.same} the same", {"changes": "Changes", "source": "Source"}, "compare.js",
        headings, TOOLS, '<option value="change">change</option>',
    )  # fmt: skip
    return written(pages, parts, more, seconds)


def _entering(change: Change) -> list[str]:
    """What comes in, where that alone is another: it is why a step costs more."""
    if change.before is None or change.after is None or change.before.input_shapes == change.after.input_shapes:
        return []
    rows = zip(change.before.input_shapes, change.after.input_shapes, strict=False)
    return ["in: " + "; ".join(f"{show(was)} -> {show(now)}" for was, now in rows if was != now)]


def _row(change: Change, second: int) -> Json:
    node = change.after or change.before
    assert node is not None
    work = change.work
    return {
        "k": change.kind,
        "g": SIGNS[change.kind],
        "t": clean(change.title),
        "w": clean(", ".join(change.details() or _entering(change))),
        "s": clean(node.path[0]) if len(node.path) > 1 else "",
        "p": work[1].parameters - work[0].parameters,
        "m": work[1].macs - work[0].macs,
        "a": None if change.before is None else change.before.index,
        "b": None if change.after is None else second + change.after.index,
    }
