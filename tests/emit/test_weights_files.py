"""Files that people have in place of weights, each told as what it is, in archc's own words; and the parts of a checkpoint."""

from __future__ import annotations

import argparse
import json
import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy
import pytest
import torch
from torch import nn

from archc.base.diagnostics import Diagnostic
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.weights import Weights, put
from archc.compiler.runtime.weights.reading import State, read, split
from tests.support import checked

STATE = {"fc.weight": torch.zeros(2, 3), "fc.bias": torch.zeros(2)}


def refused(path: Path | str) -> Diagnostic:
    found = read(str(path))
    assert isinstance(found, Diagnostic)
    assert found.code in ("F621", "F625")
    told = f"{found.message} {found.help}"
    assert "weights_only" not in told
    assert "torch.load(" not in told
    return found


def state(name: Path | str) -> State:
    found = read(str(name))
    assert isinstance(found, State), found
    return found


def pointer(path: Path) -> None:
    path.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0123\nsize 46830571\n")


def zipped(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("readme.txt", "hello")


def packed(path: Path) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("inside.pth", "hello")


def half(path: Path) -> None:
    torch.save(STATE, path)
    path.write_bytes(path.read_bytes()[:-400])


def index(path: Path) -> None:
    path.write_text(json.dumps({"metadata": {}, "weight_map": {"a": "one.safetensors", "b": "two.safetensors", "c": "one.safetensors"}}))


FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "a Git LFS pointer": (pointer, "is a Git LFS pointer: 73 bytes of text that stand for the file, of the 46,830,571 bytes"),
    "a web page": (lambda path: path.write_text("\n <!DOCTYPE html><html>Sign in</html>"), "is a web page, not weights"),
    "an empty file": (lambda path: path.write_bytes(b""), "is empty"),
    "a zip of something else": (zipped, "is a zip archive of something else than weights: it holds `readme.txt`"),
    "a zip of weights": (packed, "is a zip archive that holds `inside.pth`"),
    "half a file": (half, "is cut short after"),
    "an index of shards": (index, "is the index of weights that lie in 2 files: `one.safetensors`, `two.safetensors`"),
    "JSON": (lambda path: path.write_text("{}"), "is JSON, not weights"),
    "a plain pickle": (lambda path: path.write_bytes(pickle.dumps({"a": 1})), "is a plain pickle"),
    "HDF5": (lambda path: path.write_bytes(b"\x89HDF\r\n\x1a\n" + bytes(64)), "is an HDF5 file, as Keras writes them"),
    "a gzip": (lambda path: path.write_bytes(b"\x1f\x8b" + bytes(64)), "is compressed by gzip"),
    "text": (lambda path: path.write_text("hello weights"), "is no file of weights: it begins with `hello weights`"),
    "a folder": (lambda path: path.mkdir(), "is a folder"),
    "nothing": (lambda path: None, "there is no file"),
}


@pytest.mark.parametrize("ending", ["pth", "safetensors"])
@pytest.mark.parametrize("what", FILES)
def test_a_file_is_told_as_what_it_is(what: str, ending: str, tmp_path: Path) -> None:
    make, told = FILES[what]
    path = tmp_path / f"w.{ending}"
    make(path)
    assert told in refused(path).message


def test_a_folder_names_the_file_in_it(tmp_path: Path) -> None:
    (tmp_path / "model.safetensors").write_bytes(b"")
    assert refused(tmp_path).help == f"give the file in it: `{tmp_path / 'model.safetensors'}`"


def test_a_safetensors_file_that_was_cut_short(tmp_path: Path) -> None:
    files = pytest.importorskip("safetensors.torch")
    path = tmp_path / "w.safetensors"
    files.save_file(STATE, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-4])
    assert f"is cut short, {len(whole) - 4} bytes of at least {len(whole)}" in refused(path).message
    path.write_bytes(whole[:30])
    assert "is cut short, 30 bytes" in refused(path).message


def test_a_safetensors_file_under_another_name(tmp_path: Path) -> None:
    files = pytest.importorskip("safetensors.torch")
    files.save_file(STATE, tmp_path / "w.pth")
    assert set(state(tmp_path / "w.pth").tensors) == set(STATE)


def test_a_safetensors_file_holds_shared_tensors_once(tmp_path: Path) -> None:
    files = pytest.importorskip("safetensors.torch")
    model = nn.Sequential(nn.Linear(3, 3), nn.ReLU())
    model.append(model[0])
    files.save_model(model, str(tmp_path / "w.safetensors"))
    assert set(state(tmp_path / "w.safetensors").tensors) == set(model.state_dict())


