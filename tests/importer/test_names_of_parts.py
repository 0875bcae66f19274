"""Parts of a model whose names the compiler has a use for itself."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import archc

from .same import imported


class Named(nn.Module):
    """Its last layer is called as the port of a network is."""

    def __init__(self) -> None:
        super().__init__()
        self.body = nn.Conv2d(3, 4, 3)
        self.output = nn.Linear(4, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.output(self.body(x).mean((2, 3)))  # type: ignore[no-any-return]


def test_a_layer_may_be_called_output() -> None:
    module = Named().eval()
    text = archc.from_module(module, torch.zeros(2, 3, 8, 8))
    made = archc.load(text, weights=module.state_dict()).eval()
    image = torch.rand(3, 3, 8, 8)
    with torch.no_grad():
        torch.testing.assert_close(made(image), module(image))


class Größe(nn.Module):
    """Classes, arguments and outputs may have letters in Python that the language's names have not."""

    def __init__(self, größe: int) -> None:
        super().__init__()
        self.größe = größe
        self.a = nn.Linear(4, größe)
        self.b = nn.Linear(größe, 4)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return x + self.b(torch.relu(self.a(x)))


class Überall(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.first, self.second, self.last = Größe(8), Größe(16), Größe(8)

    def forward(self, größe: torch.Tensor, δ: torch.Tensor) -> dict[str, torch.Tensor]:
        x = self.second(self.first(größe))
        return {"größe": x * δ, "β": self.last(x)}


def test_letters_of_other_languages_are_in_no_name_of_the_text() -> None:
    module = Überall().eval()
    text = archc.from_module(module, [torch.zeros(2, 4), torch.zeros(2, 4)])
    _, _, body = text.partition("\nblock ")  # comments have the names of Python
    assert body.isascii()
    assert body.startswith("grosse(width) {")
    made = archc.load(text, weights=module.state_dict()).eval()
    given = torch.rand(3, 4), torch.rand(3, 4)
    with torch.no_grad():
        for one, other in zip(made(*given), module(*given).values(), strict=True):
            torch.testing.assert_close(one, other)


@pytest.mark.parametrize("name", ["größe", "class"])
def test_a_part_may_have_a_name_that_python_cannot_say(name: str) -> None:
    module = nn.Sequential()
    module.add_module(name, nn.Linear(4, 4))
    made = archc.load(archc.from_module(module, torch.zeros(2, 4)), weights=module.state_dict())
    assert list(made.state_dict()) == [f"{name}.weight", f"{name}.bias"]


class Nameless(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.parts = nn.ModuleDict({name: nn.Linear(4, 4) for name in ('a"b', "good", "a{b", '"')})

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for part in self.parts.values():
            x = part(x)
        return x


def test_all_such_names_are_told_at_once() -> None:
    """One was told for each run."""
    with pytest.raises(archc.ArchError) as error:
        archc.from_module(Nameless(), torch.zeros(2, 4))
    (row,) = error.value.diagnostics
    assert '3 names that no step can have: `a"b` has a `"`' in row.message and "`good`" not in row.message
    assert row.help is not None and '`a"b` as `a_b`' in row.help and "--rename 'parts.a\"b.=parts.a_b.'" in row.help


class Attends(nn.Module):
    """Attention with its projections, which no module is around."""

    def __init__(self) -> None:
        super().__init__()
        self.qkv, self.out = nn.Linear(8, 24), nn.Linear(8, 8)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        rows = (row.unflatten(-1, (2, 4)).transpose(1, 2) for row in self.qkv(x).chunk(3, -1))
        q, k, v = (torch.as_tensor(row) for row in rows)
        ahead = torch.ones(x.size(1), x.size(1), dtype=torch.bool).triu(1)
        weights = (q @ k.transpose(-2, -1) / 2).masked_fill(ahead, float("-inf")).softmax(-1)
        return self.out(torch.asarray((weights @ v).transpose(1, 2).flatten(2)))  # type: ignore[no-any-return]


def test_attention_without_a_name_is_written_out() -> None:
    """In a module it is one step, whose key is the module's."""
    text = imported(Attends(), [torch.rand(2, 5, 8)], [torch.rand(3, 5, 8)])
    assert "sdpa(causal = true)" in text and "qkv: linear(24)" in text
    assert 'attention(2, keys = ["qkv", "out"], causal = true)' in imported(
        nn.Sequential(Attends()), [torch.rand(2, 5, 8)], [torch.rand(3, 5, 8)]
    )


class Response(nn.Module):
    """Filter response normalisation: a class without parts that keeps its own tensors."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight, self.bias = nn.Parameter(torch.ones(1, channels, 1, 1)), nn.Parameter(torch.zeros(1, channels, 1, 1))

    def forward(self, x: Tensor) -> Tensor:
        size = x.pow(2).mean(dim=(2, 3), keepdim=True)
        return x * torch.rsqrt(size + 1e-6) * self.weight + self.bias


def test_a_class_that_keeps_tensors_and_no_parts_is_a_block() -> None:
    """Its steps stood in the module around it, under `1.weight` and `1.bias`."""
    net = nn.Sequential(*(nn.Sequential(nn.Conv2d(wide, 4 * wide, 3), Response(4 * wide), nn.ReLU()) for wide in (2, 8)))
    text = imported(net, [torch.rand(2, 2, 12, 12)], [torch.rand(3, 2, 12, 12)])
    assert "block response {" in text and text.count("-> response -> relu") == 2
