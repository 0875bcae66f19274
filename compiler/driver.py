"""The stages of a compile, in their order, and the two ways through them: `check` and `compile`."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import field, replace
from functools import cached_property
from time import perf_counter
from typing import TYPE_CHECKING

from ..base.diagnostics import Diagnostic, Label
from ..base.records import dataclass
from ..base.source import Source, Span
from ..dsl import ast
from ..dsl.lexer.keywords import read_tokens
from ..dsl.parser.parse import parse, parse_expression
from ..reporting.error import ArchError
from .elaborate.effort import Wanted, always
from .elaborate.elaborate import Defined, Options, elaborate, networks, parameters
from .elaborate.slots import Slot
from .elaborate.trace import Trace
from .elaborate.values import Abandoned
from .files.locate import SUFFIX, Imports, Target, find, read
from .graph.program import Program
from .ops.base import Shape

if TYPE_CHECKING:
    from .graph.graph import Graph

# ------------------------------------------------------------------------------------------------- stages


@dataclass(eq=False)
class Text:
    """A file that was parsed, and what is worked out once for all of its networks. `mistakes` are of what could not be read of it."""

    file: ast.File
    mistakes: tuple[Diagnostic, ...]
    defined: Defined = field(default_factory=Defined)

    @property
    def may_lack_defaults(self) -> bool:
        """Whether a mistake is in a line with the word `default`, be it read as a keyword or as a name."""
        words = (Span(self.file.source, token.start, token.end) for token in read_tokens(self.file.source).tokens)
        rows = {word.line for word in words if word.text == "default"}
        return any(row.primary.span.line in rows for row in self.mistakes)

    @cached_property
    def unknown(self) -> tuple[Diagnostic, ...]:
        """Names that nothing gives, where no network comes by."""
        if not _has_more_than_ran(self.file):
            return ()
        from .elaborate.unreached import unknown_names

        return unknown_names(self.file)

    @cached_property
    def doubts(self) -> tuple[Diagnostic, ...]:
        """What is legal in the text, and probably not meant."""
        from .elaborate.doubts_of_bodies import empty_bodies, hidden_operations, summed_rounds
        from .elaborate.idle_defaults import idle_defaults
        from .elaborate.lost_lets import lost_lets
        from .elaborate.own_shapes import foreign_shapes_of_own
        from .elaborate.reused_alone import steps_reused_alone
        from .elaborate.unused import unused_names
        from .files.file_names import doubtful_names

        return (
            *doubtful_names(self.file),
            *unused_names(self.file),
            *lost_lets(self.file),
            *idle_defaults(self.file),
            *empty_bodies(self.file),
            *hidden_operations(self.file),
            *summed_rounds(self.file),
            *steps_reused_alone(self.file),
            *foreign_shapes_of_own(self.file),
        )


@dataclass(frozen=True, slots=True)
class Compilation:
    """How far a compile has come. Each stage fills in the next field, or says why it cannot."""

    asked: str
    settings: Mapping[str, object] = field(default_factory=dict)
    inputs: Mapping[str, Shape] = field(default_factory=dict)
    imports: Imports = field(default_factory=Imports)
    target: Target | None = None
    source: Source | None = None
    text: Text | None = None
    program: Program | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    trace: Trace | None = None
    wanted: Wanted = always

    @property
    def file(self) -> ast.File | None:
        return self.text.file if self.text is not None else None

    def saying(self, *diagnostics: Diagnostic) -> Compilation:
        return replace(self, diagnostics=(*self.diagnostics, *diagnostics))


def finding(state: Compilation) -> Compilation:
    """Which file, and perhaps which network in it, is meant."""
    target = state.target or find(state.asked)
    state.imports.opened(target)
    return replace(state, target=target)


def reading(state: Compilation) -> Compilation:
    """The file's text."""
    if state.target is None or state.source is not None:
        return state
    source = read(state.target)
    return state.saying(source) if isinstance(source, Diagnostic) else replace(state, source=source)


def parsing(state: Compilation) -> Compilation:
    """The text's syntax tree; what could not be read of it is reported, and the rest goes on."""
    if state.source is None:
        return state
    text = state.text or Text(*parse(state.source))
    # The same text may have been parsed before: then all places are of that one.
    return replace(state, source=text.file.source, text=text).saying(*text.mistakes)