def test_a_pickled_model_says_how_to_save_a_state_dict(tmp_path: Path) -> None:
    torch.save(nn.Linear(2, 2), tmp_path / "w.pth")
    found = refused(tmp_path / "w.pth")
    assert "is a whole pickled object, of the class `torch.nn.modules.linear.Linear`" in found.message
    assert found.help is not None
    assert 'torch.save(model.state_dict(), "state.pth")' in found.help


class Extra:
    """What a checkpoint may hold beside its tensors."""


def test_an_object_beside_the_tensors_is_told_as_one(tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "extra": Extra()}, tmp_path / "w.pth")
    assert "Extra`, not tensors alone" in refused(tmp_path / "w.pth").message


BESIDE: dict[str, object] = {
    "options": argparse.Namespace(lr=0.1, milestones=[3, 6]),
    "a number of NumPy": numpy.float64(0.9),
    "a whole number of NumPy": numpy.int32(3),
    "an array": numpy.arange(4.0),
    "a random state": numpy.random.RandomState(0).get_state(),
    "a score": {"best": torch.tensor(0.5)},
}


@pytest.mark.parametrize("what", BESIDE)
def test_plain_data_beside_the_tensors_are_no_obstacle(what: str, tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "beside": BESIDE[what]}, tmp_path / "w.pth")
    found = state(tmp_path / "w.pth")
    assert (found.part, found.other_parts) == ("state_dict", ())


def test_names_of_numpy_before_its_second_version(tmp_path: Path) -> None:
    torch.save({"state_dict": STATE, "best": numpy.float64(0.9)}, tmp_path / "new.pth")
    with zipfile.ZipFile(tmp_path / "new.pth") as new, zipfile.ZipFile(tmp_path / "old.pth", "w") as old:
        for name in new.namelist():
            old.writestr(name, new.read(name).replace(b"numpy._core.multiarray", b"numpy.core.multiarray"))
    assert b"numpy.core.multiarray" in (tmp_path / "old.pth").read_bytes()
    assert state(tmp_path / "old.pth").part == "state_dict"


def test_the_old_format_cut_short(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    whole = (tmp_path / "w.pth").read_bytes()
    for size in range(20, len(whole), 7):
        (tmp_path / "w.pth").write_bytes(whole[:size])
        assert "pickled" not in refused(tmp_path / "w.pth").message


def test_the_old_format_of_torch_save(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "w.pth", _use_new_zipfile_serialization=False)
    assert set(state(tmp_path / "w.pth").tensors) == set(STATE)


# --------------------------------------------------------------------------------------------------- parts


@pytest.fixture
def parts(tmp_path: Path) -> str:
    path = str(tmp_path / "w.pth")
    torch.save(
        {"epoch": 7, "state_dict": STATE, "state_dict_ema": {"ema": torch.ones(1)}, "optimizer": {"state": {0: {"m": torch.ones(1)}}}}, path
    )
    return path


def test_the_usual_part_is_taken_and_the_others_are_told(parts: str) -> None:
    found = state(parts)
    assert (found.part, found.other_parts, found.asked) == ("state_dict", ("state_dict_ema",), False)


def test_a_part_is_taken_by_its_name(parts: str) -> None:
    found = state(f"{parts}:state_dict_ema")
    assert (set(found.tensors), found.asked) == ({"ema"}, True)


def test_a_part_in_a_part(tmp_path: Path) -> None:
    torch.save({"generator": {"model": STATE, "step": 3}, "critic": {"model": {"c": torch.ones(1)}}}, tmp_path / "w.pth")
    found = refused(tmp_path / "w.pth")
    assert "holds 2 sets of weights: `generator.model`, `critic.model`" in found.message
    assert set(state(f"{tmp_path / 'w.pth'}:critic.model").tensors) == {"c"}
    assert set(state(f"{tmp_path / 'w.pth'}:critic").tensors) == {"c"}


def test_a_part_that_is_not_there(parts: str) -> None:
    found = refused(f"{parts}:state_dict_em")
    assert (found.code, found.help) == ("F625", f"did you mean `{parts}:state_dict_ema`?")
    assert refused(f"{parts}:optimizer").message == f"the part `optimizer` of `{parts}` holds no weights"


def test_a_file_of_one_state_dict_has_no_parts(tmp_path: Path) -> None:
    torch.save(STATE, tmp_path / "w.pth")
    assert refused(f"{tmp_path / 'w.pth'}:model").help == f"it has no parts: `{tmp_path / 'w.pth'}`, without `:model`"


@pytest.mark.skipif(os.name == "nt", reason="Windows has no such names")
def test_a_file_whose_name_holds_a_colon_wins(tmp_path: Path, parts: str) -> None:
    torch.save({"other": torch.ones(1)}, f"{parts}:state_dict_ema")
    assert set(state(f"{parts}:state_dict_ema").tensors) == {"other"}
    assert set(state(f"{parts}:state_dict").tensors) == set(STATE)


def test_a_drive_is_no_file() -> None:
    assert split(r"C:\nets\w.pth") == (r"C:\nets\w.pth", "")
    assert split("C:/nets/w.pth") == ("C:/nets/w.pth", "")
    assert split(r"C:\nets\w.pth:ema") == (r"C:\nets\w.pth", "ema")
    assert split("w.pth:ema") == ("w.pth", "ema")


def test_a_part_in_a_part_in_a_part(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"checkpoint": {"model": {"state_dict": STATE}, "step": 3}}, path)
    for part in ("", ":checkpoint.model.state_dict", ":checkpoint.model", ":checkpoint"):
        assert set(state(f"{path}{part}").tensors) == set(STATE), part
    assert state(path).part == "checkpoint.model.state_dict"
    assert refused(f"{path}:checkpoint.step").message == f"the part `checkpoint.step` of `{path}` holds no weights"
    assert refused(f"{path}:checkpoint.modl").help == f"did you mean `{path}:checkpoint.model.state_dict`?"


