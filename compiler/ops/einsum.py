"""Sums of products along axes that a pattern names: `einsum("h l d, h s d -> h l s") { | … | … }`."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from string import ascii_letters
from typing import ClassVar, TypeAlias

from ...base.records import dataclass
from .axis_names import AXIS_NAMES, Axes
from .base import Backward, Family, Operation, Refusal, Saved, Shape, Shapes, copied_gradient, product, show
from .parameters import BadValue, Kind, Plain, parameter
from .patterns import quoted, reordered, without_batch
from .strides import Layout, elementwise, in_order, permuted, viewed

Sides: TypeAlias = tuple[tuple[str, ...], tuple[str, ...], tuple[str, ...]]
"""The names of the axes of the first path, of the second, and of what comes out."""

_NAME = re.compile(r"[^\W\d]\w*")


def read_sides(pattern: str) -> Sides:
    before, _, after = pattern.partition("->")
    left, _, right = before.partition(",")
    return tuple(left.split()), tuple(right.split()), tuple(after.split())


@dataclass(frozen=True, slots=True)
class Products(Kind):
    """`"h l d, h s d -> h l s"`: the axes of two paths, without the batch, and those that go out."""

    def read(self, value: object) -> Plain:
        if not isinstance(value, str) or value.count("->") != 1 or value.count(",") != 1 or value.index(",") > value.index("->"):
            raise self.refuse()
        sides = read_sides(value)
        for side in sides:
            strange = next((name for name in side if not _NAME.fullmatch(name)), None)
            if strange is not None:
                raise BadValue(f"a pattern of names alone, without `{strange}`")
            twice = next((name for name in side if side.count(name) > 1), None)
            if twice is not None:
                raise BadValue(f"a pattern that names each axis of a side once, and not `{twice}` twice in `{' '.join(side)}`")
        left, right, after = sides
        for name in after:
            if name not in left and name not in right:
                raise BadValue(f"a pattern in which `{name}`, which goes out, comes in")
        for name in (*left, *right):
            if (name in left) != (name in right) and name not in after:
                raise BadValue(f'a pattern in which `{name}` of one path alone goes out (`reduce("sum", …)` before it sums that axis)')
        if not all(sides):
            raise BadValue("a pattern with axes on all three sides")
        return f"{' '.join(left)}, {' '.join(right)} -> {' '.join(after)}"


@dataclass(frozen=True, slots=True)
class Einsum(Operation):
    name: ClassVar[str] = "einsum"
    family: ClassVar[Family] = "merge"
    summary: ClassVar[str] = (
        'Sums of products of two paths, told by the names of their axes: `einsum("h l d, h s d -> h l s")` compares queries with keys. '
        "What goes out no more is summed along. The batch is not written."
    )
    reference: ClassVar[str] = "torch.einsum"
    onnx: ClassVar[str] = "Einsum"
    came_with_names: ClassVar[bool] = True
    least_inputs: ClassVar[int] = 2
    most_inputs: ClassVar[int | None] = 2
    output_may_be_overwritten: ClassVar[bool] = True

    pattern: str = parameter(
        Products('a pattern, `"h l d, h s d -> h l s"`: the axes of two paths, `->`, and those that go out'),
        "the names of the axes of both paths and, behind `->`, of those that go out",
    )

    def _sizes(self, inputs: Shapes) -> dict[str, int]:
        """The size of each name, or `Refusal`."""
        sizes: dict[str, int] = {}
        for number, (side, shape) in enumerate(zip(read_sides(self.pattern), inputs, strict=False)):
            if len(side) != len(shape):
                bare = without_batch(self.pattern)
                told = bare is not None and self._fits(bare, inputs)
                apart = " ".join("".join(side)) if max(map(len, side)) > 1 and len("".join(side)) == len(shape) else ""
                raise Refusal(
                    "E334",
                    f"`{' '.join(side)}` names {len(side)} {'axis' if len(side) == 1 else 'axes'}, and path {number + 1} is {show(shape)}, "
                    f"{len(shape)} {'axis' if len(shape) == 1 else 'axes'}",
                    parameter="pattern",
                    operand=number,
                    help=f"names stand apart: `{apart}`" if apart else "the batch is not written" + (f": `{bare}`" if told else ""),
                    argument=("pattern", quoted(str(bare))) if told and not apart else None,
                )
            for axis, (name, size) in enumerate(zip(side, shape, strict=True)):
                if sizes.setdefault(name, size) != size:
                    raise Refusal(
                        "E334",
                        f"`{name}` of the pattern is {sizes[name]} in path 1, {show(inputs[0])}, and {size} in path 2, {show(inputs[1])}",
                        parameter="pattern",
                        operand=number,
                        axis=axis,
                        help="axes of one name have one size",
                    )
        return sizes

    def _fits(self, pattern: str, inputs: Shapes, names: Sequence[Axes] = ()) -> bool:
        try:
            replace(self, pattern=pattern).on(names, inputs).output(inputs)
        except (BadValue, Refusal):
            return False
        return True

    def on(self, names: Sequence[Axes], inputs: Shapes) -> Operation:
        """A name of an axis in the pattern is that axis, or it is refused."""
        for number, (side, there) in enumerate(zip(read_sides(self.pattern), names, strict=False)):
            for axis, (name, known) in enumerate(zip(side, there, strict=False)):
                if name in AXIS_NAMES and known not in ("", name):
                    ordered = reordered(self.pattern, number, there)
                    if ordered is not None and not self._fits(ordered, inputs, names):
                        ordered = None
                    raise Refusal(
                        "E334",
                        f"`{name}` of the pattern stands where path {number + 1}, {show(inputs[number])}, has its {known}",
                        parameter="pattern",
                        operand=number,
                        axis=axis,
                        help=f"the axes of that path are {' '.join(row or 'one without a name' for row in there)}"
                        + (f": `{ordered}`" if ordered is not None else ""),
                        argument=("pattern", quoted(ordered)) if ordered is not None else None,
                    )
        return self

    def output(self, inputs: Shapes) -> Shape:
        sizes = self._sizes(inputs)
        return tuple(sizes[name] for name in read_sides(self.pattern)[2])

    def axes(self, names: Sequence[Axes], inputs: Shapes, output: Shape) -> Axes:
        left, right, after = read_sides(self.pattern)
        known = dict(zip(left, names[0], strict=True))
        known |= {name: known.get(name) or axis for name, axis in zip(right, names[1], strict=True)}
        found = [known[name] or (name if name in AXIS_NAMES else "") for name in after]
        return tuple(name if found.count(name) == 1 else "" for name in found)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return 0 if self._only_multiplies(inputs[0]) else product(tuple(self._sizes(inputs).values()))

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * self.macs(inputs, output) or product(output)

    def equation(self) -> str:
        """The pattern as PyTorch has it: a letter for each name, its own where it is one, and one for the batch."""
        names = list(dict.fromkeys(name for side in read_sides(self.pattern) for name in side))
        letters = {name: name for name in names if name in ascii_letters}
        free = iter(letter for letter in f"b{ascii_letters}" if letter not in letters)
        batch = next(free)
        free = iter(letter for letter in free if letter != batch)
        for name in names:
            if name not in letters:
                own = next((letter for letter in name if letter in ascii_letters and letter not in (*letters.values(), batch)), "")
                letters[name] = own or next(letter for letter in free if letter not in letters.values())
        left, right, after = ("".join([batch, *(letters[name] for name in side)]) for side in read_sides(self.pattern))
        return f"{left},{right}->{after}"

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f'torch.einsum("{self.equation()}", {names[0]}, {names[1]})'

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return self.pattern

    # ------------------------------------------------------------------------------------------ memory
    #
    # PyTorch makes one batched product of matrices of it: axes of both paths that stay are its batch, those of one path alone its rows
    # or its columns, and along the others it sums.

    def _groups(self) -> tuple[str, str, str, str]:
        """Letters that stay of both paths, of the first alone, that are summed along, that stay of the second alone."""
        before, _, after = self.equation().partition("->")
        left, _, right = before.partition(",")
        return (
            "".join(letter for letter in after if letter in left and letter in right),
            "".join(letter for letter in after if letter not in right),
            "".join(sorted(letter for letter in left if letter not in after)),
            "".join(letter for letter in after if letter not in left),
        )

    def _only_multiplies(self, left: Shape) -> bool:
        """Whether it sums along nothing, or along axes of size 1: PyTorch multiplies element by element then."""
        own, _, after = read_sides(self.pattern)
        return all(size == 1 or name in after for name, size in zip(own, left, strict=False))

    def _orders(self) -> tuple[list[int], list[int], list[int]]:
        """In which order the axes of each path go into the product, and those of the product into what comes out.

        Where all axes of the second path alone go out before those of the first, PyTorch puts the second first.
        """
        before, _, after = self.equation().partition("->")
        left, _, right = before.partition(",")
        both, rows, summed, columns = self._groups()
        swapped = bool(rows and columns) and after.index(columns[-1]) < after.index(rows[0])
        made = both + (columns + rows if swapped else rows + columns)
        return (
            [left.index(letter) for letter in both + (summed + rows if swapped else rows + summed)],
            [right.index(letter) for letter in both + (columns + summed if swapped else summed + columns)],
            [made.index(letter) for letter in after],
        )

    def saved(self, inputs: Shapes, output: Shape) -> Saved:
        return Saved(inputs=(0, 1))

    def keeps_input(self, number: int, wanted: Sequence[bool]) -> bool:
        return wanted[1 - number]

    def copied_inputs(self, inputs: Sequence[Layout]) -> tuple[int, ...]:
        if self._only_multiplies(inputs[0].sizes[1:]):
            return ()
        return tuple(number for number, layout in enumerate(inputs) if self._matrix(layout, number) is None)

    def _matrix(self, layout: Layout, number: int) -> Layout | None:
        """A path as a batch of matrices; None where it must be copied for that."""
        own = self.equation().partition("->")[0].split(",")[number]
        order = self._orders()[number]
        return viewed(permuted(layout, order), self._joined([own[place] for place in order], permuted(layout, order).sizes))

    def _joined(self, letters: Sequence[str], sizes: Sequence[int]) -> tuple[int, ...]:
        """Three sizes, of axes of one kind after each other."""
        kinds = [next(kind for kind, group in enumerate(self._groups()) if letter in group) for letter in letters]
        order = list(dict.fromkeys(kinds))
        return tuple(product([size for size, kind in zip(sizes, kinds, strict=True) if kind == one]) for one in order)

    def kept_copies(self, inputs: Sequence[Layout]) -> int:
        return sum(inputs[number].elements for number in self.copied_inputs(inputs))

    def copies(self, inputs: Sequence[Layout], output: Layout, training: bool) -> int:
        return self.kept_copies(inputs)

    def kept_of_copies(self, inputs: Sequence[Layout], wanted: Sequence[bool]) -> int:
        return sum(inputs[number].elements for number in self.copied_inputs(inputs) if self.keeps_input(number, wanted))

    def answers_with_view(self, inputs: Sequence[Layout]) -> bool:
        # What it only multiplies along axes that all go out is the product itself.
        return not self._only_multiplies(inputs[0].sizes[1:]) or bool(self._groups()[2])

    def layout(self, inputs: Sequence[Layout], sizes: Sequence[int]) -> Layout:
        if self._only_multiplies(inputs[0].sizes[1:]):
            # Axes of size 1 that it sums along stand last, and have their say in the order of the others.
            whole = elementwise(*(self._stretched(layout, number, self._groups()[2]) for number, layout in enumerate(inputs)))
            return Layout(whole.sizes[: len(sizes)], whole.strides[: len(sizes)])
        order = self._orders()[2]
        made = [0] * len(order)
        for place, axis in enumerate(order):
            made[axis] = sizes[place]
        return permuted(in_order(made), order)

    def _stretched(self, layout: Layout, number: int, summed: str = "") -> Layout:
        """The axes of a path in the order of what comes out, with axes of size 1 where it has none."""
        before, _, after = self.equation().partition("->")
        own = before.split(",")[number]
        places = [own.find(letter) for letter in after + summed]
        return Layout(
            tuple(layout.sizes[place] if place >= 0 else 1 for place in places),
            tuple(layout.strides[place] if place >= 0 else 1 for place in places),
        )

    def gradient_layout(self, number: int, back: Backward) -> Layout:
        sizes = back.sizes(number)
        if self._only_multiplies(back.inputs[0]):
            return in_order(sizes)
        order = self._orders()[number]
        undone = [order.index(axis) for axis in range(len(order))]
        return permuted(in_order([sizes[axis] for axis in order]), undone)

    def backward_scratch(self, back: Backward) -> int:
        if self._only_multiplies(back.inputs[0]):
            # The gradient of what was stretched is as large as the output's before it is summed, of one path after the other.
            wide = (back.batch, *back.output)
            stretched = [self._stretched(layout, number).sizes != wide for number, layout in enumerate(back.layouts)]
            summed = [layout.elements for layout, wanted, row in zip(back.layouts, back.wanted, stretched, strict=True) if wanted and row]
            return back.elements * len(summed) - (summed[1] if len(summed) == 2 and summed[1] < back.elements else 0)
        order = self._orders()[2]
        undone = [order.index(axis) for axis in range(len(order))]
        lying = permuted(back.gradient, undone)
        after = self.equation().partition("->")[2]
        if viewed(lying, self._joined([after[place] for place in undone], lying.sizes)) is None:
            return copied_gradient(back, back.made)
        return 0


OPERATIONS: tuple[type[Operation], ...] = (Einsum,)
