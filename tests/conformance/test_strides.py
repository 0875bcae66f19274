"""A backbone at another output stride: torchvision's own module, its strides taken out by hand, with the same weights."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from archc.compiler import driver
from archc.compiler.runtime.live_module import build
from tests.conformance import reference
from tests.conformance.modules import difference, shake

pytestmark = pytest.mark.usefixtures("one_thread")

FAMILIES = ("resnet50", "mobilenet_v2", "mnasnet0_5", "efficientnet_b0", "regnet_y_400mf")
SIDE = 64


def dilated(module: nn.Module, output_stride: int) -> nn.Module:
    """Each convolution that would shrink an image by more keeps its size, and those behind it have as much wider windows."""
    reaches: dict[nn.Module, int] = {}
    hooks = [
        part.register_forward_pre_hook(lambda part, given: reaches.update({part: SIDE // given[0].shape[-1]}))
        for part in module.modules()
        if isinstance(part, nn.Conv2d)
    ]
    with torch.no_grad():
        module.eval()(torch.zeros(1, 3, SIDE, SIDE))
    for hook in hooks:
        hook.remove()
    for part, reach in reaches.items():
        assert isinstance(part, nn.Conv2d)
        if reach >= SIDE:  # one position is left, or what is pooled: a gate, the classifier
            continue
        kernel, wider = part.kernel_size[0], max(1, reach // output_stride)
        if reach * part.stride[0] > output_stride:
            part.stride = (1, 1)
        part.dilation, part.padding = (wider, wider), (wider * (kernel - 1) // 2,) * 2
    return module


@pytest.mark.parametrize("output_stride", [8, 16])
@pytest.mark.parametrize("name", FAMILIES)
def test_strides_become_dilations(name: str, output_stride: int) -> None:
    torch.manual_seed(0)
    theirs = shake(dilated(reference.build(name), output_stride)).eval()
    graph = driver.compile(name, settings={"output_stride": output_stride}).graph
    deepest = min(node.shape[1] for node in graph.nodes if len(node.shape) == 3 and node.shape[1] > 1)
    assert deepest == graph.inputs[0].shape[1] // output_stride
    ours = build(graph).eval()
    ours.load_state_dict(theirs.state_dict(), strict=True)
    x = torch.randn(2, 3, 96, 80)
    with torch.no_grad():
        assert difference(ours(x), theirs(x)) < 1e-4


@pytest.mark.parametrize("output_stride", [8, 16])
@pytest.mark.parametrize(("name", "called"), [("convnext_tiny", "convnext_tiny"), ("mobilenet_v2", "mobilenetv2_100")])
def test_strides_become_dilations_as_in_timm(name: str, called: str, output_stride: int) -> None:
    """Of what timm has under other names: the tensors are the same, in the same order."""
    reference.torchvision()  # which makes its import safe
    timm = pytest.importorskip("timm")
    torch.manual_seed(0)
    theirs = shake(timm.create_model(called, output_stride=output_stride)).eval()
    graph = driver.compile(name, settings={"output_stride": output_stride}).graph
    ours = build(graph).eval()
    rows = zip(ours.state_dict().items(), theirs.state_dict().values(), strict=True)
    ours.load_state_dict({key: row.reshape_as(value) for (key, value), row in rows})
    x = torch.randn(2, 3, 96, 64)
    with torch.no_grad():
        assert difference(ours(x), theirs(x)) < 1e-4
