"""Scopes of one class become a block: what differs among them is a parameter, a size at hand, or follows from another.

Few rules, in this order, for a column of values that differ: what enters (`in.channels`); an argument of the constructor, under
its name; a multiple or a part of a parameter; a multiple or a part of what enters; a product of both; a parameter of its own.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import field
from fractions import Fraction
from typing import Any

from ...base.records import dataclass
from .columns import channels_of, distinct, equal, extend, is_width, matches, of_sides, product, ratio, same, times, typed, unequal
from .flags import OF_SHORTCUTS, flag, one_width, said_by, simple_tests
from .flat_steps import Sizes, Word
from .list_items import FEWEST, of_items
from .rates import Rate, Rising
from .tree import ABSENT, Body, Call, Column, Item, Loop, Merge, Op, Text, walk
from .unify import ACTIVATIONS
from .words import free_name

NONE = object()
"""A parameter without a default."""

OF_DILATION = ("pad", "start", "stop")

ROLES = {"channels": "width", "features": "width", "count": "depth", "p": "drop", "operation": "act", "pad": "padding"}
"""What a parameter is called where the constructor has no name for it."""


@dataclass(slots=True, eq=False)
class Parameter:
    name: str
    column: Column
    default: Any = NONE
    is_partial: bool = False
    """Whether some places do not read it."""

    def __repr__(self) -> str:
        return self.name

    def at(self, place: int) -> Any:
        """The value at one place; where no step reads it there, its default or any."""
        value = self.column[place]
        if value is not ABSENT:
            return value
        if self.default is not NONE:
            return self.default
        return next(item for item in self.column if item is not ABSENT)


@dataclass(slots=True, eq=False)
class Block:
    name: str
    parameters: list[Parameter]
    body: Body
    indexed: bool = False
    is_flat: bool = False
    """Whether its steps belong to whatever calls it."""
    source: str = ""
    """What it was in the model, as a comment says it."""
    lets: dict[str, str] = field(default_factory=dict)
    """Values that are worked out where the block begins."""

    def __repr__(self) -> str:
        return f"<Block {self.name}({', '.join(map(repr, self.parameters))})>"


@dataclass(slots=True, eq=False)
class Hole:
    """A number in the body: where it stands, and its values."""

    holder: Any
    key: str | None
    column: Column
    entry: Column
    role: str
    is_call: bool = False
    """Whether it is given to a block: the name is that of the block's parameter."""
    is_last: bool = False
    """Whether it stands in the last step with weights."""
    is_size: bool = False
    """Whether it tells how many rows, columns or windows there are."""

    def values(self) -> Column:
        """What stands there by now."""
        if self.key is not None:
            return list(self.holder[self.key])
        return list(self.holder.count if isinstance(self.holder, Loop) else self.holder.operation)

    def fill(self, value: Any) -> None:
        if self.key is not None:
            self.holder[self.key] = [value]
        elif isinstance(self.holder, Loop):
            self.holder.count = [value]
        else:
            self.holder.operation = [value]


def settled(body: Body, around: list[bool]) -> None:
    """Convolutions of each channel by itself get their word; a loop that is not there has no rounds."""
    for item in body.items:
        if isinstance(item, Op) and item.operation[0] == "conv" and "groups" in item.arguments and not item.is_kept:
            places = [place for place, groups in enumerate(item.arguments["groups"]) if groups is not ABSENT]
            if all(item.into[place] is not ABSENT and item.arguments["groups"][place] == item.into[place].shape[0] > 1 for place in places):
                channels = item.arguments.pop("channels")
                item.arguments.pop("groups")
                item.operation = [ABSENT if name is ABSENT else "dwconv" for name in item.operation]
                item.arguments["multiplier"] = [
                    ABSENT if size is ABSENT else size // item.into[place].shape[0] for place, size in enumerate(channels)
                ]
        if isinstance(item, Loop) and not all(there for there, on in zip(item.present, around, strict=True) if on):
            item.count = [0 if value is ABSENT and on else value for value, on in zip(item.count, around, strict=True)]
            item.present = list(around)
        for inner in item.bodies():
            settled(inner, item.present)


