"""The picture of a network as a file: folded view, DOT, layout, and what there is to say of it."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field, replace
from pathlib import Path, PurePath
from urllib.parse import quote

from ...base.diagnostics import Diagnostic, Label, Severity
from ...base.records import dataclass
from ...base.source import Span
from ...reporting.error import ArchError
from ..files.locate import LIBRARY_NAME
from ..files.system_errors import at
from ..files.write import write
from ..graph.graph import Graph
from ..ops.suggest import closest, did_you_mean
from .dot import Writer, to_dot
from .fold import EVERYTHING, LEVELS, View, fold
from .graphviz import SECONDS, Failure, render
from .insets import PAGE, Sheet, insets, sheet
from .laid_out import rendered
from .look import COSTS, Look, by_file_name
from .numbered import numbered
from .paths import names_of
from .picture import Picture
from .remedies import idle, too_small, too_wide, unheeded, volumes_too_small
from .style import POINTS, SMALLEST, THEMES
from .tooltip import clean
from .u_shape import arms
from .values import NO_VALUES, Column, Values

FORMATS = ("svg", "pdf", "png", "html", "tex", "drawio", "dot")
STYLES = ("boxes", "volumes", "plain")
DIRECTIONS = ("TB", "LR", "BT", "RL")
WRONG_CALLS = frozenset({"F602", "F604", "F606", "F607"})  # codes of what the caller asked, not of what went wrong
MOST_BOXES = 1500  # what is laid out; Graphviz needs minutes for a few thousand boxes in one piece
RESOLUTION = 200  # dots an inch of a bitmap
TIME = "time"  # the colour that is measured, where no values are given
MEASURED = "time (sum of steps timed alone)"  # what the legend calls it: steps are faster or slower in a whole network


@dataclass(frozen=True, slots=True)
class Options:
    """What `archc draw` can be asked. See `View` and `Look`.

    `color_by="time"` without `values` runs every step alone on this machine (`seconds_by_node`), which takes seconds and needs
    PyTorch; the numbers, and with them the picture's bytes, differ from run to run. `unit` is then " ms", whatever is given.
    """

    level: str = "block"
    open: tuple[str, ...] = ()
    fold: tuple[str, ...] = ()
    direction: str | None = None
    color_by: str | None = None
    """None: by kind of operation, or the first column of `measured`, where there is one."""
    theme: str | None = None
    """None: light, where the format and the style leave a choice."""
    width: float | None = None
    values: Mapping[str, float] | None = None
    unit: str = ""
    legend: bool = True
    measured: Values = NO_VALUES
    """Numbers of the caller's own, several columns of them; the page shows all, a picture the one that `color_by` names, or the first."""
    style: str = "boxes"
    """boxes, `volumes` (tensors to scale, svg and tex) or `plain` (names alone, in black and white)."""
    insets: bool | None = False
    """Whether each folded block stands opened beside the picture (not in .html and .drawio); None: where all of it fits a page that can be read."""
    seconds: float = field(default=SECONDS)


DEFAULT = Options()


@dataclass(frozen=True, slots=True)
class Drawn:
    """A picture in one format. `data` is None where it could not be made; then `dot` is still the text to lay out elsewhere, if there is any."""

    picture: Picture
    dot: str
    data: bytes | None
    diagnostics: tuple[Diagnostic, ...] = ()


def draw(graph: Graph, path: str | os.PathLike[str], options: Options = DEFAULT) -> tuple[Diagnostic, ...]:
    """Writes the picture to `path`; its ending says the format. Where the layout fails, the DOT is kept beside it."""
    file = Path(path)
    form = file.suffix.removeprefix(".").lower()
    if form not in FORMATS:
        return (wrong_ending(file, FORMATS),)
    drawn = draw_text(graph, form, options, _beside(file.parent))
    if drawn.data is not None:
        write(str(file), drawn.data)
    elif drawn.dot and not any(row.code in WRONG_CALLS for row in drawn.diagnostics):
        write(str(file.with_suffix(".dot")), drawn.dot)
    return drawn.diagnostics


