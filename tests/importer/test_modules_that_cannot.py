"""Modules that no text is made of are told why, with what makes them fit: compiled ones, TorchScript, other numbers than those of 32 bits, none at all."""

from __future__ import annotations

import warnings
from collections.abc import Callable

import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional as F

import archc
from archc.compiler.importer.importing import import_model
from archc.compiler.importer.sources import model_of_module

X = torch.rand(2, 8)


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x).relu()  # type: ignore[no-any-return]


class Around(nn.Module):
    """A module of which a part is another kind of module."""

    def __init__(self, part: nn.Module) -> None:
        super().__init__()
        self.part = part

    def forward(self, x: Tensor) -> Tensor:
        return self.part(x)  # type: ignore[no-any-return]


def told(module: nn.Module, given: Tensor = X) -> archc.Diagnostic:
    with pytest.raises(archc.ArchError) as caught:
        archc.from_module(module.eval(), given)
    (row,) = caught.value.diagnostics
    return row


def scripted() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.script(Net())  # type: ignore[no-any-return]


def traced() -> nn.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.jit.trace(Net(), X)  # type: ignore[no-any-return]


@pytest.mark.parametrize("make", [scripted, traced])
@pytest.mark.parametrize("is_part", [False, True])
def test_torchscript_is_no_code(make: Callable[[], nn.Module], is_part: bool) -> None:
    row = told(Around(make()) if is_part else make())
    assert row.code == "F651" and "is a TorchScript module" in row.message
    assert ("`part` of" in row.message) is is_part
    assert row.help is not None and row.help.startswith("name the class that it was made from, `Net`")


def test_a_compiled_module_is_the_module_in_it() -> None:
    text = archc.from_module(torch.compile(Net()).eval(), X)
    assert text.partition("network")[2] == archc.from_module(Net().eval(), X).partition("network")[2]


def test_a_compiled_part_is_told() -> None:
    assert "`part` of `the model` is compiled" in told(Around(torch.compile(Net()))).message  # type: ignore[arg-type]
    inside = Net()
    inside.compile()
    row = told(inside)
    assert row.message == "`the model` is compiled, and its steps are not seen" and row.help == "import it before it is compiled"


@pytest.mark.parametrize("dtype", [torch.float64, torch.float16, torch.bfloat16])
@pytest.mark.parametrize("given", [X, None])
def test_other_numbers_than_those_of_32_bits(dtype: torch.dtype, given: Tensor | None) -> None:
    """With inputs of 32 bits, and with inputs like the weights."""
    row = told(Net().to(dtype), X.to(dtype) if given is None else given)
    assert f"`fc.weight` is of {str(dtype)[6:]}" in f"{row.message} {' '.join(row.notes)}"
    assert row.help == "make it float32: `.float()`"
    assert "fc: linear" in archc.from_module(Net().to(dtype).float().eval(), X)


class Mixed(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.one, self.two = nn.Linear(8, 8), nn.Linear(8, 8).double()

    def forward(self, x: Tensor) -> Tensor:
        return self.two(self.one(x).double())  # type: ignore[no-any-return]


def test_a_part_of_other_numbers_is_made_float32_in_a_copy() -> None:
    net = Mixed().eval()
    text = archc.from_module(net, X)
    assert "these weights are of float64 in the model, and of float32 here: `two.weight`, `two.bias`" in text
    assert net.two.weight.dtype == torch.float64
    given = torch.rand(3, 8)
    with torch.no_grad():
        assert torch.allclose(archc.load(text, weights=net.float().state_dict()).eval()(given), net.two(net.one(given)), atol=1e-6)


class InHalf(nn.Module):
    """Works in fewer digits in part, in one of several ways."""

    def __init__(self, way: str) -> None:
        super().__init__()
        self.fc, self.way = nn.Linear(8, 4), way

    def forward(self, x: Tensor) -> Tensor:
        weight, bias = self.fc.weight, self.fc.bias
        if self.way == "autocast":
            with torch.autocast("cpu", dtype=torch.bfloat16):
                return self.fc(x).float()  # type: ignore[no-any-return]
        if self.way == "autocast of its device":
            with torch.autocast(x.device.type, dtype=torch.bfloat16):
                return self.fc(x).float()  # type: ignore[no-any-return]
        if self.way == "half":
            return F.linear(x.half(), weight.half(), bias.half()).float()
        if self.way == "to":
            return self.fc(x).to(torch.bfloat16).softmax(-1)  # type: ignore[no-any-return]
        return self.fc(x).softmax(-1, dtype=torch.float16)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("way", "kind"),
    [("autocast", "bfloat16"), ("autocast of its device", "bfloat16"), ("half", "float16"), ("to", "bfloat16"), ("keyword", "float16")],
)
def test_a_model_that_works_in_half_precision_in_part_is_a_text_in_float32(way: str, kind: str) -> None:
    net = InHalf(way).eval()
    text = archc.from_module(net, X)
    assert "fc: linear" in text and f"the model works in {kind} in part, and the text in float32 throughout" in text
    given = torch.rand(3, 8)
    with torch.no_grad():
        theirs, ours = net(given).float(), archc.load(text, weights=net.state_dict()).eval()(given)
    assert torch.allclose(ours, theirs, atol=2e-2) and ours.dtype == torch.float32


