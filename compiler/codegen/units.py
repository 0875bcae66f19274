"""Scopes to units: which parts become modules with a forward of their own, what each calls, what enters and leaves it.

A scope that has names is a module; any other dissolves into the module around it. A module scope dissolves too where it
could not be called as one (it uses weights again that live elsewhere, or its steps do not stand together): then its
members keep their keys, in a container, and the module around it calls them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from enum import Enum

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node, Scope


class Mode(Enum):
    """What the module is for."""

    TRAIN = "train"
    """To train and to evaluate: the side heads answer in training mode only."""
    INFERENCE = "inference"
    """To evaluate: no side heads."""
    SIDE_HEADS = "side heads"
    """Always all outputs, those of the side heads included: one return type, as TorchScript wants it."""


@dataclass(slots=True, eq=False)
class Unit:
    """A scope that is called as a module.

    `calls` are its operations and inner units, in order. `inputs` and `outputs` are the nodes outside that it reads and
    the nodes inside that are read outside. `members` are what it declares: the owners of weights, and inner units.
    `uses` is the unit whose module is called again (`reuse`); it declares nothing then.
    """

    scope: Scope
    uses: Unit | None = None
    calls: list[Node | Unit] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    outputs: list[int] = field(default_factory=list)
    members: list[Node | Unit] = field(default_factory=list)
    first: int = 0

    @property
    def base(self) -> tuple[str, ...]:
        """The path under which its members are found."""
        return (self.uses or self).scope.path


@dataclass(frozen=True, slots=True)
class Units:
    """All units of a network. `needed` tells for each node whether an output of this mode needs it."""

    root: Unit
    needed: tuple[bool, ...]
    all: tuple[Unit, ...]


def build_units(graph: Graph, mode: Mode, dissolved: set[Scope]) -> Units:
    """The units, without those of `dissolved`, which grows by every scope that turns out not to be callable."""
    needed = _needed(graph, mode)
    while True:
        before = len(dissolved)
        units = _Builder(graph, needed, dissolved).build()
        if len(dissolved) == before:
            return units


def _needed(graph: Graph, mode: Mode) -> tuple[bool, ...]:
    outputs = (node for node in graph.nodes if node.operation.name == "output")
    needed = graph.needed_by(node for node in outputs if mode is not Mode.INFERENCE or not node.training_only)
    return tuple(node.index in needed for node in graph.nodes)


def needed_nodes(graph: Graph, mode: Mode) -> list[Node]:
    """The operations that an output of this mode needs, in order."""
    needed = _needed(graph, mode)
    return [node for node in graph.nodes if needed[node.index] and not node.is_port]


def owner_of(graph: Graph, node: Node) -> Node:
    """The node whose weights `node` uses."""
    return node if node.shares is None else graph.nodes[node.shares]


class _Builder:
    def __init__(self, graph: Graph, needed: tuple[bool, ...], dissolved: set[Scope]) -> None:
        self.graph = graph
        self.needed = needed
        self.dissolved = dissolved
        self.units: dict[Scope, Unit] = {}
        self.chains: dict[Scope, tuple[Scope, ...]] = {graph.program.root: (graph.program.root,)}

    def chain(self, scope: Scope) -> tuple[Scope, ...]:
        """The units that hold what stands in `scope`, the network first. A side head is called by the network itself."""
        known = self.chains.get(scope)
        if known is not None:
            return known
        assert scope.parent is not None
        above = (self.graph.program.root,) if scope.kind == "aux" else self.chain(scope.parent)
        found = (*above, scope) if scope.is_module and scope not in self.dissolved else above
        self.chains[scope] = found
        return found

    def chain_of(self, node: Node) -> tuple[Scope, ...]:
        chain = self.chain(node.scope)
        if node.training_only and not any(scope.kind == "aux" for scope in chain):
            return chain[:1]
        return chain

    def build(self) -> Units:
        root = self.units[self.graph.program.root] = Unit(self.graph.program.root)
        chains = [self.chain_of(node) for node in self.graph.nodes]
        inputs: dict[Scope, dict[int, None]] = {}
        outputs: dict[Scope, dict[int, None]] = {}
        for node, chain in zip(self.graph.nodes, chains, strict=True):
            if not self.needed[node.index]:
                continue
            is_port = node.is_port
            if not is_port:
                self._unit(chain, node.index).calls.append(node)
            for index in node.inputs:
                from_chain = chains[index]
                common = _common(chain, from_chain)
                for scope in chain[common:]:
                    inputs.setdefault(scope, {})[index] = None
                for scope in from_chain[common:]:
                    outputs.setdefault(scope, {})[index] = None
        for scope, unit in self.units.items():
            unit.inputs = self._as_taken(scope, inputs.get(scope, ()))
            unit.outputs = sorted(outputs.get(scope, ()))
            if scope is not root.scope and max(unit.inputs, default=-1) >= unit.first:
                self.dissolved.add(scope)
            if scope.shares is not None:
                unit.uses = self.units.get(scope.shares)
                if unit.uses is None:
                    self.dissolved.add(scope)
        root.inputs = [node.index for node in self.graph.inputs]
        self._check_paths(chains)
        self._declare()
        return Units(root, self.needed, tuple(self.units.values()))

    def _as_taken(self, scope: Scope, inputs: Iterable[int]) -> list[int]:
        """What a unit reads: as the block takes it, then in the order in which it is read."""
        places = {made: place for place, (_, made) in enumerate(scope.takes)}
        return sorted(inputs, key=lambda index: places.get(self.graph.nodes[index].unique, len(places))) if places else list(inputs)

    def _unit(self, chain: tuple[Scope, ...], index: int) -> Unit:
        """The innermost unit of a chain; units that are new are called where they first appear."""
        known = self.units.get(chain[-1])
        if known is not None:
            return known
        unit = self.units[chain[-1]] = Unit(chain[-1], first=index)
        self._unit(chain[:-1], index).calls.append(unit)
        return unit

    def _check_paths(self, chains: list[tuple[Scope, ...]]) -> None:
        """A unit reaches its own members alone: one that uses weights from outside itself dissolves."""
        for node, chain in zip(self.graph.nodes, chains, strict=True):
            if self.needed[node.index] and node.shares is not None:
                self._reach(owner_of(self.graph, node).path, chain)
        for scope, unit in self.units.items():
            if unit.uses is not None:
                self._reach(unit.uses.scope.path, self.chain(scope)[:-1])

    def _reach(self, path: tuple[str, ...], chain: tuple[Scope, ...]) -> None:
        for scope in reversed(chain[1:]):
            base = self.units[scope].base
            if path[: len(base)] == base:
                return
            self.dissolved.add(scope)

    def _declare(self) -> None:
        """Owners of weights and inner units are members of the innermost unit that holds them."""
        owners = {owner_of(self.graph, node).index for node in self.graph.nodes if self.needed[node.index]}
        members: list[tuple[float, Node | Unit, Scope | None]] = []
        for index in owners:
            node = self.graph.nodes[index]
            if not node.is_port:
                members.append((index, node, node.scope))
        for scope, unit in self.units.items():
            if unit.uses is None and scope.parent is not None:
                # An outer unit comes before an inner one, and both before the operation that they begin with.
                members.append((unit.first - 1 + scope.depth / 1000, unit, scope.parent))
        for _, member, place in sorted(members, key=lambda row: row[0]):
            while place is not None and (place not in self.units or self.units[place].uses is not None):
                place = place.parent
            assert place is not None
            self.units[place].members.append(member)


def _common(one: tuple[Scope, ...], other: tuple[Scope, ...]) -> int:
    """How many scopes two chains have in common."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a is not b:
            break
        count += 1
    return count


def member_path(unit: Unit, member: Node | Unit) -> tuple[str, ...]:
    """The names by which `unit` reaches a member: an owner of weights, or a unit (or the unit that it uses)."""
    path = (member.uses or member).scope.path if isinstance(member, Unit) else member.path
    return path[len(unit.base) :]


def inner_first(units: Units) -> list[Unit]:
    """All units, each after those that it calls or declares, and after that whose module it calls again."""
    found: dict[Unit, None] = {}

    def visit(unit: Unit) -> None:
        if unit in found:
            return
        for other in (unit.uses, *unit.calls):
            if isinstance(other, Unit):
                visit(other)
        found[unit] = None

    # What a unit calls lies deeper in the tree of scopes; what it uses again may stand anywhere.
    for unit in sorted(units.all, key=lambda unit: (-unit.scope.depth, unit.first)):
        visit(unit)
    return list(found)
