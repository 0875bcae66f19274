"""Which networks a name may mean that none has: the spellings of papers, of other libraries, and slips."""

from __future__ import annotations

import re
from collections.abc import Iterable

from ..ops.suggest import closest

_SIZES = {"nano": "n", "tiny": "t", "small": "s", "medium": "m", "base": "b", "large": "l", "huge": "h"}

WITH_SIGNS = re.compile(r"[A-Za-z_][\w.]*(?:-\w+|/\d+)+")
"""`efficientnet-b3`, `ViT-B/16`: a name as papers spell it, which in a text are several steps."""

_SHORTEST = 4
"""Letters of a name that may be the one in a longer word: `fcn` stands at the end of too much."""


def near_networks(word: str, names: Iterable[str], most: int = 4) -> tuple[str, ...]:
    """At most `most` of `names`, nearest first: what is heard alike (`ViT-B/16`) alone, what begins so (`gpt-2`) alone; else what stands at an end of it
    (`timm/resnet50.a1_in1k`), then slips.
    """
    said, known = _heard(word), sorted(set(names))
    if alike := heard_alike(word, known):
        return alike[:most]
    heard = {name: _heard(name) for name in known}
    if begun := [name for name in known if len(said) >= 3 and heard[name].startswith(said)]:
        return tuple(sorted(begun, key=lambda name: (len(name), name))[:most])
    within = [name for name in known if len(heard[name]) >= _SHORTEST and (said.startswith(heard[name]) or said.endswith(heard[name]))]
    first = sorted(within, key=lambda name: (-len(heard[name]), name))
    return tuple(dict.fromkeys([*first, *closest(word, known, most)]))[:most]


def heard_alike(word: str, names: Iterable[str]) -> tuple[str, ...]:
    """Those of `names` that are `word` in another spelling."""
    said = _heard(word)
    return tuple(name for name in sorted(set(names)) if said and _heard(name) == said)


def one_alike(word: str, names: Iterable[str]) -> str | None:
    """The one of `names` that is `word` in another spelling, without what a library of Python calls it by; else the only one that begins so."""
    said, known = _heard(word.rpartition(".")[2]), sorted(set(names))
    alike = [name for name in known if _heard(name) == said]
    begun = [name for name in known if _heard(name).startswith(said)]
    return alike[0] if alike else begun[0] if len(begun) == 1 and len(said) >= _SHORTEST else None


def _heard(name: str) -> str:
    """A name without capitals and signs but those between numbers, a word for a size as its letter: `vit_b_16` is `ViT-Base patch16`."""
    apart = re.sub(r"(?<=\d)\W(?=\d)", "_", name.replace("+", "p"))  # 1.6 is not 16
    pieces = re.findall(r"[A-Z]*[a-z]+|[A-Z]+|\d+|(?<=\d)_(?=\d)", apart)
    return "".join(_SIZES.get(piece.lower(), piece.lower()) for piece in pieces if piece.lower() != "patch")
