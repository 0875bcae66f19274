"""The elaborated network: an ordered tuple of nodes. No networkx and no torch: it is all that `archc check` needs.

It is plain data. Nothing in it leads back to the syntax tree or to what names meant there, so that it can be pickled, copied,
compared, and sent to another process.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from dataclasses import field
from operator import attrgetter
from typing import Literal, TypeAlias

from ...base.diagnostics import Diagnostic
from ...base.records import dataclass
from ...base.source import Span
from ..ops.axis_names import Axes
from ..ops.base import Operation, Shape, Shapes, Weight


@dataclass(frozen=True, slots=True)
class Shown:
    """A value that is no number and no text (a block, an operation, a shape): of it only stays how messages print it."""

    text: str


Value: TypeAlias = "int | float | bool | str | tuple[Value, ...] | Shown | None"
"""What a parameter of the language is, where the program keeps it."""


@dataclass(frozen=True, slots=True)
class CallSite:
    """One block call that led to a node: the block, where it was called, and with which values (as text)."""

    name: str
    span: Span
    arguments: tuple[tuple[str, str], ...] = ()

    def told(self) -> str:
        values = ", ".join(f"{name} = {value}" for name, value in self.arguments)
        return f"{self.name}, called at {self.span}" + (f" with {values}" if values else "")


ScopeKind: TypeAlias = Literal["network", "stage", "block", "group", "round", "path", "aux"]


@dataclass(frozen=True, slots=True, eq=False)
class Scope:
    """A part of the network: the network itself, a stage, a block call, a group, a round of a loop, a path of a merge, an aux head.

    Scopes are a tree by `parent` and are compared by identity. `names` is what the scope adds to the keys: one
    name for most, none for a flat stage or a path, several for a dotted label (`"convs.{i}"`). A scope with names is a
    module in the generated code. `template` is the block or network that a call instantiates (its name, or "");
    `arguments` its parameters with their values, `values` those and its `let`s (the generator names constructor arguments after them).
    `shares` is the scope whose weights this one uses again (`reuse`). It stands where it is used again, under a name of its own
    where the user gave it one; else under that of its first use, and `use` tells them apart. `takes` is what a block calls
    the tensors that it joins, each with the node that makes it (its `unique`). `called` is, for such nodes, what its body calls the items of a
    list that it takes, and what of it is read by name.
    """

    kind: ScopeKind
    names: tuple[str, ...]
    parent: Scope | None
    span: Span
    mode: Literal["", "indexed", "flat"] = ""  # as in the text
    doc: str = ""
    template: str = ""
    title: str = ""  # the word a diagram prints: a stage's own name even when it is flat
    arguments: tuple[tuple[str, Value], ...] = ()
    values: dict[str, Value] = field(default_factory=dict)
    shares: Scope | None = None
    use: int = 1
    takes: tuple[tuple[str, str], ...] = ()
    called: dict[str, str] = field(default_factory=dict)
    path: tuple[str, ...] = field(init=False)
    depth: int = field(init=False)

    def __post_init__(self) -> None:
        above = self.parent.path if self.parent is not None else ()
        object.__setattr__(self, "path", above + self.names)
        object.__setattr__(self, "depth", self.parent.depth + 1 if self.parent is not None else 0)

    @property
    def unique(self) -> str:
        """The path as one string, different for every scope with names: `tower@2` is the second use of `tower`."""
        own = ".".join(self.names) + (f"@{self.use}" if self.use > 1 else "")
        above = self.parent.unique if self.parent is not None else ""
        return f"{above}.{own}" if above and own else above or own

    @property
    def is_module(self) -> bool:
        """Whether the generated code has a module for it."""
        return bool(self.names) or self.parent is None

    @property
    def module(self) -> Scope:
        """The innermost module scope that holds this one (itself, if it is one)."""
        scope = self
        while not scope.is_module and scope.parent is not None:
            scope = scope.parent
        return scope

    def ancestors(self) -> list[Scope]:
        """The scopes from the network down to this one, this one last."""
        chain: list[Scope] = []
        scope: Scope | None = self
        while scope is not None:
            chain.append(scope)
            scope = scope.parent
        return chain[::-1]


@dataclass(frozen=True, slots=True, eq=False)
class Node:
    """One operation at one place. `inputs` are indices of nodes, in the order of the operands; the same one may stand twice.

    `names` is the node's own name in its scope; `path` the whole. `shape` is the output's, `axes` the names of
    its axes, `input_shapes` the operands' shapes, `input_axes` the names of theirs.
    `shares` is the node whose weights it uses (`reuse`), None for all others. `training_only` marks what serves aux heads alone.
    `unique` is the path as one string, different for every node (a reused step without a name of its own gets `@2`, `@3`).
    """

    index: int
    operation: Operation
    inputs: tuple[int, ...]
    input_shapes: Shapes
    shape: Shape
    scope: Scope
    names: tuple[str, ...]
    span: Span
    via: tuple[CallSite, ...] = ()
    shares: int | None = None
    use: int = 1
    training_only: bool = False
    label: bool = False  # the user named it
    taken_as: str = ""  # the name by which the text takes it up again, with `skip`, or gives it as an output
    axes: Axes = ()
    input_axes: tuple[Axes, ...] = ()

    @property
    def is_port(self) -> bool:
        """Whether it is an input or an output of the network, and no step."""
        return self.operation.family == "port"

    @property
    def path(self) -> tuple[str, ...]:
        return self.scope.path + self.names

    @property
    def key(self) -> str:
        """The path as the prefix of state_dict keys: `layer1.0.conv1`. The weights of a reused step have that of the node that it shares."""
        return ".".join(self.path)

    @property
    def unique(self) -> str:
        return self.key if self.use == 1 else f"{self.key}@{self.use}"

    @property
    def weights(self) -> tuple[Weight, ...]:
        """The tensors that this node owns; none for a reused step."""
        return () if self.shares is not None else self.operation.weights(self.input_shapes)

    @property
    def macs(self) -> int:
        return self.operation.macs(self.input_shapes, self.shape)

    @property
    def flops(self) -> int:
        return self.operation.flops(self.input_shapes, self.shape)


TIME = "time"
"""The cost that is no count: microseconds that the optimised module is foreseen to take on a machine that was calibrated."""


@dataclass(frozen=True, slots=True)
class BudgetLimit:
    """`macs <= 4.3G`, with its value; checked once costs are known. It is about `scope`, the part that states it (None: the whole)."""

    quantity: str
    operator: str
    value: int | float
    span: Span
    scope: Scope | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """A network, elaborated and shape-checked. `nodes` is in order of evaluation: every input comes before its user.

    Input nodes (`operation.name == "input"`) come first, in the order of the file; output nodes close the tuple: one for
    every output of the network, in order, then one for every aux head (`training_only`). `warnings` hold no errors.

    Within a program, nodes and scopes are told apart by identity. Two programs are equal where all that they say is, places in
    the text included; the name of the file is not.
    """

    name: str
    doc: str
    span: Span
    root: Scope
    nodes: tuple[Node, ...]
    parameters: tuple[tuple[str, Value], ...] = ()
    budgets: tuple[BudgetLimit, ...] = ()
    warnings: tuple[Diagnostic, ...] = ()

    @property
    def scopes(self) -> tuple[Scope, ...]:
        """Every scope that something stands in, behind the one around it and the one whose weights it uses."""
        found: dict[Scope, None] = {}
        waiting = [node.scope for node in reversed(self.nodes)]
        waiting += [row.scope for row in self.budgets if row.scope is not None]
        waiting.append(self.root)
        while waiting:
            scope = waiting[-1]
            before = [other for other in (scope.parent, scope.shares) if other is not None and other not in found]
            waiting += before
            if not before:
                found[waiting.pop()] = None
        return tuple(found)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Program):
            return NotImplemented
        return self is other or self._content() == other._content()

    def __hash__(self) -> int:
        return hash((self.name, len(self.nodes), self.nodes[-1].shape if self.nodes else ()))

    def _content(self) -> tuple[object, ...]:
        """All of it by value, scopes by their numbers."""
        scopes = self.scopes
        number = {scope: position for position, scope in enumerate(scopes)}

        def values(rows: tuple[Scope, ...] | tuple[Node, ...] | tuple[BudgetLimit, ...]) -> list[list[object]]:
            return [[number[item] if isinstance(item, Scope) else item for item in _VALUES[type(row)](row)] for row in rows]

        named = (self.name, self.doc, self.span, number[self.root], self.parameters, self.warnings)
        return (*named, values(scopes), values(self.nodes), values(self.budgets))

    def __reduce__(self) -> tuple[Callable[..., Program], tuple[object, ...]]:
        # A scope leads to the one around it, and so on up: a pickler that meets them from the outside in never goes deep.
        return _restored, (self.scopes, *(getattr(self, row.name) for row in dataclasses.fields(self)))


def _restored(_: tuple[Scope, ...], *fields: object) -> Program:
    return Program(*fields)  # type: ignore[arg-type]


_VALUES: dict[type, Callable[[object], tuple[object, ...]]] = {
    kind: attrgetter(*(row.name for row in dataclasses.fields(kind))) for kind in (Scope, Node, BudgetLimit)
}
