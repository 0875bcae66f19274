"""The current tensor: whether there is one."""

from __future__ import annotations

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.source import Span
from .closures import Frame


def need_tensor(frame: Frame, span: Span) -> None:
    if frame.current is None and frame.is_before_input:
        raise Problem(
            Diagnostic(
                "E236",
                "there is no tensor yet: the network has no `input` before this step",
                Label(span, "gets nothing"),
                help="begin the network with its input, channels first: `input image[3, 224, 224]`",
            )
        )
