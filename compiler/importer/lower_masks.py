"""Masks that are the same for every input: what they cover is added to, or multiplied by 0 and filled."""

from __future__ import annotations

from dataclasses import replace

import torch

from .flat_steps import Plain, Step
from .known import Data
from .lower import Lowering, bind, lowers
from .lower_constant import numbers, of_one_image
from .lower_fixed import beside
from .lower_truths import FARTHEST, choose, cover, is_truth, not_
from .traced import Call, Ref
from .unsaid import Unsaid

COVERS = -1e4
"""What is filled with this or less is covered: a number of the size of logits that is added to it makes no difference."""


@lowers("masked_fill")
def masked_fill(low: Lowering, call: Call) -> None:
    row = bind(call, "input mask value")
    if is_truth(low, row["mask"]):
        mask = low.data(row["mask"])
        _chosen(low, call, mask, _number(low, row["value"]), _operand(low, row["input"], mask))
    else:
        _filled(low, call, row["input"], row["mask"], row["value"])


@lowers("where")
def where(low: Lowering, call: Call) -> None:
    row = bind(call, "condition input other", input=None, other=None)
    given, other = row["input"], row["other"]
    if is_truth(low, row["condition"]):
        chooses = low.data(row["condition"])
        _chosen(low, call, chooses, _operand(low, given, chooses), _operand(low, other, chooses))
        return
    mask = _mask(low, row["condition"])
    if _flows(low, given) and _flows(low, other):
        _one_of_two(low, call, mask, low.data(given), low.data(other))
    elif _flows(low, given):
        _filled(low, call, given, ~mask, other)
    else:
        _filled(low, call, other, mask, given)


def _chosen(low: Lowering, call: Call, mask: Data, one: Data | float, two: Data | float) -> None:
    """Either tensor or number, as a mask of the input says."""
    if isinstance(one, int | float) and one <= COVERS:
        cover(low, call, two, mask, one)
    elif isinstance(two, int | float) and two <= COVERS:
        cover(low, call, one, not_(low, mask), two)
    else:
        choose(low, call, mask, one, two)


def _operand(low: Lowering, value: object, mask: Data) -> Data | float:
    """What a mask of the input chooses: a number too where a tensor is one all over."""
    if isinstance(value, Ref) and not _flows(low, value):
        tensor = low.values.of(value.number)
        if tensor.numel() and bool((tensor == tensor.flatten()[0]).all()):
            return float(tensor.flatten()[0])
    return beside(low, low.data(value), mask) if isinstance(value, Ref) else _number(low, value)


def _flows(low: Lowering, value: object) -> bool:
    """Whether it is a tensor whose numbers are not known: of the input, or learned."""
    return isinstance(value, Ref) and (isinstance(low.of(value), Data) or bool(low.values.leaves(value.number)))


def _one_of_two(low: Lowering, call: Call, mask: torch.Tensor, one: Data, two: Data) -> None:
    """Each where the mask has it, and 0 elsewhere: their sum."""
    made = low.result(call)
    rows = []
    for data, kept in ((one, mask), (two, ~mask)):
        data = beside(low, data, made)
        if data.bare != made.bare:
            data = replace(made, number=low.between("expand", {"shape": list(made.bare)}, [data], made.bare).number)
        factor = _beside(low, kept.float(), made)
        rows.append(low.between("mul", {}, [data, factor], made.bare))
    low.emit(call, "add", {}, rows)


def _mask(low: Lowering, mask: object) -> torch.Tensor:
    if not isinstance(mask, Ref) or isinstance(low.of(mask), Data) or low.values.leaves(mask.number):
        raise Unsaid("a mask that depends on the input")
    return _of_one_image(low, mask).bool()


def _of_one_image(low: Lowering, mask: Ref) -> torch.Tensor:
    """A mask that was stretched over the batch is that of one image."""
    return of_one_image(low, mask.number, low.alone_shape(mask.number))


def _filled(low: Lowering, call: Call, given: object, mask: object, value: object) -> None:
    """`value` where the mask is true."""
    data = low.data(given)
    covered = mask if isinstance(mask, torch.Tensor) else _mask(low, mask)
    number = _number(low, value)
    if data.bare != low.result(call).bare:
        raise Unsaid("a mask of more axes than what it covers")
    kept = data
    if number > COVERS:
        factor = _beside(low, (~covered).float(), data)
        if number == 0:
            low.emit(call, "mul", {}, [data, factor])
            return
        kept = replace(data, number=low.between("mul", {}, [data, factor], data.bare).number)
    if number <= COVERS and is_causal(covered):
        number = float("-inf")  # the table of what is ahead; each place keeps itself, so that the weights are the same numbers
    fill = _beside(low, finite(torch.where(covered, number, 0.0)), data)
    low.emit(call, "add", {"broadcast": fill.bare != data.bare}, [kept, fill])


def _beside(low: Lowering, tensor: torch.Tensor, like: Data) -> Data:
    while tensor.dim() > 1 and tensor.shape[0] == 1:
        tensor = tensor[0]
    shape = (*[1] * (len(like.shape) - tensor.dim()), *tensor.shape)
    return beside(low, numbers(low, tensor.reshape(shape), shape), like)


def _number(low: Lowering, value: object) -> float:
    if isinstance(value, int | float):
        return float(value)
    if isinstance(value, Ref) and not isinstance(low.of(value), Data) and not low.values.leaves(value.number):
        tensor = low.values.of(value.number)
        if tensor.numel() == 1:
            return float(tensor)
    raise Unsaid("a mask that chooses between two tensors")


def finite(added: torch.Tensor) -> torch.Tensor:
    """What is added to logits, with a number in the place of minus infinity; as it is where a row is covered whole, and the same in the table of what lies
    ahead, which is a word."""
    covered = added == float("-inf")
    return added if bool(covered.all(-1).any()) or is_causal(covered) else added.masked_fill(covered, FARTHEST)


def is_causal(covered: torch.Tensor) -> bool:
    """Whether what is covered is what lies ahead of each place, and nothing else."""
    while covered.dim() > 2 and covered.shape[0] == 1:
        covered = covered[0]
    if covered.dim() != 2 or covered.shape[0] != covered.shape[1]:
        return False
    return torch.equal(covered, torch.ones_like(covered).triu(1))


def covers_ahead(step: Step | None) -> bool:
    """Whether a step is the table that covers what lies ahead."""
    return step is not None and step.operation == "constant" and step.arguments.get("value") == "causal"


def attention_mask(low: Lowering, mask: Ref, length: int, fold: int) -> tuple[dict[str, Plain], list[Data]]:
    """What `attention` must be told of a mask for all heads, and the tensor that is added to the logits where there is no word for it."""
    found = low.of(mask)
    if isinstance(found, Data):
        raise Unsaid("a mask of attention that depends on the input")
    if low.values.leaves(mask.number):
        raise Unsaid("a mask of attention that is learned")
    tensor = _of_one_image(low, mask)
    while tensor.dim() > 2 and tensor.shape[0] == 1:
        tensor = tensor[0]
    added = torch.where(tensor, float("-inf"), 0.0) if tensor.dtype == torch.bool else tensor.float()
    if is_causal(added <= COVERS) and bool((added[added > COVERS] == 0).all()) and added.shape[-1] == length:
        return {"causal": True}, []
    if added.dim() != 2:
        raise Unsaid("a mask of attention that is another one for each head")
    added = finite(added)
    shape = (*[1] * (1 + (fold > 1)), *added.shape)
    return {"mask": True}, [numbers(low, added.reshape(shape), shape)]
