"""Text for a stream that cannot show all letters: rules of tables, arrows and bars as ASCII has them, in place of question marks."""

from __future__ import annotations

import unicodedata

ASCII = {
    **dict.fromkeys("─━═‐‑‒–—―−⁃", "-"),
    **dict.fromkeys("│┃║∣¦", "|"),
    **dict.fromkeys("┌┐└┘├┤┬┴┼╭╮╰╯", "+"),
    "…": "...",
    **dict.fromkeys("→⟶➜➔", "->"),
    **dict.fromkeys("←⟵", "<-"),
    **dict.fromkeys("↑▲", "^"),
    **dict.fromkeys("↓▼", "v"),
    "⇒": "=>",
    "×": "x",
    "÷": "/",
    "±": "+-",
    "≤": "<=",
    "≥": ">=",
    "≠": "!=",
    "≈": "~",
    **dict.fromkeys("·⋅∙", "."),
    **dict.fromkeys("●•∗", "*"),
    "○": "o",
    **dict.fromkeys("“”„«»＂", '"'),
    **dict.fromkeys("‘’‚＇", "'"),
    **dict.fromkeys("▁▂", "_"),
    **dict.fromkeys("▃▄▅", "="),
    **dict.fromkeys("▆▇█", "#"),
    "░": ".",
    "ß": "ss",
    "æ": "ae",
    "Æ": "AE",
    "ø": "o",
    "Ø": "O",
    "ł": "l",
    "Ł": "L",
}
"""What a person writes where there is nothing but ASCII. Of one letter it is one letter where that can be, so that columns stand."""


def legible(text: str, encoding: str) -> str:
    """The text in letters that the encoding has; those that ASCII has nothing like are told by their numbers."""
    return "".join(map(_letter, text, [encoding] * len(text)))


def _letter(letter: str, encoding: str) -> str:
    if letter.isascii() or _is_there(letter, encoding):
        return letter
    for plain in (ASCII.get(letter, ""), unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()):
        if plain:
            return plain
    return letter.encode("ascii", "backslashreplace").decode()


def _is_there(letter: str, encoding: str) -> bool:
    try:
        letter.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
