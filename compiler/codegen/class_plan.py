"""Designs to classes: what each declares, its numbers as slots, and which of them became parameters.

A slot is one argument in the text of a class. Where all instances agree it is a literal, else a parameter, shared by
all slots of the same kind that vary alike, and named as the block's author named it where that can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence

from ...base.records import dataclass
from ..graph.program import Node
from ..ops.base import literal
from .arguments import Made, Parameter, Slot, same
from .designs import Call, Design, Designs, Form
from .lift_parameters import lift, row_of
from .torch_defaults import role_of
from .units import Unit

_COMMON = frozenset({"in_channels", "out_channels", "out", "channels", "width"})
"""Names that say nothing of whose they are outside the class that has them."""


@dataclass(slots=True, eq=False)
class Class:
    """A design that becomes a class, with its parameters and what it declares."""

    design: Design
    parameters: list[Parameter]
    members: list[tuple[Call, Made]]


def make_classes(designs: Designs) -> list[Class]:
    """The classes, inner ones first."""
    maker = _Maker(designs)
    return [maker.make(design) for design in designs.all if design.form in (Form.CLASS, Form.CHAIN_CLASS)]


class _Maker:
    def __init__(self, designs: Designs) -> None:
        self.designs = designs
        self.parameters: dict[Design, list[Parameter]] = {}
        self.number = {unit: number for design in designs.all for number, unit in enumerate(design.units)}

    def make(self, design: Design) -> Class:
        slots: list[Slot] = []
        members = [
            (call, self._made(call, call.items, slots))
            for call in design.members
            if call.owned and (call.as_module or call.has_bare_weight)
        ]
        self.parameters[design] = lift(design, slots)
        return Class(design, self.parameters[design], members)

    def _made(self, call: Call, items: Sequence[Node | Unit], slots: list[Slot]) -> Made:
        owner = next((part.strip("_") for part in reversed(call.path) if part.isidentifier()), "")
        if call.design is None:
            nodes = [item for item in items if isinstance(item, Node)]
            is_parameter = call.has_bare_weight and not (call.recipe is not None and call.recipe.buffer)
            return self._weight(nodes, owner, slots) if is_parameter else self._operation(call, nodes, owner, slots)
        return self._inner(call.design, [item for item in items if isinstance(item, Unit)], owner, slots)

    def _weight(self, nodes: list[Node], owner: str, slots: list[Slot]) -> Made:
        shapes = [weight.shape for node in nodes for weight in node.operation.weights(node.input_shapes) if not weight.name]
        sizes = [Slot(row, "num_features", owner) for row in zip(*shapes, strict=True)]
        slots.extend(sizes)
        return Made("torch.empty", [(None, size) for size in sizes], is_weight=True)

    def _operation(self, call: Call, nodes: list[Node], owner: str, slots: list[Slot]) -> Made:
        recipes = [self.designs.recipes.of(node) for node in nodes]
        first = recipes[0]
        made = Made(first.target or first.buffer, buffer="" if not first.buffer else "saved" if first.is_saved else "unsaved")
        for position, (keyword, _) in enumerate(first.arguments):
            values = tuple(recipe.arguments[position][1] for recipe in recipes)
            slot = Slot(values, role_of(first.target, position, keyword), owner)
            if slot.role == "groups" and made.arguments and row_of(made.arguments[0][1].values) == row_of(values):
                slot.like = made.arguments[0][1]
            if keyword in first.defaults and slot.is_constant and same(values[0], first.defaults[keyword]):
                continue
            slots.append(slot)
            made.arguments.append((keyword, slot))
        if call.in_place:
            made.arguments.append(("inplace", Slot((True,), "inplace", owner)))
        return made

    def _inner(self, design: Design, units: list[Unit], owner: str, slots: list[Slot]) -> Made:
        if design.form in (Form.NUMBERED, Form.NAMED):
            made = Made("nn.Sequential", is_named=design.form is Form.NAMED)
            numbers = [self.number[unit] for unit in units]
            for call in design.calls:
                items = [call.items[number] for number in numbers]
                made.parts.append((call.path[0], self._made(call, items, slots)))
            return made
        made = Made(design.name, is_inner=True)
        for parameter in self.parameters[design]:
            values = tuple(parameter.values[self.number[unit]] for unit in units)
            slot = Slot(values, parameter.role, owner, wish="" if parameter.name in _COMMON else parameter.name)
            if parameter.default and slot.is_constant and literal(values[0]) == parameter.default:
                continue
            slots.append(slot)
            made.arguments.append((None if parameter.is_positional else parameter.name, slot))
        return made
