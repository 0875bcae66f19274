"""Optimised modules answer as the plain ones do: random networks, the shipped ones at two sizes, saved and loaded elsewhere."""

from __future__ import annotations

import contextlib
import random
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
import torch

from archc.base.source import Source
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.driver import compile, compile_source
from archc.compiler.emit.fast.build import fast, rewritten
from archc.compiler.emit.fast.onednn import OneDnn
from archc.compiler.emit.fast.step import Backend
from archc.compiler.emit.torchscript import save, script
from archc.compiler.files.library import FOLDER as LIBRARY
from archc.compiler.files.library import names
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal
from archc.compiler.verify import shaken as statistics_shaken
from tests.emit.checks import as_tuple, inputs_of, shaken
from tests.emit.test_random import blocks, chains, graphs
from tests.rewrite.proof import check_close, network
from tests.sample import sample


def check_fast(graph: Graph, backend: Backend | None = None, tolerance: float = 1e-5) -> None:
    """Eager and scripted, twice each: the first call packs the weights."""
    torch.set_num_threads(1)
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    made = fast(graph, plain.state_dict(), backend)
    given = inputs_of(graph)
    kept = [value.clone() for value in given]
    scripted = script(made.module)
    with torch.no_grad():
        wanted = as_tuple(plain(*given))
        for run in (made.module, scripted, scripted):
            check_close(run(*given), wanted, tolerance)
    assert all(torch.equal(one, other) for one, other in zip(given, kept, strict=True)), "an input was written to"


@pytest.mark.slow
@pytest.mark.parametrize("write", [chains, blocks])
@pytest.mark.parametrize("seed", sample(range(2), one_in=2))
def test_random_networks(write: Callable[[random.Random], str], seed: int) -> None:
    for text, graph in graphs(write, 200 + seed):
        try:
            check_fast(graph, tolerance=1e-4)
        except Exception as error:
            raise AssertionError(text) from error


