"""The weights of a model as a file that `--weights` takes."""

from __future__ import annotations

from collections.abc import Collection

import torch
from torch import nn

from ..files.write import whole
from .prove import run_once
from .sources import Model
from .trouble import trouble


def weights_of(module: nn.Module) -> dict[str, torch.Tensor]:
    """The numbers as they are: to be kept before the proof, which puts others in."""
    return {key: value.detach().clone().contiguous() for key, value in module.state_dict().items()}


def after_a_run(model: Model, weights: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
    """The same, as a run leaves them where the model writes into them (to keep them within bounds): with these the text answers as the model does."""
    if not model.rewritten:
        return weights
    state = model.module.state_dict()
    for key, value in weights.items():
        state[key].copy_(value)
    run_once(model, torch.Generator().manual_seed(0))
    return weights_of(model.module)


def save_weights(state: dict[str, torch.Tensor], path: str, missing: Collection[str] = ()) -> None:
    """Write what the text has a key for: not the second name of a tied tensor, nor what no run reads. Raises `ArchError`: F615, F616."""
    state = {key: value for key, value in state.items() if key not in missing}
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