def draw_text(graph: Graph, form: str = "svg", options: Options = DEFAULT, link: Callable[[Span], str] = by_file_name) -> Drawn:
    """The picture in the format `form`, and what there is to say of it. `link` makes the address of a place in the source."""
    wrong = _wrong_words(graph, options)
    if options.insets and form in ("html", "drawio"):
        wrong = (*wrong, _not_with_insets(graph, form))
    if options.style == "volumes" and (form not in ("svg", "tex") or options.insets):
        wrong = (*wrong, _not_as_volumes(graph, form))
    if wrong:
        return Drawn(fold(graph), "", None, wrong)
    view = View(options.level, options.open, options.fold)
    picture = fold(graph, view)
    asked = options
    colored = None if options.color_by in ("kind", *options.measured.columns) else options.color_by
    unknown = _unknown_names(graph, view)
    if options.color_by == TIME and options.values is None and TIME not in options.measured.columns:
        # The page has colours of its own choice, and a wrong call is told at once: neither waits for the clock.
        try:
            options = replace(options, color_by=None) if unknown or form == "html" else _timed(graph, options)
        except ArchError as error:
            return Drawn(picture, "", None, error.diagnostics)
    column = options.measured.column(options.color_by or "") if options.measured.columns else None
    if column is not None and options.color_by is None:
        options = replace(options, color_by=column.name)
    if column is not None:
        picture = numbered(picture, column, options.unit)
    if options.style == "plain":
        options = replace(options, theme="print", color_by="none" if options.color_by in (None, "kind") else options.color_by)
    look = _look(options, RESOLUTION if form == "png" else 72, link, column)
    dot = to_dot(graph, picture, look)
    if unknown:
        return Drawn(picture, dot, None, unknown)
    beside = _beside_it(graph, picture, look, form, options)
    if isinstance(beside, Failure):
        return Drawn(picture, dot, None, (failed(graph, picture, beside, form),))
    given = {
        "--theme": asked.theme,
        "--width": f"{options.width:g}in" if options.width is not None else None,
        "--direction": options.direction,
    }
    if form == "html" and colored is not None:
        from .page.page_data import FIRST_COLORS

        colored = None if colored in FIRST_COLORS else colored
    given |= {"--color-by": colored, "--style": "plain" if options.style == "plain" else None}
    if options.style == "plain" and form != "html":
        given |= {"--theme": None if asked.theme == "print" else asked.theme, "--color-by": "kind" if asked.color_by == "kind" else None}
    said = (
        *idle(graph, view, picture),
        *(_no_insets(graph) if options.insets and beside is None else ()),
        *unheeded(graph, form, options.style, given),
    )
    if options.style == "volumes":
        from .volumes_written import volumes_svg, volumes_tikz

        if form == "tex":
            return Drawn(picture, dot, volumes_tikz(graph, picture, look), said)
        solids = volumes_svg(graph, picture, look, f"{clean(graph.program.name)}: volumes", described(graph, picture))
        return Drawn(picture, dot, solids, (*said, *volumes_too_small(graph, look, solids)))
    dot = beside.text if beside is not None else dot
    if form == "dot":
        return Drawn(picture, dot, dot.encode(), said)
    boxes = len(picture.boxes())
    if boxes > MOST_BOXES:
        return Drawn(picture, dot, None, (_too_many(graph, picture, boxes),))
    made = _made(graph, picture, look, view, form, options, beside)
    if isinstance(made, Failure):
        return Drawn(picture, dot, None, (failed(graph, picture, made, form),))
    if form not in ("svg", "pdf", "png"):
        return Drawn(picture, dot, made, said)
    seen = made if form == "svg" else None
    wide = too_wide(graph, picture, look, made, options.seconds) if beside is None and form != "pdf" else ()
    return Drawn(picture, dot, made, (*said, *wide, *_too_small(graph, view, picture, look, dot, seen, options.seconds)))


def _made(graph: Graph, picture: Picture, look: Look, view: View, form: str, options: Options, beside: Sheet | None) -> bytes | Failure:
    """The file's bytes, or why there are none."""
    text: str | Failure
    if form == "html":
        from .page.page import to_page

        text = to_page(graph, view, options.seconds, options.direction, options.measured, options.color_by)
    elif form == "tex":
        from .tikz import sheet_tikz, to_tikz

        text = to_tikz(graph, picture, look, options.seconds) if beside is None else sheet_tikz(graph, look, beside)
    elif form == "drawio":
        from .drawio import to_drawio

        text = to_drawio(graph, picture, look, options.seconds)
    else:
        from .svg import finished

        made = (
            rendered(Writer(graph, picture, look), form, options.seconds) if beside is None else render(beside.text, form, options.seconds)
        )
        if form != "svg" or isinstance(made, Failure):
            return made
        text = finished(made, f"{clean(graph.program.name)}: diagram", described(graph, picture))
    return text if isinstance(text, Failure) else text.encode()


