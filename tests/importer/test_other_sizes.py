"""A text for one size, at another: it follows as the model does, it refuses, or it says what holds. Never another answer without a word."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

import archc

from .same import imported


class Transformer(nn.Module):
    """A spatial transformer: at another size its grid is another."""

    def __init__(self, channels: int, corners: bool = False) -> None:
        super().__init__()
        self.locate, self.corners = nn.Linear(channels, 6), corners

    def forward(self, x: Tensor) -> Tensor:
        theta = self.locate(x.mean((2, 3))).view(-1, 2, 3)
        return F.grid_sample(x, F.affine_grid(theta, x.size(), align_corners=self.corners), align_corners=self.corners)  # type: ignore[arg-type]


class Averaged(nn.Module):
    """Its answer is averaged, so that no shape tells."""

    def __init__(self) -> None:
        super().__init__()
        self.stem, self.one, self.other = nn.Conv2d(3, 8, 1), Transformer(8), Transformer(8, corners=True)

    def forward(self, x: Tensor) -> Tensor:
        return self.other(self.one(self.stem(x))).mean((2, 3))  # type: ignore[no-any-return]


@pytest.mark.parametrize("net", [Averaged(), nn.Sequential(Transformer(3), nn.AdaptiveAvgPool2d(1))])
def test_a_grid_follows_the_size(net: nn.Module) -> None:
    """It was told as a fault of the import."""
    text = imported(net, [torch.rand(2, 3, 16, 16)], [torch.rand(3, 3, 22, 31)])
    assert "affine_grid(like = x" in text and "constant" not in text and "Note" not in text


class Localised(nn.Module):
    """One whose dense layer takes one size alone: no other run shows what follows, and the sizes that it takes are more."""

    def __init__(self) -> None:
        super().__init__()
        self.look, self.locate = nn.Sequential(nn.Conv2d(1, 4, 3), nn.MaxPool2d(4)), nn.Linear(4 * 6 * 6, 6)

    def forward(self, x: Tensor) -> Tensor:
        theta = self.locate(self.look(x).flatten(1)).view(-1, 2, 3)
        return F.grid_sample(x, F.affine_grid(theta, x.size(), align_corners=False), align_corners=False)  # type: ignore[arg-type]


def test_a_grid_of_one_size_is_still_the_inputs() -> None:
    text = imported(Localised(), [torch.rand(2, 1, 28, 28)], [torch.rand(3, 1, 29, 27)], "W5..")
    assert "affine_grid(like = x)" in text


class Fixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.locate = nn.Linear(3, 6)

    def forward(self, x: Tensor) -> Tensor:
        grid = F.affine_grid(self.locate(x.mean((2, 3))).view(-1, 2, 3), [x.shape[0], 3, 5, 7], align_corners=True)
        return F.grid_sample(x, grid, align_corners=True)


def test_a_grid_of_a_size_of_its_own() -> None:
    assert "affine_grid(size = 5x7" in imported(Fixed(), [torch.rand(2, 3, 16, 16)], [torch.rand(3, 3, 22, 31)])


class Placed(nn.Module):
    """Places learned for one size, brought to that of the map."""

    def __init__(self) -> None:
        super().__init__()
        self.patch, self.places = nn.Conv2d(3, 8, 4, stride=4), nn.Parameter(torch.randn(1, 8, 4, 4))

    def forward(self, x: Tensor) -> Tensor:
        x = self.patch(x)
        x = x + F.interpolate(self.places, size=x.shape[-2:], mode="bilinear", align_corners=False)
        return x.relu().mean((2, 3))


def test_learned_places_follow_the_size() -> None:
    text = imported(Placed(), [torch.rand(2, 3, 16, 16)], [torch.rand(3, 3, 32, 40)])
    assert "upsample(like = patch" in text and "Note" not in text


class Mixed(nn.Module):
    """Tokens whose sides are handed over as numbers, as SegFormer's."""

    def __init__(self) -> None:
        super().__init__()
        self.grow, self.conv = nn.Linear(8, 16), nn.Conv2d(16, 8, 3, padding=1)

    def forward(self, x: Tensor, height: int, width: int) -> Tensor:
        batch = x.shape[0]
        image = self.grow(x).transpose(1, 2).reshape(batch, 16, height, width)
        return self.conv(image).flatten(2).transpose(1, 2)  # type: ignore[no-any-return]


