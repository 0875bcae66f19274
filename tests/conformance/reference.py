"""The reference implementation of each shipped network, where there is one: torchvision's or timm's, without weights."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from functools import cache
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn

from archc.compiler.files.locate import presets

TORCHVISION = {
    "alexnet_torchvision": "alexnet",
    "googlenet_torchvision": "googlenet",
    "resnext50": "resnext50_32x4d",
    **{
        name: name
        for name in (
            *("vgg11", "vgg11_bn", "vgg13", "vgg13_bn", "vgg16", "vgg16_bn", "vgg19", "vgg19_bn", "inception_v3"),
            *("resnet18", "resnet34", "resnet50", "resnet101", "resnet152", "wide_resnet50_2"),
            *("resnext101_32x8d", "resnext101_64x4d", "densenet121", "densenet169", "squeezenet1_1"),
            *("mobilenet_v2", "mobilenet_v3_large", "shufflenet_v2_x1_0", "efficientnet_b0"),
            *("regnet_x_400mf", "regnet_y_400mf", "convnext_tiny", "vit_b_16", "swin_t", "maxvit_t"),
        )
    },
}

TIMM = {
    "xception": "legacy_xception",
    "mixer_s32": "mixer_s32_224",
    "resnetv2_50_bit": "resnetv2_50x1_bit",
    "cait_xxs24": "cait_xxs24_224",
    "beit_base": "beit_base_patch16_224",
    **{
        name: name
        for name in (
            *("inception_v4", "inception_resnet_v2", "resnet18d", "resnet50c", "resnet50d", "resnet101d", "resnet152d"),
            *("resnext101_32x4d", "seresnet50", "seresnext50_32x4d", "resnetv2_50", "res2net50_26w_4s", "resnest50d"),
            *("dpn68", "dla34", "cspdarknet53", "repvgg_a0", "mobileone_s0", "convmixer_768_32", "skresnet50"),
            *("hrnet_w18", "pnasnet5large", "ghostnet_100", "ese_vovnet19b_dw", "poolformer_s12", "convnextv2_atto"),
            *("nfnet_f0", "mobilevit_xxs", "levit_128"),
        )
    },
}


@cache
def torchvision() -> ModuleType:
    """torchvision, also where its compiled operators do not fit the PyTorch at hand: none of them is used here."""
    for name in ("nms", "qnms"):
        # Its import registers a rule for these whether or not the operators could be loaded.
        with contextlib.suppress(RuntimeError):
            torch.library.define(f"torchvision::{name}", "(Tensor dets, Tensor scores, float iou_threshold) -> Tensor")
    import torchvision as module

    assert isinstance(module, ModuleType)
    return module


class Only(nn.Module):
    """A reference that answers with a dictionary, made to answer with its values: those of `names`, and in training of `more`."""

    def __init__(self, inner: nn.Module, names: tuple[str, ...], more: tuple[str, ...]) -> None:
        super().__init__()
        self.inner = inner
        self.names = names
        self.more = more

    def forward(self, image: Tensor) -> Tensor | tuple[Tensor, ...]:
        answer = self.inner(image)
        values = tuple(answer[name] for name in (*self.names, *(self.more if self.training else ())))
        return values[0] if len(values) == 1 else values


class Heads(Only):
    """A detector without what comes after its heads, and without what scales images before it."""

    def forward(self, image: Tensor) -> tuple[Tensor, ...]:
        levels = self.inner.backbone(image)  # type: ignore[operator]
        answer = self.inner.head(list(levels.values()))  # type: ignore[operator]
        return tuple(answer[name] for name in self.names)


def _detector(name: str) -> Callable[[], nn.Module]:
    def made() -> nn.Module:
        found = torchvision().models.get_model(DETECTORS[name], weights=None, weights_backbone=None)
        assert isinstance(found, nn.Module)
        return found

    return made


def _fcn() -> nn.Module:
    return torchvision().models.segmentation.fcn_resnet50(weights=None, weights_backbone=None, aux_loss=True)


def _pyramid() -> nn.Module:
    backbone = torchvision().models.detection.retinanet_resnet50_fpn(weights=None, weights_backbone=None).backbone
    assert isinstance(backbone, nn.Module)
    return backbone


OTHERS: dict[str, tuple[Callable[[], nn.Module], tuple[str, ...], tuple[str, ...]]] = {
    "fcn_resnet50": (_fcn, ("out",), ("aux",)),
    "resnet50_fpn": (_pyramid, ("0", "1", "2", "p6", "p7"), ()),
    "retinanet_resnet50": (_detector("retinanet_resnet50"), ("cls_logits", "bbox_regression"), ()),
    "fcos_resnet50": (_detector("fcos_resnet50"), ("cls_logits", "bbox_regression", "bbox_ctrness"), ()),
    "ssd300_vgg16": (_detector("ssd300_vgg16"), ("cls_logits", "bbox_regression"), ()),
}

DETECTORS = {"retinanet_resnet50": "retinanet_resnet50_fpn", "fcos_resnet50": "fcos_resnet50_fpn", "ssd300_vgg16": "ssd300_vgg16"}

NAMES = tuple(sorted((*TORCHVISION, *TIMM, *OTHERS)))

SIDE_HEADS = ("fcn_resnet101", "deeplabv3_resnet50", "deeplabv3_resnet101", "deeplabv3_mobilenet_v3_large")
FURTHER = ("lraspp_mobilenet_v3_large", "s3d")
"""Networks with a file of their own that are told of by their presets' test."""

