"""Labels that a format does not hold: words of Python's, and for TorchScript letters beyond ASCII. Python's own source holds them all."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label
from ...reporting.error import ArchError
from ..elaborate.naming import WORDS
from ..graph.graph import Graph

if TYPE_CHECKING:
    from torch import nn


def tell_labels(module: nn.Module, graph: Graph, form: str, ascii_alone: bool = False) -> None:
    """Before `form` is written, which says `self.label` whatever the label is.

    Raises `ArchError` (F627), at each step whose label it could not read back.
    """
    told = {label: why for label in _labels(module) if (why := _why_not(label, ascii_alone)) is not None}
    if told:
        raise ArchError(tuple(_told(graph, form, label, why) for label, why in sorted(told.items())))


def _why_not(label: str, ascii_alone: bool) -> str | None:
    if label in WORDS:
        return "it is a word of Python's own"
    if ascii_alone and not label.isascii():
        return "it has letters beyond ASCII"
    read = unicodedata.normalize("NFKC", label)
    return f"Python reads it as `{read}`" if read != label else None


def _labels(module: nn.Module) -> Iterator[str]:
    for path, part in module.named_modules():
        yield path.rpartition(".")[2]
        yield from part._parameters
        yield from part._buffers


def _told(graph: Graph, form: str, label: str, why: str) -> Diagnostic:
    # Within a class of the user's own names are none of the text's.
    place = next((node.span for node in graph.nodes if label in node.key.split(".")), graph.program.span)
    return Diagnostic(
        "F627",
        f"{form} cannot hold the label `{label}`: {why}",
        Label(place, "named here"),
        help="choose another label; or ask for what holds it: `--target python,diagram,json`, or `--optimize`, whose file has names of its own",
    )
