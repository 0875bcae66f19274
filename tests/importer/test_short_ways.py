"""Masks that cover nothing (or all), for which a model leaves work out; and masks as Hugging Face's transformers make them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of
from archc.reporting.error import ArchError

from .same import imported

Way = Callable[[Tensor, Tensor], Tensor]


def all_true(x: Tensor, mask: Tensor) -> Tensor:
    return x if mask.all() else x.masked_fill(~mask[..., None], 0.0)


def any_false(x: Tensor, mask: Tensor) -> Tensor:
    covered = ~mask
    return x.masked_fill(covered[..., None], 0.0) if covered.any() else x


def counted(x: Tensor, mask: Tensor) -> Tensor:
    """As transformers asks whether a causal mask does."""
    part = mask[:, : x.shape[1]]
    return x if part.sum() == part.numel() and torch.all(~mask[:, x.shape[1] :]) else x.masked_fill(~mask[..., None], 0.0)


def asked_twice(x: Tensor, mask: Tensor) -> Tensor:
    return any_false(all_true(x, mask) + 1, mask)


def otherwise(x: Tensor, mask: Tensor) -> Tensor:
    return 2 * x if mask.all() else x.masked_fill(~mask[..., None], 0.0)


def of_numbers(x: Tensor, mask: Tensor) -> Tensor:
    return 2 * x if x.sum() > 0 else x.masked_fill(~mask[..., None], 0.0)


def of_a_part(x: Tensor, mask: Tensor) -> Tensor:
    """Many masks are true in their first places."""
    return x if mask[:, :3].all() else x.masked_fill(~mask[..., None], 0.0)


def of_six(x: Tensor, mask: Tensor) -> Tensor:
    """The whole of six words, and a part of more."""
    return x if mask[:, :6].all() else x.masked_fill(~mask[..., None], 0.0)


def of_the_first(x: Tensor, mask: Tensor) -> Tensor:
    return x if mask[:, [0] * 6].all() else x.masked_fill(~mask[..., None], 0.0)


class Words(nn.Module):
    def __init__(self, way: Way) -> None:
        super().__init__()
        self.way, self.words, self.fc = way, nn.Embedding(10, 8), nn.Linear(8, 4)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        return self.fc(self.way(self.words(ids), mask)).mean(1)  # type: ignore[no-any-return]


def inputs(length: int, is_true: bool = False) -> list[Tensor]:
    generator = torch.Generator().manual_seed(length)
    mask = torch.ones(2, length, dtype=torch.bool) if is_true else torch.rand(2, length, generator=generator) < 0.6
    return [torch.randint(10, (2, length), generator=generator), mask]


@pytest.mark.parametrize("is_true", [False, True])
@pytest.mark.parametrize("way", [all_true, any_false, counted, asked_twice])
def test_the_text_does_what_the_model_does_with_all_masks(way: Way, is_true: bool) -> None:
    text = imported(Words(way), inputs(6), inputs(9, is_true))
    assert "mask" in text


@pytest.mark.parametrize(
    ("way", "told"),
    [
        (otherwise, "the model does something else where all of `mask` is true"),
        (of_numbers, "Tensor.item() cannot be called on meta tensors"),
        (of_a_part, "Tensor.item() cannot be called on meta tensors"),
        (of_six, "Tensor.item() cannot be called on meta tensors"),
        (of_the_first, "Tensor.item() cannot be called on meta tensors"),
    ],
)
def test_what_is_no_short_way_is_refused(way: Way, told: str) -> None:
    with pytest.raises(ArchError) as error:
        archc.from_module(Words(way).eval(), inputs(6))
    assert "F652" in str(error.value)
    assert told in str(error.value)


class Covered(nn.Module):
    """A mask by the number of each image and the places of its keys, met with one that covers nothing, or that looks at no later word."""

    def __init__(self, is_causal: bool) -> None:
        super().__init__()
        self.is_causal, self.words, self.qkv = is_causal, nn.Embedding(10, 8), nn.Linear(8, 24)

    def forward(self, ids: Tensor, mask: Tensor) -> Tensor:
        batch, length = ids.shape
        images, places = torch.arange(batch), torch.arange(length)
        rows, keys = places[None, None, :, None], places[None, None, None, :]
        seen = rows >= keys if self.is_causal else rows >= 0
        whole = (seen & mask.bool()[images[:, None, None, None], keys]).expand(batch, -1, length, length)
        q, k, v = self.qkv(self.words(ids)).view(batch, length, 3, 2, 4).permute(2, 0, 3, 1, 4)
        return F.scaled_dot_product_attention(q, k, v, attn_mask=whole).transpose(1, 2).flatten(2)


def test_a_mask_by_places_takes_any_length() -> None:
    given = inputs(9)
    given[1][:, 0] = True
    text = imported(Covered(False), inputs(6), given)
    assert "skip(mask) -> reshape([1, 1, -1]) -> scale(-1) -> offset(1) -> scale(-30000)" in text


def test_a_causal_mask_is_compared_on_masks_that_cover_no_first_word() -> None:
    given = inputs(6)
    given[1][:, 0] = True
    assert "sizes = [1, 6, 6]" in imported(Covered(True), inputs(6), given)


class Pooled(nn.Module):
    """Numbers, with a mask whose kind only the model tells."""

    def __init__(self, way: str = "") -> None:
        super().__init__()
        self.way, self.project, self.attention = way, nn.Linear(8, 16), nn.MultiheadAttention(16, 2, batch_first=True)

    def forward(self, x: Tensor, mask: Tensor) -> Tensor:
        x = self.project(x)
        if self.way == "attention":
            covered = None if mask.all() else ~mask
            return self.attention(x, x, x, key_padding_mask=covered, need_weights=False)[0]  # type: ignore[no-any-return]
        if self.way == "added":  # numbers would be added to the logits, and nothing says that they are none
            return self.attention(x, x, x, key_padding_mask=mask if mask.any() else None, need_weights=False)[0]  # type: ignore[no-any-return]
        weights = x @ x.transpose(1, 2)
        if not mask.all():
            weights = weights.masked_fill(~mask[:, None, :], float("-inf"))
        return weights.softmax(-1) @ x


@pytest.mark.parametrize("way", ["attention", "added", "by hand"])
def test_on_the_command_line_a_mask_is_known_by_what_is_done_with_it(way: str) -> None:
    """On numbers the short way alone was taken, and the text had no mask."""
    model = model_of(f"{__name__}:Pooled", shapes=[(6, 8), (6,)], settings={"way": way})
    text = import_model(model).text
    made, module = archc.load(text).eval(), model.module
    made.load_state_dict({key: value for key, value in module.state_dict().items() if key in made.state_dict()})
    for length in (6, 9):
        x, mask = torch.rand(3, length, 8), torch.rand(3, length) < 0.5
        mask[:, 0], mask[:, 1] = True, False  # covers none whole
        with torch.no_grad():
            torch.testing.assert_close(made(x, mask.float()), module(x, mask))
