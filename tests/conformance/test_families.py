"""The presets of the families, and the networks beside them: torchvision's by key, shape and published figure, some by their answers.

What the families' best-known members are held to, in the other files here, holds of the text that all of a family share.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence

import pytest
import torch

from archc.compiler import driver
from archc.compiler.files import library
from archc.compiler.files.locate import find, known_names, presets
from archc.compiler.graph.program import Node
from tests.conformance import reference
from tests.conformance.modules import difference, generated, pair
from tests.sample import sample
from tests.support import checked

NAMES = (*presets(), *reference.FURTHER)
ROWS = json.loads((library.FOLDER / "library.json").read_text())
COUNTED = {"yolov8s": 11_166_544, "yolov8m": 25_902_624, "yolov8l": 43_691_504, "yolov8x": 68_229_632, "edsr_baseline": 1_517_571}
"""Presets of what torchvision has not: the parameters that the authors tell of; YOLO without the 16 of fixed places."""

ROUNDED = {"m3": 0.2, "m11": 1.8, "m18": 3.7}
"""The same where the paper has millions."""

LARGE = ("efficientnet", "densenet", "regnet_y_128gf")
"""Of more than a thousand operations: a test of one takes a second."""


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * name.startswith(LARGE)) for name in sample(NAMES, 1, 3)])
def test_keys_and_costs_are_torchvision_s(name: str) -> None:
    """A checkpoint loads strictly; parameters and MACs are those of the table, and those that torchvision publishes with its weights."""
    program = driver.compile(name).program
    assert program is not None
    trunk = [node for node in program.nodes if not node.training_only]
    assert (ROWS[name]["parameters"], ROWS[name]["macs"]) == (parameters(trunk), sum(node.macs for node in trunk))
    if name in COUNTED:
        assert parameters(program.nodes) == COUNTED[name]
        return
    if name in ROUNDED:
        assert round(parameters(program.nodes) / 1e6, 1) == ROUNDED[name]
        return
    found = {f"{node.key}.{weight.name}" if weight.name else node.key: weight.shape for node in program.nodes for weight in node.weights}
    assert found == {key: tuple(value.shape) for key, value in reference.build_empty(name).state_dict().items()}
    published = [weights.meta for weights in reference.torchvision().models.get_model_weights(name)]
    assert not published or parameters(program.nodes) in [meta["num_params"] for meta in published]
    assert not published or round(sum(node.macs for node in program.nodes) / 1e9, 3) in [meta["_ops"] for meta in published]


def parameters(nodes: Sequence[Node]) -> int:
    return sum(weight.elements for node in nodes for weight in node.weights if weight.trainable)


# One or two of a family, at a small size each.
ANSWERS: dict[str, tuple[int, ...]] = {
    "efficientnet_v2_s": (64, 64),
    "mobilenet_v3_small": (75, 75),
    "mnasnet0_5": (75, 75),
    "squeezenet1_0": (75, 75),
    "shufflenet_v2_x0_5": (75, 75),
    "vit_b_32": (224, 224),
    "deeplabv3_mobilenet_v3_large": (75, 75),
    "lraspp_mobilenet_v3_large": (75, 75),
    "mc3_18": (8, 40, 40),
    "r2plus1d_18": (8, 40, 40),
    "s3d": (14, 209, 209),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(ANSWERS, 0, 2))
def test_same_answers(name: str) -> None:
    with generated(name) as made, torch.no_grad():
        ours, theirs = (module.eval() for module in pair(name, made))
        image = torch.randn(1, 3, *ANSWERS[name])
        wanted = theirs(image)
        assert torch.isfinite(wanted).all() and wanted.std() > 0
        assert difference(ours(image), wanted) < 1e-5


def test_every_name_is_one_network() -> None:
    """No preset is there twice, none has the name of a file, and each is found by its name, as a file and as an import."""
    texts = [library.path(name).read_text(encoding="utf-8") for name in library.files()]
    heads = Counter(line.split()[1] for text in texts for line in text.splitlines() if line.startswith("network "))
    for name, file in presets().items():
        assert heads[name] == 1 and name not in library.files() and name in known_names()
        target = find(name)
        assert target.is_shipped and target.network == name and target.path.endswith(f"{file}.arch")
    variant = checked("from efficientnet_b3 import efficientnet_b3\nnetwork mine = efficientnet_b3(classes = 10)\n", "mine.arch")
    assert variant.program is not None and variant.program.nodes[-1].shape == (10,)


def test_a_preset_takes_what_its_family_takes() -> None:
    program = driver.compile("efficientnet_b3", settings={"classes": 10, "drop": 0.5}).program
    assert program is not None
    values = dict(program.parameters)
    assert (values["width"], values["depth"], values["drop"], values["size"], values["classes"]) == (1.2, 1.4, 0.5, 300, 10)
    assert program.nodes[-1].shape == (10,)


def test_a_backbone_with_named_outputs_at_another_stride() -> None:
    """In one line; its weights are those of the network without its head, and the sizes those that torchvision's dilated one has."""
    line = "body: resnet50(output_stride = 16) output c2 = body.layer1, c3 = body.layer2, c4 = body.layer3, c5 = body.layer4"
    found = checked(f"from resnet50 import resnet50\nnetwork features {{ input image[3, 224, 224] {line} }}\n", "features.arch")
    assert found.program is not None and not found.diagnostics
    outputs = {node.names[-1]: node.shape for node in found.program.nodes if node.operation.name == "output"}
    assert outputs == {"c2": (256, 56, 56), "c3": (512, 28, 28), "c4": (1024, 14, 14), "c5": (2048, 14, 14)}
    keys = {f"{node.key}.{weight.name}".removeprefix("body."): weight.shape for node in found.program.nodes for weight in node.weights}
    whole = reference.build_empty("resnet50").state_dict().items()
    assert keys == {key: tuple(value.shape) for key, value in whole if not key.startswith("fc.")}
    with torch.device("meta"):
        dilated = reference.torchvision().models.resnet50(replace_stride_with_dilation=[False, False, True])
    theirs = {name: part.dilation for name, part in dilated.named_modules() if name.endswith("conv2")}
    ours = {node.key.removeprefix("body."): dict(node.operation.arguments()).get("dilation") for node in found.program.nodes}
    assert {name: (ours[name], ours[name]) if isinstance(ours[name], int) else ours[name] for name in theirs} == theirs


