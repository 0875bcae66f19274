"""Ways to take a step of training, each as a function without arguments."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING

from ..codegen.pytorch import Mode
from ..runtime.prepare import Wanted, ready
from ..runtime.timing import Leg
from ..verify import tensors as _tensors
from .setting import Setting

if TYPE_CHECKING:
    from torch import nn


def training(setting: Setting) -> Leg:
    module = ready(setting.graph, Wanted(Mode.TRAIN, device=setting.device))
    return _training_step(module, setting)


def reference_training(setting: Setting) -> Leg:
    assert setting.reference is not None
    return _training_step(deepcopy(setting.reference), setting)


def _training_step(module: nn.Module, setting: Setting) -> Leg:
    """Forward, backward and a step of SGD, images with their channels last, under autocast to bfloat16."""
    import torch

    module = module.float().to(memory_format=torch.channels_last).train()  # type: ignore[call-overload]
    for parameter in module.parameters():
        parameter.requires_grad_(True)
    optimizer = torch.optim.SGD(module.parameters(), lr=1e-6, momentum=0.9)
    given = [x.float().contiguous(memory_format=torch.channels_last) if x.dim() == 4 else x.float() for x in setting.given]

    def leg() -> object:
        with torch.autocast(setting.device.partition(":")[0], torch.bfloat16):
            answer = module(*given)
        loss = sum(each.float().mean() for each in _tensors(answer))
        assert isinstance(loss, torch.Tensor)
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        optimizer.zero_grad(set_to_none=True)
        return None

    return leg
