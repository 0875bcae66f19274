"""Attention, whole as PyTorch has it, or its core."""

from __future__ import annotations

from .flat_steps import Plain
from .known import Fixed
from .lower import Lowering, bind, lowers
from .lower_fixed import beside
from .trace import Call, Ref
from .unsaid import Unsaid


@lowers("multi_head_attention_forward")
def attention(low: Lowering, call: Call) -> None:
    names = "query key value embed_dim_to_check num_heads in_proj_weight in_proj_bias bias_k bias_v add_zero_attn dropout_p out_proj_weight out_proj_bias"
    row = bind(call, names, key_padding_mask=None, attn_mask=None, use_separate_proj_weight=False, is_causal=False, training=False)
    if row["key_padding_mask"] is not None or row["attn_mask"] is not None or row["bias_k"] is not None or row["use_separate_proj_weight"]:
        raise Unsaid("attention with a mask, or with projections apart")
    query, key, value = (low.data(row[name]) for name in ("query", "key", "value"))
    if key.number != value.number:
        raise Unsaid("attention whose keys and values come from two tensors")
    weight = low.of(row["in_proj_weight"])
    assert isinstance(weight, Fixed)
    owner = weight.key.rpartition(".")[0]
    arguments: dict[str, Plain] = {"heads": row["num_heads"], "dropout": row["dropout_p"], "bias": row["in_proj_bias"] is not None}
    low.emit(call, "attention", arguments, [query] if query.number == key.number else [query, key], owner)


@lowers("scaled_dot_product_attention")
def core(low: Lowering, call: Call) -> None:
    row = bind(call, "query key value attn_mask dropout_p is_causal", attn_mask=None, is_causal=False, scale=None, enable_gqa=False)
    query, key, value = (low.data(row[name]) for name in ("query", "key", "value"))
    like = next((item for item in (query, key, value) if not item.alone), query)
    rows = [beside(low, item, like) for item in (query, key, value)]
    if isinstance(row["attn_mask"], Ref):
        rows.append(beside(low, low.data(row["attn_mask"]), like))
    lead, shared = rows[0].bare[:-2], rows[1].bare[:-2]
    if lead != shared and not (row["enable_gqa"] or (shared[:-1] == lead[:-1] and shared[-1:] == (1,))):
        raise Unsaid("attention whose heads share their keys")
    low.emit(call, "sdpa", {"scale": row["scale"], "causal": bool(row["is_causal"])}, rows)
