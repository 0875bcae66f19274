"""Networks that neither torchvision nor timm has, written by hand in plain PyTorch from what their papers say.

Each takes the numbers that its file takes, by the same names, and its parts have the names of the keys, so that weights load strictly.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

from torch import nn

from .audio import M5, ConvTasNet, WaveNet
from .ddpm import Ddpm
from .detection import EfficientDet, Hourglass, Yolov3
from .further import Crnn, FlowNetC, FlowNetS, PointNet, SlowFast
from .generation import Dcgan, DcganDiscriminator, Nerf, Pix2Pix, Pix2PixDiscriminator, Vae
from .restoration import Edsr, SrResNet
from .segmentation import Pspnet, Segnet, Unetpp, Vnet
from .sequences import Siamese, Tcn
from .text import Gpt2, TransformerEncoder

Shapes = Mapping[str, tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class Written:
    """A network by hand; `small` are numbers, and `inputs` shapes, at which it is quick to run. `parameters` is a figure that others state."""

    build: Callable[..., nn.Module]
    small: Mapping[str, object]
    inputs: Shapes = field(default_factory=dict)
    parameters: int | None = None


WRITTEN: Mapping[str, Written] = MappingProxyType(
    {
        "dcgan": Written(Dcgan, {"latent": 10, "width": 4}, parameters=3_576_704),
        "dcgan_discriminator": Written(DcganDiscriminator, {"width": 4}, parameters=2_765_568),
        "gpt2_small": Written(Gpt2, {"words": 23, "context": 9, "width": 16, "depth": 2, "heads": 4}, {"ids": (7,)}, 124_439_808),
        "pix2pix": Written(Pix2Pix, {"width": 4, "most": 16, "depth": 5, "drop": 0}, {"image": (3, 64, 32)}, 54_413_955),
        "pix2pix_discriminator": Written(Pix2PixDiscriminator, {"width": 4}, {"drawing": (3, 64, 64), "picture": (3, 64, 64)}, 2_768_705),
        "crnn": Written(Crnn, {"width": 4, "features": 5, "classes": 6}, {"line": (1, 32, 20)}),
        "efficientdet_d0": Written(
            EfficientDet,
            {"width": 8, "cells": 2, "depth": 1, "drop_blocks": 0, "classes": 2},
            {"image": (3, 256, 256)},
            parameters=3_880_067,
        ),
        "flownets": Written(FlowNetS, {"widths": [2, 4, 6, 6, 6, 8]}, {"first": (3, 64, 128), "second": (3, 64, 128)}),
        "flownetc": Written(
            FlowNetC,
            {"widths": [2, 4, 6, 6, 6, 8], "reach": 3, "redirected": 3},
            {"first": (3, 64, 128), "second": (3, 64, 128)},
            39_175_298,
        ),
        "hourglass": Written(Hourglass, {"stacks": 2, "order": 2, "width": 16, "joints": 3}, {"image": (3, 64, 64)}),
        "pointnet": Written(PointNet, {"classes": 5, "drop": 0}, {"points": (3, 16)}),
        "pspnet": Written(
            Pspnet, {"depths": [1, 1, 1, 1], "bins": [2, 6], "width": 8, "drop": 0, "side_heads": False}, {"image": (3, 48, 48)}
        ),
        "segnet": Written(Segnet, {"depths": [1, 2, 2], "width": 4, "classes": 3}, {"image": (3, 26, 20)}),
        "slowfast_r50": Written(
            SlowFast,
            {"depths": [1, 1, 1, 1], "width": 8, "beta": 4, "drop": 0, "classes": 5},
            {"slow": (3, 2, 64, 64), "fast": (3, 8, 64, 64)},
        ),
        "unetpp": Written(Unetpp, {"width": 4}, {"image": (3, 32, 32)}),
        "vnet": Written(Vnet, {"width": 2, "depths": [1, 2, 2], "up_depths": [2, 1]}, {"volume": (1, 8, 8, 8)}),
        "yolov3": Written(
            Yolov3, {"depths": [1, 2, 1, 1, 1], "width": 8, "classes": 3}, {"image": (3, 64, 96)}, parameters=62_001_757 - 52_608
        ),
        "vae": Written(Vae, {"hidden": 12, "latent": 3}),
        "ddpm": Written(Ddpm, {"width": 32, "drop": 0, "steps": 50}, parameters=35_746_307),
        "nerf": Written(Nerf, {"width": 16}),
        "siamese": Written(Siamese, {"width": 4, "features": 7}, parameters=38_951_745),
        "tcn": Written(Tcn, {"width": 5, "depth": 3, "kernel": 3, "drop": 0}, {"sequence": (1, 50)}, 66_910),
        "wavenet": Written(WaveNet, {"levels": 16, "width": 6, "out": 10, "depth": 3, "stacks": 2}, {"sound": (16, 40)}),
        "conv_tasnet": Written(
            ConvTasNet, {"features": 12, "width": 6, "hidden": 8, "depth": 2, "stacks": 2, "sources": 3}, {"sound": (1, 168)}
        ),
        "m5": Written(M5, {"first": 8, "widths": (8, 12), "depths": (1, 2)}, {"sound": (1, 639)}),
        "transformer_encoder": Written(
            TransformerEncoder, {"words": 30, "width": 16, "depth": 2, "heads": 4, "hidden": 24, "drop": 0}, {"ids": (7,)}
        ),
        "srresnet": Written(SrResNet, {"width": 8, "blocks": 2}),
        "edsr": Written(Edsr, {"width": 8, "blocks": 2}, {"image": (3, 12, 10)}, 43_089_923),
    }
)