def _beside_it(graph: Graph, picture: Picture, look: Look, form: str, options: Options) -> Sheet | Failure | None:
    """The picture with its insets, where it is to have any: where nothing is said of them, a plain picture has them that fit a page with it."""
    if options.insets is False:
        return None
    kinds = options.color_by if options.color_by == "kind" else None
    plainly = replace(DEFAULT, insets=None, theme=options.theme, color_by=kinds, width=options.width, seconds=options.seconds) == options
    if options.insets is None and (form not in ("svg", "pdf", "png") or not plainly or arms(picture).level):
        return None
    found, left_out = insets(graph, picture)
    if not found or (options.insets is None and left_out):
        return None
    made = sheet(graph, picture, look, found, left_out, options.seconds)
    return None if options.insets is None and isinstance(made, Sheet) and not _fits(made, options.width) else made


def _fits(made: Sheet, width: float | None) -> bool:
    """Whether a page, or the width that was asked for, holds it with no text too small to read."""
    wide, high = made.size
    scale = min(1.0, (PAGE[0] if width is None else 72 * width) / wide, PAGE[1] / high)
    return scale * POINTS["small"] >= SMALLEST


def _too_small(
    graph: Graph, view: View, picture: Picture, look: Look, dot: str, svg: bytes | None, seconds: float
) -> tuple[Diagnostic, ...]:
    if look.width is None:
        return ()
    # A bitmap's resolution would be taken for its size.
    made = svg if svg is not None else render(dot.replace(f" dpi={look.resolution} ", " dpi=72 "), "svg", seconds)
    return too_small(graph, view, picture, look, made, seconds) if isinstance(made, bytes) else ()


def described(graph: Graph, picture: Picture) -> str:
    """The picture in words, for those who cannot see it."""
    work = picture.work
    parts = [item.scope.title or item.name for item in picture.frames() if item.scope.kind == "stage"]
    stages = f" Stages: {', '.join(parts)}." if parts else ""
    words = clean(picture.doc).strip()
    return (
        (words + " " if words else "")
        + f"{len(graph.nodes)} operations in {len(picture.boxes())} boxes; {work.parameters:,} parameters, {work.macs:,} MACs."
        + stages
    )


def _beside(folder: Path) -> Callable[[Span], str]:
    """Links for a picture in `folder`: relative, where the source is a file; by name alone, where it is of the library."""

    def link(span: Span) -> str:
        name = span.source.name
        if os.path.isabs(name) or not os.path.isfile(name) or span.source.name.startswith(LIBRARY_NAME):
            return by_file_name(span)
        return f"{quote(PurePath(os.path.relpath(name, folder)).as_posix())}#L{span.line}"

    return link


def _timed(graph: Graph, options: Options) -> Options:
    """The options with the milliseconds of every node in place of the word. Raises `ArchError` where PyTorch is not installed."""
    from ..runtime.latency import seconds_by_node

    values = {name: seconds * 1e3 for name, seconds in seconds_by_node(graph).items()}
    return replace(options, color_by=MEASURED, values=values, unit=" ms")


def _look(options: Options, resolution: int, link: Callable[[Span], str], column: Column | None) -> Look:
    return Look(
        THEMES[options.theme or "light"], options.direction, options.color_by or "kind", options.width, options.values, options.unit, column, options.legend,
        resolution, link, options.style == "plain",
    )  # fmt: skip


# ------------------------------------------------------------------------------------------- diagnostics


def _error(graph: Graph, code: str, message: str, help: str | None = None, notes: tuple[str, ...] = ()) -> Diagnostic:
    return Diagnostic(code, message, _place(graph), notes=notes, help=help, severity=Severity.ERROR)


def _place(graph: Graph) -> Label:
    """The file alone: what is said of a picture is no matter of one of its lines."""
    return at(graph.program.span.source.name)


