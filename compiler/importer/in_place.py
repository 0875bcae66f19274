"""A model in place of a file: what commands and `archc.compile` do with a word that names one. It loads nothing heavy before."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from ..files.model_names import NOTE, is_file, is_source


def file_of(
    word: str | os.PathLike[str],
    tell: Callable[[str], None] = lambda line: None,
    inputs: Mapping[str, tuple[int, ...]] = MappingProxyType({}),
) -> str:
    """The file that a word names; of a model (`timm:resnet50`), that of its imported text, which is made where it is not kept.

    `inputs` are what the model is run on; a file has inputs of its own, and its text is given these afterwards.
    """
    word = os.fspath(word)
    if not is_source(word):
        return word
    from .cache import imported_file

    path, how = imported_file(word, {} if is_file(word) else inputs)
    for note in _notes(path):
        tell(f"note: {note}")
    tell(f"{word}: {how}")
    return path


def left_to_give(word: str | os.PathLike[str], inputs: Mapping[str, tuple[int, ...]]) -> Mapping[str, tuple[int, ...]]:
    """What the text of `file_of` is still to be given: nothing where it was imported with these sizes, which may have other names in it."""
    word = os.fspath(word)
    return {} if is_source(word) and not is_file(word) else inputs


def _notes(path: str) -> Iterator[str]:
    """What the head of an imported text says beside where it is from, as `archc import` tells it."""
    with open(path, encoding="utf-8") as text:
        for line in text:
            if not line.startswith("##"):
                return
            if line.startswith(NOTE):
                yield line.removeprefix(NOTE).rstrip().removesuffix(".")
