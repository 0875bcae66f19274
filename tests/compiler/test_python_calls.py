"""What a newcomer gives to the functions of Python that they do not take: it is said in archc's own words, at the caller's line."""

from __future__ import annotations

import traceback
import warnings
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import pytest

import archc
from archc.api import LOOK
from archc.compiler.draw import Options

TEXT = "network small(c = 4) {\n  input x[3, 8, 8]\n  conv(c, 3) -> relu -> flatten -> linear(2)\n}\n"

ODD: tuple[object, ...] = (
    None, "", 0, -1, 1.5, float("nan"), True, b"x", "foo", "\0", [], (), {}, ["a"], ["", None], {"a": 1}, {1: 2}, object(), int, archc,
)  # fmt: skip

Call = Callable[..., object]


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.arch").write_text(TEXT, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def small() -> archc.Network:
    return archc.compile(TEXT)


def fit(file: Any = "small.arch", vary: Any = "c=1..4", **goal: Any) -> object:
    return archc.fit(file, vary, **(goal if goal.keys() & {"match", "most", "nearest"} else {"match": "parameters=100", **goal}))


# Each function with the parameters to spoil; those that stand first are given by place.
LIGHT: dict[str, tuple[Call, tuple[str, ...], tuple[str, ...]]] = {
    "compile": (archc.compile, ("file",), ("input", "trust", "c")),
    "from_text": (archc.Network.from_text, ("text",), ("name", "input", "settings", "trust", "c")),
    "Network": (archc.Network, ("checked",), ()),
    "cost": (lambda **words: small().cost(**words), (), ("by", "batch", "dtype", "optimizer")),
    "draw": (lambda path="a.dot", **words: small().draw(path, **words), ("path",), (*LOOK, "colour")),
    "networks": (archc.networks, (), ("task", "paper", "max_parameters")),
    "diff": (lambda a=TEXT, b="small.arch", **words: archc.diff("small.arch" if a is TEXT else a, b, **words), ("a", "b"), ("input", "output")),
    "sweep": (
        lambda file="small.arch", **words: archc.sweep(file, **{"vary": "c=1,2", **words}),
        ("file",),
        ("vary", "variants", "set", "input", "batch", "optimizer", "pareto", "journal", "plot", "progress"),
    ),
    "edit": (archc.edit, ("text",), ()),
    "fit": (fit, ("file", "vary"), ("match", "most", "nearest", "where", "set", "input", "progress")),
    "rendered": (lambda style: fit(most="parameters=5000").rendered(style), ("style",), ()),  # type: ignore[attr-defined]
}  # fmt: skip

HEAVY: dict[str, tuple[Call, tuple[str, ...], tuple[str, ...]]] = {
    "Weights": (archc.Weights, ("source",), ()),
    "its words": (lambda **words: archc.Weights("w.pth", **words), (), ("skip", "rename", "adapt", "partial", "told")),
    "load": (lambda file=TEXT, **words: archc.load(file, **words), ("file",), ("weights", "input", "trust", "c")),
    "to_module": (lambda **words: small().to_module(**words), (), ("weights", "device", "dtype")),
    "to_torchscript": (lambda **words: small().to_torchscript(**words), (), ("weights", "train", "optimize", "device", "dtype")),
    "to_onnx": (lambda path, **words: small().to_onnx(path, **words), ("path",), ()),
    "to_export": (lambda **words: small().to_export(**words), (), ("weights", "dynamic")),
    "to_aotinductor": (lambda path="a.pt", **words: small().to_aotinductor(path, **words), ("path",), ("weights", "optimize", "batch", "device", "dtype")),
    "from_module": (lambda module, *rest, **words: archc.from_module(module, *rest, **words), ("module", "example_inputs"), ("name", "flat")),
    "from_exported": (archc.from_exported, ("program",), ()),
}  # fmt: skip


def trouble(call: Callable[[], object]) -> str:
    """What is wrong in how a call ended; "" where it was answered, or refused as it should be."""
    try:
        call()
    except archc.ArchError:
        return ""
    except TypeError as error:
        frames = traceback.extract_tb(error.__traceback__)
        own = frames[-1].filename.endswith(("archc/given.py", "archc/api.py", "weights/__init__.py"))
        return (
            ""
            if own and "object" not in str(error).replace("'object'", "")
            else f"TypeError: {error} at {frames[-1].filename}:{frames[-1].lineno}"
        )
    except Exception as error:
        return f"{type(error).__name__}: {error}"
    return ""


