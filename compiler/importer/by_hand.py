"""Norms and activations that a model works out step by step, as the words that they are."""

from __future__ import annotations

from collections.abc import Mapping

from ...base.records import dataclass
from .activations_by_value import activations
from .flat_steps import Flat, Plain, Step


def by_hand(flat: Flat) -> None:
    """Change the list in place."""
    if not flat.of_archc:  # there somebody wrote the steps
        activations(flat)
    norm = _Norm(flat.made(), flat.shapes())
    for step in list(flat.steps):
        if step.operation in ("mul", "div") and len(step.inputs) == 2:
            found = norm.of(step)
            if found is not None:
                _write(flat, step, found)
                norm = _Norm(flat.made(), flat.shapes())


@dataclass(frozen=True, slots=True)
class _Found:
    """What is normalised along which axis, with what is added to the mean of the squares, and whether the mean is taken away before."""

    source: int
    axis: int
    eps: float
    is_centred: bool

    def __repr__(self) -> str:
        return f"<a norm of %{self.source} along {self.axis}>"


@dataclass(frozen=True, slots=True)
class _Norm:
    made: Mapping[int, Step]
    shapes: Mapping[int, tuple[int, ...]]

    def of(self, step: Step) -> _Found | None:
        """x / sqrt(mean(x²) + eps), or the same of x less its mean."""
        for bare, below in (step.inputs, step.inputs[::-1])[: 1 if step.operation == "div" else 2]:
            root = self._made_by(below, "sqrt" if step.operation == "div" else "rsqrt")
            added = None if root is None else self._made_by(root.inputs[0], "offset")
            mean = None if added is None else self._mean(added.inputs[0], len(self.shapes[bare]))
            if added is None or mean is None:
                continue
            number, axis = mean
            squares, eps = self._made_by(number, "square"), added.arguments["addend"]
            if squares is None or not isinstance(eps, int | float):
                continue
            one, two = self._centred(bare), self._centred(squares.inputs[0])
            if one is not None and one == two and one[1] == axis:
                return _Found(one[0], axis, eps, True)
            if squares.inputs == [bare]:
                return _Found(bare, axis, eps, False)
        return None

    def _made_by(self, number: int, operation: str) -> Step | None:
        """The step that makes a tensor, where it is that operation of one input."""
        step = self.made.get(number)
        return step if step is not None and step.operation == operation and len(step.inputs) == 1 else None

    def _mean(self, number: int, rank: int) -> tuple[int, int] | None:
        """What the mean is taken of, and the axis, which stays with size 1: the first or the last."""
        step = self.made.get(number)
        if step is None or len(step.inputs) != 1:
            return None
        if step.operation == "global_avgpool" and rank == 2:
            return step.inputs[0], 1
        if step.operation != "reduce" or step.arguments["by"] != "mean" or step.arguments["keep"] is not True:
            return None
        axis = step.arguments["axis"]
        return (step.inputs[0], axis) if isinstance(axis, int) and axis in (0, rank - 1) else None

    def _centred(self, number: int) -> tuple[int, int] | None:
        """The tensor whose mean was taken away from it, and the axis."""
        step = self.made.get(number)
        if step is None or step.operation != "sub" or len(step.inputs) != 2:
            return None
        mean = self._mean(step.inputs[1], len(self.shapes[step.inputs[0]]))
        return None if mean is None or mean[0] != step.inputs[0] else mean


def _write(flat: Flat, step: Step, found: _Found) -> None:
    """The norm in place of its last step; with the factors, and the addends, that follow and are its module's."""
    place = {} if found.axis == len(step.shape) - 1 else {"axis": found.axis}
    told: dict[str, Plain] = {"eps": found.eps, **(place or {"last": True})}
    if found.is_centred:
        told["bias"] = True
    end, key = _affine(flat, step, found)
    step.operation, step.inputs = ("ln" if found.is_centred else "rms_norm"), [found.source]
    step.arguments = {**told, "affine": key is not None}
    if key is not None:
        end.operation, end.arguments, end.inputs, end.key = step.operation, step.arguments, [found.source], key
    flat.prune()


def _affine(flat: Flat, step: Step, found: _Found) -> tuple[Step, str | None]:
    """The last step of the factors and addends that the norm's module keeps, and that module; None where it keeps none."""
    made, uses = flat.made(), flat.uses()
    readers = {number: row for row in flat.steps for number in row.inputs}

    def after(row: Step, *operations: str) -> Step | None:
        reader = readers.get(row.number)
        return reader if reader is not None and uses.get(row.number) == 1 and reader.operation in operations else None

    rank = len(step.shape)
    scaled = after(step, "layer_scale")
    if scaled is None or scaled.key is None or scaled.shared or scaled.again is not None:
        return step, None
    if scaled.arguments.get("axis") not in (found.axis, -1 if found.axis == rank - 1 else found.axis):
        return step, None
    home, _, last = scaled.key.rpartition(".")
    if last != "weight" or scaled.arguments.get("init") not in (None, 1.0):
        return step, None
    if not found.is_centred:
        return scaled, home
    added = after(scaled, "add")
    bias = None if added is None else next((made.get(number) for number in added.inputs if number != scaled.number), None)
    if added is None or bias is None or bias.operation != "parameter" or bias.key != f"{home}.bias" or uses.get(bias.number) != 1:
        return step, None
    if bias.shape != tuple(size if axis == found.axis else 1 for axis, size in enumerate(step.shape)) and bias.shape != step.shape[-1:]:
        return step, None
    return added, home