TRUNKS = (*SIDE_HEADS, "lraspp_mobilenet_v3_large")
"""Of torchvision's segmentation: those with a side head, and those whose backbone would ask for weights of its own."""


def called(name: str) -> str:
    """Where the reference is, and its name there."""
    if name in TIMM:
        return f"timm:{TIMM[name]}"
    return f"tv:{(TORCHVISION | DETECTORS).get(name, name)}"


def build(name: str) -> nn.Module:
    """The reference as its library makes it; side heads included, weights as they come."""
    if name in presets() or name in FURTHER:
        extra: dict[str, object] = {"aux_loss": True} if name in SIDE_HEADS else {}
        extra |= {"weights_backbone": None} if name in TRUNKS else {}
        module = torchvision().models.get_model(name, weights=None, **extra)
    elif name in TORCHVISION:
        extra = {"aux_logits": True, "init_weights": False} if name in ("googlenet_torchvision", "inception_v3") else {}
        module = torchvision().models.get_model(TORCHVISION[name], weights=None, **extra)
    elif name in TIMM:
        torchvision()  # timm imports it
        import timm

        module = timm.create_model(TIMM[name], pretrained=False)
    else:
        module = OTHERS[name][0]()
    assert isinstance(module, nn.Module)
    return module


def build_empty(name: str) -> nn.Module:
    """The reference with shapes and no storage: quick, and enough to compare keys."""
    torchvision()
    from torchvision.models.regnet import BlockParams  # behind `torchvision()`, which makes its import safe

    compute = BlockParams.from_init_params

    def on_cpu(*arguments: object, **named: object) -> object:
        with torch.device("cpu"):  # RegNet's widths are worked out with tensors
            return compute(*arguments, **named)

    with pytest.MonkeyPatch.context() as patch, torch.device("meta"):
        patch.setattr(BlockParams, "from_init_params", on_cpu)
        return build(name)


def answering(name: str, module: nn.Module) -> nn.Module:
    """`module`, answering with a tensor or a tuple of tensors."""
    if name in TRUNKS:
        return Only(module, ("out",), ("aux",) if name in SIDE_HEADS else ())
    if name in DETECTORS:
        return Heads(module, *OTHERS[name][1:])
    return Only(module, *OTHERS[name][1:]) if name in OTHERS else module