@pytest.mark.parametrize(
    ("name", "labels", "shapes"),
    [
        ("mobilenet_v2", ("3", "6", "13", "18"), ((24, 56, 56), (32, 28, 28), (96, 14, 14), (1280, 7, 7))),
        ("convnext_tiny", ("1", "3", "5", "7"), ((96, 56, 56), (192, 28, 28), (384, 14, 14), (768, 7, 7))),
        ("vgg16_bn", ("12", "43"), ((128, 112, 112), (512, 7, 7))),
    ],
)
def test_a_backbone_of_numbered_steps(name: str, labels: tuple[str, ...], shapes: tuple[tuple[int, ...], ...]) -> None:
    """The steps of torchvision's `features` have numbers, and are read by them; each is what the part of that number answers there."""
    outputs = ", ".join(f'c{label} = "body.features.{label}"' for label in labels)
    found = checked(f"from {name} import {name}\nnetwork n {{ input image[3, 224, 224] body: {name} output {outputs} }}\n", "n.arch")
    assert found.program is not None and not found.diagnostics
    assert tuple(node.shape for node in found.program.nodes if node.operation.name == "output") == shapes
    answers = {}
    module = reference.build_empty(name).to("meta").eval()
    for label in labels:
        part = module.get_submodule(f"features.{label}")
        part.register_forward_hook(lambda _, __, answer, label=label: answers.update({label: tuple(answer.shape[1:])}))
    module(torch.empty(1, 3, 224, 224, device="meta"))
    assert tuple(answers[label] for label in labels) == shapes


@pytest.mark.parametrize(
    ("name", "steps"),
    [
        ("resnet50", {"layer1.0.conv1": "layer1.0.conv1", "maxpool1": "maxpool", "layer2.1.bn2": "layer2.1.bn2"}),
        ("densenet121", {"features.maxpool1": "features.pool0", "features.transition1.avgpool1": "features.transition1.pool"}),
        ("mobilenet_v2", {"features.7.conv.1": "features.7.conv.1", "features.7.conv.conv_norm_act2.0": None}),
    ],
)
def test_a_step_without_a_label_is_read_by_its_name_in_the_module(name: str, steps: dict[str, str | None]) -> None:
    """Of a network that is imported: nobody can label its steps. What torchvision's part of that name answers has the same shape."""
    found = {step: theirs for step, theirs in steps.items() if theirs is not None}
    outputs = ", ".join(f'o{number} = "body.{step}"' for number, step in enumerate(found))
    made = checked(f"from {name} import {name}\nnetwork n {{ input image[3, 224, 224] body: {name} output {outputs} }}\n", "n.arch")
    assert made.program is not None and not made.diagnostics
    answers = {}
    module = reference.build_empty(name).to("meta").eval()
    for part in found.values():
        module.get_submodule(part).register_forward_hook(lambda _, __, answer, part=part: answers.update({part: tuple(answer.shape[1:])}))
    module(torch.empty(1, 3, 224, 224, device="meta"))
    assert [node.shape for node in made.program.nodes if node.operation.name == "output"] == [answers[part] for part in found.values()]
    for wrong in steps.keys() - found.keys():
        text = f'from {name} import {name}\nnetwork n {{ input image[3, 224, 224] body: {name} output x = "body.{wrong}" }}\n'
        assert [row.code for row in checked(text, "n.arch").diagnostics] == ["E202"]


@pytest.mark.parametrize(
    ("name", "settings", "told"),
    [
        ("swin_s", {"heads": [3, 6, 12, 24, 24]}, "each of 4 stages has a number of heads: 5 are given"),
        ("regnet_x_8gf", {"widths": [80, 240, 720]}, "each of 4 stages has a width: 3 are given"),
        ("efficientnet_b3", {"strides": [1, 2, 2, 2, 1, 2, 1, 1]}, "each of 7 stages has an expansion, a kernel, a width and a stride"),
        ("resnet50", {"output_stride": 12}, "`output_stride` is 4, 8, 16 or 32: not 12"),
        ("mobilenet_v3:mobilenet_v3_features", {"output_stride": 24}, "`output_stride` is 2, 4, 8, 16 or 32: not 24"),
    ],
)
def test_what_no_network_of_the_family_has_is_refused(name: str, settings: dict[str, object], told: str) -> None:
    rows = driver.check(name, settings=settings).diagnostics
    assert any(row.code == "E230" and row.message == told for row in rows)
