"""The widget of a notebook: a text that answers while it is edited. `archc.edit` makes one; anywidget carries it to JupyterLab, VS Code and others."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import anywidget
from traitlets import Bool, Dict, List, TraitError, Unicode, observe, validate

from .answers import PLAIN, Wanted, Writing

if TYPE_CHECKING:
    from ..api import Network

FILE = "cell.arch"
"""What messages call the text; what it imports is looked for in the current folder and in the library."""


class Editor(anywidget.AnyWidget):
    """The text and the values given to its parameters go in, by the page or from Python; all else follows from them."""

    _esm = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")

    text = Unicode().tag(sync=True)
    settings = Dict().tag(sync=True)
    parameters: List[Any] = List().tag(sync=True)
    diagnostics: List[Any] = List().tag(sync=True)
    totals = Unicode().tag(sync=True)
    picture = Unicode().tag(sync=True)
    stale = Bool(False).tag(sync=True)
    """Whether the text has errors, and picture and totals are those of before."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self._writing = Writing(FILE)
        self.text = text

    @property
    def network(self) -> Network:
        """What the text says now, with these values. Raises `ArchError`."""
        from ..api import Network

        return Network.from_text(self.text, "cell", settings=self.settings)

    @validate("settings")
    def _known(self, proposal: dict[str, dict[str, object]]) -> dict[str, object]:
        given, names = proposal["value"], [name for name, _ in self.parameters]
        for name, value in given.items():
            if name not in names:
                raise TraitError(f"the network has no parameter {name!r}: it has {', '.join(names) or 'none'}")
            if not isinstance(value, PLAIN):
                raise TraitError(f"{name} is a number, a word, True or False here, not {value!r}")
        return given

    @observe("text", "settings")
    def _answer(self, _change: object) -> None:
        parts = {str(part["part"]): part for part in self._writing.answers(self.text, Wanted(settings=self.settings))}
        with self.hold_sync():
            self._show(parts)

    def _show(self, parts: dict[str, Any]) -> None:
        check, picture = parts["check"], parts.get("picture")
        told = [*check["diagnostics"]]
        self.stale = picture is None and bool(self.totals)
        if picture is not None:
            self.parameters = check["parameters"]
            kept = {name for name, _ in self.parameters}
            self.settings = {name: value for name, value in self.settings.items() if name in kept}
            self.totals = parts["costs"]["totals"]
            self.picture = picture["svg"] or ""
            told += picture["diagnostics"]
        self.diagnostics = told
