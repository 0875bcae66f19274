"""Which tensors share a storage, and how long the running module holds each.

Two things keep a tensor alive while a network is evaluated: Python (a variable or an argument of a `forward` that has
not returned) and, in training, autograd (`memory.py`). The order is that of the generated module: node by node, a module
scope at a time; an argument of a module lives until that module returns, and a variable until it is assigned again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from ..graph import Graph
from ..program import Node, Scope
from .inplace import may_overwrite


@dataclass(frozen=True, slots=True)
class Storages:
    """`root[i]` is the node that made the storage in which the output of node `i` lies."""

    root: tuple[int, ...]

    @staticmethod
    def of(graph: Graph, training: bool) -> Storages:
        root: list[int] = []
        for node in graph.nodes:
            root.append(root[node.inputs[0]] if node.inputs and _writes_elsewhere(graph, node, training) else node.index)
        return Storages(tuple(root))

    def makes(self, node: Node) -> bool:
        """Whether the output of `node` is a new storage."""
        return self.root[node.index] == node.index


def _writes_elsewhere(graph: Graph, node: Node, training: bool) -> bool:
    operation = node.operation
    return (
        operation.is_view
        or operation.family == "port"
        or (operation.training_only and not training)
        or may_overwrite(graph, node)
    )


def releases(graph: Graph, order: Sequence[Node]) -> list[int]:
    """For each node (by index), the position in `order` after which Python holds its output no more.

    Nodes that are not in `order` do not run; a tensor that nothing reads is let go of at once; an output never, nor what side
    heads would read: the generated trunk hands it back with the answer.
    """
    frames = Frames(graph, order)
    held = [-1] * len(graph.nodes)
    for place, node in enumerate(order):
        last = place
        for user in graph.users(node):
            if user.index not in frames.position or user.operation.family == "port":
                last = len(order)
                break
            last = max(last, frames.held_until(node, user))
        held[node.index] = last
    return held


DEEPEST, DEEPEST_OPERAND = 3, 2
"""How many calls one statement of a `forward` nests, and how many of them may be in an operand of a merge."""


@dataclass(slots=True, eq=False)
class _Call:
    """What one `forward` calls: an operation, or an inner module. `first` and `last` are positions."""

    first: int
    last: int
    is_heavy: bool
    is_module: bool
    operands: int = 1
    has_label: bool = False
    escapes: bool = False
    used_by: dict[_Call, None] = field(default_factory=dict)
    statement: int = -1
    """Where the statement ends that the call stands in."""
    overwritten: int = -1
    """Where a variable that the statement reads last is assigned again."""

    @property
    def uses(self) -> int:
        """How often its result is read in the `forward` that makes the call, and handed on by it."""
        return len(self.used_by) + self.escapes


class Frames:
    """Every `forward` that runs, with its calls in order, grouped into statements as the code generator nests them.

    An operation with a matrix of weights begins a statement, and what follows it and has none joins it, up to three calls
    (`F.relu(self.bn(self.conv(x)))`); an inner module has a statement of its own, unless it is an operand of a merge. The
    variable that a statement reads lives until it ends; what passes inside it from call to call does not. A module whose
    parts are a numbered chain is an `nn.Sequential`: no statements. (`emit/forward.py` nests by these rules.)
    """

    def __init__(self, graph: Graph, order: Sequence[Node]) -> None:
        self.position = {node.index: place for place, node in enumerate(order)}
        self.chains: dict[Scope, tuple[Scope, ...]] = {}
        self.calls: dict[tuple[Scope, Scope | int], _Call] = {}
        self.members: dict[Scope, list[_Call]] = {}
        self.chained: dict[Scope, bool] = {}
        for place, node in enumerate(order):
            if node.operation.family != "port":
                self._enter(place, node)
        for node in order:
            if node.operation.family != "port":
                for user in graph.users(node):
                    self._join(node, user)
        for frame, calls in self.members.items():
            if not self.chained[frame]:
                self._group(calls)

    def held_until(self, node: Node, user: Node) -> int:
        """The position after which `user` makes nobody hold `node`'s output any more."""
        frame = self._common(node, user)
        call = self._call(frame, user)
        source = self.calls.get((frame, self._key(frame, node)))
        if call.statement < 0 or (source is not None and source.statement == call.statement):
            return call.last
        return call.overwritten

    def _enter(self, place: int, node: Node) -> None:
        chain = self._chain(node.scope.module)
        heavy = any(len(weight.shape) > 1 for weight in node.operation.weights(node.input_shapes))
        for level, frame in enumerate(chain):
            inner = chain[level + 1] if level + 1 < len(chain) else None
            key: Scope | int = node.index if inner is None else inner
            call = self.calls.get((frame, key))
            if call is None:
                operands = len(node.inputs) if inner is None else 1
                call = self.calls[frame, key] = _Call(place, place, heavy, inner is not None, operands)
                self.members.setdefault(frame, []).append(call)
            call.last = place
            name = (node.path if inner is None else inner.path)[len(frame.path) :]
            call.has_label = (inner is not None or node.label) and bool(name) and name[-1].isidentifier()
            numbered = len(name) == 1 and name[0].isdecimal() and (inner is not None or len(node.inputs) == 1)
            self.chained[frame] = self.chained.get(frame, True) and numbered

    def _join(self, node: Node, user: Node) -> None:
        """Note that `user` reads `node`, in the `forward` that makes both calls and in those that hand the tensor up to it."""
        frame = self._common(node, user)
        chain = self._chain(node.scope.module)
        for inner in chain[chain.index(frame) + 1 :]:
            self._call(inner, node).escapes = True
        if user.operation.family == "port" or user.index not in self.position:
            self._call(frame, node).escapes = True
        else:
            self._call(frame, node).used_by[self._call(frame, user)] = None

    def _group(self, calls: Sequence[_Call]) -> None:
        """Give each call its statement."""
        statements: list[list[_Call]] = [[]]
        depth, heavy = 1, calls[0].is_heavy
        for call, following in zip(calls, [*calls[1:], None], strict=True):
            statements[-1].append(call)
            if following is None:
                break
            if self._nests(call, following, depth, heavy):
                depth, heavy = depth + 1, heavy or following.is_heavy
            else:
                statements.append([])
                depth, heavy = 1, following.is_heavy
        overwritten = calls[-1].last
        for statement in reversed(statements):
            last = statement[-1]
            # What is needed twice has the author's name; any other result takes the variable that is free.
            if not (last.has_label and last.uses > 1):
                overwritten = last.last
            for call in statement:
                call.statement, call.overwritten = last.last, overwritten

    @staticmethod
    def _nests(call: _Call, following: _Call, depth: int, heavy: bool) -> bool:
        if call.uses != 1 or following not in call.used_by:
            return False
        if following.is_module:
            return False
        if following.operands > 1:
            return depth < DEEPEST_OPERAND
        return depth < DEEPEST and not call.is_module and not (heavy and following.is_heavy)

    # -------------------------------------------------------------------------------------------- frames

    def _chain(self, scope: Scope) -> tuple[Scope, ...]:
        """The modules from the network down to `scope`."""
        known = self.chains.get(scope)
        if known is None:
            known = self.chains[scope] = tuple(row for row in scope.ancestors() if row.is_module)
        return known

    def _common(self, node: Node, user: Node) -> Scope:
        """The innermost module that holds both."""
        common = None
        for one, other in zip(self._chain(node.scope.module), self._chain(user.scope.module), strict=False):
            if one is not other:
                break
            common = one
        assert common is not None
        return common

    def _key(self, frame: Scope, node: Node) -> Scope | int:
        chain = self._chain(node.scope.module)
        level = self._chain(frame).index(frame)
        return chain[level + 1] if level + 1 < len(chain) else node.index

    def _call(self, frame: Scope, node: Node) -> _Call:
        return self.calls[frame, self._key(frame, node)]
