"""Functions of PyTorch's that are short forms of others, as those: `logsumexp`, `logsigmoid`, `addcdiv`, `lerp` by a tensor, …"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor

from .einsum_parts import einsum_in_parts


def composite(name: str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Callable[[], Any] | None:
    """What makes the same by other calls; None of others, and of forms that are no short form."""
    if name == "einsum" and not kwargs:
        return einsum_in_parts(args)
    name = name.removeprefix("special_")
    given = {key: value for key, value in kwargs.items() if key != "_stacklevel" and not (key in ("out", "dtype") and value is None)}
    if name not in MADE or given.keys() & {"out", "dtype"} or (name in SOME and not SOME[name](*args, **given)):
        return None
    return partial(MADE[name], *args, **given)


def _lerp(input: Tensor, end: Tensor, weight: Tensor) -> Tensor:
    return input + weight * (end - input)


def _addcmul(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: float = 1) -> Tensor:
    return input + value * tensor1 * tensor2


def _addcdiv(input: Tensor, tensor1: Tensor, tensor2: Tensor, value: float = 1) -> Tensor:
    return input + (tensor1 / tensor2 if value == 1 else value * tensor1 / tensor2)


def _logsumexp(input: Tensor, dim: int | Sequence[int], keepdim: bool = False) -> Tensor:
    """With the largest taken out first, as PyTorch does it."""
    axes = [dim] if isinstance(dim, int) else list(dim)
    most = input.amax(axes, keepdim=True)
    found = most + torch.log(torch.exp(input - most).sum(axes, keepdim=True))
    return found if keepdim else found.squeeze(axes)


def _logaddexp(input: Tensor, other: Tensor) -> Tensor:
    return torch.maximum(input, other) + F.softplus(-torch.abs(input - other))


def _softmin(input: Tensor, dim: int) -> Tensor:
    return F.softmax(-input, dim)


def _softshrink(input: Tensor, lambd: float = 0.5) -> Tensor:
    return F.relu(input - lambd) - F.relu(-input - lambd)


def _logit(input: Tensor, eps: float | None = None) -> Tensor:
    input = input if eps is None else input.clamp(eps, 1 - eps)
    return torch.log(input / (1 - input))


def _cdist(x1: Tensor, x2: Tensor, p: float = 2.0, compute_mode: str = "") -> Tensor:
    apart = x1.unsqueeze(-2) - x2.unsqueeze(-3)
    return apart.abs().sum(-1) if p == 1 else torch.linalg.vector_norm(apart, dim=-1)


def _normalize(input: Tensor, p: float = 1.0, dim: int = 1, eps: float = 1e-12) -> Tensor:
    return input / input.abs().sum(dim, keepdim=True).clamp_min(eps)


def _norm(input: Tensor, p: float = 1, dim: int | Sequence[int] = -1, keepdim: bool = False) -> Tensor:
    size = input.abs()
    return size.sum(dim, keepdim=keepdim) if p == 1 else size.amax(dim, keepdim=keepdim)  # type: ignore[arg-type]


def _vector_norm(input: Tensor, ord: float = 1, dim: int | Sequence[int] = -1, keepdim: bool = False) -> Tensor:
    return _norm(input, ord, dim, keepdim)


def _is_of_absolutes(input: Tensor, p: Any = 2, dim: Any = None, *args: Any, **kwargs: Any) -> bool:
    return kwargs.get("ord", p) in (1, math.inf) and dim is not None


MADE: Mapping[str, Callable[..., Any]] = {
    "lerp": _lerp,
    "addcmul": _addcmul,
    "addcdiv": _addcdiv,
    "logsumexp": _logsumexp,
    "logaddexp": _logaddexp,
    "logsigmoid": lambda input: -F.softplus(-input),
    "log_sigmoid": lambda input: -F.softplus(-input),
    "softmin": _softmin,
    "softsign": lambda input: input / (1 + input.abs()),
    "tanhshrink": lambda input: input - torch.tanh(input),
    "softshrink": _softshrink,
    "logit": _logit,
    "exp2": lambda input: torch.exp(input * math.log(2)),
    "log2": lambda input: torch.log(input) * (1 / math.log(2)),
    "log10": lambda input: torch.log(input) * (1 / math.log(10)),
    "tan": lambda input: torch.sin(input) / torch.cos(input),
    "hypot": lambda input, other: torch.sqrt(input.square() + other.square()),
    "inner": lambda input, other: torch.einsum("...i,...i->..." if other.dim() == 1 else "...i,ji->...j", input, other),
    "cdist": _cdist,
    "normalize": _normalize,
    "norm": _norm,
    "linalg_vector_norm": _vector_norm,
    "broadcast_to": lambda input, size: input.expand(size),
}
SOME: Mapping[str, Callable[..., bool]] = {
    "lerp": lambda *args, **kwargs: isinstance(kwargs.get("weight", args[-1]), Tensor),
    "addcmul": lambda *args, value=1, **kwargs: value != 1,
    "inner": lambda input, other: other.dim() in (1, 2),
    "cdist": lambda x1, x2, p=2.0, compute_mode="": p in (1, 2),
    "normalize": lambda input, p=2.0, *args, **kwargs: p == 1,
    "norm": _is_of_absolutes,
    "linalg_vector_norm": _is_of_absolutes,
}
"""Where a function is a short form in some of its forms alone: in which."""