def holes(body: Body, around: Sequence[bool]) -> Iterator[Hole]:
    """The numbers of a body that is there at the places `around`; what is optional is a body of its own, with what enters it."""
    before: list[bool] | None = None
    entry = body.entry
    for place, item in enumerate(body.items):
        optional = not all(there for there, on in zip(item.present, around, strict=True) if on)
        if not optional:
            entry = body.entry
        elif item.present != before:
            known = item.body.items[0] if isinstance(item, Loop) and not item.into and item.body.items else item
            entry = body.entry if not place else known.into if len(known.into) == len(body.entry) else [ABSENT] * len(body.entry)
        before = item.present if optional else None
        if isinstance(item, Op):
            yield Hole(item, None, item.operation, entry, "operation")
        if isinstance(item, Loop):
            yield Hole(item, None, item.count, entry, "count")
        if isinstance(item, Op | Merge | Call):
            for key, column in item.arguments.items():
                is_size = key == "sizes" or (isinstance(item, Op) and "rearrange" in item.operation and key != "pattern")
                yield Hole(item.arguments, key, column, entry, key, isinstance(item, Call), is_size=is_size)
        inside = [a and b for a, b in zip(around, item.present, strict=True)]
        for path in item.paths if isinstance(item, Merge) else []:
            yield from holes(path.body, [a and b for a, b in zip(inside, path.present, strict=True)])
        for inner in item.bodies()[len(item.paths) if isinstance(item, Merge) else 0 :]:
            yield from holes(inner, inside)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list) else [value]


