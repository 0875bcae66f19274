"""Networks that make images."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from .parts import named


class Dcgan(nn.Module):
    """Figure 1: each layer doubles the sides, but the first, which makes 4x4 of one place."""

    def __init__(self, latent: int = 100, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.ConvTranspose2d(latent, 8 * width, 4, bias=False), nn.BatchNorm2d(8 * width), nn.ReLU()]
        for before, after in ((8, 4), (4, 2), (2, 1)):
            parts += [nn.ConvTranspose2d(before * width, after * width, 4, 2, 1, bias=False), nn.BatchNorm2d(after * width), nn.ReLU()]
        self.main = nn.Sequential(*parts, nn.ConvTranspose2d(width, channels, 4, 2, 1, bias=False), nn.Tanh())

    def forward(self, z: Tensor) -> Tensor:
        image: Tensor = self.main(z[:, :, None, None])
        return image


class DcganDiscriminator(nn.Module):
    def __init__(self, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(channels, width, 4, 2, 1, bias=False), nn.LeakyReLU(0.2)]
        for before, after in ((1, 2), (2, 4), (4, 8)):
            parts += [nn.Conv2d(before * width, after * width, 4, 2, 1, bias=False), nn.BatchNorm2d(after * width), nn.LeakyReLU(0.2)]
        self.main = nn.Sequential(*parts, nn.Conv2d(8 * width, 1, 4, bias=False), nn.Sigmoid())

    def forward(self, image: Tensor) -> Tensor:
        answer: Tensor = self.main(image)
        return answer.flatten(1)


class Pix2Pix(nn.Module):
    """The U-Net of section 6.1: C64-C128-C256-C512-C512-C512-C512-C512 down, CD512-CD512-CD512-C512-C256-C128-C64 up."""

    def __init__(self, width: int = 64, most: int = 512, depth: int = 8, drop: float = 0.5, channels: int = 3) -> None:
        super().__init__()
        widths = [min(width * 2**i, most) for i in range(depth)]
        self.encoder = nn.ModuleDict({"e1": nn.Conv2d(3, widths[0], 4, 2, 1, bias=False)})
        for i in range(1, depth - 1):
            convolution = nn.Conv2d(widths[i - 1], widths[i], 4, 2, 1, bias=False)
            self.encoder[f"e{i + 1}"] = named(act=nn.LeakyReLU(0.2), conv1=convolution, bn1=nn.BatchNorm2d(widths[i]))
        self.bottom = named(act=nn.LeakyReLU(0.2), conv1=nn.Conv2d(widths[-2], most, 4, 2, 1, bias=False))
        self.decoder = nn.ModuleDict()
        before = most
        for i in range(depth - 1, 0, -1):
            out = widths[i - 1]
            enlarge = nn.ConvTranspose2d(before, out, 4, 2, 1, bias=False)
            dropped = nn.Dropout(drop if len(self.decoder) < 3 else 0)
            self.decoder[f"d{i}"] = named(act=nn.ReLU(), deconv1=enlarge, bn1=nn.BatchNorm2d(out), drop=dropped)
            before = 2 * out
        self.last = nn.ConvTranspose2d(before, channels, 4, 2, 1)

    def forward(self, image: Tensor) -> Tensor:
        kept = []
        x = image
        for down in self.encoder.values():
            x = down(x)
            kept.append(x)
        x = self.bottom(x)
        for up in self.decoder.values():
            x = torch.cat([up(x), kept.pop()], dim=1)
        made: Tensor = self.last(x.relu())
        return made.tanh()


class Pix2PixDiscriminator(nn.Module):
    """C64-C128-C256-C512, and a last convolution to one number a patch."""

    def __init__(self, width: int = 64, channels: int = 3) -> None:
        super().__init__()
        parts: list[nn.Module] = [nn.Conv2d(3 + channels, width, 4, 2, 1), nn.LeakyReLU(0.2)]
        for before, after, stride in ((1, 2, 2), (2, 4, 2), (4, 8, 1)):
            convolution = nn.Conv2d(before * width, after * width, 4, stride, 1, bias=False)
            parts += [convolution, nn.BatchNorm2d(after * width), nn.LeakyReLU(0.2)]
        self.model = nn.Sequential(*parts, nn.Conv2d(8 * width, 1, 4, 1, 1))

    def forward(self, drawing: Tensor, picture: Tensor) -> Tensor:
        answer: Tensor = self.model(torch.cat([drawing, picture], dim=1))
        return answer


class Vae(nn.Module):
    """Appendix C: Gaussian codes, Bernoulli pixels, and one hidden layer of tanh each."""

    def __init__(self, hidden: int = 500, latent: int = 20) -> None:
        super().__init__()
        self.encoder = named(linear1=nn.Linear(784, hidden), mean=nn.Linear(hidden, latent), log_variance=nn.Linear(hidden, latent))
        self.decoder = named(linear1=nn.Linear(latent, hidden), linear2=nn.Linear(hidden, 784))

    def forward(self, image: Tensor, noise: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        encode, decode = self.encoder, self.decoder
        h = encode.linear1(image.flatten(1)).tanh()  # type: ignore[operator]
        mean, log_variance = encode.mean(h), encode.log_variance(h)  # type: ignore[operator]
        code = mean + noise * torch.sqrt(log_variance.exp())
        pixels = decode.linear2(decode.linear1(code).tanh()).sigmoid()  # type: ignore[operator]
        return pixels.unflatten(1, (1, 28, 28)), mean, log_variance


class Nerf(nn.Module):
    """Figure 7. `raw` is the authors' code: it tells a place itself as well, and leaves out the factor of a half turn."""

    def __init__(
        self, width: int = 256, depth: int = 8, joined_at: int = 5, place_bands: int = 10, direction_bands: int = 4, raw: bool = False
    ) -> None:
        super().__init__()
        self.bands = place_bands, direction_bands
        self.joined_at, self.raw = joined_at, raw
        place, direction = (3 * (2 * bands + raw) for bands in self.bands)
        sizes = [place, *(width + (place if i == joined_at else 0) for i in range(1, depth))]
        self.pts_linears = nn.ModuleList(nn.Linear(size, width) for size in sizes)
        self.alpha_linear, self.feature_linear = nn.Linear(width, 1), nn.Linear(width, width)
        self.views_linears = nn.ModuleList([nn.Linear(width + direction, width // 2)])
        self.rgb_linear = nn.Linear(width // 2, 3)

    def encoded(self, p: Tensor, bands: int) -> Tensor:
        """Equation 4."""
        angles = [2**k * p if self.raw else 2**k * torch.pi * p for k in range(bands)]
        return torch.cat(([p] if self.raw else []) + [wave for angle in angles for wave in (angle.sin(), angle.cos())], dim=1)

    def forward(self, place: Tensor, direction: Tensor) -> tuple[Tensor, Tensor]:
        where = x = self.encoded(place, self.bands[0])
        for i, layer in enumerate(self.pts_linears):
            x = layer(torch.cat([where, x], dim=1) if i == self.joined_at else x).relu()
        density = self.alpha_linear(x).relu()
        looked = torch.cat([self.feature_linear(x), self.encoded(direction, self.bands[1])], dim=1)
        return self.rgb_linear(self.views_linears[0](looked).relu()).sigmoid(), density
