"""A module ready for use: its weights in, on its device, in its dtype."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...base.source import Source
from ...reporting.error import ArchError
from ..codegen.pytorch import Mode
from ..graph.graph import Graph
from .live_module import build
from .weights import AnyWeights, as_weights, put, side_head_keys

if TYPE_CHECKING:
    import torch
    from torch import nn

DTYPES = ("float32", "float64", "float16", "bfloat16")
"""What `--dtype` of `archc build` may say."""

SEED = 0
"""Modules are built with the same weights in every run."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """How a module is wanted: for what, with which weights (None: as the authors start them), where and in which dtype."""

    mode: Mode = Mode.INFERENCE
    weights: AnyWeights | None = None
    device: str = "cpu"
    dtype: str = "float32"


def ready(graph: Graph, wanted: Wanted, seed: int | None = SEED) -> nn.Module:
    """The module as it is wanted. Raises `ArchError` where the weights do not fit or the device is not there."""
    import torch

    trouble = _device_trouble(wanted.device)
    if trouble is not None:
        raise ArchError((trouble,))
    if seed is None:
        module = build(graph, wanted.mode)
    else:
        with torch.random.fork_rng(devices=()):
            torch.manual_seed(seed)
            module = build(graph, wanted.mode)
    module = module.to(getattr(torch, wanted.dtype))  # before the weights, which may be more exact than float32
    if wanted.weights is not None:
        unused = side_head_keys(graph) if wanted.mode is Mode.INFERENCE else frozenset[str]()
        problems = put(module, graph, as_weights(wanted.weights), unused)
        if problems:
            raise ArchError(problems)
    return module.to(wanted.device).train(wanted.mode is not Mode.INFERENCE)


def _device_trouble(device: str) -> Diagnostic | None:
    """Why there is no such device; None where there is."""
    import torch

    place = Label(Source("--device", device).span(0, len(device)))
    try:
        kind = torch.device(device)
    except RuntimeError:
        return Diagnostic("F617", f"`{device}` is no device of PyTorch", place, help="`cpu`, `cuda` or `cuda:1`")
    if kind.type == "meta":
        return Diagnostic("F617", "the device `meta` holds no numbers: there would be no weights to write", place, help="build for `cpu`")
    count = torch.cuda.device_count() if kind.type == "cuda" and torch.cuda.is_available() else 0
    if kind.type == "cuda":
        found = f"PyTorch sees {count} CUDA device{'s' if count > 1 else ''}" if count else "PyTorch sees no CUDA device here"
        there = (kind.index or 0) < count
    else:
        found, there = _tried(kind)
    if there:
        return None
    return Diagnostic(
        "F617", f"there is no device `{device}`", place, notes=(found,), help="build for `cpu`, or on the machine that has it"
    )


def _tried(kind: torch.device) -> tuple[str, bool]:
    """Whether a number can be put on the device and read back; what PyTorch says where not."""
    import torch

    try:
        return "", float(torch.ones(1, device=kind).cpu()) == 1
    except Exception as error:
        # Every kind of device has a way of its own to say that it is not there.
        text = next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
        if "INTERNAL ASSERT" in text:  # and a plea to report it, which would be in vain
            return "PyTorch knows its name and nothing of it", False
        return f"PyTorch says: {text.partition('. ')[0][:160]}", False
