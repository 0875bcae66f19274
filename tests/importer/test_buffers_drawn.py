"""A buffer of many numbers that no word tells is one that a checkpoint brings along: random projections, features by random frequencies, filters."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import archc

from .same import imported


class RandomFeatures(nn.Module):
    """Sines and cosines at frequencies that were drawn once."""

    def __init__(self, scale: float = 1.0, persistent: bool = True) -> None:
        super().__init__()
        self.register_buffer("frequencies", scale * torch.randn(3, 200), persistent=persistent)
        self.fc = nn.Linear(400, 4)

    def forward(self, x: Tensor) -> Tensor:
        angles = x @ self.frequencies
        return self.fc(torch.cat([angles.sin(), angles.cos()], -1))  # type: ignore[no-any-return]


@pytest.mark.parametrize("scale", [1.0, 10.0])
def test_a_buffer_that_was_drawn_is_drawn_and_kept_under_its_key(scale: float) -> None:
    text = imported(RandomFeatures(scale), [torch.rand(2, 5, 3)], [torch.rand(3, 5, 3)])
    assert 'frequencies: constant("normal", sizes = [3, 200], stored = true)' in text
    assert "frequencies" in archc.load(text).state_dict()
    assert ("otherwise in the model" in text or "as others in the model" in text) is (scale != 1.0)


class Projected(nn.Module):
    """Performer's: one projection for all heads, stretched over them in `forward`."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("projection", torch.randn(40, 8))
        self.to_q = nn.Linear(16, 16)

    def forward(self, x: Tensor) -> Tensor:
        batch, length, _ = x.shape
        q = self.to_q(x).view(batch, length, 2, 8).transpose(1, 2)
        table = self.projection[None, None].expand(batch, 2, 40, 8).type_as(q)
        return torch.einsum("...id,...jd->...ij", 8**-0.25 * q, table)


def test_a_buffer_that_is_stretched_is_kept_once() -> None:
    text = imported(Projected(), [torch.rand(2, 5, 16)], [torch.rand(3, 5, 16)])
    assert text.count('constant("normal"') == 1


def test_a_table_that_no_checkpoint_has_is_refused_with_what_keeps_it() -> None:
    """The remedy is the other module."""
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(RandomFeatures(10.0, persistent=False).eval(), [torch.rand(2, 5, 3)])
    assert "register_buffer" in str(error.value) and "F653" in str(error.value)