def elaborating(state: Compilation) -> Compilation:
    """The tree as a program: every block expanded, every shape known."""
    if state.text is None:
        return state
    network = state.target.network if state.target is not None else None
    options = Options(network, state.settings, state.inputs, not state.diagnostics, state.trace, state.wanted)
    program, diagnostics = elaborate(state.text.file, options, state.imports, state.text.defined)
    if state.diagnostics:
        # Some of the text could not be read: that the rest has no network, no input, no default or no use for something
        # says nothing.
        lost = {"E236", "E239"}
        if state.text.may_lack_defaults:
            lost.add("E205")
        diagnostics = tuple(row for row in diagnostics if row.is_error and row.code not in lost)
    return replace(state, program=program).saying(*diagnostics)


def doubting(state: Compilation) -> Compilation:
    """What is legal and probably not meant; what the file allows is left out."""
    if state.text is None or any(row.is_error for row in state.diagnostics):
        return state
    if state.text.unknown:
        return state.saying(*state.text.unknown)
    from .analysis.lint import lint, unsilenced

    found = lint(state.program) if state.program is not None else ()
    channels = {
        row.primary.span for row in state.diagnostics if row.code == "W515"
    }  # where a window is told to be the channels, it is no even one
    doubts = state.text.doubts + tuple(row for row in found if row.code != "W507" or row.primary.span not in channels)
    return replace(state, diagnostics=unsilenced((*state.diagnostics, *doubts)))


def _has_more_than_ran(file: ast.File) -> bool:
    """Whether there may be text that no network ran: of a lone variant of something imported there is none."""
    items = [item for item in file.items if isinstance(item, ast.Block | ast.Network)]
    return len(items) > 1 or any(item.body for item in items)


def costing(state: Compilation) -> Compilation:
    """The budgets that the file states."""
    if state.program is None or not state.program.budgets:
        return state
    # Only here: most files state none, and `archc check` is quick because it does not load what it does not need.
    from .analysis.budget import check_budget
    from .analysis.lint import unsilenced
    from .graph.graph import Graph

    return state.saying(*unsilenced(check_budget(Graph(state.program))))


STAGES: tuple[Callable[[Compilation], Compilation], ...] = (finding, reading, parsing, elaborating, doubting, costing)
"""Find the file, read it, parse it, elaborate it, look for what was hardly meant, check its budgets."""


# --------------------------------------------------------------------------------------------- two ways


@dataclass(frozen=True)
class Checked:
    """What is known of a file: its program where it has no errors, and all there is to say of it.

    A file of blocks alone has neither a program nor errors.
    """

    target: Target
    source: Source | None
    program: Program | None
    diagnostics: tuple[Diagnostic, ...]
    trusted: bool = False
    """Whether the classes of its own operations may be run."""
    trace: Trace | None = None

    @property
    def has_errors(self) -> bool:
        return any(row.is_error for row in self.diagnostics)

    @cached_property
    def graph(self) -> Graph:
        from .graph.graph import Graph

        assert self.program is not None
        return Graph(self.program, self.trusted)

    def __getstate__(self) -> dict[str, object]:
        """Without the graph, which is the program in another form and is made again where it is asked for, and without the trace."""
        return {name: value for name, value in self.__dict__.items() if name != "graph"} | {"trace": None}


Observer = Callable[[str, float], None]
"""Is told the name of each stage and the seconds that it took."""


def _vetted(found: Sequence[Checked], again: Callable[[Source], Sequence[Checked]]) -> tuple[Checked, ...]:
    """Without edits that would make another network of lines of Python's."""
    rows = [row for checked in found for row in checked.diagnostics]
    source = next((checked.source for checked in found if checked.source is not None), None)
    if source is None or not any(row.is_error and row.fix is not None for row in rows):
        return tuple(found)
    from .meaning.vetting import vetted  # only a text with mistakes needs it

    withheld = vetted(source, rows, lambda text: [row for checked in again(text) for row in checked.diagnostics])
    if not withheld:
        return tuple(found)
    kept, number = [], 0
    for checked in found:
        diagnostics = tuple(withheld.get(number + place, row) for place, row in enumerate(checked.diagnostics))
        number += len(diagnostics)
        kept.append(replace(checked, diagnostics=diagnostics))
    return tuple(kept)


def check(
    file: str | os.PathLike[str],
    *,
    settings: Mapping[str, object] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    observe: Observer | None = None,
    network: str | None = None,
) -> Checked:
    """Everything there is to say of a file, in the order of its text. `network` is one in it, where the name of the file does not say which."""
    target = replace(find(os.fspath(file)), network=network) if network is not None else None

    def of(source: Source | None, told: Observer | None = None) -> tuple[Checked, ...]:
        return (_checked(_through(Compilation(os.fspath(file), settings or {}, inputs or {}, target=target, source=source), told)),)

    return _vetted(of(None, observe), of)[0]


