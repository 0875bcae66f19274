"""`archc draw`: the picture of a network."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from .complete import NETWORK
from .face import Command, Face, compiled, network_options, trust_option

if TYPE_CHECKING:
    from ..base.diagnostics import Diagnostic
    from ..compiler.draw import Options
    from ..compiler.graph.graph import Graph

# The words of `compiler.draw`: stated here so that `--help` does not load it; a test holds them equal.
FORMATS = ("svg", "pdf", "png", "html", "tex", "drawio", "dot")
LEVELS = ("stage", "block", "op")
DIRECTIONS = ("TB", "LR", "BT", "RL")
THEMES = ("light", "dark", "print")
STYLES = ("boxes", "volumes", "plain")
COLORS = ("kind", "cost", "parameters", "macs", "activations", "time", "none")

WIDTHS = {"column": 3.3, "page": 6.9}
INCHES = {"in": 1.0, "cm": 1 / 2.54, "mm": 1 / 25.4, "pt": 1 / 72}


def _inches(context: click.Context, parameter: click.Parameter, value: str | None) -> float | None:
    """`3.3in`, `8cm`, `84mm`, `240pt`, and the widths of a journal's column and page."""
    if value is None:
        return None
    if value in WIDTHS:
        return WIDTHS[value]
    text = value.strip().lower()
    unit = text.lstrip("0123456789.")
    try:
        width = float(text.removesuffix(unit)) * INCHES[unit.strip() or "in"]
    except (KeyError, ValueError):
        raise click.BadParameter(f"`{value}` is no width: write `column`, `page`, `3.3in`, `8cm`, `84mm` or `240pt`") from None
    if not 0.1 <= width <= 1000:
        raise click.BadParameter(f"`{value}` is no width of a page")
    return width


def _names(context: click.Context, parameter: click.Parameter, value: tuple[str, ...]) -> tuple[str, ...]:
    """Names in one option, or in several."""
    return tuple(name for words in value for word in words.split(",") if (name := word.strip()))


class _Color(click.Choice[str]):
    """What colours the boxes: one of the words, or the name of a column of `--values`, which the picture knows."""

    def convert(self, value: object, parameter: click.Parameter | None, context: click.Context | None) -> str:
        return str(value)


@click.command("draw", cls=Command)
@click.argument("file", type=NETWORK)
@network_options
@trust_option
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    help="Its ending says the format: .svg (the default), .pdf, .png, .html, .tex (TikZ), .drawio, .dot. `-`: standard output.",
)
@click.option("--format", "form", type=click.Choice(FORMATS), help="The format, where no ending says it.  [default: svg]")
@click.option("--level", type=click.Choice(LEVELS), default="block", help="How much is unfolded.")
@click.option("--open", "opened", multiple=True, callback=_names, metavar="NAME,…", help="Unfold these parts; '*' unfolds everything.")
@click.option("--fold", "folded", multiple=True, callback=_names, metavar="NAME,…", help="Fold these parts.")
@click.option("--direction", type=click.Choice(DIRECTIONS), help="Where the flow leads: top to bottom, left to right, …")
@click.option(
    "--color-by",
    type=_Color(COLORS),
    help="By kind of operation (the default), or as heat by a cost. time: every step is timed here, alone; no two runs give the same picture.",
)
@click.option(
    "--values",
    "numbers",
    metavar="FILE",
    help="Numbers of your own in the boxes, and as heat: JSON by path, or a profile of PyTorch or ONNX Runtime.",
)
@click.option("--theme", type=click.Choice(THEMES), help="The colours.  [default: light]")
@click.option(
    "--style",
    type=click.Choice(STYLES),
    default="boxes",
    help="volumes: tensors to scale, as solids (.svg, .tex). plain: names alone, in black and white.",
)
@click.option(
    "--insets/--no-insets",
    default=None,
    help="Beside the picture each folded block once, opened, with its numbers as symbols.  [default: where it fits a page]",
)
@click.option(
    "--width", callback=_inches, metavar="3.3in", help="The most it is wide on paper: a length, `column` (3.3in) or `page` (6.9in)."
)
@click.pass_obj
def command(
    face: Face, file: str, settings: tuple[str, ...], inputs: tuple[str, ...], trust: bool, output: str | None, form: str | None, level: str, opened: tuple[str, ...],
    folded: tuple[str, ...], direction: str | None, color_by: str | None, theme: str | None, style: str, numbers: str | None,
    insets: bool | None, width: float | None,
) -> int:  # fmt: skip
    """Draw the network: stages as boxes, repeats folded, skips beside the main path."""
    from ..base.diagnostics import Diagnostic
    from ..compiler.draw import WRONG_CALLS, Options, draw
    from ..compiler.draw.values import NO_VALUES, read_values
    from .made import told

    path = output or ""
    if form and path not in ("", "-") and not path.lower().endswith(f".{form}"):
        raise click.UsageError(f"`-o {path}` and `--format {form}` are two formats: leave one out")
    graph = compiled(face, file, settings, inputs, trust).graph
    path = path or f"{graph.program.name}.{form or 'svg'}"
    measured = read_values(graph, numbers) if numbers is not None else NO_VALUES
    if isinstance(measured, Diagnostic):
        face.diagnostics((measured,))
        return 2
    if color_by == "time" and "time" not in measured.columns and form != "html" and not path.lower().endswith(".html"):
        face.tell(f"{graph.program.name}: timing every step on this machine")
    options = Options(level, opened, folded, direction, color_by, theme, width, measured=measured, style=style, insets=insets)
    diagnostics = _printed(face, graph, form or "svg", options) if path == "-" else draw(graph, path, options)
    face.diagnostics(diagnostics)
    if any(row.is_error for row in diagnostics):
        return 2 if any(row.code in WRONG_CALLS for row in diagnostics) else 3
    if path != "-":
        told(face, path, "diagram")
    return 0


def _printed(face: Face, graph: Graph, form: str, options: Options) -> tuple[Diagnostic, ...]:
    """The picture to standard output."""
    from ..compiler.draw.diagram import draw_text

    drawn = draw_text(graph, form, options)
    if drawn.data is not None:
        face.result(drawn.data)
    return drawn.diagnostics
