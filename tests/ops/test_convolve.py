"""`convolve` against the layers whose filters it takes from elsewhere, what does not fit, and its memory."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from archc.compiler.analysis.receptive import receptive
from archc.compiler.codegen.pytorch import to_python
from archc.compiler.ops.base import Operation, Shapes
from archc.compiler.runtime.live_module import build
from tests.analysis.built import built
from tests.analysis.peaks import are_measured
from tests.analysis.texts import graph_of, problems_of

from .compare import axes, fast, per_axis
from .samples import op
from .test_numbers import run
from .test_refusals import refused

LAYERS = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}
small = st.integers(1, 3)


@fast
@given(data=st.data(), rank=st.integers(1, 3), groups=small, inside=small, outside=small)
def test_it_is_the_layer_with_these_filters(data: st.DataObject, rank: int, groups: int, inside: int, outside: int) -> None:
    """Numbers and both gradients; it is refused where the layer fails, or has nothing to give."""
    sides = data.draw(st.tuples(*[st.integers(1, 6)] * rank))
    kernel = data.draw(st.tuples(*[small] * rank))
    stride, dilation = (data.draw(per_axis(rank, small)) for _ in range(2))
    pad = data.draw(st.one_of(per_axis(rank, st.integers(0, 2)), st.sampled_from(["half", "valid"])))
    operation = op("convolve", stride=stride, pad=pad, groups=groups, dilation=dilation)
    usual = tuple(d * (k - 1) // 2 for k, d in zip(kernel, axes(dilation, rank), strict=True))
    padding = usual if pad == "half" else (0,) * rank if pad == "valid" else axes(pad, rank)
    layer = LAYERS[rank](groups * inside, groups * outside, kernel, stride, padding, dilation, groups, bias=False)  # type: ignore[arg-type]
    x = torch.randn(2, groups * inside, *sides, requires_grad=True)
    filters = layer.weight.detach().clone().unsqueeze(0).requires_grad_()
    reaches = [d * (k - 1) + 1 for k, d in zip(kernel, axes(dilation, rank), strict=True)]
    if any(size + 2 * p < reach for size, p, reach in zip(sides, padding, reaches, strict=True)):
        assert refused(operation, tuple(x.shape[1:]), tuple(filters.shape[1:])).code == "E311"
        with pytest.raises(RuntimeError):
            layer(x)
        return
    found, expected = run(operation, x, filters), layer(x)
    torch.testing.assert_close(found, expected)
    wanted = torch.autograd.grad(expected.square().sum(), (x, layer.weight))
    ours = torch.autograd.grad(found.square().sum(), (x, filters))
    torch.testing.assert_close(ours[0], wanted[0])
    torch.testing.assert_close(ours[1][0], wanted[1])


SHARED = """
network shared {
  input x[12, 5, 6]
  convolve(groups = 12) {
    | skip
    | filters: parameter([1, 4, 1, 3, 3], stored = [4, 1, 3, 3]) -> expand([3, 4, 1, 3, 3]) -> reshape([12, 1, 3, 3])
  }
}
"""


def test_filters_that_parts_of_the_channels_share() -> None:
    """One set for three parts of four channels: each part is filtered as if it were alone, and a checkpoint has the set once."""
    model = build(graph_of(SHARED))
    assert {key: tuple(value.shape) for key, value in model.state_dict().items()} == {"filters": (4, 1, 3, 3)}
    x = torch.randn(2, 12, 5, 6)
    parts = [nn.functional.conv2d(part, model.get_parameter("filters"), padding=1, groups=4) for part in x.chunk(3, 1)]
    torch.testing.assert_close(model(x), torch.cat(parts, 1))


def test_filters_that_are_fixed_are_a_buffer_of_the_module() -> None:
    """Sobel's, across: the source has the numbers and no parameter."""
    text = "network edges { input x[1, 5, 7]\n convolve(pad = 0) { | skip | constant([[[[-1, 0, 1], [-2, 0, 2], [-1, 0, 1]]]]) } }"
    graph = graph_of(text)
    model = built(graph, device="cpu")
    assert not [*model.parameters()] and not model.state_dict()
    ramp = torch.arange(7.0).expand(1, 1, 5, 7)
    assert model(ramp).equal(torch.full((1, 1, 3, 5), 8.0))
    assert "F.conv2d(" in to_python(graph)


def test_what_one_position_sees() -> None:
    text = "network n { input x[2, 32, 32]\n convolve(stride = 2, dilation = 2) { | skip | parameter([3, 2, 3, 3]) } -> conv(4, 3) }"
    assert [int(field.size or 0) for field in receptive(graph_of(text))[-1].fields] == [9, 9]


