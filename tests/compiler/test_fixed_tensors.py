"""`constant`, `relative_bias` and the forms of `layer_scale`: their numbers against other sources, their keys, their memory, and what is refused."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from archc.compiler.analysis.cost import work_of
from archc.compiler.emit import onnx
from archc.compiler.emit.fast.build import fast, rewritten
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.support import checked

from ..analysis.built import built
from ..analysis.peaks import are_measured
from ..analysis.texts import graph_of, problems_of


def values_of(step: str, *sizes: int) -> Tensor:
    """What a step without an input gives, added to zeros."""
    names = ("length = ", "channels = ") if len(sizes) == 2 else ("",) * len(sizes)
    given = ", ".join(f"{name}{size}" for name, size in zip(names, sizes, strict=True))
    model = built(graph_of(f"network n {{ input x[{given}]\n add(broadcast = true) {{ | skip | p: {step} }} }}"), device="cpu")
    answer = model(torch.zeros(2, *sizes))
    assert answer[0].equal(answer[1])
    found = answer[0]
    assert isinstance(found, Tensor)
    return found


def test_places_are_counted_from_0() -> None:
    assert values_of('constant("places", [5])', 5).tolist() == [0.0, 1.0, 2.0, 3.0, 4.0]


def angle(place: int, pair: int, count: int) -> float:
    return place / 10000 ** (pair / count)


@settings(max_examples=10, deadline=None)
@given(height=st.integers(1, 4), width=st.integers(1, 4), count=st.integers(1, 3))
def test_sines_of_an_image_go_along_its_width_first(height: int, width: int, count: int) -> None:
    features = 4 * count
    found = values_of(f'constant("sincos", [{height}, {width}], features = {features})', height * width, features)
    rows = []
    for y in range(height):
        for x in range(width):
            row = []
            for place in (x, y):
                row += [math.sin(angle(place, pair, count)) for pair in range(count)]
                row += [math.cos(angle(place, pair, count)) for pair in range(count)]
            rows.append(row)
    torch.testing.assert_close(found, torch.tensor(rows))


@settings(max_examples=10, deadline=None)
@given(length=st.integers(1, 6), count=st.integers(1, 4))
def test_sines_of_a_sequence_are_those_of_the_transformer(length: int, count: int) -> None:
    found = values_of(f'constant("sinusoid", [{length}], features = {2 * count})', length, 2 * count)
    for place in range(length):
        for pair in range(count):
            assert found[place, 2 * pair].item() == pytest.approx(math.sin(angle(place, pair, count)), abs=1e-6)
            assert found[place, 2 * pair + 1].item() == pytest.approx(math.cos(angle(place, pair, count)), abs=1e-6)


ROTATED = """
network turned {
  input x[5, 8]
  permute([0, 1]) -> reshape([length = 5, channels = 8])
  at: identity
  add {
    | mul { | skip | constant("rotary_cos", [5], features = 8) }
    | mul { | concat { | slice(start = 4) -> scale(-1) | slice(stop = 4) } | constant("rotary_sin", [5], features = 8) }
  }
}
"""


def test_turning_by_the_tables_is_the_turning_of_complex_numbers() -> None:
    x = torch.randn(2, 5, 8)
    turns = torch.tensor([[angle(place, pair, 4) for pair in range(4)] for place in range(5)])
    turned = torch.complex(x[..., :4], x[..., 4:]) * torch.polar(torch.ones(5, 4), turns)
    expected = torch.cat([turned.real, turned.imag], -1)
    torch.testing.assert_close(built(graph_of(ROTATED), device="cpu")(x), expected)


@pytest.mark.parametrize(
    ("size", "window", "shift"),
    [
        ((6, 8), (3, 4), (1, 2)),
        ((4, 4), (2, 2), (1, 1)),
        ((6, 6), (3, 3), (0, 1)),
        ((6,), (3,), (2,)),
        ((4, 3, 6), (2, 3, 3), (1, 0, 2)),
    ],
)
def test_a_mask_of_windows_parts_what_was_no_neighbour(size: tuple[int, ...], window: tuple[int, ...], shift: tuple[int, ...]) -> None:
    """Places of the rolled image are compared by where they come from: a step from one to the other must not go round the edge."""
    count, places = math.prod(size) // math.prod(window), math.prod(window)
    text = f'constant("window_mask", {list(size)}, window = {list(window)}, shift = {list(shift)})'
    found = values_of(text, count, 1, places, places)
    axes = range(len(size))
    from_where = torch.stack(torch.meshgrid([torch.arange(side) for side in size], indexing="ij"), -1)
    cut = from_where.roll([-by for by in shift], [*axes])
    for axis in axes:
        cut = cut.unflatten(2 * axis, (-1, window[axis]))
    cut = cut.permute(*[2 * axis for axis in axes], *[2 * axis + 1 for axis in axes], -1).reshape(count, places, len(size))
    near = (cut[:, :, None] - cut[:, None]).abs() < torch.tensor(window)
    assert (found[:, 0] == 0).equal(near.all(-1))
    assert set(found.flatten().tolist()) <= {0.0, -100.0}


def test_distances_of_a_window_in_logarithms() -> None:
    """The paper's equation 3, scaled as its appendix has it: the farthest place along an axis is 8 away; an axis of one place has no distances."""
    found = values_of('constant("window_distances", window = [3, 1])', 1, 5, 1, 2)
    along = [math.copysign(math.log2(1 + abs(8 * step / 2)) / 3, step) for step in range(-2, 3)]
    torch.testing.assert_close(found[0, :, 0, 0], torch.tensor(along))
    assert not found[..., 1].any()


