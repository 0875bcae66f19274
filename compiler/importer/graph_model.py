"""A list of calls as a module: what is left of a model in a file. It runs as the model did, and each call knows its module of then."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import Any

import torch
from torch import nn

from ...base.records import dataclass

Place = tuple[str, int]
"""A module's path, and how often it was entered."""


@dataclass(frozen=True, slots=True)
class Name:
    """A value of the list: of a call, an input, or a weight by its key."""

    text: str


@dataclass(slots=True, eq=False)
class Row:
    """One call. Its arguments hold `Name`s."""

    name: str
    function: Callable[..., Any]
    arguments: Sequence[Any]
    keywords: Mapping[str, Any] = field(default_factory=dict)
    stack: tuple[Place, ...] = ()
    """The modules around it, the outermost first."""
    line: tuple[str, int] | None = None

    def __repr__(self) -> str:
        return f"<Row {self.name} in {self.stack[-1][0] if self.stack else 'the root'}>"


@dataclass(slots=True, eq=False)
class Calls:
    """What a model of calls does."""

    inputs: Sequence[str]
    rows: Sequence[Row]
    answer: Callable[[Mapping[str, Any]], object]
    keys: dict[str, str] = field(default_factory=dict)
    """The key in the state_dict of each value that is a weight or a buffer."""
    tell: Callable[[Row], None] | None = None
    """Hears of each call before it runs."""

    def __repr__(self) -> str:
        return f"<Calls: {len(self.rows)}>"


class GraphModel(nn.Module):
    """The modules of the model, without code of their own, and its calls. It has one name of its own: all others may be the model's."""

    def __init__(self, inputs: Sequence[str], rows: Sequence[Row], answer: Callable[[Mapping[str, Any]], object]) -> None:
        super().__init__()
        self.archc_calls = Calls(list(inputs), rows, answer)

    def forward(self, *inputs: torch.Tensor) -> object:
        calls = self.archc_calls
        values: dict[str, Any] = dict(zip(calls.inputs, inputs, strict=True))
        for name, key in calls.keys.items():
            home, _, last = key.rpartition(".")
            values[name] = getattr(self.get_submodule(home), last)
        with inputs[0].device if inputs else contextlib.nullcontext():  # where what is made of nothing belongs, too
            for row in calls.rows:
                if calls.tell is not None:
                    calls.tell(row)
                values[row.name] = row.function(*_filled(list(row.arguments), values), **_filled(dict(row.keywords), values))
        return calls.answer(values)


def give_weight(model: GraphModel, name: str, key: str, tensor: torch.Tensor, kind: str) -> None:
    """Add a weight (`parameter`), or a `buffer`, or a `constant`, which no state_dict has."""
    home, _, last = key.rpartition(".")
    module = part(model, home)
    while hasattr(module, last):  # `type` is a name in a file of ONNX, and a method of every module
        last += "_"
    if kind == "parameter":
        module.register_parameter(last, nn.Parameter(tensor, requires_grad=tensor.is_floating_point()))
    else:
        module.register_buffer(last, tensor, persistent=kind == "buffer")
    model.archc_calls.keys[name] = f"{home}.{last}" if home else last


def _filled(value: Any, values: Mapping[str, Any]) -> Any:
    if isinstance(value, Name):
        return values[value.text]
    if isinstance(value, list | tuple):
        return type(value)(_filled(item, values) for item in value)
    if isinstance(value, dict):
        return {key: _filled(item, values) for key, item in value.items()}
    if isinstance(value, slice):
        return slice(_filled(value.start, values), _filled(value.stop, values), _filled(value.step, values))
    return value


def part(root: nn.Module, path: str, kind: str = "") -> nn.Module:
    """The module at a path, made where it is not there; `kind` is its class with the module of that."""
    module = root
    names = path.split(".") if path else []
    for depth, name in enumerate(names):
        inner = module._modules.get(name)
        if inner is None:
            inner = nn.Module()
            module.add_module(name, inner)
        if depth == len(names) - 1 and kind and type(inner) is nn.Module:
            home, _, last = kind.rpartition(".")
            inner.__class__ = type(last, (nn.Module,), {"__module__": home})
        module = inner
    return module
