"""Activations that a model works out step by step (GELU by `erf` or by `tanh`, x * relu6(x + 3) / 6, …), known by what they answer.

There are many ways to write each. Whatever steps lie between one tensor and another are run on numbers, and are the activation that
gives the same; no spelling is looked for.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Mapping

import torch
from torch import Tensor

from ..ops import TABLE
from .flat_steps import Flat, Plain, Step

AT = torch.cat([torch.linspace(-6, 6, 241, dtype=torch.float64), torch.tensor([-14.0, -9.0, 9.0, 14.0], dtype=torch.float64)])
CLOSE = 1e-6
"""GELU and its approximation by tanh are 5e-4 apart."""
WORDLESS: Mapping[str, Callable[[Tensor], Tensor]] = {"erf": torch.erf, "erfc": torch.erfc, "expm1": torch.expm1, "log1p": torch.log1p}
"""Functions of PyTorch that the language has no word for, and that activations are made of."""
MOST = 14
"""Steps of which an activation is made at most: GELU by tanh has 9."""

KNOWN: tuple[tuple[str, dict[str, Plain]], ...] = (
    ("silu", {}),
    ("gelu", {"tanh": False}),
    ("gelu", {"tanh": True}),
    ("sigmoid", {}),
    ("tanh", {}),
    ("hard_swish", {}),
    ("hard_sigmoid", {}),
    ("mish", {}),
    ("softplus", {"beta": 1.0}),
    ("relu", {}),
    ("relu6", {}),
    ("selu", {}),
    ("elu", {"alpha": 1.0}),
)
ARITHMETIC = frozenset(("scale", "mul", "add", "sub", "div", "minimum", "maximum"))
OF_MANY = frozenset(("softmax", "log_softmax"))
"""Activations that work on a whole axis."""
ENDS = frozenset(
    ("mul", "div", "sub", "scale", "clamp", "offset", "log", "reciprocal", "add", "relu", "relu6", "tanh", "minimum", "maximum")
)
"""What they may end in: steps that nothing would be gained from are not asked."""


def activations(flat: Flat, functions: Mapping[int, str] | None = None) -> None:
    """Change the list in place. `functions` are those of `WORDLESS` that steps without a word call, by the tensor that they make."""
    found_by = _Steps(flat, functions or {})
    gone: set[int] = set()
    for step in reversed(flat.steps):
        if step.number in gone or (step.operation not in ENDS and step.number not in found_by.functions):
            continue
        found = found_by.activation(step)
        if found is not None:
            (operation, arguments), source, within = found
            step.operation, step.arguments, step.inputs, step.shape = operation, dict(arguments), [source], found_by.shape(step)
            gone |= within
    if gone:
        flat.prune()


class _Steps:
    """The steps that lead to one, as far as each works on elements alone and is read by the others alone."""

    def __init__(self, flat: Flat, functions: Mapping[int, str]) -> None:
        self.made, self.uses, self.functions = flat.made(), flat.uses(), functions
        self.place = {step.number: place for place, step in enumerate(flat.steps)}

    def __repr__(self) -> str:
        return f"<{len(self.made)} steps, looked through for activations>"

    def activation(self, end: Step) -> tuple[tuple[str, dict[str, Plain]], int, set[int]] | None:
        """The activation that steps up to `end` are, the tensor that it is of, and the steps that go."""
        within: list[Step] = [end]
        while len(within) <= MOST:
            enters = self._enters(within)
            if len(enters) == 1 and len(within) > 1:
                (source,) = enters
                if self._is_closed(within, end) and (known := self._known(within, source, end)) is not None:
                    return known, source, {step.number for step in within if step is not end}
            further = [step for number in enters if (step := self.made.get(number)) is not None and self._belongs(step, end)]
            if not further:
                return None
            within.append(max(further, key=lambda step: self.place[step.number]))
        return None

    def shape(self, step: Step) -> tuple[int, ...]:
        """What it makes; from a step without a word nobody took the batch away."""
        return step.shape[1:] if step.number in self.functions else step.shape

    def _enters(self, within: Collection[Step]) -> set[int]:
        inside = {step.number for step in within}
        return {number for step in within for number in step.inputs if number not in inside}

    def _belongs(self, step: Step, end: Step) -> bool:
        """Whether a step may be part of it: without weights, of the same shape, in the same module or one inside it."""
        is_near = step.path == end.path or not end.path or step.path.startswith(f"{end.path}.")
        if step.number in self.functions:
            return is_near and self.shape(step) == self.shape(end)
        is_known = step.operation in ARITHMETIC or (
            _family(step.operation) in ("activation", "elementwise") and step.operation not in OF_MANY
        )
        return is_near and is_known and step.key is None and step.again == end.again and step.shape == self.shape(end) and bool(step.inputs)

    def _is_closed(self, within: Collection[Step], end: Step) -> bool:
        read: dict[int, int] = {}
        for step in within:
            for number in step.inputs:
                read[number] = read.get(number, 0) + 1
        return all(step is end or self.uses.get(step.number, 0) == read.get(step.number, 0) for step in within)

    def _known(self, within: Collection[Step], source: int, end: Step) -> tuple[str, dict[str, Plain]] | None:
        values = {source: AT}
        for step in sorted(within, key=lambda step: self.place[step.number]):
            answered = self._answer(step, [values[number] for number in step.inputs])
            if answered is None:
                return None
            values[step.number] = answered
        return next((row for row in KNOWN if _is_close(values[end.number], row)), None)

    def _answer(self, step: Step, inputs: list[Tensor]) -> Tensor | None:
        if (name := self.functions.get(step.number)) is not None:
            return WORDLESS[name](inputs[0]) if len(inputs) == 1 else None
        return answer(step.operation, step.arguments, inputs)


def _family(operation: str) -> str:
    return TABLE[operation].family if operation in TABLE else ""


def answer(operation: str, arguments: Mapping[str, Plain], inputs: list[Tensor]) -> Tensor | None:
    """What a step of the language answers, by the expression that its record writes into a module; None where it has none."""
    names = [f"x{place}" for place in range(len(inputs))]
    shapes = tuple(tuple(tensor.shape) for tensor in inputs)
    with contextlib.suppress(TypeError, ValueError, RuntimeError, NotImplementedError, AttributeError):
        record = TABLE[operation](**arguments)
        written = record.expression(names, shapes)
        if written is not None:
            made = eval(written, {"torch": torch, "F": torch.nn.functional, **dict(zip(names, inputs, strict=True))})
            return made if isinstance(made, Tensor) and made.shape == AT.shape else None
    return None


def _is_close(values: Tensor, row: tuple[str, dict[str, Plain]]) -> bool:
    wanted = answer(*row, [AT])
    return wanted is not None and bool(torch.isfinite(values).all()) and bool(torch.allclose(values, wanted, rtol=CLOSE, atol=CLOSE))