@settings(max_examples=20, deadline=None)
@given(fewer=st.integers(1, 5), times=st.integers(1, 4), swapped=st.booleans())
def test_places_along_an_axis_are_as_far_apart_as_the_finer_ones_are(fewer: int, times: int, swapped: bool) -> None:
    """Where some of the places look, or only some are looked at: their distances are those among all places, the farthest before first."""
    many = fewer * times
    places, others = (many, fewer) if swapped else (fewer, many)
    found = _index(f'constant("distance_index", [{places}, {others}])', places * others, 2 * many - 1)
    steps = (1, times) if swapped else (times, 1)
    rows = [[place * steps[0] + (others - 1 - other) * steps[1] for other in range(others)] for place in range(places)]
    assert found == [row for part in rows for row in part]
    if times == 1:
        assert found == _index(f'constant("window_index", window = [{many}])', many**2, 2 * many - 1)


def _index(step: str, places: int, rows: int) -> list[int]:
    """The rows of a table of so many that are read there: what is read of one whose rows hold their numbers."""
    read = f"embedding({rows}, 1) {{ | {step} | table: parameter([{rows}, 1]) }}"
    model = build(graph_of(f"network n {{ input x[length = {places}, channels = 1]\n add(broadcast = true) {{ | skip | {read} }} }}"))
    model.load_state_dict({"table": torch.arange(float(rows))[:, None]})
    return [int(row) for row in model(torch.zeros(1, places, 1)).flatten()]


def test_a_mask_of_what_is_ahead() -> None:
    assert values_of('constant("causal", [4])', 4, 4).equal(torch.full((4, 4), -math.inf).triu(1))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("constant(0.5)", torch.full((2, 3), 0.5)),
        ("constant(2, [2, 3])", torch.full((2, 3), 2.0)),
        ("constant([[1, 2, 3], [4, 5, -6]])", torch.tensor([[1.0, 2, 3], [4, 5, -6]])),
        ("constant([[1, 2, 3]])", torch.tensor([[1.0, 2, 3], [1, 2, 3]])),
        ("constant([0.25, 0.5], [2, 1])", torch.tensor([[0.25] * 3, [0.5] * 3])),
        ("constant([1, 2, 3, 4, 5, 6], [2, 3])", torch.tensor([[1.0, 2, 3], [4, 5, 6]])),
    ],
)
def test_numbers_lie_as_they_are_written(text: str, expected: Tensor) -> None:
    if text == "constant(0.5)":
        text = "constant(0.5, [1, 1])"
    assert values_of(text, 2, 3).equal(expected)


