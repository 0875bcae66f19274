"""What two networks are called where they stand side by side."""

from __future__ import annotations

from pathlib import PurePath

from ..elaborate.values import show_value
from ..graph.graph import Graph
from .tooltip import clean


def names_of_two(before: Graph, after: Graph) -> tuple[str, str]:
    """Their names. Where these are the same, with what tells them apart: the file, and the parameters whose values differ."""
    one, two = before.program, after.program
    if one.name != two.name:
        return clean(one.name), clean(two.name)
    files = [PurePath(program.span.source.name) for program in (one, two)]
    told: list[list[str]] = [[], []]
    if files[0] != files[1]:
        short = 1 if files[0].name != files[1].name else 2
        told = [["/".join(file.parts[-short:])] for file in files]
    mine, others = dict(one.parameters), dict(two.parameters)
    differing = [name for name in (mine | others) if name not in mine or name not in others or mine[name] != others[name]]
    for known, values in zip(told, (mine, others), strict=True):
        known += [f"{name} = {show_value(values[name])}" for name in differing if name in values]
    first, second = (clean(one.name) + (f" ({', '.join(known)})" if known else "") for known in told)
    return first, second
