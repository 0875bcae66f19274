"""Fixed tensors of numbers as steps: the numbers themselves, tables by their names, and what stretches and turns few numbers into many."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import torch
from torch import nn

from .fixed_values import Values
from .flat_steps import Flat, Plain
from .known import Data
from .progressions import Distances, Outer, Powers, Progression, by_place
from .separated import Separated, separated
from .tables import Half, constant, half
from .traced import Call, Trace
from .unsaid import Unsaid
from .waves import Waves, waves

MOST_TOLD = 300
"""How many numbers a text may have of one constant."""

KEPT = 'keep it in the model\'s state_dict (`self.register_buffer("table", …)`, in the constructor): the text has it by its key then'
"""What helps where a model works a table out that the language has no word for."""

FEW = 32
"""Up to so many are written as they are, whatever shorter way there is."""


Word = tuple[dict[str, Plain], tuple[int, ...]]
"""The arguments of a `constant`, and the shape that it makes."""


class Lower(Protocol):
    """What is asked of the lowering."""

    trace: Trace
    values: Values
    made: dict[int, Data]
    alone: bool
    stored: frozenset[str]
    wider: Trace | None
    flat: Flat
    modules: dict[str, nn.Module]

    def alone_shape(self, number: int) -> tuple[int, ...]: ...
    def learned(self, key: str) -> dict[str, Plain]: ...
    def handle(self, call: Call) -> None: ...
    def between(
        self, operation: str, arguments: dict[str, Plain], inputs: Sequence[Data], shape: tuple[int, ...], key: str | None = None
    ) -> Data: ...


def source(low: Lower, operation: str, arguments: dict[str, Plain], shape: tuple[int, ...], key: str | None) -> Data:
    made = low.between(operation, arguments, [], shape, key)
    return Data(made.number, shape, -1, alone=True)


def reshaped(low: Lower, data: Data, shape: tuple[int, ...]) -> Data:
    made = low.between("reshape", {"shape": list(shape)}, [data], shape)
    return Data(made.number, shape, -1, alone=True)


def fixed(low: Lower, number: int, shape: tuple[int, ...]) -> Data:
    """Numbers, or a table by its name. Of what was stretched over the batch the part of one image is taken."""
    tensor = of_one_image(low, number, shape)
    value = low.trace.values[number]
    # A larger one's key is left out, which the header says.
    has_key = value.source == "buffer" and value.name in low.stored
    is_kept = has_key and (tensor.numel() <= MOST_TOLD or value.name in low.values.later)
    try:
        made = numbers(low, tensor, shape, value.name if is_kept else None)
    except Unsaid:
        if not has_key or not tensor.dtype.is_floating_point:
            raise
        # What a checkpoint brings along is drawn here, until it is loaded.
        made, is_kept = source(low, "constant", {"value": "normal", "sizes": list(shape), "stored": True}, shape, value.name), True
        if not _looks_drawn(tensor):
            low.flat.drawn.setdefault(value.name)
    if is_kept:
        low.made[number] = made  # a checkpoint has it once
    return made


def _looks_drawn(tensor: torch.Tensor) -> bool:
    """Whether numbers may be a draw from the normal distribution."""
    rows, count = tensor.double(), tensor.numel()
    return bool(rows.mean().abs() < 5 / count**0.5) and bool((rows.std() - 1).abs() < 5 / (2 * count) ** 0.5) and bool(rows.abs().max() < 7)


def of_one_image(low: Lower, number: int, shape: tuple[int, ...]) -> torch.Tensor:
    """The numbers of a fixed tensor; of one that was stretched over the batch, those of one image."""
    tensor = low.values.of(number)
    for axis, (size, wanted) in enumerate(zip(tensor.shape, shape, strict=True)):
        if size != wanted:
            tensor = _of_one(tensor, axis, wanted)
    return tensor


def _of_one(tensor: torch.Tensor, axis: int, size: int) -> torch.Tensor:
    """The rows of the first image, where those of the others are the same: behind it, or each beside its like."""
    images = tensor.shape[axis] // size
    before, behind = tensor.shape[:axis], tensor.shape[axis + 1 :]
    rows: torch.Tensor
    for rows in (
        tensor.reshape(*before, images, size, *behind).movedim(axis, 0),
        tensor.reshape(*before, size, images, *behind).movedim(axis + 1, 0),
    ):
        first: torch.Tensor = rows[0]
        if bool((rows == first).all()):
            return first
    raise Unsaid("a fixed tensor with an axis along the batch")


def numbers(low: Lower, tensor: torch.Tensor, shape: tuple[int, ...], key: str | None = None) -> Data:
    """A tensor whose numbers are known, as steps; `key` is its name in a checkpoint."""
    if tensor.is_complex():
        raise Unsaid("a fixed tensor of complex numbers")
    if not tensor.numel():
        raise Unsaid("a fixed tensor of no numbers")
    keeps = KEPT if tensor.dtype.is_floating_point and tensor.numel() > MOST_TOLD else None
    if not tensor.dtype.is_floating_point:
        tensor = tensor.float()
    arguments: dict[str, Any]
    if tensor.numel() and bool((tensor == tensor.flatten()[0]).all()):
        arguments, bare = {"value": number_of(tensor.flatten()[0]), "sizes": list(shape) or None}, shape
    else:
        found = low.values.meant(tensor, key is None, _word_for)
        if isinstance(found, Separated):
            return _put_together(low, found, shape)
        if isinstance(found, Half):
            return _of_half(low, found, shape)
        if isinstance(found, Waves):
            return _of_waves(low, found, shape)
        if isinstance(found, Progression | Powers | Outer | Distances):
            made = _of_places(low, found)
            return made if made.shape == shape else reshaped(low, made, shape)
        if found is not None:
            told, bare = found
            arguments = {name: list(row) if name == "sizes" and isinstance(row, tuple) else row for name, row in told.items()}
        elif tensor.numel() <= MOST_TOLD and not bool(torch.isnan(tensor).any() or torch.isinf(tensor).any()):
            arguments, bare = {"value": [number_of(item) for item in tensor.flatten()], "sizes": list(shape)}, shape
        else:
            raise Unsaid(f"a fixed tensor of {tensor.numel():,} numbers", keeps)
    if key is not None:
        arguments["stored"] = True
    made = source(low, "constant", arguments, bare, key)
    return made if bare == shape else reshaped(low, made, shape)


def _word_for(tensor: torch.Tensor, in_parts: bool) -> Word | Half | Separated | Waves | Progression | Powers | Outer | Distances | None:
    """What a table of several numbers is: a word of the language, or, where it may be several steps, half of one, few numbers that are stretched, waves, or what is worked out from places."""
    found = constant(tensor)
    if found is not None or not in_parts:
        return found
    if tensor.numel() <= FEW:
        return by_place(tensor) if max(tensor.shape, default=0) == tensor.numel() else None
    return half(tensor) or separated(tensor, min(MOST_TOLD, tensor.numel() // 2)) or waves(tensor) or by_place(tensor)


def _of_places(low: Lower, found: Progression | Powers | Outer | Distances) -> Data:
    if isinstance(found, Powers):
        return low.between("exp", {}, [_of_places(low, found.of)], (found.of.count,))
    if isinstance(found, Outer):
        sides = len(found.rows), len(found.columns)
        rows, columns = (
            numbers(low, part.reshape(shape), shape) for part, shape in ((found.rows, (sides[0], 1)), (found.columns, (1, sides[1])))
        )
        return low.between("mul", {}, [rows, columns], sides)
    shape: tuple[int, ...] = (found.count,)
    made = source(low, "constant", {"value": "places", "sizes": list(shape)}, shape, None)
    if isinstance(found, Distances):
        sides = found.count, found.count
        less = reshaped(low, low.between("scale", {"factor": -1}, [made], shape), (1, found.count))
        made = low.between("add", {"broadcast": True}, [reshaped(low, made, (found.count, 1)), less], sides)
        made, shape = low.between("abs", {}, [made], sides), sides
    if found.step != 1:
        made = low.between("scale", {"factor": _number(found.step)}, [made], shape)
    if isinstance(found, Progression) and found.first:
        made = low.between("offset", {"addend": _number(found.first)}, [made], shape)
    return made


def _number(value: float) -> float | int:
    return number_of(torch.tensor(value))


def _put_together(low: Lower, parts: Separated, shape: tuple[int, ...]) -> Data:
    """A constant of few numbers, stretched; several of them side by side along the last axis."""
    made = []
    for numbers in parts.slices:
        bare = tuple(numbers.shape)
        told: dict[str, Any] = {"value": [number_of(item) for item in numbers.flatten()], "sizes": list(bare)}
        if numbers.numel() == 1:
            told["value"] = number_of(numbers.flatten()[0])
        found = source(low, "constant", told, bare, None)
        if bare != parts.whole:
            stretched = low.between("expand", {"shape": list(parts.whole)}, [found], parts.whole)
            found = Data(stretched.number, parts.whole, -1, alone=True)
        made.append(found)
    if parts.is_stacked:
        rank = len(parts.whole)
        whole = (*parts.whole, len(made))
        found = Data(low.between("stack", {"axis": rank}, made, whole).number, whole, -1, alone=True)
    else:
        (found,) = made
    return found if found.shape == shape else reshaped(low, found, shape)


def _of_half(low: Lower, found: Half, shape: tuple[int, ...]) -> Data:
    """Sines, or cosines, of a table of both."""
    told: dict[str, Any] = {name: list(value) if isinstance(value, tuple) else value for name, value in found.arguments.items()}
    (length,), features = told["sizes"], told["features"]
    whole = source(low, "constant", told, (length, features), None)
    bare: tuple[int, ...] = (length, features // 2)
    made = low.between("chunk", {"i": found.part, "n": 2, "axis": 1}, [whole], bare)
    if found.times > 1:
        made = low.between("expand", {"shape": [*bare, found.times]}, [reshaped(low, made, (*bare, 1))], (*bare, found.times))
    return made if made.shape == shape else reshaped(low, made, shape)


def _of_waves(low: Lower, found: Waves, shape: tuple[int, ...]) -> Data:
    """Sines of places times frequencies."""
    height, width, features = *found.sides, len(found.phases)
    terms: list[Data] = []
    for side, sizes, frequencies in ((height, (height, 1, 1), found.rows), (width, (1, width, 1), found.columns)):
        if not bool((frequencies == 0).all()):
            places = numbers(low, torch.arange(float(side)).reshape(sizes), sizes)
            told = source(low, "constant", _told(frequencies), (1, 1, features), None)
            product = (*sizes[:2], features)
            terms.append(Data(low.between("mul", {}, [places, told], product).number, product, -1, alone=True))
    if not bool((found.phases == 0).all()):
        terms.append(source(low, "constant", _told(found.phases), (1, 1, features), None))
    whole = (height if bool((found.rows != 0).any()) else 1, width if bool((found.columns != 0).any()) else 1, features)
    angles = low.between("add", {"broadcast": True}, terms, whole) if len(terms) > 1 else terms[0]
    made = Data(low.between("sin", {}, [angles], whole).number, whole, -1, alone=True)
    if whole != (height, width, features):
        whole = (height, width, features)
        made = Data(low.between("expand", {"shape": list(whole)}, [made], whole).number, whole, -1, alone=True)
    if found.order != (0, 1, 2):
        turned = tuple(whole[axis] for axis in found.order)
        made = Data(low.between("permute", {"order": list(found.order)}, [made], turned).number, turned, -1, alone=True)
    return made if made.shape == shape else reshaped(low, made, shape)


def _told(numbers: torch.Tensor) -> dict[str, Any]:
    near = torch.where(numbers.abs() < 1e-7, torch.zeros_like(numbers), numbers)
    return {"value": [number_of(item, digits=7) for item in near], "sizes": [1, 1, len(numbers)]}


def number_of(item: torch.Tensor, digits: int = 9) -> float | int:
    """A number in as few digits as give it back: 0.1, which in float32 is 0.100000001."""
    exact = float(item)
    rounded = (float(f"{exact:.{count}g}") for count in range(6, digits))
    value = next((row for row in rounded if float(torch.tensor(row, dtype=torch.float32)) == exact), float(f"{exact:.{digits}g}"))
    return int(value) if value.is_integer() and abs(value) < 1e6 else value
