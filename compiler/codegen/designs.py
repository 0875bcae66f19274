"""Units to designs: units of one structure share one design, and a design becomes a class or an `nn.Sequential`.

Two units have one structure when they come from the same block and make the same calls on the same tensors; they may
differ in numbers, which become the class's parameters.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import field
from enum import Enum

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.inplace import may_overwrite
from ..graph.program import Node
from .identifiers import CONTAINER_WORDS, is_attribute, singular, stem
from .templates import Recipe, Recipes, holes
from .units import Unit, Units, inner_first, member_path, owner_of


class Form(Enum):
    """How a design is written."""

    CLASS = "a class with a forward"
    CHAIN_CLASS = "a class that is an nn.Sequential"
    NUMBERED = "nn.Sequential(…) where it is made"
    NAMED = "nn.Sequential(OrderedDict(…)) where it is made"


@dataclass(slots=True, eq=False)
class Call:
    """One call (or a member that is called from outside alone), seen over all units of a design.

    `items` has the node or unit of each unit of the design. `operands` are numbers of local tensors: first the design's
    inputs, then the results of its calls. `path` is the member that is called, `owned` whether it is declared here.
    """

    items: list[Node | Unit]
    operands: tuple[int, ...]
    path: tuple[str, ...]
    owned: bool
    design: Design | None = None
    recipe: Recipe | None = None
    as_module: bool = False
    in_place: bool = False
    parts: int = 1
    """How many results of one operation, nodes of their own, it makes at once."""
    numbers: tuple[int, ...] = ()
    """Which those are of all that its module answers with."""

    @property
    def node(self) -> Node:
        node = self.items[0]
        assert isinstance(node, Node)
        return node

    @property
    def results(self) -> int:
        item = self.items[0]
        return len(item.outputs) if isinstance(item, Unit) else self.parts

    @property
    def takes_and_gives_one(self) -> bool:
        """Whether a module takes its operands one by one and answers with a tensor, as those in an `nn.Sequential` do."""
        return self.recipe is None or not (self.recipe.operands or self.recipe.results or self.recipe.number)

    @property
    def has_bare_weight(self) -> bool:
        """Whether it has a weight without a module, which its expression names."""
        return self.recipe is not None and self.recipe.has_bare_weight

    @property
    def is_heavy(self) -> bool:
        """Whether it is what a statement is about: an inner module, or an operation with a matrix of weights."""
        return self.recipe is None or self.recipe.has_matrix


@dataclass(slots=True, eq=False)
class Design:
    """Units of one structure. `calls` are in order; `members` are what the class declares, calls among them.

    `local` numbers the tensors of the first unit by their nodes.
    """

    units: list[Unit]
    word: str
    calls: list[Call]
    members: list[Call]
    outputs: tuple[int, ...]
    local: dict[int, int]
    form: Form = Form.CLASS
    has_more: bool = False
    """Whether what contains a module of it puts layers into it, which it does not run."""
    name: str = ""
    sites: int = 0
    words: dict[str, int] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        return len(self.units[0].inputs)


@dataclass(frozen=True, slots=True)
class Designs:
    """All designs, inner ones before those that use them; the network's is last. `of` finds a unit's.

    `started_in_classes`: the modules whose weights start where they are declared, not in a loop of the network's.
    """

    all: tuple[Design, ...]
    of: dict[Unit, Design]
    recipes: Recipes
    started_in_classes: frozenset[str]

    def are_one(self, unit: Unit, other: Unit) -> bool:
        """Whether one module does for both: they have one structure, and all numbers in it are the same."""
        if self.of[unit] is not self.of[other]:
            return False
        for one, two in zip(unit.calls, other.calls, strict=True):
            if isinstance(one, Unit) and isinstance(two, Unit):
                if not self.are_one(one, two):
                    return False
            elif isinstance(one, Node) and isinstance(two, Node) and self.recipes.of(one) != self.recipes.of(two):
                return False
        return True

    @property
    def root(self) -> Design:
        return self.all[-1]


def build_designs(graph: Graph, units: Units, recipes: Recipes, started_in_classes: frozenset[str]) -> Designs:
    builder = _Builder(graph, recipes, started_in_classes)
    for unit in inner_first(units):
        builder.add(unit)
    designs = tuple(builder.designs)
    for design in designs:
        builder.finish(design)
    for design in designs:
        for call in design.members:
            if call.design is not None and call.owned:
                call.design.sites += 1
    for design in designs:
        design.form = (
            _form(design) if design is not designs[-1] else Form.CHAIN_CLASS if _is_sequential(graph, units, design) else Form.CLASS
        )
    for design in designs:
        for inner in _given_more(design):
            inner.form, inner.has_more = Form.CLASS, True
    for design in designs:
        for call in design.members:  # its calls, and what is called from outside alone
            _choose_call(design, call)
        _gather_words(design)
    return Designs(designs, builder.of, recipes, started_in_classes)


class _Builder:
    def __init__(self, graph: Graph, recipes: Recipes, started_in_classes: frozenset[str]) -> None:
        self.graph = graph
        self.recipes = recipes
        self.started_in_classes = started_in_classes
        self.designs: list[Design] = []
        self.of: dict[Unit, Design] = {}
        self.number: dict[Design, int] = {}
        self.known: dict[tuple[object, ...], Design] = {}

    def add(self, unit: Unit) -> None:
        """Find the design of a unit whose inner units have theirs."""
        local = {index: number for number, index in enumerate(unit.inputs)}
        operands: list[tuple[int, ...]] = []
        for item in unit.calls:
            operands.append(tuple(local[index] for index in item.inputs))
            for index in item.outputs if isinstance(item, Unit) else (item.index,):
                local[index] = len(local)
        outputs = tuple(local[index] for index in unit.outputs)
        called = {id(owner_of(self.graph, item)) if isinstance(item, Node) else id(item) for item in unit.calls}
        extra = [member for member in unit.members if id(member) not in called]
        word = _word(unit)
        signature = (
            word,
            len(unit.inputs),
            outputs,
            tuple((self._signature(unit, item), row) for item, row in zip(unit.calls, operands, strict=True)),
            tuple(self._signature(unit, item) for item in extra),
        )
        design = self.known.get(signature)
        if design is None:
            undeclared = {id(member) for member in unit.members}
            calls = [self._call(unit, item, row, undeclared) for item, row in zip(unit.calls, operands, strict=True)]
            members = calls + [self._call(unit, item, (), undeclared) for item in extra]
            design = self.known[signature] = Design([], word, calls, members, outputs, local)
            self.number[design] = len(self.designs)
            self.designs.append(design)
        else:
            for call, item in zip(design.members, [*unit.calls, *extra], strict=True):
                call.items.append(item)
        design.units.append(unit)
        self.of[unit] = design

    def _signature(self, unit: Unit, item: Node | Unit) -> tuple[object, ...]:
        if isinstance(item, Unit):
            return (self.number[self.of[item]], member_path(unit, item), len(item.outputs))
        path = member_path(unit, owner_of(self.graph, item))
        recipe = self.recipes.of(item)
        # What starts where it is declared starts alike in all units of a design.
        starts = item.operation.initialization().calls if recipe.has_bare_weight or recipe.target in self.started_in_classes else ()
        axes = tuple(len(weight.shape) for weight in recipe.weights if not weight.name)
        return (item.operation.name, recipe.skeleton, path, starts, axes)

    def _call(self, unit: Unit, item: Node | Unit, operands: tuple[int, ...], undeclared: set[int]) -> Call:
        """A call; the first that needs a member declares it."""
        owner = item if isinstance(item, Unit) else owner_of(self.graph, item)
        owned = id(owner) in undeclared
        undeclared.discard(id(owner))
        if isinstance(item, Unit):
            return Call([item], operands, member_path(unit, item), owned, self.of[item], as_module=True)
        return Call([item], operands, member_path(unit, owner), owned, recipe=self.recipes.of(item))

    def finish(self, design: Design) -> None:
        """What needs all units: in place only where every unit allows it."""
        for call in design.calls:
            if call.design is None:
                call.in_place = all(may_overwrite(self.graph, item) for item in call.items if isinstance(item, Node))


def _word(unit: Unit) -> str:
    """What a class of this unit would be called after; one that is used again is the module of its first use."""
    scope = (unit.uses or unit).scope
    if scope.template:
        return scope.template
    own = stem(scope.names[-1]) if scope.names and not scope.names[-1].isdigit() else ""
    if scope.kind == "round" and len(scope.names) > 1:
        own = singular(stem(scope.names[0]))
    if own:
        return own
    above = scope.parent
    while above is not None and not (above.template or above.title.strip("0123456789")):
        above = above.parent
    return f"{stem(above.template or above.title) if above is not None else ''}_part"


def _choose_call(design: Design, call: Call) -> None:
    """An operation is called through a module where it has weights, no expression, or numbers that vary."""
    if call.design is not None:
        return
    nodes = [item for item in call.items if isinstance(item, Node)]
    assert call.recipe is not None
    if call.recipe.number:
        return  # a module that stands before it makes it
    if design.form is not Form.CLASS or not call.recipe.expression:
        call.as_module = True
    elif call.recipe.target:
        call.as_module = len({_expression(node) for node in nodes}) > 1


def _expression(node: Node) -> str | None:
    return node.operation.expression(holes(node.operation, node.input_shapes), node.input_shapes)


def _is_sequential(graph: Graph, units: Units, network: Design) -> bool:
    """Whether the network's own class is an nn.Sequential: numbered steps in a chain, of which the last makes the one output."""
    ports = [node for node in graph.nodes if node.operation.name == "output" and units.needed[node.index]]
    numbers = [str(number) for number in range(len(network.calls))]
    return (
        [call.path for call in network.calls] == [(number,) for number in numbers]
        and [port.names for port in ports] == [("output",)]
        and network.local.get(ports[0].inputs[0]) == len(network.calls)
        and is_row(network)
    )


