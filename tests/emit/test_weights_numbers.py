"""What is told of the numbers themselves: those that are none, those that a dtype cannot hold, and tensors that are stored otherwise."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

import archc
from archc.base.diagnostics import Diagnostic
from archc.compiler.runtime.live_module import build
from archc.compiler.runtime.weights import Loaded, Weights, put
from tests.support import checked

TEXT = """network small(classes = 5) {
  input image[3, 8, 8]
  conv(8, bias = false) -> bn -> relu
  global_avgpool -> flatten -> fc: linear(classes)
}
"""
GRAPH = checked(TEXT, "small.arch").graph


def state() -> dict[str, Tensor]:
    torch.manual_seed(1)
    return dict(build(GRAPH).state_dict())


def loaded(tensors: Mapping[str, Tensor], dtype: torch.dtype = torch.float32, **options: list[str]) -> tuple[nn.Module, Loaded]:
    told: list[Loaded] = []
    module = build(GRAPH).to(dtype)
    problems = put(module, GRAPH, Weights(tensors, told=told.append, **options), name="w.pth")  # type: ignore[arg-type]
    assert problems == (), problems
    return module, told[0]


def refused(tensors: Mapping[str, Tensor]) -> Diagnostic:
    (said,) = put(build(GRAPH), GRAPH, Weights(tensors), name="w.pth")
    return said


# ------------------------------------------------------------------------------------------- lost numbers


def test_numbers_that_half_precision_cannot_hold_are_counted() -> None:
    tensors = state()
    big = torch.ones(5, 8)
    big[0, :3] = 1e6
    _, told = loaded({**tensors, "fc.weight": big}, torch.float16)
    assert told.lost == ("too large for float16, now infinite: `fc.weight` (3 of 40)",)
    assert told.needs_a_look
    assert str(told) == "w.pth: all 8 tensors, float32 made float16; too large for float16, now infinite: `fc.weight` (3 of 40)"
    for wide in (torch.float32, torch.bfloat16):
        assert loaded({**tensors, "fc.weight": big}, wide)[1].lost == ()


def test_double_precision_that_single_cannot_hold() -> None:
    _, told = loaded({**state(), "fc.bias": torch.tensor([1e300, 1.0, -1e300, 2.0, 3.0], dtype=torch.float64)})
    assert told.lost == ("too large for float32, now infinite: `fc.bias` (2 of 5)",)


def test_a_tensor_of_which_nothing_is_left() -> None:
    tensors = state()
    assert loaded({**tensors, "bn1.running_var": torch.full((8,), 1e-9)}, torch.float16)[1].lost == (
        "too small for float16, now 0: `bn1.running_var`",
    )
    assert loaded({**tensors, "bn1.running_var": torch.full((8,), 1e-9)})[1].lost == ()
    assert loaded({**tensors, "fc.bias": torch.zeros(5)}, torch.float16)[1].lost == ()


def test_what_is_not_finite_in_the_file_is_named() -> None:
    tensors = state()
    nan = torch.full((5,), float("nan"))
    _, told = loaded({**tensors, "fc.bias": nan, "bn1.bias": torch.tensor([float("inf")] + [0.0] * 7)})
    assert told.lost == ("not finite in the file: `bn1.bias` (1 of 8), `fc.bias` (5 of 5)",)
    mixed = torch.tensor([float("nan"), 1e6, 1e6, 0.0, 1.0])
    assert loaded({**tensors, "fc.bias": mixed}, torch.float16)[1].lost == (
        "not finite in the file: `fc.bias` (1 of 5)",
        "too large for float16, now infinite: `fc.bias` (2 of 5)",
    )


def test_numbers_of_eight_bits() -> None:
    tensors = {**state(), "fc.bias": torch.tensor([float("nan"), 1.0, 2.0, 3.0, 4.0]).to(torch.float8_e4m3fn)}
    module, told = loaded(tensors)
    assert told.lost == ("not finite in the file: `fc.bias` (1 of 5)",)
    assert module.state_dict()["fc.bias"][1:].tolist() == [1, 2, 3, 4]


def test_many_broken_tensors_are_counted() -> None:
    tensors = {key: value * float("nan") if value.is_floating_point() else value for key, value in state().items()}
    (said,) = loaded(tensors)[1].lost
    assert said.count("`") == 8
    assert said.endswith("and 3 more")


def test_what_was_left_in_the_file_is_not_looked_at() -> None:
    tensors = state() | {"neck.weight": torch.tensor([float("nan")])}
    assert loaded(tensors, skip=["neck.*"])[1].lost == ()


# --------------------------------------------------------------------------------------- stored otherwise

STORED: dict[str, Callable[[Tensor], Tensor]] = {
    "coordinates": lambda value: value.to_sparse(),
    "rows": lambda value: value.to_sparse_csr(),
    "columns": lambda value: value.to_sparse_csc(),
    "oneDNN": lambda value: value.to_mkldnn(),
    "turned": lambda value: value.t().contiguous().t(),
}


@pytest.mark.parametrize("how", STORED)
@pytest.mark.filterwarnings("ignore:Sparse")
def test_another_layout_is_the_same_tensor(how: str) -> None:
    tensors = state()
    module, _ = loaded({**tensors, "fc.weight": STORED[how](tensors["fc.weight"])})
    assert torch.equal(module.state_dict()["fc.weight"], tensors["fc.weight"])


def test_a_sparse_tensor_in_a_file(tmp_path: Path) -> None:
    (tmp_path / "small.arch").write_text(TEXT)
    tensors = state()
    torch.save({**tensors, "fc.weight": tensors["fc.weight"].to_sparse()}, tmp_path / "w.pth")
    module = archc.load(tmp_path / "small.arch", weights=tmp_path / "w.pth")
    assert torch.equal(module.state_dict()["fc.weight"], tensors["fc.weight"])


@pytest.mark.filterwarnings("ignore:The PyTorch API of nested")
def test_tensors_without_a_shape_are_refused() -> None:
    said = refused({**state(), **{f"fc.{key}": value for key, value in nn.LazyLinear(5).state_dict().items()}})
    assert (said.code, said.message) == ("F621", "`fc.weight` of `w.pth` has no shape yet: it is of a lazy layer")
    said = refused({**state(), "fc.weight": torch.nested.nested_tensor([torch.ones(2), torch.ones(3)])})
    assert (said.code, said.message) == ("F621", "`fc.weight` of `w.pth` is a nested tensor, not one of one shape")


# ----------------------------------------------------------------------------------- options of no effect


def test_what_had_nothing_to_do_is_told() -> None:
    _, told = loaded(state(), adapt=["positions", "channels"])
    assert told.idle == ("channels", "positions")
    assert told.needs_a_look
    assert str(told) == "w.pth: all 8 tensors; `--adapt channels` had nothing to do; `--adapt positions` had nothing to do"


def test_what_had_something_to_do_is_not() -> None:
    tensors = state()
    _, told = loaded({**tensors, "conv1.weight": tensors["conv1.weight"][:, :1]}, adapt=["channels"])
    assert (told.adapted, told.idle) == (("`conv1.weight`: 1 input channel repeated and scaled to 3",), ())
