"""GPT-2 in twenty lines: what its forms need is all there (a table of words that the head reads, too, attention that looks back alone)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build

from ..analysis.texts import graph_of

GPT2 = """
block layer(heads) {
  add { | skip | ln_1: ln -> attn: attention(heads, keys = ["c_attn", "c_proj"], causal = true) }
  add { | skip | ln_2: ln -> mlp: { c_fc: linear(4 * in.channels) -> gelu(tanh = true) -> c_proj: linear(in.channels) } }
}

network gpt2(words = 50257, context = 1024, width = 768, depth = 12, heads = 12) {
  input ids[length = context]
  embedding(words, width) { | skip | wte: { weight: parameter([words, width]) } }
  add { | skip | wpe: { weight: parameter([context, width]) } }
  stage h { repeat depth { layer(heads) } }
  ln_f: ln
  matmul { | skip | skip(wte.weight) -> permute([1, 0]) }
}
"""
SMALL = GPT2.replace("50257", "23").replace("1024", "9").replace("768", "16").replace("depth = 12, heads = 12", "depth = 2, heads = 4")


class Block(nn.Module):
    """By hand, with PyTorch's own attention."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.ln_1, self.ln_2 = nn.LayerNorm(width), nn.LayerNorm(width)
        self.heads = heads
        self.attn = nn.ModuleDict({"c_attn": nn.Linear(width, 3 * width), "c_proj": nn.Linear(width, width)})
        self.mlp = nn.ModuleDict({"c_fc": nn.Linear(width, 4 * width), "c_proj": nn.Linear(4 * width, width)})

    def forward(self, x: Tensor) -> Tensor:
        query, key, value = (
            part.unflatten(-1, (self.heads, -1)).transpose(1, 2) for part in self.attn["c_attn"](self.ln_1(x)).chunk(3, -1)
        )
        logits = query @ key.transpose(-1, -2) / query.shape[-1] ** 0.5
        logits = logits.masked_fill(torch.ones(logits.shape[-2:]).triu(1).bool(), -torch.inf)
        x = x + self.attn["c_proj"]((logits.softmax(-1) @ value).transpose(1, 2).flatten(2))
        found = x + self.mlp["c_proj"](nn.functional.gelu(self.mlp["c_fc"](self.ln_2(x)), approximate="tanh"))
        assert isinstance(found, Tensor)
        return found


class Gpt2(nn.Module):
    def __init__(self, words: int, context: int, width: int, depth: int, heads: int) -> None:
        super().__init__()
        self.wte, self.wpe = nn.Embedding(words, width), nn.Embedding(context, width)
        self.h = nn.ModuleList(Block(width, heads) for _ in range(depth))
        self.ln_f = nn.LayerNorm(width)

    def forward(self, ids: Tensor) -> Tensor:
        x = self.wte(ids) + self.wpe.weight
        for block in self.h:
            x = block(x)
        found = self.ln_f(x) @ self.wte.weight.T
        assert isinstance(found, Tensor)
        return found


def test_it_has_the_parameters_of_the_paper_in_twenty_lines() -> None:
    graph = graph_of(GPT2)
    assert sum(weight.elements for node in graph.nodes for weight in node.weights) == 124_439_808
    # Of a layer four projections and two of twice and twice the width, the products of attention, and the head.
    layer = 12 * 768**2 * 1024 + 2 * 1024**2 * 768
    assert sum(node.macs for node in graph.nodes) == 12 * layer + 1024 * 768 * 50257
    assert len([line for line in GPT2.splitlines() if line]) <= 20


def test_it_is_the_network_written_by_hand() -> None:
    theirs = Gpt2(23, 9, 16, 2, 4).eval()
    ours = build(graph_of(SMALL)).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    ids = torch.randint(23, (3, 9))
    torch.testing.assert_close(ours(ids), theirs(ids), rtol=1e-4, atol=1e-5)
    torch.testing.assert_close(script(ours)(ids), theirs(ids), rtol=1e-4, atol=1e-5)
    for module in (ours, theirs):
        module(ids).square().mean().backward()
    found = dict(ours.named_parameters())
    for name, parameter in theirs.named_parameters():
        torch.testing.assert_close(found[name].grad, parameter.grad, rtol=1e-3, atol=1e-5, msg=name)
