"""Products by learned tensors: by distances of rows and of columns where rows are folded into the batch, as SAM and MViT have them, and by vectors."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from .same import imported


class ByEinsum(nn.Module):
    """Windows that stand in the batch; a table for each row of a window."""

    def __init__(self) -> None:
        super().__init__()
        self.rows, self.fc = nn.Parameter(torch.randn(4, 4, 6)), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        windows = x.unflatten(2, (2, 4)).unflatten(1, (2, 4)).permute(0, 1, 3, 2, 4, 5).reshape(-1, 4, 4, 6)
        near = torch.einsum("bhwc,hkc->bhwk", windows, self.rows)
        return self.fc(near).view(x.size(0), 4, 4, 4, 2).mean((1, 2, 3))  # type: ignore[no-any-return]


def test_an_einsum_of_windows_that_stand_in_the_batch_keeps_their_axis() -> None:
    text = imported(ByEinsum(), [torch.rand(2, 8, 8, 6)], [torch.rand(3, 8, 8, 6)])
    assert 'einsum("b h w c, h k c -> b h w k")' in text


class ByMatmul(nn.Module):
    """Of each frame all places of all images, by a table for the frame."""

    def __init__(self) -> None:
        super().__init__()
        self.frames = nn.Parameter(torch.randn(4, 6, 3))

    def forward(self, x: Tensor) -> Tensor:
        batch, heads, frames, places, features = x.shape
        rows = x.permute(2, 0, 1, 3, 4).reshape(frames, batch * heads * places, features)
        return (rows @ self.frames).view(frames, batch, heads, places, 3).permute(1, 2, 0, 3, 4)


def test_a_product_whose_rows_hold_the_batch_is_one_of_matrices_of_rows() -> None:
    text = imported(ByMatmul(), [torch.rand(2, 2, 4, 5, 6)], [torch.rand(3, 2, 4, 5, 6)])
    assert "matmul" in text


class InAWindow(nn.Module):
    """Of Swin in MONAI: a bias by distance in windows of 3 by 4, of whose places an image may have fewer."""

    def __init__(self) -> None:
        super().__init__()
        self.table = nn.Parameter(torch.randn(5 * 7, 2))
        places = torch.stack(torch.meshgrid(torch.arange(3), torch.arange(4), indexing="ij")).flatten(1)
        apart = places[:, :, None] - places[:, None, :]
        self.register_buffer("index", (apart[0] + 2) * 7 + apart[1] + 3)

    def forward(self, x: Tensor) -> Tensor:
        count = x.size(1)
        bias = self.table[self.index[:count, :count].reshape(-1)].reshape(count, count, 2).permute(2, 0, 1)  # type: ignore[index]
        heads = x.unflatten(2, (2, 4)).transpose(1, 2)
        return ((heads @ heads.transpose(2, 3) + bias).softmax(-1) @ heads).transpose(1, 2).flatten(2)


@pytest.mark.parametrize("count", [12, 6, 5])
def test_a_window_of_which_an_image_fills_the_first_places_reads_the_distances_of_these(count: int) -> None:
    imported(InAWindow(), [torch.rand(2, count, 8)], [torch.rand(3, count, 8)])


class ByVector(nn.Module):
    """Scores of places, as attention pooling has them."""

    def __init__(self, of: Callable[[Tensor, Tensor], Tensor]) -> None:
        super().__init__()
        self.fc, self.w, self.of = nn.Linear(6, 6), nn.Parameter(torch.randn(6)), of

    def forward(self, x: Tensor) -> Tensor:
        return self.of(self.fc(x), self.w)


@pytest.mark.parametrize(
    ("of", "shape"),
    [
        (lambda y, w: torch.matmul(y, w), (5, 6)),
        (lambda y, w: (y * torch.softmax(torch.tanh(y) @ w, 1).unsqueeze(-1)).sum(1), (5, 6)),
        (lambda y, w: (y @ w).sigmoid(), (6,)),
        (lambda y, w: torch.mv(y, w), (6,)),
        (lambda y, w: w @ y, (6, 6)),
        (lambda y, w: y @ w, (2, 5, 6)),
        (lambda y, w: (y.reshape(-1, 6) @ w).view(y.size(0), -1), (5, 6)),
        (lambda y, w: nn.functional.linear(y, w), (5, 6)),
        (lambda y, w: y * (w @ w) + torch.dot(w, w), (5, 6)),
    ],
)
def test_a_product_with_a_vector_is_one_with_a_matrix_of_one_column_or_row(
    of: Callable[[Tensor, Tensor], Tensor], shape: tuple[int, ...]
) -> None:
    text = imported(ByVector(of), [torch.rand(2, *shape)], [torch.rand(3, *shape)], but="W5(09|10)")
    assert "matmul" in text and "parameter" in text
