"""Which tensors share a storage, and how long the running module holds each.

Two things keep a tensor alive while a network is evaluated: Python (a variable or an argument of a `forward` that has
not returned) and, in training, autograd (`memory.py`). The order is that of the generated module: node by node, a module
scope at a time; an argument of a module lives until that module returns, and a variable until it is assigned again.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import lru_cache

from ...base.records import dataclass
from ..graph.facts import facts_of
from ..graph.graph import Graph
from ..graph.inplace import overwrites
from ..graph.program import Node, Scope
from ..ops.base import Shapes
from .dissolved import dissolved
from .layouts import layouts_of
from .statements import Body, Call, Partial


@dataclass(frozen=True, slots=True)
class Storages:
    """`root[i]` is the node that made the storage in which the output of node `i` lies."""

    root: tuple[int, ...]

    @staticmethod
    def of(graph: Graph, batch: int, training: bool) -> Storages:
        root: list[int] = []
        for node, lying in zip(graph.nodes, layouts_of(graph, batch, training), strict=True):
            shares = bool(node.inputs) and not lying.is_copied and _writes_elsewhere(graph, node, training)
            root.append(root[node.inputs[0]] if shares else node.index)
        return Storages(tuple(root))

    def makes(self, node: Node) -> bool:
        """Whether the output of `node` is a new storage."""
        return self.root[node.index] == node.index


def _writes_elsewhere(graph: Graph, node: Node, training: bool) -> bool:
    operation = node.operation
    return operation.is_view or operation.family == "port" or (operation.training_only and not training) or overwrites(graph)[node.index]


def running_order(graph: Graph, training: bool) -> list[Node]:
    """The nodes as the generated module runs them: the trunk, and in training then the side heads."""
    trunk = [node for node in graph.nodes if not node.training_only]
    return trunk + [node for node in graph.nodes if node.training_only] if training else trunk


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """For each node (by index), the time in `running_order` after which Python holds its output no more; and what is made on the way.

    Nodes that do not run have -1; a tensor that nothing reads is let go of at once; an output never, nor what side
    heads would read: the generated trunk hands it back with the answer.
    """

    held: Sequence[float]
    partials: Sequence[Partial]


def lifetimes(graph: Graph, training: bool) -> Lifetimes:
    # Without side heads training runs what inference runs.
    return _lifetimes(graph, training and any(node.training_only for node in graph.nodes))


@lru_cache(maxsize=4)
def _lifetimes(graph: Graph, training: bool) -> Lifetimes:
    order = running_order(graph, training)
    frames = _Frames(graph, order)
    held: list[float] = [-1] * len(graph.nodes)
    partials: list[Partial] = []
    for place, node in enumerate(order):
        held[node.index] = place
    for body in frames.bodies():
        for tensor, time in body.run().items():
            held[tensor] = max(held[tensor], time)
        partials += body.partials
    for tensor, position in frames.passing.items():
        held[tensor] = max(held[tensor], position)
    for tensor in frames.outputs[graph.program.root]:
        held[tensor] = len(order)
    for tensor, operand in frames.alias.items():
        held[tensor] = held[operand]
    # What stands outermost is made first: it comes later in the graph.
    return Lifetimes(held, sorted(partials, key=lambda partial: (partial.time, -partial.tensor)))


class _Frames:
    """Every `forward` that runs, with its calls in order.

    A module whose parts are a numbered chain is an `nn.Sequential`: it holds what passes through it for one call (`passing`).
    """

    def __init__(self, graph: Graph, order: Sequence[Node]) -> None:
        self.graph = graph
        self.facts = facts_of(graph)
        self.texts: dict[tuple[int, Shapes, tuple[str, ...], bool], str] = {}
        self.position = {node.index: place for place, node in enumerate(order)}
        self.chains: dict[Scope, tuple[Scope, ...]] = {}
        self.dissolved = dissolved(order, graph)
        self.calls: dict[tuple[Scope, Scope | int], Call] = {}
        self.members: dict[Scope, list[Call]] = {}
        self.inputs: dict[Scope, dict[int, None]] = {}
        self.outputs: dict[Scope, dict[int, None]] = {graph.program.root: {}}
        self.is_chain: dict[Scope, bool] = {}
        self.passing: dict[int, int] = {}
        self.alias: dict[int, int] = {}
        for place, node in enumerate(order):
            if node.operation.family != "port":
                self._enter(place, node)
        for node in graph.nodes:
            if node.index in self.alias:
                continue
            for index in node.inputs:
                if index in self.position:
                    self._join(graph.nodes[self.alias.get(index, index)], node)

    def bodies(self) -> Iterator[Body]:
        for frame, calls in self.members.items():
            for call in calls:
                self._label(frame, call)
            if self.is_chain[frame]:
                for call in calls:
                    for tensor in call.operands:
                        self.passing[tensor] = max(self.passing.get(tensor, -1), call.last)
            else:
                names = self._input_names(frame)
                yield Body(calls, names, list(self.outputs.get(frame, ())))

    def _label(self, frame: Scope, call: Call) -> None:
        """What an inner module makes is called as the module is; of several results each as it is called inside."""
        if not call.is_module:
            return
        for tensor in call.results:
            node = self.graph.nodes[tensor]
            chain = self._chain_of(node)
            inner = chain[chain.index(frame) + 1]
            inside = node.path[len(inner.path) :]
            if len(call.results) == 1:
                name = next((part for part in reversed(inner.names) if not part.isdigit()), "")
            else:
                name = inside[0] if len(inside) > 1 or node.label else ""
            call.labels[tensor] = name if name.isidentifier() else ""

    def _enter(self, place: int, node: Node) -> None:
        if node.operation.is_view and node.operation.expression(["{0}"], node.input_shapes) == "{0}":
            # It is not there in the code: whoever reads it reads its operand.
            self.alias[node.index] = self.alias.get(node.inputs[0], node.inputs[0])
            return
        chain = self._chain_of(node)
        for level, frame in enumerate(chain):
            inner = chain[level + 1] if level + 1 < len(chain) else None
            key: Scope | int = node.index if inner is None else inner
            name = (node.path if inner is None else inner.path)[len(frame.path) :]
            call = self.calls.get((frame, key))
            if call is None:
                call = self.calls[frame, key] = self._operation(place, node, name) if inner is None else self._module(place, inner, name)
                self.members.setdefault(frame, []).append(call)
            call.last = place
            is_part = inner is not None or (len(node.inputs) == 1 and self.facts[node.index].is_module)
            numbered = len(name) == 1 and name[0].isdecimal() and is_part
            self.is_chain[frame] = self.is_chain.get(frame, True) and numbered

    def _operation(self, place: int, node: Node, name: tuple[str, ...]) -> Call:
        in_place = overwrites(self.graph)[node.index]
        key = (id(node.operation), node.input_shapes, name, in_place)
        text = self.texts.get(key)
        if text is None:
            text = self.texts[key] = self._text(node, name, in_place)
        labels = {node.index: name[-1]} if node.label and name[-1].isidentifier() else {}
        fact = self.facts[node.index]
        return Call(place, place, text, fact.is_heavy, False, self._operands(node), [node.index], len(fact.partials), labels)

    def _operands(self, node: Node) -> list[int]:
        return [self.alias.get(index, index) for index in node.inputs]

    def _text(self, node: Node, name: tuple[str, ...], in_place: bool) -> str:
        reach = _reach(name)
        holes = [f"{{{number}}}" for number in range(len(node.inputs))]
        # A weight without a module is named behind the operands.
        bare = any(not weight.name for weight in self.facts[node.index].weights)
        return node.operation.expression([*holes, reach] if bare else holes, node.input_shapes, in_place) or f"{reach}({', '.join(holes)})"

    @staticmethod
    def _module(place: int, inner: Scope, name: tuple[str, ...]) -> Call:
        return Call(place, place, f"{_reach(name)}({{0}})", True, True, [], [])

    def _join(self, node: Node, user: Node) -> None:
        """Note that `user` reads `node`: in the body that makes both calls, in those that hand the tensor up to it and down to it."""
        above = self._chain_of(node)
        leaves = user.index not in self.position or user.operation.family == "port"
        below = above[:1] if leaves else self._chain_of(user)
        common = _common(above, below)
        if node.operation.family != "port":
            for frame in above[common:]:
                self.outputs.setdefault(frame, {})[node.index] = None
            for frame, inner in zip(above[common - 1 :], above[common:], strict=False):
                results = self.calls[frame, inner].results
                if node.index not in results:
                    results.append(node.index)
                    results.sort()
        if leaves:
            self.outputs[above[0]][node.index] = None
        for frame, inner in zip(below[common - 1 :], below[common:], strict=False):
            self.inputs.setdefault(inner, {})[node.index] = None
            operands = self.calls[frame, inner].operands
            if node.index not in operands:
                operands.append(node.index)

    def _input_names(self, frame: Scope) -> list[tuple[str, int]]:
        if frame.parent is None:
            return [(node.names[-1], node.index) for node in self.graph.inputs]
        names = []
        for number, index in enumerate(self.inputs.get(frame, ())):
            names.append(("x" if number == 0 else self._producer_name(self.graph.nodes[index]), index))
        return names

    @staticmethod
    def _producer_name(node: Node) -> str:
        if node.names[-1].isidentifier() and (node.label or node.operation.family == "port"):
            return node.names[-1]
        named = (scope.names[-1] for scope in reversed(node.scope.ancestors()[1:]) if scope.names and scope.names[-1].isidentifier())
        return next(named, "y")

    def _chain_of(self, node: Node) -> tuple[Scope, ...]:
        """The modules that hold a node. What serves a side head alone is called by the network itself, wherever it stands."""
        chain = self._chain(node.scope.module)
        return chain[:1] if node.training_only and not any(scope.kind == "aux" for scope in chain) else chain

    def _chain(self, scope: Scope) -> tuple[Scope, ...]:
        """The modules from the network down to `scope`."""
        known = self.chains.get(scope)
        if known is None:
            known = self.chains[scope] = tuple(row for row in scope.ancestors() if row.is_module and row not in self.dissolved)
        return known


def _reach(name: Sequence[str]) -> str:
    """How a member is reached: what is no name in Python, by its text."""
    reach = "self"
    for part in name:
        reach = f"{reach}.{part}" if part.isidentifier() else f'getattr({reach}, "{part}")'
    return reach


def _common(one: Sequence[Scope], other: Sequence[Scope]) -> int:
    """How many scopes two chains have in common."""
    count = 0
    for a, b in zip(one, other, strict=False):
        if a is not b:
            break
        count += 1
    return count
