"""Which modules of PyTorch can be imported: those with code of Python's, and weights with numbers of 32 bits."""

from __future__ import annotations

import re
from typing import Any

import torch
from torch import nn

from .graph_model import GraphModel
from .trouble import trouble

COMPILED = "_orig_mod"
"""Where `torch.compile` keeps the module that it was given."""

KINDS = re.compile(r"dtype|scalar type|float|double|half", re.IGNORECASE)
"""What PyTorch says of numbers of two kinds that do not go together."""

OTHER_KINDS = re.compile(r"\bsame dtype|\bto be (equal|the same)\b.*\bdtype|\b(double|half|bfloat16|float64|float16)\b", re.IGNORECASE)
"""What it says to real numbers of two kinds."""

WANTS_INTEGERS = re.compile(r"scalar types?:? (Long|Int)|\bLongTensor\b|\bindices\b|expected .*\bLong\b|as indices must be|int64 for index")
"""What it says to numbers with a fraction where it wants an index."""

WANTS_TRUTHS = re.compile(r"\bbool(ean)?\b|bitwise_\w+", re.IGNORECASE)
"""What it says to numbers where it wants a mask."""

OF_ONE_KIND = "take the cast out of its `forward`: a network is of float32 throughout"


def usable(module: nn.Module, source: str = "the model") -> nn.Module:
    """The module, without what `torch.compile` put around it. Raises `ArchError`: F651."""
    inner = getattr(module, COMPILED, None)
    if isinstance(inner, nn.Module):
        module = inner
    for path, part in module.named_modules():
        place = f"`{path}` of `{source}`" if path else f"`{source}`"
        if isinstance(part, torch.jit.ScriptModule):
            raise trouble(
                source,
                "F651",
                f"{place} is a TorchScript module, whose steps are no code of Python's",
                f"name the class that it was made from{_named(part)}: import it before `torch.jit.script` or `torch.jit.trace`",
            )
        if COMPILED in part._modules or getattr(part, "_compiled_call_impl", None) is not None:
            raise trouble(source, "F651", f"{place} is compiled, and its steps are not seen", "import it before it is compiled")
    empty = next((key for key, tensor in (*module.named_parameters(), *module.named_buffers()) if tensor.is_meta), None)
    if empty is not None:
        raise trouble(
            source,
            "F651",
            f"`{empty}` of `{source}` has no numbers: it is on the meta device",
            'make the module without `torch.device("meta")`, or give it weights: `.to_empty(device="cpu")` and its start, or `load_state_dict(…, assign=True)`',
        )
    return module


def other_numbers(module: nn.Module, told: str) -> tuple[str, str] | None:
    """What is told of a module whose weights have other numbers than those of 32 bits, with the remedy, where PyTorch speaks of kinds
    of numbers in what it `told`."""
    if not KINDS.search(told):
        return None
    for key, tensor in module.state_dict().items():
        if tensor.is_floating_point() and tensor.dtype != torch.float32:
            name = str(tensor.dtype).removeprefix("torch.")
            when = " before it is exported" if isinstance(module, GraphModel) else ""
            return f"`{key}` is of {name}, and a network of float32", f"make it float32{when}: `.float()`"
    return None


def _named(part: Any) -> str:
    name = getattr(part, "original_name", "")
    return f", `{name}`" if name else ""
