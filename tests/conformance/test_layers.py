"""Networks that no library has in this form, layer by layer against tables that were written from the papers."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable
from pathlib import Path

import pytest
import torch
from torch import nn

from archc.compiler import driver
from archc.compiler.graph.program import Node

LAYERS = json.loads((Path(__file__).parents[1] / "facts" / "layers.json").read_text())
LAYERS = {name: rows for name, rows in LAYERS.items() if not name.startswith("_")}

Row = tuple[object, ...]

# What makes no difference to what a network computes, or is written in another place.
SILENT = ("Flatten", "Identity", "AdaptiveAvgPool2d", "ReLU", "Dropout")

# Both say "the average of the whole map": the table with a window of 7, the file with a global pool, which fits any size.
WHOLE_MAP = {"googlenet": [1024, 7, 7]}

# In the table each tower normalises and pools by itself; in the file one step does it for both.
ONLY = {"alexnet_towers": ("Conv2d", "Linear")}


def plain(value: object) -> object:
    """Attributes in one spelling: a pair of equal numbers is the number."""
    if isinstance(value, list | tuple):
        return value[0] if len(set(value)) == 1 else tuple(value)
    return value


def spelled(values: dict[str, object]) -> tuple[tuple[str, object], ...]:
    """Attributes in one order. A pool of stride 1 has nothing to round, up or down."""
    return tuple((key, value) for key, value in sorted(values.items()) if key != "ceil_mode" or values["stride"] != 1)


def table_rows(name: str) -> list[Row]:
    rows = []
    for kind, attributes, given, made, parameters in LAYERS[name]:
        if kind in SILENT or kind not in ONLY.get(name, (kind,)) or (kind == "AvgPool2d" and given == WHOLE_MAP.get(name)):
            continue
        values = {key: plain(value) for key, value in attributes.items()}
        rows.append((kind, spelled(values), tuple(given), tuple(made), parameters))
    return rows


def our_rows(name: str) -> list[Row]:
    program = driver.compile(name).program
    assert program is not None
    return list(_rows(name, [node for node in program.nodes if not node.training_only]))


def _rows(name: str, nodes: Iterable[Node]) -> Iterable[Row]:
    wanted = {kind: sorted(attributes) for kind, attributes, *_ in LAYERS[name]}
    for node in nodes:
        made = node.operation.module(node.input_shapes)
        if made is None or not made.target.startswith("nn."):
            continue
        with torch.device("meta"):
            module = getattr(nn, made.target.removeprefix("nn."))(
                *(value for key, value in made.arguments if key is None), **{key: value for key, value in made.arguments if key is not None}
            )
        kind = type(module).__name__
        if kind in SILENT or kind not in ONLY.get(name, (kind,)):
            continue
        values = {key: getattr(module, key) for key in wanted.get(kind, ())}
        values = {key: value is not None if key == "bias" else plain(value) for key, value in values.items()}
        parameters = sum(weight.elements for weight in node.weights if weight.trainable)
        yield kind, spelled(values), node.input_shapes[0], node.shape, parameters


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "alexnet_towers"])
def test_layers_in_order(name: str) -> None:
    assert our_rows(name) == table_rows(name)


@pytest.mark.parametrize("name", LAYERS)
def test_same_layers(name: str) -> None:
    """The same layers, each as often: what an order of branches does not change."""
    ours, table = Counter(our_rows(name)), Counter(table_rows(name))
    assert ours - table == Counter()
    assert table - ours == Counter()


def test_resnet50_v1_differs_only_where_the_stride_sits() -> None:
    """Node by node the same, but for the strides of the 1x1 and the 3x3 of the first block of stages 2 to 4 and what follows from them."""
    first, later = driver.compile("resnet50_v1").program, driver.compile("resnet50").program
    assert first is not None and later is not None and len(first.nodes) == len(later.nodes)
    differing = [(one, other) for one, other in zip(first.nodes, later.nodes, strict=True) if one.operation != other.operation]
    assert [one.key for one, _ in differing] == [f"layer{stage}.0.conv{conv}" for stage in (2, 3, 4) for conv in (1, 2)]
    for one, other in differing:
        changed = {key for key, value in one.operation.arguments() if dict(other.operation.arguments())[key] != value}
        assert changed == {"stride"}
        strides = (dict(one.operation.arguments())["stride"], dict(other.operation.arguments())["stride"])
        assert strides == ((2, 1) if one.key.endswith("conv1") else (1, 2))
    assert [node.weights for node in first.nodes] == [node.weights for node in later.nodes]
    assert [node.inputs for node in first.nodes] == [node.inputs for node in later.nodes]
