"""A quotient that is not whole, which a block reads in several places: one value is at fault, and it is told once."""

from __future__ import annotations

from dataclasses import replace

from ...base.diagnostics import Diagnostic, Fix, Label


def told_already(told: list[Diagnostic], further: Diagnostic) -> bool:
    """Whether `out / 2` of the same `out` was told before: that diagnostic then has this place, and the edit of it, too."""
    if further.code != "E220" or not further.secondary:
        return False
    for number, first in enumerate(told):
        if (first.code, first.message, first.notes) != (further.code, further.message, further.notes):
            continue
        if not first.secondary or first.secondary[0].span != further.secondary[0].span or (first.fix is None) != (further.fix is None):
            continue
        fix = Fix(first.fix.message, (*first.fix.edits, *further.fix.edits)) if first.fix is not None and further.fix is not None else None
        told[number] = replace(first, secondary=(*first.secondary, Label(further.primary.span, "and here")), fix=fix)
        return True
    return False
