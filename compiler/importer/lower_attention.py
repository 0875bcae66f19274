"""Attention, whole as PyTorch has it, or its core."""

from __future__ import annotations

import math

import torch

from .flat_steps import Plain
from .known import Data, Fixed
from .lower import Lowering, bind, lowers
from .lower_constant import numbers, of_one_image, reshaped
from .lower_fixed import beside
from .lower_masks import attention_mask, finite
from .lower_truths import added, is_truth, not_, padding
from .traced import Call, Ref
from .unsaid import Unsaid


@lowers("multi_head_attention_forward")
def attention(low: Lowering, call: Call) -> None:
    names = "query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn dropout_p out_proj_weight out_proj_bias"
    row = bind(call, names, key_padding_mask=None, attn_mask=None, use_separate_proj_weight=False, is_causal=False, training=False)
    if row["bias_k"] is not None or row["use_separate_proj_weight"] or row["add_zero_attn"]:
        raise Unsaid("attention with projections apart, or with a key that is learned or 0")
    query, key, value = (low.data(row[name]) for name in ("query", "key", "value"))
    like = next((item for item in (query, key) if not item.alone), query)
    query, key, value = (beside(low, item, like) for item in (query, key, value))  # a learned query, say, is one for the whole batch
    if key.number != value.number:
        raise Unsaid("attention whose keys and values come from two tensors")
    if not like.alone and (like.batch != 1 or len(like.shape) != 3):
        raise Unsaid("attention along the batch", BATCH_SECOND)
    weight = low.of(row["in_proj_weight"])
    assert isinstance(weight, Fixed)
    owner = weight.key.rpartition(".")[0]
    arguments: dict[str, Plain] = {"heads": row["num_heads"], "dropout": row["dropout_p"], "bias": row["in_proj_bias"] is not None}
    told, masks = _masks(low, row["attn_mask"], row["key_padding_mask"], query.shape[0], like.fold)
    inputs = [query] if query.number == key.number else [query, key]
    if like.alone and len(like.shape) == 3:  # learned rows, which the batch has in common: PyTorch's axis of the batch is none here
        if any(item.shape[1] != 1 for item in inputs):
            raise Unsaid("attention of learned rows that are several beside each other")
        rows = [reshaped(low, item, (item.shape[0], item.shape[2])) for item in inputs]
        found = low.between("attention", arguments | told, [*rows, *masks], rows[0].bare, owner)
        low.emit(call, "reshape", {"shape": list(low.result(call).bare)}, [found])
        return
    if like.fold == 1:
        low.emit(call, "attention", arguments | told, [*inputs, *masks], owner)
        return
    # Rows that are folded into the batch are axes in front of the sequence; PyTorch has it first.
    rows = [low.step("permute", {"order": TURNED}, item, tuple(item.bare[axis] for axis in TURNED)) for item in inputs]
    shape = tuple(low.result(call).bare[axis] for axis in TURNED)
    found = low.between("attention", arguments | told, [*rows, *masks], shape, owner)
    low.emit(call, "permute", {"order": TURNED}, [found])


TURNED = [1, 0, 2]
"""A sequence and the rows beside it, each in the other's place."""

BATCH_SECOND = (
    "`nn.MultiheadAttention` takes [length, batch, features], or [length, features] of one alone: make it with `batch_first=True`, and "
    "give it [batch, length, features]"
)
"""What helps where a model compares the images of a batch with each other, as one does that forgets where the batch stands."""


def _masks(low: Lowering, mask: Ref | None, padding_: Ref | None, length: int, fold: int) -> tuple[dict[str, Plain], list[Data]]:
    """What is told of a mask and of padding, and what both add to the logits."""
    keys = [] if padding_ is None else padding(low, padding_, fold)
    if not keys:
        return ({}, []) if mask is None else _of_places(low, mask, length, fold)
    if mask is None:
        return {"mask": True}, keys
    _, rows = _of_places(low, mask, length, fold)
    if not rows:  # what lies ahead, which goes with no other mask as a word
        ahead = torch.full((*[1] * (len(keys[0].bare) - 2), length, length), float("-inf")).triu(1)
        rows = [numbers(low, ahead, tuple(ahead.shape))]
    shape = tuple(max(sizes) for sizes in zip(rows[0].bare, keys[0].bare, strict=True))
    return {"mask": True}, [low.between("add", {"broadcast": True}, [*keys, *rows], shape)]


def _of_places(low: Lowering, mask: Ref, length: int, fold: int) -> tuple[dict[str, Plain], list[Data]]:
    """A mask that says which places see which."""
    if not isinstance(low.of(mask), Data):
        return attention_mask(low, mask, length, fold)
    data = added(low, low.data(mask)) if is_truth(low, mask) else low.data(mask)
    if len(data.bare) != 3:
        raise Unsaid("a mask of attention that depends on the input, and is not one for each head")
    if fold > 1:
        apart = (fold, data.bare[0] // fold, *data.bare[1:])
        data = low.between("reshape", {"shape": list(apart)}, [data], apart)
    return {"mask": True}, [data]


@lowers("scaled_dot_product_attention")
def core(low: Lowering, call: Call) -> None:
    row = bind(call, "query key value attn_mask dropout_p is_causal", attn_mask=None, is_causal=False, scale=None, enable_gqa=False)
    query, key, value = (low.data(row[name]) for name in ("query", "key", "value"))
    like = next((item for item in (query, key, value) if not item.alone), query)
    rows = [beside(low, item, like) for item in (query, key, value)]
    if isinstance(row["attn_mask"], Ref):
        rows.append(beside(low, _added(low, row["attn_mask"]), like))
    lead, shared = rows[0].bare[:-2], rows[1].bare[:-2]
    if lead != shared and not (row["enable_gqa"] or (shared[:-1] == lead[:-1] and shared[-1:] == (1,))):
        raise Unsaid("attention whose heads share their keys")
    low.emit(call, "sdpa", {"scale": _scale(row["scale"], query.shape[-1]), "causal": bool(row["is_causal"])}, rows)


def _scale(told: float | None, features: int) -> float | None:
    """What logits are multiplied by; None where that is what they are multiplied by anyway."""
    return None if told is not None and math.isclose(told, features**-0.5, rel_tol=1e-6) else told


def _added(low: Lowering, mask: Ref) -> Data:
    """What a mask adds to the logits: one of truths covers what is false."""
    if low.trace.values[mask.number].dtype != torch.bool:
        return low.data(mask)
    if isinstance(low.of(mask), Data):
        return added(low, not_(low, low.data(mask)))
    kept = of_one_image(low, mask.number, low.alone_shape(mask.number))
    fill = finite(torch.where(kept, 0.0, float("-inf")))
    return numbers(low, fill, tuple(fill.shape))