class Maker:
    """One block in the making."""

    def __init__(
        self, body: Body, constructor: dict[str, Column], size: int, is_inner: bool = True, counts: Sequence[int] | None = None
    ) -> None:
        self.body, self.constructor, self.size, self.is_inner = body, constructor, size, is_inner
        self.counts = counts or [1] * size
        """How many calls each column stands for."""
        self.parameters: list[Parameter] = []
        self.words: set[str] = set()
        """Names of axes and blocks that stand in the body."""
        self.of_steps: set[str] = set()
        """What a generator calls the width of a step: such a name says nothing that the step does not."""
        self.lets: dict[str, str] = {}
        self.known: list[tuple[str, Callable[[], Column]]] = []
        """Expressions of numbers of channels, for conditions, with how to work them out."""

    def block(self, name: str, indexed: bool) -> Block:
        settled(self.body, [True] * self.size)
        rows = list(holes(self.body, [True] * self.size))
        self.words = {word.text for row in rows for value in row.column for word in _listed(value) if isinstance(word, Word)}
        self.words |= {item.block for item, _ in walk(self.body) if isinstance(item, Call)}
        self.of_steps = {f"{item.label}_{word}" for item, _ in walk(self.body) for word in ("channels", "features") if item.label}
        last = next((row.holder for row in reversed(rows) if is_width(row.role)), None)
        for row in rows:
            row.is_last = row.holder is last
        waiting: list[Hole] = []
        partial: list[Hole] = []
        for row in rows:
            values = distinct(row.column)
            if len(values) <= 1:
                row.fill(values[0] if values else None)
            if len(values) > 1:
                waiting.append(row)
            elif ABSENT in row.column and values and row.role in OF_SHORTCUTS and values[0] != NEUTRAL.get(row.role):
                partial.append(row)
        # What the constructor names comes first, so that others can follow from it.
        # A list is made of numbers that others say.
        waiting.sort(key=lambda row: (any(isinstance(value, list | Sizes) for value in row.column), row.column.count(ABSENT)))
        named = [row for row in waiting if self._of_constructor(row) is not None]
        named.sort(key=lambda row: self._of_constructor(row) in self.of_steps)
        in_order = [*named, *(row for row in waiting if row not in named)]
        if any(row.role == "dilation" for row in waiting):  # padding may follow from it
            in_order.sort(key=lambda row: row.role in OF_DILATION)
        for row in in_order:
            row.fill(self._expression(row))
        for row in waiting:
            # What a parameter turns out to say is not worked out from what enters.
            if isinstance(value := row.values()[0], Text) and value.text.startswith("in.") and value.text[-1].isdigit():
                told = next((item for item in self.parameters if same(row.column, item.column)), None)
                if told is not None:
                    row.fill(Text(told.name))
        for row in partial:
            # One value where it is there: that of a parameter, if that says it (the stride and the width of a shortcut are the block's).
            there = [place for place, value in enumerate(row.column) if value is not ABSENT]
            found = [item.name for item in self.parameters if all(item.column[place] == row.column[place] for place in there)]
            widths = [name for name in found if is_width(name)] if is_width(row.role) else []
            if row.role in found or len(widths) == 1:
                row.fill(Text(row.role if row.role in found else widths[0]))
        if self.is_inner and any(_is_rate(value) for row in rows for value in row.values()):
            self.parameters.append(Parameter(RATE, [Text(RATE)] * self.size))
        self.shown = rows
        for parameter in self.parameters:
            parameter.is_partial = ABSENT in parameter.column
        for parameter in self.parameters:
            parameter.default = _default(parameter, self.counts)
            parameter.column = [parameter.at(place) for place in range(self.size)]
        self._conditions(self.body, [True] * self.size)
        for parameter in self.parameters:
            if parameter.default is NONE:
                parameter.default = _default(parameter, self.counts)
        order = sorted(
            self.parameters, key=lambda row: (row.default is not NONE, row.default is not NONE and not row.name.startswith("kernel"))
        )
        return Block(name, order, self.body, indexed, lets=self.lets)

    # ---------------------------------------------------------------------------------- expressions

    def _of_constructor(self, row: Hole) -> str | None:
        """The argument of the constructor with these values."""
        word, enters = channels_of(row.entry)
        if word and same(row.column, enters):
            return None
        for name, column in self.constructor.items():
            if same(row.column, column) and len(distinct(column)) > 1:
                return name
        return None

    def _expression(self, row: Hole) -> Any:
        column = row.column
        if all(isinstance(value, Rising) for value in column if value is not ABSENT):
            return self._rising(row)
        for parameter in self.parameters:
            if matches(column, parameter.column) and typed(column) is typed(parameter.column):
                extend(parameter.column, column)
                return self._channels(row, parameter, Fraction(1))
        if row.is_size:
            found = self._of_sides(row)
            if found is not None:
                return found
        word, enters = channels_of(row.entry)
        wide = is_width(row.role)
        if word and same(column, enters):
            return Text(f"in.{word}")
        part = ratio(column, enters) if word and wide else None
        if part is not None and part < 1:
            return Text(times(f"in.{word}", part))
        if (told := self._of_dilation(row)) is not None:
            return told
        name = self._of_constructor(row)
        if name is not None:
            told = self._of_parameter(row, FEWEST) if wide and name in self.of_steps else None
            return told or self._parameter(name, row)
        if any(isinstance(value, list | Sizes) for value in column):
            enter = [(f"in.{word}", enters)] if word else []
            listed = of_items(
                column,
                lambda: enter + [(item.name, item.column) for item in self.parameters if typed(item.column) is int],
                lambda item: self._parameter(None, Hole(None, None, item, row.entry, "size")).text,
            )
            if listed is not None:
                return Text(listed)
        if typed(column) is int and row.role in ("start", "stop") and (told := self._of_parameter(row, FEWEST)) is not None:
            return told
        if typed(column) is int and (wide or row.role in ("groups", "count")):
            told = self._of_parameter(row)
            if row.role == "count":  # that there are as many rounds as a sixteenth of the channels is chance
                return told or self._parameter(None, row)
            is_of_heads = told is not None and "heads" in told.text and word and ratio(column, enters) is not None
            if told is not None and not is_of_heads:  # a width that enters says more than a number of heads
                return told
            if word:
                for name, values in [(row_.name, row_.column) for row_ in self.parameters] + list(self.constructor.items()):
                    if typed(values) is int and len(distinct(values)) > 1 and same(column, product(enters, values)):
                        known = next((item for item in self.parameters if item.name == name), None)
                        told = Text(known.name) if known else self._parameter(name, Hole(None, None, list(values), row.entry, name))
                        return Text(f"in.{word} * {told}")
                factor = ratio(column, enters)
                if factor is not None:
                    return Text(times(f"in.{word}", factor))
        return self._parameter(None, row)

    def _of_parameter(self, row: Hole, fewest: int = 2) -> Text | None:
        """A multiple or a part of a parameter, at so many different numbers at least."""
        if len(distinct(row.column)) < fewest:
            return None
        for parameter in self.parameters:
            is_chance = row.role == "count" and is_width(parameter.name)
            if typed(parameter.column) is int and parameter.name not in ("stride", "kernel", "dilation") and not is_chance:
                factor = ratio(row.column, parameter.column)
                if factor is not None:
                    return self._channels(row, parameter, factor)
        return None

    def _of_dilation(self, row: Hole) -> Text | None:
        """Padding, and what is cut off again, that follows from how far apart a window reads."""
        if row.role not in OF_DILATION or len(distinct(row.column)) < FEWEST or typed(row.column) is not int:
            return None
        for parameter in self.parameters:
            factor = ratio(row.column, parameter.column) if parameter.name.startswith("dilation") else None
            if factor is not None:
                return Text(times(parameter.name, factor))
        return None

    def _of_sides(self, row: Hole) -> Text | None:
        """Sizes that are those of what enters, or parts of these; where that is changed by then, the block says them at its beginning."""
        told = of_sides(row.column, row.entry)
        if told is not None:
            return Text(told)
        told = of_sides(row.column, self.body.entry) if not self.body.takes else None
        if told is None:
            return None
        name = next((name for name, text in self.lets.items() if text == told), None)
        if name is None:
            name = free_name(row.role, {*self.words, *self.lets, *(item.name for item in self.parameters)})
            self.lets[name] = told
        return Text(name)

    def _rising(self, row: Hole) -> Text:
        """Rates that rise along a loop: where they begin is a parameter."""
        begins = [value if value is ABSENT else value.first.step for value in row.column]
        if any(not isinstance(begin, int) for begin in begins if begin is not ABSENT):
            return self._parameter(None, row)
        first = next(value for value in row.column if value is not ABSENT)
        more = f"{first.every} * i" if first.every > 1 else "i"
        for parameter in self.parameters:  # the second of two that take turns begins a step later
            if parameter.name == "begin" and same(begins, [value if value is ABSENT else value + 1 for value in parameter.column]):
                return Text(f"{RATE} * (begin + 1 + {more}) / {first.first.steps}")
        told = self._parameter("begin", Hole(None, None, begins, row.entry, "begin"))
        return Text(f"{RATE} * ({told.text} + {more}) / {first.first.steps}")

    def _channels(self, row: Hole, parameter: Parameter, factor: Fraction) -> Text:
        """A parameter, or a multiple or part of it."""
        text = parameter.name if factor == 1 else times(parameter.name, factor)
        if is_width(row.role) and all(text != known for known, _ in self.known):
            self.known.append((text, lambda: [value if value is ABSENT else value * factor for value in parameter.column]))
        return Text(text)

    def _parameter(self, name: str | None, row: Hole) -> Text:
        wanted = name or ROLES.get(row.role, row.role)
        if name is None and is_width(row.role) and not row.is_call:
            wanted = "out_channels" if row.is_last else "width"
        found = free_name(wanted, {*self.words, *self.lets, *(item.name for item in self.parameters)})
        column = list(row.column)
        turns = len(row.holder.body.items) if isinstance(row.holder, Loop) and row.key is None else 1
        if turns > 1 and name is None:
            self.parameters.append(Parameter(found, [count if count is ABSENT else count * turns for count in column]))
            return Text(f"{found} / {turns}")
        before = self._before(row) if name is None else 0
        if before:
            self.parameters.append(Parameter(found, [count if count is ABSENT else count + before for count in column]))
            return Text(f"{found} - {before}")
        if name in self.constructor and typed(self.constructor[name]) in (int, bool, Rate):
            extend(column, self.constructor[name])
        self.parameters.append(Parameter(found, column))
        return self._channels(row, self.parameters[-1], Fraction(1))

    def _before(self, row: Hole) -> int:
        """How many blocks stand before a loop of further ones: the depth of a stage counts them all."""
        around = next((body for item, body in walk(self.body) if item is row.holder), None)
        if not isinstance(row.holder, Loop) or around is None:
            return 0
        first = around.items[: around.items.index(row.holder)]
        inside = row.holder.body.items
        is_all_there = all(isinstance(item, Call) and all(item.present) for item in [*first, *inside]) and len(inside) == 1
        return len(first) if is_all_there else 0

    # ---------------------------------------------------------------------------------- conditions

    def _conditions(self, body: Body, around: list[bool], in_path: bool = False) -> None:
        for item in body.items:
            self._condition(item, body, around, in_path)
            inside = [a and b for a, b in zip(around, item.present, strict=True)] if item.condition is None else item.present
            if isinstance(item, Merge):
                for path in item.paths:
                    if path.present != inside and [p for p, i in zip(path.present, inside, strict=True) if i] != [True] * sum(inside):
                        path.condition = self._when(path.present, inside, body.entry, path.body)
                    self._conditions(path.body, [a and b for a, b in zip(inside, path.present, strict=True)], True)
            for inner in item.bodies()[len(item.paths) if isinstance(item, Merge) else 0 :]:
                self._conditions(inner, inside, in_path)

    def _condition(self, item: Item, body: Body, around: list[bool], in_path: bool) -> None:
        wanted = [there for there, on in zip(item.present, around, strict=True) if on]
        if not all(wanted):
            # A shortcut depends on channels; of other steps that they do so at a place alone is chance.
            by_channels = in_path or (wanted.count(True) > 1 and wanted.count(False) > 1)
            item.condition = self._when(item.present, around, body.entry, Body([item]), item, by_channels)

    def _activation(self, item: Item, around: list[bool]) -> str | None:
        """An activation that is there or not: a parameter that may be `none`."""
        if not isinstance(item, Op) or item.arguments or item.label is not None:
            return None
        value = item.operation[0]
        if isinstance(value, Text):
            parameter = next((row for row in self.parameters if row.name == value.text), None)
            if parameter is None or sum(value == other for row in self.shown for other in row.values()) > 1:
                return None
        elif value in ACTIVATIONS:
            parameter = Parameter(free_name("act", {*self.words, *(row.name for row in self.parameters)}), [value] * self.size)
            self.parameters.append(parameter)
            item.operation = [Text(parameter.name)]
        else:
            return None
        for place, there in enumerate(item.present):
            if around[place] and not there:
                parameter.column[place] = None
        parameter.default = NONE
        return f"{parameter.name} != none"

    def _when(
        self, present: list[bool], around: list[bool], entry: Column, what: Body, item: Item | None = None, by_channels: bool = True
    ) -> str:
        places = [place for place, on in enumerate(around) if on]

        def holds(test: Callable[[int], bool | None]) -> bool:
            return all(test(place) is present[place] for place in places)

        simple = simple_tests(self.parameters, by_channels)
        word, enters = channels_of(entry)
        of_channels: list[tuple[str, Callable[[int], bool | None]]] = []
        for text, make in reversed(self.known) if word and by_channels else []:
            column = make()
            of_channels.append((f"in.{word} != {text}", unequal(enters, column)))
            of_channels.append((f"in.{word} == {text}", equal(enters, column)))
        if word and by_channels and (size := one_width(what)) is not None:
            of_channels.append((f"in.{word} != {size}", unequal(enters, [size] * self.size)))
        own = said_by(self.constructor, present, places)
        if own is not None and item is not None and not any(holds(test) for _, test in of_channels):  # a shortcut is there by the channels
            return self._argument(own)
        for text, test in [*simple, *of_channels]:
            if holds(test):
                return text
        for first, one in simple:
            for second, two in of_channels:
                if holds(lambda place, one=one, two=two: bool(one(place)) or bool(two(place))):  # type: ignore[misc]
                    return f"{first} or {second}"
                if holds(lambda place, one=one, two=two: bool(one(place)) and bool(two(place))):  # type: ignore[misc]
                    return f"{first} and {second}"
        if own is not None:
            return self._argument(own)
        if item is not None and (told := self._activation(item, around)) is not None:
            return told
        name = free_name(flag(what), {*self.words, *(item.name for item in self.parameters)})
        self.parameters.append(Parameter(name, [present[place] if around[place] else ABSENT for place in range(self.size)]))
        return name

    def _argument(self, argument: str) -> str:
        """A parameter of an argument of the constructor, which may be one already."""
        column = self.constructor[argument]
        known = next((row.name for row in self.parameters if row.name == argument and same(row.column, column)), None)
        if known is None:
            known = free_name(argument, {*self.words, *(row.name for row in self.parameters)})
            self.parameters.append(Parameter(known, list(column)))
        return known


