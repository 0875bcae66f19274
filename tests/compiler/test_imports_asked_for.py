"""Imports as another language has them: what is offered is an import of this one, and what it brings can be used."""

from __future__ import annotations

import pytest

from archc.base.source import Source
from archc.compiler.driver import check_source
from archc.reporting.fixes import applied
from archc.reporting.terminal import to_text

MENDED = {
    "a network that has a file of its own": ("from resnet import resnet18", "resnet18", "from resnet18 import resnet18", "resnet18"),
    "one beside a block": (
        "from resnet import bottleneck, resnet18",
        "bottleneck(64) -> resnet18",
        "from resnet18 import resnet18\nfrom resnet import bottleneck",
        "bottleneck(64) -> resnet18",
    ),
    "networks of torchvision": (
        "from torchvision.models import resnet18, resnet34",
        "resnet18(classes = 3) -> reshape([3, 1, 1]) -> resnet34",
        "from resnet18 import resnet18\nfrom resnet34 import resnet34",
        "resnet18(classes = 3) -> reshape([3, 1, 1]) -> resnet34",
    ),
    "a network of torchvision by its module": (
        "import torchvision.models as models",
        "models.resnet18()",
        "from resnet18 import resnet18",
        "resnet18()",
    ),
    "a network of archc": ("from archc import resnet18", "resnet18()", "from resnet18 import resnet18", "resnet18()"),
    "a file with its ending": ("import resnet.arch", "resnet.bottleneck(64)", "import resnet", "resnet.bottleneck(64)"),
    "a file between quotes": ('import "resnet.arch"', "resnet.bottleneck(64)", "import resnet", "resnet.bottleneck(64)"),
    "another word": ("use resnet", "resnet.bottleneck(64)", "import resnet", "resnet.bottleneck(64)"),
    "another word and quotes": ('include "resnet"', "resnet.bottleneck(64)", "import resnet", "resnet.bottleneck(64)"),
    "a path of Python": ("from .resnet import bottleneck", "bottleneck(64)", "from resnet import bottleneck", "bottleneck(64)"),
    "a path of a folder": ("from ./resnet import bottleneck", "bottleneck(64)", "from resnet import bottleneck", "bottleneck(64)"),
    "two files": (
        "import resnet, vgg",
        "resnet.bottleneck(64) -> vgg.vgg",
        "import resnet\nimport vgg",
        "resnet.bottleneck(64) -> vgg.vgg",
    ),
    "the file where its network is meant": ("import resnet18", "resnet18()", "import resnet18", "resnet18.resnet18()"),
}


@pytest.mark.parametrize("title", MENDED)
def test_it_becomes_an_import_of_the_language(title: str) -> None:
    line, step, import_, right = MENDED[title]
    text = f"{line}\nnetwork n {{\n  input image[3, 64, 64]\n  {step}\n}}\n"
    assert any(row.is_error for row in check_source(Source.of("n.arch", text)).diagnostics)
    for _ in range(6):
        changed = applied(row for row in check_source(Source.of("n.arch", text)).diagnostics if row.is_error)
        if not changed:
            break
        text, _ = changed["n.arch"]
    assert text == f"{import_}\nnetwork n {{\n  input image[3, 64, 64]\n  {right}\n}}\n"
    left = [
        row
        for row in check_source(Source.of("n.arch", text)).diagnostics
        if row.is_error and row.code in ("E213", "E215", "E201", "E211", "E122")
    ]
    assert left == [], to_text(left)


def test_names_that_archc_has_not_are_left_out_of_what_is_offered() -> None:
    [row] = check_source(
        Source.of("n.arch", "from timm.models import resnet18, eva_giant\nnetwork n {\n  input x[3, 64, 64]\n  resnet18\n}\n")
    ).diagnostics
    assert row.fix is not None and row.fix.message.endswith("write `from resnet18 import resnet18`")


def test_a_file_of_several_networks_lists_them() -> None:
    rows = check_source(Source.of("n.arch", "import resnet\nnetwork n {\n  input x[3, 64, 64]\n  resnet\n}\n")).diagnostics
    assert [row.code for row in rows] == ["E211"] and rows[0].fix is not None and "`resnet.resnet`" in rows[0].fix.message
