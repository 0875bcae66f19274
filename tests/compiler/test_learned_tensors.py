"""`parameter`: learned tensors that no step makes. Their keys, their numbers, their memory, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from archc.compiler.analysis.cost import work_of, works_of
from archc.compiler.codegen.pytorch import to_python
from archc.compiler.emit import onnx
from archc.compiler.emit.fast.build import rewritten
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build

from ..analysis.built import built
from ..analysis.peaks import are_measured
from ..analysis.texts import graph_of, problems_of

VIT = """
network vit(width = 16, depth = 2, classes = 5) {
  input image[3, 32, 32]
  stage patch_embed { proj: conv(width, 8, stride = 8, pad = 0) }
  tokens
  concat(axis = 0) {
    | cls_token: parameter([1, width], init = "zeros", batch = true)
    | reg_token: parameter([3, width], batch = true)
    | skip
  }
  add(broadcast = true) { | skip | pos_embed: parameter([20, width], init = "truncated", batch = true) }
  repeat depth as i {
    "blocks.{i}": {
      add { | skip | norm: ln -> fc: linear(width) -> mul { | skip | gamma: parameter([1, width], stored = [width], init = 0.1) } }
    }
  }
  mul { | skip | temperature: parameter([1, 1], stored = [], init = 2) }
  select(0) -> head: linear(classes)
}
"""


class Vit(nn.Module):
    """The same by hand."""

    def __init__(self) -> None:
        super().__init__()
        self.patch_embed = nn.ModuleDict({"proj": nn.Conv2d(3, 16, 8, 8)})
        self.cls_token = nn.Parameter(torch.randn(1, 1, 16))
        self.reg_token = nn.Parameter(torch.randn(1, 3, 16))
        self.pos_embed = nn.Parameter(torch.randn(1, 20, 16))
        self.blocks = nn.ModuleList(Block() for _ in range(2))
        self.temperature = nn.Parameter(torch.tensor(3.0))
        self.head = nn.Linear(16, 5)

    def forward(self, image: Tensor) -> Tensor:
        x = self.patch_embed["proj"](image).flatten(2).transpose(1, 2)
        many = image.shape[0]
        x = torch.cat([self.cls_token.expand(many, -1, -1), self.reg_token.expand(many, -1, -1), x], 1) + self.pos_embed
        for block in self.blocks:
            x = block(x)
        answer = self.head((x * self.temperature)[:, 0])
        assert isinstance(answer, Tensor)
        return answer


class Block(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(16)
        self.fc = nn.Linear(16, 16)
        self.gamma = nn.Parameter(torch.randn(16))

    def forward(self, x: Tensor) -> Tensor:
        return x + self.fc(self.norm(x)) * self.gamma


def scripted(graph: Graph, model: nn.Module) -> nn.Module:
    """The TorchScript of the same source with the same weights."""
    made = script(build(graph).eval())
    made.load_state_dict(model.state_dict())
    return made


def test_a_vision_transformer_has_the_keys_and_the_numbers_of_one_by_hand() -> None:
    graph, reference = graph_of(VIT), Vit()
    model = built(graph, device="cpu")
    assert {key: value.shape for key, value in model.state_dict().items()} == {
        key: value.shape for key, value in reference.state_dict().items()
    }
    model.load_state_dict(reference.state_dict(), strict=True)
    image = torch.randn(3, 3, 32, 32)
    torch.testing.assert_close(model(image), reference(image))
    torch.testing.assert_close(scripted(graph, model)(image), reference(image))
    for module in (model, reference):
        module(image).sum().backward()
    for (name, one), (_, other) in zip(sorted(model.named_parameters()), sorted(reference.named_parameters()), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)


def test_they_count_as_parameters_and_cost_nothing() -> None:
    graph = graph_of(VIT)
    rows = {node.key: node for node in graph.nodes}
    assert sum(work.parameters for work in works_of(graph)) == sum(value.numel() for value in Vit().parameters())
    work = work_of(rows["pos_embed"])
    assert (work.parameters, work.macs, work.flops, work.activations) == (20 * 16, 0, 0, 0)


def test_they_start_as_init_says() -> None:
    state = built(graph_of(VIT), device="cpu").state_dict()
    assert not state["cls_token"].any()
    assert state["temperature"] == 2
    assert (state["blocks.1.gamma"] == 0.1).all()
    assert 0 < state["pos_embed"].abs().max() < 0.2


def test_a_concatenation_expands_and_a_sum_does_not() -> None:
    text = to_python(graph_of(VIT))
    assert "+ self.pos_embed" in text
    assert ".expand(x.shape[0], -1, -1)" in text
    assert text.count("expand(") == 2


QUERIES = """
network detr(width = 8) {
  input image[3, 16, 16]
  stage body { conv(width, 4, stride = 4, pad = 0) -> tokens }
  memory: ln
  decoded: attention(2) { | query_embed: parameter([5, width]) -> ln | skip(memory) }
  boxes: linear(4)
}
"""


def test_queries_look_up_a_sequence() -> None:
    graph = graph_of(QUERIES)
    model = built(graph, device="cpu")
    image = torch.randn(2, 3, 16, 16)
    assert model(image).shape == (2, 5, 4)
    torch.testing.assert_close(scripted(graph, model)(image), model(image))
    torch.testing.assert_close(model(image)[1:], model(image[1:]))


def test_a_learned_tensor_is_used_again() -> None:
    graph = graph_of(
        "network n { input x[length = 4, channels = 8]\n add(broadcast = true) { | skip | p: parameter([4, 8]) } -> relu\n mul { | skip | reuse(p) } }"
    )
    model = built(graph, device="cpu")
    assert list(model.state_dict()) == ["p"]
    x, p = torch.randn(2, 4, 8), model.get_parameter("p")
    torch.testing.assert_close(model(x), (x + p).relu() * p)


def test_a_part_of_the_network_may_have_nothing_but_one() -> None:
    text = "network n { input x[length = 4, channels = 8]\n add(broadcast = true) { | skip | table: { p: parameter([4, 8]) -> sigmoid } } }"
    graph = graph_of(text)
    model = built(graph, device="cpu")
    x = torch.randn(2, 4, 8)
    torch.testing.assert_close(model(x), x + model.get_parameter("table.p").sigmoid())
    torch.testing.assert_close(scripted(graph, model)(x), model(x))


def test_blocks_that_differ_in_their_sizes_share_a_class() -> None:
    text = """
    block scaled(width) { linear(width) -> mul { | skip | gamma: parameter([1, width], stored = [width]) } }
    network n { input x[length = 4, channels = 8]  scaled(8) -> scaled(6) -> scaled(6) }
    """
    source = to_python(graph_of(text))
    assert source.count("class Scaled") == 1
    assert built(graph_of(text), device="cpu")(torch.randn(2, 4, 8)).shape == (2, 4, 6)


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize(
    "body",
    [
        "add(broadcast = true) { | skip | parameter([64, 16]) }",
        "add(broadcast = true) { | skip | parameter([1, 16]) }",
        "mul { | skip | parameter([64, 16]) }",
        "mul { | skip | parameter([1, 16]) }",
        "mul { | skip | parameter([64, 16]) -> sigmoid -> linear(16) -> gelu }",
        "concat(axis = 0) { | parameter([40, 16]) | skip }",
        "matmul { | skip | parameter([16, 200]) }",
        "matmul { | parameter([200, 64]) | skip }",
    ],
)
def test_memory_is_the_trackers(body: str, batch: int) -> None:
    graph = graph_of(f"network n {{ input x[length = 64, channels = 16]\n linear(16)\n {body} -> linear(4) }}")
    are_measured(graph, batch)


SHAPES = st.sampled_from([(3, 5, 6), (3, 1, 1), (1, 5, 6), (1, 1, 6), (3, 5, 1)])


@settings(max_examples=25, deadline=None)
@given(shape=SHAPES, head=st.sampled_from(["add(broadcast = true)", "mul"]), first=st.booleans(), batch=st.booleans(), then=st.booleans())
def test_sums_and_products_are_pytorchs(shape: tuple[int, ...], head: str, first: bool, batch: bool, then: bool) -> None:
    learned = f"p: parameter([{', '.join(map(str, shape))}], batch = {str(batch).lower()}){' -> tanh' if then else ''}"
    paths = f"| {learned} | skip" if first else f"| skip | {learned}"
    model = built(graph_of(f"network n {{ input x[3, 5, 6]\n {head} {{ {paths} }} -> relu }}"), device="cpu")
    p = model.get_parameter("p")
    assert p.shape == ((1, *shape) if batch else shape)
    x, q = torch.randn(2, 3, 5, 6), p.tanh() if then else p
    torch.testing.assert_close(model(x), ((x + q) if head != "mul" else x * q).relu())


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("relu -> parameter([4, 8])", "E241"),
        ("add(broadcast = true) { | skip | relu -> parameter([4, 8]) }", "E241"),
        ("relu -> { parameter([4, 8]) -> tanh }", "E241"),
        ("add(broadcast = true) { | skip | p: parameter([4, 8]) } -> relu -> reuse(p)", "E241"),
        ("relu -> parameter([4, 8]) -> tanh", "E241"),
        ("mul { | skip | parameter([4, 8]) -> parameter([4, 8]) }", "E241"),
        ("p: parameter([4, 8])", "E242"),
        ("parameter([4, 8]) -> linear(3) -> relu", "E242"),
        ("aux side { parameter([4, 8]) }", "E242"),
        ("mul { | skip | parameter([4, 8], stored = [31]) }", "E326"),
        ("mul { | skip | parameter([4, 8], stored = [32], batch = true) }", "E326"),
        ("mul { | skip | parameter([4, 0]) }", "E208"),
        ("add { | skip | parameter([1, 8]) }", "E301"),
    ],
)
def test_what_is_refused(body: str, code: str) -> None:
    errors = [row.code for row in problems_of(f"network n {{ input x[length = 4, channels = 8]\n {body} }}") if row.is_error]
    assert errors == [code]


def test_the_optimized_module_has_them_too() -> None:
    graph = graph_of(VIT)
    model = built(graph, device="cpu").eval()
    fast: Any = rewritten(graph, model.state_dict(), "float32")
    image = torch.randn(2, 3, 32, 32)
    torch.testing.assert_close(fast.eval()(image), model(image), rtol=1e-4, atol=1e-5)


def test_onnx_has_them_at_every_batch(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    graph = graph_of(VIT)
    model = build(graph).eval()
    path = str(tmp_path / "vit.onnx")
    onnx.save(model, graph, path)
    session = runtime.InferenceSession(path)
    for batch in (1, 3):
        image = torch.randn(batch, 3, 32, 32)
        (answer,) = session.run(None, {session.get_inputs()[0].name: image.numpy()})
        torch.testing.assert_close(torch.from_numpy(answer), model(image), rtol=1e-4, atol=1e-5)


TIED = """
network tied(words = 11, width = 8) {
  input ids[length = 6]
  embedding(words, width) { | skip | wte: { weight: parameter([words, width]) } }
  add { | skip | attention(2, keys = ["qkv", "proj"], causal = true) }
  matmul { | skip | skip(wte.weight) -> permute([1, 0]) }
}
"""


def test_a_head_is_the_table_of_the_words() -> None:
    graph = graph_of(TIED)
    model = built(graph, device="cpu")
    assert sum(value.numel() for value in model.parameters()) == 11 * 8 + 8 * 24 + 24 + 8 * 8 + 8
    table = model.get_parameter("wte.weight")
    ids = torch.randint(11, (3, 6))
    x = torch.nn.functional.embedding(ids, table)
    expected = (x + model.get_submodule("attention1")(x)) @ table.T
    torch.testing.assert_close(model(ids), expected)
    torch.testing.assert_close(scripted(graph, model)(ids), expected)
    (gradient,) = torch.autograd.grad(expected.square().sum(), [table])
    torch.testing.assert_close(torch.autograd.grad(model(ids).square().sum(), [table])[0], gradient, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("parameter([12, 8])", "its table is [12, 8]"),
        ("parameter([11, 9])", "its table is [11, 9]"),
        ("reshape([11, 8])", "one table is read for the whole batch"),
    ],
)
def test_a_table_is_one_for_the_whole_batch(path: str, told: str) -> None:
    text = f"network n {{ input ids[length = 6]\n input x[88]\n embedding(11, 8) {{ | skip | skip(x) -> {path} }} }}"
    text = text.replace("skip(x) -> parameter", "parameter")
    errors = [row for row in problems_of(text) if row.is_error]
    assert [row.code for row in errors] == ["E326"] and told in errors[0].message


def test_one_before_a_loop_is_one_for_all_rounds_and_one_in_it_one_for_each() -> None:
    shared = "pos: parameter([16, 8])\n  skip(x)\n  repeat 3 { add { | linear(8) | skip(pos) } }"
    own = "repeat 3 { add { | linear(8) | pos: parameter([16, 8]) } }"
    begin = "network n {\n  input x[length = 16, channels = 8]\n  "
    sizes = [built(graph_of(f"{begin}{body}\n}}\n")) for body in (shared, own)]
    assert [sum(row.numel() for row in module.parameters()) for module in sizes] == [3 * 72 + 128, 3 * (72 + 128)]
