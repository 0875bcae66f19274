"""On a card no tensor stays behind on the processor: every module is run where all it is given lies on another device.

There is no card here. PyTorch's fake tensors say that they lie on one, know their shapes alone, and are refused beside a tensor of the
processor; an operation whose rule asks the driver for the card itself (an attention, a slice of a constant) cannot be run so, and the network
runs on PyTorch's meta device, which refuses a tensor of the processor as well.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import ClassVar

import pytest
import torch
from torch import Tensor, nn
from torch._subclasses import FakeTensorMode
from torch.func import functional_call

from archc.compiler import driver
from archc.compiler.emit.fast.build import fast
from archc.compiler.emit.fast.cudnn import CuDnn
from archc.compiler.files.library import names
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import zeros
from tests.sample import sample

from .checks import as_tuple

NEEDS_A_CARD = ("not linked with support for cuda", "Input and parameter tensors are not at the same device")
"""What PyTorch says where a rule asks the driver, and of an LSTM, which holds its weights a second time."""


def answers_on_card(module: nn.Module, given: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """The answers of a module without storage, its tensors and inputs said to lie on a card.

    Raises what PyTorch raises where tensors of two devices meet.
    """
    with FakeTensorMode(), torch.no_grad():
        state = {key: _on_card(value) for key, value in (*module.named_parameters(), *module.named_buffers())}
        try:
            return as_tuple(functional_call(module, state, tuple(map(_on_card, given))))
        except RuntimeError as error:
            if not any(said in str(error) for said in NEEDS_A_CARD):
                raise
    with torch.no_grad():
        return as_tuple(module(*given))


def _on_card(tensor: Tensor) -> Tensor:
    return torch.empty(tensor.shape, dtype=tensor.dtype, device="cuda")


@pytest.mark.parametrize("name", sample(sorted(names()), 4, 12))
def test_no_tensor_of_a_shipped_network_stays_on_the_processor(name: str) -> None:
    graph = driver.compile(name).graph
    with torch.device("meta"):
        module, given = build(graph).eval(), zeros(graph, 2)
    assert {answer.device.type for answer in answers_on_card(module, tuple(given))} <= {"cuda", "meta"}


FOR_CARDS = (
    "densenet121", "googlenet", "mobilenet_v3_large", "unetpp", "resnest50d", "swin_t", "shufflenet_v2_x1_0", "resnext50", "yolov8n", "inception_v4",
    "convnext_tiny", "efficientdet_d0",
)  # fmt: skip
"""Of each kind one whose weights are few: here they are made, though of zeros."""


class _AnyDevice(CuDnn):
    """The module for cards without its guard, so that it can be tried on the meta device."""

    __slots__ = ()
    device: ClassVar[str] = ""


def _relu(x: Tensor, weight: Tensor, bias: Tensor, *rest: object) -> Tensor:
    """What cuDNN's call works out; PyTorch knows no shape of it without a card."""
    return nn.functional.relu(nn.functional.conv2d(x, weight, bias, *rest))  # type: ignore[arg-type]


def _add_relu(x: Tensor, weight: Tensor, other: Tensor, alpha: float, bias: Tensor, *rest: object) -> Tensor:
    return nn.functional.relu(nn.functional.conv2d(x, weight, bias, *rest) + alpha * other)  # type: ignore[arg-type]


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(FOR_CARDS, 0, 3))
def test_no_tensor_of_an_optimised_module_for_cards_stays_on_the_processor(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch, "cudnn_convolution_relu", _relu)
    monkeypatch.setattr(torch, "cudnn_convolution_add_relu", _add_relu)
    graph = driver.compile(name).graph
    with torch.device("meta"):
        shapes = build(graph).state_dict()
        given = zeros(graph, 2)
    module = fast(graph, {key: torch.zeros(value.shape, dtype=value.dtype) for key, value in shapes.items()}, _AnyDevice()).module.to(
        "meta"
    )
    assert {answer.device.type for answer in answers_on_card(module, tuple(given))} <= {"cuda", "meta"}


class _Behind(nn.Module):
    """Its constant is made where PyTorch makes tensors: on the processor."""

    def forward(self, x: Tensor) -> Tensor:
        return x * torch.arange(4.0)


class _BehindByAttention(nn.Module):
    """The same in a module that fake tensors cannot run."""

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.scaled_dot_product_attention(x, x, x) + torch.arange(4.0)


@pytest.mark.parametrize("make", [_Behind, _BehindByAttention])
def test_a_constant_that_stays_is_refused(make: Callable[[], nn.Module]) -> None:
    with pytest.raises(RuntimeError, match="device"):
        answers_on_card(make(), (torch.zeros(1, 2, 4, 4, device="meta"),))