BODIES = {
    "a residual block adds in place": ("relu", "add { | conv(8, 3) -> bn -> relu -> conv(8, 3) -> bn | skip } -> relu", "conv(4, 1)"),
    "a view of what is added to is read later": (
        "a: relu",
        "b: add { | skip | conv(8, 3) }",
        "concat { | skip | skip(a) -> slice(stop = 3) }",
    ),
    "a concat of a concat has a part that is added to": (
        "conv(8, 3) -> a: relu",
        "c: concat { | skip | conv(4, 3) }",
        "skip(a) -> conv(8, 3) -> relu -> b: conv(8, 3)",
        "d: add { | skip | skip(a) }",
        "concat { | skip(d) | skip(c) }",
    ),
    "an input is added to": ("add { | conv(8, 3) | skip }",),
    "an output is added to": ("a: conv(8, 3)", "b: add { | conv(8, 3) | skip }", "output a, b"),
    "a map of odd size": ("conv(64, 3) -> relu -> conv(64, 3) -> maxpool(3, stride = 2, ceil = true) -> conv(64, 3)",),
    "weights for several sizes": ("a: conv(8, 3)", "b: maxpool(2) -> reuse(a)", "global_avgpool"),
    "a head": ("conv(8, 3) -> bn -> relu -> global_avgpool -> flatten -> dropout -> linear(5) -> relu -> linear(3)",),
    "limits and leaks": (
        "conv(16, 1) -> bn -> relu6",
        "add { | dwconv(3) -> relu6 -> conv(16, 1) | skip } -> relu6",
        "conv(8, 3) -> bn -> leaky_relu(0.1) -> conv(8, 1) -> global_avgpool -> flatten -> linear(6) -> leaky_relu -> linear(3)",
    ),
    "gates": ("mul { | skip | global_avgpool -> conv(4, 1) -> relu -> conv(8, 1) -> sigmoid }",),
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("way", ["packed", "chosen", "other"])
def test_blocks(body: tuple[str, ...], way: str) -> None:
    graph = network("8, 15, 13", *body)
    backend = OneDnn()
    if way != "chosen":
        state = backend.rewritten(graph)
        rows = {node.unique: backend.options(node) for node in state.graph.nodes}
        backend = OneDnn({name: options[0 if way == "packed" else -1] for name, options in rows.items() if options})
    check_fast(graph, backend)


def test_other_sizes_and_batches_than_it_was_made_for() -> None:
    graph = network(
        "3, 32, 32", "conv(16, 3) -> bn -> relu -> maxpool(3, stride = 2, pad = 1) -> conv(24, 3) -> global_avgpool -> flatten -> linear(7)"
    )
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    scripted = script(fast(graph, plain.state_dict()).module)
    with torch.no_grad():
        for shape in ((1, 3, 32, 32), (5, 3, 32, 32), (2, 3, 45, 31), (1, 3, 32, 32)):
            x = torch.randn(shape)
            check_close(scripted(x), (plain(x),), 1e-5)
            check_close(scripted(x.contiguous(memory_format=torch.channels_last)), (plain(x),), 1e-5)


def test_a_batch_in_groups_of_images() -> None:
    graph = network("3, 8, 8", "conv(16, 3) -> relu -> global_avgpool -> flatten -> linear(7)")

    class Small(OneDnn):
        def images(self, graph: Graph) -> int:
            return 4

    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    scripted = script(fast(graph, plain.state_dict(), Small()).module)
    with torch.no_grad():
        for count in (1, 4, 5, 6, 12):
            x = torch.randn(count, 3, 8, 8)
            check_close(scripted(x), (plain(x),), 1e-5)


LARGE_ON_THE_WAY = """
network n {
  input left[2, 272, 272]
  input right[2, 272, 272]
  concat { | skip(left) | skip(right) } -> conv(16, 3) -> bn -> relu -> a: maxpool(2)
  conv(3, 1) -> upsample(2) -> out: sigmoid
  output small = a
  output out
}
"""


@pytest.mark.parametrize("at_once", [0, 2])
def test_a_network_of_images_goes_through_in_groups_to_its_end(at_once: int) -> None:
    graph = compile_source(Source.of("n.arch", LARGE_ON_THE_WAY)).graph
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    made = fast(graph, plain.state_dict(), OneDnn(at_once=at_once))
    assert "of_a_group" in made.written.source
    scripted = script(made.module)
    with torch.no_grad():
        for count in (1, 2, 3, 4):
            given = torch.randn(2, count, 2, 272, 272)
            check_close(scripted(*given), plain(*given), 1e-5)
        nothing = torch.randn(2, 0, 2, 272, 272)
        assert [row.shape for row in scripted(*nothing)] == [row.shape for row in plain(*nothing)], "a batch of no images"


def test_attention_in_windows_is_one_call_of_the_fused_kernel() -> None:
    graph = network(
        "9, 2, 16, 8",
        "sdpa { | skip | skip | scale(2) | add(broadcast = true) { | constant(0.5, sizes = [9, 1, 16, 16]) | bias: parameter([1, 2, 16, 16]) } }",
    )
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    made = fast(graph, plain.state_dict())
    assert "unflatten(0, (" in made.written.source
    scripted = script(made.module)
    with torch.no_grad():
        for count in (1, 3):
            x = torch.randn(count, 9, 2, 16, 8)
            check_close(scripted(x), (plain(x),), 1e-5)


RUN = """
import sys, torch
torch.set_num_threads(1)
module = torch.jit.load(sys.argv[1])
given, wanted = torch.load(sys.argv[2])
assert "archc" not in sys.modules
for _ in range(2):
    assert (module(given) - wanted).abs().max() <= 1e-5 * wanted.abs().max()
try:
    module(given.to("meta"))
except Exception as error:
    assert "this module was made for cpu" in str(error), error
else:
    raise AssertionError("an input on another device was taken")
"""


def test_a_file_runs_in_another_process(tmp_path: Path) -> None:
    graph = network("3, 17, 17", "conv(64, 3) -> bn -> relu -> conv(64, 3) -> relu -> global_avgpool -> flatten -> linear(7)")
    plain = shaken(build(graph, Mode.INFERENCE)).eval()
    scripted = script(fast(graph, plain.state_dict()).module)
    x = torch.randn(2, 3, 17, 17)
    with torch.no_grad():
        scripted(x)  # a module that was used can be saved
        save(scripted, str(tmp_path / "fast.pt"))
        torch.save((x, plain(x)), tmp_path / "pair.pth")
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(tmp_path / "fast.pt"), str(tmp_path / "pair.pth")], capture_output=True, text=True, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr


def test_double_precision_is_kept() -> None:
    """Weights that only double precision holds are those of the module."""
    graph = network("8, 6, 6", "conv(8, 3) -> bn -> relu -> conv(4, 1)")
    plain = shaken(build(graph, Mode.INFERENCE)).double().eval()
    given = torch.randn(2, 8, 6, 6, dtype=torch.double)
    with torch.no_grad():
        wanted = plain(given)
        found = fast(graph, plain.state_dict(), Backend.rewriting(), "float64").module(given)
    assert float((found - wanted).abs().max()) <= 1e-12 * float(wanted.abs().max())


