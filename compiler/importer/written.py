"""Tensors that are written into while a model runs: who has the same memory sees it, too.

A part of a tensor (`x[:, :8]`) may be written over, and the tensor is another one then; so are other views of it. What a run writes down
are calls that change nothing, so each such write becomes the calls that make the tensors anew.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from ...base.records import dataclass

Index = tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Back:
    """What makes the whole of a part that is new: a function, and what it takes behind the tensors."""

    function: str
    target: Callable[..., Any]
    rest: tuple[Any, ...]
    takes_whole: bool = False
    """Whether it takes the whole as it was, before the part."""

    def __repr__(self) -> str:
        return f"<Back by {self.function}>"


def version(tensor: torch.Tensor) -> int:
    """How often the memory of a tensor was written into."""
    return 0 if tensor.is_inference() else tensor._version


def is_view(result: torch.Tensor, source: torch.Tensor) -> bool:
    """Whether both have the same memory."""
    if result is source or result.layout is not torch.strided or source.layout is not torch.strided:
        return False
    return bool(result.untyped_storage()._cdata == source.untyped_storage()._cdata)


RESHAPES = frozenset(
    ("view", "reshape", "flatten", "unflatten", "squeeze", "unsqueeze", "view_as", "reshape_as", "detach", "data", "alias")
)
TURNS = frozenset(("permute", "transpose", "swapaxes", "swapdims", "movedim", "moveaxis", "t", "T", "mT"))


def back(name: str, target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], place: int) -> Back | None:
    """How a view is undone, of which there is one that is written into: the function that made it, and which of its results it is."""
    whole = args[0]
    if name in RESHAPES:
        return Back("reshape", torch.Tensor.reshape, (list(whole.shape),))
    if name in TURNS:
        probe = torch.empty(tuple(range(2, 2 + whole.dim())), device="meta")
        order = [size - 2 for size in target(probe, *args[1:], **kwargs).shape]
        return Back("permute", torch.Tensor.permute, ([order.index(axis) for axis in range(len(order))],))
    index = _index(name, target, args, kwargs, place)
    return None if index is None else Back("__setitem__", torch.Tensor.__setitem__, (index,), takes_whole=True)


def _index(name: str, target: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any], place: int) -> Index | None:
    """The part as an index."""
    whole = args[0]
    if name == "__getitem__":
        rows = args[1] if isinstance(args[1], tuple) else (args[1],)
        return rows if all(isinstance(row, int | slice | type(Ellipsis)) for row in rows) else None
    if name not in ("chunk", "split", "split_with_sizes", "tensor_split", "unbind", "narrow", "select"):
        return None
    made = target(*args, **kwargs)
    parts = list(made) if isinstance(made, tuple | list) else [made]
    axis = kwargs.get("dim", args[1] if name in ("narrow", "select") and len(args) > 1 else None)
    if axis is None:
        axis = args[1] if name == "unbind" and len(args) > 1 else args[2] if name != "unbind" and len(args) > 2 else 0
    axis %= whole.dim()
    if name in ("unbind", "select"):
        at: Any = place if name == "unbind" else kwargs.get("index", args[-1])
    else:
        start = sum(part.shape[axis] for part in parts[:place])
        if name == "narrow":
            start = kwargs.get("start", args[2] if len(args) > 2 else 0) % whole.shape[axis]
        at = slice(start, start + parts[place].shape[axis])
    return (*[slice(None)] * axis, at)
