"""Numbers of the user's own for the steps and parts of a network: measured times, energies, errors.

A file holds them by path, `{"layer1.0.conv1": 0.81}`, several for each as `{"layer1.0.conv1": {"time": 0.81, "energy": 2.5}}`,
or is a profile of PyTorch or ONNX Runtime whose events bear the names of steps.
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Mapping, Sequence

from ...base.diagnostics import Diagnostic, Severity
from ...base.records import dataclass
from ..analysis.cost import scope_path
from ..files.locate import LARGEST_TABLE
from ..files.system_errors import at
from ..graph.graph import Graph
from ..ops.suggest import closest, did_you_mean
from .paths import nodes_in
from .tooltip import clean

ONE = "value"  # the column of a file that has but one
PROFILED = "time, ms"
TAKEN = ("kind", "none", "cost", "parameters", "macs", "flops", "activations")  # what colours boxes by another number
SUFFIX = "_kernel_time"  # what ONNX Runtime puts behind the name of a step


@dataclass(frozen=True, slots=True)
class Value:
    """Numbers of one step or one part: `nodes` are all that it holds, `numbers` one a column. `within` are the places of the rows that hold it."""

    nodes: frozenset[int]
    numbers: tuple[float | None, ...]
    within: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Values:
    """`columns` are the names of the numbers. What holds another stands before it in `rows`, and its number is that of all that it holds."""

    columns: tuple[str, ...] = ()
    rows: tuple[Value, ...] = ()

    def column(self, name: str) -> Column:
        """The numbers of that name; of the first column, where none has it."""
        place = self.columns.index(name) if name in self.columns else 0
        told = [(row.nodes, number) for row in self.rows if (number := row.numbers[place]) is not None]
        steps: dict[int, float] = {}
        for nodes, number in told:
            if len(nodes) == 1:
                steps.setdefault(next(iter(nodes)), number)
        return Column(self.columns[place], steps, tuple((nodes, number) for nodes, number in told if len(nodes) > 1))


@dataclass(frozen=True, slots=True)
class Column:
    """One number for steps, by their places in the graph, and for parts, outer ones first."""

    name: str
    steps: Mapping[int, float]
    parts: tuple[tuple[frozenset[int], float], ...]

    def within(self, nodes: Iterable[int]) -> float:
        """The sum over what lies in a box with these nodes. The number of a part stands for all that is in it."""
        held = frozenset(nodes)
        told: set[int] = set()
        numbers = []
        for part, number in self.parts:
            if part <= held and not part <= told:
                told |= part
                numbers.append(number)
        return math.fsum((*numbers, *(self.steps[node] for node in held - told if node in self.steps)))

    def beyond(self, nodes: Iterable[int], items: Sequence[frozenset[int]]) -> float | None:
        """What the numbers of parts tell of a frame with these nodes beside what its items have; None where all of them lie in an item."""
        held = frozenset(nodes)
        if all(any(part <= item for item in items) for part, _ in self.parts if part <= held):
            return None
        return max(0.0, self.within(held) - math.fsum(map(self.within, items)))


NO_VALUES = Values()


def read_values(graph: Graph, file: str) -> Values | Diagnostic:
    """The numbers of a file, or what is wrong with it."""
    try:
        with open(file, encoding="utf-8") as stream:
            told = json.loads(stream.read(LARGEST_TABLE), object_pairs_hook=_once)
    except _Twice as error:
        return _wrong(graph, file, f"has `{clean(str(error))}` twice, and the later one would hide the other", "keep one of them")
    except OSError as error:
        return _wrong(graph, file, f"could not be read ({error.strerror})", "name a file of JSON")
    except (ValueError, RecursionError) as error:
        return _wrong(graph, file, f"is no JSON: {error}", 'write `{"layer1.0.conv1": 0.81}`, or a profile as PyTorch exports it')
    profile = _profile(told)
    known = _known(graph)
    if profile is not None:
        found = {name: number for name, number in profile.items() if name in known}
        if not found:
            return _wrong(
                graph,
                file,
                "is a profile in which no event bears the name of a step",
                "give the events the names of steps, as `record_function` does",
            )
        rows = {name: {PROFILED: number} for name, number in found.items()}
        if (odd := next((name for name, number in found.items() if _no_number(number)), None)) is not None:
            return _wrong(graph, file, f"has events of `{clean(odd)}` whose time is no number from 0 on", "export the profile anew")
        return _summed(graph, file, values_of(graph, rows))
    if not isinstance(told, dict) or not told:
        return _wrong(graph, file, "holds no numbers by path", 'write `{"layer1.0.conv1": 0.81}`')
    rows = {}
    for path, number in told.items():
        row = number if isinstance(number, dict) else {ONE: number}
        for name, value in row.items():
            if name.strip().lower() in TAKEN and row is number:
                return _wrong(
                    graph, file, f"has numbers called `{clean(name)}`, as archc calls others", f"call them `my {clean(name)}`, say"
                )
            if why := _no_number(value):
                of = f"`{clean(path)}`" if row is not number else f"`{clean(name)}` of `{clean(path)}`"
                return _wrong(
                    graph, file, f"has {json.dumps(value)[:40]} for {of}, which is {why}", "write a number from 0 on, or leave the path out"
                )
        if path not in known:
            help = did_you_mean(closest(path, known)) or "name a step as `archc cost` does, or a part such as `layer1.0`"
            return _wrong(graph, file, f"names `{clean(path)}`, which `{clean(graph.program.name)}` does not have", help)
        if not row:
            return _wrong(graph, file, f"holds no numbers for `{clean(path)}`", "write a number, or leave the path out")
        rows[path] = {name: float(value) for name, value in row.items()}
    return _summed(graph, file, values_of(graph, rows))


def _no_number(value: object) -> str:
    """Why a value cannot stand in a picture, whose colours go from 0 on; nothing where it can."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "no number"
    try:
        return "less than 0" if value < 0 else "" if math.isfinite(value) else "no finite number"
    except OverflowError:
        return "larger than any number of a picture"


