"""Numbers to parameters: what the instances of a class differ in is lifted into its constructor.

A slot is one argument in the text of a class. Where all instances agree it is a literal, else a parameter, shared by
all slots of the same kind that vary alike, and named as the block's author named it where that can be seen.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property

from ..ops.parameters import Plain
from ..program import Node
from .designs import Call, Design, Designs, Form
from .names import Namer, variable_name
from .torch_defaults import CHANNELS, role_of
from .units import Unit


@dataclass(slots=True, eq=False)
class Slot:
    """An argument's value in each instance. `role` is what the constructor calls it, `owner` whose argument it is."""

    values: tuple[Plain, ...]
    role: str
    owner: str
    parameter: str = ""

    @property
    def is_constant(self) -> bool:
        first = self.values[0]
        return all(value is first or _same(value, first) for value in self.values)

    @property
    def text(self) -> str:
        return self.parameter or literal(self.values[0])

    @property
    def number(self) -> int | None:
        """The number that stands here in the text."""
        value = self.values[0]
        return value if not self.parameter and isinstance(value, int) and not isinstance(value, bool) else None


@dataclass(slots=True, eq=False)
class Made:
    """An expression that makes a module: a constructor with arguments, or an `nn.Sequential` of others.

    `is_weight`: it makes a weight that has no module. `is_inner`: `target` is a class of ours.
    """

    target: str
    arguments: list[tuple[str | None, Slot]] = field(default_factory=list)
    parts: list[tuple[str, Made]] = field(default_factory=list)
    is_named: bool = False
    is_inner: bool = False
    is_weight: bool = False


@dataclass(slots=True, eq=False)
class Parameter:
    """A parameter of a class's constructor, its type, and its default as text ("" for none)."""

    name: str
    role: str
    kind: str
    values: tuple[Plain, ...]
    default: str = ""


@dataclass(slots=True, eq=False)
class Class:
    """A design that becomes a class, with its parameters and what it declares."""

    design: Design
    parameters: list[Parameter]
    members: list[tuple[Call, Made]]


def literal(value: Plain) -> str:
    """A value as Python text."""
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    if isinstance(value, tuple):
        return "(" + ", ".join(literal(item) for item in value) + ("," if len(value) == 1 else "") + ")"
    return repr(value)


def _same(one: Plain, other: Plain) -> bool:
    return one == other and _kind_of(one) == _kind_of(other)


def _kind_of(value: object) -> str:
    return "tuple" if isinstance(value, tuple) else type(value).__name__


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
        self.parameters[design] = _lift(design, slots)
        return Class(design, self.parameters[design], members)

    def _made(self, call: Call, items: Sequence[Node | Unit], slots: list[Slot]) -> Made:
        owner = next((part for part in reversed(call.path) if part.isidentifier()), "")
        if call.design is None:
            nodes = [item for item in items if isinstance(item, Node)]
            return self._weight(nodes, owner, slots) if call.has_bare_weight else self._operation(call, nodes, owner, slots)
        return self._inner(call.design, [item for item in items if isinstance(item, Unit)], owner, slots)

    def _weight(self, nodes: list[Node], owner: str, slots: list[Slot]) -> Made:
        shapes = [weight.shape for node in nodes for weight in node.operation.weights(node.input_shapes) if not weight.name]
        sizes = [Slot(row, "num_features", owner) for row in zip(*shapes, strict=True)]
        slots.extend(sizes)
        return Made("torch.empty", [(None, size) for size in sizes], is_weight=True)

    def _operation(self, call: Call, nodes: list[Node], owner: str, slots: list[Slot]) -> Made:
        recipes = [self.designs.recipes.of(node) for node in nodes]
        first = recipes[0]
        made = Made(first.target)
        for position, (keyword, _) in enumerate(first.arguments):
            values = tuple(recipe.arguments[position][1] for recipe in recipes)
            slot = Slot(values, role_of(first.target, position, keyword), owner)
            if keyword in first.defaults and slot.is_constant and _same(values[0], first.defaults[keyword]):
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
            slot = Slot(values, parameter.role, owner)
            if parameter.default and slot.is_constant and literal(values[0]) == parameter.default:
                continue
            slots.append(slot)
            made.arguments.append((parameter.name if parameter.default else None, slot))
        return made


# ------------------------------------------------------------------------------------------------- lifting


