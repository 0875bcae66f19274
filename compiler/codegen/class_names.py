"""Names of classes: a block's own, and of its variants the words that tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .designs import Design, Designs, Form
from .identifiers import Namer, camel_case


def name_classes(designs: Designs, network: str, taken: Iterable[str]) -> None:
    """Give every design that becomes a class its name: `network` to the network's, the block's own to its plainest variant."""
    namer = Namer({*taken, network})
    designs.root.name = network
    for base, group in _groups(designs).items():
        suffixes = _suffixes(group)
        for design in group:
            design.name = namer.give(base + suffixes[design])


def reading_order(designs: Designs) -> list[str]:
    """The classes' names in the order of the file: what is used comes before what uses it, variants stand together."""
    return [design.name for group in _groups(designs).values() for design in group] + [designs.root.name]


def _groups(designs: Designs) -> dict[str, list[Design]]:
    """The classes of each block, the plainest first."""
    groups: dict[str, list[Design]] = {}
    for design in designs.all:
        if design.form in (Form.CLASS, Form.CHAIN_CLASS) and design is not designs.root:
            groups.setdefault(camel_case(design.word), []).append(design)
    for group in groups.values():
        group.sort(key=lambda design: (len(design.words), len(design.calls), design.units[0].first))
    return groups


def _suffixes(group: Sequence[Design]) -> dict[Design, str]:
    """What tells each variant of a block from the others: words that some have and others lack, as few as do it.

    Labels of the author's come first, then the names of inner blocks, then those of operations.
    """
    rank: dict[str, int] = {}
    for design in group:
        for word, kind in design.words.items():
            rank[word] = min(kind, rank.get(word, kind))
    has = {word: frozenset(design for design in group if word in design.words) for word in rank}
    groups = [list(group)]
    chosen: list[str] = []
    while any(len(row) > 1 for row in groups):
        parted = {word: sum(_pairs(row, having) for row in groups) for word, having in has.items()}
        useful = [(rank[word], -parted[word], len(has[word]), position) for position, word in enumerate(rank) if parted[word]]
        if not useful:
            break
        best = list(rank)[min(useful)[-1]]
        chosen.append(best)
        groups = [part for row in groups for part in _part(row, has[best]) if part]
    return {design: "".join(camel_case(word) for word in chosen if design in has[word]) for design in group}


def _pairs(row: list[Design], having: frozenset[Design]) -> int:
    """How many pairs of variants a word parts."""
    count = sum(design in having for design in row)
    return count * (len(row) - count)


def _part(row: list[Design], having: frozenset[Design]) -> tuple[list[Design], list[Design]]:
    return [design for design in row if design in having], [design for design in row if design not in having]
