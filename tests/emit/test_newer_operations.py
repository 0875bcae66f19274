"""What came to the language late, in every format: TorchScript, torch.export and ONNX in onnxruntime answer as the module does, at two sizes."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import archc
from archc.compiler.emit.torchscript import script
from tests.sample import sample

from .checks import as_tuple

IMAGE = "input image[4, 12, 10]"
FREE = ("height", "width")
# The body of a network, and the axes whose size may be another in the built files.
CASES: dict[str, tuple[str, tuple[str, ...]]] = {
    "correlation": (
        f"{IMAGE}\n a: conv(6)\n skip(image) -> b: conv(6)\n correlation(3, stride = 2) {{ | skip(a) | skip(b) }} -> conv(3)",
        FREE,
    ),
    "correlation along the width": (f"{IMAGE}\n a: conv(6)\n correlation(0x4) {{ | skip(a) | skip(a) -> relu }}", FREE),
    "deform_conv": (f"{IMAGE}\n deform_conv(6, 3, stride = 2) {{ | skip | conv(18, stride = 2) }} -> relu", FREE),
    "deform_conv with a mask": (
        f"{IMAGE}\n deform_conv(6, 3x1, groups = 2, dilation = 2) {{ | skip | conv(12, 3x1, dilation = 2) | conv(6, 3x1, dilation = 2) -> sigmoid }}",
        FREE,
    ),
    "convolve": (
        f"{IMAGE}\n convolve(stride = 2) {{ | skip | parameter([6, 4, 3, 3]) -> scale(0.1) }} -> relu\n"
        " convolve(groups = 6) { | skip | parameter([1, 2, 1, 5, 3]) -> expand([3, 2, 1, 5, 3]) -> reshape([6, 1, 5, 3]) }\n"
        " convolve { | skip | constant(0.1, [3, 6, 3, 3]) }",
        FREE,
    ),
    "distance_index": (
        "input x[length = 8, channels = 3]\n"
        ' einsum("l c, l o c -> l o") { | skip | embedding(15, 3) { | constant("distance_index", [8, 4]) | parameter([15, 3]) }\n'
        '   rearrange("(l o) c -> l o c", l = 8) }',
        (),
    ),
    "grid_sample": (f"{IMAGE}\n grid_sample {{ | skip | conv(2) -> tanh -> permute([1, 2, 0]) }}", FREE),
    "grid_sample from its edge": (
        f'{IMAGE}\n grid_sample(mode = "bicubic", outside = "reflection", align_corners = true) {{ | skip | conv(2) -> permute([1, 2, 0]) }}',
        FREE,
    ),
    "grid_sample of the nearest": (
        f'{IMAGE}\n grid_sample(mode = "nearest", outside = "border") {{ | skip | conv(2) -> tanh -> permute([1, 2, 0]) }}',
        FREE,
    ),
    "affine_grid": (
        f"{IMAGE}\n conv(4) -> global_avgpool -> flatten -> linear(6) -> reshape([2, 3]) -> g: affine_grid(like = image)\n"
        " grid_sample { | skip(image) | skip(g) } -> conv(2)",
        (),  # PyTorch's exporter keeps the size of such a grid
    ),
    "affine_grid of a size": (
        f"{IMAGE}\n conv(4) -> global_avgpool -> flatten -> linear(6) -> reshape([2, 3]) -> g: affine_grid(5x7, align_corners = true)\n"
        " grid_sample(align_corners = true) { | skip(image) | skip(g) } -> conv(2)",
        FREE,
    ),
    "roi_align": (
        "input image[4, 12, 10]\n input boxes[length = 5, channels = 4]\n"
        " roi_align(3x2, scale = 0.5) { | skip(image) | skip(boxes) -> abs } -> flatten -> linear(3)",
        (),
    ),
    "maxunpool": (
        f"{IMAGE}\n p: maxpool(2, indices = true)\n conv(4) -> maxunpool(2) {{ | skip | skip(p.indices) }} -> conv(2)",
        (),
    ),
    "maxunpool like": (
        f"{IMAGE}\n a: conv(4) -> b: relu -> p: maxpool(3, stride = 2, ceil = true, indices = true)\n"
        " maxunpool(3, stride = 2, like = b) { | skip | skip(p.indices) } -> conv(2)",
        FREE,
    ),
    "image like": (f"{IMAGE}\n c: conv(8) -> tokens -> linear(6) -> image(like = c) -> conv(2)", FREE),
    "dropblock": (f"{IMAGE}\n conv(8) -> dropblock(0.3, 3) -> conv(2)", FREE),
    "einsum": (
        f'{IMAGE}\n q: conv(4) -> k: relu\n einsum("c h w, c h v -> h w v") {{ | skip(q) | skip(k) }} -> reduce("mean", axis = 0)',
        (),
    ),
    "relative_bias": (
        "input x[length = 16, channels = 8]\n attention(2, mask = true) { | skip | relative_bias(4x4, 2) }",
        (),
    ),
    "attention with a mask and a scale": (
        "input x[length = 7, channels = 8]\n input m[2, 7, 7]\n attention(2, mask = true, scale = 0.5) { | skip(x) | skip(m) }",
        (),
    ),
    "attention built of parts": (
        'input x[length = 7, channels = 8]\n attention(2, causal = true, norm = "rms", scale = 0.3)',
        (),
    ),
    "parameter and constant": (
        f'{IMAGE}\n add(broadcast = true) {{ | conv(8) | parameter([8, 1, 1]) | constant("sincos", [12, 10], features = 8) -> image(12x10) }}',
        (),
    ),
    "rearrange": (
        f'{IMAGE}\n rearrange("c (h p) (w q) -> (h w) (p q) c", p = 2, q = 2) -> linear(3) -> rearrange("(h w) (p q) c -> c (h p) (w q)", p = 2, h = 6)',
        (),
    ),
}


def compiled(name: str, more: int = 0) -> archc.Network:
    body, free = CASES[name]
    if more and free:
        body = body.replace("12, 10]", f"{12 + 4 * more}, {10 + 2 * more}]")
    return archc.compile(f"network n {{\n {body}\n}}\n")


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(CASES, 5, 11))
def test_every_format_answers_alike_at_two_sizes(name: str, tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime")
    network, free = compiled(name), CASES[name][1]
    module = network.to_module().eval()
    network.to_onnx(tmp_path / "net.onnx", module.state_dict(), dynamic=free)
    exported = network.to_export(module.state_dict(), dynamic=free).module()
    scripted = script(module)
    session = runtime.InferenceSession(str(tmp_path / "net.onnx"), providers=["CPUExecutionProvider"])
    names = [row.name for row in session.get_inputs()]
    torch.manual_seed(0)
    for more, batch in ((0, 3), (1, 2)):
        given = [torch.rand(batch, *node.shape) * 6 - 1 for node in compiled(name, more).typed_graph.inputs]
        with torch.no_grad():
            wanted = as_tuple(module(*given))
            found = {"TorchScript": as_tuple(scripted(*given)), "torch.export": as_tuple(exported(*given))}
        rows = session.run(None, dict(zip(names, [value.numpy() for value in given], strict=True)))
        found["ONNX"] = tuple(torch.from_numpy(row) for row in rows)
        for format, answers in found.items():
            for one, other in zip(answers, wanted, strict=True):
                assert other.std() > 0
                torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4, msg=lambda text, format=format: f"{format}: {text}")
