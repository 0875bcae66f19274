"""The forward of each class, scheduled: which calls it makes, and what its inputs and the author's labels are called."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ...base.records import dataclass
from ..graph.program import Node
from .designs import Call, Design
from .identifiers import variable_name, variable_names
from .plan import Plan
from .schedule import Place, Schedule, Scheduler
from .units import Mode, Unit


@dataclass(frozen=True, slots=True)
class Forward:
    """The forward of a class. `inputs` are the names of its arguments."""

    inputs: list[str]
    schedule: Schedule


@dataclass(frozen=True, slots=True)
class SideHeads:
    """The forward of a network that has side heads: a trunk that both ways share, and what training does after it.

    `handed` are the names by which the forward calls what the trunk answers with: its outputs, then what the heads read.
    """

    trunk: Forward
    handed: list[str]
    heads: Schedule


def forward_of(plan: Plan, design: Design) -> Forward:
    names = input_names(design, plan.graph.nodes)
    return Forward(names, _scheduler(plan, design, dict(enumerate(names))).run(numbered_calls(design), design.outputs))


def network_forward(plan: Plan) -> Forward | SideHeads:
    """That of the network's own class: its inputs and outputs have their own names."""
    if plan.mode is Mode.TRAIN and ports(plan, training_only=True):
        return _with_side_heads(plan)
    return _all_outputs(plan)


def _all_outputs(plan: Plan) -> Forward:
    answered = [*ports(plan, training_only=False), *ports(plan, training_only=True)]
    schedule = _network_scheduler(plan, answered).run(numbered_calls(plan.designs.root), local_tensors(plan, answered))
    return Forward(list(_network_inputs(plan).values()), schedule)


def _with_side_heads(plan: Plan) -> SideHeads:
    calls = numbered_calls(plan.designs.root)
    trunk = [row for row in calls if not is_training(row[0].items[0])]
    sides = [row for row in calls if is_training(row[0].items[0])]
    inputs = _network_inputs(plan)
    made = set(inputs) | {first + number for call, first in trunk for number in range(call.results)}
    main, answered = ports(plan, training_only=False), ports(plan, training_only=True)
    answers = local_tensors(plan, main)
    wanted = [*(tensor for call, _ in sides for tensor in call.operands), *local_tensors(plan, answered)]
    read = list(dict.fromkeys(tensor for tensor in wanted if tensor in made and tensor not in answers))
    body = Forward(list(inputs.values()), _network_scheduler(plan, main).run(trunk, [*answers, *read]))
    handed = _distinct([*field_names(main), *body.schedule.results[len(main) :]], body.inputs)
    heads = _network_scheduler(plan, answered)
    heads.names.update(zip([*answers, *read], handed, strict=True))
    return SideHeads(body, handed, heads.run(sides, local_tensors(plan, answered)))


def _scheduler(plan: Plan, design: Design, names: dict[int, str]) -> Scheduler:
    def callee(call: Call) -> str:
        return plan.reach(design, call.path)

    def in_list(call: Call) -> Place | None:
        return plan.place_in_list(design, call.path)

    return Scheduler(plan.designs.recipes, callee, in_list, labels_of(design, plan.graph.nodes), names)


def _network_scheduler(plan: Plan, answered: Sequence[Node]) -> Scheduler:
    """One that knows the inputs, and what the outputs are called."""
    scheduler = _scheduler(plan, plan.designs.root, _network_inputs(plan))
    if field_names(answered) != ["output"]:
        scheduler.labels.update(zip(local_tensors(plan, answered), field_names(answered), strict=True))
    return scheduler


def ports(plan: Plan, training_only: bool) -> list[Node]:
    """The outputs of the network, or of its side heads."""
    return [
        node
        for node in plan.graph.nodes
        if node.operation.name == "output" and node.training_only == training_only and plan.units.needed[node.index]
    ]


def field_names(outputs: Iterable[Node]) -> list[str]:
    return variable_names(port.names[-1] for port in outputs)


def local_tensors(plan: Plan, outputs: Iterable[Node]) -> list[int]:
    """The tensors that output ports hand on, by their numbers in the network's design."""
    return [plan.designs.root.local[port.inputs[0]] for port in outputs]


def _network_inputs(plan: Plan) -> dict[int, str]:
    inputs, local = plan.graph.inputs, plan.designs.root.local
    names = variable_names(node.names[-1] for node in inputs)
    return {local[node.index]: name for node, name in zip(inputs, names, strict=True)}


def _distinct(names: Sequence[str], taken: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        wish, number = name, 2
        while wish in found or wish in taken:
            wish, number = f"{name}{number}", number + 1
        found.append(wish)
    return found


def is_training(call: Node | Unit) -> bool:
    """Whether what a network calls serves its side heads."""
    while isinstance(call, Unit):
        call = call.calls[0]
    return call.training_only


def labels_of(design: Design, nodes: Sequence[Node]) -> dict[int, str]:
    """What the author called each tensor that a design's calls make: the label of the step or part that made it."""
    found: dict[int, str] = {}
    for call, first in numbered_calls(design):
        item = call.items[0]
        if isinstance(item, Node):
            name = item.names[-1] if item.label and item.names else ""
            found[first] = name
        elif call.results == 1:
            found[first] = next((part for part in reversed(item.scope.names) if not part.isdigit()), "")
        else:
            # Of several results each has the name that it has inside.
            for number, index in enumerate(item.outputs):
                path = nodes[index].path[len(item.scope.path) :]
                is_item = len(path) == 2 and path == nodes[index].names and path[1].isdigit()  # of a list: `sums.0`
                found[first + number] = "".join(path) if is_item else path[0] if len(path) > 1 or nodes[index].label else ""
    return {tensor: variable_name(name) for tensor, name in found.items() if name.isidentifier()}


def input_names(design: Design, nodes: Sequence[Node]) -> list[str]:
    """What a class's forward calls its inputs: several as the block that takes them does; else `x`, and the others by what made them."""
    names: list[str] = []
    unit = design.units[0]
    # One tensor may come in under two names: the first one's.
    taken = {made: name for name, made in reversed(unit.scope.takes)} if len(unit.inputs) > 1 else {}
    for index in unit.inputs:
        known = taken.get(nodes[index].unique)
        wish = variable_name(known) if known is not None else "x" if not names else _producer_name(nodes[index])
        number, name = 2, wish
        while name in names:
            name, number = f"{wish}{number}", number + 1
        names.append(name)
    return names


def _producer_name(node: Node) -> str:
    if node.names and node.names[-1].isidentifier() and (node.label or node.is_port):
        return variable_name(node.names[-1])
    scope = node.scope
    while scope.parent is not None:
        if scope.names and scope.names[-1].isidentifier():
            return variable_name(scope.names[-1])
        scope = scope.parent
    return "y"


def numbered_calls(design: Design) -> list[tuple[Call, int]]:
    """Each call with the local number of its first result."""
    rows, number = [], design.inputs
    for call in design.calls:
        rows.append((call, number))
        number += call.results
    return rows
