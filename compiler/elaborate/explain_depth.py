"""What is said of calls without end, and of a text that nests too deep."""

from __future__ import annotations

from collections.abc import Sequence

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Span
from ..graph.program import CallSite
from ..ops import TABLE


def too_deep(via: Sequence[CallSite], span: Span, limit: int) -> Diagnostic:
    """`via`: the calls that led to `span`, which is deeper than `limit` levels."""
    calls = [call.name for call in via]
    for length in range(1, 9):  # how many blocks go round
        if len(calls) > 5 * length and calls[-length:] == calls[-2 * length : -length]:
            chain = " -> ".join(f"`{name}`" for name in [*calls[-length:], calls[-length]])
            return Diagnostic(
                "E401",
                f"`{calls[-1]}` calls itself without end ({chain}): {limit} levels are the limit",
                Label(via[-1].span, "calls itself"),
                help=_hidden(calls[-length:])
                or "end it with a condition on a parameter that changes, as in `if n > 1 { … }`, or write a `repeat`",
            )
    return Diagnostic("E401", f"the text nests deeper than {limit} levels, the limit", Label(span, f"level {limit + 1}"))


def _hidden(names: Sequence[str]) -> str | None:
    """`block bn { bn -> relu }`: the operation was meant, which the block hides."""
    name = next((name for name in names if name in TABLE), None)
    return f"`{name}` is the block here, and hides the operation `{name}`: call the block something else, `my_{name}`" if name else None
