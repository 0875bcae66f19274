"""Texts of models of words hold for fewer words and for more, up to what their tables of positions have."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

import archc
from archc import ArchError
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of_module


class Gpt(nn.Module):
    """As nanoGPT is written."""

    def __init__(self) -> None:
        super().__init__()
        self.transformer = nn.ModuleDict({"wte": nn.Embedding(50, 8), "wpe": nn.Embedding(20, 8), "ln_f": nn.LayerNorm(8)})
        self.lm_head = nn.Linear(8, 50, bias=False)

    def forward(self, idx: Tensor) -> Tensor:
        assert idx.size(1) <= 20
        places = torch.arange(0, idx.size(1), dtype=torch.long, device=idx.device)
        x = self.transformer["wte"](idx) + self.transformer["wpe"](places)
        y: Tensor = self.lm_head(self.transformer["ln_f"](x))
        return y


class Learned(nn.Module):
    """A table with an axis for the batch."""

    def __init__(self) -> None:
        super().__init__()
        self.tokens, self.places, self.out = nn.Embedding(50, 8), nn.Parameter(torch.randn(1, 20, 8)), nn.Linear(8, 3)

    def forward(self, idx: Tensor) -> Tensor:
        y: Tensor = self.out(self.tokens(idx) + self.places[:, : idx.size(1)])
        return y


class Bert(nn.Module):
    """Kinds of words, the same for all, and a buffer of places."""

    class Embeddings(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.word, self.place, self.kind, self.norm = nn.Embedding(50, 8), nn.Embedding(20, 8), nn.Embedding(2, 8), nn.LayerNorm(8)
            self.register_buffer("position_ids", torch.arange(20).expand((1, -1)), persistent=False)

        def forward(self, ids: Tensor) -> Tensor:
            kinds = torch.zeros(ids.shape, dtype=torch.long, device=ids.device)
            x = self.word(ids) + self.kind(kinds) + self.place(self.position_ids[:, : ids.shape[1]])  # type: ignore[index]
            y: Tensor = self.norm(x)
            return y

    def __init__(self) -> None:
        super().__init__()
        self.embeddings, self.out = self.Embeddings(), nn.Linear(8, 3)

    def forward(self, ids: Tensor) -> Tensor:
        y: Tensor = self.out(self.embeddings(ids))
        return y


@pytest.mark.parametrize("length", [6, 20], ids=["some of its places", "all of them"])
@pytest.mark.parametrize("module", [Gpt(), Learned(), Bert()], ids=lambda module: type(module).__name__)
def test_other_numbers_of_words(module: nn.Module, length: int) -> None:
    found = import_model(model_of_module(module.eval(), torch.zeros(2, length, dtype=torch.long)))
    assert found.proof.is_equal and not found.is_flat and "sizes of" not in found.text
    assert found.text.count("slice(axis = 0, like = ") == 1
    made = archc.load(found.text, weights=module.state_dict()).eval()
    for count in (1, 2, 6, 19, 20):
        ids = torch.randint(50, (3, count))
        assert torch.allclose(made(ids), module(ids), atol=1e-5), count
    with pytest.raises(RuntimeError):
        made(torch.zeros(1, 21, dtype=torch.long))


class InABlock(nn.Module):
    """A part that the network has twice: its text is a block, which knows no input."""

    def __init__(self) -> None:
        super().__init__()
        self.one, self.two, self.out = Learned(), Learned(), nn.Linear(6, 3)

    def forward(self, idx: Tensor) -> Tensor:
        y: Tensor = self.out(torch.cat([self.one(idx), self.two(idx)], -1))
        return y


def test_in_a_block_the_number_stays() -> None:
    text = import_model(model_of_module(InABlock().eval(), torch.zeros(2, 6, dtype=torch.long))).text
    assert "like = " not in text and "slice(axis = " in text


@pytest.mark.parametrize(
    ("step", "code", "told"),
    [
        ("slice(axis = 0, stop = 3, like = x)", "E322", "given both `stop` and `like`"),
        ("slice(axis = 0, step = 2, like = x)", "E322", "given both `step` and `like`"),
        ("slice(axis = 0, start = -3, like = x)", "E322", "counts from the beginning"),
        ("slice(axis = 0, start = 5, like = x)", "E320", "cannot take 6 positions from 5 on"),
        ("slice(axis = 1, like = ids)", "E322", "along axis 1 as another tensor has there"),
    ],
)
def test_what_a_slice_like_another_refuses(step: str, code: str, told: str) -> None:
    text = f"network n {{\n input x[length = 6, channels = 4]\n input ids[6]\n add {{ | skip(x) | parameter([10, 4]) -> {step} }}\n embedding(9, 4) {{ | skip(ids) | parameter([9, 4]) }}\n}}"
    with pytest.raises(ArchError) as error:
        archc.load(text)
    assert any(row.code == code and told in row.message for row in error.value.diagnostics), str(error.value)
