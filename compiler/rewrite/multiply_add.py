"""Factors and addends one after another on a large tensor, done in one pass over it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, TypeAlias

from ...base.records import dataclass
from ..ops.base import Family, Operation, Shape, Shapes, product
from ..ops.elementwise import Offset
from ..ops.learned import LayerScale
from ..ops.merge import Add, Mul
from ..ops.other import Scale
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item
from .inference import NO_TRAINING

LONGEST = 50
"""How many large tensors one product takes the place of; what follows begins another."""

SMALLER = 8
"""How many times smaller than the tensor a factor is that is worked on in its place."""


@dataclass(frozen=True, slots=True)
class MultipliedAndAdded(Operation):
    """`x * factor + addend`, the inputs in this order. Axes of size 1 of the factor and the addend stretch."""

    name: ClassVar[str] = "multiply_add"
    family: ClassVar[Family] = "elementwise"
    summary: ClassVar[str] = "A product and a sum in one pass."
    reference: ClassVar[str] = "torch.addcmul"
    least_inputs: ClassVar[int] = 3
    most_inputs: ClassVar[int | None] = 3
    output_may_be_overwritten: ClassVar[bool] = True

    def takes_batchless(self, number: int) -> bool:
        return True

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]

    def flops(self, inputs: Shapes, output: Shape) -> int:
        return 2 * product(output)

    def expression(self, names: Sequence[str], inputs: Shapes, in_place: bool = False) -> str | None:
        return f"torch.addcmul({names[2]}, {names[0]}, {names[1]})"


@dataclass(frozen=True, slots=True, eq=False)
class _Made:
    """A small tensor to be worked out anew: by `operation`, of these. The weights, the place and the name are those of `like`."""

    operation: Operation
    inputs: tuple[Item | _Made, ...]
    like: Item

    @property
    def shape(self) -> Shape:
        return self.operation.output(tuple(each.shape for each in self.inputs))


@dataclass(frozen=True, slots=True)
class _Product:
    """`of * factor + addend`; no factor is 1, no addend 0. `through`: the large tensors that it takes the place of."""

    of: Item
    factor: Item | _Made | None = None
    addend: Item | _Made | None = None
    through: tuple[Item, ...] = ()


_Known: TypeAlias = Mapping[Item, _Product]
"""Of each item that comes before."""


@dataclass(frozen=True, slots=True)
class MultiplyAdd(Rewrite):
    """ConvNeXt V2 multiplies by what a channel is worth, by a learned factor, adds a learned bias and what came in: four passes, or one.

    What is done to a product by channel (another factor, a number, the sum with what it was made of) is done to its factor, which is small.
    """

    name: ClassVar[str] = "multiply_add"
    summary: ClassVar[str] = (
        "Makes factors and sums that follow each other one product and sum; what is done by channel is done to the factor. "
        "Legal where each is read by the next alone, and learned factors serve no other place."
    )
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        done: set[Item] = set()
        known: dict[Item, _Product] = {}
        for item in draft.items():
            known[item] = _product(draft, known, item)
        # The last first, so that a chain is taken as a whole.
        for root, found in reversed(list(known.items())):
            if root in done:
                continue
            if found.factor is None or len(found.through) < 2:
                continue
            done.update(found.through)
            _put(draft, root, found)
        return draft.finish(f"{counted(len(done), 'product')} and sums done in fewer passes" if done else "")


def _product(draft: Draft, known: _Known, item: Item) -> _Product:
    """What an item is of a tensor of its own shape, where it is a product or a sum; else the item itself."""
    alone = _Product(item)
    if draft.is_batchless(item):
        return alone
    operation = item.operation
    if isinstance(operation, LayerScale | Scale):
        return _scaled(draft, known, item) or alone
    if not isinstance(operation, Mul | Add) or len(item.inputs) != 2:
        return alone
    one, two = item.inputs
    if _is_small(two, item):
        return _with_small(draft, known, item, one, two) or alone
    if _is_small(one, item):
        return _with_small(draft, known, item, two, one) or alone
    if isinstance(operation, Add) and one.shape == two.shape and not draft.is_batchless(one) and not draft.is_batchless(two):
        return _sum(draft, known, item, one, two) or alone
    return alone


def _is_small(item: Item, beside: Item) -> bool:
    """Whether it stretches to the other, and is a small part of its size."""
    return len(item.shape) == len(beside.shape) and product(item.shape) * SMALLER <= product(beside.shape)


def _inner(draft: Draft, known: _Known, item: Item) -> _Product:
    """What is known of an operand: nothing where somebody else reads it too."""
    is_taken = draft.only_user(item) is not None and len(known[item].through) < LONGEST
    return known[item] if is_taken else _Product(item)


def _scaled(draft: Draft, known: _Known, item: Item) -> _Product | None:
    """A learned factor for each channel, or a fixed number, goes to the factor that is there already."""
    found = _inner(draft, known, item.inputs[0])
    if found.factor is None or found.addend is not None or draft.is_shared(item):
        return None
    if isinstance(item.operation, LayerScale):
        axis = item.operation.axis_of(item.shape)
        if found.factor.shape[axis] != item.shape[axis]:
            return None  # a factor for each row, of a number for each channel
    return _Product(found.of, _Made(item.operation, (found.factor,), item), None, (*found.through, item))


def _with_small(draft: Draft, known: _Known, item: Item, large: Item, small: Item) -> _Product | None:
    if large.shape != item.shape or draft.is_batchless(large):
        return None
    found = _inner(draft, known, large)
    through = (*found.through, item)
    if isinstance(item.operation, Add):
        if found.addend is not None:
            return None
        return _Product(found.of, found.factor, small, through)
    if found.addend is not None:
        return None
    factor = small if found.factor is None else _Made(Mul(), (found.factor, small), item)
    return _Product(found.of, factor, None, through)


def _sum(draft: Draft, known: _Known, item: Item, one: Item, two: Item) -> _Product | None:
    """A sum with what the product was made of is a factor larger by 1; with another tensor, it is the addend."""
    for made, other in ((one, two), (two, one)):
        found = _inner(draft, known, made)
        if found.factor is None:
            continue
        if found.of is other:
            return _Product(found.of, _Made(Offset(1.0), (found.factor,), item), found.addend, (*found.through, item))
        if found.addend is None:
            return _Product(found.of, found.factor, other, (*found.through, item))
    return None


def _put(draft: Draft, root: Item, found: _Product) -> None:
    """The root works out the whole of it."""

    def item_of(part: Item | _Made) -> Item:
        if isinstance(part, Item):
            return part
        inputs = [item_of(each) for each in part.inputs]
        names = (*part.like.names[:-1], f"{part.like.names[-1]}_factor")
        weights = part.like.weights if part.operation is part.like.operation else {}
        made = Item(part.like.origin, part.operation, inputs, part.shape, weights, None, names)
        draft.insert(made, root)
        return made

    assert found.factor is not None
    operands = [found.of, item_of(found.factor), *([] if found.addend is None else [item_of(found.addend)])]
    root.operation, root.weights = MultipliedAndAdded() if found.addend is not None else Mul(), {}
    draft.read(root, operands)
    for item in reversed(found.through):
        if item is not root:
            draft.drop(item)