def check_all(
    file: str | os.PathLike[str],
    *,
    settings: Mapping[str, object] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    observe: Observer | None = None,
    source: Source | None = None,
    imports: Imports | None = None,
    traced: bool = False,
    wanted: Wanted = always,
) -> tuple[Checked, ...]:
    """The same of every network of a file that none was picked of: the one that a build takes first, then the others.

    What one of them said is not said again. Settings and inputs are of one network, so with them only that one is checked.
    `source` is the text that an editor has in place of the saved one; `imports` tells afterwards which files were read, and which were looked for.
    `traced` networks have a trace, too. `wanted` is asked on the way; once it says no, `Abandoned` is raised.
    """
    asked = Compilation(
        os.fspath(file),
        settings or {},
        inputs or {},
        imports or Imports(),
        source=source,
        trace=Trace() if traced else None,
        wanted=wanted,
    )
    return _vetted(_all(asked, observe), lambda text: _all(replace(asked, imports=Imports(), source=text, trace=None), None))


def _all(asked: Compilation, observe: Observer | None) -> tuple[Checked, ...]:
    state, settings, inputs, traced = _through(asked, observe), asked.settings, asked.inputs, asked.trace is not None
    first = _checked(state)
    if first.target.network is not None or state.text is None or settings or inputs:
        return (first,)
    if len(networks(state.text.file)) < 2:
        return (first,)
    names = _that_stand_alone(state.text.file)
    done = first.program.name if first.program is not None else None
    # Which one is to be built must be said of several; checked they are all.
    asks = first.program is None and [row.code for row in first.diagnostics] == ["E239"] and len(names) > 1
    found = [] if asks else [first]
    for name in names:
        if found and any(row.code in LIMITS for row in found[-1].diagnostics):
            break
        if name != done:
            # The text is read once: a file of a thousand networks would be read a thousand times.
            other = Compilation(
                f"{asked.asked}:{name}",
                source=state.source,
                text=state.text,
                imports=state.imports,
                trace=Trace() if traced else None,
                wanted=asked.wanted,
            )
            found.append(_checked(_through(other, observe)))
    said: set[tuple[str, str, int]] = set()
    lines = [row for checked in found for row in checked.diagnostics if row.code in _OF_A_WHOLE_LINE]
    found = [replace(checked, diagnostics=_unsaid(without_parts(checked.diagnostics, lines), said)) for checked in found]
    return tuple(checked for checked in found if checked.program is not None or checked.diagnostics)


LIMITS = ("E401", "E403", "E406")
"""Codes of what a whole compile is given up for: the other networks of the file would most likely reach it too, and take as long."""


def _that_stand_alone(file: ast.File) -> list[str]:
    """The networks that need no parameters from outside."""
    return [
        item.name.name for item in file.items if isinstance(item, ast.Network) and all(row.default is not None for row in item.parameters)
    ]


def _unsaid(rows: Iterable[Diagnostic], said: set[tuple[str, str, int]]) -> tuple[Diagnostic, ...]:
    kept = []
    for row in rows:
        key = (row.code, row.primary.span.source.name, row.primary.span.start)
        if key not in said:
            said.add(key)
            kept.append(row)
    return tuple(kept)


def parameters_of(file: str | os.PathLike[str] | Source) -> tuple[str, ...] | None:
    """The names of the parameters of the network that is meant; None where the text does not say which that is, or does not parse."""
    slots = slots_of(file)
    return tuple(slot.name for slot in slots) if slots is not None else None


def slots_of(file: str | os.PathLike[str] | Source) -> tuple[Slot, ...] | None:
    """The same with their defaults: nothing of the network is made."""
    if isinstance(file, Source):
        asked = Compilation(file.name, target=Target(file.name, file.name), source=file)
    else:
        asked = Compilation(os.fspath(file))
    state = parsing(reading(finding(asked)))
    if state.file is None or state.target is None or any(row.is_error for row in state.diagnostics):
        return None
    return parameters(state.file, Options(state.target.network), state.imports)


def networks_of(file: str | os.PathLike[str]) -> tuple[str, ...]:
    """The names of the networks of a file, as far as it can be read."""
    state = parsing(reading(finding(Compilation(os.fspath(file)))))
    return tuple(item.name.name for item in state.file.items if isinstance(item, ast.Network)) if state.file is not None else ()