def campaign(name: str, call: Call, first: tuple[str, ...], words: tuple[str, ...]) -> list[str]:
    found = []
    for odd in ODD:
        for place in range(len(first)):
            given = [
                archc.load(TEXT) if row == "module" else TEXT if row in ("a", "file", "text") else "small.arch" for row in first[:place]
            ]
            if said := trouble(lambda given=given, odd=odd: call(*given, odd)):  # type: ignore[misc]
                found.append(f"{name}({first[place]} = {odd!r}): {said}")
        for word in words:
            full = [TEXT] if name == "from_text" or name == "compile" else [archc.load(TEXT), _image()] if name == "from_module" else []
            if word in ("progress", "told") and callable(odd):
                continue
            if said := trouble(lambda word=word, odd=odd, full=full: call(*full, **{word: odd})):  # type: ignore[misc]
                found.append(f"{name}({word} = {odd!r}): {said}")
    return found


def _image() -> object:
    import torch

    return torch.rand(1, 3, 8, 8)


@pytest.mark.parametrize("name", list(LIGHT))
def test_odd_values_are_refused_in_archcs_own_words(name: str) -> None:
    assert campaign(name, *LIGHT[name]) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", list(HEAVY))
def test_odd_values_of_what_needs_pytorch_are_refused_in_archcs_own_words(name: str) -> None:
    assert campaign(name, *HEAVY[name]) == []


def test_every_public_function_is_tried() -> None:
    functions = {name for name in archc.__all__ if name not in ("ArchError", "ArchWarning", "__version__")}
    methods = {name for name in vars(archc.Network) if not name.startswith("_") and not isinstance(vars(archc.Network)[name], property)}
    assert (functions | methods) - {"to_python"} <= LIGHT.keys() | HEAVY.keys()


def test_what_a_picture_can_be_asked_is_the_same_in_both_places() -> None:
    assert tuple(LOOK) == tuple(row.name for row in fields(Options))


WORDS: dict[str, tuple[Callable[[], object], type[Exception], str]] = {
    "nothing": (lambda: archc.compile(None), TypeError, "`file` is a file, the name of a network or a text, not None"),  # type: ignore[arg-type]
    "an empty name": (lambda: archc.compile(""), archc.ArchError, "`file` is empty"),
    "a network": (lambda: archc.compile(small()), TypeError, "not 'Network'"),  # type: ignore[arg-type]
    "a near word": (lambda: small().cost(by="stages"), archc.ArchError, "did you mean `stage`?"),
    "a far word": (lambda: small().cost(by="foo"), archc.ArchError, "`by` is one of stage, block, op, not 'foo'"),
    "no word": (lambda: small().cost(dtype=["x"]), TypeError, "`dtype` is one of float64, float32, float16, bfloat16, float8, not 'list'"),  # type: ignore[arg-type]
    "a batch of none": (lambda: small().cost(batch=0), archc.ArchError, "`batch` is at least 1, and it is 0"),
    "half an image": (lambda: small().cost(batch=1.5), TypeError, "`batch` is a whole number, not 1.5"),  # type: ignore[arg-type]
    "a shape with commas": (lambda: archc.compile(TEXT, input="3,32,32"), archc.ArchError, "a shape is written as (3, 224, 224)"),
    "an option of a picture": (lambda: small().draw("a.svg", levl="op"), TypeError, "there is no option `levl` of a picture: did you mean `level`?"),
    "a switch": (lambda: archc.compile(TEXT, trust="no"), TypeError, "`trust` is True or False, not 'str'"),  # type: ignore[arg-type]
    "a class": (lambda: archc.from_module(type(archc.load(TEXT)), []), TypeError, "`module` is a module, not its class: write `Small(…)`"),  # type: ignore[arg-type]
    "what is not adapted": (lambda: archc.Weights("w.pth", adapt="chanels"), archc.ArchError, "did you mean `channels`?"),
    "two ends": (lambda: small().to_torchscript(train=True, optimize=True), archc.ArchError, "an optimised module is for inference"),
}  # fmt: skip


@pytest.mark.parametrize("name", list(WORDS))
def test_the_words_of(name: str) -> None:
    call, kind, words = WORDS[name]
    with pytest.raises(kind) as caught:
        call()
    assert words in str(caught.value)


def test_an_error_of_a_file_shows_one_frame_of_archc() -> None:
    with pytest.raises(archc.ArchError) as caught:
        archc.compile("nowhere.arch")
    frames = [row.filename for row in traceback.extract_tb(caught.value.__traceback__)]
    assert [Path(name).name for name in frames[1:]] == ["given.py"]


def test_a_warning_stands_at_the_line_of_the_caller() -> None:
    text = "network w {\n  input x[3, 8, 8]\n  a: conv(4, 3)\n  b: conv(4, 3) -> bn -> flatten -> linear(2)\n  conv(4, 3)\n}\n"
    text = TEXT.replace("conv(c, 3) ->", "conv(c, 3) -> bn ->").replace("conv(c, 3)", "conv(c, 3, bias = true)")
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        archc.compile(text)
        archc.Network.from_text(text)
    assert [row.filename for row in caught] == [__file__] * len(caught) and len(caught) == 2


