"""What becomes of weights: recipes that make a rewritten network's tensors from the ones that the network was trained with.

A recipe is data. It is evaluated by whoever has the tensors (`compiler/emit/`), and uses nothing of them but arithmetic,
`reshape` and what rounding takes, so that this file needs no torch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from ...base.records import dataclass
from ..ops.arithmetic import Tensor
from ..ops.base import Shape
from ..ops.worked_out import WorkedOut


@dataclass(frozen=True, slots=True)
class Store:
    """Where the tensors are: `read` finds one by its key, `filled` makes one of a single number, `join` lays some end to end
    along an axis."""

    read: Callable[[str], Tensor]
    filled: Callable[[Shape, float], Tensor]
    join: Callable[[Sequence[Tensor], int], Tensor]


@dataclass(frozen=True, slots=True)
class Recipe:
    """How one tensor is made. `shape` is what comes out, `dtype` what it is kept as where that is not the network's own."""

    dtype: ClassVar[str] = ""
    shape: Shape

    def make(self, store: Store) -> Tensor:
        raise NotImplementedError


@dataclass(frozen=True, slots=True)
class Stored(Recipe):
    """A tensor of the trained network as it is."""

    key: str

    def make(self, store: Store) -> Tensor:
        return store.read(self.key)


@dataclass(frozen=True, slots=True)
class Filled(Recipe):
    """One number everywhere."""

    value: float

    def make(self, store: Store) -> Tensor:
        return store.filled(self.shape, self.value)


@dataclass(frozen=True, slots=True)
class Reshaped(Recipe):
    """The same numbers under another shape."""

    of: Recipe

    def make(self, store: Store) -> Tensor:
        return self.of.make(store).reshape(self.shape)


@dataclass(frozen=True, slots=True)
class Times(Recipe):
    """A tensor times a fixed number."""

    of: Recipe
    factor: float

    def make(self, store: Store) -> Tensor:
        return self.of.make(store) * self.factor


@dataclass(frozen=True, slots=True)
class Total(Recipe):
    """The sum of tensors of one shape."""

    parts: tuple[Recipe, ...]

    def make(self, store: Store) -> Tensor:
        total = self.parts[0].make(store)
        for part in self.parts[1:]:
            total = total + part.make(store)
        return total


@dataclass(frozen=True, slots=True)
class Joined(Recipe):
    """Tensors end to end along an axis."""

    parts: tuple[Recipe, ...]
    axis: int = 0

    def make(self, store: Store) -> Tensor:
        return store.join([part.make(store) for part in self.parts], self.axis)


@dataclass(frozen=True, slots=True)
class Diagonal(Recipe):
    """A square matrix with these numbers from corner to corner, and zeros beside them."""

    of: Recipe

    def make(self, store: Store) -> Tensor:
        size = self.shape[0]
        # A number and as many zeros as the matrix is wide: the next number then lies one further to the right.
        rows = store.join([self.of.make(store).reshape((size, 1)), store.filled((size, size), 0.0)], 1)
        return rows.reshape((size * (size + 1),))[: size * size].reshape(self.shape)


@dataclass(frozen=True, slots=True)
class Settled(Recipe):
    """The weight that a layer works out, of what it learned."""

    layer: WorkedOut
    learned: tuple[tuple[str, Recipe], ...]

    def make(self, store: Store) -> Tensor:
        return self.layer.weight_of({name: recipe.make(store) for name, recipe in self.learned})


@dataclass(frozen=True, slots=True)
class NormFactor(Recipe):
    """What a batch norm multiplies by: gamma / sqrt(variance + eps), one number a channel."""

    variance: Recipe
    eps: float
    gamma: Recipe | None

    def make(self, store: Store) -> Tensor:
        inverse = (self.variance.make(store) + self.eps) ** -0.5
        return inverse if self.gamma is None else self.gamma.make(store) * inverse


@dataclass(frozen=True, slots=True)
class NormAddend(Recipe):
    """What a batch norm adds to what it has multiplied: beta + (bias - mean) * factor. `bias` is the layer's before it.

    The bias goes through the factor too: leaving it as it was is the usual slip, and is seen only where it is not 0.
    """

    mean: Recipe
    factor: Recipe
    beta: Recipe | None
    bias: Recipe | None

    def make(self, store: Store) -> Tensor:
        mean = self.mean.make(store)
        centred = mean * -1.0 if self.bias is None else self.bias.make(store) - mean
        addend = centred * self.factor.make(store)
        return addend if self.beta is None else addend + self.beta.make(store)


@dataclass(frozen=True, slots=True)
class ScaledOutputs(Recipe):
    """A weight whose output channels are multiplied by one number each.

    The output channels are its first axis; of a transposed convolution (`transposed`) they are the second, and start anew in
    each of the `groups` that its first axis falls into.
    """

    weight: Recipe
    factor: Recipe
    groups: int = 1
    transposed: bool = False

    def make(self, store: Store) -> Tensor:
        weight, factor = self.weight.make(store), self.factor.make(store)
        if not self.transposed:
            return weight * factor.reshape((self.shape[0],) + (1,) * (len(self.shape) - 1))
        first, second, *window = self.shape
        grouped = weight.reshape((self.groups, first // self.groups, second, *window))
        return (grouped * factor.reshape((self.groups, 1, second) + (1,) * len(window))).reshape(self.shape)


LEVELS = 127
"""Weights of eight bits are whole numbers from -127 to 127: as far below zero as above it."""

_SMALLEST = 2.0**-13
"""Of a layer's largest scale: a channel of next to nothing gets no scale so small that its bias, counted in steps of it, leaves 32 bits."""

_NOTHING = 1e-20


@dataclass(frozen=True, slots=True)
class ChannelScales(Recipe):
    """What a step of a weight of eight bits is worth, a number for each output channel: its largest weight is the last step."""

    weight: Recipe

    def make(self, store: Store) -> Tensor:
        weight = self.weight.make(store)
        largest = weight.abs().amax(tuple(range(1, len(self.weight.shape))))
        # Of a layer of zeros, any scale will do.
        return largest.clamp(min=largest.amax((0,)) * _SMALLEST).clamp(min=_NOTHING) / LEVELS


@dataclass(frozen=True, slots=True)
class Int8Weight(Recipe):
    """A weight as whole numbers of steps."""

    dtype: ClassVar[str] = "int8"
    weight: Recipe
    scales: Recipe

    def make(self, store: Store) -> Tensor:
        steps = self.weight.make(store) / self.scales.make(store).reshape((self.shape[0],) + (1,) * (len(self.shape) - 1))
        return steps.round()
