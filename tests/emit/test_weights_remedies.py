"""What messages on weights advise is done as it is written there, and the weights load; and none is advised that cannot help."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from archc.base.diagnostics import Diagnostic
from archc.compiler import driver
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.weights import Loaded, Weights, put
from archc.compiler.runtime.weights.keys import Renaming, renamings
from tests.support import checked

TEXT = """network s(classes = 10, width = 8, window = 3) {
  input image[3, 16, 16]
  stage stem { conv1: conv(width, window, bias = false) -> bn1: bn -> relu }
  blocks: indexed { repeat 2 { conv(width, 3, bias = false) -> bn -> relu } }
  global_avgpool -> flatten -> fc: linear(classes)
}
"""
BODY = """block net(width) { conv(width, 3) -> bn -> relu -> layers: indexed { conv(width, 3) -> relu -> conv(width, 3) } }
network pooled(width = 4) {
  input image[3, 8, 8]
  body: net(width) -> global_avgpool -> flatten -> head: linear(5)
}
"""

Tensors = dict[str, Tensor]


def graph_of(text: str = TEXT, **settings: object) -> Graph:
    return checked(text, "net.arch", settings=settings).graph


def state_of(graph: Graph) -> Tensors:
    torch.manual_seed(1)
    return {key: torch.rand_like(value) if value.is_floating_point() else value for key, value in build(graph).state_dict().items()}


def tried(graph: Graph, tensors: Mapping[str, Tensor], **options: Any) -> tuple[nn.Module, list[Diagnostic], list[Loaded]]:
    told: list[Loaded] = []
    module = build(graph)
    return module, list(put(module, graph, Weights(tensors, told=told.append, **options), name="w.pth")), told


def options_in(help: str) -> dict[str, Any]:
    """The options in the first quotation that has any."""
    words = shlex.split(next(row for row in re.findall("`([^`]*)`", help) if row.startswith("--")))
    found: dict[str, Any] = {"skip": [], "rename": {}, "adapt": []}
    while words:
        option = words.pop(0).removeprefix("--")
        if option == "partial":
            found["partial"] = True
        elif option == "rename":
            old, _, new = words.pop(0).partition("=")
            assert old not in found["rename"], "given twice"
            found["rename"][old] = new
        else:
            found[option].append(words.pop(0))
    return found | {"rename": found["rename"] or None}


def put_before(start: str, tensors: Tensors) -> Tensors:
    return {start + key: value for key, value in tensors.items()}


def heads(start: str, head: str) -> Callable[[Tensors], Tensors]:
    return lambda tensors: {(head if key.startswith("fc.") else start) + key: value for key, value in tensors.items()}


RENAMED: dict[str, Callable[[Tensors], Tensors]] = {
    "a head": lambda tensors: {key.replace("fc.", "classifier.1."): value for key, value in tensors.items()},
    "a body and a head": heads("backbone.", "head."),
    "the same, as training in parallel has it": heads("module.backbone.", "module.head."),
    "the same, compiled": heads("_orig_mod.backbone.", "_orig_mod.head."),
    "a wrapper inside": heads("backbone._orig_mod.", "head."),
    "a norm and a head": lambda tensors: {key.replace("fc.", "head.").replace("bn1.", "norm1."): value for key, value in tensors.items()},
    "one name that begins another": lambda tensors: {
        f"net.{key}".replace("net.fc.", "net2.fc.").replace("stem.bn1", "bn"): value for key, value in tensors.items()
    },
}


def check_the_rename(graph: Graph, tensors: Tensors, file: Tensors) -> None:
    """What the help says of `--rename`, done as it says, loads all tensors."""
    _, said, _ = tried(graph, file)
    help = said[0].help or ""
    assert "--rename" in help, said
    module, problems, _ = tried(graph, file, **options_in(help))
    assert problems == [], (help, problems)
    assert all(torch.equal(value, tensors[key]) for key, value in module.state_dict().items())


@pytest.mark.parametrize("how", RENAMED)
def test_a_rename_that_is_advised_loads_all(how: str) -> None:
    graph = graph_of()
    tensors = state_of(graph)
    file = RENAMED[how](tensors)
    check_the_rename(graph, tensors, file)


def test_a_rename_within_a_body_that_the_file_lacks() -> None:
    graph = graph_of(BODY)
    tensors = state_of(graph)
    file = {key.removeprefix("body.").replace("head.", "fc.").replace("layers.2.", "last."): value for key, value in tensors.items()}
    check_the_rename(graph, tensors, file)


LEFT: dict[str, Callable[[Tensors], Tensors]] = {
    "a neck more": lambda tensors: put_before("backbone.", tensors) | {"neck.weight": torch.ones(2)},
    "no head": lambda tensors: {key: value for key, value in tensors.items() if not key.startswith("fc.")},
    "no head, and behind a beginning": lambda tensors: put_before(
        "net.", {key: value for key, value in tensors.items() if not key.startswith("fc.")}
    ),
    "no head, a neck more": lambda tensors: (
        {key: value for key, value in tensors.items() if not key.startswith("fc.")} | {"neck.weight": torch.ones(2)}
    ),
    "another head": lambda tensors: tensors | {"fc.weight": torch.ones(3, 8), "fc.bias": torch.ones(3)},
    "another kernel": lambda tensors: tensors | {"stem.conv1.weight": torch.ones(8, 3, 5, 5)},
    "another width in one layer": lambda tensors: tensors | {"blocks.0.weight": torch.ones(16, 8, 3, 3)},
    "a shallow one": lambda tensors: {key: value for key, value in tensors.items() if not key.startswith(("blocks.3", "blocks.4"))},
    "one scalar": lambda tensors: tensors | {"fc.bias": torch.tensor(1.0)},
}


@pytest.mark.parametrize("how", LEFT)
def test_what_is_advised_to_be_left_out_leads_to_a_module(how: str) -> None:
    graph = graph_of()
    tensors = state_of(graph)
    file = LEFT[how](tensors)
    _, said, _ = tried(graph, file)
    for row in said:
        if row.help and "`--" in row.help:
            _, problems, told = tried(graph, file, **options_in(row.help))
            assert problems == [], (row.help, problems)
            assert told[0].tensors >= 12
    assert any(row.help and "`--" in row.help for row in said)


STRANGE: dict[str, Callable[[Tensors], Tensors]] = {
    "nothing alike": lambda tensors: {"a": torch.ones(3)},
    "many unlike": lambda tensors: {f"x{number}.y.weight": torch.ones(number + 1) for number in range(9)},
    "nothing": lambda tensors: {key: value for key, value in tensors.items() if key.endswith("num_batches_tracked")},
    "all twice as wide": lambda tensors: {
        key: torch.ones([2 * size for size in value.shape]) for key, value in tensors.items() if value.dim()
    },
    "all of another kind": lambda tensors: {key: value.to(torch.int8) for key, value in tensors.items()},
    "all flat": lambda tensors: {key: value.flatten()[:1] for key, value in tensors.items() if value.dim()},
}


@pytest.mark.parametrize("partial", [False, True])
@pytest.mark.parametrize("how", STRANGE)
def test_what_fits_is_not_offered_where_nothing_does(how: str, partial: bool) -> None:
    graph = graph_of()
    _, said, _ = tried(graph, STRANGE[how](state_of(graph)), partial=partial)
    assert said
    assert not any("--partial" in (row.help or "") or "``" in (row.help or "") for row in said), said
    assert any(row.help for row in said)


# -------------------------------------------------------------------------------- beginnings that are guessed


def test_a_few_keys_that_end_alike_are_no_beginning() -> None:
    """A stem of three convolutions ends as the path of a block beside its trunk does: `0.weight`."""
    ours = [f"layer{number}.0.{word}" for number in (1, 2) for word in ("conv1.weight", "bn1.weight", "downsample.0.weight")] + [
        "fc.weight"
    ]
    theirs = [*(key for key in ours if "downsample" not in key), "conv1.0.weight", "conv1.1.weight"]
    assert renamings(theirs, ours) == []
    assert renamings([f"net.{key}" for key in ours], ours) == [Renaming("net.", "")]


def test_no_beginning_makes_one_key_of_two() -> None:
    ours = [f"blocks.{number}.weight" for number in range(8)]
    theirs = [f"net.{key}" for key in ours] + ours[:2]
    assert renamings(theirs, ours) == []


@pytest.mark.parametrize("partial", [False, True])
def test_a_deeper_stem_is_told_as_what_it_is(partial: bool) -> None:
    graph = driver.check("resnet18").graph
    deep = state_of(driver.check("resnet18d").graph)
    _, said, told = tried(graph, deep, partial=partial)
    if partial:
        assert (said, told[0].how) == ([], ())
        assert "conv1.weight" in told[0].fresh
    else:
        assert {row.code for row in said} <= {"F622", "F623", "F624"}
        assert said[0].help == "the file looks like `resnet18d`, which comes with archc: `archc build resnet18d` takes it"


# ------------------------------------------------------------------------------------------- what differs


def test_another_kernel_is_no_other_width() -> None:
    (said,) = tried(graph_of(), LEFT["another kernel"](state_of(graph_of())))[1]
    assert said.help == (
        "the file has kernels of 5x5 where the network has 3x3: give the steps `kernel = 5`, or `--skip 'stem.conv1.*'` starts them afresh"
    )
    (said,) = tried(graph_of(window=[3, 5]), state_of(graph_of(window=[5, 3])))[1]
    assert (said.help or "").startswith("the file has kernels of 5x3 where the network has 3x5: give the steps `kernel = [5, 3]`")


def test_other_groups_are_no_other_width() -> None:
    text = "network g(groups = 2) {\n input image[8, 8, 8]\n conv(8, groups = groups) -> relu -> conv(8, groups = groups)\n fc: conv(3)\n}"
    (said,) = tried(graph_of(text), state_of(graph_of(text, groups=4)))[1]
    assert (said.help or "").startswith("the file is of a network with other numbers")


def test_a_width_is_still_told_as_one() -> None:
    helps = [row.help for row in tried(graph_of(), state_of(graph_of(width=16)))[1]]
    assert any(row and row.startswith("the widths of the file are 2 times the network's") for row in helps), helps


def test_the_channels_of_an_image_are_no_classes() -> None:
    text = "network s2(c = 3) {\n input image[c, 16, 16]\n conv(8, 3) -> relu -> conv(c, 3)\n}"
    (said,) = tried(graph_of(text, c=1), state_of(graph_of(text)), adapt=["channels"])[1]
    assert said.help == (
        "the last layer gives 3 channels in the file, and 1 in the network: `--skip 'conv2.*'` starts the last layer afresh; `--set c=3` takes them as they are"
    )
    text = "network e(features = 3) {\n input image[3, 16, 16]\n conv(8, 3) -> relu -> global_avgpool -> flatten -> linear(features)\n}"
    (said,) = tried(graph_of(text, features=1), state_of(graph_of(text)))[1]
    assert (said.help or "").startswith("the last layer gives 3 numbers in the file, and 1 in the network: ")


def test_one_part_is_one_part() -> None:
    file = {key: value for key, value in state_of(graph_of(BODY)).items() if "layers.2" not in key}
    (said,) = tried(graph_of(BODY), file)[1]
    assert said.notes[0] == "another depth: `body.layers` has 1 part in the file and 2 in the network"
