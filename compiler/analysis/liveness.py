"""Which tensors share a storage, in which order the operations run, and how long the running module holds each tensor.

Two things keep a tensor alive while a network is evaluated: Python (a variable or an argument of a `forward` that has
not returned) and, in training, autograd (`memory.py`). What runs when, and under which names, is the schedule of the
generated source itself (`codegen/schedule.py`); an argument of a module lives until that module returns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

from ...base.records import dataclass
from ..codegen.designs import Form
from ..codegen.forward import SideHeads, forward_of, is_training, network_forward, ports
from ..codegen.plan import Plan, plan_of
from ..codegen.schedule import Schedule, Time, together
from ..codegen.units import Mode, Unit
from ..graph.graph import Graph
from ..graph.program import Node
from .layouts import layouts_of


@dataclass(frozen=True, slots=True)
class Storages:
    """`root[i]` is the node that made the storage in which the output of node `i` lies."""

    root: tuple[int, ...]

    @staticmethod
    def of(graph: Graph, batch: int, training: bool) -> Storages:
        root: list[int] = []
        in_place = works_in_place(graph)
        for node, lying in zip(graph.nodes, layouts_of(graph, batch, training), strict=True):
            operation = node.operation
            elsewhere = (
                operation.is_view or operation.family == "port" or (operation.training_only and not training) or in_place[node.index]
            )
            shares = bool(node.inputs) and not lying.is_copied and elsewhere
            root.append(root[node.inputs[0]] if shares else node.index)
        return Storages(tuple(root))

    def makes(self, node: Node) -> bool:
        """Whether the output of `node` is a new storage."""
        return self.root[node.index] == node.index


@lru_cache(maxsize=2)
def works_in_place(graph: Graph) -> Sequence[bool]:
    """Whether each node writes its output over its input."""
    return plan_of(graph, Mode.TRAIN).works_in_place()


def made_at_once(graph: Graph) -> dict[int, Sequence[int]]:
    """Of each part of a tensor that one call of the generated source makes together with all others: the nodes of all."""
    found: dict[int, Sequence[int]] = {}
    for design in plan_of(graph, Mode.TRAIN).designs.all:
        for first, call in enumerate(design.calls):
            whole = call.recipe.whole if call.recipe is not None else None
            if whole is None or whole[1] != 0 or not call.node.operation.is_view:
                continue
            rows = design.calls[first : first + whole[2]]
            if together([(row, 0) for row in rows]):
                for items in zip(*(row.items for row in rows), strict=True):
                    parts = [item.index for item in items if isinstance(item, Node)]
                    found |= dict.fromkeys(parts, parts)
    return found


@dataclass(frozen=True, slots=True)
class Partial:
    """A tensor that a node makes on its way: `number` 0 of `a + b + c` is the sum of the first two. `time` lies between positions."""

    time: float
    tensor: int
    number: int


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """`order` is that in which the generated module runs the nodes: the trunk, and in training then the side heads.

    `held` has for each node (by index) the time in `order` after which Python holds its output no more. Nodes that do not
    run have -1; a tensor that nothing reads is let go of at once; an output never, nor what side heads would read: the
    generated trunk hands it back with the answer. `partials` are made on the way, in order of time.
    """

    order: Sequence[Node]
    held: Sequence[float]
    partials: Sequence[Partial]


def lifetimes(graph: Graph, training: bool) -> Lifetimes:
    # Without side heads training runs what inference runs.
    return _lifetimes(graph, training and any(node.training_only for node in graph.nodes))


@lru_cache(maxsize=4)
def _lifetimes(graph: Graph, training: bool) -> Lifetimes:
    run = _Run(plan_of(graph, Mode.TRAIN), training)
    for cls in run.plan.classes[:-1]:
        if cls.design.form is Form.CLASS:
            schedule = forward_of(run.plan, cls.design).schedule
            for unit in cls.design.units:
                run.follow(unit, schedule)
    run.pass_through()
    root = run.plan.units.root
    forward = network_forward(run.plan)
    if isinstance(forward, SideHeads):
        run.follow(root, forward.trunk.schedule)
        run.keep(root, forward.trunk.schedule.outputs[: None if not training else len(ports(run.plan, training_only=False))])
        if training:
            run.follow(root, forward.heads)
            run.keep(root, forward.heads.outputs)
    else:
        run.follow(root, forward.schedule)
        run.keep(root, forward.schedule.outputs)
    # What stands outermost is made first: it comes later in the graph.
    return Lifetimes(run.order, run.held, sorted(run.partials, key=lambda partial: (partial.time, -partial.tensor)))


class _Run:
    """The schedules of a plan, which tell of calls in a body, laid on the one order in which all operations run."""

    def __init__(self, plan: Plan, training: bool) -> None:
        self.plan = plan
        nodes = plan.graph.nodes
        self.order = [node for node in nodes if node.operation.name == "input"]
        self.begun: dict[Unit | int, int] = {}
        self.done: dict[Unit | int, int] = {}
        for heads in (False, True) if training else (False,):
            for call in plan.units.root.calls:
                if is_training(call) == heads:
                    self._walk(call)
            self.order += ports(plan, training_only=heads)
        self.held: list[float] = [-1] * len(nodes)
        for place, node in enumerate(self.order):
            self.held[node.index] = place
        self.partials: list[Partial] = []

    def _walk(self, call: Node | Unit) -> None:
        key = call if isinstance(call, Unit) else call.index
        self.begun[key] = len(self.order)
        if isinstance(call, Unit):
            for inner in call.calls:
                self._walk(inner)
        else:
            self.order.append(call)
        self.done[key] = len(self.order) - 1

    def follow(self, unit: Unit, schedule: Schedule) -> None:
        """Note what one run of a body holds, and what it makes on its way."""
        if unit not in self.done and unit is not self.plan.units.root:
            return  # part of a side head that does not run
        tensors, calls = _tensors(unit)

        def at(time: Time) -> float:
            key = calls[time.call]
            return self.done[key] if time.share == 1 else self.begun[key] - 1 + time.share

        for tensor, time in schedule.released.items():
            self._hold(tensors[tensor], at(time))
        self.partials += [Partial(at(partial.time), tensors[partial.tensor], partial.number) for partial in schedule.partials]

    def pass_through(self) -> None:
        """An `nn.Sequential` holds what passes through it for one call."""
        for design in self.plan.designs.all:
            if design.form is not Form.CLASS:
                for unit in design.units:
                    passing = unit.inputs[0]
                    for call in unit.calls if unit in self.done else ():
                        self._hold(passing, self.done[call if isinstance(call, Unit) else call.index])
                        passing = call.outputs[0] if isinstance(call, Unit) else call.index

    def keep(self, unit: Unit, outputs: Iterable[int]) -> None:
        tensors, _ = _tensors(unit)
        for output in outputs:
            self._hold(tensors[output], len(self.order))

    def _hold(self, tensor: int, time: float) -> None:
        self.held[tensor] = max(self.held[tensor], time)


def _tensors(unit: Unit) -> tuple[list[int], dict[int, Unit | int]]:
    """The nodes that make a unit's tensors, by the numbers that its design gives them; and the call that makes each."""
    tensors, calls = list(unit.inputs), {}
    for call in unit.calls:
        calls[len(tensors)] = call if isinstance(call, Unit) else call.index
        tensors += call.outputs if isinstance(call, Unit) else [call.index]
    return tensors, calls
