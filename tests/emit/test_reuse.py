"""What is used again in the generated code: one module called twice, its tensors once in every file."""

from __future__ import annotations

import io

import pytest
import torch

from archc.compiler.codegen.pytorch import Mode, to_python
from archc.compiler.emit.fast.build import fast, rewritten
from archc.compiler.emit.fast.optimized import optimized
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.support import checked

from .checks import check_answers, check_gradients, inputs_of

SIAMESE = """input left[3, 32, 32]
  input right[3, 24, 24]
  tower: { conv(16, 3) -> bn -> relu -> c: conv(16, 3) -> global_avgpool }
  sub { | skip | skip(right) -> other: reuse(tower) }"""


def graph_of(body: str) -> Graph:
    found = checked(f"network n {{\n  {body}\n}}\n", "n.arch")
    assert found.program is not None, found.diagnostics
    return found.graph


def lines(graph: Graph) -> list[str]:
    return [line.strip() for line in to_python(graph).splitlines()]


BODIES = {
    "siamese": SIAMESE,
    "a step of a part": "input x[4, 8, 8]\n  t: { c: conv(4) -> bn -> relu }\n  stage s { reuse(t.c) -> reuse(t) -> conv(4, 1) }",
    "the later use alone": "input x[4, 8, 8]\n  t: { c: conv(4) -> bn -> d: conv(4) }\n  skip(x) -> u: reuse(t)\n  output c = t.c, u",
    "what uses another": "input x[4, 8, 8]\n  t: { c: conv(4) -> relu -> reuse(c) -> n: bn }\n  u: reuse(t) -> reuse(u) -> reuse(u.n)",
    "in side heads": "input x[4, 8, 8]\n  t: { conv(4) -> bn }\n  aux one { u: reuse(t) -> conv(2) }\n  relu -> v: reuse(t)",
    "a norm that trains twice": "input x[4, 8, 8]\n  n: bn -> relu -> reuse(n) -> prelu\n  l: layer_scale -> reuse(l)",
    "other sizes inside": 'input x[4, 16, 16]\n  t: { conv(4, 3, stride = 2, pad = "same") -> upsample(size = 9) }\n  u: reuse(t) -> reuse(t)',
}


@pytest.mark.parametrize("body", [text.replace('"same"', "same") for text in BODIES.values()], ids=BODIES)
def test_modules_answer_and_train_as_the_graph_does(body: str) -> None:
    graph = graph_of(body)
    check_answers(graph)
    check_gradients(graph)


def test_a_part_is_one_module_called_twice() -> None:
    code = lines(graph_of(SIAMESE))
    assert "self.tower = Tower()" in code
    assert not any("self.other" in line for line in code)
    assert "return self.tower(left) - self.tower(right)  # [16, 1, 1]" in code


def test_a_stage_that_uses_a_step_from_outside_is_called_step_by_step() -> None:
    code = lines(graph_of("input x[4, 8, 8]\n  a: conv(4, 1)\n  stage s { relu -> reuse(a) -> conv(3, 1) }"))
    assert 'self.s = nn.ModuleDict({"conv1": nn.Conv2d(4, 3, kernel_size=1)})' in code
    assert "return self.s.conv1(x)  # [3, 8, 8]" in code


def test_what_several_results_are_read_from_keeps_its_name_until_then() -> None:
    """Nothing of `reuse`: a module with two results, after a sibling that reads the same tensor."""
    graph = graph_of(
        "input x[4, 6, 6]\n  prelu\n  g: { add { | bn | t: { a: conv(4, 3) -> relu -> conv(4, 3) } } }\n  output o = g, p = g.t.a"
    )
    check_answers(graph)


@pytest.mark.parametrize("size", [32, 24])
def test_the_optimised_module_has_the_tensors_once(size: int) -> None:
    graph = graph_of(SIAMESE.replace("24, 24", f"{size}, {size}"))
    module = build(graph, Mode.INFERENCE).eval()
    made = fast(graph, module.state_dict())
    storages = {value.untyped_storage().data_ptr(): value.numel() for value in made.module.state_dict().values()}
    assert sum(storages.values()) == sum(value.numel() for value in module.parameters()) - 2 * 16  # the norm is in the weights before it
    # A kernel packs its weights for one size: another size has a module of its own around the same tensors.
    assert len([line for line in made.written.source.splitlines() if "Convolution(3," in line]) == (1 if size == 32 else 2)
    buffer = io.BytesIO()
    torch.jit.save(optimized(graph, module).scripted, buffer)
    plain = io.BytesIO()
    torch.jit.save(script(module), plain)
    assert buffer.getbuffer().nbytes < plain.getbuffer().nbytes + 6_000
    buffer.seek(0)
    with torch.no_grad():
        given = inputs_of(graph)
        torch.testing.assert_close(torch.jit.load(buffer)(*given), module(*given), rtol=1e-3, atol=1e-4)  # type: ignore[no-untyped-call]


def test_a_norm_is_folded_into_a_layer_that_it_follows_at_every_use() -> None:
    graph = graph_of(SIAMESE)
    module = build(graph, Mode.INFERENCE).eval()
    assert not any("norm" in type(part).__name__.lower() for part in rewritten(graph, module.state_dict()).modules())
    apart = graph_of("input x[4, 8, 8]\n  c: conv(4) -> bn -> reuse(c) -> relu")
    kept = rewritten(apart, build(apart, Mode.INFERENCE).state_dict())
    assert any("norm" in type(part).__name__.lower() for part in kept.modules())
