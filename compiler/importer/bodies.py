"""From the steps of a scope to its body: chains, merges with their paths, and labels for what is read from farther away.

What every way from the entry to the exit passes (the dominators of the exit) is the main line; between two of its neighbours
stands a step, or a merge whose paths are bodies themselves. Tensors that several paths share are made first, under a label.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import field

import networkx
from torch import nn

from ...base.records import dataclass
from .constructors import Arguments
from .flat_steps import Entry, Flat, Step
from .places import Place, kind_of
from .tree import ABSENT, Aux, Body, Column, Item, Merge, Op, Path, Scope, Skip, walk
from .unsaid import Unsaid

START = -1
"""Stands before all sources of a body."""


@dataclass(slots=True, eq=False)
class Unit:
    """A step or a whole inner scope: what makes one tensor of others."""

    item: Item
    inputs: list[int]
    merge: tuple[str, dict[str, Column]] | None = None
    is_alone: bool = False
    """Whether no input leads to it: a learned tensor, a constant, or what is made of these."""


@dataclass(slots=True, eq=False)
class Builder:
    flat: Flat
    places: list[Place]
    modules: dict[str, nn.Module]
    made: dict[int, tuple[nn.Module, Arguments]]
    entries: dict[int, Entry] = field(default_factory=dict)

    alone: set[int] = field(default_factory=set)

    def __post_init__(self) -> None:
        self.entries = self.flat.entries()
        for step in self.flat.steps:
            if all(number in self.alone for number in step.inputs):
                self.alone.add(step.number)

    def root(self) -> Body:
        """The body of the network. Several outputs are labelled and named by whoever writes them."""
        sources = [row.number for row in self.flat.inputs]
        units = self.units((), 0, len(self.flat.steps))
        line = Line(self, units)
        body = line.whole(sources, [number for _, number in self.flat.outputs])
        for name, number in self.flat.side_outputs:
            self._side(line, body, name, number)
        return body

    def _side(self, line: Line, body: Body, name: str, number: int) -> None:
        """A side head: its steps go where the tensor is that they begin with."""
        there = {item.number: place for place, item in enumerate(body.items)}
        reached = [source for source in there if source in line.ancestors(list(there), number)]
        if len(reached) != 1:
            raise Unsaid(f"the side output {name} reads {len(reached)} tensors of the main line")
        items = line.items(reached, reached[0], number)
        if len(items) == 1 and isinstance(items[0], Scope) and items[0].label == name:
            items = items[0].body.items
        for item, _ in walk(Body(items)):  # of a flat text: the head's name stands before the labels already
            item.label = None if item.label is None else item.label.removeprefix(f"{name}.")
        body.items.insert(there[reached[0]] + 1, Aux(name, number=number, body=Body(items, [self.entries[reached[0]]])))

    def units(self, scope: tuple[str, ...], start: int, stop: int) -> dict[int, Unit]:
        found: dict[int, Unit] = {}
        depth, number = len(scope), start
        while number < stop:
            place, step = self.places[number], self.flat.steps[number]
            if len(place.scope) == depth:
                arguments: dict[str, Column] = {name: [value] for name, value in step.arguments.items()}
                item = Op(
                    place.label,
                    number=step.number,
                    slot=place.slot,
                    operation=[step.operation],
                    arguments=arguments,
                    has_weights=step.key is not None,
                    is_kept=self.flat.is_exact,
                    into=[self.entries[step.inputs[0]]] if step.inputs else [ABSENT],
                )
                if step.shared and step.key is not None:
                    item = self._reused(step, scope)
                merge = (step.operation, arguments) if len(step.inputs) > 1 else None
                found[step.number] = Unit(item, list(step.inputs), merge, step.number in self.alone)
                number += 1
                continue
            end, inner = number, place.scope[: depth + 1]
            while end < stop and self.places[end].scope[: depth + 1] == inner:
                end += 1
            made = self._scope(inner, number, end)
            found[made.item.number] = made
            number = end
        return found

    def _reused(self, step: Step, scope: tuple[str, ...]) -> Op:
        """A step whose weights were used before: the step that has them, again."""
        first = next(row for row in self.flat.steps if row.key == step.key)
        place = self.places[self.flat.steps.index(first)]
        path = (*place.scope, place.label or "")
        if path[: len(scope)] != scope or not place.label or len(step.inputs) != 1:
            raise Unsaid(f"the weights of `{step.key}` are used again where they have no name")
        label = ".".join(path[len(scope) :])
        return Op(number=step.number, operation=["reuse"], arguments={"label": [label]}, into=[self.entries[step.inputs[0]]])

    def _scope(self, scope: tuple[str, ...], start: int, stop: int) -> Unit:
        steps = self.flat.steps[start:stop]
        inside = {step.number for step in steps}
        (enter,) = {source for step in steps for source in step.inputs if source not in inside}
        read = {source for step in (*self.flat.steps[:start], *self.flat.steps[stop:]) for source in step.inputs}
        read |= {number for _, number in (*self.flat.outputs, *self.flat.side_outputs)}
        (leave,) = inside & read
        path = ".".join(scope)
        if "@" in scope[-1]:
            first = path.rpartition("@")[0].removeprefix("".join(f"{name}." for name in scope[:-1]))
            again = Op(number=leave, operation=["reuse"], arguments={"label": [first]}, into=[self.entries[enter]])
            return Unit(again, [enter])
        body = Line(self, self.units(scope, start, stop)).whole([enter], [leave])
        module = self.modules.get(path)
        arguments = {} if module is None else self.made.get(id(module), (module, {}))[1]
        item = Scope(
            scope[-1],
            number=leave,
            body=body,
            kind=kind_of(self.modules, path),
            path=path,
            enters=enter,
            arguments={name: [value] for name, value in arguments.items()},
            into=[self.entries[enter]],
        )
        return Unit(item, [enter])


class Line:
    """The steps of one scope as a body."""

    def __init__(self, builder: Builder, units: dict[int, Unit]) -> None:
        self.builder, self.units = builder, units
        self.written: set[int] = set()
        """What no input leads to and stands in a path already: elsewhere it is read by its label."""

    def whole(self, sources: Sequence[int], targets: Sequence[int]) -> Body:
        """From the sources to the targets, in the order in which the targets are made; the last one is current at the end."""
        order = {number: place for place, number in enumerate(self.units)}
        ends = sorted(dict.fromkeys(targets), key=lambda number: order.get(number, -1))
        body = Body(entry=[self.builder.entries[sources[0]]])
        known, current = list(sources), sources[0]
        while len(ends) > 1 and (shared := self._shared(known, ends)) is not None:
            body.items += self.items(known, current, shared)
            known.append(shared)
            current = shared
        for end in ends:
            body.items += self.items(known, current, end)
            known.append(end)
            current = end
        return body

    def items(self, sources: Sequence[int], current: int, target: int) -> list[Item]:
        """The steps that make `target`, where `sources` are there and `current` is at hand."""
        if target in sources:
            return [] if target == current else [Skip(to=target)]
        if target in self.written:
            return [Skip(to=target)]
        graph, reached = self._graph([*sources, *self.written], target)
        begin = reached[0] if len(reached) == 1 and not self._is_alone(target) else START
        if begin == START:
            graph.add_edges_from((START, source) for source in reached)
        dominators = networkx.immediate_dominators(graph, begin)
        chain = [target]
        while chain[-1] != begin:
            chain.append(dominators[chain[-1]])
        chain.reverse()
        found: list[Item] = []
        if begin != START and begin != current:
            found.append(Skip(to=begin))
        at = current if begin == START else begin
        for before, number in itertools.pairwise(chain):
            here = list(reached) if before == START else [before]
            if number in reached:
                if number != at:
                    found.append(Skip(to=number))
            else:
                found += self._one(here, at, number)
            at = number
        return found

    def _one(self, sources: list[int], current: int, number: int) -> list[Item]:
        """The step or merge that makes `number`; before it, what its paths share."""
        unit = self.units[number]
        if unit.is_alone:
            self.written.add(number)
        if unit.merge is None:
            return [unit.item]
        found: list[Item] = []
        known = list(sources)
        while True:
            shared = self._shared(known, unit.inputs)
            if shared is None:
                break
            found += self.items(known, current, shared)
            known.append(shared)
            current = shared
        paths = []
        for source in unit.inputs:
            items = self.items(known, current, source)
            paths.append(Path(Body(items or [Skip()], [self.builder.entries[current]])))
        operation, arguments = unit.merge
        item = unit.item
        into = [self.builder.entries[current]]
        found.append(Merge(item.label, number=number, slot=item.slot, into=into, operation=operation, arguments=arguments, paths=paths))
        return found

    def _shared(self, known: list[int], inputs: list[int]) -> int | None:
        """The first tensor, not known yet, that several of the inputs need."""
        seen: dict[int, set[int]] = {}
        for place, source in enumerate(inputs):
            for number in self._ancestors(known, source):
                if self._is_alone(number):
                    continue  # made in the first path that reads it
                seen.setdefault(number, set()).add(place)
        twice = {number for number, by in seen.items() if len(by) > 1}
        if not twice:
            return None
        # The first that is read in several places; what only leads to it is made on the way.
        readers: dict[int, int] = dict.fromkeys(twice, 0)
        for number in seen:
            for source in set(self.units[number].inputs):
                if source in readers:
                    readers[source] += 1
        for source in inputs:
            if source in readers:
                readers[source] += 1
        return next(number for number in self.units if readers.get(number, 0) > 1)

    def _is_alone(self, number: int) -> bool:
        return number in self.units and self.units[number].is_alone

    def ancestors(self, known: list[int], target: int) -> set[int]:
        """Those of `known` from which steps lead to the target without passing another of them."""
        _, reached = self._graph(known, target)
        return set(reached)

    def _ancestors(self, known: list[int], target: int) -> set[int]:
        found: set[int] = set()
        waiting = [target]
        while waiting:
            number = waiting.pop()
            if number in found or number in known or number not in self.units:
                continue
            found.add(number)
            waiting += self.units[number].inputs
        return found

    def _graph(self, sources: Sequence[int], target: int) -> tuple[networkx.DiGraph[int], list[int]]:
        """What leads from the sources to the target, and which sources do. What no input leads to counts where the target is such a tensor alone."""
        graph: networkx.DiGraph[int] = networkx.DiGraph()
        waiting, seen = [target], {target}
        reached: list[int] = []
        while waiting:
            number = waiting.pop()
            if number in sources:
                if number not in reached:
                    reached.append(number)
                continue
            if not self.units[number].inputs and number not in reached:
                graph.add_edge(START, number)
            for source in self.units[number].inputs:
                if self._is_alone(source) and not self._is_alone(target):
                    continue
                graph.add_edge(source, number)
                if source not in seen:
                    seen.add(source)
                    waiting.append(source)
        return graph, [source for source in sources if source in reached]
