"""Attention as people build it and its core, `sdpa`: keys and numbers of timm's, torchvision's and PyTorch's own, and of formulas written out."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from archc.compiler.codegen.pytorch import to_python
from archc.compiler.emit import onnx
from archc.compiler.emit.fast.build import rewritten
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.conformance.reference import torchvision
from tests.support import checked

from ..analysis.built import built
from ..analysis.peaks import are_measured
from ..analysis.texts import graph_of, problems_of


def network(body: str, *sizes: int) -> Graph:
    """A network of one body, on [length, channels] or on further axes in front of them."""
    shape = f"[length = {math.prod(sizes[:-1])}, channels = {sizes[-1]}]"
    more = f"reshape([{', '.join(map(str, sizes))}])\n" if len(sizes) > 2 else ""
    return graph_of(f"network n {{ input x{shape}\n {more}{body} }}")


def filled(module: nn.Module) -> dict[str, Tensor]:
    """The state of a module, its weights random."""
    return {key: torch.randn_like(value) * 0.4 if value.is_floating_point() else value for key, value in module.state_dict().items()}


def loaded(graph: Graph, state: dict[str, Tensor]) -> nn.Module:
    model = built(graph, device="cpu").eval()
    model.load_state_dict({f"attn.{key}": value for key, value in state.items()}, strict=True)
    return model


def close(found: Tensor, expected: Tensor) -> None:
    torch.testing.assert_close(found.reshape(expected.shape), expected, rtol=1e-4, atol=1e-5 * max(1.0, float(expected.abs().max())))


@pytest.mark.parametrize("qkv_bias", [True, False])
@pytest.mark.parametrize("norm", [None, "ln"])
def test_timms_attention(qkv_bias: bool, norm: str | None) -> None:
    torchvision()
    from timm.layers import Attention

    theirs = Attention(24, 3, qkv_bias=qkv_bias, qk_norm=norm is not None, norm_layer=partial(nn.LayerNorm, eps=1e-6)).eval()
    theirs.load_state_dict(filled(theirs))
    told = f', norm = "{norm}"' if norm else ""
    graph = network(f'attn: attention(3, keys = ["qkv", "proj"], qkv_bias = {str(qkv_bias).lower()}{told})', 7, 24)
    x = torch.randn(2, 7, 24)
    close(loaded(graph, theirs.state_dict())(x), theirs(x))


def test_beits_attention() -> None:
    torchvision()
    from timm.models.beit import Attention

    theirs = Attention(24, 3, qkv_bias=True, window_size=(2, 3)).eval()
    theirs.load_state_dict(filled(theirs))
    graph = network('attn: attention(3, keys = ["qkv", "proj"], qkv_bias = "qv", window = 2x3, class_token = true)', 7, 24)
    x = torch.randn(2, 7, 24)
    close(loaded(graph, theirs.state_dict())(x), theirs(x))


def test_swins_attention() -> None:
    torchvision()
    from torchvision.models.swin_transformer import ShiftedWindowAttention

    theirs = ShiftedWindowAttention(24, [2, 3], [0, 0], 3).eval()
    theirs.load_state_dict(filled(theirs))
    graph = network('attn: attention(3, keys = ["qkv", "proj"], window = 2x3, index = "flat")', 4, 6, 24)
    image = torch.randn(2, 4, 6, 24)

    def windows(x: Tensor) -> Tensor:
        return x.reshape(2, 2, 2, 2, 3, 24).transpose(2, 3)

    found = loaded(graph, theirs.state_dict())(windows(image).reshape(2, 24, 24))
    close(found, windows(theirs(image)))


def test_maxvits_attention() -> None:
    """Its logits are divided by the root of the width; its parts stand in front."""
    torchvision()
    from torchvision.models.maxvit import RelativePositionalMultiHeadAttention

    theirs = RelativePositionalMultiHeadAttention(24, 8, 9).eval()
    theirs.load_state_dict(filled(theirs))
    told = f'keys = ["to_qkv", "merge"], window = 3, index = "square", scale = {24**-0.5}'
    x = torch.randn(2, 4, 9, 24)
    close(loaded(network(f"attn: attention(3, {told})", 4, 9, 24), theirs.state_dict())(x.reshape(2, 36, 24)), theirs(x))


@pytest.mark.parametrize("scale", [0.0, 0.5, 2])
def test_attention_of_a_scale_is_that_of_queries_scaled_before(scale: float) -> None:
    theirs = nn.MultiheadAttention(24, 3, batch_first=True).eval()
    theirs.load_state_dict(filled(theirs))
    model = loaded(network(f"attn: attention(3, scale = {scale})", 6, 24), theirs.state_dict())
    x = torch.randn(2, 6, 24)
    with torch.no_grad():
        for part in (theirs.in_proj_weight, theirs.in_proj_bias):
            part[:24] *= scale * 8**0.5
    close(model(x), theirs(x, x, x, need_weights=False)[0])


SHIFTED = """
network n {
  input x[length = 24, channels = 24]
  reshape([4, 6, 24])
  attn: attention(3, keys = ["qkv", "proj"], window = 2x3, index = "flat", mask = true) {
    | skip
    | constant("window_mask", [4, 6], window = 2x3, shift = 1x1)
  }
}
"""


def test_swins_attention_to_shifted_windows() -> None:
    torchvision()
    from torchvision.models.swin_transformer import ShiftedWindowAttention

    theirs = ShiftedWindowAttention(24, [2, 3], [1, 1], 3).eval()
    theirs.load_state_dict(filled(theirs))
    graph = graph_of(SHIFTED)
    image = torch.randn(2, 4, 6, 24)
    rolled = image.roll((-1, -1), (1, 2)).reshape(2, 2, 2, 2, 3, 24).transpose(2, 3)
    found = loaded(graph, theirs.state_dict())(rolled.reshape(2, 24, 24)).reshape(2, 2, 2, 2, 3, 24).transpose(2, 3)
    close(found.reshape(2, 4, 6, 24).roll((1, 1), (1, 2)), theirs(image))


@pytest.mark.parametrize("how", ["causal", "mask"])
def test_pytorchs_attention_with_a_mask(how: str) -> None:
    theirs = nn.MultiheadAttention(24, 3, batch_first=True).eval()
    theirs.load_state_dict(filled(theirs))
    x = torch.randn(2, 6, 24)
    if how == "causal":
        graph = network("attn: attention(3, causal = true)", 6, 24)
    else:
        path = 'constant("causal", [6]) -> reshape([1, 6, 6])'
        graph = network(f"attn: attention(3, mask = true) {{ | skip | {path} }}", 6, 24)
    expected = theirs(x, x, x, attn_mask=torch.full((6, 6), -math.inf).triu(1), need_weights=False)[0]
    close(loaded(graph, theirs.state_dict())(x), expected)


def by_formula(
    x: Tensor,
    context: Tensor,
    state: dict[str, Tensor],
    keys: list[str],
    heads: int,
    groups: int,
    norm: str | None,
    base: float | None,
    causal: bool,
    pairs: bool,
    part: int | None,
) -> Tensor:
    """Attention written out, one head after another."""

    def projected(key: str, of: Tensor) -> Tensor:
        return F.linear(of, state[f"{key}.weight"], state.get(f"{key}.bias"))

    query, key, value = (projected(name, of) for name, of in zip(keys, (x, context, context), strict=False))
    size = query.shape[-1] // heads
    answers = []
    for head in range(heads):
        group = head * groups // heads
        q, k = query[..., head * size : (head + 1) * size], key[..., group * size : (group + 1) * size]
        v = value[..., group * size : (group + 1) * size]
        if norm == "ln":
            q, k = (F.layer_norm(t, (size,), state[f"{n}_norm.weight"], state[f"{n}_norm.bias"], 1e-6) for t, n in ((q, "q"), (k, "k")))
        elif norm == "rms":
            q, k = (t * (t.square().mean(-1, keepdim=True) + 1e-6).rsqrt() * state[f"{n}_norm.weight"] for t, n in ((q, "q"), (k, "k")))
        if base is not None:
            q, k = (torch.cat([turned(t[..., :part], base, pairs), t[..., part or size :]], -1) for t in (q, k))
        logits = q @ k.transpose(-1, -2) / math.sqrt(size)
        if causal:
            logits = logits.masked_fill(torch.ones(logits.shape[-2:]).triu(1).bool(), -math.inf)
        answers.append(logits.softmax(-1) @ v)
    return projected(keys[3], torch.cat(answers, -1))


def turned(x: Tensor, base: float, pairs: bool) -> Tensor:
    """By complex numbers."""
    half = x.shape[-1] // 2
    angles = torch.arange(x.shape[-2])[:, None] / base ** (torch.arange(half) / half)
    numbers = torch.complex(x[..., ::2], x[..., 1::2]) if pairs else torch.complex(x[..., :half], x[..., half:])
    found = numbers * torch.polar(torch.ones_like(angles), angles)
    return torch.view_as_real(found).flatten(-2) if pairs else torch.cat([found.real, found.imag], -1)


@settings(max_examples=30, deadline=None)
@given(
    heads=st.sampled_from([(2, 2), (4, 2), (4, 1), (1, 1)]),
    head_size=st.sampled_from([None, 2, 6]),
    norm=st.sampled_from([None, "ln", "rms"]),
    base=st.sampled_from([None, 100, 10000.0]),
    pairs=st.booleans(),
    part=st.sampled_from([None, 2]),
    bias=st.booleans(),
    causal=st.booleans(),
    crosses=st.booleans(),
    front=st.sampled_from([(), (3,), (2, 3)]),
    form=st.sampled_from(["separate", "packed", "kv", "by head"]),
)
def test_every_form_is_the_formula(
    heads: tuple[int, int],
    head_size: int | None,
    norm: str | None,
    base: float | None,
    pairs: bool,
    part: int | None,
    bias: bool,
    causal: bool,
    crosses: bool,
    front: tuple[int, ...],
    form: str,
) -> None:
    many, groups = heads
    if form == "by head" and many != groups:
        form = "packed"
    if crosses and form in ("packed", "by head"):
        form = "kv"
    keys = {"separate": '["wq", "wk", "wv", "wo"]', "packed": '["qkv", "wo"]', "by head": '["qkv", "wo"]', "kv": '["wq", "wkv", "wo"]'}[
        form
    ]
    options = [f"keys = {keys}", f"bias = {str(bias).lower()}", f"groups = {groups}", f"causal = {str(causal).lower()}"]
    options += [f"head_size = {head_size}"] if head_size else []
    options += ["interleaved = true"] if form == "by head" else []
    options += [f'norm = "{norm}"'] if norm else []
    options += [f"rotary = {base}, pairs = {str(pairs).lower()}"] if base else []
    options += [f"rotary_size = {part}"] if base and part else []
    step = f"attn: attention({many}, {', '.join(options)})"
    body = f"{step} {{ | skip | slice(axis = {len(front)}, stop = 3) }}" if crosses else step
    graph = network(body, *front, 5, 8)
    model = built(graph, device="cpu").eval()
    state = filled(model)
    model.load_state_dict(state)
    state = {key.removeprefix("attn."): value for key, value in state.items()}
    size = head_size or 8 // many
    for name, parts, out in (("qkv", ("wq", "wk", "wv"), (many, groups, groups)), ("wkv", ("wk", "wv"), (groups, groups))):
        for kind in ("weight", "bias"):
            if f"{name}.{kind}" in state:
                rows = state[f"{name}.{kind}"]
                if form == "by head":
                    rows = rows.unflatten(0, (many, 3, size)).transpose(0, 1).flatten(0, 2)
                split = rows.split([count * size for count in out])
                state |= {f"{part}.{kind}": value for part, value in zip(parts, split, strict=True)}
    x = torch.randn(2, *front, 5, 8)
    context = x[..., :3, :] if crosses else x
    expected = by_formula(x, context, state, ["wq", "wk", "wv", "wo"], many, groups, norm, base, causal, pairs, part)
    given = x.reshape(2, -1, 8)
    close(model(given), expected)


FORMS = """
network forms {
  input x[length = 12, channels = 16]
  add { | skip | ln -> attention(4, keys = ["qkv", "proj"], norm = "ln") }
  add { | skip | ln -> attention(4, keys = ["qkv", "proj"], interleaved = true, rotary = 100, rotary_size = 2) }
  add { | skip | ln -> attention(4, groups = 2, rotary = 10000, causal = true) }
  add { | skip | ln -> attention(2, keys = ["qkv", "proj"], qkv_bias = "qv", window = 3x4, index = "square") }
  add { | skip | ln -> attention(2, keys = ["q", "kv", "proj"], head_size = 4) { | skip | queries: parameter([5, 16]) } }
  reshape([3, 4, 16])
  add { | skip | attention(2, keys = ["q", "k", "v", "o"], norm = "rms") }
  reshape([length = 12, channels = 16])
  add {
    | skip
    | sdpa {
        | for i in range(3): linear(48) -> chunk(i, 3) -> reshape([12, 2, 8]) -> permute([1, 0, 2])
        | table: relative_bias(3x4, heads = 2)
      } -> permute([1, 0, 2]) -> reshape([length = 12, channels = 16])
  }
}
"""


@pytest.mark.slow
def test_every_output_of_archc_gives_the_same(tmp_path: Path) -> None:
    torch.manual_seed(0)
    graph = graph_of(FORMS)
    model = build(graph).eval()
    model.load_state_dict(filled(model))
    x = torch.randn(3, 12, 16)
    expected = model(x)
    close(script(model)(x), expected)
    fast: Any = rewritten(graph, model.state_dict(), "float32")
    close(fast.eval()(x), expected)
    runtime = pytest.importorskip("onnxruntime")
    path = str(tmp_path / "forms.onnx")
    onnx.save(model, graph, path)
    session = runtime.InferenceSession(path)
    for batch in (1, 3):
        (answer,) = session.run(None, {session.get_inputs()[0].name: x[:batch].numpy()})
        close(torch.from_numpy(answer), expected[:batch])


def test_a_head_with_one_path_works_on_it() -> None:
    graph = network("attn: attention(2, mask = false) { | skip | if false: skip }", 4, 8)
    assert [node.operation.name for node in graph.nodes] == ["input", "attention", "output"]


def test_it_calls_pytorchs_fused_attention() -> None:
    text = to_python(network('attention(4, keys = ["qkv", "proj"])', 3, 5, 16))
    assert "F.scaled_dot_product_attention(" in text
    assert "x = x.flatten(0, -3)" in text  # the kernels know one axis before the heads


@settings(max_examples=20, deadline=None)
@given(
    front=st.sampled_from([(), (3,), (2, 3)]),
    sizes=st.sampled_from([(5, 7, 4, 4), (5, 5, 4, 6), (1, 3, 2, 2)]),
    bias=st.sampled_from([None, "whole", "ones"]),
    scale=st.sampled_from([None, 0.3]),
    causal=st.booleans(),
)
def test_the_core_is_the_formula(
    front: tuple[int, ...], sizes: tuple[int, ...], bias: str | None, scale: float | None, causal: bool
) -> None:
    length, other, features, values = sizes
    causal = causal and bias is None
    shapes = [(*front, length, features), (*front, other, features), (*front, other, values)]
    shapes += [(*front, length, other) if bias == "whole" else (*(1,) * len(front), 1, other)] if bias else []
    inputs = "\n".join(f"input x{number}[{math.prod(shape)}]" for number, shape in enumerate(shapes))
    paths = " ".join(f"| skip(x{number}) -> reshape([{', '.join(map(str, shape))}])" for number, shape in enumerate(shapes))
    told = f"causal = {str(causal).lower()}" + (f", scale = {scale}" if scale else "")
    model = built(graph_of(f"network n {{ {inputs}\n sdpa({told}) {{ {paths} }} }}"), device="cpu")
    given = [torch.randn(2, *shape) for shape in shapes]
    logits = given[0] @ given[1].transpose(-1, -2) * (scale or features**-0.5)
    if bias:
        logits = logits + given[3]
    if causal:
        logits = logits.masked_fill(torch.ones(length, other).triu(1).bool(), -math.inf)
    close(model(*(value.flatten(1) for value in given)), logits.softmax(-1) @ given[2])


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "body",
    [
        'attention(4, keys = ["qkv", "proj"], norm = "ln")',
        'attention(4, keys = ["qkv", "proj"], rotary = 100)',
        'attention(4, keys = ["q", "k", "v", "proj"], groups = 2, norm = "rms", rotary = 100)',
        'attention(4, keys = ["q", "k", "v", "proj"], groups = 2, rotary = 100, pairs = true)',
        "attention(2, rotary = 100, rotary_size = 2)",
        'attention(4, keys = ["qkv", "proj"], interleaved = true)',
        'attention(4, keys = ["qkv", "proj"], interleaved = true, norm = "rms", rotary = 10)',
        "attention(2, rotary = 100, rotary_size = 4, pairs = true)",
        "attention(4, causal = true, head_size = 32)",
        "attention(4, scale = 0.5)",
        'attention(4, keys = ["q", "kv", "proj"], qkv_bias = "qv")',
        'attention(4, keys = ["q", "k", "v", "proj"], window = 8, groups = 2)',
        'attention(4, keys = ["q", "kv", "proj"]) { | skip | slice(axis = 0, stop = 20) }',
    ],
)
def test_memory_is_the_trackers(body: str, batch: int) -> None:
    for front in ((), (4,)):
        here = body.replace("axis = 0", f"axis = {len(front)}")
        last = ", last = true" if front else ""
        graph = network(
            f"relu -> {here} -> relu -> linear(8{last})".replace("relu -> att", f"linear(64{last}) -> relu -> att", 1), *front, 64, 64
        )
        are_measured(graph, batch, evaluated=0.01, trained=0.03)


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize(
    "added",
    [
        "parameter([2, 24, 24], batch = true)",
        "parameter([1, 24, 24])",
        "parameter([2, 24, 24]) -> relu",
        "constant(0.5, [2, 24, 24])",
        "constant(0.5, [1, 24, 24])",
        "skip(y) -> linear(24) -> reshape([1, 24, 24])",
    ],
)
def test_memory_where_something_is_added_to_the_logits(added: str, batch: int) -> None:
    """PyTorch chooses another kernel where what is added could learn, even in evaluation."""
    heads = 'linear(16) -> rearrange("l (h d) -> h l d", h = 2)'
    paths = f"| {heads} | skip(y) -> {heads} | skip(y) -> {heads} | {added}"
    core = f'linear(16) -> y: relu\n sdpa {{ {paths} }} -> rearrange("h l d -> l (h d)") -> linear(4)'
    are_measured(network(core, 24, 16), batch, evaluated=0.01, trained=0.03)
    whole = f"linear(16) -> y: relu\n attention(2, mask = true) {{ | skip | {added} }} -> linear(4)"
    are_measured(network(whole, 24, 16), batch, evaluated=0.01, trained=0.04)


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ("attention(3)", "E310", "heads = 2 or 4"),
        ('attention(3, keys = ["qkv", "proj"])', "E310", "head_size"),
        ("attention(4, groups = 3)", "E310", "groups = 2 or 4"),
        ("attention(8, rotary = 10)", "E310", "halves"),
        ("attention(8, rotary = 10, pairs = true)", "E310", "pairs"),
        ("attention(4, pairs = true)", "E326", "rotary = 10000"),
        ("attention(4, rotary_size = 2)", "E326", "rotary = 10000"),
        ("attention(4, interleaved = true)", "E326", "one projection"),
        ('attention(4, keys = ["qkv", "proj"], groups = 2, interleaved = true)', "E326", "as many heads of keys"),
        ("attention(2, rotary = 10, rotary_size = 3)", "E310", "rotary_size = 2 or 4"),
        ("attention(2, rotary = 10, rotary_size = 6)", "E310", "at most 4"),
        ('attention(2, keys = ["qkv"])', "E208", "two to four names"),
        ('attention(2, keys = ["a", "a"])', "E208", "two to four names"),
        ('attention(2, keys = ["heads", "proj"])', "E208", "two to four names"),
        ('attention(2, keys = ["q.k", "proj"])', "E208", "two to four names"),
        ('attention(2, qkv_bias = "kv")', "E208", '"qv"'),
        ('attention(2, qkv_bias = "qv")', "E326", "needs `keys`"),
        ('attention(2, index = "flat")', "E326", "no `window`"),
        ("attention(2, class_token = true)", "E326", "no `window`"),
        ("attention(2, window = 3)", "E326", "has 9 positions"),
        ("attention(2, window = 2, causal = true)", "E326", "do not go together"),
        ('attention(2, keys = ["qkv", "proj"]) { | skip | skip }', "E326", '"q", "kv", "proj"'),
        ("attention(2, causal = true) { | skip | linear(4) }", "E324", "as many features"),
        ("attention(2, mask = true) { | skip | parameter([4, 4]) }", "E303", "`reshape([1, 4, 4])`"),
        ("attention(2, mask = true) { | skip | parameter([4, 4, 4]) }", "E303", "each of its axes"),
        ("attention(2, mask = true)", "E326", "only one tensor"),
        ("attention(2) { | skip | skip | skip | skip }", "E326", "4 paths end here"),
        ("attention(2) { | skip | skip | parameter([2, 4, 4]) }", "E326", "the last path is the mask"),
        ("split(3) as q, k, v\n attention(2)", "E310", "channels 8 are not divisible by n 3 of `split`"),
        ("split(3) as q, k, v\n attention(2)", "E310", "`attention` makes queries, keys and values itself"),
        ("sdpa { | skip | skip }", "E234", "sdpa"),
        ("sdpa { | skip }", "E234", "1 path ends"),
        ("sdpa { | skip | linear(4) | skip }", "E304", "features as queries"),
        ("sdpa { | skip | skip | slice(axis = 0, stop = 2) }", "E304", "positions as keys"),
        ("sdpa { | skip | reshape([2, 2, 8]) | skip }", "E304", "as many axes"),
        ("sdpa { | skip | skip | skip | skip }", "E303", "each of the same size or of 1"),
        ("sdpa(causal = true) { | skip | skip | skip | parameter([4, 4]) }", "E326", "do not go together"),
    ],
)
def test_what_is_refused(body: str, code: str, told: str) -> None:
    errors = [row for row in problems_of(f"network n {{ input x[length = 4, channels = 8]\n {body} }}") if row.is_error]
    assert [row.code for row in errors] == [code]
    assert told in f"{errors[0].message} {errors[0].help} {errors[0].primary}"


def test_a_sequence_of_other_features_is_read_by_projections_of_its_own() -> None:
    """What the note of E324 names compiles as it stands, and has the widths that are meant (text beside an image)."""
    text = "network n {{\n  input x[length = 5, channels = 12]\n  input y[length = 7, channels = 8]\n  attention(3{}) {{ | skip(x) | skip(y) }}\n}}\n"
    [row] = [row for row in checked(text.format("")).diagnostics if row.is_error]
    keys = next(note for note in row.notes if "`keys = " in note).split("`")[1]
    program = checked(text.format(f", {keys}")).program
    assert row.code == "E324" and program is not None
    assert [weight.shape for node in program.nodes for weight in node.weights if weight.name == "kv.weight"] == [(24, 8)]
