"""Words of the language with a letter too many, too few or wrong."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final

from .diagnostics import Diagnostic, Edit, Fix, Label
from .mistake import Mistake, Repair
from .slips_words import USAGE
from .source import Span

_CLOSE: Final = 0.75
_AHEAD: Final = 3


def meant_word(word: str) -> str | None:
    """The word of the language that begins a statement and looks like `word`."""
    if word in USAGE or len(word) < 3:
        return None
    close = get_close_matches(word, USAGE, n=1, cutoff=_CLOSE)
    return close[0] if close else None


def misspelt_diagnostic(span: Span, right: str) -> Diagnostic:
    message = f"`{span.text}` does not begin a statement; `{right}` does"
    return Diagnostic("E125", message, Label(span), fix=Fix(f"write `{right}`", (Edit(span, right),)))


def misspelt_word(mistake: Mistake) -> Repair | None:
    """`epeat 3 { … }`, `netwrk n { … }`."""
    for index in range(mistake.position, mistake.start - 1, -1):
        token = mistake.tokens[index]
        if token.kind == "NAME" and (index == mistake.start or mistake.begins_line(index)):
            right = meant_word(mistake.word(token))
            if right is None:
                return None
            repair = Repair(misspelt_diagnostic(mistake.span(token), right), (mistake.as_kind(index, right.upper()),))
            return repair if mistake.gain(repair, _AHEAD) >= _AHEAD else None
    return None
