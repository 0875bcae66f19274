"""From the steps of a scope to its body: chains, merges with their paths, and labels for what is read from farther away.

What every way from the entry to the exit passes (the dominators of the exit) is the main line; between two of its neighbours
stands a step, or a merge whose paths are bodies themselves. Tensors that several paths share are made first, under a label.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import field
from typing import Any

import networkx
from torch import nn

from ...base.records import dataclass
from .constructors import Arguments, own_numbers
from .flat_steps import Flat, Step
from .places import Place, kind_of
from .tree import ABSENT, Aux, Body, Column, Item, Merge, Op, Path, Scope, Skip, walk
from .unsaid import Unsaid
from .words import free_name, is_name

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
    entries: dict[int, Any] = field(default_factory=dict)
    """What enters where a tensor is at hand: `ABSENT` where several are, or none."""
    alone: set[int] = field(default_factory=set)
    results: dict[int, list[int]] = field(default_factory=dict)
    """What a scope gives that gives several: by a number that stands for all of them."""
    whole: dict[int, tuple[int, int]] = field(default_factory=dict)
    """Of each of these, the number that stands for all, and which one it is."""

    def __post_init__(self) -> None:
        self.entries = {**self.flat.entries(), START: ABSENT}
        self.alone = self.flat.alone()

    def root(self) -> Body:
        """The body of the network. Several outputs are labelled and named by whoever writes them."""
        sources = [row.number for row in self.flat.inputs]
        units = self.units((), 0, len(self.flat.steps))
        line = Line(self, units)
        targets = [number for _, number in self.flat.outputs]
        body = line.whole(sources, [*self._where_sides_begin(line, sources, targets), *targets])
        for _, number in self.flat.outputs:
            if number in self.whole:  # an output is a step, which has a label
                body.items.append(self.skip(number))
                body.items[-1].number = number
        for name, number in self.flat.side_outputs:
            self._side(line, body, name, number)
        return body

    def _where_sides_begin(self, line: Line, sources: list[int], targets: list[int]) -> list[int]:
        """The tensors that side heads read: such a tensor stands in the main line, and not within a path."""
        main = [number for target in targets for number in line.known_before(sources, target)]
        found = {number for _, side in self.flat.side_outputs for number in line.ancestors([*sources, *main], side)}
        return [number for number in main if number in found]

    def _side(self, line: Line, body: Body, name: str, number: int) -> None:
        """A side head: its steps go where the tensor is that they begin with."""
        there = {item.number: place for place, item in enumerate(body.items)}
        known = [*(row.number for row in self.flat.inputs), *there]
        reads = line.ancestors(known, number)
        reached = [source for source in known if source in reads]
        if not reached:
            raise Unsaid(f"the side output {name} reads no tensor of the main line")
        begin = reached[-1]
        items = line.items(reached, begin, number)
        place = there.get(begin, -1) + 1
        entry = [self.entries[begin]]
        kind = ""
        if len(items) == 1 and isinstance(items[0], Scope) and items[0].label == name:
            kind, items = items[0].kind, items[0].body.items
        labels = [item.label for item, _ in walk(Body(items)) if item.label is not None]
        if not kind and not all(label.startswith(f"{name}.") for label in labels):
            body.items.insert(place, Aux(f"{name}_head", number=number, body=Body(items, entry), is_flat=True))
            return
        if not kind:  # of a flat text: the head's name stands before the labels already
            for item, _ in walk(Body(items)):
                item.label = None if item.label is None else item.label.removeprefix(f"{name}.")
        body.items.insert(place, Aux(name, number=number, body=Body(items, entry), kind=kind))

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
                    is_kept=self.flat.is_exact or (self.flat.of_archc and step.operation == "dropout"),
                    into=[self.entries[step.inputs[0]]] if step.inputs else [ABSENT],
                )
                if step.shared and step.key is not None:
                    item = self._reused(step, scope)
                merge = (step.operation, arguments) if len(step.inputs) > 1 and not step.is_sized else None
                found[step.number] = Unit(item, list(step.inputs), merge, step.number in self.alone)
                number += 1
                continue
            end, inner = number, place.scope[: depth + 1]
            while end < stop and self.places[end].scope[: depth + 1] == inner:
                end += 1
            found |= self._scope(inner, number, end)
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

    def skip(self, number: int) -> Skip:
        """A tensor that was made before; one of several is read from what gave them."""
        whole, part = self.whole.get(number, (number, None))
        return Skip(to=whole, part=part)

    def _scope(self, scope: tuple[str, ...], start: int, stop: int) -> dict[int, Unit]:
        steps = self.flat.steps[start:stop]
        inside = {step.number for step in steps}
        entering = list(dict.fromkeys(source for step in steps for source in step.inputs if source not in inside))
        read = {source for step in (*self.flat.steps[:start], *self.flat.steps[stop:]) for source in step.inputs}
        read |= {number for _, number in (*self.flat.outputs, *self.flat.side_outputs)}
        leaving = [step.number for step in steps if step.number in read]
        enter, leave = entering[0], leaving[-1]
        path = ".".join(scope)
        if "@" in scope[-1]:
            first = path.rpartition("@")[0].removeprefix("".join(f"{name}." for name in scope[:-1]))
            again = Op(number=leave, operation=["reuse"], arguments={"label": [first]}, into=[self.entries[enter]])
            return {leave: Unit(again, [enter])}
        line = Line(self, self.units(scope, start, stop))
        body = line.whole([enter], [leave]) if len(entering) == len(leaving) == 1 else self._several(path, line, entering, leaving)
        module = self.modules.get(path)
        arguments = {} if module is None else own_numbers(module) | self.made.get(id(module), (module, {}))[1]
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
        found: dict[int, Unit] = {}
        if len(leaving) > 1:
            item.number = max(self.entries) + 1
            self.entries[item.number], self.results[item.number] = ABSENT, leaving
            self.whole |= {number: (item.number, part) for part, number in enumerate(leaving)}
            found = {number: Unit(self.skip(number), [item.number]) for number in leaving}
        merge: tuple[str, dict[str, Column]] | None = ("", {}) if len(entering) > 1 else None
        inputs = entering if merge is None else sorted(body.names, key=list(body.names).index)
        return {item.number: Unit(item, inputs, merge, self.alone.issuperset(leaving)), **found}

    def _several(self, path: str, line: Line, entering: list[int], leaving: list[int]) -> Body:
        """The body of a scope that takes or gives several tensors: those that enter have names, those that leave have labels."""
        given = [row for row in self.flat.given.get(path, ()) if row[2] in entering]
        if len(entering) == 1:
            given = [("x", None, entering[0])]
        elif len(given) != len(entering) or {number for _, _, number in given} != set(entering):
            given = [("x", place, number) for place, number in enumerate(entering)]
        taken = {row.label.partition(".")[0] for unit in line.units.values() if (row := unit.item).label is not None}
        words = {name: free_name(name, taken) for name, _, _ in given}
        is_list = any(place is not None for _, place, _ in given)
        line.entering = set(entering)
        body = line.whole([number for _, _, number in given], leaving, at_hand=not is_list)
        if len(entering) > 1:
            body.takes = tuple(dict.fromkeys(words[name] + ("[]" if place is not None else "") for name, place, _ in given))
            if is_list and len(body.takes) > 1:  # a list stands last, alone
                given = [("x", count, number) for count, (_, _, number) in enumerate(given)]
                words, body.takes = {"x": free_name("x", taken)}, (f"{free_name('x', taken)}[]",)
            lists: dict[str, int] = {}
            for name, place, number in given:
                lists[name] = lists.get(name, -1) + 1
                body.names[number] = words[name], None if place is None else lists[name]
            body.several = [self.entries[number] for number in body.names]
        if len(leaving) > 1:
            ends = {item.number: item for item in body.items}
            rows = [ends.get(number) for number in leaving]
            if all(row is not None and row.label is not None and is_name(row.label) for row in rows):
                body.gives = tuple(str(row.label) for row in rows if row is not None)
            else:
                name = free_name("y", taken | {word for word, _ in body.names.values()})
                body.gives = (f"{name}[]",)
                for part, (number, end) in enumerate(zip(leaving, rows, strict=True)):
                    if end is not None and end.label is None and not isinstance(end, Skip) and not _does_nothing(end):
                        end.label = f"{name}.{part}"
                    else:
                        again = self.skip(number)
                        again.label = f"{name}.{part}"
                        body.items.append(again)
        return body


def _is_apart(items: Sequence[Item]) -> bool:
    """Whether a path begins with tensors that it reads by name."""
    first = items[0] if items else None
    if isinstance(first, Merge):
        return all(_is_apart(path.body.items) for path in first.paths)
    return isinstance(first, Skip) and first.to is not None


def _reads(items: Sequence[Item], numbers: set[int]) -> bool:
    """Whether one of these tensors is read by its label."""
    return any(isinstance(item, Skip) and item.to in numbers for item, _ in walk(Body(list(items))))


def _is_u(items: Sequence[Item]) -> bool:
    """Whether a path holds another that goes round some steps to be joined to them, as those of a U-Net do."""
    return any(
        isinstance(item, Merge) and item.operation == "concat" and any(isinstance(path.body.items[0], Skip) for path in item.paths)
        for item in items
    )


def _does_nothing(item: Item) -> bool:
    """Whether it may be left out later: an identity, or a dropout at rest."""
    return isinstance(item, Op) and item.operation[0] in ("identity", "dropout", "drop_path")


class Line:
    """The steps of one scope as a body."""

    def __init__(self, builder: Builder, units: dict[int, Unit]) -> None:
        self.builder, self.units = builder, units
        self.entering: set[int] = set()
        """What enters under names of its own, whatever gave it."""
        self.written: set[int] = set()
        """What no input leads to and stands in a path already: elsewhere it is read by its label."""

    def whole(self, sources: Sequence[int], targets: Sequence[int], at_hand: bool = True) -> Body:
        """From the sources to the targets, in the order in which the targets are made; the last one is current at the end.

        The first source is current at the beginning, if it is `at_hand`."""
        order = {number: place for place, number in enumerate(self.units)}
        ends = sorted(dict.fromkeys(targets), key=lambda number: order.get(number, -1))
        known, current = list(sources), sources[0] if at_hand else START
        body = Body(entry=[self.builder.entries[current]])
        while ends:
            shared = self._shared(known, ends) if len(ends) > 1 else None
            if shared is not None and order[shared] < order.get(ends[0], -1):
                made = shared
            else:
                end = ends.pop(0)
                made = end if end in self.entering else self.builder.whole.get(end, (end, 0))[0]
            body.items += self.items(known, current, made)
            known += self._with_parts(made)
            current = made
        return body

    def skip(self, number: int) -> Skip:
        """A tensor that is known here."""
        return Skip(to=number) if number in self.entering else self.builder.skip(number)

    def _with_parts(self, number: int) -> list[int]:
        """What is known once a tensor is there: of what stands for several, each."""
        return [number, *self.builder.results.get(number, ())]

    def items(self, sources: Sequence[int], current: int, target: int) -> list[Item]:
        """The steps that make `target`, where `sources` are there and `current` is at hand."""
        if target in sources:
            return [] if target == current else [self.skip(target)]
        if target in self.written:
            return [self.skip(target)]
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
            found.append(self.skip(begin))
        at = current if begin == START else begin
        for before, number in itertools.pairwise(chain):
            here = list(reached) if before == START else self._with_parts(before)
            if number in reached:
                if number != at:
                    found.append(self.skip(number))
            else:
                found += self._one(here, at, number)
            at = number
        return found

    def _one(self, sources: list[int], current: int, number: int) -> list[Item]:
        """The step or merge that makes `number`; before it, what its paths share."""
        unit = self.units[number]
        if unit.is_alone:
            self.written.add(number)
        if unit.merge is None and len(unit.inputs) < 2:
            return [unit.item]
        found: list[Item] = []
        known = list(sources)
        while True:
            shared = self._shared(known, unit.inputs)
            if shared is None:
                break
            first = self._made_before(known, unit.inputs, shared)
            made = shared if first is None else first
            found += self.items(known, current, made)
            known += self._with_parts(made)
            current = made
        if unit.merge is None:
            return [*found, *self._sized(known, current, unit)]
        is_headed = not unit.merge[0]
        if is_headed:
            for whole, results in self.builder.results.items():
                if results == unit.inputs and whole in known:
                    return [*found, *([] if whole == current else [Skip(to=whole)]), unit.item]
        written = set(self.written)
        rows = [self.items(known, current, source) for source in unit.inputs]
        calls = [place for place, items in enumerate(rows) if any(isinstance(item, Merge) and item.head is not None for item in items)]
        others = [source for place, source in enumerate(unit.inputs) if place not in calls]
        if is_headed and len(calls) == 1 and self.written == written and all(source in known for source in others):
            # A call of several tensors within one, as on a U-Net's way up, stands before it: it is what is at hand, and the others have labels.
            found += rows[calls[0]]
            current = unit.inputs[calls[0]]
            rows = [[] if place == calls[0] else [self.skip(source)] for place, source in enumerate(unit.inputs)]
        elif self.entering and len(rows) > 1 and any(isinstance(items[0], Skip) and items[0].to is not None for items in rows if items):
            # Beside paths that begin with tensors by name, one that begins with what is at hand is hard to see.
            self.written = set(written)
            rows = [self.items(known, START, source) for source in unit.inputs]
        if all(_is_apart(items) for items in rows):
            # None of them begins with what is at hand: the one with merges in it can come first, and is at hand then.
            deep = [place for place, items in enumerate(rows) if any(isinstance(item, Merge) for item in items)]
            if deep and len(rows) == 2 and not (deep[-1] == 1 and _reads(rows[1], self.written - written)):
                found += rows[deep[-1]]
                rows[deep[-1]] = []
                current = unit.inputs[deep[-1]]
        if unit.merge[0] == "concat" and len(rows) == 2 and [] in rows and current != START:
            way = int(not rows[0])
            if _is_u(rows[way]):
                # Level within level, a U is hard to read: its way is written down and up, and each level under a label.
                found += rows[way]
                rows[way], rows[1 - way], current = list[Item](), [self.skip(current)], unit.inputs[way]
        if unit.merge[0] == "mul" and len(rows) == 2 and not rows[1] and not self.builder.flat.is_exact:
            rows.reverse()  # what is weighed first, then by what
        paths = [Path(Body(items or [Skip()], [self.builder.entries[current]])) for items in rows]
        operation, arguments = unit.merge
        item = unit.item
        into = [self.builder.entries[current]]
        if is_headed:
            return [*found, Merge(into=into, paths=paths, head=Body([item]))]
        found.append(Merge(item.label, number=number, slot=item.slot, into=into, operation=operation, arguments=arguments, paths=paths))
        return found

    def _sized(self, known: list[int], current: int, unit: Unit) -> list[Item]:
        """A step that takes the size of another tensor, which has a label by then."""
        data, other = unit.inputs
        found: list[Item] = []
        if other not in known:
            found = self.items(known, current, other)
            known, current = [*known, *self._with_parts(other)], other
        assert isinstance(unit.item, Op)
        unit.item.like = self.skip(other)
        return [*found, *self.items(known, current, data), unit.item]

    def _shared(self, known: list[int], inputs: list[int]) -> int | None:
        """The first tensor, not known yet, that several of the inputs need."""
        seen: dict[int, set[int]] = {}
        for place, source in enumerate(inputs):
            for number in self._ancestors(known, source):
                if self._is_alone(number):
                    continue  # made in the first path that reads it
                seen.setdefault(number, set()).add(place)
        twice = {number for number, by in seen.items() if len(by) > 1 and number not in self.builder.whole}
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

    def _made_before(self, known: list[int], inputs: list[int], shared: int) -> int | None:
        """Where the model had come, by one tensor, before it began with what is shared: that stands first, as it does in the model."""
        order = {number: place for place, number in enumerate(self.units)}
        own = self._ancestors(known, shared)
        begin = min(order[number] for number in own)
        needed = set[int]().union(*(self._ancestors(known, source) for source in inputs)) - own
        earlier = [number for number in needed if order[number] < begin and not self._is_alone(number) and number not in self.builder.whole]
        read = {source for number in earlier for source in self.units[number].inputs}
        ends = [number for number in earlier if number not in read]
        if len(ends) != 1 or ends[0] in self.builder.results or self._layers(earlier) <= self._layers(own):
            return None  # a query beside a long line, say, stands well where it is read
        return ends[0]

    def _layers(self, numbers: Iterable[int]) -> int:
        """How many of them have weights."""
        items = [self.units[number].item for number in numbers]
        return sum(isinstance(item, Scope) or (isinstance(item, Op) and item.has_weights) for item in items)

    def known_before(self, known: list[int], target: int) -> list[int]:
        """All that is made for the target of what is known, in order."""
        made = self._ancestors(known, target)
        return [number for number in self.units if number in made]

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
