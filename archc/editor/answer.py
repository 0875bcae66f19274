"""All that is known of one text: what is wrong, its networks, and the shapes, values and costs at each of its places."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from ..base.diagnostics import Diagnostic, Problem
from ..base.records import dataclass
from ..base.source import Source, Span
from ..compiler.driver import Checked, in_order
from ..compiler.elaborate.effort import Effort
from ..compiler.elaborate.evaluator import Evaluator
from ..compiler.elaborate.trace import Passage, Trace, place_of
from ..compiler.elaborate.values import UNKNOWN, Exhausted, Unknowable, show_value
from ..compiler.files.locate import Imports
from ..compiler.graph.program import Node, Program
from ..dsl import ast
from ..reporting.fixes import applied

if TYPE_CHECKING:
    from ..compiler.analysis.cost_table import Work
    from ..compiler.analysis.receptive import Field
    from ..compiler.graph.graph import Graph


@dataclass(eq=False)
class Answer:
    """`found` are the networks of the file as `archc check` sees them. `wanted`: the network that someone chose."""

    path: str
    source: Source
    found: tuple[Checked, ...]
    imports: Imports
    wanted: str | None = None
    _places: dict[tuple[str, int, int], list[Node]] = field(default_factory=dict)

    @cached_property
    def diagnostics(self) -> tuple[Diagnostic, ...]:
        """What `archc check` says, in its order."""
        return in_order(row for checked in self.found for row in checked.diagnostics)

    @cached_property
    def fixed(self) -> str | None:
        """The text with all fixes made that go together; None where there are none."""
        found = applied(self.diagnostics).get(self.source.name)
        return found[0] if found is not None else None

    # ----------------------------------------------------------------------------------------------- networks

    @property
    def networks(self) -> tuple[Checked, ...]:
        """Those that are sound."""
        return tuple(checked for checked in self.found if checked.program is not None)

    def checked(self, name: str) -> Checked | None:
        """The network of that name, where it is sound."""
        return next((row for row in self.networks if row.program is not None and row.program.name == name), None)

    @cached_property
    def network(self) -> Checked | None:
        """The one that answers are about: the chosen one, else the first sound one."""
        return (self.checked(self.wanted) if self.wanted else None) or next(iter(self.networks), None)

    @property
    def program(self) -> Program | None:
        return self.network.program if self.network is not None else None

    @property
    def graph(self) -> Graph | None:
        return self.network.graph if self.network is not None else None

    @property
    def trace(self) -> Trace | None:
        """What is known at each place: of the network chosen, else of what there is of a broken one."""
        if self.network is not None:
            return self.network.trace
        return next((row.trace for row in self.found if row.trace is not None), None)

    def traces(self) -> Iterator[Trace]:
        """That of the network chosen first: what it does not come by, another one may."""
        first = self.trace
        if first is not None:
            yield first
        yield from (row.trace for row in self.found if row.trace is not None and row.trace is not first)

    # ------------------------------------------------------------------------------------------------- places

    def passages(self, span: Span) -> list[Passage]:
        """The shapes in and out of a step, of each of its runs that differs."""
        return next((trace.passages[place_of(span)] for trace in self.traces() if place_of(span) in trace.passages), [])

    def nodes(self, span: Span) -> list[Node]:
        """The operations that a step makes, in all of its runs, in the network chosen."""
        if self.program is None:
            return []
        if not self._places:
            for node in self.program.nodes:
                for place in {place_of(node.span), *(place_of(call.span) for call in node.via)}:
                    self._places.setdefault(place, []).append(node)
        return self._places.get(place_of(span), [])

    def work(self, span: Span) -> Work | None:
        """What a step costs, in all of its runs."""
        from ..compiler.analysis.cost import total, work_of

        nodes = [node for node in self.nodes(span) if not node.is_port]
        return total(work_of(node) for node in nodes) if nodes else None

    @cached_property
    def fields(self) -> dict[int, tuple[Field, ...]]:
        """The receptive field of each operation of the network chosen, by its number."""
        from ..compiler.analysis.receptive import fields_of

        return fields_of(node for node in self.program.nodes if not node.training_only) if self.program is not None else {}

    def values(self, statement: ast.Node, expression: ast.Expression) -> list[str]:
        """The values of an expression in a statement, of each run that differs; none where it cannot be worked out."""
        span = getattr(statement, "span", None)
        if not isinstance(span, Span):
            return []
        for trace in self.traces():
            readers = trace.readers.get(place_of(span), ())
            shown = [_worked_out(reader, expression) for reader in readers if isinstance(reader, Evaluator)]
            if shown:
                return list(dict.fromkeys(text for text in shown if text is not None))
        return []

    def value_of_file(self, expression: ast.Expression) -> list[str]:
        """The value of an expression at the top of the file."""
        for trace in self.traces():
            if trace.environment is not None:
                text = _worked_out(Evaluator(trace.environment, None, lambda _: None), expression)
                return [text] if text is not None else []
        return []

    def origins(self, statement: ast.Node, name: str) -> list[Span]:
        """The places that gave a name its value, the nearest first."""
        span = getattr(statement, "span", None)
        for trace in self.traces():
            for reader in trace.readers.get(place_of(span), ()) if isinstance(span, Span) else ():
                binding = reader.environment.binding(name)
                found: list[Span] = []
                while binding is not None and binding.span not in found and len(found) < 5:
                    found.append(binding.span)
                    origin = binding.origin
                    further = origin.expression if origin is not None else None
                    binding = (
                        origin.reader.environment.binding(further.name) if origin is not None and isinstance(further, ast.Name) else None
                    )
                return found
        return []


def _worked_out(reader: Evaluator, expression: ast.Expression) -> str | None:
    try:
        value = replace(reader, effort=Effort()).value(expression)
    except (Problem, Unknowable, Exhausted):
        return None
    return None if value is UNKNOWN else show_value(value)
