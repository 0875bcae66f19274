"""Attention of queries to keys with values, each with a path of its own: what `nn.MultiheadAttention(q, k, v)` is, and DETR's transformer with it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.compiler.emit import onnx
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build

from ..analysis.built import built
from ..analysis.peaks import are_measured
from ..analysis.texts import graph_of, problems_of
from ..importer.same import imported

INPUTS = "input x[length = 5, channels = 12]\n  input y[length = 7, channels = 12]\n  input z[length = 7, channels = 12]"


def network(step: str) -> str:
    return f"network n {{\n  {INPUTS}\n  attn: {step}\n}}\n"


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("mask", [False, True])
def test_it_is_pytorchs(bias: bool, mask: bool) -> None:
    paths = f"{{ | skip(x) | skip(y) | skip(z){' | constant(0.5, [1, 5, 7])' if mask else ''} }}"
    graph = graph_of(network(f"attention(3, bias = {str(bias).lower()}, mask = {str(mask).lower()}) {paths}"))
    theirs = nn.MultiheadAttention(12, 3, bias=bias, batch_first=True).eval()
    for parameter in theirs.parameters():
        nn.init.normal_(parameter)
    model = build(graph).eval()
    model.load_state_dict({f"attn.{key}": value for key, value in theirs.state_dict().items()}, strict=True)
    given = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    expected = theirs(*given, attn_mask=torch.full((5, 7), 0.5) if mask else None, need_weights=False)[0]
    close(model(*given), expected)
    close(script(model)(*given), expected)


@pytest.mark.slow
def test_onnx_gives_the_same(tmp_path: Path) -> None:
    graph = graph_of(network("attention(3, mask = true) { | skip(x) | skip(y) | skip(z) | constant(0.5, [1, 5, 7]) }"))
    model = build(graph).eval()
    given = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    runtime = pytest.importorskip("onnxruntime")
    onnx.save(model, graph, str(tmp_path / "n.onnx"))
    session = runtime.InferenceSession(str(tmp_path / "n.onnx"))
    (found,) = session.run(None, {row.name: value.numpy() for row, value in zip(session.get_inputs(), given, strict=True)})
    close(torch.from_numpy(found), model(*given))


def test_projections_of_their_own_widths() -> None:
    """Keys and values may have other features, and heads in groups; a path that is not projected by its own is refused."""
    body = 'attn: attention(4, groups = 2, keys = ["q", "k", "v", "o"]) { | skip(x) | linear(6) | linear(8) }'
    graph = graph_of(
        f"network n {{\n  {INPUTS}\n  {body}\n}}\n".replace("| linear(6) | linear(8)", "| skip(y) -> ln -> fold: linear(6) | skip(z) -> ln")
    )
    model = built(graph, device="cpu").eval()
    x, y, z = torch.randn(2, 5, 12), torch.randn(2, 7, 12), torch.randn(2, 7, 12)
    attn: Any = model.get_submodule("attn")
    keys = model.get_submodule("fold")(F.layer_norm(y, (12,), eps=1e-5))
    query = attn.q(x).view(2, 5, 4, 3).transpose(1, 2)
    key, value = (row.view(2, 7, 2, 3).transpose(1, 2).repeat_interleave(2, 1) for row in (attn.k(keys), attn.v(F.layer_norm(z, (12,)))))
    answer = F.scaled_dot_product_attention(query, key, value).transpose(1, 2).flatten(2)
    close(model(x, y, z), attn.o(answer))


@pytest.mark.parametrize("batch", [1, 3])
@pytest.mark.parametrize(
    "step",
    ["attention(3)", "attention(3, causal = true)", 'attention(3, keys = ["q", "k", "v", "o"], norm = "ln")', "attention(4, groups = 2)"],
)
def test_memory_is_measured(step: str, batch: int) -> None:
    body = f"skip -> linear(12) -> a: relu\n  {step} {{ | tanh | add(broadcast = true) {{ | skip | parameter([5, 12]) }} | skip(a) }} -> relu -> linear(3)"
    are_measured(graph_of(f"network n {{\n  input x[length = 5, channels = 12]\n  {body}\n}}\n"), batch)


@pytest.mark.parametrize(
    ("step", "code", "told"),
    [
        ("attention(3) { | skip(x) | skip(y) | skip(x) }", "E304", "a value for each key: 7 positions and 5"),
        ("attention(3) { | skip(x) | skip(y) | skip(z) -> linear(8) }", "E324", "`linear(12)` in path 3"),
        ('attention(3, keys = ["q", "kv", "o"]) { | skip(x) | skip(y) | skip(z) }', "E326", '`keys = ["q", "k", "v", "proj"]`'),
        ('attention(3, keys = ["qkv", "o"]) { | skip(x) | skip(y) | skip(z) }', "E326", '`keys = ["q", "k", "v", "proj"]`'),
        ("attention(3) { | skip(x) | skip(y) | constant(0, [1, 5, 7]) }", "E326", "mask = true"),
        ("attention(3) { | skip(x) | skip(y) | constant(0, [5, 7]) }", "E326", "mask = true"),
    ],
)  # fmt: skip
def test_what_is_refused(step: str, code: str, told: str) -> None:
    errors = [row for row in problems_of(network(step)) if row.is_error]
    assert [row.code for row in errors] == [code]
    assert told in f"{errors[0].message} {errors[0].help}"


@pytest.mark.parametrize(
    ("body", "doubted"),
    [
        ("attention(3) { | linear(12) | linear(12) | linear(12) }", True),
        ("linear(36) -> split(3) -> attention(3)", True),
        ("attention(3) { | linear(12) | linear(12) | skip }", False),
        ("attention(3) { | linear(12) | linear(12) }", False),
        ("attention(3) { | linear(12) -> ln | linear(12) -> ln | linear(12) -> ln }", False),
    ],
)
def test_projections_before_attention_are_doubted(body: str, doubted: bool) -> None:
    found = [row.code for row in problems_of(f"network n {{\n  input x[length = 5, channels = 12]\n  {body}\n}}\n")]
    assert ("W532" in found) == doubted


DETR = """
## DETR's layers: positions are added to what is compared, and not to the values.
block encoder_layer(heads = 2, hidden = 24) takes x, pos {
  add { | add { | skip(x) | skip(pos) } -> self_attn: attention(heads) { | skip | skip | skip(x) } | skip(x) } -> norm1: ln
  add { | linear1: linear(hidden) -> relu -> linear2: linear(in.features) | skip } -> norm2: ln
}

