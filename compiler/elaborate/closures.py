"""What names mean at a place of the text: parameters, lets and templates; labels; defaults; and the names already given."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import field
from itertools import count, islice
from typing import Literal, Protocol, TypeAlias

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...base.source import Span
from ...dsl import ast
from ..graph.program import Scope
from ..ops.base import Operation
from .shape_of import Shapes


class Reader(Protocol):
    """Where an expression is worked out: what its names mean there, and what enters the innermost body (an `Evaluator`)."""

    @property
    def environment(self) -> Environment: ...

    @property
    def entry(self) -> Shapes | None: ...

    @property
    def decided(self) -> Callable[[int, str], tuple[list[Label], list[Origin]]]:
        """Of an axis, and of the words by which the text calls it: the places that gave it its size, and what they were worked out from."""
        ...


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What a value was worked out from: an expression, and where it was read."""

    reader: Reader
    expression: ast.Expression


@dataclass(slots=True)
class Binding:
    """A parameter, a let, a template or an import, with the place that gave it. `used` serves the warning of dead names."""

    value: object
    span: Span
    used: bool = False
    origin: Origin | None = None  # what it was worked out from
    default: ast.Expression | None = None  # of a parameter that a call gave another value
    counts: Literal["", "rounds", "doubted"] = ""  # whether it is the number of a round; "doubted": it was told that this is hardly meant


Tensors: TypeAlias = "int | tuple[int, ...] | None"
"""What is at hand: a tensor (the index of a node), several of them, or None where a mistake left it unknown. `current.py` tells them apart."""


@dataclass(slots=True, eq=False)
class Labelled:
    """What a label stands for: a tensor, or several, and, for what has an inside, its members.

    `again` runs the step once more with the same weights: on the current tensor of another frame, at a place, as the step with a
    label of its own or none. It is None where that makes no sense (an input).
    """

    name: str
    tensor: Tensors
    span: Span
    members: dict[str, Labelled] = field(default_factory=dict)
    again: Again | None = None
    used: bool = False
    is_read: bool = False
    """Whether something reads its tensor: what names weights alone is used, too."""
    is_keyless: bool = False  # of a flat block: it is in no key, whatever weights are inside
    parts: tuple[Label, ...] = ()  # of a list: what gave its items, for messages

    @property
    def tensors(self) -> Tensors:
        """Its tensor; of the beginning of labels `name.0`, `name.1`, … those that these stand for."""
        if self.tensor is not None:
            return self.tensor
        items = [self.members.get(str(number)) for number in range(len(self.members))]
        known = tuple(item.tensor for item in items if item is not None and isinstance(item.tensor, int))
        return known if known and len(known) == len(items) else None

    @property
    def is_lost(self) -> bool:
        """Whether a mistake left it, or a part of it, without its tensor: nothing more is said of it then."""
        if self.tensor is not None:
            return False
        # Only a step can be run again: without its tensor it is one that failed, and no mere beginning of labels.
        return self.again is not None or not self.members or any(row.is_lost for row in self.members.values())

    def read(self) -> Tensors:
        """Its tensor or tensors, which something reads."""
        self.used = self.is_read = True
        if self.tensor is None:
            for item in self.members.values():
                item.used = item.is_read = True
        return self.tensors


Made: TypeAlias = "tuple[Tensors, dict[str, Labelled]]"
"""What a step makes: its output or outputs, and the labels inside it."""

Again: TypeAlias = "Callable[[Frame, Span, str | None], Made]"


@dataclass(slots=True, eq=False)
class Environment:
    """One lexical level. `body` is the text of the level, read only to explain a label that comes later."""

    parent: Environment | None = None
    bindings: dict[str, Binding] = field(default_factory=dict)
    labels: dict[str, Labelled] = field(default_factory=dict)
    body: Sequence[ast.Statement] = ()
    incomplete: bool = False  # a statement could not be read: what it would have named is unknown

    def levels(self) -> Iterator[Environment]:
        level: Environment | None = self
        while level is not None:
            yield level
            level = level.parent

    def binding(self, name: str) -> Binding | None:
        for level in self.levels():
            found = level.bindings.get(name)
            if found is not None:
                return found
        return None

    def label(self, name: str) -> Labelled | None:
        for level in self.levels():
            found = level.labels.get(name)
            if found is not None:
                return found
        return None

    @property
    def has_holes(self) -> bool:
        return any(level.incomplete for level in self.levels())

    def moment(self) -> tuple[tuple[Environment, int, int], ...]:
        """What is known by now: how many names each level has."""
        return tuple((level, len(level.bindings), len(level.labels)) for level in self.levels())