@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 4), width=st.integers(1, 4), heads=st.integers(1, 3), form=st.sampled_from(["", "class_token", "heads_first"]))
def test_a_bias_is_read_by_the_distance(height: int, width: int, heads: int, form: str) -> None:
    """Against Swin's own formula for the row of a distance, BEiT's rows for a class token, and CoAtNet's order."""
    option = f", {form} = true" if form else ""
    places = height * width + (form == "class_token")
    step = f"relative_bias({height}x{width}, heads = {heads}{option})"
    model = built(
        graph_of(f"network n {{ input x[{heads}, {places}, {places}]\n add(broadcast = true) {{ | skip | table: {step} }} }}"), device="cpu"
    )
    table = model.get_parameter("table")
    nn.init.normal_(table)
    found = model(torch.zeros(1, heads, places, places))[0]
    own = places - height * width
    for query in range(height * width):
        for key in range(height * width):
            rows, columns = query // width - key // width, query % width - key % width
            if form == "heads_first":
                expected = table[:, height - 1 - rows, width - 1 - columns]
            else:
                expected = table[(rows + height - 1) * (2 * width - 1) + columns + width - 1]
            assert found[:, query + own, key + own].equal(expected)
    if own:
        assert found[:, 0, 1:].equal(table[-3][:, None].expand(-1, places - 1))
        assert found[:, 1:, 0].equal(table[-2][:, None].expand(-1, places - 1))
        assert found[:, 0, 0].equal(table[-1])


