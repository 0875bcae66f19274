"""A network inside another page: what a notebook shows of it."""

from __future__ import annotations

from html import escape

from ...reporting.error import ArchError
from ..analysis.cost import cost
from ..graph.graph import Graph
from .diagram import Options, draw_text


def svg(graph: Graph, options: Options) -> str:
    """The picture as the text of one element. Raises `ArchError` where it cannot be made."""
    drawn = draw_text(graph, "svg", options)
    if drawn.data is None:
        raise ArchError(drawn.diagnostics)
    text = drawn.data.decode("utf-8")
    return text[text.index("<svg") :]  # a page within a page has no declaration of its own


def html(graph: Graph) -> str:
    """The picture, no wider than the cell, and a line of totals."""
    costs = cost(graph)
    shapes = " → ".join(", ".join("×".join(map(str, shape)) for _, shape in side) for side in (costs.inputs, costs.outputs))
    line = f"{shapes} · {costs.total.parameters:,} parameters · {costs.total.macs:,} MACs"
    try:
        picture = f'<div style="max-width: 100%; overflow-x: auto">{svg(graph, Options())}</div>'
    except ArchError as error:  # too many boxes, say: the cell tells it, and all else is shown
        picture = f"<pre>{escape(str(error))}</pre>"
    return f"<div>{picture}<p><strong>{escape(graph.program.name)}</strong>: {escape(line)}</p></div>"
