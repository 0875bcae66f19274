"""The tensors of what a model answers with, each with its name."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import torch


def outputs(result: object, name: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of what a model answers with: a tensor, a list, a dictionary, a record of fields."""
    if isinstance(result, torch.Tensor):
        yield name, result
    elif isinstance(result, Mapping):
        for key, item in result.items():
            yield from outputs(item, f"{name}_{key}" if name else str(key))
    elif isinstance(result, tuple) and hasattr(result, "_fields"):
        for key, item in zip(result._fields, result, strict=True):
            yield from outputs(item, f"{name}_{key}" if name else str(key))
    elif isinstance(result, list | tuple):
        for number, item in enumerate(result):
            yield from outputs(item, f"{name}_{number}" if name else str(number))
    elif hasattr(result, "__dataclass_fields__"):
        for key in result.__dataclass_fields__:
            yield from outputs(getattr(result, key), f"{name}_{key}" if name else str(key))


def kind_of(result: object, known: Mapping[int, tuple[str, str]]) -> str:
    """What a model answers with, as one would say it."""
    if result is None:
        return "None: a `return` is missing in its `forward`, perhaps"
    if isinstance(result, torch.Tensor):
        source, key = known.get(id(result), ("constant", ""))
        return f"the {source} `{key}`" if key else "a tensor that is the same for every input"
    kind = type(result).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
