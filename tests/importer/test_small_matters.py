"""What brings no warning, and forms that are read as what they are: rows that learn, an einsum of one tensor, masks stretched over the batch."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archc

from .same import imported


class Queries(nn.Module):
    """Learned rows see each other first, then the input; PyTorch's axis of the batch stands second."""

    def __init__(self, batch_first: bool) -> None:
        super().__init__()
        self.rows = nn.Parameter(torch.randn(3, 8))
        self.first = batch_first
        self.own = nn.MultiheadAttention(8, 2, batch_first=batch_first)
        self.other = nn.MultiheadAttention(8, 2, batch_first=batch_first)

    def forward(self, x: Tensor) -> Tensor:
        rows = self.rows[None].repeat(x.shape[0], 1, 1)
        if not self.first:
            x, rows = x.transpose(0, 1), rows.transpose(0, 1)
        rows = rows + self.own(rows, rows, rows, need_weights=False)[0]
        found = self.other(rows, x, x, need_weights=False)[0]
        return found if self.first else found.transpose(0, 1)


@pytest.mark.parametrize("batch_first", [True, False])
def test_learned_rows_see_each_other(batch_first: bool) -> None:
    imported(Queries(batch_first), [torch.randn(2, 5, 8)], [torch.randn(3, 5, 8)])


class Turned(nn.Module):
    def __init__(self, pattern: str) -> None:
        super().__init__()
        self.conv, self.pattern = nn.Conv2d(4, 6, 1), pattern

    def forward(self, x: Tensor) -> Tensor:
        return torch.einsum(self.pattern, self.conv(x))


@pytest.mark.parametrize("pattern", ["bchw->bhcw", "bchw->bc", "bchw -> bchw", "bchw->bhw"])
def test_an_einsum_of_one_tensor_turns_or_sums(pattern: str) -> None:
    imported(Turned(pattern), [torch.randn(2, 4, 6, 8)], [torch.randn(3, 4, 6, 8)])


class Stretched(nn.Module):
    """A mask of truths with a row for each image, all of them the same."""

    def __init__(self) -> None:
        super().__init__()
        self.of = nn.Linear(8, 24)

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.of(x).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 1, 4)
        place = torch.arange(x.shape[1])
        seen = (place[:, None] >= place) & (place[:, None] - place < 3)
        return F.scaled_dot_product_attention(query, key, value, attn_mask=seen[None, None].expand(x.shape[0], 1, -1, -1)).mean(1)


def test_a_mask_of_truths_that_is_stretched_over_the_batch() -> None:
    text = imported(Stretched(), [torch.randn(2, 6, 8)], [torch.randn(3, 6, 8)])
    assert "scale = " not in text  # of four features it is a half anyway


class Scaled(Stretched):
    def forward(self, x: Tensor) -> Tensor:
        query, key, value = self.of(x).unflatten(-1, (3, 2, 4)).permute(2, 0, 3, 1, 4)
        return F.scaled_dot_product_attention(query, key, value, scale=self.scale).mean(1)

    scale = 4**-0.5


def test_a_scale_that_logits_have_anyway_is_left_out() -> None:
    text = imported(Scaled(), [torch.randn(2, 6, 8)], [torch.randn(3, 6, 8)])
    assert "scale = " not in text
    other = Scaled()
    other.scale = 0.25
    assert "scale = 0.25" in imported(other, [torch.randn(2, 6, 8)], [torch.randn(3, 6, 8)])


class Empty(nn.Module):
    """A learned tensor without a number, as a class token that a setting leaves out."""

    def __init__(self) -> None:
        super().__init__()
        self.token, self.of = nn.Parameter(torch.randn(0, 8)), nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Tensor:
        return self.of(torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1))


def test_a_learned_tensor_of_no_numbers() -> None:
    imported(Empty(), [torch.randn(2, 5, 8)], [torch.randn(3, 5, 8)])


