"""Products, a softmax and a product again, as the one step that they are: `sdpa`."""

from __future__ import annotations

from math import isclose

from ...base.records import dataclass
from .flat_steps import Flat, Plain, Step
from .lower_masks import covers_ahead
from .views import back

TRANSPARENT = ("identity", "dropout")


def cores(flat: Flat) -> None:
    """Change the list in place."""
    alone: set[int] = set()
    for step in flat.steps:
        if all(number in alone for number in step.inputs):
            alone.add(step.number)
    last = max(flat.shapes(), default=0)
    for weights in [step for step in flat.steps if step.operation == "softmax"]:
        found = _Core(flat, flat.made(), flat.uses(), alone).of(weights)
        if found is not None:
            last = found.write(last)
    _ahead(flat)


def parts(flat: Flat) -> None:
    """Weights that are dropped in training have a word in `attention`, and none in `sdpa`: what did not become one is steps again."""
    for core in [step for step in flat.steps if step.operation == "sdpa" and "dropout" in step.arguments]:
        _Parts(flat, core).write()


class _Parts:
    """An `sdpa` as the steps that it was."""

    def __init__(self, flat: Flat, core: Step) -> None:
        self.flat, self.core = flat, core
        self.shapes = flat.shapes()
        self.last = max(self.shapes)

    def write(self) -> None:
        core, given = self.core, self.core.arguments
        query, key, value, *biases = core.inputs
        (*lead, length, size), (*around, others, _) = self.shapes[query], self.shapes[key]
        whole = (*lead, length, others)
        rank = len(whole)
        turned = self._step("permute", {"order": [*range(rank - 2), rank - 1, rank - 2]}, [key], (*around, size, others))
        found = self._step("matmul", {}, [query, turned], whole)
        found = self._step("scale", {"factor": size**-0.5 if given["scale"] is None else given["scale"]}, [found], whole)
        if given["causal"]:
            mask = self._step("constant", {"value": "causal", "sizes": [length]}, [], (length, length))
            biases.append(
                self._step("reshape", {"shape": [*[1] * (rank - 2), length, length]}, [mask], (*[1] * (rank - 2), length, length))
            )
        for bias in biases:
            found = self._step("add", {"broadcast": self.shapes[bias] != whole}, [found, bias], whole)
        found = self._step("softmax", {"axis": -1}, [found], whole)
        found = self._step("dropout", {"p": given["dropout"]}, [found], whole)
        core.operation, core.arguments, core.inputs = "matmul", {}, [found, value]

    def _step(self, operation: str, arguments: dict[str, Plain], inputs: list[int], shape: tuple[int, ...]) -> int:
        self.last += 1
        place = next(place for place, step in enumerate(self.flat.steps) if step is self.core)
        self.flat.steps.insert(place, Step(self.last, operation, arguments, inputs, shape, self.core.path))
        self.shapes[self.last] = shape
        return self.last


def _ahead(flat: Flat) -> None:
    """A bias that covers what lies ahead is a word of `sdpa`."""
    made = flat.made()
    for step in flat.steps:
        if step.operation == "sdpa" and len(step.inputs) == 4:
            mask = made.get(back(made, step.inputs[3])[0])
            if covers_ahead(mask):
                step.inputs = step.inputs[:3]
                step.arguments["causal"] = True
    flat.prune()


def _product_of(step: Step) -> str | None:
    """Whether a step multiplies rows by `columns`, as `matmul` does, or by `rows` (`h i d, h j d -> h i j`), matrix by matrix."""
    if step.operation == "matmul":
        return "columns"
    if step.operation != "einsum" or len(step.inputs) != 2:
        return None
    given, _, made = str(step.arguments["pattern"]).partition("->")
    first, second = (row.split() for row in given.split(","))
    axes = made.split()
    if not len(first) == len(second) == len(axes) > 1 or first[:-1] != axes[:-1] or first[:-2] != second[:-2]:
        return None
    if second[-2:] == [axes[-1], first[-1]]:
        return "rows"
    return "columns" if second[-2:] == [first[-1], axes[-1]] else None


