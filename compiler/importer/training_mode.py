"""Programs and files that were exported in training mode: norms go by the batch and dropouts drop, so that no answer is the model's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from torch._ops import OpOverload
from torch.export import ExportedProgram

from .trouble import trouble

RATES = ("p", "dropout", "dropout_p")
"""What operators call the part of the numbers that they drop."""


def see_program(program: ExportedProgram, source: str) -> None:
    """Raises `ArchError`: F655."""
    for node in program.graph.nodes:
        if node.op != "call_function" or not isinstance(node.target, OpOverload):
            continue
        told = [row.name for row in node.target._schema.arguments]
        if _trains({**dict(zip(told, node.args, strict=False)), **node.kwargs}):
            places = [path for path, _ in (node.meta.get("nn_module_stack") or {}).values() if path]
            raise _trouble(source, node.target._schema.name.partition("::")[2], places[-1] if places else "", "torch.export.export")


def see_onnx(node: Any, attributes: Mapping[str, Any], known: Mapping[str, Any], source: str) -> None:
    """The same of a node of a file of ONNX; `known` are its constants. Raises `ArchError`: F655."""
    norm = node.op_type == "BatchNormalization" and attributes.get("training_mode")
    drop = node.op_type == "Dropout" and len(node.input) > 2 and bool(known.get(node.input[2], False))
    if norm or drop:
        raise _trouble(source, node.op_type, node.name, "torch.onnx.export")


def _trains(row: Mapping[str, Any]) -> bool:
    """Whether a call with these arguments does what a model does in training alone."""
    rate = next((row[name] for name in RATES if name in row), None)
    if rate is not None:
        return bool(rate) and (row.get("train", row.get("training", "dropout_p" in row)) is True)
    return row.get("training") is True and row.get("running_mean") is not None


def _trouble(source: str, operator: str, place: str, exporter: str) -> Exception:
    return trouble(
        source,
        "F655",
        f"`{source}` was exported in training mode: `{operator}`" + (f" of `{place}`" if place else "") + " works as in training",
        f"call `.eval()` on the module before `{exporter}`; a dropout that is called as a function takes `training=self.training`",
    )
