"""Names of classes: a block's own, and of its variants the words that tell them apart."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .designs import Design, Designs, Form
from .names import Namer, camel_case


def name_classes(designs: Designs, network: str, taken: Iterable[str]) -> None:
    """Give every design that becomes a class its name. The plainest variant of a block has the block's own."""
    namer = Namer(taken)
    designs.root.name = namer.give(camel_case(network))
    for base, group in _groups(designs).items():
        for design in group:
            design.name = namer.give(base if design is group[0] else base + _difference(design, group))


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
        group.sort(key=lambda design: (sum(design.words.values()), design.units[0].first))
    return groups


def _difference(design: Design, group: Sequence[Design]) -> str:
    """The fewest words that this design alone has more of than any other of the group."""
    others = [other for other in group if other is not design]
    left, said = others, ""
    while left:
        best = max(
            design.words,
            key=lambda word: (sum(design.words[word] > other.words.get(word, 0) for other in left), not word[-1].isdigit(), -design.words[word]),
            default="",
        )
        after = [other for other in left if design.words.get(best, 0) <= other.words.get(best, 0)]
        if len(after) == len(left) or said.count(" ") == 3:
            break
        said, left = f"{said} {best}", after
    return camel_case(said) if said else ""
