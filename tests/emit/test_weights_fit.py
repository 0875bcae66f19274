"""Weights that differ from the network: beginnings of keys, keys left out, what fits, what is made to fit, and every cause by its name."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.base.diagnostics import Diagnostic
from archc.compiler import driver
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.weights import Loaded, Weights, put
from archc.compiler.runtime.weights.adapt import to_channels, to_positions
from archc.compiler.runtime.weights.told import patterns
from tests.conformance.reference import torchvision
from tests.support import checked

SMALL = """network small(classes = 1000, width = 8) {
  input image[3, 32, 32]
  conv(width, bias = false) -> bn -> relu
  global_avgpool -> flatten -> fc: linear(classes)
}
"""

BODY = """block net(width) { conv(width, 3) -> bn -> relu -> layers: indexed { conv(width, 3) -> relu -> conv(width, 3) } }
network pooled(width = 4) {
  input image[3, 8, 8]
  body: net(width) -> global_avgpool -> flatten
}
"""

PATCHES = """network patches(classes = 5) {
  input image[3, 32, 32]
  conv(8, 4, stride = 4, pad = 0) -> tokens -> cls: class_token -> pos: position_embedding -> ln -> select(0) -> head: linear(classes)
}
"""

Tensors = Mapping[str, Tensor]


def graph_of(text: str, size: tuple[int, ...] = (), **settings: object) -> Graph:
    return checked(text, "net.arch", settings=settings, inputs={"": size} if size else {}).graph


def state_of(graph: Graph, seed: int = 1) -> dict[str, Tensor]:
    torch.manual_seed(seed)
    return {key: torch.rand_like(value) if value.is_floating_point() else value for key, value in build(graph).state_dict().items()}


def loaded(graph: Graph, tensors: Tensors, **options: Any) -> tuple[nn.Module, Loaded]:
    told: list[Loaded] = []
    torch.manual_seed(0)
    module = build(graph)
    problems = put(module, graph, Weights(tensors, told=told.append, **options), name="w.pth")
    assert problems == (), problems
    return module, told[0]


def refused(graph: Graph, tensors: Tensors, **options: Any) -> list[Diagnostic]:
    module = build(graph)
    before = {key: value.clone() for key, value in module.state_dict().items()}
    problems = put(module, graph, Weights(tensors, **options), name="w.pth")
    assert problems
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items()), "half the weights were loaded"
    return list(problems)


def equal(module: nn.Module, tensors: Tensors) -> bool:
    state = module.state_dict()
    return all(torch.equal(state[key], value) for key, value in tensors.items())


# ------------------------------------------------------------------------------------ beginnings of keys


@pytest.mark.parametrize("before", ["module.", "model.", "backbone.", "encoder.net.", "module.backbone."])
def test_a_beginning_that_all_keys_have_is_taken_off(before: str) -> None:
    graph = graph_of(SMALL)
    tensors = state_of(graph)
    module, told = loaded(graph, {before + key: value for key, value in tensors.items()})
    assert equal(module, tensors)
    assert str(told) == f"w.pth: all 8 tensors, keys without `{before}`"


def test_a_beginning_that_the_file_lacks_is_put_before() -> None:
    graph = graph_of(BODY)
    tensors = state_of(graph)
    module, told = loaded(graph, {key.removeprefix("body."): value for key, value in tensors.items()})
    assert equal(module, tensors)
    assert told.how == ("keys with `body.` before them",)


def test_one_beginning_in_place_of_another() -> None:
    graph = graph_of(BODY)
    tensors = state_of(graph)
    module, told = loaded(graph, {"backbone." + key.removeprefix("body."): value for key, value in tensors.items()})
    assert equal(module, tensors)
    assert told.how == ("keys with `body.` for `backbone.`",)


def test_what_wrappers_put_inside_keys_is_taken_out() -> None:
    graph = graph_of(BODY)
    tensors = state_of(graph)
    module, told = loaded(
        graph, {f"module._orig_mod.{key.replace('layers.', 'layers._orig_mod.')}": value for key, value in tensors.items()}
    )
    assert equal(module, tensors)
    assert told.how == ("keys without `_orig_mod.`", "keys without `module.`")


def test_keys_of_a_detector_name_what_to_skip() -> None:
    graph = graph_of(SMALL)
    tensors = {f"backbone.{key}": value for key, value in state_of(graph).items()} | {
        "neck.conv.weight": torch.ones(1),
        "neck.conv.bias": torch.ones(1),
    }
    (said,) = refused(graph, tensors)
    assert said.code == "F623"
    assert said.help == "`--skip 'neck.*'` leaves them in the file"
    module, told = loaded(graph, tensors, skip=["neck.*"])
    assert equal(module, state_of(graph))
    assert told.passed == ("neck.conv.weight", "neck.conv.bias")


def test_two_sets_of_keys_in_one_file_are_not_chosen_between() -> None:
    graph = graph_of(SMALL)
    one, two = state_of(graph, 1), state_of(graph, 2)
    tensors = {f"student.{key}": value for key, value in one.items()} | {f"teacher.{key}": value for key, value in two.items()}
    for partial in (False, True):
        (said,) = refused(graph, tensors, partial=partial)
        assert (said.code, said.help) == ("F625", "say which: `--rename student.=` or `--rename teacher.=`")
    module, _ = loaded(graph, tensors, rename={"teacher.": ""}, skip=["student.*"])
    assert equal(module, two)
    module, _ = loaded(graph, tensors, skip=["student.*"])
    assert equal(module, two)


def test_beginnings_that_are_of_no_key_or_give_one_key_twice() -> None:
    graph = graph_of(SMALL)
    (said,) = refused(graph, state_of(graph), rename={"bakbone.": ""})
    assert said.message == "no key is meant by `--rename bakbone.`"
    tensors = state_of(graph) | {"x.fc.bias": torch.ones(1000)}
    (said,) = refused(graph, tensors, rename={"x.": ""})
    assert said.message == "`--rename x.=` gives two tensors of `w.pth` one key"


def test_names_that_alone_differ_give_the_option() -> None:
    graph = graph_of(SMALL)
    tensors = {key.replace("fc.", "classifier.1."): value for key, value in state_of(graph).items()}
    said = refused(graph, tensors)[0]
    assert said.help is not None
    assert "`--rename classifier.1.=fc.`" in said.help
    module, _ = loaded(graph, tensors, rename={"classifier.1.": "fc."})
    assert equal(module, state_of(graph))


# ------------------------------------------------------------------------------------------ what is left


def test_the_head_starts_afresh_where_it_is_skipped() -> None:
    graph = graph_of(SMALL, classes=3)
    tensors = state_of(graph_of(SMALL))
    (said,) = refused(graph, tensors)
    assert said.code == "F624"
    assert "`fc.weight` is [1000, 8] in the file and [3, 8] in the network" in said.message
    assert said.help == (
        "the file is for 1000 classes, and the network has 3: `--skip 'fc.*'` starts the last layer afresh; `--set classes=1000` takes them as they are"
    )
    module, told = loaded(graph, tensors, skip="fc.*")
    assert equal(module, {key: value for key, value in tensors.items() if not key.startswith("fc.")})
    torch.manual_seed(0)
    assert torch.equal(build(graph).state_dict()["fc.weight"], module.state_dict()["fc.weight"])
    assert str(told) == "w.pth: 6 of 8 tensors; as training starts: `fc.weight`, `fc.bias`; left in the file: `fc.weight`, `fc.bias`"


def test_what_fits_is_loaded_and_what_does_not_is_told() -> None:
    graph = graph_of(SMALL, classes=3)
    tensors = state_of(graph_of(SMALL)) | {"neck.weight": torch.ones(2)}
    del tensors["bn1.bias"]
    module, told = loaded(graph, tensors, partial=True)
    assert equal(module, {key: value for key, value in tensors.items() if key.startswith(("conv1", "bn1"))})
    assert (told.fresh, told.passed) == (("bn1.bias", "fc.weight", "fc.bias"), ("neck.weight",))


def test_weights_of_which_nothing_fits_are_refused_even_in_part() -> None:
    graph = graph_of(SMALL)
    assert [row.code for row in refused(graph, {"a.weight": torch.ones(3)}, partial=True)] == ["F622", "F623"]


def test_a_pattern_that_matches_nothing_names_the_nearest_key() -> None:
    graph = graph_of(SMALL)
    (said,) = refused(graph, state_of(graph), skip=["fcc.weight"])
    assert (said.code, said.message, said.help) == ("F625", "no key is meant by `--skip fcc.weight`", "the nearest key is `fc.weight`")


def test_what_tools_leave_behind_is_passed_over_by_name() -> None:
    graph = graph_of(SMALL)
    tensors = {f"module.{key}": value for key, value in state_of(graph).items() if not key.endswith("num_batches_tracked")}
    tensors |= {"n_averaged": torch.tensor(3), "module.total_ops": torch.zeros(1), "module.fc.total_params": torch.zeros(1)}
    _, told = loaded(graph, tensors)
    assert told.passed == ("n_averaged", "module.total_ops", "module.fc.total_params")
    assert told.how == ("keys without `module.`", "`num_batches_tracked` is not there and starts at 0")
    assert told.fresh == ()


def test_a_layer_under_two_keys_is_fine_under_either() -> None:
    graph = graph_of("network twice {\n input image[3, 8, 8]\n conv(4, 3) -> b: conv(4, 3) -> relu -> reuse(b)\n}")
    tensors = state_of(graph)
    tied = tensors | {f"c.{key.removeprefix('b.')}": value for key, value in tensors.items() if key.startswith("b.")}
    module, told = loaded(graph, tied)
    assert equal(module, tensors)
    assert told.passed == ("c.weight", "c.bias")
    copied = {key: value.clone() for key, value in tied.items()}
    assert [row.code for row in refused(graph, copied)] == ["F623"]
    del tied["b.weight"], tied["b.bias"]
    module, _ = loaded(graph, tied, rename={"c.": "b."})
    assert equal(module, tensors)


def test_patterns_cover_the_keys_and_no_others() -> None:
    others = ["a.b.weight", "c.weight"]
    assert patterns(["a.c.weight", "a.c.bias", "d.x.y", "e"], others) == ("a.c.*", "d.*", "e")
    assert patterns(["a.b.bias"], others) == ("a.b.bias",)


# ----------------------------------------------------------------------------------------------- numbers


def test_half_precision_is_made_float32_and_said() -> None:
    graph = graph_of(SMALL)
    tensors = {key: value.half() if value.is_floating_point() else value for key, value in state_of(graph).items()}
    module, told = loaded(graph, tensors)
    assert {row.dtype for row in module.parameters()} == {torch.float32}
    assert told.how == ("float16 made float32",)


def test_counters_cast_to_half_precision_are_whole_numbers_again() -> None:
    graph = graph_of(SMALL)
    tensors = {key: value.half() for key, value in state_of(graph).items()}
    counter = next(key for key in tensors if key.endswith("num_batches_tracked"))
    module, told = loaded(graph, tensors | {counter: torch.tensor(70.0).half()})
    assert module.state_dict()[counter].dtype == torch.int64
    assert int(module.state_dict()[counter]) == 70
    assert told.how == ("float16 made float32",)
    (said,) = refused(graph, tensors | {counter: torch.tensor(70_000.0).half()})  # infinity
    assert said.help is not None
    assert said.help.startswith("these are whole numbers")


def test_double_precision_is_kept_where_it_is_wanted(tmp_path: Any) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    tensors = {key: value.double() + 1e-12 if value.is_floating_point() else value for key, value in state_of(graph_of(SMALL)).items()}
    module = archc.compile(tmp_path / "small.arch").to_module(tensors, dtype="float64")
    assert equal(module, tensors)


def test_quantised_numbers_are_refused() -> None:
    graph = graph_of(SMALL)
    tensors = state_of(graph) | {"fc.weight": torch.ones(1000, 8, dtype=torch.int8)}
    (said,) = refused(graph, tensors)
    assert said.code == "F624"
    assert "`fc.weight` is [1000, 8] of int8 in the file" in said.message
    _, told = loaded(graph, tensors, partial=True)
    assert told.fresh == ("fc.weight",)


# -------------------------------------------------------------------------------------------- channels


@pytest.mark.parametrize("channels", [1, 2, 4, 5, 6, 12])
def test_kernels_for_other_channels_are_timms(channels: int) -> None:
    torchvision()  # timm imports it
    manipulate = pytest.importorskip("timm.models._manipulate")
    for dtype in (torch.float32, torch.float16):
        kernel = torch.randn(8, 3, 5, 5).to(dtype)
        assert torch.equal(to_channels(kernel, channels), manipulate.adapt_input_conv(channels, kernel.clone()))


def test_another_number_of_input_channels() -> None:
    graph = graph_of(SMALL, (1, 32, 32))
    tensors = state_of(graph_of(SMALL))
    (said,) = refused(graph, tensors)
    assert said.help == (
        "the file is for an input of 3 channels, and the network's has 1: `--adapt channels` sums the first kernels over their channels; "
        "`--input 3x32x32` takes them as they are"
    )
    module, told = loaded(graph, tensors, adapt="channels")
    assert torch.equal(module.state_dict()["conv1.weight"], tensors["conv1.weight"].sum(1, keepdim=True))
    assert told.adapted == ("`conv1.weight`: 3 input channels summed to 1",)
    assert told.needs_a_look


def test_inner_kernels_are_never_adapted() -> None:
    graph = graph_of(BODY, width=2)
    said = refused(graph, state_of(graph_of(BODY)), adapt="channels")
    assert said[0].help is not None
    assert said[0].help.startswith("the widths of the file are 2 times the network's")


# ------------------------------------------------------------------------------------------- positions


def test_positions_of_another_size_are_timms() -> None:
    torchvision()  # timm imports it
    embed = pytest.importorskip("timm.layers.pos_embed")
    for before, (height, width) in ((0, (9, 9)), (1, (5, 8)), (2, (14, 3))):
        table = torch.randn(1, 49 + before, 16)
        theirs = embed.resample_abs_pos_embed(table, [height, width], num_prefix_tokens=before)
        assert torch.equal(to_positions(table, height, width, before), theirs)
        assert torch.equal(theirs[:, :before], table[:, :before])


def test_another_image_size_moves_the_positions() -> None:
    graph = graph_of(PATCHES, (3, 48, 40))
    tensors = state_of(graph_of(PATCHES))
    (said,) = refused(graph, tensors)
    assert said.help == (
        "the file is for images of 8x8 patches (32x32 pixels), the network for 12x10: `--adapt positions` resizes them; `--input 3x32x32` takes them as they are"
    )
    module, told = loaded(graph, tensors, adapt="positions")
    assert torch.equal(module.state_dict()["pos"], to_positions(tensors["pos"], 12, 10, 1))
    assert told.adapted == ("`pos`: positions of 8x8 patches resized to 12x10, [1, 121, 8]",)


# ----------------------------------------------------------------------------------------------- causes


def test_another_image_size_before_a_dense_layer() -> None:
    text = "network dense {\n input image[3, 32, 32]\n conv(4, 3) -> flatten -> fc1: linear(8) -> relu -> linear(2)\n}"
    (said,) = refused(graph_of(text), state_of(graph_of(text, (3, 16, 16))))
    assert said.help is not None
    assert said.help.startswith("the file is for a map of 16x16 before `fc1`, and the network's is 32x32: another image size")


def test_another_depth() -> None:
    text = "network deep(depth = 4) {\n input image[3, 8, 8]\n conv(4, 3)\n layers: indexed { repeat depth { conv(4, 3) } }\n}"
    missing = refused(graph_of(text), state_of(graph_of(text, depth=2)))[0]
    assert missing.notes[0] == "another depth: `layers` has 2 parts in the file and 4 in the network"
    assert missing.help is not None
    assert missing.help.startswith("`--skip 'layers.2.*' --skip 'layers.3.*'` leaves them as training starts")


@pytest.mark.parametrize(
    ("name", "file"), [("resnet34", "resnet50"), ("resnet50", "wide_resnet50_2"), ("vgg16", "vgg16_bn"), ("resnet18", "googlenet")]
)
def test_the_weights_of_another_shipped_network_are_recognised(name: str, file: str) -> None:
    graph = driver.check(name).graph
    with torch.device("meta"):
        tensors = {
            f"module.{key}": torch.empty_like(value, device="cpu") for key, value in build(driver.check(file).graph).state_dict().items()
        }
        module = build(graph)
    problems = put(module, graph, Weights(tensors), name="w.pth")
    helps = [row.help for row in problems if row.help]
    assert helps[0] == f"the file looks like `{file}`, which comes with archc: `archc build {file}` takes it"


def test_what_lacks_and_what_is_too_much_are_left_out_by_one_option() -> None:
    graph = graph_of(SMALL)
    tensors = {f"backbone.{key}": value for key, value in state_of(graph).items() if not key.startswith("fc.")} | {
        "neck.weight": torch.ones(2)
    }
    missing, _ = refused(graph, tensors)
    assert missing.help == "`--skip 'fc.*' --skip 'neck.*'` goes on without them"
    _, told = loaded(graph, tensors, skip=["fc.*", "neck.*"])
    assert (told.fresh, told.passed) == (("fc.weight", "fc.bias"), ("neck.weight",))


def test_the_classes_of_another_network_are_told() -> None:
    tensors = state_of(driver.check("resnet34", settings={"classes": 10}).graph)
    helps = [row.help for row in refused(driver.check("resnet18").graph, tensors)]
    assert (
        helps[0]
        == "the file looks like `resnet34` with 10 classes, which comes with archc: `archc build resnet34 --set classes=10` takes it"
    )


# ---------------------------------------------------------------------------------------- from Python


def test_a_checkpoint_in_memory_is_taken_as_one_in_a_file() -> None:
    graph = graph_of(SMALL)
    tensors = state_of(graph)
    module, told = loaded(graph, {"state_dict": tensors, "ema": tensors, "epoch": 3})  # type: ignore[dict-item]
    assert equal(module, tensors)
    assert str(told) == "w.pth, its part `state_dict` (`ema` is there too): all 8 tensors"


def test_what_is_no_weights_is_said_as_python_says_it() -> None:
    with pytest.raises(TypeError, match=r"not 'Linear' \(of a module: `module\.state_dict\(\)`\)"):
        Weights(nn.Linear(2, 2))  # type: ignore[arg-type]


def test_shapes_without_numbers_are_refused() -> None:
    graph = graph_of(SMALL)
    (said,) = refused(graph, {key: value.to("meta") for key, value in state_of(graph).items()})
    assert said.message == "`w.pth` has shapes alone and no numbers: its tensors are on the device `meta`"


def test_a_network_without_weights_takes_an_empty_state_dict() -> None:
    _, told = loaded(graph_of("network bare {\n input image[3, 8, 8]\n relu\n}"), {})
    assert str(told) == "w.pth: all 0 tensors"


def test_a_full_load_is_quiet_and_a_partial_one_warns(tmp_path: Any, caplog: pytest.LogCaptureFixture) -> None:
    (tmp_path / "small.arch").write_text(SMALL)
    tensors = state_of(graph_of(SMALL))
    with caplog.at_level(logging.INFO, "archc.weights"):
        archc.load(tmp_path / "small.arch", weights=tensors)
        archc.load(tmp_path / "small.arch", weights=archc.Weights(tensors, skip=["fc.*"]), classes=3)
    assert [row.levelname for row in caplog.records] == ["INFO", "WARNING"]
    assert caplog.messages[1].startswith("the state_dict: 6 of 8 tensors; as training starts: `fc.weight`")


def test_what_may_be_adapted_is_checked() -> None:
    with pytest.raises(archc.ArchError, match="`adapt` is of channels, positions, not 'chanels'"):
        Weights({}, adapt=["chanels"])