def check_source(
    source: Source,
    *,
    settings: Mapping[str, object] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    network: str | None = None,
) -> Checked:
    """The same for a text that need not be saved: an editor's, a notebook's."""
    # Only what ends like a file may be one: a text called `resnet50` is not the library's.
    target = find(source.name) if source.name.endswith(SUFFIX) else Target(source.name, source.name)
    target = replace(target, network=network) if network is not None else target

    def of(text: Source) -> tuple[Checked, ...]:
        imports = Imports(texts={text.name: text})
        return (_checked(_through(Compilation(text.name, settings or {}, inputs or {}, imports, target, text), None)),)

    return _vetted(of(source), of)[0]


def _through(state: Compilation, observe: Observer | None) -> Compilation:
    for stage in STAGES:
        if not state.wanted():
            raise Abandoned
        start = perf_counter()
        state = stage(state)
        if observe is not None:
            observe(stage.__name__, perf_counter() - start)
    return state


def _checked(state: Compilation) -> Checked:
    assert state.target is not None
    diagnostics = in_order(without_parts(state.diagnostics, state.diagnostics))
    program = None if any(row.is_error for row in diagnostics) else state.program
    return Checked(state.target, state.source, program, diagnostics, trace=state.trace)


def compile(
    file: str | os.PathLike[str],
    *,
    settings: Mapping[str, object] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    observe: Observer | None = None,
    trust: bool = False,
    network: str | None = None,
) -> Checked:
    """The same for those who need the program: errors are raised, all of them at once. `trust`: the classes of its own operations may be run."""
    return replace(_sound(check(file, settings=settings, inputs=inputs, observe=observe, network=network)), trusted=trust)


def compile_source(
    source: Source,
    *,
    settings: Mapping[str, object] | None = None,
    inputs: Mapping[str, Shape] | None = None,
    trust: bool = False,
    network: str | None = None,
) -> Checked:
    """The same for a text that need not be saved."""
    return replace(_sound(check_source(source, settings=settings, inputs=inputs, network=network)), trusted=trust)


def _sound(checked: Checked) -> Checked:
    if checked.has_errors:
        raise ArchError(checked.diagnostics)
    if checked.program is None:
        raise ArchError((_no_network(checked),))
    return checked


def _no_network(checked: Checked) -> Diagnostic:
    assert checked.source is not None
    place = Label(checked.source.span(0, 0))
    return Diagnostic(
        "E239", f"`{checked.target.name}` defines blocks but no network", place, help="a network begins with `network name { … }`"
    )


_OF_A_WHOLE_LINE = ("E116", "E124")
_OF_A_LINE = ("E104", "E114", "E116", "E124")


def without_parts(rows: Iterable[Diagnostic], lines: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Without what was said of a part of a line, or of a name (`efficientnet-b3`), before it was known what the whole of it is here."""
    lines = list(lines)
    whole = [row.primary.span for row in lines if row.code in _OF_A_WHOLE_LINE]
    names = [row.primary.span for row in lines if row.code == "E201" and not row.primary.span.text.replace(".", "").isidentifier()]
    for row in rows:
        place = row.primary.span
        covering = whole if row.code in _OF_A_LINE else []
        if not any(
            line.start <= place.start and place.end <= line.end and line != place and line.source.name == place.source.name
            for line in (*covering, *names)
        ):
            yield row


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """In the order of the text; the files in the order in which they came up."""
    rows = list(diagnostics)
    files = {name: number for number, name in enumerate(dict.fromkeys(row.primary.span.source.name for row in rows))}
    return tuple(sorted(rows, key=lambda row: (files[row.primary.span.source.name], row.primary.span.start)))


# ------------------------------------------------------------------------------- values from the outside


def parse_setting(name: str, text: str, option: str = "--set") -> tuple[ast.Expression | None, tuple[Diagnostic, ...]]:
    """The value of `--set name=text`, which is written as in a file."""
    return parse_expression(Source.of(f"{option} {name}", text))


def parse_shape(text: str) -> Shape | None:
    """`3x224x224`, channels first and without the batch; None where it is not one."""
    parts = text.lower().replace("×", "x").split("x")
    if not all(part.isdecimal() and part.isascii() and len(part) < 20 and int(part) > 0 for part in parts):
        return None
    return tuple(int(part) for part in parts)