SMALLER = {
    "linear(4096)": "linear(256)",  # AlexNet, ZFNet, VGG
    "64 * 2 ** i, 512": "32 * 2 ** i, 256",  # VGG
    "[3, 4, 6, 3], base = 128": "[1, 2, 2, 1], base = 128",  # the wide ResNet
    "[3, 4, 23, 3]": "[1, 2, 2, 1]",
    "[3, 8, 36, 3]": "[1, 2, 2, 1]",
    "depth = 12": "depth = 4",  # ViT
    "depth = 32": "depth = 4",  # ConvMixer
    "rectified(c3[1], 3)": "rectified(c3[0], 3)",  # the naive inception
    "rectified(c5[1], 5)": "rectified(c5[0], 5)",
    "unet(width = 64": "unet(width = 32",
    "segnet(depths = [2, 2, 3, 3, 3], width = 64": "segnet(depths = [2, 2, 3, 3, 3], width = 32",
    "image[3, 512, 512]": "image[3, 256, 256]",  # U-Net
    "image[3, 520, 520]": "image[3, 260, 260]",  # the FCN
    "resnet50(output_stride = 8)": "resnet50(output_stride = 8, depths = [1, 1, 1, 1])",
    "flat { conv(in.channels / 4, 3)": "flat { conv(in.channels / 32, 3)",  # its head, which is packed once for each size
    "image[3, 800, 800]": "image[3, 256, 256]",  # the pyramid, and detectors
    "pnasnet5large(width = 216": "pnasnet5large(width = 72",
    "image[3, 331, 331]": "image[3, 131, 131]",
    "words = 50257, context = 1024": "words = 500, context = 100",  # GPT-2
    "blocks = 32, width = 256": "blocks = 2, width = 32",  # EDSR
    "modules = [1, 4, 3], depth = 4": "modules = [1, 1, 1], depth = 1",  # HRNet
    "pspnet(depths = [3, 4, 6, 3]": "pspnet(depths = [1, 1, 1, 1]",
    "width = 512, drop = 0.1": "width = 64, drop = 0.1",
    "image[3, 473, 473]": "image[3, 97, 97]",
    "volume[1, 64, 128, 128]": "volume[1, 16, 32, 32]",  # V-Net
    "stacks = 8, order": "stacks = 2, order",  # the stacked hourglass
    "[64, 128, 256, 512, 512, 1024]": "[16, 32, 64, 64, 64, 64]",  # FlowNet
    "[3, 384, 512]": "[3, 128, 192]",
    "image[3, 360, 480]": "image[3, 90, 120]",  # SegNet
    "image[3, 416, 416]": "image[3, 128, 128]",  # YOLOv3
    "width = 64, anchors = 3": "width = 16, anchors = 3",
}
"""Fewer equal blocks and narrower layers: an optimised module takes several times its weights while they are packed, 2.5 GB for a VGG."""


def smaller(name: str, folder: Path) -> Path:
    for path in LIBRARY.glob("*.arch"):
        text = path.read_text(encoding="utf-8")
        for large, small in SMALLER.items():
            text = text.replace(large, small)
        (folder / path.name).write_text(text, encoding="utf-8")
    return folder / f"{name}.arch"


def test_what_makes_them_smaller_is_in_them() -> None:
    texts = "".join(path.read_text(encoding="utf-8") for path in LIBRARY.glob("*.arch"))
    assert [large for large in SMALLER if large not in texts] == []


LOUD = {"resnetv2_50_bit": 1e-4}
"""How far answers may differ where roundings grow: a change of the image by 1e-7 is one of 1e-6 in its answer, a hundred times more than in resnetv2_50."""

LEAPS = ("segnet",)
"""Of two values that are nearly equal another may be the maximum after a rounding, and is put back elsewhere: what lies around it differs then by
as much as a tenth. These are compared in float64; in float32 nearly all of the answer is."""


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(names(), 9, 32))
def test_shipped_networks(name: str, tmp_path: Path) -> None:
    """At their size, and at an odd one where they take it."""
    graph = compile(smaller(name, tmp_path)).graph
    torch.set_num_threads(1)
    torch.manual_seed(0)
    # Not the weights: a hundred layers of shaken ones make numbers that float32 does not hold.
    plain = statistics_shaken(build(graph, Mode.INFERENCE)).eval()
    pairs = []
    with torch.no_grad():
        for more in (0, 37):
            shapes = [
                tuple(size + more if len(node.shape) == 3 and axis else size for axis, size in enumerate(node.shape))
                for node in graph.inputs
            ]
            given = normal(graph, 1, shapes)
            with contextlib.suppress(RuntimeError):  # a head of one size
                pairs.append((given, as_tuple(plain(*given))))
        assert pairs
        state = plain.state_dict()
        if name in LEAPS:
            twin = build(graph, Mode.INFERENCE)
            twin.load_state_dict(state)
            check_in_double(graph, twin.double().eval(), pairs[0][0])
            del twin
        del plain
        made = fast(graph, state)
        del state
        scripted = script(made.module)
        del made
        for given, wanted in pairs:
            if name in LEAPS:
                rows = zip(as_tuple(scripted(*given)), wanted, strict=True)
                assert all(((one - other).abs() < 1e-5 * other.abs().max()).double().mean() > 0.9 for one, other in rows)
            else:
                check_close(scripted(*given), wanted, LOUD.get(name, 1e-5))


def check_in_double(graph: Graph, plain: torch.nn.Module, given: Sequence[torch.Tensor]) -> None:
    """The rewritten network is the plain one where nothing is rounded that could be seen."""
    doubled = [value.double() for value in given]
    check_close(rewritten(graph, plain.state_dict(), "float64")(*doubled), as_tuple(plain(*doubled)), 1e-10)


@pytest.mark.slow
@pytest.mark.parametrize("name", LEAPS)
def test_what_leaps_is_equal_in_double(name: str, tmp_path: Path) -> None:
    graph = compile(smaller(name, tmp_path)).graph
    torch.manual_seed(1)
    plain = statistics_shaken(build(graph, Mode.INFERENCE)).double().eval()
    with torch.no_grad():
        check_in_double(graph, plain, normal(graph, 1))
