"""The networks that torchvision or timm has: their checkpoints load strictly, and the answers and gradients are equal."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn

from archc.compiler import driver
from archc.compiler.runtime.live_module import build
from tests.conformance import reference
from tests.conformance.modules import check_gradients, difference, generated, gradients, pair, part_buffers, values
from tests.sample import EVERYTHING, sample

# Two sizes, one of them odd, as small as the network allows.
SIZES = dict.fromkeys(reference.NAMES, (64, 75))
SIZES |= dict.fromkeys(("inception_v3", "inception_v4", "inception_resnet_v2"), (75, 96))
SIZES |= {"vit_b_16": (224,), "swin_t": (224,), "xception": (75, 96), "dla34": (64, 96), "hrnet_w18": (64, 96), "mixer_s32": (224,)}
SIZES |= dict.fromkeys(("cait_xxs24", "beit_base", "maxvit_t", "levit_128"), (224,)) | {"mobilevit_xxs": (256,), "ssd300_vgg16": (268,)}

# One of each family.
FOR_THE_CAMPAIGN = ("vgg11_bn", "vit_b_16", "beit_base", "nfnet_f0", "maxvit_t")
"""Two sets of gradients of 280 to 530 MB each: for `make campaign`, which has the memory."""

GRADIENTS = (
    *("alexnet_torchvision", "googlenet_torchvision", "inception_v3", "inception_v4", "inception_resnet_v2", "vgg11_bn"),
    *("resnet18", "resnet50d", "resnext50", "seresnet50", "resnetv2_50", "res2net50_26w_4s", "densenet121", "squeezenet1_1"),
    *("mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0", "efficientnet_b0", "regnet_y_400mf", "convnext_tiny"),
    *("vit_b_16", "swin_t", "fcn_resnet50", "resnet50_fpn", "poolformer_s12", "convnextv2_atto", "resnetv2_50_bit"),
    *("cait_xxs24", "nfnet_f0", "mobilevit_xxs", "beit_base", "maxvit_t", "levit_128"),
)

TRANSFORMERS = ("vit_b_16", "swin_t", "cait_xxs24", "beit_base")
TRAINED_AT = dict.fromkeys((*TRANSFORMERS, "maxvit_t", "levit_128"), 224) | {
    "inception_v3": 299,
    "googlenet_torchvision": 96,
    "mobilevit_xxs": 256,
}

LARGE_TO_SCRIPT = ("hrnet_w18", "pnasnet5large", "mobileone_s0", "beit_base")
"""More than a thousand tensors, or seven seconds. `make campaign` waits for TorchScript to take them; keys are compared in `test_library.py`."""

LARGE = 50_000_000
"""Numbers of a tensor that is too large to compare its gradient."""


pytestmark = pytest.mark.usefixtures("one_thread")


@pytest.mark.slow
@pytest.mark.parametrize("name", sample([name for name in reference.NAMES if EVERYTHING or name not in LARGE_TO_SCRIPT], one_in=14))
def test_same_answers(name: str) -> None:
    """Strict load; equal outputs at each size, eager and scripted."""
    with generated(name) as made, torch.no_grad():
        ours, theirs = (module.eval() for module in pair(name, made))
        scripted = torch.jit.script(ours)
        for size in SIZES[name]:
            image = torch.randn(2, 3, size, size)
            wanted = theirs(image)
            assert all(torch.isfinite(value).all() and value.std() > 0 for value in values(wanted))
            assert difference(ours(image), wanted) < 1e-5
            assert difference(scripted(image), wanted) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "size"),
    [("swin_t", (64, 75)), ("swin_t", (96, 224)), ("swin_v2_t", (64, 75)), ("swin3d_t", (6, 40, 45)), ("mobilevit_xxs", (73, 96))],
)
def test_what_is_made_for_one_size_takes_weights_of_any(name: str, size: tuple[int, ...]) -> None:
    """Where windows do not fill Swin's image it is padded, and where one window does, nothing is shifted; MobileViT enlarges it."""
    made = build(driver.compile(name, inputs={"": (3, *size)}).graph).eval()
    theirs = reference.build(name).eval()
    made.load_state_dict(theirs.state_dict(), strict=True)
    image = torch.randn(2, 3, *size)
    with torch.no_grad():
        assert difference(made(image), theirs(image)) < 1e-5


@pytest.mark.slow
@pytest.mark.parametrize("name", sample([name for name in GRADIENTS if EVERYTHING or name not in FOR_THE_CAMPAIGN], one_in=6))
def test_same_gradients(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One step of training mode, with nothing dropped: the gradient of every parameter is equal, side heads included."""
    monkeypatch.setattr("torch.nn.functional.dropout", lambda x, *_, **__: x)
    # What these drop by chance they drop in functions, too.
    with generated(name, **({"drop": 0} if name in ("swin_t", "maxvit_t") else {})) as made:
        ours, theirs = pair(name, made)
        part_buffers(ours)
        for module in (ours, theirs):
            for parameter in module.parameters():
                # The first dense layer of a VGG: its gradient alone takes 0.4 GB. That of its bias, and of what feeds it, are compared.
                parameter.requires_grad_(parameter.numel() < LARGE)
        # A transformer has no norm over the batch: one image shows what two do.
        image = torch.randn(1 if name in TRANSFORMERS else 2, 3, *(2 * [TRAINED_AT.get(name, 80)]))

        def total(module: nn.Module) -> Tensor:
            return torch.stack([value.float().square().mean() for value in values(_trained(module)(image))]).sum()

        wanted = {key.removeprefix("inner."): value for key, value in gradients(theirs, lambda: total(theirs)).items()}
        scale = max(largest(value) for value in wanted.values())
        keys = set(wanted)

        def check(key: str, found: Tensor) -> None:
            # In place, and each is let go of once it is compared: a second copy of a dense layer's gradient takes 0.15 GB.
            assert largest(found.sub_(wanted.pop(key))) <= 1e-5 * scale, key

        assert check_gradients(ours, lambda: total(ours), check) == keys


def largest(tensor: Tensor) -> float:
    """The largest magnitude in a tensor, NaN where it holds one; no copy of it is made."""
    low, high = torch.aminmax(tensor)
    return float(torch.maximum(-low, high))


def _trained(module: nn.Module) -> nn.Module:
    """In training mode, but for what drops whole paths by chance."""
    module.train()
    for part in module.modules():
        if type(part).__name__ in ("StochasticDepth", "DropPath"):
            part.eval()
    return module
