"""What is at hand: whether there is a tensor, or several."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.source import Span
from ..graph.program import Node
from .closures import Frame, Tensors


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


def each(tensors: Tensors) -> tuple[int | None, ...]:
    """The tensors one by one."""
    return tensors if isinstance(tensors, tuple) else (tensors,)


def together(tensors: Sequence[int | None]) -> Tensors:
    """Tensors as what is at hand: where one of them is unknown, all are."""
    known = tuple(tensor for tensor in tensors if tensor is not None)
    return None if len(known) < len(tensors) else known[0] if len(known) == 1 else known


def only(nodes: Sequence[Node], tensors: Tensors, span: Span, told: str) -> int | None:
    """The one tensor that there is. `told` is what wants one: "`relu` takes"."""
    if not isinstance(tensors, tuple):
        return tensors
    first, last = (nodes[tensors[place]] for place in (0, -1))
    in_a_row = first.span == last.span and first.names[1:] == ("0",)  # `xs: split(4)`
    name = f"take one up, `skip({first.names[0]}[0])`" if in_a_row else "name them, `… as a, b`, and take one up, `skip(a)`"
    raise Problem(
        Diagnostic(
            "E234",
            f"{told} one tensor, and {len(tensors)} are at hand",
            Label(span, f"{len(tensors)} tensors"),
            (Label(nodes[tensors[-1]].span, f"gives the last of the {len(tensors)}"),),
            help=f"{name}; `concat`, `add`, or a block that `takes` several, goes on with all",
        )
    )
