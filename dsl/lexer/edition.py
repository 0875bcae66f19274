"""`arch 1`, with which a text may begin: the edition of the language in which it is written."""

from __future__ import annotations

from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.source import Span
from .scanner import Tokens

EDITION: Final = "1"
"""The only edition there is."""


def unknown_edition(tokens: Tokens) -> Diagnostic | None:
    """What is wrong with the edition that a text states. A text of an edition that is not known cannot be judged any further."""
    first, after = tokens.tokens[0], tokens.tokens[1] if len(tokens.tokens) > 1 else tokens.tokens[0]
    if tokens.word(first) != "arch":
        return None
    stated = after.kind != "$END" and not tokens.begins_line(1)
    if stated and after.kind not in ("NUMBER", "SIZE", "TEXT"):
        return None  # `arch net {`: no edition was meant, and the parser tells what was
    word = tokens.word(after) if stated else ""
    if word == EDITION:
        return None
    span = Span(tokens.source, first.start, after.end if stated else first.end)
    newer = word.isdecimal() and len(word) < 10 and int(word) > int(EDITION)
    shown = span.text if len(span.text) <= 24 else f"{span.text[:20]}…"
    message = (
        f"`arch {word}` is an edition of the language that only an archc newer than this one may read: this one reads `arch {EDITION}`"
        if newer
        else f"`{shown}` is no edition of the language: this archc reads `arch {EDITION}`"
    )
    return Diagnostic(
        "E126",
        message,
        Label(span),
        help=f"install the archc for which the text was written (`archc --version` tells which one this is), or write `arch {EDITION}`"
        if newer
        else None,
        fix=None if newer else Fix(f"write `arch {EDITION}`", (Edit(span, f"arch {EDITION}"),)),
    )
