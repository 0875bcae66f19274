"""What `archc build --quantize int8` makes: the modules in eight bits, and what is said of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label
from ...base.records import dataclass
from ...base.source import Source
from ...reporting.error import ArchError
from ..emit.fast.int8 import Int8OneDnn, Simulated
from ..emit.fast.step import Backend
from ..graph.graph import Graph
from ..rewrite.counting import counted
from ..rewrite.fused import layer_of
from .agreement import Agreement
from .quantize import KEPT, Quantized, Search
from .samples import samples_of
from .wanted import Wanted

if TYPE_CHECKING:
    from torch import Tensor, nn


@dataclass(frozen=True)
class Made:
    """A quantised network, how far it agrees with floating point, and where its samples are from."""

    quantized: Quantized
    agreement: Agreement
    samples: str
    layers: tuple[str, ...]
    """Which are in eight bits, and which are not and why."""

    @property
    def told(self) -> tuple[str, ...]:
        return (f"scales from {self.samples}", *self.layers, *self.agreement.lines())

    @property
    def module(self) -> nn.Module:
        """For TorchScript."""
        return self.quantized.module(Int8OneDnn()).module

    @property
    def simulated(self) -> nn.Module:
        """The same by definition; ONNX is written of it."""
        return self.quantized.module(Simulated()).module


def quantize(graph: Graph, weights: Mapping[str, Tensor], wanted: Wanted, backend: Backend) -> Made:
    """The network in eight bits after the rewrites of `backend`. Raises `ArchError` (F616, F681 to F685)."""
    samples = samples_of(graph, wanted.calibrate)
    for key, value in weights.items():
        if value.is_floating_point() and not bool(value.isfinite().all()):
            raise _trouble(
                "F683",
                f"the weight `{key}` holds numbers that are not finite",
                "correct the weights, or leave the layer as training starts: `--skip`",
            )
    search = Search(graph, weights, samples.batches(), backend)
    wild = search.not_finite()
    if wild is not None:
        raise _trouble(
            "F683",
            f"`{wild.unique}` makes numbers that are not finite of the samples",
            "give samples of the range that the network was trained on",
        )
    if all(node.index in search.stay for node in search.layers):
        reasons = "; ".join(_reasons(Quantized.none(search.state, search.stay)))
        raise _trouble(
            "F685",
            "no layer of the network can work in int8",
            "build it without `--quantize`, with `--optimize`",
            (reasons,) if reasons else (),
        )
    found = search.within(wanted.loss)
    if all(node.index in found.stay for node in found.layers):
        least = search.keeping(()).decibels
        raise _trouble(
            "F685",
            f"to keep a signal to noise of {wanted.loss:g} dB every layer would stay in float32",
            f"ask for less: with all layers in int8 it is {least:.1f} dB",
        )
    return Made(found, search.agreement(found), samples.told, tuple(_table(found)))


def _table(found: Quantized) -> Iterator[str]:
    """Which layers are in int8, and which are not and why."""
    inside = [node for node in found.layers if node.index not in found.stay]
    yield f"int8     {counted(len(inside), 'layer')} of {len(found.layers)}: {_kinds(layer_of(node.operation).name for node in inside)}"
    yield from (f"float32  {row}" for row in _reasons(found))


def _reasons(found: Quantized) -> Iterator[str]:
    """For each reason to stay in floating point, the steps that do; what only moves numbers, or follows another, is not named."""
    rows: dict[str, list[str]] = {}
    for node in found.before.graph.nodes:
        reason = found.stay.get(node.index, "")
        if reason == KEPT:
            rows.setdefault(f"{reason} ({layer_of(node.operation).name})", []).append(node.unique)
        elif reason and layer_of(node.operation).family != "shape" and layer_of(node.operation).int8 in ("", "computes"):
            rows.setdefault(f"{layer_of(node.operation).name}: {reason}", []).append(node.unique)
    for reason, names in rows.items():
        further = f" and {len(names) - 3} more" if len(names) > 4 else ""
        yield f"{reason}: {', '.join(names[: 3 if further else 4])}{further}"


def _kinds(names: Iterator[str]) -> str:
    counts: dict[str, int] = {}
    for name in names:
        counts[name] = counts.get(name, 0) + 1
    return ", ".join(f"{count} {name}" for name, count in counts.items())


def has_vnni() -> bool:
    """Whether this processor multiplies numbers of eight bits faster than others; where PyTorch does not tell, it is taken to."""
    import torch

    tell = getattr(torch.cpu, "_is_vnni_supported", None)
    return tell is None or bool(tell())


def _trouble(code: str, message: str, help: str, notes: tuple[str, ...] = ()) -> ArchError:
    place = "int8"
    return ArchError((Diagnostic(code, message, Label(Source("--quantize", place).span(0, len(place))), notes=notes, help=help),))
