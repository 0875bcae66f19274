"""Tensors that a model writes into, by whatever name: the text makes what the model sees afterwards."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

import archc


class Writing(nn.Module):
    """A convolution, and a function that writes into what it gives."""

    def __init__(self, writes: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 8, 3, padding=1)
        self.writes = writes

    def forward(self, x: Tensor) -> Tensor:
        return self.writes(self.conv(x))


def part(y: Tensor) -> Tensor:
    y[:, :3].relu_()
    return y


def seen_by_a_view(y: Tensor) -> Tensor:
    flat = y.flatten(2)
    y.mul_(2)
    return flat


def half(y: Tensor) -> Tensor:
    one, two = y.chunk(2, 1)
    one.add_(two)
    return y + 1


def turned(y: Tensor) -> Tensor:
    y.permute(0, 2, 3, 1)[..., 0].zero_()
    return y


def places(y: Tensor) -> Tensor:
    y[:, 1] = 0.0
    y[:, :, 0, 1:3] = y[:, :, 3, 2:4]
    return y


def without_a_gradient(y: Tensor) -> Tensor:
    y.data[:, :2].mul_(3)
    y.detach().add_(1.0)
    return y


def several(y: Tensor) -> Tensor:
    rows = y.unbind(1)
    rows[2].relu_()
    y.select(1, 3).relu_()
    y.narrow(1, 4, 2).neg_()
    return torch.cat([y, y[:, :1]], 1)


def handed_out(y: Tensor) -> Tensor:
    torch.add(y, 1, out=y)
    y[:, 2:4].copy_(y[:, :2])
    y[:, 5].fill_(0.5)
    return y


@pytest.mark.parametrize("writes", [part, seen_by_a_view, half, turned, places, without_a_gradient, several, handed_out])
def test_a_tensor_that_is_written_into_is_another_one_afterwards(writes: Callable[[Tensor], Tensor]) -> None:
    torch.manual_seed(0)
    module = Writing(writes).eval()
    text = archc.from_module(module, torch.zeros(2, 3, 8, 8))
    made = archc.load(text, weights=module.state_dict()).eval()
    image = torch.rand(3, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(made(image), module(image), rtol=1e-5, atol=1e-5)


class WrittenBias(nn.Module):
    """A dense layer whose bias is 0 in part, whatever is learned there."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv = nn.Linear(6, 12)
        self.register_buffer("table", torch.linspace(-1, 1, 400).reshape(400, 1).expand(400, 12).clone())

    def forward(self, x: Tensor) -> Tensor:
        bias = self.qkv.bias.clone()
        bias[4:8].zero_()
        table = self.table
        assert isinstance(table, Tensor)
        return nn.functional.linear(x, self.qkv.weight, bias) + table[:5]


def test_a_bias_that_is_written_into_is_not_the_layers_own_and_a_table_keeps_its_numbers() -> None:
    module = WrittenBias().eval()
    text = archc.from_module(module, torch.zeros(2, 5, 6))
    assert '"qkv.bias": parameter' in text and "linear" not in text
    assert "1 key of tables is left out, whose numbers the text has itself: `table`" in text


def test_a_write_that_the_language_cannot_say_is_told_with_its_line() -> None:
    def every_third(y: Tensor) -> Tensor:
        y[:, ::3].relu_()  # of four
        return y

    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Writing(every_third), torch.zeros(2, 3, 8, 8))
    (row,) = error.value.diagnostics
    assert row.code == "F653"
    assert any("every other place" in note and "test_written.py" in note for note in row.notes)


def test_every_other_channel_is_written_over() -> None:
    def every_other(y: Tensor) -> Tensor:
        y[:, ::2].relu_()
        return y

    assert "relu" in archc.from_module(Writing(every_other), torch.zeros(2, 3, 8, 8))


class Dead(nn.Module):
    """What it works out for nothing has no word in the language."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 1)
        self.unused = nn.Parameter(torch.ones(4, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        y: Tensor = self.conv(x)
        torch.fft.rfft2(y * self.unused)
        return y


def test_what_nothing_depends_on_needs_no_word() -> None:
    text = archc.from_module(Dead(), torch.zeros(2, 3, 8, 8))
    assert "1 key that no output depends on is left out: `unused`" in text