class _Author:
    """What the block's author named: the values of parameters and `let`s in each instance."""

    def __init__(self, design: Design) -> None:
        self.design = design

    @cached_property
    def names(self) -> dict[tuple[Plain, ...], str]:
        """The name of each row of values that varies; the first of those that vary alike. Parts of lists are `name[0]`."""
        found: dict[tuple[object, ...], str] = {}
        scopes = [unit.scope for unit in self.design.units]
        for name in scopes[0].values:
            row = tuple(scope.values.get(name) for scope in scopes)
            if all(_is_plain(value) for value in row):
                found.setdefault(_key(row), name)
                if all(isinstance(value, tuple) and len(value) == len(row[0]) for value in row):  # type: ignore[arg-type]
                    for position in range(len(row[0])):  # type: ignore[arg-type]
                        found.setdefault(_key([value[position] for value in row]), f"{name}[{position}]")  # type: ignore[index]
        return found  # type: ignore[return-value]

    def values(self, name: str) -> tuple[Plain, ...]:
        return tuple(unit.scope.values[name] for unit in self.design.units)  # type: ignore[misc]

    @cached_property
    def channels(self) -> tuple[tuple[object, ...], tuple[object, ...]]:
        """The channels that enter and that leave, in each instance."""
        entering, leaving = [], []
        for unit in self.design.units:
            first = unit.calls[0]
            last = unit.calls[-1]
            while isinstance(first, Unit):
                first = first.calls[0]
            while isinstance(last, Unit):
                last = last.calls[-1]
            entering.append(_channels(first.input_shapes[0]))
            leaving.append(_channels(last.shape))
        return _key(entering), _key(leaving)


def _channels(shape: tuple[int, ...]) -> int:
    return shape[-1] if len(shape) == 2 else shape[0]


def _key(row: Sequence[object]) -> tuple[object, ...]:
    """Values that can be told apart by type, too: 1 is not True, 2 is not 2.0."""
    return tuple((_kind_of(value), value) for value in row)


def _is_plain(value: object) -> bool:
    if isinstance(value, tuple):
        return all(_is_plain(item) for item in value)
    return value is None or isinstance(value, int | float | str)


def _lift(design: Design, slots: list[Slot]) -> list[Parameter]:
    """Give each slot that varies its parameter; what the author named comes in the author's order."""
    author = _Author(design)
    namer = Namer()
    found: dict[tuple[object, ...], Parameter] = {}
    for slot in slots:
        if slot.is_constant:
            continue
        key = _key(slot.values)
        is_channels = slot.role in CHANNELS
        named = author.names.get(key, "")
        name, _, part = named.partition("[")
        group = (name,) if name else (key, "channels" if is_channels else slot.role)
        parameter = found.get(group)
        if parameter is None:
            wish = variable_name(name or _name_for(slot, key, author, is_channels))
            values = author.values(name) if name else slot.values
            role = ("in_channels" if wish == "in_channels" else "out_channels") if is_channels else slot.role
            parameter = found[group] = Parameter(namer.give(wish, f"{slot.owner}_{wish}" if slot.owner else wish), role, _kind(values), values)
        slot.parameter = f"{parameter.name}[{part}" if part else parameter.name
    order = {variable_name(name): position for position, name in enumerate(design.units[0].scope.values)}
    parameters = list(found.values())
    for parameter in parameters:
        if parameter.role not in CHANNELS:
            parameter.default = _usual(parameter.values)
    return sorted(parameters, key=lambda row: (bool(row.default), row.name != "in_channels", order.get(row.name, len(order))))


def _name_for(slot: Slot, key: tuple[object, ...], author: _Author, is_channels: bool) -> str:
    if not is_channels:
        return slot.role
    entering, leaving = author.channels
    if key == entering:
        return "in_channels"
    if key == leaving:
        return "out_channels"
    return f"{slot.owner}_channels" if slot.owner else "channels"


def _usual(values: tuple[Plain, ...]) -> str:
    """The value that more than half of the instances have, as text; "" where there is none."""
    count: dict[str, int] = {}
    for value in values:
        text = literal(value)
        count[text] = count.get(text, 0) + 1
    best = max(count, key=lambda text: count[text])
    return best if 2 * count[best] > len(values) else ""


def _kind(values: tuple[Plain, ...]) -> str:
    """The type of a parameter with these values."""
    kinds = sorted({_type(value) for value in values})
    if kinds == ["float", "int"]:
        return "float"
    return " | ".join(kinds)


def _type(value: Plain) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(_type(item) for item in value)}]" if value else "tuple[()]"
    return "None" if value is None else type(value).__name__