class Stages(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.patch, self.norm, self.mix = nn.Conv2d(3, 8, 4, stride=4), nn.LayerNorm(8), Mixed()

    def forward(self, x: Tensor) -> Tensor:
        y = self.patch(x)
        tokens = self.mix(self.norm(y.flatten(2).transpose(1, 2)), *y.shape[2:])
        image = tokens.reshape(x.shape[0], y.shape[2], y.shape[3], 8).permute(0, 3, 1, 2)
        return F.interpolate(image, size=x.shape[2:])


def test_sides_that_are_handed_over_are_refused_elsewhere() -> None:
    """Rows went on as the pattern would have them, and the answer was resized: other numbers, of the right shape."""
    text = imported(Stages(), [torch.rand(2, 3, 32, 32)], [torch.rand(3, 3, 32, 32)])
    assert "image(like = patch)" in text and "image(size = 8)" in text.replace("image(8)", "image(size = 8)"), text
    assert "the model takes [3, 64, 96] as well, which the text refuses: it has sizes of [3, 32, 32]" in text
    with pytest.raises(RuntimeError):
        archc.load(text)(torch.rand(1, 3, 64, 96))


class Turned(nn.Module):
    """An image read at places of its own, which are numbers in a text: as many at every size."""

    def forward(self, x: Tensor) -> Tensor:
        rows, columns = (torch.linspace(-1, 1, size) ** 3 for size in x.shape[2:])
        grid = torch.stack(torch.meshgrid(columns, rows, indexing="xy"), -1)
        moved = x.mean((2, 3))[:, None, None, :2] + grid
        return F.grid_sample(x, moved, align_corners=True).mean((2, 3))


def test_a_text_of_one_size_says_so() -> None:
    """It was told as a fault of the import, and no text was given."""
    text = imported(Turned(), [torch.rand(2, 3, 8, 8)], [torch.rand(3, 3, 8, 8)])
    assert "## Note: at [3, 16, 48] the text does not answer as the model does: it has sizes of [3, 8, 8]." in text


class Beside(nn.Module):
    """A vector first, and an image beside it."""

    def __init__(self, smallest: int = 0) -> None:
        super().__init__()
        self.style, self.conv, self.smallest = nn.Linear(4, 8), nn.Conv2d(1, 8, 3, padding=1), smallest

    def forward(self, z: Tensor, image: Tensor) -> Tensor:
        y = self.conv(image)
        y = F.relu(y) if y.shape[-1] < self.smallest else y
        return y * self.style(z)[:, :, None, None]


def test_an_image_beside_a_vector_has_other_sizes_as_well() -> None:
    """It was an IndexError; and where a vector stood first no other size was tried at all."""
    text = imported(Beside(), [torch.rand(2, 4), torch.rand(2, 1, 8, 8)], [torch.rand(3, 4), torch.rand(3, 1, 12, 17)])
    assert "Note" not in text
    text = imported(Beside(smallest=8), [torch.rand(2, 4), torch.rand(2, 1, 8, 8)], [torch.rand(3, 4), torch.rand(3, 1, 8, 8)])
    assert "## Note: at [4] and [1, 4, 4] the text does not answer as the model does" in text


class Filled(nn.Module):
    """An image filled up to a multiple, as networks do whose way down halves it."""

    def __init__(self, multiple: int) -> None:
        super().__init__()
        self.multiple, self.conv, self.last = multiple, nn.Conv2d(1, 4, 3, padding=1), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        x = F.pad(x, (0, -width % self.multiple, 0, -height % self.multiple))
        return self.last(self.conv(x).relu().mean((2, 3)))  # type: ignore[no-any-return]


@pytest.mark.parametrize("multiple", [2, 4, 8])
def test_what_is_filled_up_to_a_multiple_says_so(multiple: int) -> None:
    """At 10x10 the text answered otherwise, and no word said so; or only odd sides were told."""
    text = imported(Filled(multiple), [torch.rand(2, 1, 16, 16)], [torch.rand(3, 1, 32, 48)])
    assert ("## Note: at odd sides," if multiple == 2 else f"## Note: at sides that are no multiples of {multiple}, [1, ") in text


class Cropped(nn.Module):
    """One that brings an odd side back to what it was."""

    def __init__(self) -> None:
        super().__init__()
        self.down, self.up = nn.Conv2d(1, 4, 5, 2, 2), nn.ConvTranspose2d(4, 1, 2, 2)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        y = self.up(self.down(F.pad(x, (0, -width % 2, 0, -height % 2), mode="replicate")))
        return y[..., :height, :width] + x  # type: ignore[no-any-return]


def test_an_odd_side_that_is_refused_is_told() -> None:
    text = imported(Cropped(), [torch.rand(2, 1, 8, 8)], [torch.rand(3, 1, 12, 18)])
    assert "## Note: at odd sides, [1, 17, 49], the text refuses what the model takes, which works sizes out of the input's" in text


class Grouped(nn.Module):
    """A sequence in groups of four, of which the last is filled up."""

    def __init__(self) -> None:
        super().__init__()
        self.line = nn.Linear(3, 5)

    def forward(self, x: Tensor) -> Tensor:
        more = -x.shape[1] % 4
        return self.line(F.pad(x, (0, 0, 0, more)).mean(1)).relu()  # type: ignore[no-any-return]


def test_a_length_that_is_no_multiple_is_compared() -> None:
    text = imported(Grouped(), [torch.rand(2, 16, 3)], [torch.rand(3, 24, 3)], "W5..")
    assert "## Note: at [17, 3] the text does not answer as the model does" in text


class Decides(nn.Module):
    def __init__(self, how: str) -> None:
        super().__init__()
        self.how, self.conv, self.line = how, nn.Conv2d(3, 4, 3, padding=1), nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[-2:]
        assert height <= 4000 and x.size(1) == 3
        if self.how == "most" and max(x.shape[-2:]) > 500:
            x = F.avg_pool2d(x, 2)
        if self.how == "tall" and height > width:
            x = x.transpose(2, 3)
        if self.how == "long" and height / width >= 4:
            x = F.avg_pool2d(x, 2)
        if self.how == "one" and x.size(-1) == 512:
            x = F.avg_pool2d(x, 2)
        return self.line(self.conv(x).relu().mean((2, 3)))  # type: ignore[no-any-return]


@pytest.mark.parametrize(("how", "told"), [("most", "> 500"), ("tall", "one `>` another"), ("long", ">= 4"), ("one", "== 512"), ("", "")])
def test_a_model_that_decides_by_a_size_is_told_so(how: str, told: str) -> None:
    """None of the sizes that are compared is on the other side."""
    text = imported(Decides(how), [torch.rand(2, 3, 64, 64)], [torch.rand(3, 3, 96, 96)])
    assert ("decides by a size" in text) is bool(how)
    assert told in text and text.count("test_other_sizes.py:") == bool(how), text


class Pooled(nn.Module):
    """As the residual networks of CIFAR are most often written: an average over as many columns as there are, which only a square has rows for."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3, padding=1), nn.Linear(8, 10)

    def forward(self, x: Tensor) -> Tensor:
        x = F.avg_pool2d(self.conv(x).relu(), x.size()[3])
        answer: Tensor = self.fc(x.view(x.size(0), -1))
        return answer


def test_what_takes_squares_alone_is_compared_at_another_square() -> None:
    text = archc.from_module(Pooled().eval(), torch.rand(2, 3, 32, 32))
    assert "## Note: at [3, 40, 40] the text does not answer as the model does" in text
