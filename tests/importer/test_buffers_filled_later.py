"""Buffers whose numbers of today are not the model's: what training moves, and zeros and ones that a checkpoint fills. The text has their keys."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archc

from .same import imported


class Moved(nn.Module):
    """A mean that training moves, and evaluation takes away."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, 8, 3), nn.Linear(8, 4)
        self.register_buffer("ema", torch.full((8,), 0.5))

    def forward(self, x: Tensor) -> Tensor:
        x = self.conv(x)
        if self.training:
            self.ema.mul_(0.9).add_(0.1 * x.mean((0, 2, 3)))
        return self.fc((x - self.ema[None, :, None, None]).mean((2, 3)))  # type: ignore[no-any-return]


class Normalised(nn.Module):
    """Statistics of the data, which a program fills in before it trains."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("mean", torch.zeros(6))
        self.register_buffer("var", torch.ones(6))
        self.fc = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc((x - self.mean) / torch.sqrt(self.var + 1e-5))  # type: ignore[no-any-return]


class Replaced(nn.Module):
    """Training puts another tensor in the place of the buffer."""

    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("scale", torch.linspace(0.5, 2.0, 400))
        self.fc = nn.Linear(400, 4)

    def forward(self, x: Tensor) -> Tensor:
        if self.training:
            self.scale = 0.9 * self.scale + 0.1 * x.std(0)
        return self.fc(x / self.scale)  # type: ignore[no-any-return]


class NormOfOnes(nn.Module):
    """A layer norm whose bias is a buffer of zeros."""

    def __init__(self) -> None:
        super().__init__()
        self.gamma = nn.Parameter(torch.ones(6))
        self.register_buffer("beta", torch.zeros(6))
        self.fc = nn.Linear(6, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(F.layer_norm(x, x.shape[-1:], self.gamma, self.beta))  # type: ignore[no-any-return]


class OwnBatchNorm(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.register_buffer("running_mean", torch.zeros(3))
        self.register_buffer("running_var", torch.ones(3))
        self.weight, self.bias = nn.Parameter(torch.ones(3)), nn.Parameter(torch.zeros(3))

    def forward(self, x: Tensor) -> Tensor:
        return F.batch_norm(x, self.running_mean, self.running_var, self.weight, self.bias, self.training)


class FrozenNorm(nn.Module):
    """Detectron's and torchvision's: four buffers."""

    def __init__(self) -> None:
        super().__init__()
        for name, value in (("weight", 1.0), ("bias", 0.0), ("running_mean", 0.0), ("running_var", 1.0)):
            self.register_buffer(name, torch.full((3,), value))

    def forward(self, x: Tensor) -> Tensor:
        scale = self.weight * (self.running_var + 1e-5).rsqrt()
        return x * scale.reshape(1, -1, 1, 1) + (self.bias - self.running_mean * scale).reshape(1, -1, 1, 1)


class Convolved(nn.Module):
    def __init__(self, norm: nn.Module) -> None:
        super().__init__()
        self.conv, self.norm, self.fc = nn.Conv2d(3, 3, 3, bias=False), norm, nn.Linear(3, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(self.norm(self.conv(x)).mean((2, 3)))  # type: ignore[no-any-return]


class FoldedAsItRuns(nn.Module):
    """A convolution that takes its norm into its weights at each run."""

    def __init__(self) -> None:
        super().__init__()
        self.conv, self.norm = nn.Conv2d(3, 4, 3, bias=False), nn.BatchNorm2d(4)

    def forward(self, x: Tensor) -> Tensor:
        assert isinstance(self.norm.running_var, Tensor) and isinstance(self.norm.running_mean, Tensor)
        factor = self.norm.weight / (self.norm.running_var + self.norm.eps).sqrt()
        bias = self.norm.bias - self.norm.running_mean * factor
        return F.conv2d(x, self.conv.weight * factor[:, None, None, None], bias)


ROW, IMAGE = [torch.rand(2, 6)], [torch.rand(2, 3, 12, 12)]


class Queue(nn.Module):
    """Answers of other images, drawn before there are some (MoCo)."""

    def __init__(self) -> None:
        super().__init__()
        self.head = nn.Linear(400, 4)
        self.register_buffer("queue", F.normalize(torch.randn(4, 20), dim=0))

    def forward(self, x: Tensor) -> Tensor:
        return F.normalize(self.head(x), dim=1) @ self.queue.clone().detach() / 0.07


@pytest.mark.parametrize(
    ("model", "inputs", "keys"),
    [
        (Moved(), IMAGE, ["ema"]),
        (Queue(), [torch.rand(2, 400)], ["queue"]),
        (Normalised(), ROW, ["mean", "var"]),
        (Replaced(), [torch.rand(2, 400)], ["scale"]),
        (NormOfOnes(), ROW, ["beta", "gamma"]),
        (Convolved(OwnBatchNorm()), IMAGE, ["norm.running_mean", "norm.running_var"]),
        (Convolved(FrozenNorm()), IMAGE, ["norm.weight", "norm.bias", "norm.running_mean", "norm.running_var"]),
        (FoldedAsItRuns(), IMAGE, ["norm.running_mean", "norm.running_var", "conv.weight"]),
    ],
    ids=lambda part: type(part).__name__ if isinstance(part, nn.Module) else None,
)
def test_another_checkpoint_is_answered_as_the_model_answers_it(model: nn.Module, inputs: list[Tensor], keys: list[str]) -> None:
    text = imported(model, inputs, inputs)
    built = archc.load(text)
    torch.manual_seed(1)
    filled = {key: torch.rand_like(row) + 0.5 if row.is_floating_point() else row for key, row in model.state_dict().items()}
    assert set(keys) <= built.state_dict().keys()
    model.load_state_dict(filled)
    built.load_state_dict({key: row for key, row in filled.items() if not key.endswith("num_batches_tracked")})
    with torch.no_grad():
        torch.testing.assert_close(built.eval()(*inputs), model.eval()(*inputs))


def test_what_training_moves_is_named_where_training_differs() -> None:
    assert "in training the model does not answer as this text, which is what it does in evaluation (there `ema` moved)" in imported(
        Moved(), IMAGE, IMAGE
    )
