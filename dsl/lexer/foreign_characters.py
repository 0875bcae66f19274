"""Characters that no `.arch` text needs outside of comments and texts: what they were meant to be.

Full-width signs of an input method, curly quotes and dashes of a word processor, non-breaking spaces of a web page,
letters of another alphabet that look like ours. The parser goes on with what was meant; one diagnostic speaks for all
characters of a sort.
"""

from __future__ import annotations

import re
from dataclasses import field
from typing import Final

from ...base.diagnostics import Diagnostic, Edit, Fix, Label
from ...base.records import dataclass
from ...base.source import Source

_SUSPECT: Final = re.compile(r"[^\t\n\x20-\x7e]")
_PLACES: Final = re.compile(r"#[^\n]*|\"[^\"\n]*\"|[“„«‘‚”’][^\n“”„«»‘’‚\"]*[”“»’‘]|[^\t\n\x20-\x7e]")
_WORD: Final = re.compile(r"\w+")
# Control characters, and those that change the direction in which a line is shown.
_HIDDEN: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")

_QUOTES: Final = "“”„«»‘’‚＂＇"
_SPACES: Final = (
    "\u00a0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a\u200b\u200c\u200d\u202f\u205f\u2060\u3000\ufeff"
)
_SIGNS: Final[dict[str, str]] = {
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F) if not chr(code - 0xFEE0).isalnum()},
    **dict.fromkeys("→⟶⇒➔➜", "->"),
    **dict.fromkeys("–—−‐‑‒", "-"),
    **dict.fromkeys("×∗⋅·", "*"),
    "÷": "/",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "、": ",",
    "،": ",",
    "。": ".",
    "：": ":",
    "∣": "|",
    "│": "|",
    "¦": "|",
    "【": "[",
    "】": "]",
    "〔": "(",
    "〕": ")",
    "；": ";",
}
# Letters of the Cyrillic and Greek alphabets that no eye tells from ours.
_TWINS: Final = str.maketrans("асеорхуіѕјԁһкАВСЕНІЈКМОРЅТХοαρνικΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "aceopxyisjdhkABCEHIJKMOPSTXoapvikABEZHIKMNOPTYX")


@dataclass(slots=True)
class _Sort:
    """All characters of one sort: places, and what was meant there."""

    edits: list[Edit] = field(default_factory=list)


def clean(source: Source) -> tuple[str, list[Diagnostic]]:
    """A text as long as the source's in which such characters are what was meant, and what is to be said of them.

    A sign that is meant as two (`→`) stays, and is a sign of its own to the scanner.
    """
    text = source.text
    if _SUSPECT.search(text) is None:
        return text, []
    result = list(text)
    signs, quotes, spaces = _Sort(), _Sort(), _Sort()
    words: dict[str, list[int]] = {}
    unknown: dict[str, list[int]] = {}
    done = 0
    for match in _PLACES.finditer(text):
        start, character = match.start(), match[0][0]
        if start < done or character in '#"':
            continue
        if character in _QUOTES:
            for place in dict.fromkeys((start, match.end() - 1)):
                if text[place] in _QUOTES:
                    result[place] = '"'
                    quotes.edits.append(Edit(source.span(place, place + 1), '"'))
        elif character in _SPACES:
            result[start] = " "
            spaces.edits.append(Edit(source.span(start, start + 1), "" if character in "\u200b\u200c\u200d\u2060\ufeff" else " "))
        elif character in _SIGNS:
            meant = _SIGNS[character]
            if character == "×" and text[start - 1 : start].isdigit() and text[start + 1 : start + 2].isdigit():
                meant = "x"
            signs.edits.append(Edit(source.span(start, start + 1), meant))
            if len(meant) == 1:
                result[start] = meant
        elif character.isalnum():
            done = _word(text, start, result, words)
        elif not _HIDDEN.match(character):
            unknown.setdefault(character, []).append(start)
            result[start] = " "
    return "".join(result), [
        *_hidden(source, result),
        *_sort(source, spaces, "a space that is not the plain one stands in the text", "plain spaces"),
        *_sort(source, quotes, 'a text stands between plain quotes `"`', "plain quotes"),
        *_sort(source, signs, "", "the plain signs"),
        *(_foreign_word(source, word, places) for word, places in words.items()),
        *(_foreign_sign(source, sign, places) for sign, places in unknown.items()),
    ]


def meant_by(text: str) -> str:
    """The sign that `text` stands for: `<=` for `≤`, and `<=` itself."""
    return _SIGNS.get(text, text)


def _word(text: str, start: int, result: list[str], words: dict[str, list[int]]) -> int:
    """Note the whole word around a letter that is not ours; where the word ends."""
    while start and (text[start - 1].isalnum() or text[start - 1] == "_"):
        start -= 1
    match = _WORD.match(text, start)
    end = match.end() if match else start + 1
    words.setdefault(text[start:end], []).append(start)
    plain = _plain(text[start:end])
    for offset, character in enumerate(plain):
        result[start + offset] = character if character.isascii() else "_"
    return end


def _plain(word: str) -> str:
    """The word in our letters, letter for letter, as far as that is known."""
    wide = "".join(chr(ord(letter) - 0xFEE0) if 0xFF01 <= ord(letter) < 0xFF5F else letter for letter in word)
    twins = wide.translate(_TWINS)
    if twins.isascii():
        return twins
    from unicodedata import normalize  # only here: few texts need it

    return "".join(normalize("NFKD", letter)[0] for letter in twins)


def _sort(source: Source, sort: _Sort, message: str, plain: str) -> list[Diagnostic]:
    if not sort.edits:
        return []
    first = sort.edits[0]
    found = first.span.text
    if not message:
        message = f"`{found}` is not the sign `{first.text}` of the language"
    kinds = dict.fromkeys((edit.span.text, edit.text) for edit in sort.edits)
    more = len(sort.edits) - 1
    notes = []
    if len(kinds) > 1 and plain == "the plain signs":
        notes.append("also " + ", ".join(f"`{one}` for `{other}`" for one, other in list(kinds)[1:6]))
    if more > 3:
        notes.append(f"there are {more} more in this text")
    label = _name(found) if found.isspace() or not found.isprintable() else ""
    secondary = tuple(Label(edit.span, "here too") for edit in sort.edits[1:4])
    fix = Fix(f"write {plain}" + (f", in {more + 1} places" if more else ""), tuple(sort.edits))
    return [Diagnostic("E102", message, Label(first.span, label), secondary, tuple(notes), None, fix)]


def _foreign_word(source: Source, word: str, places: list[int]) -> Diagnostic:
    edits = tuple(Edit(source.span(place, place + len(word)), _plain(word)) for place in places)
    primary = Label(edits[0].span, "has letters of another alphabet")
    secondary = tuple(Label(edit.span, "here too") for edit in edits[1:4])
    message = f"the name `{word}` has letters other than a to z, A to Z"
    plain = _plain(word)
    if plain.isascii() and not plain[0].isdigit():
        return Diagnostic("E102", message, primary, secondary, fix=Fix(f"write `{plain}`", edits))
    return Diagnostic("E102", message, primary, secondary, help="names are made of letters a to z, A to Z, digits and `_`")


_OF_FIGURES: Final = {
    **dict.fromkeys("⊕∑Σ∔⨁", "tensors are added by a merge: `add { | … | … }`"),
    **dict.fromkeys("⊗⊙∘∗⨂⨀", "tensors are multiplied by a merge, position by position: `mul { | … | … }`"),
    **dict.fromkeys("∥‖⧺⊎∪", "tensors are stacked by a merge: `concat { | … | … }`"),
}
"""Signs that figures have for what joins tensors."""


def _foreign_sign(source: Source, sign: str, places: list[int]) -> Diagnostic:
    spans = [source.span(place, place + 1) for place in places]
    return Diagnostic(
        "E102",
        f"`{sign}` is not a sign of the language",
        Label(spans[0], _name(sign)),
        tuple(Label(span, "here too") for span in spans[1:4]),
        help=_OF_FIGURES.get(sign, "outside of comments and texts only plain letters, digits and signs are used"),
    )


def _hidden(source: Source, result: list[str]) -> list[Diagnostic]:
    """Characters that cannot be seen; they have no place anywhere, comments included."""
    places = [match.start() for match in _HIDDEN.finditer(source.text)]
    if not places:
        return []
    for place in places:
        result[place] = " "
    spans = [source.span(place, place + 1) for place in places]
    more = len(places) - 1
    return [
        Diagnostic(
            "E103",
            f"a character that cannot be seen stands in the text: {_name(source.text[places[0]])}",
            Label(spans[0], "here"),
            tuple(Label(span, "here too") for span in spans[1:4]),
            (f"there are {more} more in this text",) if more > 3 else (),
            fix=Fix("remove it" if not more else f"remove all {more + 1}", tuple(Edit(span, "") for span in spans)),
        )
    ]


def _name(character: str) -> str:
    from unicodedata import name  # only here: few texts need it

    return f"U+{ord(character):04X} {name(character, '').lower()}".rstrip()