def test_what_pytorch_calls_them_is_taken_too() -> None:
    import torch

    module = small().to_module(device=torch.device("cpu"), dtype=torch.float64)  # type: ignore[arg-type]
    assert next(module.parameters()).dtype is torch.float64
    assert small().cost(dtype=torch.float16).dtype == "float16"  # type: ignore[arg-type]


@pytest.mark.slow
def test_one_word_is_not_taken_for_its_letters() -> None:
    text = "network free {\n  input x[3, 8, 8]\n  conv(4, 3) -> relu -> global_avgpool -> flatten\n}\n"
    program = archc.compile(text).to_export(dynamic="height,width")  # type: ignore[arg-type]
    assert len(program.range_constraints) >= 3


def test_a_weight_of_a_program_may_have_any_name() -> None:
    """Those of the import's own book-keeping, too: the keys stand at the root, without a path."""
    import torch

    class Scaled(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.keys = torch.nn.Linear(4, 4)
            self.weight = torch.nn.Linear(4, 2)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return self.weight(self.keys(x))

    text = archc.from_exported(torch.export.export(Scaled(), (torch.rand(2, 4),)), name="scaled")
    assert "keys: linear(4)" in text and "weight: linear(classes)" in text


def test_a_lone_layer_is_refused_and_no_bug() -> None:
    import torch

    with pytest.raises(archc.ArchError, match="F653"):
        archc.from_exported(torch.export.export(torch.nn.Linear(2, 3), (torch.rand(2, 2),)))


# ------------------------------------------------------------------------------------------------- texts

TWO = "network a(w = 4) { input x[3, 8, 8] conv(w) }\nnetwork b { input x[3, 8, 8] conv(16) }\n"


def test_of_a_text_with_several_networks_one_is_named_in_the_call() -> None:
    with pytest.raises(archc.ArchError, match="E239") as error:
        archc.compile(TWO)
    assert error.value.diagnostics[0].help == 'say which: in Python by `network = "a"`'
    assert archc.compile(TWO, network="a", w=7).name == "a"
    assert archc.compile(TWO, network="b").name == archc.Network.from_text(TWO, network="b").name == "b"
    assert sum(row.numel() for row in archc.load(TWO, network="b").parameters()) == 16 * 28
    with pytest.raises(archc.ArchError, match="has no network `c`"):
        archc.compile(TWO, network="c")


def test_of_a_file_with_several_networks_one_is_named_in_either_way() -> None:
    Path("two.arch").write_text(TWO, encoding="utf-8")
    assert archc.compile("two.arch", network="b") == archc.compile("two.arch:b")
    assert archc.compile("two.arch:b", network="b").name == "b"
    assert archc.compile("efficientnet", network="efficientnet_b1").name == "efficientnet_b1"
    with pytest.raises(archc.ArchError, match="names the network `b`, and `network` another"):
        archc.compile("two.arch:b", network="a")
    with pytest.raises(archc.ArchError) as error:
        archc.compile("two.arch")
    assert error.value.diagnostics[0].help == "say which: `two.arch:a`"


def test_a_text_is_compared_varied_and_fitted_as_a_file_is() -> None:
    assert not archc.diff(TEXT, "small.arch").changes and not archc.diff(small(), TEXT).changes
    of_text, of_file = (archc.sweep(file, {"c": [1, 2]}) for file in (TEXT, "small.arch"))
    assert [row.row for row in of_text] == [row.row for row in of_file] and of_text.file == "text"
    assert "network small" not in of_text.text()
    assert archc.sweep(TEXT, {"c": [1, 2]}, jobs=2).rows == of_text.rows
    found, same = (archc.fit(file, "c=1..40", match="parameters=1000") for file in (TEXT, "small.arch"))
    assert found.rows == same.rows and found.file == "text"
    with pytest.raises(archc.ArchError, match="has no parameter `d`"):
        archc.sweep(TEXT, {"d": [1, 2]})


def test_a_journal_tells_one_text_from_another() -> None:
    archc.sweep(TEXT, {"c": [1]}, journal="notes.jsonl")
    assert archc.sweep(TEXT, {"c": [1]}, journal="notes.jsonl").rows[0]["parameters"] == 158
    other = archc.sweep(TEXT.replace("linear(2)", "linear(3)"), {"c": [1]}, journal="notes.jsonl").rows[0]
    assert other["parameters"] == 223


@pytest.mark.parametrize("call", [archc.sweep, archc.fit], ids=["sweep", "fit"])
def test_a_compiled_network_has_nothing_to_vary(call: Call) -> None:
    with pytest.raises(TypeError, match="not a compiled `Network`, whose values do not vary any more"):
        call(small(), "c=1,2")


def test_a_text_is_never_quoted_as_the_name_of_a_file() -> None:
    with pytest.raises(archc.ArchError) as error:
        archc.fit("small.arch", "c=1..4", match=f"macs={TEXT}")
    assert "network small" not in str(error.value) and "the name of a file is wanted" in str(error.value)
