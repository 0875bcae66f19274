"""How an import refuses what it was given."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Source
from ...reporting.error import ArchError

UNASKED = "an import loads nothing from the network"
"""What a factory is told that asks the network for something."""


def trouble(source: str, code: str, message: str, help: str | None = None, notes: Sequence[str] = ()) -> ArchError:
    """An error that stands at the source as it was given."""
    label = Label(Source.of("import", source).span(0, len(source)))
    return ArchError((Diagnostic(code, message, label, help=help, notes=tuple(notes)),))
