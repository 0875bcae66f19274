"""How PyTorch's own attention is run while a model is seen: in its plain form, and with truths for what says which places are padding."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

import torch
from torch import nn

from .calling import call
from .sources import as_it_was, on_meta

PADDING: dict[type[nn.Module], tuple[str, int]] = {
    nn.MultiheadAttention: ("key_padding_mask", 3),
    nn.TransformerEncoder: ("src_key_padding_mask", 2),
    nn.TransformerEncoderLayer: ("src_key_padding_mask", 2),
}
"""What these call a mask of padding, and where it stands among their arguments."""


@contextlib.contextmanager
def plain_attention() -> Iterator[None]:
    """PyTorch's encoders leave the padding out of the tensors themselves where they can: such tensors have no shape to be seen."""
    before = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        yield
    finally:
        torch.backends.mha.set_fastpath_enabled(before)


def padding_masks(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str]) -> set[int]:
    """Which inputs PyTorch's attention is given as they are for its mask of padding."""
    parts = [(part, *told) for kind, told in PADDING.items() for part in module.modules() if isinstance(part, kind)]
    if not parts or len(inputs) < 2:
        return set()
    found: set[int] = set()

    def see(name: str, place: int) -> Any:
        def hook(_: nn.Module, args: tuple[Any, ...], keywords: dict[str, Any]) -> None:
            given = keywords.get(name, args[place] if len(args) > place else None)
            found.update(number for number, tensor in enumerate(inputs) if tensor is given)

        return hook

    hooks = [part.register_forward_pre_hook(see(name, place), with_kwargs=True) for part, name, place in parts]
    try:
        with contextlib.suppress(Exception), torch.no_grad(), plain_attention(), on_meta(module), as_it_was(module):
            call(module, inputs, by_name)
    finally:
        for row in hooks:
            row.remove()
    return found


def told_of_padding(module: nn.Module) -> list[str]:
    """PyTorch's encoders answer in two ways: with zeros for what is padding, where they leave it out, and in training with what attention gives."""
    encoders = [path for path, part in module.named_modules() if isinstance(part, nn.TransformerEncoder) and part.use_nested_tensor]
    names = ", ".join(f"`{path}`" for path in encoders)
    return (
        [f"what is padding has numbers behind {names} here, as in training; in evaluation PyTorch's own encoder gives 0 there"]
        if encoders
        else []
    )
