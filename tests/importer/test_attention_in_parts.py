"""Attention of PyTorch's on rows that are folded into the batch, and where no word is it: with values of another tensor, or a learned key."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from .same import imported

WIDE = 16


class OnRows(nn.Module):
    """The channels of a series, or the rows of a map, each by itself."""

    def __init__(self, first: bool = True, masked: str = "") -> None:
        super().__init__()
        self.attention, self.fc = nn.MultiheadAttention(WIDE, 4, batch_first=first), nn.Linear(WIDE, 3)
        self.first, self.masked = first, masked

    def forward(self, x: Tensor) -> Tensor:
        images, rows, length, _ = x.shape
        y = x.reshape(images * rows, length, WIDE)
        ahead = torch.ones(length, length, dtype=torch.bool, device=x.device).triu(1)
        away = ahead.triu(2) | ahead.triu(2).T
        padding = torch.zeros(images * rows, length, dtype=torch.bool, device=x.device)
        padding[:, -1] = True
        y = y if self.first else y.transpose(0, 1)
        y, _ = self.attention(
            y,
            y,
            y,
            attn_mask={"ahead": ahead, "away": away, "both": ahead}.get(self.masked),
            key_padding_mask=padding if self.masked == "both" else None,
        )
        return self.fc((y if self.first else y.transpose(0, 1)).reshape(images, rows, length, WIDE))


class Biased(nn.Module):
    """What is added to the logits is worked out of the input, for each row and head."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.bias = nn.MultiheadAttention(WIDE, 4, batch_first=True), nn.Linear(WIDE, 4)

    def forward(self, x: Tensor) -> Tensor:
        images, rows, length, _ = x.shape
        y = x.reshape(images * rows, length, WIDE)
        mask = self.bias(y).transpose(1, 2)[:, :, None].expand(-1, -1, length, -1).reshape(-1, length, length)
        return self.attention(y, y, y, attn_mask=mask)[0].reshape(images, rows, length, WIDE)


class Asking(nn.Module):
    """Learned queries ask the places of each row."""

    def __init__(self) -> None:
        super().__init__()
        self.query, self.attention = nn.Parameter(torch.randn(1, 3, WIDE)), nn.MultiheadAttention(WIDE, 4, batch_first=True)

    def forward(self, x: Tensor) -> Tensor:
        images, rows, length, _ = x.shape
        y = x.reshape(images * rows, length, WIDE)
        return self.attention(self.query.expand(images * rows, -1, -1), y, y)[0].reshape(images, rows, 3, WIDE)


@pytest.mark.parametrize(
    ("net", "told"),
    [
        (OnRows(), "attention: attention(4) -> fc"),
        (OnRows(first=False), "attention: attention(4) -> fc"),
        (OnRows(masked="ahead"), "attention(4, causal = true)"),
        (OnRows(masked="away"), "mask = true"),
        (OnRows(masked="both"), "mask = true"),
        (Biased(), "mask = true"),
        (Asking(), "expand([5, 3, 16])"),
    ],
)
def test_attention_goes_over_the_sequence_whatever_is_folded_into_the_batch(net: nn.Module, told: str) -> None:
    text = imported(net, [torch.zeros(2, 5, 6, WIDE)], [torch.rand(3, 5, 6, WIDE)])
    assert told in text


