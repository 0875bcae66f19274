"""Networks side by side, from Python: `archc.networks`, `archc.diff`, `archc.sweep` and `archc.fit`. The commands call these."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, SupportsFloat

from . import given as kind
from .base.source import Source
from .compiler.explore.asked import MOST, Given, by_name, few, fixed, refuse_no_number, source_of, texts, whole_numbers, wrong
from .compiler.explore.goals import Wanted, bound_of, goal_of
from .compiler.files.locate import is_text
from .compiler.importer.in_place import file_of, left_to_give
from .given import Input, shapes_of, takes
from .reporting.error import ArchError

if TYPE_CHECKING:
    from .api import Network
    from .compiler.analysis.diff import Difference
    from .compiler.analysis.shipped import Networks
    from .compiler.explore.family import Family
    from .compiler.explore.solved import Fit
    from .compiler.explore.sweep import Value, Variant
    from .compiler.explore.swept import Sweep
    from .compiler.graph.graph import Graph

NAMELESS = "text"
"""What messages call a text that is in no file."""

File = str | os.PathLike[str]


@takes(task=kind.maybe(kind.text), paper=kind.maybe(kind.text), max_parameters=kind.maybe(kind.number))
def networks(*, task: str | None = None, paper: str | None = None, max_parameters: int | str | None = None) -> Networks:
    """The networks that come with archc, with their numbers: what `archc list` prints.

    Only those for a task (`"segmentation"`), whose paper has all words of a text, with no more parameters (`26_000_000` or `"26M"`).
    Raises `ArchError` for a task that there is not and what is no number.
    """
    from .compiler.analysis.shipped import networks as shipped
    from .compiler.explore.asked import one_of
    from .compiler.explore.goals import number_of

    found = shipped()
    if task is not None:
        one_of("task", task, dict.fromkeys(row.task for row in found), "task of a network here", code="F644")
    most = number_of(max_parameters) if isinstance(max_parameters, str) else max_parameters
    if max_parameters is not None and most is None:
        raise wrong("F644", "max-parameters", str(max_parameters), f"`{max_parameters}` is no number", "write `26M` or `1500000`")
    return found.only(task, paper, most)


def _network_or_file(name: str, value: object) -> object:
    from .api import Network

    return value if isinstance(value, Network) else kind.network(name, value)


@takes(before=_network_or_file, after=_network_or_file, input=kind.maybe(kind.shapes), output=kind.maybe(kind.path), time=kind.flag)
def diff(
    before: File | Network, after: File | Network, /, *, input: Input | None = None, output: File | None = None, time: bool = False
) -> Difference:
    """What leads from one network to another: what `archc diff` prints. `input` is for both, where they are named. With `time` both are foreseen
    on this machine, too, which wants `archc calibrate`.

    A network with other values of its parameters is `archc.compile("resnet50", classes=10)`. `output` is where both are drawn side by side.
    Raises `ArchError`.
    """
    from .compiler.analysis.diff import diff as difference_of

    difference = difference_of(_graph(before, input), _graph(after, input), timed=time)
    if output is not None:
        from .compiler.draw.compare import draw_difference

        problems = draw_difference(difference, os.fspath(output))
        if any(row.is_error for row in problems):
            raise ArchError(problems)
    return difference


@takes(
    file=kind.family,
    vary=kind.maybe(kind.texts_or_mapping),
    variants=kind.maybe(kind.rows),
    set=kind.maybe(kind.texts_or_mapping),
    input=kind.maybe(kind.shapes),
    batch=kind.whole(1),
    optimizer=kind.word(".compiler.analysis.memory", "OPTIMIZERS"),
    pareto=kind.maybe(kind.text_or_texts),
    jobs=kind.whole(1),
    cluster=kind.maybe(kind.text),
    journal=kind.maybe(kind.path),
    plot=kind.maybe(kind.path),
    time=kind.flag,
    progress=kind.callback,
)
def sweep(
    file: File,
    /,
    vary: Given | None = None,
    *,
    variants: File | Iterable[Mapping[str, object]] | None = None,
    set: Given | None = None,
    input: Input | None = None,
    batch: int = 1,
    optimizer: str = "sgd",
    pareto: str | Sequence[str] | None = None,
    jobs: int = 1,
    cluster: str | None = None,
    journal: File | None = None,
    plot: File | None = None,
    time: bool = False,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Sweep:
    """The costs of many variants, and which of them nothing beats: what `archc sweep` prints.

    `vary` are parameters with their values, of which every combination is a variant: `{"width": [8, 16], "depths": [[2, 2], [3, 4]]}`, or as the
    command line writes them. In its place, `variants` is a list of them, or a CSV or JSON file of one. `set` are values that all have.
    `pareto` are two columns, `+` before one of which more is better. With `time`, or a front of `time`, there is a column of the microseconds that
    the optimised module is foreseen to take here, which wants `archc calibrate`. With `jobs` over 1 other processes work, which start as those of
    `multiprocessing` do. Raises `ArchError`; a variant that does not compile is an entry with its error.
    """
    from .compiler.analysis.calibration import of_this_machine
    from .compiler.draw.plot import see_that_it_is_svg
    from .compiler.explore.family import Evaluation
    from .compiler.explore.sweep import Cluster, Journal, Local, Pool, serial
    from .compiler.explore.sweep import sweep as swept
    from .compiler.explore.swept import Sweep, asked_axes
    from .compiler.graph.program import TIME

    if plot is not None:
        see_that_it_is_svg(os.fspath(plot), "a plot of variants")
    name = os.fspath(file)
    if name == "-":
        raise wrong("F641", "file", name, "other processes read the file too, and standard input can be read once", "save it")
    if (vary is None) == (variants is None):
        help = "`vary` gives a grid (`--vary base=8,16,32`), or a list gives each (`--list variants.csv`; in Python `variants`)"
        raise wrong("F641", "vary", "", "say which variants: a grid or a list, one of them", help)
    columns = pareto.split(",") if isinstance(pareto, str) else list(pareto or ())
    timed = time or TIME in (column.strip().lstrip("+") for column in columns)
    if timed:
        of_this_machine()  # one error, not one a variant
    family = _family(file, set, input, batch, optimizer, timed)
    rows = _grid(vary, family) if vary is not None else _listed(variants, family) if variants is not None else ()
    _refuse_set(family, [{name for name, _ in row.settings} for row in rows])
    carried = {column: [dict(row.carried).get(column) for row in rows] for row in rows for column, _ in row.carried}
    axes = asked_axes(pareto, carried, [column for row in rows for column, _ in row.settings])
    pool: Pool = Cluster(cluster) if cluster else serial if jobs == 1 else Local(jobs)
    notes = Journal(Path(journal), family.stamp()) if journal is not None else None
    found = Sweep.of(_called(file), swept(rows, Evaluation(family), pool, notes, progress), axes)
    if plot is not None:
        from .compiler.files.write import write

        write(os.fspath(plot), found.svg())
    return found


@takes(
    file=kind.family,
    vary=kind.texts_or_mapping,
    match=kind.maybe(kind.text_or_mapping),
    most=kind.maybe(kind.text_or_mapping),
    nearest=kind.maybe(kind.text_or_mapping),
    where=kind.text_or_texts,
    set=kind.maybe(kind.texts_or_mapping),
    input=kind.maybe(kind.shapes),
    progress=kind.callback,
)
def fit(
    file: File,
    /,
    vary: Given,
    *,
    match: Wanted | None = None,
    most: Wanted | None = None,
    nearest: Wanted | None = None,
    where: str | Iterable[str] = (),
    set: Given | None = None,
    input: Input | None = None,
    progress: Callable[[Mapping[str, int], int], None] = lambda values, tried: None,
) -> Fit:
    """The value of a parameter that meets a budget: what `archc fit` prints.

    `vary` are parameters with the whole numbers to try (`{"base": range(1, 129)}`, `"base=1..128"`, or `"base"` for 1 to 4096); the last is
    solved for each value of the others. One of `match` (the least that reaches it), `most` (the most that does not exceed it) and `nearest`
    is the goal: `{"macs": 4_100_000_000}`, `"macs=4.1G"`, `"macs=resnet50"`. `where` are limits: `"parameters <= 26M"`. Nothing that meets
    the goal is an empty result. `progress` is called with the values that are tried and how many were. Raises `ArchError`.
    """
    from .compiler.analysis.calibration import of_this_machine
    from .compiler.explore.fit import TooMany, Vary
    from .compiler.explore.fit import fit as solve
    from .compiler.explore.solved import WAYS, Fit
    from .compiler.graph.program import TIME

    asked = [(way, wanted) for way, wanted in (("match", match), ("most", most), ("nearest", nearest)) if wanted is not None]
    if len(asked) != 1:
        help = "`match` `macs=resnet50` is the least that reaches it, `most` `parameters=26M` the most that does not exceed it, `nearest` either"
        raise wrong("F642", "fit", "", "say what to meet: one of `match`, `most` and `nearest`", help)
    axes = [Vary(name, whole_numbers(name, values)) for name, values in by_name(vary, "vary").items()]
    if not axes:
        raise wrong("F641", "vary", "", "no parameter is named", "write `base=8..128:8`")
    few((len(axis.values) for axis in axes[:-1]), "vary")
    limits = [where] if isinstance(where, str) else list(where)
    bounds = [bound_of(text) for text in limits]
    ((way, wanted),) = asked
    timed = _names_time(wanted) or any(bound.quantity == TIME for bound in bounds)
    family = _family(file, set, input, timed=timed)
    _refuse_set(family, [{axis.name for axis in axes}])
    family.need({axis.name: axis.values[0] for axis in axes})
    for axis in axes:
        refuse_no_number(axis.name, family.no_number(axis.name))
    goal, target = goal_of(way, _costs_of_networks(wanted))
    if timed:
        of_this_machine()  # one error, before anything is worked out
    refusals: list[ArchError] = []
    tried = 0

    def evaluate(values: Mapping[str, int]) -> dict[str, int] | None:
        nonlocal tried
        progress(values, tried)
        tried += 1
        try:
            return family.figures(values)
        except ArchError as error:
            refusals.append(error)
            return None

    try:
        found = solve(evaluate, axes, goal, bounds)
    except TooMany:
        message = f"the values of `{axes[-1].name}` are too many to be tried one by one, and `{goal.quantity}` does not rise or fall throughout, or gaps are in between"
        raise wrong("F641", "vary", axes[-1].name, message, f"give a step or fewer values: `{axes[-1].name}=1..{MOST}`") from None
    if not found and len(refusals) >= len(axes[-1].values):
        raise refusals[0]
    unmet = f"no value of {axes[-1].name} {WAYS[way]} {goal.quantity}={target}" + (f" where {' and '.join(limits)}" if limits else "")
    return Fit(_called(file), goal, found, "" if found else unmet)


def _called(file: File) -> str:
    """What tables call a file, or a text."""
    return NAMELESS if isinstance(file, str) and is_text(file) else os.fspath(file)


def _graph(network: File | Network, input: Input | None) -> Graph:
    from .api import Network
    from .compiler.driver import compile, compile_source

    if isinstance(network, Network):
        return network.typed_graph
    if isinstance(network, str) and is_text(network):
        return compile_source(Source.of(NAMELESS, network), inputs=shapes_of(input)).graph
    shapes = shapes_of(input)
    return compile(file_of(network, inputs=shapes), inputs=left_to_give(network, shapes)).graph


def _names_time(wanted: Wanted) -> bool:
    from .compiler.graph.program import TIME

    return wanted.partition("=")[0].strip() == TIME if isinstance(wanted, str) else TIME in wanted


def _costs_of_networks(wanted: Wanted) -> Wanted:
    from .api import Network

    if isinstance(wanted, str):
        name, equals, target = wanted.partition("=")
        return f"{name}{equals}{file_of(target.strip())}"
    return {name: target.typed_graph if isinstance(target, Network) else target for name, target in wanted.items()}


def _family(file: File, set: Given | None, input: Input | None, batch: int = 1, optimizer: str = "sgd", timed: bool = False) -> Family:
    from .compiler.explore.family import Family

    if isinstance(file, str) and is_text(file):
        return Family(NAMELESS, fixed(set), tuple(shapes_of(input).items()), batch, optimizer=optimizer, text=file, timed=timed)
    shapes = shapes_of(input)
    name = file_of(file, inputs=shapes)
    place = os.path.abspath(name) if os.path.isfile(name) else name  # workers may stand elsewhere
    return Family(place, fixed(set), tuple(left_to_give(file, shapes).items()), batch, optimizer=optimizer, timed=timed)


def _refuse_set(family: Family, varied: Sequence[Collection[str]]) -> None:
    """A value for all variants that each of them replaces by its own is one that nobody heeds."""
    for name, value in family.settings:
        if varied and all(name in row for row in varied):
            help = f"leave `{name}={value}` out, or `{name}` of what is varied"
            raise wrong("F641", "set", f"{name}={value}", f"`{name}` is varied and set", help)


def _grid(vary: Given, family: Family) -> Sequence[Variant]:
    from .compiler.explore.sweep import grid

    axes = {name: texts(name, values) for name, values in by_name(vary, "vary").items()}
    few((len(values) for values in axes.values()), "vary")
    if not axes:
        raise wrong("F641", "vary", "", "no parameter is named", "write `base=8,16,32`")
    family.need({name: values[0] for name, values in axes.items()})
    return grid(axes)


def _listed(given: File | Iterable[Mapping[str, object]], family: Family) -> Sequence[Variant]:
    from .compiler.explore.headings import of_carried
    from .compiler.explore.lists import NoList, checked, listed
    from .compiler.explore.sweep import Variant
    from .compiler.files.locate import text_of

    known = family.parameters()
    if isinstance(given, str | os.PathLike):
        path = os.fspath(given)
        try:
            found = listed(text_of(path), known)
        except NoList as error:
            raise wrong("F643", path, "", f"`{path}` is no list of variants: {error}", error.help) from None
        if not found:
            raise wrong("F643", path, "", f"`{path}` holds no variants", "a heading with the names of parameters, then a line for each")
        return _with_settings(found, path, known)
    rows = list(given)
    if not rows or not all(isinstance(row, Mapping) for row in rows):
        raise wrong("F643", "variants", "", "these are no variants", 'give a list of them: `[{"width": 8}, {"width": 16}]`')
    try:
        checked([str(name) for row in rows for name in row], known)
    except NoList as error:
        raise wrong("F643", "variants", "", f"this is no list of variants: {error}", error.help) from None
    found = tuple(
        Variant(
            tuple((name, source_of(name, value, "variants")) for name, value in row.items() if name in known),
            tuple((of_carried(str(name)), _carried(value)) for name, value in row.items() if name not in known),
        )
        for row in rows
    )
    return _with_settings(found, "variants", known)


def _with_settings(variants: Sequence[Variant], place: str, known: Sequence[str]) -> Sequence[Variant]:
    """The variants, of which one at least sets a parameter: else all would be the same network."""
    if any(variant.settings for variant in variants):
        return variants
    parameters = ", ".join(known) or "none"
    raise wrong(
        "F643", place, "", f"no column is a parameter of the network: there are {parameters}", "name a column like the parameter it sets"
    )


def _carried(value: object) -> Value:
    """A further column; numbers of NumPy as Python's."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    return float(value) if isinstance(value, SupportsFloat) else str(value)