class Quiet(nn.Sequential):
    """Windows that no padding centres, and a dropout of nothing between numbers."""

    def __init__(self) -> None:
        super().__init__(
            nn.Conv2d(3, 4, 4, padding=1), nn.ReLU(), nn.Conv2d(4, 4, 2), nn.Dropout(0.0), nn.Conv2d(4, 4, 2, stride=2), nn.Conv2d(4, 4, 1)
        )


def test_windows_of_even_sides_and_dropouts_of_nothing_bring_no_warning() -> None:
    text = imported(Quiet(), [torch.randn(2, 3, 16, 16)], [torch.randn(3, 3, 16, 16)])
    assert "conv(4, 4, pad = 1)" in text and "conv(4, 2, pad = 0) -> identity -> conv(4, 2, stride = 2)" in text


class Experts(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.experts, self.gate = nn.ModuleList(nn.Linear(8, 8) for _ in range(3)), nn.Linear(8, 3)

    def forward(self, x: Tensor) -> Tensor:
        each = torch.stack([expert(x) for expert in self.experts], dim=-2)
        return (each * self.gate(x).softmax(-1).unsqueeze(-1)).sum(-2)


def test_an_axis_behind_the_length_brings_no_warning() -> None:
    assert "stack(axis = -2)" in imported(Experts(), [torch.randn(2, 5, 8)], [torch.randn(3, 5, 8)])


class Resampled(nn.Module):
    """Positions learned for another size, brought to this one by means, and a map that is made smaller."""

    def __init__(self, corners: bool = False) -> None:
        super().__init__()
        self.conv, self.places, self.corners = nn.Conv2d(3, 8, 3), nn.Parameter(torch.randn(1, 9, 9, 8)), corners

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        x = x + F.interpolate(self.places.permute(0, 3, 1, 2), size=x.shape[2:], mode="bicubic", antialias=True)
        return F.interpolate(x, size=(4, 5), mode="bilinear", antialias=True, align_corners=self.corners)


def test_a_smaller_image_of_means() -> None:
    made = imported(Resampled(), [torch.randn(2, 3, 9, 9)], [torch.randn(3, 3, 9, 9)])
    assert 'upsample(like = conv, mode = "bicubic", antialias = true)' in made
    assert 'upsample(size = 4x5, mode = "bilinear", antialias = true)' in made


def test_means_with_corners_that_stay_are_refused() -> None:
    with pytest.raises(archc.ArchError, match="antialiasing and corners"):
        archc.from_module(Resampled(corners=True), torch.randn(2, 3, 9, 9))


def test_norms_of_weights_around_layers_that_are_no_convolution() -> None:
    spectral, length = nn.utils.spectral_norm, nn.utils.weight_norm
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", FutureWarning)
        net = nn.Sequential(
            *(spectral(nn.ConvTranspose2d(8, 4, 4, 2, 1)), nn.ReLU(), spectral(nn.ConvTranspose2d(4, 6, 3, groups=2, bias=False))),
            *(nn.AdaptiveAvgPool2d(1), nn.Flatten(), spectral(nn.Linear(6, 5)), nn.ReLU(), length(nn.Linear(5, 3, bias=False))),
        )
    made = imported(net, [torch.randn(2, 8, 5, 6)], [torch.randn(3, 8, 5, 6)])
    assert made.count("spectral_norm_deconv(") == 2
    assert "spectral_norm_linear(5)" in made and "weight_norm_linear(3, bias = false)" in made


class Bounded(nn.Module):
    """Of filter response norms: activations above a threshold that each channel learns."""

    def __init__(self, function: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.conv, self.tau, self.function = nn.Conv2d(3, 4, 3), nn.Parameter(torch.randn(1, 4, 1, 1)), function

    def forward(self, x: Tensor) -> Tensor:
        return self.function(self.conv(x), self.tau)


@pytest.mark.parametrize("function", [torch.max, torch.minimum, lambda x, tau: torch.maximum(tau, x)])
def test_a_bound_of_each_channel(function: Callable[[Tensor, Tensor], Tensor]) -> None:
    """Paths of `maximum` have one shape, and it was a fault of the import."""
    text = imported(Bounded(function), [torch.rand(2, 3, 12, 12)], [torch.rand(3, 3, 12, 12)])
    assert "relu" in text and "Note" not in text


class OfOne(nn.Module):
    """A list of scales that holds one, stacked and joined all the same."""

    def forward(self, x: Tensor) -> Tensor:
        return torch.cat([torch.stack([x.relu()], 1)], 2).mean(1)


def test_a_stack_of_one_tensor_is_an_axis_more() -> None:
    text = imported(OfOne(), [torch.rand(2, 3, 12, 12)], [torch.rand(3, 3, 12, 12)])
    assert "stack" not in text and "concat" not in text


@pytest.mark.parametrize(
    ("layer", "dropped"),
    [
        (nn.AlphaDropout(0.3), "numbers, to what keeps mean and variance,"),
        (nn.FeatureAlphaDropout(0.3), "whole channels"),
        (nn.Dropout1d(0.3), "whole channels"),
    ],
    ids=lambda item: type(item).__name__ if isinstance(item, nn.Module) else "",
)
def test_what_a_dropout_drops_is_told(layer: nn.Module, dropped: str) -> None:
    text = archc.from_module(nn.Sequential(nn.Conv1d(3, 4, 1), layer, nn.Conv1d(4, 2, 1)), torch.randn(2, 3, 5))
    assert f"(0.3)` of `1` drops {dropped} in training" in text


class AtTime(nn.Module):
    """A table of numbers, of which the input chooses one: by its place, or as an embedding."""

    def __init__(self, table: nn.Module | None, is_learned: bool = False) -> None:
        super().__init__()
        self.fc, self.called = nn.Linear(4, 4), table
        numbers = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 10), 0)
        if is_learned:
            self.table = nn.Parameter(numbers)
        else:
            self.register_buffer("table", numbers, persistent=table is None)

    def forward(self, x: Tensor, t: Tensor) -> Tensor:
        row = self.table[t][:, None] if self.called is None else self.called(t)
        return self.fc(x) * row.sqrt()  # type: ignore[no-any-return]


