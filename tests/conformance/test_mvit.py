"""MViT narrow against torchvision's class with the same numbers: keys, answers, gradients, scripted; the whole is compared in `make campaign`."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn

from archc.compiler import driver
from archc.compiler.emit.torchscript import script
from archc.compiler.runtime.live_module import build
from tests.conformance import reference
from tests.conformance.modules import difference, gradients, shake
from tests.sample import only_in_campaign, sample

pytestmark = pytest.mark.usefixtures("one_thread")

SECOND = {"mvit_v1_b": False, "mvit_v2_s": True}
DEPTHS = (1, 2, 2, 1)
WIDTH = 16


def theirs(name: str, size: tuple[int, int, int]) -> nn.Module:
    """torchvision's class with a block's numbers worked out as its two networks have them, for clips of this size."""
    reference.torchvision()
    from torchvision.models.video import mvit

    second = SECOND[name]
    stages = [stage for stage, depth in enumerate(DEPTHS) for _ in range(depth)]
    first = [number == 0 or stages[number - 1] != stage for number, stage in enumerate(stages)]
    widths = [WIDTH * 2**stage for stage in stages]
    # In the second version a block makes the features of its stage of those before, in the first those of the next block.
    incoming = [WIDTH, *widths[:-1]] if second else widths
    outgoing = widths if second else [*widths[1:], widths[-1]]
    blocks = []
    for stage, is_first, into, out in zip(stages, first, incoming, outgoing, strict=True):
        shrinks = is_first and stage > 0
        blocks.append(
            mvit.MSBlockConfig(
                num_heads=2**stage,
                input_channels=into,
                output_channels=out,
                kernel_q=[3, 3, 3] if second or shrinks else [],
                kernel_kv=[3, 3, 3],
                stride_q=[1, 2, 2] if shrinks else [1, 1, 1] if second else [],
                stride_kv=[1, 2 ** (len(DEPTHS) - 1 - stage), 2 ** (len(DEPTHS) - 1 - stage)],
            )
        )
    return mvit.MViT(
        size[1:],
        size[0],
        blocks,
        residual_pool=second,
        residual_with_cls_embed=False,
        rel_pos_embed=second,
        proj_after_attn=second,
        num_classes=10,
    )


def both(name: str, size: tuple[int, int, int]) -> tuple[nn.Module, nn.Module]:
    """archc's, with its own drop of paths off, and torchvision's, on equal weights."""
    settings = {"width": WIDTH, "depths": DEPTHS, "classes": 10, "drop": 0}
    ours = build(driver.compile(name, settings=settings, inputs={"": (3, *size)}).graph)
    torch.manual_seed(0)
    other = shake(theirs(name, size))
    ours.load_state_dict(other.state_dict(), strict=True)
    return ours.eval(), other.eval()


@pytest.mark.parametrize(
    ("name", "size"), [*sample([(name, size) for name in SECOND for size in ((8, 64, 64), (4, 96, 96))], 0, 3), ("mvit_v1_b", (6, 60, 92))]
)
def test_same_answers(name: str, size: tuple[int, int, int]) -> None:
    ours, other = both(name, size)
    clip = torch.randn(2, 3, *size)
    with torch.no_grad():
        wanted = other(clip)
        assert torch.isfinite(wanted).all() and wanted.std() > 0
        assert difference(ours(clip), wanted) < 1e-5
        assert difference(script(ours)(clip), wanted) < 1e-5


@pytest.mark.parametrize("name", SECOND)
def test_same_gradients(name: str) -> None:
    """Evaluated, so that nothing is dropped: every parameter, the tables of distances and the filters of pools among them."""
    ours, other = both(name, (4, 64, 64))
    clip = torch.randn(2, 3, 4, 64, 64)

    def total(module: nn.Module) -> Callable[[], Tensor]:
        return lambda: module(clip).square().mean()

    found, wanted = gradients(ours, total(ours)), gradients(other, total(other))
    assert found.keys() == wanted.keys()
    scale = max(float(value.abs().max()) for value in wanted.values())
    for key, value in wanted.items():
        # Of the last block's queries the head reads that of the class token alone, which is neither filtered nor biased.
        assert value.any() or key.startswith(("blocks.5.attn.pool_q.pool", "blocks.5.attn.rel_pos")), key
        assert float((found[key] - value).abs().max()) <= 1e-5 * scale, key


def test_a_side_that_is_longer_has_a_longer_table() -> None:
    """torchvision keeps as many distances for each side of a clip, those of the longer one, and stretches: this one has as many as there are."""
    graph = driver.compile("mvit_v2_s", settings={"width": WIDTH, "depths": DEPTHS}, inputs={"": (3, 4, 64, 96)}).graph
    keys = {node.key: node.weights[0].shape[0] for node in graph.nodes if "rel_pos" in node.key}
    assert [keys[f"blocks.0.attn.rel_pos_{axis}"] for axis in "thw"] == [2 * 2 - 1, 2 * 16 - 1, 2 * 24 - 1]


@pytest.mark.slow
@only_in_campaign
@pytest.mark.parametrize("name", SECOND)
def test_the_whole_answers_alike(name: str) -> None:
    ours, other = build(driver.compile(name).graph).eval(), shake(reference.build(name)).eval()
    ours.load_state_dict(other.state_dict(), strict=True, assign=True)
    clip = torch.randn(1, 3, 16, 224, 224)
    with torch.no_grad():
        wanted = other(clip)
        assert wanted.std() > 0
        assert difference(ours(clip), wanted) < 1e-5
