"""`archc.edit`: a text to edit in a notebook, where the package for it is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import given as kind
from ..given import takes

if TYPE_CHECKING:
    from .widget import Editor


@takes(text=kind.text)
def edit(text: str) -> Editor:
    """A widget with the text to edit; picture, totals and errors follow it. Its `network` is the network as it then stands."""
    try:
        from .widget import Editor
    except ModuleNotFoundError as error:
        if (error.name or "").split(".")[0] not in ("anywidget", "ipywidgets", "traitlets"):
            raise
        from ..base.diagnostics import Diagnostic
        from ..compiler.files.system_errors import at
        from ..reporting.error import ArchError

        lacks = Diagnostic("F616", f"`archc.edit` needs the package `{error.name}`", at("edit"), help="`pip install 'archc[notebook]'`")
        raise ArchError((lacks,)) from None
    return Editor(text)
