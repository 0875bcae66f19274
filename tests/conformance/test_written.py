"""Networks that neither torchvision nor timm has, against the same written by hand: keys, costs, answers and gradients."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archc.compiler import driver
from archc.compiler.emit.torchscript import script
from archc.compiler.files.library import path
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.sample_inputs import normal, zeros
from tests.conformance.modules import difference, gradients, shake, values
from tests.conformance.written import WRITTEN
from tests.sample import sample

LARGE = ("efficientdet_d0", "hourglass")
"""Of some hundred operations: a test of one takes seconds."""

WEIGHED = [pytest.param(name, marks=[pytest.mark.slow] * (name in LARGE)) for name in sample(WRITTEN, one_in=2)]


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.parametrize("name", WEIGHED)
def test_keys_and_costs(name: str) -> None:
    """At the size of the paper, without storage: each weight by name and shape, and the MACs that PyTorch counts."""
    graph = driver.compile(name).graph
    with torch.device("meta"):
        theirs = WRITTEN[name].build().eval()
    found = {
        f"{node.key}.{weight.name}" if weight.name else node.key: tuple(weight.shape) for node in graph.nodes for weight in node.weights
    }
    assert found == {key: tuple(value.shape) for key, value in theirs.state_dict().items()}
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        theirs(*zeros(graph, 1, torch.device("meta")))
    assert sum(node.macs for node in graph.nodes if not node.training_only) == counter.get_total_flops() // 2
    stated = WRITTEN[name].parameters
    assert stated in (None, sum(parameter.numel() for parameter in theirs.parameters()))


def small(name: str) -> tuple[Graph, nn.Module, tuple[Tensor, ...]]:
    """The network with small numbers, that by hand, and what enters both."""
    torch.manual_seed(0)
    row = WRITTEN[name]
    graph = driver.compile(name, settings=row.small, inputs=row.inputs).graph
    return graph, shake(row.build(**row.small)), normal(graph, 2)


@pytest.mark.parametrize("name", WEIGHED)
def test_same_answers_and_gradients(name: str) -> None:
    """One step of training, and an answer after it."""
    graph, theirs, given = small(name)
    ours = build(graph)
    ours.load_state_dict(theirs.state_dict(), strict=True)

    def total(module: nn.Module) -> Tensor:
        return torch.stack([value.square().mean() for value in values(module(*given))]).sum()

    wanted = gradients(theirs.train(), lambda: total(theirs))
    scale = max(float(value.abs().max()) for value in wanted.values())
    found = gradients(ours.train(), lambda: total(ours))
    assert found.keys() == wanted.keys()
    for key, value in found.items():
        assert float((value - wanted[key]).abs().max()) <= 1e-5 * scale, key
    with torch.no_grad():
        answer = theirs.eval()(*given)
        assert all(torch.isfinite(value).all() and value.std() > 0 for value in values(answer))
        assert difference(ours.eval()(*given), answer) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(WRITTEN, 1, 2))
def test_same_answers_as_torchscript(name: str) -> None:
    graph, theirs, given = small(name)
    ours = build(graph).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    with torch.no_grad():
        assert difference(script(ours)(*given), theirs.eval()(*given)) < 1e-5


def test_vae_is_the_example_s_at_its_numbers() -> None:
    program = driver.compile("vae", settings={"hidden": 400}).program
    assert program is not None
    assert sum(weight.elements for node in program.nodes for weight in node.weights) == 652_824


def test_gpt2_is_twenty_lines() -> None:
    text = path("gpt2_small").read_text(encoding="utf-8").splitlines()
    assert len([line for line in text if line.strip() and not line.startswith("#")]) <= 20


@pytest.mark.parametrize("settings", [{}, {"raw": True}])
def test_nerf_is_the_authors_code_with_places_as_they_are(settings: dict[str, object]) -> None:
    """595,844 parameters there; the same answers as by hand, as in the paper."""
    theirs = WRITTEN["nerf"].build(**settings).eval()
    assert not settings or sum(parameter.numel() for parameter in theirs.parameters()) == 595_844
    ours = build(driver.compile("nerf", settings=settings).graph).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    given = torch.randn(2, 4, 3)
    with torch.no_grad():
        # The fastest wave of the paper turns 256 times from 0 to 1: what is rounded in an angle is seen in its sine.
        assert difference(ours(*given), theirs(*given)) < 1e-4


def test_the_millions_that_papers_tell() -> None:
    """M5's table cuts its number off; Conv-TasNet's counts the last block's convolution for a next block, which there is none of."""
    with torch.device("meta"):
        modules = {name: WRITTEN[name].build() for name in ("m5", "conv_tasnet", "ddpm")}
    rows = {name: sum(value.numel() for value in module.parameters()) for name, module in modules.items()}
    assert rows["m5"] // 100_000 == 5
    assert round((rows["conv_tasnet"] + 512 * 128 + 128) / 1e6, 1) == 5.1
    assert round(rows["ddpm"] / 1e6, 1) == 35.7


def test_each_has_a_file() -> None:
    assert all(path(name).is_file() for name in WRITTEN)