def _summed(graph: Graph, file: str, values: Values) -> Values | Diagnostic:
    """The numbers, where those of each column have a sum."""
    for name in values.columns:
        try:
            values.column(name).within(range(len(graph.nodes)))
        except OverflowError:
            return _wrong(
                graph, file, f"has numbers for `{clean(name)}` whose sum is larger than any number", "write them in a larger unit"
            )
    return values


class _Twice(Exception):
    """A name that an object of JSON has twice."""


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) < len(pairs):
        names = [name for name, _ in pairs]
        raise _Twice(next(name for name in names if names.count(name) > 1))
    return found


def values_of(graph: Graph, rows: Mapping[str, Mapping[str, float]]) -> Values:
    """Numbers by path and name."""
    known = _known(graph)
    columns = tuple(dict.fromkeys(name for row in rows.values() for name in row))
    nodes = {path: frozenset(known[path]) for path in rows}
    # A part of one step stands before the step: it is what holds the other.
    paths = sorted(rows, key=lambda path: (-len(nodes[path]), path.count("."), path))
    holders: dict[int, list[int]] = {}
    made: list[Value] = []
    for path in paths:
        own = nodes[path]
        within = tuple(number for number in holders.get(min(own), ()) if own <= made[number].nodes)
        for node in own:
            holders.setdefault(node, []).append(len(made))
        made.append(Value(own, tuple(rows[path].get(name) for name in columns), within))
    return Values(columns, tuple(made))


def _known(graph: Graph) -> dict[str, tuple[int, ...]]:
    """What has a path, as `archc cost` writes it: parts, and steps before parts of the same name. A path of a merge has no name of its own."""
    parts: dict[str, tuple[int, ...]] = {}
    for scope in graph.members:
        if scope.parent is not None and (scope.names or scope.title):
            path = scope_path(scope)
            parts[path] = (*parts.get(path, ()), *nodes_in(graph, scope))
    return parts | {node.unique: (node.index,) for node in graph.nodes}


def _profile(told: object) -> dict[str, float] | None:
    """Milliseconds by the names of the events of a trace, as PyTorch's and ONNX Runtime's profilers write it; None for anything else."""
    events = told.get("traceEvents") if isinstance(told, dict) else told
    if not isinstance(events, list):
        return None
    sums: dict[str, float] = {}
    for name, microseconds in _events(events):
        sums[name] = sums.get(name, 0.0) + microseconds / 1e3
    return sums


def _events(events: list[object]) -> Iterator[tuple[str, float]]:
    for event in events:
        if isinstance(event, dict) and isinstance(event.get("dur"), int | float):
            yield str(event.get("name", "")).removesuffix(SUFFIX).strip("/"), float(event["dur"])


def _wrong(graph: Graph, file: str, what: str, help: str) -> Diagnostic:
    return Diagnostic("F607", f"`{clean(file)}` {what}", at(clean(file)), help=help, severity=Severity.ERROR)