@pytest.mark.parametrize(
    ("operation", "inputs", "code", "told"),
    [
        (op("convolve"), ((8,), (8, 8, 3)), "E313", "its input is [8]"),
        (op("convolve"), ((8, 9, 9), (12, 8, 3)), "E313", "path 1 is [8, 9, 9], and path 2 is [12, 8, 3]"),
        (op("convolve"), ((8, 9, 9), (12, 4, 3, 3)), "E310", "read 4 channels, and path 1, [8, 9, 9], has 8"),
        (op("convolve", groups=3), ((8, 9, 9), (12, 4, 3, 3)), "E310", "read 4 channels in each of 3 groups"),
        (op("convolve", groups=2), ((8, 9, 9), (5, 4, 3, 3)), "E310", "5 filters of `convolve`, [5, 4, 3, 3]"),
        (op("convolve", pad=0), ((8, 2, 9), (12, 8, 3, 3)), "E311", "window 3 of `convolve`"),
        (op("convolve", pad=(0, 1, 0, 1)), ((8, 9, 9), (12, 8, 3, 3)), "E326", "this padding is [0, 1, 0, 1]"),
        (op("convolve", pad="causal"), ((8, 9), (12, 8, 3)), "E326", "this padding is [2, 0]"),
        (op("convolve", pad="same", stride=2), ((8, 9, 9), (12, 8, 3, 3)), "E326", "`same` under a stride"),
        (op("convolve"), ((8, 9, 9), (12, 1, 3, 3)), "E310", "read 1 channel, and"),
        (op("convolve", stride=(1, 2, 2)), ((8, 9, 9), (12, 8, 3, 3)), "E315", "`stride` 1x2x2"),
    ],
)
def test_what_does_not_fit(operation: Operation, inputs: Shapes, code: str, told: str) -> None:
    refusal = refused(operation, *inputs)
    assert refusal.code == code and told in refusal.message


@pytest.mark.parametrize(
    ("body", "code", "told"),
    [
        ("convolve { | skip | parameter([12, 4, 3, 3]) }", "E310", "`groups` may be 2 here"),
        ("convolve(pad = same, stride = 2) { | skip | parameter([12, 8, 3, 3]) }", "E326", "half"),
        ("convolve(groups = 9) { | conv(81) | conv(9) -> reshape([9, 9, 3, 3]) }", "E326", "hang on an input"),
        ("convolve { | skip | skip }", "E326", "hang on an input"),
        ("convolve { | parameter([12, 8, 3, 3]) | skip }", "E326", "path 1 is the map, and path 2 its filters"),
        ("convolve { | skip | skip -> reshape([8, 1, 9, 9]) }", "E326", "hang on an input"),
        ("convolve { | skip }", "E234", "2 tensors, and 1 path ends here"),
    ],
)
def test_what_a_user_is_told(body: str, code: str, told: str) -> None:
    rows = [row for row in problems_of(f"network n {{ input x[8, 9, 9]\n {body} }}") if row.is_error]
    assert [row.code for row in rows] == [code]
    assert told in f"{rows[0].message} {rows[0].help} {rows[0].primary}"


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "body",
    [
        "convolve { | skip | parameter([16, 32, 3, 3]) } -> relu -> conv(8)",
        "convolve(stride = 2, groups = 32) { | skip | parameter([32, 1, 5, 5]) } -> conv(8)",
        "convolve(groups = 32) { | skip | f: parameter([1, 8, 1, 3, 3]) -> expand([4, 8, 1, 3, 3]) -> reshape([32, 1, 3, 3]) } -> conv(8)",
        "convolve { | skip | constant(0.1, [32, 32, 3, 3]) } -> conv(8)",
        "convolve { | skip | parameter([16, 288]) -> softmax(1) -> reshape([16, 32, 3, 3]) } -> conv(8)",
        "tokens -> linear(32) -> image(24) -> convolve { | skip | parameter([64, 32, 3, 3]) -> scale(0.5) } -> conv(8)",
        "tokens -> linear(32) -> image(4x6x24) -> convolve { | skip | parameter([8, 32, 3, 3, 3]) -> scale(0.5) } -> conv(8)",
    ],
)
def test_memory_is_the_trackers(body: str, batch: int) -> None:
    are_measured(graph_of(f"network n {{ input x[16, 24, 24]\n conv(32) -> relu\n {body} }}"), batch)
