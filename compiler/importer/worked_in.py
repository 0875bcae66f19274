"""Weights that PyTorch works out anew at each run (norms of weights and other parametrizations), where the language has no layer that does.

At rest such a layer is one whose weight is the number that comes out: it becomes that, and the header says so.
"""

from __future__ import annotations

import contextlib
import copy
import warnings
from collections.abc import Callable, Iterator

import torch
from torch import nn
from torch.nn.utils import parametrize, remove_spectral_norm, remove_weight_norm
from torch.nn.utils.spectral_norm import SpectralNorm
from torch.nn.utils.weight_norm import WeightNorm

from .words import first_keys

TRANSPOSED = (nn.ConvTranspose1d, nn.ConvTranspose2d, nn.ConvTranspose3d)
LAYERS = (nn.Conv1d, nn.Conv2d, nn.Conv3d, nn.Linear, *TRANSPOSED)


def work_in(module: nn.Module) -> list[str]:
    """Change a module in place. Gives the notes for the header."""
    found: dict[str, list[str]] = {}
    for path, part in list(module.named_modules()):
        for key, how, remove in _worked_out(part):
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                remove()
            found.setdefault(how, []).append(f"{path}.{key}" if path else key)
    return [_note(how, keys) for how, keys in found.items()]


def copied(module: nn.Module) -> nn.Module:
    """A copy to change. What a norm has worked out before stands in a layer, too, and cannot be copied as it is."""
    loose = [value for part in module.modules() for value in part.__dict__.values() if isinstance(value, torch.Tensor)]
    return copy.deepcopy(module, {id(tensor): tensor.detach() for tensor in loose})


def is_worked_out(module: nn.Module) -> bool:
    """Whether there is such a weight in it."""
    return any(True for part in module.modules() for _ in _worked_out(part))


def _worked_out(part: nn.Module) -> Iterator[tuple[str, str, Callable[[], object]]]:
    """The name of each weight, what works it out, and what puts the number in its place."""
    if parametrize.is_parametrized(part):
        rows = dict(part.parametrizations.items())  # type: ignore[union-attr, operator]
        for name, steps in rows.items():
            kinds = dict.fromkeys(type(step).__name__.strip("_") for step in steps)
            yield name, " and ".join(kinds), _removed(part, name)
    for hook in list(part._forward_pre_hooks.values()):
        if isinstance(hook, WeightNorm) and not (isinstance(part, LAYERS) and hook.dim == 0 and hook.name == "weight"):
            yield hook.name, "WeightNorm", _without(remove_weight_norm, part, hook.name)
        if isinstance(hook, SpectralNorm) and not (
            isinstance(part, LAYERS) and hook.dim == isinstance(part, TRANSPOSED) and hook.n_power_iterations == 1 and hook.name == "weight"
        ):
            yield hook.name, "SpectralNorm", _without(remove_spectral_norm, part, hook.name)


def _removed(part: nn.Module, name: str) -> Callable[[], object]:
    return lambda: parametrize.remove_parametrizations(part, name, leave_parametrized=True)


def _without(remove: Callable[[nn.Module, str], nn.Module], part: nn.Module, name: str) -> Callable[[], object]:
    def removed() -> None:
        with contextlib.suppress(ValueError):
            remove(part, name)

    return removed


def _note(how: str, keys: list[str]) -> str:
    return f"{how} works out {len(keys)} weight{'' if len(keys) == 1 else 's'} in the model, what comes out is learned here: {first_keys(keys)}"