def test_a_part_of_several_sets_asks_which(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save({"a": {"net": STATE, "ema": STATE}, "b": {"net": STATE}}, path)
    found = refused(f"{path}:a")
    assert found.message == f"the part `a` of `{path}` holds 2 sets of weights: `a.net`, `a.ema`"
    assert found.help == f"say which, for example `{path}:a.net`"
    assert set(state(f"{path}:a.net").tensors) == set(STATE)


@pytest.mark.parametrize(
    "content", [{0: STATE, 1: {"one": torch.ones(1)}}, [STATE, {"one": torch.ones(1)}], (STATE, {"one": torch.ones(1)})]
)
def test_parts_by_numbers(content: object, tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    torch.save(content, path)
    assert refused(path).message == f"`{path}` holds 2 sets of weights: `0`, `1`"
    assert set(state(f"{path}:0").tensors) == set(STATE)
    assert set(state(f"{path}:1").tensors) == {"one"}


def test_the_only_one_of_a_list_is_taken(tmp_path: Path) -> None:
    torch.save({"models": [STATE], "epoch": 3}, tmp_path / "w.pth")
    assert state(tmp_path / "w.pth").part == "models.0"


def test_what_an_optimizer_keeps_is_no_part(tmp_path: Path) -> None:
    layer = nn.Linear(3, 2)
    adam = torch.optim.Adam(layer.parameters())
    layer(torch.ones(1, 3)).sum().backward()
    adam.step()
    path = tmp_path / "w.pth"
    torch.save({"trainer": {"of": {"it": {"model": STATE}}, "adam": adam.state_dict(), "optimizers": [adam.state_dict()["state"]]}}, path)
    assert state(path).part == "trainer.of.it.model"
    torch.save(adam.state_dict(), path)
    assert "holds no weights" in refused(path).message


def test_a_checkpoint_that_holds_itself(tmp_path: Path) -> None:
    whole: dict[str, object] = {"epoch": 3}
    whole["self"] = whole
    torch.save(whole, tmp_path / "w.pth")
    assert "holds no weights" in refused(tmp_path / "w.pth").message


# ------------------------------------------------------------------------------------- names and containers


@pytest.mark.parametrize("old", [False, True])
def test_a_torch_file_under_another_name(old: bool, tmp_path: Path) -> None:
    path = tmp_path / "w.safetensors"
    torch.save(STATE, path, _use_new_zipfile_serialization=not old)
    assert set(state(path).tensors) == set(STATE)


def tarred(path: Path, *names: str) -> None:
    with tarfile.open(path, "w") as archive:
        for name in names:
            archive.addfile(tarfile.TarInfo(name))


def test_tar_archives_are_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "w.pth"
    tarred(path, "run/w.pth", "run/log.txt")
    assert (refused(path).message, refused(path).help) == (
        f"`{path}` is a tar archive that holds `run/w.pth`",
        "unpack it, and give the file of weights in it",
    )
    tarred(path, "readme")
    assert refused(path).message == f"`{path}` is a tar archive of something else than weights: it holds `readme`"
    tarred(path, "sys_info", "storages", "tensors", "pickle")
    assert "PyTorch's first versions" in refused(path).message


@pytest.mark.parametrize("address", ["https://example.org/w.pth", "s3://bucket/w.safetensors"])
def test_an_address_is_to_be_downloaded(address: str) -> None:
    found = refused(address)
    assert (found.message, found.help) == (
        f"`{address}` is an address, and weights are read from files of this machine",
        "download it first, and give the path of the file",
    )


def test_a_model_of_a_library_is_no_file(tmp_path: Path) -> None:
    for name, makes in (("timm:resnet18", "timm.create_model("), ("torchvision:resnet50", "torchvision.models.get_model(")):
        found = refused(name)
        assert found.message == f"`{name}` is a model, and weights are read from files"
        assert makes in (found.help or "")


# ----------------------------------------------------------------------------------------- pieces of a model

SMALL = "network small {\n  input image[3, 8, 8]\n  conv(4, 3) -> bn -> relu\n  global_avgpool -> flatten -> fc: linear(5)\n}\n"


def lacking(path: Path) -> Diagnostic:
    graph = checked(SMALL, "small.arch").graph
    (said,) = put(build(graph), graph, Weights(path))
    assert said.code == "F622"
    return said


def test_one_of_several_files_is_told_as_one(tmp_path: Path) -> None:
    files = pytest.importorskip("safetensors.torch")
    full = build(checked(SMALL, "small.arch").graph).state_dict()
    some = {key: value for key, value in full.items() if not key.startswith("fc.")}
    path = tmp_path / "model-00001-of-00002.safetensors"
    files.save_file(some, path)
    help = lacking(path).help or ""
    assert help.startswith("the file is one of 2 that hold the weights: read each and join the dictionaries: ")
    assert "load_file(name)" in help
    torch.save(some, tmp_path / "pytorch_model-00001-of-00003.bin")
    assert (lacking(tmp_path / "pytorch_model-00001-of-00003.bin").help or "").endswith('`torch.save(state, "all.pth")`')


def test_an_index_beside_a_file_tells_that_it_is_one_of_several(tmp_path: Path) -> None:
    full = build(checked(SMALL, "small.arch").graph).state_dict()
    torch.save({key: value for key, value in full.items() if not key.startswith("fc.")}, tmp_path / "body.bin")
    assert "leaves them as training starts" in (lacking(tmp_path / "body.bin").help or "")
    (tmp_path / "w.index.json").write_text(json.dumps({"weight_map": {"a": "body.bin", "b": "head.bin"}}))
    assert (lacking(tmp_path / "body.bin").help or "").startswith("the file is one of 2 that hold the weights")


def loaded_in_part(path: Path, **how: Any) -> str:
    """What is said of a file of which `partial` takes what fits."""
    graph, told = checked(SMALL, "small.arch").graph, []
    assert put(build(graph), graph, Weights(path, partial=True, told=told.append, **how)) == ()
    return str(told[0])


def test_what_fits_of_one_of_several_files_is_told_with_its_cause(tmp_path: Path) -> None:
    full = build(checked(SMALL, "small.arch").graph).state_dict()
    path = tmp_path / "model-00001-of-00002.bin"
    torch.save({key: value for key, value in full.items() if not key.startswith("fc.")}, path)
    said = loaded_in_part(path)
    assert "; the file is one of 2 that hold the weights: read each and join the dictionaries: " in said
    assert said.endswith("; as training starts: `fc.weight`, `fc.bias`")
    assert "one of 2" not in loaded_in_part(path, skip=("fc.*",)), "what was left out on purpose"
    torch.save(full, path)
    assert "one of 2" not in loaded_in_part(path), "nothing is missing"


def test_what_fits_of_a_frozen_program_is_told_with_its_cause(tmp_path: Path) -> None:
    graph = checked(SMALL, "small.arch").graph
    program = torch.jit.script(build(graph).eval())
    torch.jit.freeze(program, preserved_attrs=["fc"]).save(str(tmp_path / "frozen.pt"))
    said = loaded_in_part(tmp_path / "frozen.pt")
    assert "2 of 9 tensors" in said and "; the file is a frozen program, whose weights are constants without names: " in said


def test_a_frozen_program_has_no_names_of_weights(tmp_path: Path) -> None:
    graph = checked(SMALL, "small.arch").graph
    program = torch.jit.script(build(graph).eval())
    torch.jit.freeze(program).save(str(tmp_path / "frozen.pt"))
    help = lacking(tmp_path / "frozen.pt").help or ""
    assert help == "the file is a frozen program, whose weights are constants without names: save the model before `torch.jit.freeze`"
    program.save(str(tmp_path / "whole.pt"))
    assert put(build(graph), graph, Weights(tmp_path / "whole.pt")) == ()
