"""Which slots of a class share a parameter, and what the parameters are called."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ...base.records import dataclass
from ..ops.base import literal
from ..ops.parameters import Plain
from .arguments import Parameter, Slot, is_plain, kind_of
from .designs import Design
from .identifiers import Namer, variable_name
from .torch_defaults import CHANNELS
from .units import Unit

Row = tuple[tuple[str, object], ...]
"""The value in each instance, with its type: 1 is not True, 2 is not 2.0."""

_ROLES = {
    "stride": "stride",
    "kernel": "kernel_size",
    "kernel_size": "kernel_size",
    "pad": "padding",
    "padding": "padding",
    "groups": "groups",
    "dilation": "dilation",
    "bias": "bias",
}
"""Names that say what a number is for: one that happens to vary as the stride does is not called `stride`."""

_MULTIPLES = range(2, 9)


def row_of(values: Sequence[object]) -> Row:
    return tuple((kind_of(value), value) for value in values)


def lift(design: Design, slots: Sequence[Slot]) -> list[Parameter]:
    """Give each slot that varies the text that stands for it; the parameters, in the order of the constructor."""
    if all(slot.is_constant for slot in slots):
        return []
    lifter = _Lifter(design)
    waiting: list[Slot] = []
    for slot in slots:
        if slot.is_constant or slot.like is not None:
            continue
        if not lifter.by_author(slot):
            waiting.append(slot)
    for slot in waiting:
        lifter.by_role(slot)
    for slot in slots:
        if slot.like is not None:
            slot.parameter = slot.like.parameter
    return lifter.in_order()


@dataclass(slots=True, eq=False)
class _Lifter:
    design: Design
    found: dict[tuple[object, ...], Parameter] = field(default_factory=dict)
    namer: Namer = field(default_factory=Namer)
    author: dict[Row, list[str]] = field(init=False)
    entering: Row = field(init=False)
    leaving: Row = field(init=False)

    def __post_init__(self) -> None:
        self.author = _author_names(self.design)
        self.entering = row_of([_channels(_first(unit)) for unit in self.design.units])
        self.leaving = row_of([_channels(_last(unit)) for unit in self.design.units])

    def by_author(self, slot: Slot) -> bool:
        """Whether the block's author has a name for what varies so."""
        for named in self.author.get(row_of(slot.values), ()):
            name, _, part = named.partition("[")
            if name in _ROLES and _ROLES[name] != slot.role:
                continue
            parameter = self.found.get((name,))
            if parameter is None:
                values = tuple(unit.scope.values[name] for unit in self.design.units)
                parameter = self._add((name,), variable_name(name), slot, values)  # type: ignore[arg-type]
            slot.parameter = f"{parameter.name}[{part}" if part else parameter.name
            return True
        return False

    def by_role(self, slot: Slot) -> None:
        """A parameter named for what it is to PyTorch; of channels, a multiple of others where it is one."""
        row = row_of(slot.values)
        is_channels = slot.role in CHANNELS
        key = (row, "channels" if is_channels else slot.role)
        parameter = self.found.get(key)
        if parameter is None and is_channels:
            if row == self.entering:
                parameter = self._add(key, "in_channels", slot, slot.values)
            elif row == self.leaving:
                parameter = self._add(key, "out_channels", slot, slot.values)
            else:
                slot.parameter = self._multiple(slot)
                if slot.parameter:
                    return
                parameter = self._add(key, slot.wish or (f"{slot.owner}_channels" if slot.owner else "channels"), slot, slot.values)
        elif parameter is None:
            parameter = self._add(key, slot.role, slot, slot.values)
        slot.parameter = parameter.name

    def _multiple(self, slot: Slot) -> str:
        for parameter in self.found.values():
            if parameter.role not in CHANNELS:
                continue
            pairs = list(zip(slot.values, parameter.values, strict=True))
            if not all(isinstance(one, int) and isinstance(other, int) for one, other in pairs):
                continue
            for factor in _MULTIPLES:
                if all(one == factor * other for one, other in pairs):  # type: ignore[operator]
                    return f"{factor} * {parameter.name}"
        return ""

    def _add(self, key: tuple[object, ...], wish: str, slot: Slot, values: tuple[Plain, ...]) -> Parameter:
        name = self.namer.give(wish, f"{slot.owner}_{wish}" if slot.owner else wish)
        parameter = self.found[key] = Parameter(name, slot.role, _type_of(values), values)
        if slot.role not in CHANNELS and not all(isinstance(value, tuple) for value in values):
            parameter.default = _usual(values)
        return parameter

    def in_order(self) -> list[Parameter]:
        """Channels that enter first, then as the author has them, then the others; those with a default last."""
        order = {variable_name(name): position for position, name in enumerate(self.design.units[0].scope.values)}

        def place(row: Parameter) -> tuple[bool, bool, bool, int]:
            return (bool(row.default), not row.is_positional, row.name != "in_channels", order.get(row.name, len(order)))

        return sorted(self.found.values(), key=place)


def _author_names(design: Design) -> dict[Row, list[str]]:
    """The author's names for each row of values: parameters and `let`s of the block, and parts of lists as `name[0]`."""
    found: dict[Row, list[str]] = {}
    scopes = [unit.scope for unit in design.units]
    for name in scopes[0].values:
        values = [scope.values.get(name) for scope in scopes]
        if not all(is_plain(value) for value in values):
            continue
        found.setdefault(row_of(values), []).append(name)
        lists = [value for value in values if isinstance(value, tuple)]
        if len(lists) == len(values) and len({len(value) for value in lists}) == 1:
            for position in range(len(lists[0])):
                found.setdefault(row_of([value[position] for value in lists]), []).append(f"{name}[{position}]")
    return found


def _first(unit: Unit) -> tuple[int, ...]:
    """The shape that enters first; where nothing does, as in what begins with a learned tensor, the one that is made first."""
    item = unit.calls[0]
    while isinstance(item, Unit):
        item = item.calls[0]
    return item.input_shapes[0] if item.input_shapes else item.shape


def _last(unit: Unit) -> tuple[int, ...]:
    item = unit.calls[-1]
    while isinstance(item, Unit):
        item = item.calls[-1]
    return item.shape


def _channels(shape: tuple[int, ...]) -> int:
    return shape[-1] if len(shape) == 2 else shape[0] if shape else 1


def _usual(values: tuple[Plain, ...]) -> str:
    """The value that more than half of the instances have, as text; "" where there is none."""
    count: dict[str, int] = {}
    for value in values:
        text = literal(value)
        count[text] = count.get(text, 0) + 1
    best = max(count, key=lambda text: count[text])
    return best if 2 * count[best] > len(values) else ""


def _type_of(values: tuple[Plain, ...]) -> str:
    """The type of a parameter with these values."""
    kinds = sorted({_type(value) for value in values})
    return "float" if kinds == ["float", "int"] else " | ".join(kinds)


def _type(value: Plain) -> str:
    if isinstance(value, tuple):
        return f"tuple[{', '.join(_type(item) for item in value)}]" if value else "tuple[()]"
    return "None" if value is None else type(value).__name__
