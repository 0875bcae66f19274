"""Layers that `torch.export` takes to pieces, as the one call that they were: the nodes of a module of PyTorch's own know which it is."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch
import torch.nn.functional as F
from torch import fx

from .graph_model import Name, Row

Group = Sequence[tuple[fx.Node, Row]]
"""Nodes of one module, one after the other."""


def regrouped(pairs: Group, kinds: dict[str, str], weights: dict[str, str]) -> list[Row]:
    """The rows with such layers whole. `weights`: the value of each key."""
    found: list[Row] = []
    place = 0
    while place < len(pairs):
        stack = pairs[place][1].stack
        maker = MAKERS.get(kinds.get(stack[-1][0], "")) if stack else None
        end = place
        while end < len(pairs) and maker is not None and pairs[end][1].stack[: len(stack)] == stack:
            end += 1
        row = maker(pairs[place:end], stack[-1][0], weights) if maker is not None else None
        if row is None:
            found.append(pairs[place][1])
            place += 1
        else:
            found.append(row)
            place = end
    return found


def _ends(group: Group) -> tuple[list[fx.Node], list[fx.Node]]:
    """The tensors that enter (weights and sizes are none), in order, and those that are read elsewhere."""
    inside = {node for node, _ in group}
    enter = dict.fromkeys(
        source
        for node, _ in group
        for source in node.all_input_nodes
        if source not in inside and not source.name.startswith(("p_", "b_", "c_")) and isinstance(source.meta.get("val"), torch.Tensor)
    )
    leave = [node for node, _ in group if any(user not in inside for user in node.users)]
    return list(enter), [node for node in leave if isinstance(node.meta.get("val"), torch.Tensor)]


def _is(node: fx.Node, name: str) -> bool:
    return isinstance(node.target, torch._ops.OpOverload) and node.target._schema.name == f"aten::{name}"


def _first(group: Group, name: str) -> fx.Node | None:
    return next((node for node, _ in group if _is(node, name)), None)


def _response_norm(group: Group, path: str, weights: dict[str, str]) -> Row | None:
    enter, leave = _ends(group)
    pool = _first(group, "avg_pool3d") or _first(group, "avg_pool2d")
    scale, offset, power = (_first(group, name) for name in ("mul", "add", "pow"))
    scales = [node for node, _ in group if _is(node, "mul") and not isinstance(node.args[1], fx.Node)]
    if len(enter) != 1 or len(leave) != 1 or pool is None or scale is None or offset is None or power is None or len(scales) != 1:
        return None
    size: Any = pool.args[1]
    numbers = (int(size[0]), scales[0].args[1], power.args[1], offset.args[1])
    return Row(leave[0].name, F.local_response_norm, [Name(enter[0].name), *numbers], {}, group[0][1].stack, group[0][1].line)


def _attention(group: Group, path: str, weights: dict[str, str]) -> Row | None:
    """`nn.MultiheadAttention` of one tensor, or of two of which the second has keys and values."""
    enter, leave = _ends(group)
    product = _first(group, "scaled_dot_product_attention")
    names = [weights.get(f"{path}.{last}") for last in ("in_proj_weight", "in_proj_bias", "out_proj.weight", "out_proj.bias")]
    if product is None or len(enter) not in (1, 2) or len(leave) != 1 or names[0] is None or names[2] is None:
        return None
    heads = int(product.args[0].meta["val"].shape[1])  # type: ignore[union-attr]
    first = _first(group, "transpose")
    batch_first = first is not None and first.args[0] in enter
    inputs = [Name(node.name) for node in enter]
    own = [None if name is None else Name(name) for name in names]
    return Row(leave[0].name, attention, [*inputs[:1], inputs[-1], *own, heads, batch_first], {}, group[0][1].stack, group[0][1].line)


def attention(
    query: torch.Tensor, key: torch.Tensor, weight: Any, bias: Any, out_weight: Any, out_bias: Any, heads: int, batch_first: bool
) -> torch.Tensor:
    width = query.shape[-1]
    if batch_first:
        query, key = (query.transpose(0, 1),) * 2 if key is query else (query.transpose(0, 1), key.transpose(0, 1))
    made, _ = F.multi_head_attention_forward(
        query, key, key, width, heads, weight, bias, None, None, False, 0.0, out_weight, out_bias, training=False, need_weights=False
    )
    return made.transpose(0, 1) if batch_first else made


MAKERS: dict[str, Callable[[Group, str, dict[str, str]], Row | None]] = {
    "torch.nn.modules.normalization.LocalResponseNorm": _response_norm,
    "torch.nn.modules.activation.MultiheadAttention": _attention,
}