block decoder_layer(heads = 2, hidden = 24) takes x, query, memory, pos {
  add { | add { | skip(x) | skip(query) } -> self_attn: attention(heads) { | skip | skip | skip(x) } | skip(x) } -> norm1: ln
  add {
    | multihead_attn: attention(heads) {
        | add { | skip | skip(query) }
        | add { | skip(memory) | skip(pos) }
        | skip(memory)
      }
    | skip
  } -> norm2: ln
  add { | linear1: linear(hidden) -> relu -> linear2: linear(in.features) | skip } -> norm3: ln
}

network detr(layers = 2) {
  input image[12, 4, 6]
  input query[length = 5, channels = 12]
  pos: constant("sincos", [4, 6], features = 12)
  skip(image) -> tokens
  for i in range(layers) { "encoder.{i}": encoder_layer { | skip | skip(pos) } }
  encoded: skip
  skip(query) -> scale(0)
  for i in range(layers) { "decoder.{i}": decoder_layer { | skip | skip(query) | skip(encoded) | skip(pos) } }
}
"""


class Encoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(12, 2, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(12, 24), nn.Linear(24, 12)
        self.norm1, self.norm2 = nn.LayerNorm(12), nn.LayerNorm(12)

    def forward(self, src: Tensor, pos: Tensor) -> Tensor:
        q = k = src + pos
        src = self.norm1(src + self.self_attn(q, k, value=src, need_weights=False)[0])
        return self.norm2(src + self.linear2(F.relu(self.linear1(src))))


class Decoder(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.self_attn = nn.MultiheadAttention(12, 2, batch_first=True)
        self.multihead_attn = nn.MultiheadAttention(12, 2, batch_first=True)
        self.linear1, self.linear2 = nn.Linear(12, 24), nn.Linear(24, 12)
        self.norm1, self.norm2, self.norm3 = nn.LayerNorm(12), nn.LayerNorm(12), nn.LayerNorm(12)

    def forward(self, tgt: Tensor, query: Tensor, memory: Tensor, pos: Tensor) -> Tensor:
        q = k = tgt + query
        tgt = self.norm1(tgt + self.self_attn(q, k, value=tgt, need_weights=False)[0])
        seen = self.multihead_attn(query=tgt + query, key=memory + pos, value=memory, need_weights=False)[0]
        tgt = self.norm2(tgt + seen)
        return self.norm3(tgt + self.linear2(F.relu(self.linear1(tgt))))


class Detr(nn.Module):
    def __init__(self, pos: Tensor) -> None:
        super().__init__()
        self.encoder = nn.ModuleList([Encoder(), Encoder()])
        self.decoder = nn.ModuleList([Decoder(), Decoder()])
        self.register_buffer("pos", pos, persistent=False)

    def forward(self, image: Tensor, query: Tensor) -> Tensor:
        memory = image.flatten(2).transpose(1, 2)
        pos = self.get_buffer("pos")
        for layer in self.encoder:
            memory = layer(memory, pos)
        tgt = torch.zeros_like(query)
        for layer in self.decoder:
            tgt = layer(tgt, query, memory, pos)
        return tgt


def test_detrs_transformer() -> None:
    assert problems_of(DETR) == ()
    model = built(graph_of(DETR), device="cpu").eval()
    theirs = Detr(model.get_buffer("pos")).eval()
    theirs.load_state_dict(model.state_dict(), strict=True)
    image, query = torch.randn(2, 12, 4, 6), torch.randn(2, 5, 12)
    close(model(image, query), theirs(image, query))


def test_detrs_layers_are_imported() -> None:
    x, pos, query = torch.randn(2, 24, 12), torch.randn(2, 24, 12), torch.randn(2, 5, 12)
    imported(Encoder(), [x, pos], [x, pos])
    imported(Decoder(), [query, torch.randn(2, 5, 12), x, pos], [query, torch.randn(2, 5, 12), x, pos])


def test_one_tensor_for_all_needs_no_paths() -> None:
    """Keys that are the queries, or the values, are as papers draw them."""
    begin = "network n {\n  input x[length = 5, channels = 12]\n  "
    assert [row.code for row in problems_of(begin + "attention(3) { | tanh | skip | skip }\n}\n")] == []
    (found,) = problems_of(begin + "attention(3) { | skip | skip | skip }\n}\n")
    assert found.code == "W509" and "without paths: `attention(3)`" in (found.help or "")


def test_a_sequence_is_not_brought_up_to_the_length_of_another() -> None:
    errors = [row for row in problems_of(network("skip -> linear(4) -> attention(2) { | skip | skip(y) }")) if row.is_error]
    assert [(row.code, row.help) for row in errors] == [("E324", "write `linear(12)` in path 1")]
