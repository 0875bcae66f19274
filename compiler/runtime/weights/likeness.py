"""Which of the shipped networks a file is of: keys and shapes are compared, and no module is built."""

from __future__ import annotations

from collections.abc import Mapping
from math import log

from ...graph.program import Program
from ...ops.base import Shape, product
from .keys import COUNTER, renamings

MOST_TRIED = 16
"""A network is compiled to be compared; those with about as many parameters are enough, with their side heads or without."""


def looks_like(shapes: Mapping[str, Shape]) -> tuple[str, int] | None:
    """The shipped network whose keys and shapes these are, and its classes where they are other ones, else 0; None where there is none."""
    from ... import driver
    from ...files import library

    held = {key: shape for key, shape in shapes.items() if not key.endswith(COUNTER)}
    total = sum(product(shape) for key, shape in held.items())
    if not total:
        return None

    def distance(entry: library.Entry) -> float:
        return min(abs(log(count / total)) for count in (entry.parameters, entry.parameters + entry.side_heads))

    near = sorted(library.entries(), key=distance)
    for entry in near[:MOST_TRIED]:
        program = driver.check(entry.name).program
        told = _same(held, program) if program is not None else None
        if told is not None:
            return entry.name, told
    return None


def _same(held: Mapping[str, Shape], program: Program) -> int | None:
    """0 where a program has these tensors, the classes where only its last layers differ, by these, else None."""
    whole: dict[str, Shape] = {}
    side: set[str] = set()
    for node in program.nodes:
        for weight in node.weights:
            key = ".".join((*node.path, weight.name)).rstrip(".")
            whole[key] = weight.shape
            if node.training_only:
                side.add(key)
    wanted = {key: shape for key, shape in whole.items() if not key.endswith(COUNTER)}
    rules = renamings(held, wanted)
    named = {rules[0].of(key): shape for key, shape in held.items()} if rules else held
    if not set(wanted) - side <= set(named) <= set(wanted):
        return None
    differ = [(named[key], shape) for key, shape in wanted.items() if key in named and named[key] != shape]
    if not differ:
        return 0
    # A weight and a bias for each head, and no network has more than three.
    classes = {given[0] if given[1:] == shape[1:] else 0 for given, shape in differ}
    return classes.pop() if len(differ) <= 6 and len(classes) == 1 else None
