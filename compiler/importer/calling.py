"""How a model takes its inputs: in the order of `forward`'s arguments, and by their names where an argument before them is left out or no order gives them."""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence

import torch
from torch import nn

from ..ops.suggest import closest, did_you_mean, with_all
from .graph_model import GraphModel
from .in_float32 import in_float32
from .trouble import trouble

Shape = tuple[int, ...]


def call(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str] = (), casts: dict[str, None] | None = None) -> object:
    """What a module answers in float32; the last inputs are given by these names. `casts` has the kinds of numbers that it would work in in part."""
    with in_float32(module, {} if casts is None else casts):
        return call_as_it_is(module, inputs, by_name)


def call_as_it_is(module: nn.Module, inputs: Sequence[torch.Tensor], by_name: Sequence[str] = ()) -> object:
    """The same in the kinds of numbers that it works in."""
    split = len(inputs) - len(by_name)
    return module(*inputs[:split], **dict(zip(by_name, inputs[split:], strict=True)))


def anew(inputs: Sequence[torch.Tensor]) -> list[torch.Tensor]:
    """The same once more: a model may write into what it takes (`x *= 255`), and then another run has other inputs."""
    return [row.clone() for row in inputs]


def input_names(module: nn.Module, count: int, by_name: Sequence[str] = ()) -> list[str]:
    """What the tensors that a module takes are called, in order; what `*inputs` takes is numbered."""
    if isinstance(module, GraphModel):
        return [*module.archc_calls.inputs][:count]
    names = [row.name for row in _arguments(module) if row.kind is not row.KEYWORD_ONLY]
    first = count - len(by_name)
    return [*names[:first], *(f"x{place}" for place in range(len(names), first)), *by_name]


def named_last(module: nn.Module, count: int) -> tuple[str, ...]:
    """Which of so many inputs in order are given by name: those that `forward` takes in no other way."""
    if isinstance(module, GraphModel) or _takes_more(module):
        return ()
    rows = _arguments(module)[:count]
    return tuple(row.name for row in rows if row.kind is row.KEYWORD_ONLY)


def in_order(
    module: nn.Module, given: Mapping[str, Shape], source: str, usual: Shape | None, remedy: str | None = None
) -> tuple[list[Shape], tuple[str, ...]]:
    """Shapes by name, in the order of `forward`, and which of them are given by name. "" is the first input, which may have the usual size.

    Raises `ArchError` (F651) for a name that is none, and for an input without a size.
    """
    rows = _arguments(module)
    first = sum(row.kind is not row.KEYWORD_ONLY for row in rows)
    more = [f"x{place}" for place in range(first, first + len(given))] if _takes_more(module) else []
    names = [*(row.name for row in rows), *more]
    sizes = {name or next(iter(names), ""): shape for name, shape in given.items()}
    unknown = next((name for name in sizes if name not in names), None)
    if unknown is not None:
        help = f"its inputs: {', '.join(f'`{name}`' for name in names)}" if names else "it takes none"
        near = did_you_mean(closest(unknown, names))
        raise trouble(source, "F651", f"the model `{source}` has no input `{unknown}`", with_all(near, help))
    goes_on = any(name in sizes for name in more)
    for place, row in enumerate(rows):
        is_needed = row.default is row.empty or (goes_on and row.kind is not row.KEYWORD_ONLY)
        if is_needed and row.name not in sizes:
            if place or usual is None:
                raise trouble(
                    source,
                    "F651",
                    f"the input `{row.name}` of `{source}` has no size",
                    remedy or f"give it one, too: `--input {row.name}=3x224x224`",
                )
            sizes[row.name] = usual
    ordered, by_name = list[Shape](), list[str]()
    for place, row in enumerate(rows):
        if row.name in sizes and (row.kind is row.KEYWORD_ONLY or place > len(ordered)):
            by_name.append(row.name)
        elif row.name in sizes:
            ordered.append(sizes[row.name])
    ordered += [sizes[name] for name in more if name in sizes]
    return [*ordered, *(sizes[name] for name in by_name)], tuple(by_name)


def needed(module: nn.Module) -> list[str]:
    """The inputs that `forward` cannot do without."""
    return [row.name for row in _arguments(module) if row.default is row.empty]


def _arguments(module: nn.Module) -> list[inspect.Parameter]:
    """What `forward` takes, one by one."""
    if isinstance(module, GraphModel):
        return [inspect.Parameter(name, inspect.Parameter.POSITIONAL_ONLY) for name in module.archc_calls.inputs]
    rows = inspect.signature(module.forward).parameters.values()
    return [row for row in rows if row.kind not in (row.VAR_POSITIONAL, row.VAR_KEYWORD)]


def _takes_more(module: nn.Module) -> bool:
    rows = inspect.signature(module.forward).parameters.values()
    return any(row.kind is row.VAR_POSITIONAL for row in rows)
