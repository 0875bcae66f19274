"""Huge numbers: every operation gives a shape or refuses, exactly and at once."""

from __future__ import annotations

import math

from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Operation, Refusal, Shape, Shapes
from archc.compiler.ops.parameters import BadValue, Parameter, Word

from .compare import budget

NUMBERS = st.one_of(st.integers(-2, 9), st.sampled_from([2**31, 2**55, 2**63, 2**63 + 1, 2**200, -(2**63)]))
REALS = st.sampled_from([0.0, 0.5, 1.0, 1e300, -1e300, 5e-324])
SHAPES = st.lists(st.one_of(st.integers(1, 9), st.sampled_from([2**31, 2**63, 2**200])), min_size=1, max_size=4).map(tuple)


def values(row: Parameter) -> st.SearchStrategy[object]:
    words = row.kind.words if isinstance(row.kind, Word) else ("half", "same", "channels", "width")
    several = st.lists(NUMBERS, min_size=1, max_size=6).map(tuple)
    return st.one_of(st.just(row.default), NUMBERS, REALS, several, st.booleans(), st.sampled_from(words))


def outcome(operation: Operation, inputs: Shapes) -> tuple[Shape | None, Refusal | None]:
    try:
        return operation.output(inputs), None
    except Refusal as refusal:
        return None, refusal


@budget(400)
@given(st.sampled_from(sorted(TABLE)), st.data())
def test_any_numbers(name: str, data: st.DataObject) -> None:
    kind = TABLE[name]
    arguments: dict[str, object] = {}
    for row in kind.parameters():
        value = data.draw(values(row))
        try:
            arguments[row.name] = row.kind.read(value)
        except BadValue:
            if row.required:
                return
            arguments[row.name] = row.default
    operation = kind(**arguments)
    most = kind.most_inputs or 3
    like = "like" in arguments
    count = (2 if arguments["like"] else 1) if like else data.draw(st.integers(kind.least_inputs, most))
    first: Shape = data.draw(SHAPES)
    inputs = (first, *(data.draw(st.one_of(st.just(first), SHAPES)) for _ in range(count - 1)))
    output, refusal = outcome(operation, inputs)
    if output is None:
        assert refusal is not None and refusal.message and len(refusal.suggestions) <= 4
        return
    assert all(isinstance(size, int) and size >= 1 for size in output)
    assert all(weight.elements >= 1 for weight in operation.weights(inputs))
    work = (operation.macs(inputs, output), operation.flops(inputs, output), operation.scratch(inputs, output))
    assert all(isinstance(number, int) and number >= 0 for number in work)
    operation.saved(inputs, output)
    operation.windows(inputs, output)
    operation.module(inputs)
    operation.helpers(inputs)
    operation.initialization()
    assert "inf" not in operation.caption(inputs, output).split()
    assert operation.does_nothing(inputs, output) in (True, False)
    assert math.prod(output) >= 1
