"""A model in place of a file: what commands and `archc.compile` do with a word that names one. It loads nothing heavy before."""

from __future__ import annotations

import os
from collections.abc import Callable

from .names import is_source


def file_of(word: str | os.PathLike[str], tell: Callable[[str], None] = lambda line: None) -> str:
    """The file that a word names; of a model (`timm:resnet50`), that of its imported text, which is made where it is not kept."""
    word = os.fspath(word)
    if not is_source(word):
        return word
    from .cache import imported_file

    path, was_there = imported_file(word)
    tell(f"{word}: {'imported before' if was_there else 'imported'}: {path}")
    return path
