"""The edits that diagnostics offer, made."""

from __future__ import annotations

from collections.abc import Iterable

from ..base.diagnostics import Diagnostic, Edit


def applied(diagnostics: Iterable[Diagnostic]) -> dict[str, tuple[str, int]]:
    """The new text of each file that changes, by its name, and how many diagnostics were put right.

    A fix is made whole or not at all; one that touches text which an earlier fix already changed is left for the next run. What changes nothing is none.
    """
    taken: dict[str, list[Edit]] = {}
    counts: dict[str, int] = {}
    for row in diagnostics:
        edits = row.fix.edits if row.fix is not None else ()
        if all(edit.text == edit.span.text for edit in edits) or any(
            _overlaps(edit, taken.get(edit.span.source.name, [])) for edit in edits
        ):
            continue
        for edit in edits:
            taken.setdefault(edit.span.source.name, []).append(edit)
        first = edits[0].span.source.name
        counts[first] = counts.get(first, 0) + 1
    return {name: (_edited(edits), counts.get(name, 0)) for name, edits in taken.items()}


def _overlaps(edit: Edit, others: list[Edit]) -> bool:
    # Two insertions at one place have no order of their own, so they count as an overlap too.
    return any(
        (edit.span.start < other.span.end and other.span.start < edit.span.end) or edit.span.start == other.span.start for other in others
    )


def _edited(edits: list[Edit]) -> str:
    text = edits[0].span.source.text
    for edit in sorted(edits, key=lambda edit: -edit.span.start):
        text = text[: edit.span.start] + edit.text + text[edit.span.end :]
    return text