class Windowed(nn.Module):
    """Along the rows of a map, then along its columns."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, WIDE, 3, padding=1)
        self.row, self.column = (nn.MultiheadAttention(WIDE, 4, batch_first=True) for _ in range(2))

    def forward(self, x: Tensor) -> Tensor:
        x = self.stem(x)
        images, channels, height, width = x.shape
        y = x.permute(0, 2, 3, 1).reshape(images * height, width, channels)
        x = x + self.row(y, y, y)[0].reshape(images, height, width, channels).permute(0, 3, 1, 2)
        y = x.permute(0, 3, 2, 1).reshape(images * width, height, channels)
        return x + self.column(y, y, y)[0].reshape(images, width, height, channels).permute(0, 3, 2, 1)


def test_attention_along_the_sides_of_a_map() -> None:
    text = imported(Windowed(), [torch.zeros(2, 3, 8, 6)], [torch.rand(3, 3, 8, 6)])
    assert text.count("\n") < 10


class Apart(nn.Module):
    """A decoder of boxes: places are added to queries and keys, and not to values."""

    def __init__(self, **more: bool | int) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, WIDE, 4, stride=4)
        self.own, self.other = nn.MultiheadAttention(WIDE, 4, dropout=0.1), nn.MultiheadAttention(WIDE, 4, **more)  # type: ignore[arg-type]
        self.queries, self.places = nn.Embedding(5, WIDE), nn.Parameter(torch.rand(16, 1, WIDE))
        self.norm = nn.LayerNorm(WIDE)

    def forward(self, x: Tensor) -> Tensor:
        memory = self.stem(x).flatten(2).permute(2, 0, 1)
        asked = self.queries.weight.unsqueeze(1).repeat(1, x.shape[0], 1)
        found = torch.zeros_like(asked)
        for _ in range(2):
            places = found + asked
            found = self.norm(found + self.own(places, places, value=found)[0])
            found = self.norm(found + self.other(found + asked, memory + self.places, value=memory)[0])
        return found.transpose(0, 1)


@pytest.mark.parametrize("more", [{}, {"add_bias_kv": True}, {"add_zero_attn": True}, {"kdim": WIDE, "vdim": WIDE, "bias": False}])
def test_attention_that_no_word_is_comes_as_its_parts_with_the_keys_of_the_module(more: dict[str, bool | int]) -> None:
    net = Apart(**more)
    text = imported(net, [torch.zeros(2, 3, 16, 16)], [torch.rand(3, 3, 16, 16)])
    assert "sdpa" in text and "own.in_proj_weight" in text


class WithTruths(nn.Module):
    """Attention of another tensor's values under a mask of each kind."""

    def __init__(self) -> None:
        super().__init__()
        self.attention, self.value = nn.MultiheadAttention(WIDE, 4, batch_first=True, add_zero_attn=True), nn.Linear(WIDE, WIDE)

    def forward(self, x: Tensor, padding: Tensor) -> Tensor:
        ahead = torch.ones(x.shape[1], x.shape[1], dtype=torch.bool, device=x.device).triu(1)
        return self.attention(x, x, self.value(x), attn_mask=ahead, key_padding_mask=padding)[0]


def test_masks_of_attention_in_parts() -> None:
    padding = torch.tensor([[False] * 5 + [True], [False] * 6, [False] * 4 + [True] * 2])
    imported(WithTruths(), [torch.zeros(2, 6, WIDE), torch.zeros(2, 6, dtype=torch.bool)], [torch.rand(3, 6, WIDE), padding])


class Spread(nn.Module):
    """Deviations, by all the ways in which PyTorch has them."""

    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 8, 3, padding=1)

    def forward(self, x: Tensor) -> tuple[Tensor, ...]:
        x = self.stem(x)
        variance, mean = torch.var_mean(x, dim=(2, 3), keepdim=True)
        deviation, _ = torch.std_mean(x, (2, 3), unbiased=False)
        return (
            (x - mean) / (variance + 1e-5).sqrt(),
            deviation,
            x.std(1, False),
            x.std(1, True, True),
            x.var(dim=1, correction=0),
            x.std((1, 2, 3)),
        )


def test_variances_and_deviations() -> None:
    text = imported(Spread(), [torch.zeros(2, 3, 8, 6)], [torch.rand(3, 3, 8, 6)])
    assert 'reduce("var", channels, keep = true) -> ' in text


class Normed(nn.Module):
    """A norm of tokens by hand, as the annotated Transformer has it."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.scale = nn.Linear(WIDE, WIDE), nn.Parameter(torch.ones(WIDE))

    def forward(self, x: Tensor) -> Tensor:
        x = self.fc(x)
        return self.scale * (x - x.mean(-1, keepdim=True)) / (x.std(-1, keepdim=True) + 1e-6)


def test_a_mean_along_the_features_of_a_sequence_is_no_pool() -> None:
    text = imported(Normed(), [torch.zeros(2, 6, WIDE)], [torch.rand(3, 6, WIDE)])
    assert "global_avgpool" not in text and 'reduce("mean", channels, keep = true)' in text
