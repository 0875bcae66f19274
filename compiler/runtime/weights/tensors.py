"""What becomes of the numbers of a tensor on its way from the file: how they are stored, whether they fit, and which of them are lost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ....base.diagnostics import Diagnostic
from .keys import COUNTER
from .told import MOST_TOLD, trouble

if TYPE_CHECKING:
    import torch
    from torch import Tensor

Tensors = Mapping[str, "Tensor"]


def plain(tensors: Tensors, name: str) -> Tensors | Diagnostic:
    """The tensors with all their numbers in place: sparse ones are filled up. Some have no numbers at all, and are refused."""
    import torch
    from torch.nn.parameter import is_lazy

    made: dict[str, Tensor] = {}
    for key, tensor in tensors.items():
        if is_lazy(tensor):
            first = "run the model once before its weights are saved"
            return trouble(name, "F621", f"`{key}` of `{name}` has no shape yet: it is of a lazy layer", first)
        if tensor.is_meta:
            said = f"`{name}` has shapes alone and no numbers: its tensors are on the device `meta`"
            return trouble(name, "F621", said, "save the weights of a model on the CPU")
        if tensor.is_nested:
            return trouble(name, "F621", f"`{key}` of `{name}` is a nested tensor, not one of one shape", "save it as a plain tensor")
        made[key] = tensor if tensor.layout is torch.strided else tensor.to_dense()
    return made


def counted(key: str, tensor: Tensor) -> Tensor:
    """Counts of batches are whole numbers, also where they were cast together with the weights. Infinity is none: it stays, and is refused."""
    if (
        key.rpartition(".")[2] == COUNTER
        and tensor.is_floating_point()
        and bool((tensor == tensor.trunc()).all() and tensor.isfinite().all())
    ):
        return tensor.long()
    return tensor


def fits(tensor: Tensor, wanted: Tensor) -> bool:
    """Whether the shapes are equal and the numbers of one kind: whole numbers of a quantised file mean nothing without their scales."""
    return tensor.shape == wanted.shape and tensor.is_floating_point() == wanted.is_floating_point() and not tensor.is_complex()


def dtypes(given: Tensors, wanted: Tensors) -> tuple[str, ...]:
    """The dtypes that the file has and the module has not."""
    pairs = dict.fromkeys((_word(tensor.dtype), _word(wanted[key].dtype)) for key, tensor in given.items() if tensor.is_floating_point())
    return tuple(f"{one} made {two}" for one, two in pairs if one != two)


def lost(file: Tensors, made: Tensors) -> tuple[str, ...]:
    """What is no number any more, or never was, in words: `made` are the tensors of the module, `file` those that they came from."""
    rows: dict[str, list[str]] = {}
    for key, tensor in file.items():
        now = made[key]
        if not now.is_floating_point():
            continue
        broken = _not_finite(now)
        was = _not_finite(tensor) if broken else 0
        if was:
            rows.setdefault("not finite in the file", []).append(f"`{key}` ({was} of {tensor.numel()})")
        if broken > was:
            rows.setdefault(f"too large for {_word(now.dtype)}, now infinite", []).append(f"`{key}` ({broken - was} of {now.numel()})")
        if not bool(now.any()) and bool(tensor.double().any()):
            rows.setdefault(f"too small for {_word(now.dtype)}, now 0", []).append(f"`{key}`")
    return tuple(f"{what}: {_some(keys)}" for what, keys in rows.items())


def _not_finite(tensor: Tensor) -> int:
    if tensor.dtype.itemsize < 2:  # PyTorch asks no number of 8 bits whether it is finite
        tensor = tensor.float()
    return tensor.numel() - int(tensor.isfinite().sum())


def _some(rows: Sequence[str]) -> str:
    return ", ".join(rows[:MOST_TOLD]) + (f" and {len(rows) - MOST_TOLD} more" if len(rows) > MOST_TOLD else "")


def _word(dtype: torch.dtype) -> str:
    return str(dtype).removeprefix("torch.")
