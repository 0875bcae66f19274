"""The norm of neighbouring channels, put together again of the steps that it is taken to pieces to."""

from __future__ import annotations

from collections.abc import Mapping

from .flat_steps import Flat, Plain, Step

BACK = ("power", "offset", "scale", "reshape", "avgpool", "pad", "reshape")
"""From the division on: a mean over channels of squares, times alpha, plus k, to the power of beta."""


def response_norms(flat: Flat) -> None:
    """Change the list in place."""
    made, uses = flat.made(), flat.uses()
    for step in flat.steps:
        if step.operation == "div" and len(step.inputs) == 2:
            found = _arguments(made, uses, step)
            if found is not None:
                step.operation, step.arguments, step.inputs = "lrn", found, step.inputs[:1]
    flat.prune()


def _arguments(made: Mapping[int, Step], uses: Mapping[int, int], quotient: Step) -> dict[str, Plain] | None:
    found: dict[str, Step] = {}
    number = quotient.inputs[1]
    for operation in BACK:
        before = made.get(number)
        if before is None or before.operation != operation or uses[number] != 1 or len(before.inputs) != 1:
            return None
        found[operation] = before
        number = before.inputs[0]
    squares, pool = made.get(number), found["avgpool"].arguments
    if squares is None or (squares.operation != "square" and not (squares.operation == "mul" and len(set(squares.inputs)) == 1)):
        return None
    kernel = pool["kernel"]
    if squares.inputs[0] != quotient.inputs[0] or not isinstance(kernel, tuple) or set(kernel[1:]) != {1} or pool["stride"] != 1:
        return None
    size, sides = kernel[0], found["pad"].arguments["sides"]
    if not isinstance(sides, list) or [*sides[:2]] != [size // 2, (size - 1) // 2] or any(sides[2:]) or pool["pad"]:
        return None
    return {
        "size": size,
        "alpha": found["scale"].arguments["factor"],
        "beta": found["power"].arguments["exponent"],
        "k": found["offset"].arguments["addend"],
    }
