"""Names of networks that become names of files, and are none, or not two, on another system (W520)."""

from __future__ import annotations

from collections.abc import Iterator

from ...base.diagnostics import Diagnostic, Label, Severity
from ...dsl import ast

DEVICES = frozenset({"con", "prn", "aux", "nul", *(f"{port}{number}" for port in ("com", "lpt") for number in range(10))})
"""What Windows takes for a device, whatever ending stands behind it."""


def doubtful_names(file: ast.File) -> Iterator[Diagnostic]:
    """A warning for each network of the file whose outputs could not lie everywhere under its name."""
    known: dict[str, ast.Name] = {}
    for item in file.items:
        if not isinstance(item, ast.Network):
            continue
        name = item.name
        folded = name.name.casefold()
        first = known.setdefault(folded, name)
        if folded in DEVICES:
            yield _doubt(f"Windows takes `{name.name}` for a device: `{name.name}.py` cannot be written there", Label(name.span))
        if first.name != name.name:
            message = f"on macOS and Windows `build/{name.name}` is `build/{first.name}`: these file systems do not tell capitals from small letters"
            yield _doubt(message, Label(name.span), Label(first.span, "differs in its capitals alone"))


def _doubt(message: str, *labels: Label) -> Diagnostic:
    first, *others = labels
    return Diagnostic("W520", message, first, tuple(others), help="give it another name", severity=Severity.WARNING)