def is_chain(design: Design) -> bool:
    """Whether each call takes what the one before it made, the last makes what comes out, and nothing else happens."""
    return is_row(design) and design.outputs == (len(design.calls),)


def is_row(design: Design) -> bool:
    """Whether there are calls of modules alone, each of which takes what the one before it made."""
    if len(design.calls) != len(design.members) or design.inputs != 1 or not design.calls:
        return False
    for number, call in enumerate(design.calls):
        if call.operands != (number,) or call.results != 1 or not call.owned or len(call.path) != 1:
            return False
        if (call.recipe is not None and not call.recipe.target) or not call.takes_and_gives_one:
            return False
    return True


def _form(design: Design) -> Form:
    if not is_chain(design):
        return Form.CLASS
    names = [call.path[0] for call in design.calls]
    if names == [str(number) for number in range(len(names))]:
        often = design.sites > 2 or (design.sites == 2 and len(names) > 2)
        return Form.CHAIN_CLASS if design.units[0].scope.template and often else Form.NUMBERED
    if any(name in CONTAINER_WORDS for name in names):
        return Form.CLASS
    if not all(map(is_attribute, names)):
        return Form.NAMED
    is_list = not design.units[0].scope.template and all(call.design is not None for call in design.calls)
    return Form.NAMED if is_list and len(names) > 3 else Form.CLASS


def _given_more(design: Design) -> Iterator[Design]:
    """What a label in the design stands within (`"ds.1"` beside `ds: { … }`): an `nn.Sequential` would run that layer as well."""
    inner = {call.path: call.design for call in design.members if call.design is not None}
    for call in design.members:
        for length in range(1, len(call.path)):
            within = inner.get(call.path[:length])
            if within is not None:
                yield within


def _gather_words(design: Design) -> None:
    """The words that may tell a design from others of the same block, with their rank: labels, inner blocks, operations."""

    def add(word: str, rank: int) -> None:
        design.words[word] = min(rank, design.words.get(word, rank))

    for call in design.calls:
        if call.path and call.path[0].isidentifier() and (call.design is not None or call.node.label):
            add(call.path[0], 0)
        if call.design is None:
            add(call.node.operation.name, 2)
        else:
            add(call.design.word, 1)
            for word, rank in call.design.words.items():
                add(word, max(rank, 1))
