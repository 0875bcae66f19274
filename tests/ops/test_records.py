"""Every record is whole: words, docs, positions, and a page of the reference that is fresh."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib import import_module
from pathlib import Path

import pytest

from archc.compiler import ops
from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Operation
from archc.compiler.ops.parameters import BadValue
from archc.manual.pages import operations_page

from .samples import op

ROOT = Path(__file__).parents[2]
FAMILIES = {
    "convolution",
    "dense",
    "norm",
    "activation",
    "elementwise",
    "pool",
    "merge",
    "shape",
    "regularise",
    "attention",
    "recurrent",
    "other",
}
ALL = pytest.mark.parametrize("operation", TABLE.values(), ids=TABLE)

# Arguments by position, as the language's page gives them.
POSITIONS = {
    "conv": "channels kernel stride pad groups dilation bias pad_mode init",
    "deconv": "channels kernel stride pad out_pad",
    "dwconv": "kernel",
    "linear": "features bias",
    "bn": "eps momentum affine",
    "ln": "eps affine",
    "rms_norm": "eps affine",
    "normalize": "axis",
    "reduce": "by axis keep",
    "power": "exponent",
    "slice": "axis start stop step",
    "stack": "axis",
    "expand": "shape",
    "flip": "axis",
    "roll": "shift axis",
    "unfold": "kernel stride pad dilation",
    "fold": "size kernel stride pad dilation",
    "pixel_unshuffle": "factor",
    "clamp": "min max",
    "offset": "addend",
    "gn": "groups",
    "lrn": "size alpha beta k",
    "leaky_relu": "slope",
    "maxpool": "kernel stride pad dilation ceil",
    "avgpool": "kernel stride pad ceil count_pad",
    "adaptive_avgpool": "size",
    "adaptive_maxpool": "size",
    "add": "broadcast",
    "concat": "axis",
    "chunk": "i n",
    "channel_shuffle": "groups",
    "upsample": "scale size like mode align_corners antialias",
    "dropout": "p",
    "drop_path": "p",
    "scale": "factor",
    "layer_scale": "init",
    "attention": "heads dropout bias",
}


def test_every_record_is_found_by_its_word() -> None:
    """`FAMILIES` names the files that have records, and each word of them in their order."""
    folder = Path(ops.__file__).parent
    files = {path.stem for path in folder.glob("*.py") if re.search("^OPERATIONS\\b", path.read_text(encoding="utf-8"), re.MULTILINE)}
    assert set(ops.FAMILIES) == files - {"ports"}
    for file, words in ops.FAMILIES.items():
        assert [row.name for row in import_module(f"archc.compiler.ops.{file}").OPERATIONS] == words.split()


@ALL
def test_words(operation: type[Operation]) -> None:
    assert operation.name.islower() and operation.name.isidentifier()
    assert operation.family in FAMILIES
    assert operation.summary.endswith(".") and "\n" not in operation.summary
    assert operation.reference and operation.onnx
    for row in operation.parameters():
        assert row.doc and not row.doc.endswith(".") and "\n" not in row.doc
        assert row.kind.describe
        assert row.required or row.kind.read(row.default) == row.default


@pytest.mark.parametrize("name", POSITIONS)
def test_order_of_the_arguments(name: str) -> None:
    rows = [row.name for row in TABLE[name].parameters()]
    assert rows[: len(POSITIONS[name].split())] == POSITIONS[name].split()


def test_defaults_are_the_languages() -> None:
    shown = {row.name: row.default for row in TABLE["conv"].parameters() if not row.required}
    assert shown == {
        "kernel": 3,
        "stride": 1,
        "pad": "half",
        "groups": 1,
        "dilation": 1,
        "bias": True,
        "pad_mode": "zeros",
        "init": "default",
        "std": 0.01,
    }


@pytest.mark.parametrize(
    ("name", "parameter", "value"),
    [
        ("conv", "channels", 0),
        ("conv", "channels", True),
        ("conv", "channels", 64.0),
        ("conv", "kernel", (3, 0)),
        ("conv", "kernel", ()),
        ("conv", "pad", "full"),
        ("conv", "pad", -1),
        ("conv", "pad_mode", "mirror"),
        ("conv", "init", "xavier_normal"),
        ("maxpool", "stride", 0),
        ("dropout", "p", 1.5),
        ("dropout", "p", float("nan")),
        ("concat", "axis", "row"),
        ("upsample", "scale", 0),
        ("upsample", "scale", (2, -1)),
        ("upsample", "scale", float("inf")),
        ("upsample", "size", 2.5),
        ("reshape", "shape", 7),
        ("reshape", "shape", (3, -2)),
        ("chunk", "i", -1),
        ("pad", "sides", "half"),
    ],
)
def test_values_that_are_refused(name: str, parameter: str, value: object) -> None:
    row = next(row for row in TABLE[name].parameters() if row.name == parameter)
    with pytest.raises(BadValue) as caught:
        row.kind.read(value)
    assert caught.value.expected == row.kind.describe


def test_what_changes_nothing_says_so() -> None:
    image = (8, 9, 10)
    for operation in (
        op("dropout", p=0),
        op("scale", factor=1),
        op("maxpool", kernel=1),
        op("adaptive_avgpool", size=(9, 10)),
        op("pad", sides=0),
        op("permute", order=(0, 1, 2)),
        op("reshape", shape=image),
        op("slice", start=0),
        op("chunk", i=0, n=1),
        op("channel_shuffle", groups=1),
        op("upsample", scale=1),
        op("upsample", scale=(1, 1.0), mode="bilinear"),
    ):
        assert operation.does_nothing((image,), operation.output((image,))), operation
    for operation in (
        op("dropout"),
        op("maxpool", kernel=1, stride=2),
        op("relu"),
        op("pad", sides=1),
        op("flatten"),
        op("upsample", scale=(1, 2)),
    ):
        assert not operation.does_nothing((image,), operation.output((image,))), operation


def test_captions_are_read_from_the_data() -> None:
    def caption(operation: Operation, *inputs: tuple[int, ...]) -> str:
        return operation.caption(inputs, operation.output(inputs))

    image = (64, 28, 28)
    assert caption(op("conv", channels=128, stride=2, groups=32), image) == "3x3, 128, /2, g32"
    assert caption(op("conv", channels=128, kernel=(1, 7)), image) == "1x7, 128"
    assert caption(op("conv", channels=128, pad=0), image) == "3x3, 128, pad 0"
    assert caption(op("dwconv", kernel=7), image) == "7x7, 64"
    # Equal shapes, other windows: padding and rounding are always told.
    assert caption(op("maxpool", kernel=3, stride=2), image) == "3x3, /2"
    assert caption(op("maxpool", kernel=3, stride=2, pad=1), image) == "3x3, /2, pad 1"
    assert caption(op("maxpool", kernel=3, stride=2, ceil=True), image) == "3x3, /2, ceil"


def test_the_table_needs_no_torch_and_no_networkx() -> None:
    code = "import sys, archc.compiler.ops; print([name for name in ('torch', 'networkx', 'rich') if name in sys.modules])"
    answer = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == "[]"


def test_the_reference_is_fresh() -> None:
    """`make docs` writes it from the records."""
    assert (ROOT / "docs" / "ops.md").read_text(encoding="utf-8") == operations_page()