RATE = "drop_rate"
"""The parameter of the network of which the rates of `drop_path` are parts; a block in which some stay takes it, too."""


def _is_rate(value: Any) -> bool:
    if isinstance(value, Text):
        return value.text.partition(" ")[0] == RATE
    return isinstance(value, Rising) or (isinstance(value, Rate) and value.step != 0)


NEUTRAL: dict[str, Any] = {"stride": 1, "groups": 1, "dilation": 1, "bias": True}


def _default(parameter: Parameter, counts: Sequence[int]) -> Any:
    """What a call need not say: the neutral value where it is among them, else one that most have."""
    if parameter.name == RATE:
        return NONE
    values: Counter[str] = Counter()
    for value, count in zip(parameter.column, counts, strict=True):
        if value is not ABSENT:
            values[repr(value)] += count
    by_text = {repr(value): value for value in parameter.column if value is not ABSENT}
    for word, value in NEUTRAL.items():
        if word in parameter.name and repr(value) in values:
            return value
    text, most = values.most_common(1)[0]
    value = by_text[text]
    if isinstance(value, bool) or parameter.name.startswith(("kernel", "act")) or parameter.is_partial:
        return value
    is_wide = any(word in parameter.name for word in ("width", "channels", "features", "planes", "depth", "ch"))
    return value if not is_wide and 2 * most > sum(values.values()) else NONE
