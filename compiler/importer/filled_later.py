"""Buffers whose numbers of today are not the model's: what training moves, and what waits, at 0 or 1, for a checkpoint to fill it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch.nn.modules.batchnorm import _NormBase

from .calling import call
from .flat_steps import Flat
from .lower_constant import FEW
from .sources import tried_apart


def filled_later(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str]) -> frozenset[str]:
    """The keys of buffers that a text must keep by their names. Of PyTorch's own layers these are a norm's statistics, which a model may read by
    itself; what spectral norms keep has words that know it."""
    rows = dict(_candidates(module))
    found = {key for key, row in rows.items() if not row.is_meta and (bool((row == 0).all()) or bool((row == 1).all()))}
    if len(found) < len(rows):
        found |= _moved(module, inputs, by_name) & rows.keys()
    return frozenset(found)


def _candidates(module: nn.Module) -> Iterator[tuple[str, torch.Tensor]]:
    stored = module.state_dict(keep_vars=True)
    for path, part in module.named_modules():
        if isinstance(part, _NormBase) or not type(part).__module__.startswith("torch."):
            for name, row in part.named_buffers(path, recurse=False):
                if name in stored and row.is_floating_point() and row.numel():
                    yield name, row


def listed(flat: Flat, module: nn.Module) -> frozenset[str]:
    """The keys of buffers that a text has as lists of numbers, which nobody would write, and which another model of the class may have otherwise."""
    values = [step.arguments.get("value") for step in flat.steps if step.operation == "constant"]
    if not any(isinstance(value, list | tuple) and len(value) > FEW for value in values):
        return frozenset()
    owned = {step.key for step in flat.steps}
    return frozenset(key for key, row in _candidates(module) if key in flat.read and key not in owned and row.numel() > FEW)


def _moved(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str]) -> set[str]:
    """What a run of training writes into, or puts another tensor in the place of."""
    found = set[str]()
    with tried_apart(module, training=True):
        before = {key: (row, row._version) for key, row in module.named_buffers()}
        try:
            call(module, inputs, by_name)
        finally:
            after = dict(module.named_buffers())
            found |= {key for key, (row, version) in before.items() if after.get(key) is not row or row._version != version}
    return found