@settings(max_examples=12, deadline=None)
@given(height=st.integers(1, 5), width=st.integers(1, 5), heads=st.integers(1, 3), step=st.integers(1, 3))
def test_a_mirrored_bias_is_read_by_how_far_away(height: int, width: int, heads: int, step: int) -> None:
    """LeViT's: by the distance down and across, whichever place lies first; of every `step`-th place, row by row."""
    asking = [(y, x) for y in range(0, height, step) for x in range(0, width, step)]
    shape = f"{heads}, {len(asking)}, {height * width}"
    bias = f"relative_bias({height}x{width}, {heads}, mirrored = true, step = {step})"
    model = built(graph_of(f"network n {{ input x[{shape}]\n add(broadcast = true) {{ | skip | table: {bias} }} }}"), device="cpu")
    table = model.get_parameter("table")
    nn.init.normal_(table)
    found = model(torch.zeros(1, heads, len(asking), height * width))[0]
    for row, (y, x) in enumerate(asking):
        for key in range(height * width):
            assert found[:, row, key].equal(table[:, abs(y - key // width) * width + abs(x - key % width)])


MIXED = """
network mixed {
  input x[length = 12, channels = 8]
  add(broadcast = true) { | skip | constant("sincos", [3, 4], features = 8) }
  linear(8)
  add(broadcast = true) { | skip | places: constant("sinusoid", [12], features = 8, stored = true) }
  stage part {
    mul { | skip | constant([0.5, 1, 2, 1, 1, 1, 1, 3], [1, 8]) }
    mul { | skip | {constant(0.25, [12, 1]) -> exp -> linear(8) -> sigmoid} }
  }
  add { | skip | layer_scale(init = 0.5) }
}
"""


def made(text: str) -> tuple[Graph, Any]:
    graph = graph_of(text)
    return graph, build(graph).eval()


def test_a_checkpoint_has_what_is_stored_and_no_more() -> None:
    _, model = made(MIXED)
    keys = set(model.state_dict())
    assert "places" in keys and not any("constant" in key for key in keys)
    expected = torch.tensor([[math.sin(p), math.cos(p)] for p in range(12)])
    torch.testing.assert_close(model.state_dict()["places"][:, :2], expected)
    assert {name for name, _ in model.named_parameters()} == keys - {"places"}


@pytest.mark.slow
def test_every_form_gives_the_same(tmp_path: Path) -> None:
    graph, model = made(MIXED)
    x = torch.randn(3, 12, 8)
    expected = model(x)
    torch.testing.assert_close(script(model)(x), expected)
    fast: Any = rewritten(graph, model.state_dict(), "float32")
    torch.testing.assert_close(fast.eval()(x), expected, rtol=1e-4, atol=1e-5)
    assert build(graph).half()(x.half()).dtype == torch.float16
    runtime = pytest.importorskip("onnxruntime")
    path = str(tmp_path / "mixed.onnx")
    onnx.save(model, graph, path)
    session = runtime.InferenceSession(path)
    for batch in (1, 3):
        (answer,) = session.run(None, {session.get_inputs()[0].name: x[:batch].numpy()})
        torch.testing.assert_close(torch.from_numpy(answer), expected[:batch], rtol=1e-4, atol=1e-5)


def test_what_is_fixed_is_no_parameter_and_costs_nothing() -> None:
    graph = graph_of(MIXED)
    rows = [work_of(node) for node in graph.nodes if node.operation.name == "constant"]
    assert len(rows) == 4 and not any((row.parameters, row.macs, row.flops) != (0, 0, 0) for row in rows)


@pytest.mark.parametrize("batch", [1, 8])
@pytest.mark.parametrize(
    "body",
    [
        'add(broadcast = true) { | skip | constant("sinusoid", [64], features = 16) }',
        "mul { | skip | constant(0.5, [1, 16]) }",
        "mul { | skip | constant(0.5, [64, 1]) -> exp -> linear(16) }",
        'concat(axis = 0) { | constant("sinusoid", [40], features = 16) | skip }',
        'layer_scale(stored = "flat") -> relu -> layer_scale(stored = "batch")',
        "matmul { | {relative_bias(8, heads = 1) -> reshape([64, 64])} | skip }",
        "matmul { | {relative_bias(9x7, heads = 1, class_token = true) -> reshape([64, 64])} | skip }",
        "matmul { | {relative_bias(4x16, heads = 1, heads_first = true) -> reshape([64, 64])} | skip }",
        "matmul { | {relative_bias(8, heads = 1, mirrored = true) -> reshape([64, 64])} | skip }",
        "matmul { | {relative_bias(4x16, heads = 1, mirrored = true, step = 2) -> reshape([16, 64])} | skip }",
        "reshape([1, 64, 16]) -> add(broadcast = true) { | skip | {relative_bias(8, heads = 1) -> slice(axis = 2, stop = 16)} } -> reshape([length = 64, channels = 16])",
    ],
)
def test_memory_is_the_trackers(body: str, batch: int) -> None:
    graph = graph_of(f"network n {{ input x[length = 64, channels = 16]\n linear(16)\n {body} -> linear(4) }}")
    are_measured(graph, batch)


@pytest.mark.parametrize("stored", ["", 'stored = "flat"', 'stored = "batch"'])
def test_a_factor_is_stored_as_its_checkpoint_has_it(stored: str) -> None:
    shapes = {"": (6, 1, 1), 'stored = "flat"': (6,), 'stored = "batch"': (1, 6, 1, 1)}
    model = built(graph_of(f"network n {{ input x[6, 4, 5]\n gamma: layer_scale({stored}) }}"), device="cpu")
    gamma = model.get_parameter("gamma")
    assert gamma.shape == shapes[stored]
    nn.init.normal_(gamma)
    x = torch.randn(2, 6, 4, 5)
    assert model(x).equal(x * gamma.reshape(6, 1, 1))


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ('constant("sincos", [2, 3])', "E326", "write `features = …`"),
        ('constant("sincos", [2, 3], features = 6)', "E310", "6 are not divisible by 4"),
        ('constant("sinusoid", [2, 3], features = 6)', "E326", "`sizes = [length]`"),
        ('constant("sinusoid", [2], features = 6, window = 2)', "E326", "no use for `window`"),
        ('constant("window_mask", [6, 6], window = 4, shift = 1)', "E310", "do not fit into 6x6"),
        ('constant("window_mask", [6, 6], window = 3, shift = 3)', "E310", "larger than the shift"),
        ('constant("window_index", [6, 6], window = 2x2)', "E326", "4 places has 16 numbers"),
        ('constant("distance_index", [6])', "E326", "two counts of places"),
        ('constant("distance_index", [6, 3], window = [6])', "E326", "no use for `window`"),
        ('constant("distance_index")', "E326", "write `sizes = …`"),
        ('constant("window_mask", [6], window = 3x3, shift = 1)', "E326", "1 in `sizes`, and 2 in `window`"),
        ('constant("causal", [6, 6])', "E326", "`sizes = [length]`"),
        ('constant("places", [6, 6])', "E326", "`sizes = [length]`"),
        ('constant("places", [6], features = 2)', "E326", "no use for `features`"),
        ("constant([1, 2], [3])", "E326", "holds 3"),
        ("constant(0.5, features = 3)", "E326", "no use for `features`"),
        ("constant([[1, 2], [3]])", "E208", "must be numbers"),
        ('constant("nothing")', "E208", '"sincos"'),
        ("constant([])", "E208", "must be numbers"),
        ("constant([0, -1], index = true)", "E326", "-1 is among them"),
        ("constant([0, 0.5], index = true)", "E326", "0.5 is among them"),
        ('constant("causal", [6], index = true)', "E326", "no use for `index`"),
        ("relative_bias(2x2x2, heads = 3)", "E326", "two sides"),
        ("relative_bias(2, heads = 3, class_token = true, heads_first = true)", "E326", "do not go together"),
        ("relative_bias(2, heads = 3, class_token = true, mirrored = true)", "E326", "do not go together"),
        ("relative_bias(2, heads = 3, heads_first = true, mirrored = true)", "E326", "do not go together"),
        ("relative_bias(2, heads = 3, step = 2)", "E326", "`mirrored = true`"),
        ('layer_scale(stored = "wide")', "E208", '"flat"'),
    ],
)
def test_what_is_refused(body: str, code: str, told: str) -> None:
    step = body if body.startswith("layer") else f"add(broadcast = true) {{ | skip | {body} }}"
    errors = [row for row in problems_of(f"network n {{ input x[length = 4, channels = 8]\n {step} }}") if row.is_error]
    assert [row.code for row in errors] == [code]
    assert told in f"{errors[0].message} {errors[0].help} {errors[0].primary}"


def test_a_table_in_the_place_of_its_numbers() -> None:
    """The paths of `embedding` are swapped; the other way round the text is right."""
    net = "network n {\n  input x[length = 16, channels = 4]\n  concat(axis = length) { | skip | embedding(13, 4) { %s } }\n}\n"
    numbers, table = '| constant("distance_index", [7, 7])', "| parameter([13, 4])"
    (row,) = [row for row in checked(net % f"{table} {numbers}").diagnostics if row.is_error]
    assert (row.code, row.help) == ("E313", "the numbers are path 1, and the table is path 2")
    assert not [row for row in checked(net % f"{numbers} {table}").diagnostics if row.is_error]


def test_numbers_that_are_drawn_once() -> None:
    """StyleGAN's noise: a buffer with a key, of standard normal numbers, other ones for each place and each module; the size has names as a learned one's."""
    drawn = 'constant("normal", [channels = 1, height = 32, width = 32], stored = true)'
    text = f"network n {{ input x[2, 32, 32]\n add(broadcast = true) {{ | skip | noise_const: {drawn} }}\n add(broadcast = true) {{ | skip | {drawn} }} }}"
    graph = graph_of(text)
    one, other = build(graph).eval(), build(graph).eval()
    found = [value for module in (one, other) for value in module.state_dict().values()]
    assert list(one.state_dict()) == ["noise_const", "constant1"] and not list(one.parameters())
    assert all(value.shape == (1, 32, 32) and abs(value.mean()) < 0.15 and 0.9 < value.std() < 1.1 for value in found)
    assert not any(a.equal(b) for place, a in enumerate(found) for b in found[:place])
    other.load_state_dict(one.state_dict(), strict=True)
    x = torch.randn(3, 2, 32, 32)
    torch.testing.assert_close(other(x), x + found[0] + found[1])
    torch.testing.assert_close(script(other)(x), other(x))
    quick = fast(graph, one.state_dict()).module
    torch.testing.assert_close(quick(x), one(x))


def test_numbers_that_no_checkpoint_brings_back_are_refused() -> None:
    text = 'network n {{ input x[2, 4, 4]\n add(broadcast = true) {{ | skip | constant("normal", [1, 4, 4]{}) }} }}'
    (error,) = problems_of(text.format(""))
    assert error.code == "E326" and error.help == "write `stored = true`"
    assert checked(text.format(", stored = true")).diagnostics == ()