def _wrong_words(graph: Graph, options: Options) -> tuple[Diagnostic, ...]:
    """Options that have no such value; the command line never gets here with one."""
    colors = dict.fromkeys(("kind", "none", "cost", *COSTS, TIME, *options.measured.columns))
    more = "" if options.measured.columns else ", or the name of a column of `--values`"
    known: tuple[tuple[str, object, Sequence[str], str], ...] = (
        ("is no level of", options.level, LEVELS, ""),
        ("is no theme of", options.theme or "light", tuple(THEMES), ""),
        ("is no style of", options.style, STYLES, ""),
        ("is no direction of", "TB" if options.direction is None else options.direction, DIRECTIONS, ""),
        ("colours no box of", (options.color_by if options.values is None else None) or "kind", tuple(colors), more),
    )
    return tuple(
        _error(graph, "F606", f"`{clean(str(value))}` {what} a picture", f"use one of {', '.join(words)}{others}")
        for what, value, words, others in known
        if value not in words
    )


def wrong_ending(file: Path, formats: Sequence[str], of: str = "a picture") -> Diagnostic:
    """Of a path that is to be a picture, of something that is drawn in these formats."""
    if file.is_dir():
        return Diagnostic(
            "F602", f"`{clean(str(file))}` is a folder", at(clean(str(file))), help=f"name a file in it: `{clean(str(file / 'net.svg'))}`"
        )
    known = ", ".join(f".{name}" for name in formats)
    message = f"`{clean(file.name)}` has no ending that says a format of pictures"
    if (form := file.suffix.removeprefix(".").lower()) in FORMATS:
        message = f"`{clean(file.name)}`: {of} is not drawn as .{form}".replace("networks side by side is", "networks side by side are")
    return Diagnostic("F602", message, at(clean(file.name)), help=f"use one of {known}")


def _unknown_names(graph: Graph, view: View) -> tuple[Diagnostic, ...]:
    known = {name for scope in graph.members for name in names_of(scope)}
    rows = []
    for word, names in (("open", view.open), ("fold", view.fold)):
        for name in names:
            if name not in known and not (word == "open" and name == EVERYTHING):
                everything = "draw its stages as boxes: `--level stage`" if name == EVERYTHING else ""
                help = everything or did_you_mean(closest(name, known)) or "name a stage, a block, a label or a path such as `layer1.0`"
                rows.append(_error(graph, "F604", f"`{clean(graph.program.name)}` has no part `{clean(name)}` to {word}", help))
    return tuple(rows)


def _no_insets(graph: Graph) -> tuple[Diagnostic, ...]:
    message = "`--insets` shows nothing: no block is folded in this picture"
    help = "draw a coarser level, or write what repeats as a `block`"
    return (Diagnostic("W552", message, _place(graph), help=help, severity=Severity.WARNING),)


def _not_with_insets(graph: Graph, form: str) -> Diagnostic:
    why = "on the page a click opens a block" if form == "html" else "a box stands in it once"
    return _error(graph, "F606", f"`.{form}` has no insets: {why}", "write .svg, .pdf, .png or .tex, or leave `--insets` out")


def _not_as_volumes(graph: Graph, form: str) -> Diagnostic:
    message = "volumes have no insets" if form in ("svg", "tex") else f"`.{form}` is not written as volumes"
    return _error(graph, "F606", message, "write .svg or .tex without `--insets`, or leave `--style volumes` out")


def _too_many(graph: Graph, picture: Picture, boxes: int) -> Diagnostic:
    widest = sorted(picture.frames(), key=lambda frame: -sum(1 for _ in frame.boxes()))
    names = [".".join(frame.scope.path) or frame.scope.title for frame in widest if frame.scope.path or frame.scope.title]
    fold_help = f"fold some of it, for example `--fold {clean(names[0])}`" if names else "draw it at `--level block`"
    message = f"the picture would have {boxes:,} boxes of {len(graph.nodes):,} operations; at most {MOST_BOXES:,} are laid out"
    return _error(graph, "F605", message, f"{fold_help}, or lay the DOT out yourself")


def failed(graph: Graph, picture: Picture, failure: Failure, form: str) -> Diagnostic:
    boxes = len(picture.boxes())
    counts = f"{len(graph.nodes):,} operations are drawn as {boxes:,} boxes"
    if failure.scaled:
        message = "the bitmap would be wider or higher than 32,767 pixels, and would be shrunk until nobody can read it"
        return _error(graph, "F603", message, "write .svg or .pdf, or fold more of it (`--level stage`)", (counts,))
    message = f"the diagram could not be laid out as {form}: {'; '.join(failure.reasons)}"
    help = "the DOT text is kept: lay it out on another machine with `dot -Tsvg`, or fold more of it (`--level stage`)"
    return _error(graph, "F601", message, help, (counts,))