@pytest.mark.parametrize("is_learned", [False, True])
def test_a_table_of_which_an_input_chooses_is_refused_with_the_embedding_that_it_is(is_learned: bool) -> None:
    given = (torch.randn(2, 4), torch.tensor([1, 7]))
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(AtTime(None, is_learned).eval(), given)
    (row,) = error.value.diagnostics
    assert row.code == "F653" and "rows of a table that the numbers of an input choose" in row.message
    assert "nn.Embedding.from_pretrained(table[:, None])" in str(error.value) and "not known" not in str(error.value)
    table = torch.cumprod(1 - torch.linspace(1e-4, 0.02, 10), 0)
    text = archc.from_module(AtTime(nn.Embedding.from_pretrained(table[:, None])).eval(), given)
    assert "called: embedding(10, 1)" in text


class Bags(nn.Module):
    def __init__(self, mode: str, **more: int) -> None:
        super().__init__()
        self.bag, self.out = nn.EmbeddingBag(20, 4, mode=mode, **more), nn.Linear(4, 2)

    def forward(self, ids: torch.Tensor) -> torch.Tensor:
        return self.out(self.bag(ids))  # type: ignore[no-any-return]


@pytest.mark.parametrize("mode", ["mean", "sum", "max"])
def test_bags_of_one_length_are_an_embedding_and_what_its_rows_come_to(mode: str) -> None:
    text = imported(Bags(mode), [torch.zeros(2, 6, dtype=torch.long)], [torch.randint(20, (3, 9))])
    assert f'bag: embedding(20, 4) -> reduce("{mode}", length)' in text


def test_other_bags_are_refused_with_what_says_the_same() -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Bags("mean", padding_idx=0), torch.zeros(2, 6, dtype=torch.long))
    assert "bags of words that are not equally long" in str(error.value) and "an `nn.Embedding`, a product and a mean" in str(error.value)
