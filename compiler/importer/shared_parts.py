"""Layers without weights that serve many modules: one `nn.SiLU()` for all convolutions of a model.

PyTorch gives such a layer one path, that of the first module that has it; in a text each module has its own.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator

from torch import nn


@contextlib.contextmanager
def parts_of_their_own(module: nn.Module) -> Iterator[None]:
    """Meanwhile each module has a layer of its own in the place of one that it shares. Layers of PyTorch alone: others may remember."""
    kept: list[tuple[dict[str, nn.Module | None], str, nn.Module]] = []
    seen: set[nn.Module] = set()
    for parent in list(module.modules()):
        for name, part in parent._modules.items():
            if part is None or not _is_bare(part):
                continue
            if part in seen:
                kept.append((parent._modules, name, part))
            seen.add(part)
    for home, name, part in kept:
        home[name] = copy.deepcopy(part)
    try:
        yield
    finally:
        for home, name, part in kept:
            home[name] = part


def _is_bare(part: nn.Module) -> bool:
    """Whether it is a layer of PyTorch's that has nothing in it, and nobody listens to it."""
    holds = part._parameters or part._buffers or part._modules
    return type(part).__module__.startswith("torch.nn.modules") and not holds and not part._forward_hooks and not part._forward_pre_hooks
