"""The tensors of what a model answers with, each with its name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import torch

SHOWN = 40
"""Signs of a value that a message gives."""


def outputs(result: object, name: str = "") -> Iterator[tuple[str, torch.Tensor]]:
    """The tensors of what a model answers with: a tensor, a list, a dictionary, a record of fields."""
    for path, item in _leaves(result, name):
        if isinstance(item, torch.Tensor):
            yield path, item


def others(result: object) -> list[str]:
    """What a model answers with beside tensors, in words. None is nothing."""
    found = []
    for path, item in _leaves(result, ""):
        if item is not None and not isinstance(item, torch.Tensor):
            plain = isinstance(item, bool | int | float | str) and len(repr(item)) <= SHOWN
            shown = f"`{item!r}`" if plain else f"a value of `{type(item).__name__}`"
            found.append(shown if not path or path.isdigit() else f"{shown} ({path})")
    return found


def _leaves(result: object, name: str) -> Iterator[tuple[str, object]]:
    """What is no collection, each with its path."""
    rows: Iterable[tuple[object, object]]
    if isinstance(result, Mapping):
        rows = result.items()
    elif isinstance(result, tuple) and hasattr(result, "_fields"):
        rows = zip(result._fields, result, strict=True)
    elif isinstance(result, list | tuple):
        rows = enumerate(result)
    elif hasattr(result, "__dataclass_fields__") and not isinstance(result, torch.Tensor | type):
        rows = [(key, getattr(result, key)) for key in result.__dataclass_fields__]
    else:
        yield name, result
        return
    for key, item in rows:
        yield from _leaves(item, f"{name}_{key}" if name else str(key))


def kind_of(result: object, known: Mapping[int, tuple[str, str]]) -> str:
    """What a model answers with, as one would say it."""
    if result is None:
        return "None: a `return` is missing in its `forward`, perhaps"
    if isinstance(result, torch.Tensor):
        source, key = known.get(id(result), ("constant", ""))
        return f"the {source} `{key}`" if key else "a tensor that is the same for every input"
    kind = type(result).__name__
    return f"{'an' if kind[0] in 'aeiouAEIOU' else 'a'} {kind}"