def as_of(moment: tuple[tuple[Environment, int, int], ...]) -> Environment:
    """The environment as it was then, for a step that is run again: names that were given since mean nothing to it."""
    environment: Environment | None = None
    for level, bindings, labels in reversed(moment):
        environment = Environment(
            environment,
            dict(islice(level.bindings.items(), bindings)),
            dict(islice(level.labels.items(), labels)),
            level.body,
            level.incomplete,
        )
    assert environment is not None
    return environment


@dataclass(frozen=True, slots=True)
class DefaultValue:
    value: object
    span: Span
    origin: Origin | None = None  # what it was worked out from


@dataclass(frozen=True, slots=True, eq=False)
class Defaults:
    """The `default` rows in force at a place, by what they are of: an operation or a block."""

    rows: Mapping[Template | type, Mapping[str, DefaultValue]] = field(default_factory=dict)

    def of(self, callee: Template | Builtin) -> Mapping[str, DefaultValue]:
        """The values that hold for calls of `callee`."""
        return self.rows.get(callee.operation if isinstance(callee, Builtin) else callee, {})

    def with_row(self, callee: Template | Builtin, values: Mapping[str, DefaultValue]) -> Defaults:
        """The same after one more row, which comes before those there are."""
        key = callee.operation if isinstance(callee, Builtin) else callee
        return Defaults({**self.rows, key: {**self.of(callee), **values}})


NO_DEFAULTS = Defaults()


@dataclass(slots=True, eq=False)
class Rounds:
    """The numbers that the rounds of a loop take, and the container that they stand in: none, or one that gets its name with the first of them."""

    container: tuple[str, ...] | None = ()
    count: int = 0


@dataclass(slots=True, eq=False)
class Names:
    """The names given so far in one scope that has names of its own (flat stages and paths share the one that they stand in).

    `labels` are those of its steps, as far as they are known (of a dotted one its first part): no name that is made up is one of them.
    `number` tells the scope from the others of a compile, in the order in which they are opened.
    """

    indexed: bool = False
    is_network: bool = False
    number: int = -1
    ordinals: dict[str, int] = field(default_factory=dict)
    position: int = 0
    rounds: Rounds = field(default_factory=Rounds)
    containers: list[str] = field(default_factory=list)
    used: dict[tuple[str, ...], Span] = field(default_factory=dict)
    members: dict[str, Labelled] = field(default_factory=dict)
    labels: set[str] = field(default_factory=set)

    def ordinal(self, kind: str) -> str:
        """`conv1`, `conv2`; in an indexed scope the position."""
        if self.indexed:
            return self.next_position()
        if kind.startswith("__"):
            kind = kind.lstrip("_") or "block"  # in a class, Python would read `self.__x` as another name
        count = self.ordinals.get(kind, 0) + 1
        while f"{kind}{count}" in self.labels:
            count += 1
        self.ordinals[kind] = count
        return f"{kind}{count}"

    def next_position(self) -> str:
        self.position += 1
        return str(self.position - 1)

    def numbered(self) -> str | None:
        """The number that was given out last, where it names the step of a scope that is `indexed`."""
        number = str(self.position - 1)
        return number if self.indexed and (number,) in self.used else None

    def loop(self) -> Rounds:
        """The numbers for a loop: those of the scope, which all its loops share; in a network's body each has a container of its own."""
        return Rounds(None) if self.is_network else self.rounds

    def next_round(self, rounds: Rounds) -> tuple[str, ...]:
        """`0`, `1`, …; in a network's body `blocks.0`, `blocks.1`, …, and `blocks2.0` in its second loop."""
        if rounds.container is None:
            names = ("blocks" if number == 1 else f"blocks{number}" for number in count(1))
            name = next(name for name in names if name not in self.labels and name not in self.containers)
            self.containers.append(name)
            rounds.container = (name,)
        while not rounds.container and str(rounds.count) in self.labels:
            rounds.count += 1
        rounds.count += 1
        return (*rounds.container, str(rounds.count - 1))

    def title(self, names: tuple[str, ...]) -> str:
        """What a part of these names is called in the figure: a round by its number alone."""
        return names[-1] if names and names[0] in self.containers else ".".join(names)

    def yields(self, label: str) -> bool:
        """Whether a name that was made up is that of a label which comes only now. The numbers of an `indexed` scope yield to nothing."""
        taken = (label,) in self.used or label in self.containers
        return taken and label not in self.labels and not self.indexed

    def keep(self, path: Sequence[str], labelled: Labelled) -> None:
        """Make a label known by its dotted name from outside."""
        *outer, last = path
        members = self.members
        for part in outer:
            members = members.setdefault(part, Labelled(part, None, labelled.span, used=True)).members
        members[last] = labelled


