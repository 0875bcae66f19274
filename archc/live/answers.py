"""What there is to say of a text while it is being written: plain data, part by part, what is wrong first and the picture last."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import field
from threading import Lock
from typing import TYPE_CHECKING

from ..base.diagnostics import Diagnostic
from ..base.records import dataclass
from ..base.source import Source
from ..compiler import driver
from ..compiler.files.locate import SUFFIX, Imports, find
from ..compiler.ops.base import Shape
from ..editor.answer import Answer
from ..editor.describe import hover
from ..editor.offers import offers
from ..editor.service import Prompt
from ..reporting.terminal import to_data

if TYPE_CHECKING:
    from ..compiler.analysis.table import Table
    from ..compiler.draw import Options
    from ..compiler.driver import Checked
    from ..compiler.graph.graph import Graph

Json = dict[str, object]

PANELS = ("problems", "costs", "sizes", "python")
"""What may stand beside the picture. Sizes and source are worked out where they are looked at."""

FORMATS = ("svg", "html", "tex", "dot")
"""What can be made of a picture everywhere; `archc draw` has .pdf and .png too."""

PLAIN = (bool, int, float, str)
"""Values that a field of a page holds."""

SECONDS = 20.0
"""How long a layout may take: somebody waits."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a page asks of a text: which of its networks, how the picture is to look, which panel is open, and other values of the network's parameters."""

    network: str = ""
    look: Mapping[str, object] = field(default_factory=dict)
    panel: str = "problems"
    settings: Mapping[str, object] = field(default_factory=dict)

    @staticmethod
    def of(data: Mapping[str, object]) -> Wanted:
        """As a page sends it; what is no such thing is left out."""
        look, settings = (found if isinstance(found := data.get(name), Mapping) else {} for name in ("look", "settings"))
        told = {str(name): value for name, value in settings.items() if isinstance(value, PLAIN)}
        return Wanted(str(data.get("network") or ""), look, str(data.get("panel") or "problems"), told)

    @property
    def options(self) -> Options:
        """The words of `archc draw`; one that it does not know is told by the picture itself (F606)."""
        from ..compiler.draw import Options

        def word(name: str, default: str) -> str:
            return str(self.look.get(name) or default)

        width = self.look.get("width")
        return Options(
            word("level", "block"),
            _names(self.look.get("open")),
            _names(self.look.get("fold")),
            str(self.look["direction"]) if self.look.get("direction") else None,
            word("color_by", "kind"),
            word("theme", "light"),
            float(width) if isinstance(width, int | float) and 0.1 <= width <= 1000 else None,
            insets=self.look.get("insets") is True,
            seconds=SECONDS,
        )


def _names(value: object) -> tuple[str, ...]:
    return tuple(map(str, value)) if isinstance(value, list | tuple) else ()


@dataclass(slots=True)
class Writing:
    """A file whose text is being written; `network` is shown where a page wants no other.
    `imports` knows, after an answer, which files took part in it."""

    file: str
    settings: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, Shape] = field(default_factory=dict)
    network: str = ""
    imports: Imports = field(default_factory=Imports)
    core: Prompt = field(init=False)
    _turn: Lock = field(init=False, default_factory=Lock)  # help is asked for in another thread than answers

    def __post_init__(self) -> None:
        self.core = Prompt(self.settings, self.inputs)

    def help(self, kind: str, text: str, offset: int) -> Json:
        """What stands at a place of the text (`hover`), or may be written there (`offers`), of what is known by now: nobody waits for a check."""
        with self._turn:
            self.core.open(self.file, text)
            return _HELP[kind](self.core, self.file, offset)

    def answers(self, text: str, wanted: Wanted) -> Iterator[Json]:
        """The parts, each as soon as it is known. A text with errors has the first alone."""
        source = Source.of(find(self.file).name, text)
        answer = self._answer(source, wanted)
        plain = _chosen(answer)
        chosen, wrong = self._set(source, plain, wanted)
        yield _checked(answer, plain, chosen, wrong)
        if chosen is None:
            return
        graph = chosen.graph
        yield _costs(graph)
        if wanted.panel == "sizes":
            yield {"part": "sizes", **_table(self._sizes(source, chosen, wanted))}
        elif wanted.panel == "python":
            from ..compiler.codegen.pytorch import to_python

            yield {"part": "python", "text": to_python(graph)}
        yield _picture(graph, source, wanted.options)

    def drawn(self, text: str, wanted: Wanted, form: str) -> bytes | tuple[Diagnostic, ...]:
        """The picture as a file of the format `form`, or why there is none."""
        from ..compiler.draw import draw_text

        source = Source.of(find(self.file).name, text)
        answer = self._answer(source, wanted)
        chosen, wrong = self._set(source, _chosen(answer), wanted)
        if chosen is None:
            return wrong or answer.diagnostics
        made = draw_text(chosen.graph, form, wanted.options)
        return made.data if made.data is not None else made.diagnostics

    def _answer(self, source: Source, wanted: Wanted) -> Answer:
        """What the core of the editors says of the text, with the settings of this run."""
        network = wanted.network or self.network
        with self._turn:
            self.core.open(self.file, source.text)
            self.core.chosen = {self.file: network} if network else {}
            question = self.core.question(self.file)
            answer = self.core.known(self.file)
        if answer is None:
            answer = question.answer()
            with self._turn:
                self.core.keep(question, answer)
        self.imports = answer.imports
        return answer

    def _set(self, source: Source, plain: Checked | None, wanted: Wanted) -> tuple[Checked | None, tuple[Diagnostic, ...]]:
        """The network with the values that the page gives its parameters, and what is wrong with these; one that has no such parameter is as it is."""
        if plain is None or plain.program is None:
            return plain, ()
        known = {name for name, _ in plain.program.parameters}
        given = {name: value for name, value in wanted.settings.items() if name in known}
        if not given:
            return plain, ()
        settings = {**self.settings, **given}
        (found, *_) = driver.check_all(self._of_it(plain.program.name), settings=settings, inputs=self.inputs, source=source)
        return (None, found.diagnostics) if found.has_errors else (found, ())

    def _sizes(self, source: Source, chosen: Checked, wanted: Wanted) -> Table:
        from ..compiler.analysis.sizes import sizes, sizes_table

        graph = chosen.graph
        file = self._of_it(graph.program.name)

        def again(shapes: Mapping[str, Shape]) -> Graph | None:
            settings = {**self.settings, **wanted.settings}
            rows = driver.check_all(file, settings=settings, inputs={**self.inputs, **shapes}, source=source)
            return rows[0].graph if rows and rows[0].program is not None else None

        return sizes_table(graph.program.name, sizes(graph, again))

    def _of_it(self, network: str) -> str:
        """The file with that network in it."""
        target = find(self.file)
        file = os.path.basename(target.path).removesuffix(SUFFIX) if target.is_shipped else target.path
        return f"{file}:{network}" if target.is_shipped or file.endswith(SUFFIX) else file


