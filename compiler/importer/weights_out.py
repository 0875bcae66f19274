"""The weights of a model as a file that `--weights` takes."""

from __future__ import annotations

import torch
from torch import nn

from ..files.write import whole
from .sources import trouble


def save_weights(module: nn.Module, path: str) -> None:
    """Write the state_dict as it is: before the proof, which puts other numbers in. Raises `ArchError`: F615, F616."""
    state = {key: value.detach().clone().contiguous() for key, value in module.state_dict().items()}
    if not path.endswith(".safetensors"):
        with whole(path) as draft:
            torch.save(state, draft)
        return
    try:
        from safetensors.torch import save_file
    except ImportError as error:
        raise trouble(path, "F616", "`.safetensors` needs the package `safetensors`", "`pip install 'archc[weights]'`") from error
    with whole(path) as draft:
        save_file(state, draft)
