"""A network of the library by another spelling: the message names the one that is meant, and no other where there is no doubt."""

from __future__ import annotations

import pytest

from archc.base.diagnostics import Diagnostic
from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.compiler.files.locate import find, known_names, read
from archc.compiler.files.near_names import heard_alike, near_networks
from archc.reporting.fixes import applied

ALONE = {
    "efficientnet-b3": "efficientnet_b3",
    "EfficientNetB3": "efficientnet_b3",
    "ResNet50": "resnet50",
    "resnet_50": "resnet50",
    "torchvision.models.resnet50": "resnet50",
    "wide_resnet50": "wide_resnet50_2",
    "vit_b16": "vit_b_16",
    "ViT-B/16": "vit_b_16",
    "vit_base_patch16_224": "vit_b_16",
    "swin_tiny": "swin_t",
    "MobileNetV3-Large": "mobilenet_v3_large",
    "efficientnet_v2_small": "efficientnet_v2_s",
    "squeezenet1.1": "squeezenet1_1",
    "regnetx_1.6gf": "regnet_x_1_6gf",
    "regnetx_16gf": "regnet_x_16gf",
    "unet++": "unetpp",
    "gpt-2": "gpt2_small",
    "retinanet": "retinanet_resnet50",
    "ssd": "ssd300_vgg16",
    "hrnet": "hrnet_w18",
}

FIRST = {
    "models.resnet50": "resnet50",
    "fasterrcnn_resnet50_fpn": "resnet50_fpn",
    "quantized_resnet50": "resnet50",
    "resnet50.a1_in1k": "resnet50",
    "mobilenetv3_large_100": "mobilenet_v3_large",
    "resnxt50": "resnext50",
}


def helped(word: str) -> str | None:
    said = read(find(word))
    assert isinstance(said, Diagnostic) and said.code == "F611"
    return said.help


@pytest.mark.parametrize("word", ALONE)
def test_one_is_meant(word: str) -> None:
    assert helped(word) == f"did you mean `{ALONE[word]}`?"


@pytest.mark.parametrize("word", FIRST)
def test_one_comes_first(word: str) -> None:
    assert (helped(word) or "").startswith(f"did you mean `{FIRST[word]}`")


def test_no_two_are_heard_alike() -> None:
    for name in known_names():
        assert heard_alike(name, known_names()) == near_networks(name, known_names()) == (name,)


@pytest.mark.parametrize(
    ("step", "name"),
    [("ResNet50", "resnet50"), ("models.ResNet50", "resnet50"), ("RegNetX_1_6GF", "regnet_x_1_6gf"), ("ConvNeXt_Tiny", "convnext_tiny")],
)
def test_a_step_spelt_as_in_a_paper_is_imported(step: str, name: str) -> None:
    source = Source.of("n.arch", f"network n {{\n  input image[3, 224, 224]\n  {step}\n}}\n")
    text, _ = applied(check_source(source).diagnostics)["n.arch"]
    assert text == f"from {name} import {name}\nnetwork n {{\n  input image[3, 224, 224]\n  {name}\n}}\n"
    assert not check_source(Source.of("n.arch", text)).has_errors


def test_a_block_of_the_text_comes_first() -> None:
    source = Source.of("n.arch", "block res_net50 { relu }\nnetwork n {\n  input image[3, 64, 64]\n  ResNet50\n}\n")
    assert [row.help for row in check_source(source).diagnostics if row.code == "E201"] == ["did you mean `res_net50` or `reuse`?"]
