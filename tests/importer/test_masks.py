"""What a mask chooses: one that is the same for every input, and one that is an input, as padding is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of

from .same import imported


class Chosen(nn.Module):
    def __init__(self, answer: Callable[[Chosen, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.table, self.bias = nn.Parameter(torch.randn(6, 8)), nn.Parameter(torch.randn(8))
        self.answer = answer

    def forward(self, x: Tensor) -> Tensor:
        return self.answer(self, torch.arange(6)[:, None] < torch.tensor(3), x)


CHOICES: dict[str, Callable[[Chosen, Tensor, Tensor], Tensor]] = {
    "of the input": lambda net, mask, x: torch.where(mask, x, -x),
    "learned": lambda net, mask, x: torch.where(mask, x, net.table),
    "learned and smaller": lambda net, mask, x: torch.where(mask, net.bias, x * 2),
    "learned or a number": lambda net, mask, x: torch.where(mask, net.table, 0.5) + x,
    "a number or learned": lambda net, mask, x: x + torch.where(mask, torch.tensor(0.5), net.table),
}


@pytest.mark.parametrize("name", CHOICES)
def test_a_mask_chooses_between_two(name: str) -> None:
    imported(Chosen(CHOICES[name]), [torch.rand(2, 6, 8)], [torch.rand(3, 6, 8)])


class Covered(nn.Module):
    """What is asked of a mask that is an input: true where there is padding."""

    def __init__(self, answer: Callable[[Covered, Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.fc, self.attention = nn.Linear(8, 8), nn.MultiheadAttention(8, 2, batch_first=True)
        self.answer = answer

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        return self.answer(self, self.fc(x), mask)


def scores(x: Tensor) -> Tensor:
    return x @ x.transpose(1, 2)


LAST = torch.tensor([False] * 4 + [True] * 2)
AHEAD = torch.ones(6, 6).triu(1).bool()
PADDED: dict[str, Callable[[Covered, Tensor, Tensor], Tensor]] = {
    "covered": lambda net, x, mask: scores(x).masked_fill(mask[:, None], float("-inf")).softmax(-1) @ x,
    "covered by a number": lambda net, x, mask: torch.where(mask[:, None], torch.tensor(-1e9), scores(x)).softmax(-1) @ x,
    "nothing": lambda net, x, mask: x.masked_fill(mask.unsqueeze(-1), 0.0),
    "filled": lambda net, x, mask: x.masked_fill(mask.unsqueeze(-1), 0.25) + torch.where(mask.unsqueeze(-1), x, torch.ones_like(x)),
    "of two": lambda net, x, mask: torch.where(mask.unsqueeze(-1), x.relu(), -x),
    "numbers": lambda net, x, mask: x * torch.where(mask, 0.5, 2.0).unsqueeze(-1),
    "mean": lambda net, x, mask: (x * (~mask).float()[..., None]).sum(1) / (~mask).sum(1, keepdim=True),
    "both": lambda net, x, mask: scores(x).masked_fill(mask[:, None] | mask[:, :, None], -1e9) * (mask[:, None] & mask[:, :, None]),
    "equal": lambda net, x, mask: x * (mask == 0).unsqueeze(-1) + x.square() * (mask != 0).long()[..., None],
    "kept": lambda net, x, mask: nn.functional.scaled_dot_product_attention(x[:, None], x[:, None], x[:, None], (~mask)[:, None, None])[
        :, 0
    ],
    "attention": lambda net, x, mask: net.attention(x, x, x, key_padding_mask=mask, need_weights=False)[0],
    "padded alike": lambda net, x, mask: net.attention(x, x, x, key_padding_mask=LAST.to(x.device).expand(len(x), 6))[0] * mask[..., None],
    "padded never": lambda net, x, mask: (
        net.attention(x, x, x, key_padding_mask=torch.zeros_like(x[..., 0], dtype=torch.bool))[0] * mask[..., None]
    ),
    "and ahead": lambda net, x, mask: net.attention(x, x, x, key_padding_mask=mask, attn_mask=AHEAD.to(x.device), need_weights=False)[0],
}


@pytest.mark.parametrize("name", PADDED)
def test_a_mask_may_be_an_input(name: str) -> None:
    mask = torch.tensor([[False, True, False, False, True, True], [False] * 6, [False, False, True, True, True, True]])
    text = imported(Covered(PADDED[name]), [torch.rand(2, 6, 8), mask[:2]], [torch.rand(3, 6, 8), mask])
    assert "the input `mask` holds truths in the model, and 1 and 0 here" in text


def test_an_encoder_takes_its_padding() -> None:
    class Encoder(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            layer = nn.TransformerEncoderLayer(8, 2, 16, batch_first=True)
            self.encoder = nn.TransformerEncoder(layer, 2, enable_nested_tensor=False)

        def forward(self, x: Tensor, mask: Tensor) -> Tensor:
            return self.encoder(x, src_key_padding_mask=mask)  # type: ignore[no-any-return]

    mask = torch.tensor([[False, True, False, False, True, True], [False] * 6])
    text = imported(Encoder(), [torch.rand(2, 6, 8), mask], [torch.rand(2, 6, 8), mask])
    assert "mask = true" in text


WORDS = """\
from torch import nn


class Words(nn.Module):
    def __init__(self):
        super().__init__()
        self.embed, self.fc = nn.Embedding(20, 8), nn.Linear(8, 3)

    def forward(self, words, mask):
        return self.fc(self.embed(words).masked_fill(mask.unsqueeze(-1), 0).sum(1))
"""


def test_an_input_that_a_command_names_by_its_size_is_of_the_kind_that_the_model_asks_for(tmp_path: Path) -> None:
    """Words are whole numbers, a mask is truths; a command has no word for either."""
    (tmp_path / "my_words.py").write_text(WORDS, encoding="utf-8")
    model = model_of(f"{tmp_path / 'my_words.py'}:Words", shapes=[(6,), (6,)])
    text = import_model(model).text
    assert [row.dtype for row in model.inputs] == [torch.int64, torch.bool]
    assert "embedding(20, 8)" in text
