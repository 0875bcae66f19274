"""The exception that carries diagnostics to whoever called from Python."""

from __future__ import annotations

from collections.abc import Iterable

from ..base.diagnostics import Diagnostic


class ArchError(Exception):
    """The file has errors. `diagnostics` holds all of them; `str()` prints them as `archc check` does."""

    def __init__(self, diagnostics: Iterable[Diagnostic]) -> None:
        self.diagnostics = tuple(diagnostics)
        super().__init__(self.diagnostics)

    def __str__(self) -> str:
        from .terminal import to_text

        return to_text(self.diagnostics).rstrip("\n")

    def _render_traceback_(self) -> list[str]:
        """What a notebook shows (IPython asks for it): the errors of the file, and no frames of the compiler, which is not at fault."""
        return str(self).splitlines()
