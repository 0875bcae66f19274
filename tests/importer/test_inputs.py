"""How a model is given its inputs: in the order of `forward`'s arguments, and by their names where it takes them in no other way."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

import archc
from archc.compiler.importer.files import named
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import Shapes, model_of
from archc.reporting.error import ArchError

HERE = __name__


class Gated(nn.Module):
    """Its second input is given by name alone."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, *, gate: torch.Tensor) -> torch.Tensor:
        return self.fc(x) * gate  # type: ignore[no-any-return]


class Optional(nn.Module):
    """Most of what it takes may be left out."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(
        self, x: torch.Tensor, mask: torch.Tensor | None = None, flag: bool = True, scale: torch.Tensor | None = None
    ) -> torch.Tensor:
        y = self.fc(x) if mask is None else self.fc(x) + mask
        y = y if scale is None else y * scale
        return y if flag else -y


class Open(nn.Module):
    """It takes as many as there are, and one by name."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 8)

    def forward(self, x: torch.Tensor, *others: torch.Tensor, gate: torch.Tensor) -> torch.Tensor:
        return (self.fc(x) + others[0]) * gate  # type: ignore[no-any-return]


class Pair(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.other = nn.Linear(8, 4), nn.Linear(6, 4)

    def forward(self, left: torch.Tensor, right: torch.Tensor) -> torch.Tensor:
        return self.one(left) - self.other(right)  # type: ignore[no-any-return]


class Seen(nn.Module):
    """Its convolution tells the size of its image."""

    def __init__(self) -> None:
        super().__init__()
        self.conv = nn.Conv2d(5, 4, 3)

    def forward(self, image: torch.Tensor, scale: torch.Tensor | None = None) -> torch.Tensor:
        y = self.conv(image).mean((2, 3))
        return y if scale is None else y * scale  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("name", "shapes", "inputs"),
    [
        ("Gated", {"x": (8,), "gate": (8,)}, ["x[8]", "gate[8]"]),
        ("Gated", {"gate": (1,), "x": (8,)}, ["x[8]", "gate[1]"]),
        ("Gated", [(8,), (8,)], ["x[8]", "gate[8]"]),
        ("Optional", {"x": (8,)}, ["x[8]"]),
        ("Optional", {"x": (8,), "mask": (8,)}, ["x[8]", "mask[8]"]),
        ("Optional", {"x": (8,), "scale": (8,)}, ["x[8]", "scale[8]"]),
        ("Open", {"x": (8,), "gate": (1,), "x1": (8,)}, ["x[8]", "x1[8]", "gate[1]"]),
        ("Pair", {"right": (6,), "left": (8,)}, ["left[8]", "right[6]"]),
        ("Seen", {"scale": (4,)}, ["image[5, 224, 224]", "scale[4]"]),
    ],
)
def test_inputs_are_given_as_forward_takes_them(name: str, shapes: Shapes, inputs: list[str]) -> None:
    text = import_model(model_of(f"{HERE}:{name}", shapes=shapes)).text
    assert [line.strip().removeprefix("input ") for line in text.splitlines() if line.strip().startswith("input ")] == inputs


@pytest.mark.parametrize(
    ("name", "shapes", "told"),
    [
        ("Optional", {"mask": (8,)}, "the input `x` of"),
        ("Pair", {"left": (8,)}, "give it one, too: `--input right="),
        ("Pair", {"left": (8,), "rigth": (6,)}, "did you mean `right`?"),
        ("Gated", {"x": (8,), "gates": (8,)}, "did you mean `gate`?"),
    ],
)
def test_an_input_without_a_size_is_told_by_its_name(name: str, shapes: Shapes, told: str) -> None:
    with pytest.raises(ArchError) as error:
        model_of(f"{HERE}:{name}", shapes=shapes)
    assert told in str(error.value)


class Lacking(nn.Module):
    """It imports, as it runs, what is not there."""

    def __init__(self, package: str = "no_such_package") -> None:
        super().__init__()
        self.package = package

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        raise ModuleNotFoundError(f"No module named {self.package!r}", name=self.package)


@pytest.mark.parametrize(
    ("package", "told"), [("onnxruntime", "`pip install 'archc[onnx]'`"), ("no_such_package", "install it, or run archc")]
)
def test_a_package_that_a_run_lacks_is_named(package: str, told: str) -> None:
    source = f"{HERE}:Lacking"
    with pytest.raises(ArchError) as error:
        import_model(model_of(source, shapes=[(8,)], settings={"package": package}), source=source)
    assert error.value.diagnostics[0].code == "F616" and error.value.diagnostics[0].help is not None
    assert told in error.value.diagnostics[0].help


@pytest.mark.parametrize(
    ("shapes", "told"),
    [
        ([(1, 5, 32, 32)], "help: sizes are given without the batch: `--input 5x32x32`"),
        ([(5, 32)], "help: give `--input` once for each argument of `forward`"),
    ],
)
def test_a_size_with_the_batch_is_told_without_it(shapes: Shapes, told: str) -> None:
    source = f"{HERE}:Seen"
    with pytest.raises(ArchError) as error:
        import_model(model_of(source, shapes=shapes), source=source)
    assert told in str(error.value)


def test_a_module_that_is_there_gets_what_it_takes_by_name() -> None:
    text = archc.from_module(Gated(), [torch.zeros(2, 8), torch.zeros(2, 8)])
    assert "input gate[8]" in text


def test_a_program_that_takes_inputs_by_name_is_compared(tmp_path: Path) -> None:
    batch = {0: torch.export.Dim("batch")}
    shapes = {"left": batch, "right": batch}
    program = torch.export.export(Pair().eval(), (torch.zeros(2, 8),), {"right": torch.zeros(2, 6)}, dynamic_shapes=shapes)
    torch.export.save(program, tmp_path / "pair.pt2")
    model = named(str(tmp_path / "pair.pt2"))
    assert model.notes == []
    assert "right[6]" in import_model(model).text


class Keyed(nn.Module):
    """It takes a dict, or another object."""

    def __init__(self, how: str) -> None:
        super().__init__()
        self.how, self.line = how, nn.Linear(8, 4)

    def forward(self, batch: Any) -> torch.Tensor:
        x = batch["image"] if self.how == "dict" else next(iter(batch.items()))[1] if self.how == "items" else batch.image
        return self.line(x)  # type: ignore[no-any-return]


@pytest.mark.parametrize(("how", "told"), [("dict", "a dict"), ("items", "a dict"), ("object", "an object that has `image`")])
def test_a_model_that_takes_no_tensor_is_told_so(how: str, told: str) -> None:
    """The help asked for sizes, and PyTorch's warnings named files of archc's."""
    source = f"{HERE}:Keyed"
    with warnings.catch_warnings(record=True) as seen, pytest.raises(ArchError) as error:
        import_model(model_of(source, shapes=[(3, 8)], settings={"how": how}), source=source)
    assert not seen
    assert f"its `forward` takes {told}: wrap the model in one whose `forward` takes tensors" in str(error.value)