def _chosen(answer: Answer) -> Checked | None:
    """The network that is meant; None where the text has errors, be they of another of its networks, or has no network."""
    return None if any(row.is_error for row in answer.diagnostics) else answer.network


def _hover(core: Prompt, file: str, offset: int) -> Json:
    told = hover(core, file, offset)
    return {"text": told.text, "start": told.span.start, "end": told.span.end} if told is not None else {"text": None}


def _offers(core: Prompt, file: str, offset: int) -> Json:
    rows, start = offers(core, file, offset)
    words = ("word", "sort", "detail", "doc", "insert", "snippet")
    return {"start": start, "offers": [{word: getattr(row, word) for word in words} for row in rows]}


_HELP: Mapping[str, Callable[[Prompt, str, int], Json]] = {"hover": _hover, "offers": _offers}
HELP = tuple(_HELP)
"""What a page may ask of a place in the text."""


def _checked(answer: Answer, plain: Checked | None, chosen: Checked | None, wrong: tuple[Diagnostic, ...]) -> Json:
    from ..compiler.draw.page.coloring import colored

    parameters = plain.program.parameters if plain is not None and plain.program is not None else ()
    return {
        "part": "check",
        "file": answer.source.name,
        "parameters": [[name, value] for name, value in parameters if isinstance(value, PLAIN)],
        "diagnostics": to_data((*answer.diagnostics, *wrong))["diagnostics"],
        "fixed": answer.fixed,
        "networks": [checked.program.name for checked in answer.networks if checked.program is not None],
        "network": chosen.program.name if chosen is not None and chosen.program is not None else None,
        "colors": colored(answer.source),
    }


def _costs(graph: Graph) -> Json:
    from ..compiler.analysis.cost import cost
    from ..compiler.analysis.cost_table import cost_table

    found = cost(graph)
    ends = (", ".join("×".join(map(str, shape)) for _, shape in side) for side in (found.inputs, found.outputs))
    totals = f"{' → '.join(ends)} · {found.total.parameters:,} parameters · {found.total.macs:,} MACs"
    return {"part": "costs", "totals": totals, **_table(cost_table(found))}


def _table(table: Table) -> Json:
    """A table as a page shows it: every cell as text."""
    return {
        "title": table.title,
        "columns": [[column.title, column.left] for column in table.columns],
        "rows": [table.written(row) for row in table.rows],
        "total": table.written(table.total) if table.total is not None else None,
        "notes": [note for note in table.notes if note],
    }


def _picture(graph: Graph, source: Source, options: Options) -> Json:
    from ..compiler.draw import draw_text
    from .places import address, places

    made = draw_text(graph, "svg", options, address)
    svg = made.data.decode("utf-8") if made.data is not None else None
    return {
        "part": "picture",
        "svg": svg[svg.index("<svg") :] if svg is not None else None,
        "places": places(made.picture, source.name),
        "diagnostics": to_data(made.diagnostics)["diagnostics"],
    }