class KeptWhole(nn.Module):
    """Works in all digits where the rest of a model may not, as rotary positions do."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        with torch.autocast(device_type=x.device.type, enabled=False):
            return self.fc(x)  # type: ignore[no-any-return]


def test_a_part_without_autocast_on_the_device_of_its_input() -> None:
    """The run that is written down has tensors without numbers, on a device that autocast does not know."""
    text = archc.from_module(KeptWhole().eval(), X)
    assert "fc: linear" in text and "Note" not in text


class Cast(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor) -> Tensor:
        return self.fc(x.double())  # type: ignore[no-any-return]


def test_a_cast_that_no_weight_goes_with_is_told() -> None:
    row = told(Cast())
    assert "dtype" in row.message and row.help == "take the cast out of its `forward`: a network is of float32 throughout"


def test_a_program_of_other_numbers() -> None:
    program = torch.export.export(Net().half().eval(), (X.half(),), dynamic_shapes=({0: torch.export.Dim("batch", min=1)},))
    with pytest.raises(archc.ArchError, match=r"make it float32 before it is exported: `\.float\(\)`"):
        archc.from_exported(program)


def test_a_module_without_numbers() -> None:
    row = told(Net().to("meta"))
    assert row.code == "F651" and "`fc.weight` of `the model` has no numbers" in row.message
    assert row.help is not None and ".to_empty(" in row.help
    mended = Net().to("meta").to_empty(device="cpu")
    assert "fc: linear" in archc.from_module(mended.eval(), X)


class Saying(nn.Module):
    """Answers with more than tensors."""

    def __init__(self, *more: object) -> None:
        super().__init__()
        self.fc, self.more = nn.Linear(8, 4), more

    def forward(self, x: Tensor) -> object:
        return (self.fc(x), *self.more)


@pytest.mark.parametrize(
    ("more", "note"),
    [
        ((3, None, "s"), "the model returns `3`, `'s'` beside its tensors, which a network does not: left out"),
        (
            ({"loss": 0.5, "names": ["a"]},),
            "the model returns `0.5` (1_loss), `'a'` (1_names_0) beside its tensors, which a network does not: left out",
        ),
        ((None,), ""),
    ],
)
def test_what_is_no_tensor_is_told(more: tuple[object, ...], note: str) -> None:
    notes = import_model(model_of_module(Saying(*more).eval(), X)).notes
    assert notes == ([note] if note else [])


class Two(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.a, self.b = nn.Linear(8, 4), nn.Linear(5, 4)

    def forward(self, left: Tensor, right: Tensor) -> Tensor:
        return self.a(left) + self.b(right)  # type: ignore[no-any-return]


def test_inputs_by_their_names() -> None:
    left, right = torch.rand(2, 8), torch.rand(2, 5)
    assert archc.from_module(Two().eval(), {"right": right, "left": left}) == archc.from_module(Two().eval(), (left, right))
    for given, why in (
        ({"left": left, "rigth": right}, "has no input `rigth`"),
        ({"right": right}, "the input `left` of `the model` has no size"),
    ):
        with pytest.raises(archc.ArchError, match=why):
            archc.from_module(Two().eval(), given)


@pytest.mark.parametrize("given", [(8,), [2, 8], torch.Size((8,))])
def test_sizes_are_no_tensors(given: object) -> None:
    with pytest.raises(TypeError, match=r"are tensors, not sizes: write `torch\.rand\(1, "):
        archc.from_module(Net().eval(), given)  # type: ignore[arg-type]


def test_none_of_several_is_a_tensor() -> None:
    with pytest.raises(TypeError, match="a tensor, or several, in a list or by the names"):
        archc.from_module(Net().eval(), ["x"])  # type: ignore[list-item]


class AsTheOther(nn.Module):
    """Casts by the name of another tensor's kind, and begins with nothing, as loops do that put parts together."""

    def __init__(self) -> None:
        super().__init__()
        self.fc, self.places = nn.Linear(8, 4), nn.Embedding(6, 8)

    def forward(self, x: Tensor) -> Tensor:
        made = torch.empty(x.shape[0], 0, 4)
        x = x + self.places(torch.arange(6)).type(x.type())
        for part in x.chunk(2, 1):
            made = torch.cat([made, self.fc(part)], 1)
        return made


def test_kinds_by_name_and_parts_that_begin_with_nothing() -> None:
    """The one was "invalid type: torch.meta.FloatTensor", the other an error of `max`."""
    net = AsTheOther().eval()
    text = archc.from_module(net, torch.rand(2, 6, 8))
    given = torch.rand(3, 6, 8)
    with torch.no_grad():
        assert torch.allclose(archc.load(text, weights=net.state_dict()).eval()(given), net(given), atol=1e-5)


class WithMask(nn.Module):
    """Takes something between two tensors that may be left out."""

    def __init__(self) -> None:
        super().__init__()
        self.fc = nn.Linear(8, 4)

    def forward(self, x: Tensor, mask: Tensor | None = None, other: Tensor | None = None) -> Tensor:
        return self.fc(x if other is None else x + other)  # type: ignore[no-any-return]


def test_what_is_left_out_is_no_tensor_and_the_others_have_names() -> None:
    """It was told to be "not 'list'"."""
    x = torch.rand(2, 8)
    with pytest.raises(TypeError, match="has `None` among its tensors: leave it out, and give the others by name"):
        archc.from_module(WithMask().eval(), [x, None, x])  # type: ignore[list-item]
    assert "input other" in archc.from_module(WithMask().eval(), {"x": x, "other": x})
