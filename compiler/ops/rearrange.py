"""Axes split, put in another order and joined, told by a pattern in the manner of einops: windows, heads, shuffles in one line."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from math import lcm
from typing import ClassVar, TypeAlias

from ...base.records import dataclass
from .axis_names import AXIS_NAMES, Axes, axis_name
from .base import Backward, Family, Operation, Refusal, Shape, Shapes, product, show
from .parameters import BadValue, Kind, OpenSizes, Plain, parameter
from .patterns import quoted, reordered, without_batch
from .strides import Layout, in_order, permuted, squeezed, unsqueezed, viewed

Side: TypeAlias = tuple[tuple[str, ...], ...]
"""Each axis of one side with the names of its factors: `(h p) c` is `(("h", "p"), ("c",))`, and `1` is `()`."""

REST = "..."
MOST_TRIED = 100_000
"""A size of which all divisors are looked for."""
_TOKEN = re.compile(r"\s*(\.\.\.|…|[()]|[^\W\d]\w*|\d+|\S)")
_NAME = re.compile(r"[^\W\d]\w*")


def read_side(text: str) -> Side:
    """One side of a pattern."""
    axes: list[tuple[str, ...]] = []
    group: list[str] | None = None
    for token in _TOKEN.findall(text):
        if token == "(":
            if group is not None:
                raise BadValue("a pattern without brackets in brackets")
            group = []
        elif token == ")":
            if group is None:
                raise BadValue("a pattern in which each `)` closes a `(`")
            axes.append(tuple(group))
            group = None
        elif token in (REST, "…"):
            if group is not None:
                raise BadValue("a pattern in which `...` stands outside of brackets")
            axes.append((REST,))
        elif token == "1" and group is None:
            axes.append(())
        elif not _NAME.fullmatch(token):
            what = f"`{token}`" if not token.isdigit() else f"the number {token} (give it a name, and the name its size: `p = {token}`)"
            raise BadValue(f"a pattern of names, brackets, `1` and `...`, without {what}")
        elif group is not None:
            group.append(token)
        else:
            axes.append((token,))
    if group is not None:
        raise BadValue("a pattern in which each `(` is closed")
    return tuple(axes)


def factors(side: Side) -> list[str]:
    return [name for axis in side for name in axis]


@dataclass(frozen=True, slots=True)
class Pattern(Kind):
    """`"(h p) (w q) c -> (h w) (p q) c"`: the axes that come in, without the batch, and those that go out."""

    def read(self, value: object) -> Plain:
        if not isinstance(value, str) or value.count("->") != 1:
            raise self.refuse()
        sides = [read_side(text) for text in value.split("->")]
        for side, text in zip(sides, value.split("->"), strict=True):
            names = factors(side)
            twice = next((name for name in names if names.count(name) > 1), None)
            if twice is not None:
                raise BadValue(f"a pattern that names each axis of a side once, and not `{twice}` twice in `{text.strip()}`")
            if not side:
                raise BadValue("a pattern with axes on both sides")
        before, after = (factors(side) for side in sides)
        alone = [*(name for name in before if name not in after), *(name for name in after if name not in before)]
        if alone:
            told = f"`{alone[0]}` stands on the {'left' if alone[0] in before else 'right'} alone"
            told += f", and `{alone[-1]}` on the right" if alone[0] in before and alone[-1] in after else ""
            raise BadValue(f"a pattern with the same names on both sides: {told}")
        return " ".join(value.split())


@dataclass(frozen=True, slots=True)
class Step:
    """One call on the way: `split` an axis into sizes, `drop` or `add` one of size 1, `order` all, `join` several. Axes have the batch."""

    kind: str
    axis: int = 0
    sizes: tuple[int, ...] = ()
    free: int = -1
    """Which of the sizes of a `split` is not written."""

    def shape(self, sizes: tuple[int, ...]) -> tuple[int, ...]:
        before, after = sizes[: self.axis], sizes[self.axis :]
        if self.kind == "split":
            return (*before, *self.sizes, *after[1:])
        if self.kind == "drop":
            return (*before, *after[1:])
        if self.kind == "add":
            return (*before, 1, *after)
        if self.kind == "join":
            count = self.sizes[0]
            return (*before, product(after[:count]), *after[count:])
        return tuple(sizes[axis] for axis in self.sizes)

    def call(self) -> str:
        if self.kind == "split":
            return f".unflatten({self.axis}, ({', '.join('-1' if place == self.free else str(size) for place, size in enumerate(self.sizes))}))"
        if self.kind == "join":
            return f".flatten({self.axis}, {self.axis + self.sizes[0] - 1})"
        if self.kind == "order":
            return f".permute({', '.join(map(str, self.sizes))})"
        return f".squeeze({self.axis})" if self.kind == "drop" else f".unsqueeze({self.axis})"


@dataclass(frozen=True, slots=True)
class Rearrange(Operation):
    name: ClassVar[str] = "rearrange"
    family: ClassVar[Family] = "shape"
    is_view: ClassVar[bool] = True
    gradient_is_view: ClassVar[bool] = True
    summary: ClassVar[str] = (
        'Axes split, reordered and joined as a pattern says: `rearrange("c (h p) (w q) -> (h w) (p q) c", p = 7, q = 7)` cuts an image into '
        "windows of 7x7. The batch is not written; an axis that one of the names of axes stands for, alone or with factors (`(height p)`), has that name."
    )
    reference: ClassVar[str] = "einops.rearrange"
    onnx: ClassVar[str] = "Reshape, Transpose"

    pattern: str = parameter(
        Pattern('a pattern, `"c (h p) w -> h w (p c)"`, with `->` between the axes that come in and those that go out'),
        "the axes before and after: a name each, brackets around those that are one, `1` for an axis of size 1, `...` for all others",
    )
    sizes: tuple[tuple[str, int], ...] = parameter(
        OpenSizes("a whole number, at least 1"),
        "the size of a name, by that name: of those in one pair of brackets all but one are written",
        (),
    )

    def _sides(self) -> tuple[Side, Side]:
        before, after = self.pattern.split("->")
        return read_side(before), read_side(after)

    def _full(self, shape: Shape) -> tuple[Side, Side]:
        """Both sides, with the axes of `...` one by one."""
        before, after = self._sides()
        count = len(shape) - len(before) + 1
        rest = tuple((f"{REST}{number}",) for number in range(count))
        if (REST,) not in before:
            return before, after
        return tuple(tuple(_spread(side, rest)) for side in (before, after))  # type: ignore[return-value]

    def _known(self, shape: Shape) -> dict[str, int]:
        """The size of each name, or `Refusal`."""
        known = dict(self.sizes)
        before, _ = self._full(shape)
        strange = next((name for name in known if name not in factors(before)), None)
        if strange is not None:
            raise Refusal(
                "E334", f"`{self.pattern}` has no axis `{strange}`", parameter=strange, help=f"its names are {', '.join(factors(before))}"
            )
        written = len([axis for axis in self._sides()[0] if axis != (REST,)])
        if len(before) != len(shape) or written > len(shape):
            raise self._other_count(shape, written)
        for axis, (names, size) in enumerate(zip(before, shape, strict=True)):
            self._divide(axis, names, size, shape, known)
        return known

    def _other_count(self, shape: Shape, written: int) -> Refusal:
        bare = without_batch(self.pattern)
        told = bare is not None and self._fits(bare, shape)
        return Refusal(
            "E334",
            f"`{self.pattern.split('->')[0].strip()}` has {_axes(written)}, and the input {show(shape)} has {len(shape)}",
            parameter="pattern",
            operand=0,
            help=f"the batch is not written: `{bare}`" if told else "the batch is not written; `...` stands for any further axes",
            argument=("pattern", quoted(str(bare))) if told else None,
        )

    def _fits(self, pattern: str, shape: Shape) -> bool:
        try:
            replace(self, pattern=pattern).output((shape,))
        except (BadValue, Refusal):
            return False
        return True

    def _divide(self, axis: int, names: tuple[str, ...], size: int, shape: Shape, known: dict[str, int]) -> None:
        """Find the one size of an axis that is not written."""
        free = [name for name in names if name not in known]
        told = product([known[name] for name in names if name in known])
        where = f"{axis_name(axis, shape)} ({size}) of {show(shape)}"
        spelled = f"({' '.join(names)})" if len(names) > 1 else f"`{''.join(names) or 1}`"
        if len(free) > 1:
            raise Refusal(
                "E334",
                f"the sizes of {' and '.join(f'`{name}`' for name in free)} in {spelled} are not known: together they make {where}",
                parameter="pattern",
                operand=0,
                axis=axis,
                help=f"write all but one of them: `{free[-1]} = …`, which divides {size // told if size % told == 0 else size}"
                + (f": {_listed(size // told)}" if size % told == 0 else ""),
            )
        if (size % told or size < told) if free else size != told:
            given = [name for name in names if name in dict(self.sizes)]
            fitting = {name: found for name in given if (found := _sizes_that_fit(name, names, size, known))}
            given.sort(key=lambda name: name not in fitting)
            raise Refusal(
                "E310" if free else "E334",
                f"{where} is not divisible by {_product(names, known)} of `rearrange`"
                if free
                else f"{where} stands for {spelled} of the pattern, which is {told}",
                parameter=given[0] if given else "pattern",
                beside=tuple(given[1:]),
                operand=0,
                axis=axis,
                suggestions=fitting.get(given[0], ()) if given else (),
            )
        for name in free:
            known[name] = size // told

    def _steps(self, shape: Shape) -> tuple[Step, ...]:
        before, after = self._full(shape)
        known, given = self._known(shape), dict(self.sizes)
        steps: list[Step] = []
        names: list[str] = []
        for group in before:
            if len(group) > 1:
                free = next((place for place, name in enumerate(group) if name not in given), -1)
                steps.append(Step("split", len(names) + 1, tuple(known[name] for name in group), free))
            elif not group:
                steps.append(Step("drop", len(names) + 1))
            names += group
        order = [names.index(name) + 1 for name in factors(after)]
        if order != sorted(order):
            steps.append(Step("order", 0, (0, *order)))
        place = 1
        for group in after:
            if len(group) != 1:
                steps.append(Step("join", place, (len(group),)) if group else Step("add", place))
            place += 1
        return tuple(steps)

    def loosened(self, inputs: Shapes) -> Iterator[tuple[Operation, str]]:
        for name in dict(self.sizes):
            kept = tuple(row for row in dict(self.sizes).items() if row[0] != name)
            said = "".join(f", {word} = {size}" for word, size in kept)
            yield replace(self, sizes=kept), f"{self.name}({quoted(self.pattern)}{said})"

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        """A name of an axis in the pattern is that axis, or it is refused."""
        before, _ = self._full(inputs[0])
        if len(before) == len(names[0]):
            for axis, (group, there) in enumerate(zip(before, names[0], strict=True)):
                if len(group) == 1 and group[0] in AXIS_NAMES and there not in ("", group[0]):
                    ordered = reordered(self.pattern, 0, names[0])
                    raise Refusal(
                        "E334",
                        f"`{group[0]}` of the pattern stands where the input {show(inputs[0])} has its {there}",
                        parameter="pattern",
                        operand=0,
                        axis=axis,
                        help=f"the axes that come in are {' '.join(name or 'one without a name' for name in names[0])}"
                        + (f": `{ordered}`" if ordered is not None else ""),
                        argument=("pattern", quoted(ordered)) if ordered is not None else None,
                    )
        return self

    def output(self, inputs: Shapes) -> Shape:
        known = self._known(inputs[0])
        return tuple(product([known[name] for name in group]) for group in self._full(inputs[0])[1])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        before, after = self._full(inputs[0])
        whole = {group[0]: there for group, there in zip(before, names[0], strict=True) if len(group) == 1}
        found = [whole.get(group[0], "") if len(group) == 1 else "" for group in after]
        origin = {name: there for group, there in zip(before, names[0], strict=True) for name in group}
        found = [name or _named(group, origin) for name, group in zip(found, after, strict=True)]
        return tuple(name if found.count(name) == 1 else "" for name in found)

    def does_nothing(self, inputs: Shapes, output: Shape) -> bool:
        before, after = self._full(inputs[0])
        return before == after

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        return _followed(inputs[0], self._steps(inputs[0].sizes[1:]))[0]

    def is_copied(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> bool:
        return _followed(inputs[0], self._steps(inputs[0].sizes[1:]))[1]

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        return _undone(back.gradient, self._steps(back.inputs[0]), back.sizes(0))[0]

    def copies_gradient(self, back: Backward) -> bool:
        return _undone(back.gradient, self._steps(back.inputs[0]), back.sizes(0))[1]

    def divisor(self, inputs: Shapes) -> int:
        given = dict(self.sizes)
        return lcm(*(product([given.get(name, 1) for name in group]) for group in self._full(inputs[0])[0]))

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return names[0] + "".join(step.call() for step in self._steps(inputs[0]))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        """The pattern, and how large the parts are that it names: letters alone say nothing to who sees them in a picture."""
        return ", ".join([self.pattern, *(f"{name} = {size}" for name, size in self.sizes)])


def _named(group: Sequence[str], origin: Mapping[str, str]) -> str:
    """The axis that a group is, where one factor says so and none was part of another axis: `(height p)` is the height, `(height width)` neither."""
    named = [name for name in group if name in AXIS_NAMES]
    return named[0] if len(named) == 1 and (len(group) == 1 or all(origin[name] in ("", named[0]) for name in group)) else ""


def _sizes_that_fit(name: str, names: Sequence[str], size: int, known: Mapping[str, int]) -> tuple[Plain, ...]:
    """What a size that is written may be instead, the others left: those nearest to it, below and above."""
    rest, left = divmod(size, product([known[other] for other in names if other in known and other != name]))
    if left:
        return ()
    fitting = [number for number in _divisors(rest) if number > 1] if any(other not in known for other in names) else [rest]
    below, above = ([number for number in fitting if number < known[name]], [number for number in fitting if number > known[name]])
    return (*below[-1:], *above[:1])


def _axes(count: int) -> str:
    return f"{count} {'axis' if count == 1 else 'axes'}"


def _divisors(number: int) -> list[int]:
    return [row for row in range(1, number + 1) if number % row == 0] if number <= MOST_TRIED else []


def _listed(number: int) -> str:
    found = _divisors(number)
    return ", ".join(map(str, found[1:-1][:6])) or f"1 or {number}"


def _spread(side: Side, rest: Side) -> list[tuple[str, ...]]:
    return [group for axis in side for group in (rest if axis == (REST,) else (axis,))]


def _product(names: Sequence[str], known: dict[str, int]) -> str:
    rows = [f"{name} = {known[name]}" for name in names if name in known]
    told = product([known[name] for name in names if name in known])
    return rows[0] if len(rows) == 1 else f"{told} ({', '.join(rows)})"


def _moved(layout: Layout, sizes: tuple[int, ...]) -> tuple[Layout, bool]:
    made = viewed(layout, sizes)
    return (in_order(sizes), True) if made is None else (made, False)


def _followed(layout: Layout, steps: Sequence[Step]) -> tuple[Layout, bool]:
    """How what comes out lies, and whether it was copied."""
    copied = False
    for step in steps:
        if step.kind == "order":
            layout = permuted(layout, step.sizes)
        elif step.kind == "add":
            layout = unsqueezed(layout, step.axis)
        elif step.kind == "drop":
            layout = squeezed(layout, step.axis)
        else:
            layout, once = _moved(layout, step.shape(layout.sizes))
            copied |= once
    return layout, copied


def _undone(layout: Layout, steps: Sequence[Step], sizes: tuple[int, ...]) -> tuple[Layout, bool]:
    """The same of the gradient, from the last call to the first."""
    shapes = [sizes]
    for step in steps:
        shapes.append(step.shape(shapes[-1]))
    copied = False
    for step, shape in zip(reversed(steps), reversed(shapes[:-1]), strict=True):
        if step.kind == "order":
            layout = permuted(layout, [step.sizes.index(axis) for axis in range(len(step.sizes))])
        elif step.kind == "add":
            layout = squeezed(layout, step.axis)
        elif step.kind == "drop":
            layout = unsqueezed(layout, step.axis)
        else:
            layout, once = _moved(layout, shape)
            copied |= once
    return layout, copied


OPERATIONS: tuple[type[Operation], ...] = (Rearrange,)