@dataclass(slots=True, eq=False)
class Lines:
    """Lines of Python's in one body: what they are here, and what they leave known.

    `at_hand` are the names that the last of them gave the tensor at hand, none where another step followed; `called` are the labels of steps that they
    called. Where not all of them are known (`whole`) no edit is made of any: a name would be another tensor's in the rest.
    """

    at_hand: frozenset[str] = frozenset()
    whole: bool = True
    called: set[str] = field(default_factory=set)
    told: list[Diagnostic] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class Frame:
    """Where elaboration stands in one body: the current tensor, or tensors, and all that surrounds it."""

    scope: Scope
    environment: Environment
    defaults: Defaults
    names: Names
    entry: Tensors
    current: Tensors
    training_only: bool = False
    round_name: tuple[str, ...] | None = None  # the number that the single step of this round takes as its name
    rounds: Rounds | None = None  # the numbers of the loop that holds this one and nothing else
    network: NetworkInputs | None = None
    reader: tuple[Tensors, bool, Reader] | None = None  # what reads its expressions, and of which entry, which may be lost
    lines: Lines | None = None  # what lines of Python's said

    @property
    def is_before_input(self) -> bool:
        """Whether it stands in the network that is built, before the first of its inputs."""
        network = self.network
        if network is None or not network.is_root or network.taken > 0 or self.environment.has_holes:
            return False
        return network.environment is None or not network.environment.has_holes


@dataclass(slots=True, eq=False)
class NetworkInputs:
    """The inputs and outputs of the network call that a frame belongs to. `given` holds the tensors when it is a step."""

    is_root: bool
    environment: Environment | None = None
    """That of the body of the network that is built: an input may stand in the text there that could not be read."""
    given: list[int | None] = field(default_factory=list)
    taken: int = 0
    outputs: list[tuple[str, int | None, Span]] = field(default_factory=list)
    heads: list[tuple[int, str]] = field(default_factory=list)  # the outputs of side heads, with the path to each as a name


@dataclass(frozen=True, slots=True, eq=False)
class Template:
    """A block or a network by name, with the surroundings in which it was written."""

    definition: ast.Block | ast.Network
    environment: Environment
    defaults: Defaults

    @property
    def name(self) -> str:
        return self.definition.name.name

    @property
    def is_network(self) -> bool:
        return isinstance(self.definition, ast.Network)

    @property
    def is_preset(self) -> bool:
        return isinstance(self.definition, ast.Network) and self.definition.is_preset

    @property
    def base(self) -> Callee | None:
        """What a preset is a preset of; None where nothing has that name, which is told when the preset is expanded."""
        if not isinstance(self.definition, ast.Network) or self.definition.variant_of is None:
            return None
        first, *rest = self.definition.variant_of.path
        binding = self.environment.binding(first)
        for part in rest:
            inside = binding.value if binding is not None else None
            binding = inside.environment.bindings.get(part) if isinstance(inside, Module) else None
        return binding.value if binding is not None and isinstance(binding.value, Template | Builtin | Partial) else None


@dataclass(frozen=True, slots=True)
class Builtin:
    """An operation by name. `place` is where the text declares it, where it is one of the user's own."""

    operation: type[Operation]
    place: Span | None = None

    @property
    def name(self) -> str:
        return self.operation.name


@dataclass(frozen=True, slots=True, eq=False)
class Partial:
    """`leaky_relu(0.1)` as a value: a callee with some of its arguments."""

    callee: Template | Builtin
    arguments: tuple[ast.Argument, ...]
    environment: Environment

    @property
    def name(self) -> str:
        return self.callee.name


@dataclass(frozen=True, slots=True)
class Module:
    """An imported file, by the name under which it is known here."""

    name: str
    environment: Environment


Callee: TypeAlias = "Template | Builtin | Partial"


@dataclass(frozen=True, slots=True)
class Given:
    """The value of one parameter and where it was written (in the call, or in a `default` row)."""

    value: object
    span: Span
    origin: Origin | None = None  # what it was worked out from