@dataclass(slots=True, eq=False)
class _Core:
    flat: Flat
    made: dict[int, Step]
    uses: dict[int, int]
    alone: set[int]
    query: int = 0
    key: int = 0
    turned: bool = False
    """Whether the keys must be turned first."""
    value: int = 0
    factor: float = 1.0
    biases: list[int] = None  # type: ignore[assignment]
    end: Step = None  # type: ignore[assignment]
    dropped: Plain = None
    """The probability of a weight to be dropped in training."""

    def of(self, weights: Step) -> _Core | None:
        self.biases = []
        axis, rank = weights.arguments.get("axis"), len(weights.shape)
        if axis not in (-1, rank - 1) or rank < 2 or self.uses[weights.number] != 1:
            return None
        product = self._product(weights.inputs[0])
        end = self._end(weights)
        if product is None or end is None:
            return None
        self.end = end
        self.value = end.inputs[1]
        self.query = self._unscaled(product.inputs[0])
        key = self._unscaled(product.inputs[1])
        if _product_of(product) == "rows":
            self.key = key
            return self
        turn = self.made.get(key)
        order = [*range(rank - 2), rank - 1, rank - 2]
        if turn is not None and turn.operation == "permute" and turn.arguments["order"] == order:
            self.key = self._unscaled(turn.inputs[0])
        else:
            self.key, self.turned = key, True
        return self

    def _product(self, number: int) -> Step | None:
        """Up from the softmax to the product of queries and keys: what is added, then the scale."""
        scaled = False
        while (step := self.made.get(number)) is not None and self.uses[number] == 1:
            if _product_of(step) is not None:
                return step
            if step.operation == "add" and not scaled:
                fixed = [source for source in step.inputs if source in self.alone]
                if len(step.inputs) != 2 or len(fixed) != 1:
                    return None
                self.biases.append(fixed[0])
                (number,) = (source for source in step.inputs if source not in self.alone)
            elif step.operation == "scale":
                scaled = True
                self._scale(step)
                number = step.inputs[0]
            elif step.operation in TRANSPARENT and not step.arguments.get("p"):
                number = step.inputs[0]
            else:
                return None
        return None

    def _end(self, weights: Step) -> Step | None:
        """Down from the softmax to the product with the values."""
        number = weights.number
        while True:
            readers = [step for step in self.flat.steps if number in step.inputs]
            if len(readers) != 1 or self.uses[number] != 1:
                return None
            step = readers[0]
            if _product_of(step) == "columns" and step.inputs[0] == number:
                return step
            if step.operation not in TRANSPARENT:
                return None
            if step.arguments.get("p"):
                if self.dropped is not None:
                    return None
                self.dropped = step.arguments["p"]
            number = step.number

    def _unscaled(self, number: int) -> int:
        step = self.made.get(number)
        while step is not None and step.operation == "scale" and self.uses[number] == 1:
            self._scale(step)
            number = step.inputs[0]
            step = self.made.get(number)
        return number

    def _scale(self, step: Step) -> None:
        factor = step.arguments["factor"]
        assert isinstance(factor, int | float)
        self.factor *= factor

    def write(self, last: int) -> int:
        shapes = self.flat.shapes()
        place = self.flat.steps.index(self.end)
        inputs = [self.query, self.key, self.value]
        if self.turned:
            shape = shapes[self.key]
            order = [*range(len(shape) - 2), len(shape) - 1, len(shape) - 2]
            last += 1
            turned = tuple(shape[axis] for axis in order)
            self.flat.steps.insert(place, Step(last, "permute", {"order": order}, [self.key], turned, self.end.path))
            inputs[1] = last
            place += 1
        if self.biases:
            rows = self.biases[::-1]
            while len(rows) > 1:
                one, two = rows[:2]
                shape = tuple(max(sizes) for sizes in zip(shapes[one], shapes[two], strict=True))
                last += 1
                step = Step(last, "add", {"broadcast": shapes[one] != shapes[two]}, [one, two], shape, self.end.path)
                self.flat.steps.insert(place, step)
                place += 1
                shapes[last] = shape
                self.alone.add(last)
                rows = [last, *rows[2:]]
            inputs.append(rows[0])
        size = shapes[self.query][-1]
        usual = isclose(self.factor, size**-0.5, rel_tol=1e-6)
        arguments: dict[str, Plain] = {"scale": None if usual else self.factor, "causal": False}
        if self.dropped is not None:
            arguments["dropout"] = self.dropped
        self.end.operation, self.end.arguments, self.end.inputs = "sdpa", arguments, inputs
        self.flat.prune()
        return last
