"""Runs of steps, each read by the next alone, and what stands for a whole run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from .flat_steps import Flat, Plain, Step


def enters(step: Step) -> int:
    """The tensor that enters a step; -1 where none does."""
    return step.inputs[0] if step.inputs else -1


def chains(flat: Flat, *operations: str) -> Iterator[list[Step]]:
    """Runs of steps with these operations, each read by the next alone; whoever asks may replace one as it comes."""
    made, uses = flat.made(), flat.uses()
    for step in list(flat.steps):
        if step.operation == operations[-1]:
            found = _chain(made, uses, step, *operations)
            if found is not None:
                yield found


def _chain(made: Mapping[int, Step], uses: Mapping[int, int], last: Step, *operations: str) -> list[Step] | None:
    """The run that ends in `last`."""
    found = [last]
    for operation in reversed(operations[:-1]):
        before = made.get(enters(found[0]))
        if before is None or before.operation != operation or uses[before.number] != 1 or len(found[0].inputs) != 1:
            return None
        found.insert(0, before)
    return found


def replace(flat: Flat, chain: list[Step], operation: str, arguments: dict[str, Plain]) -> None:
    gone = {step.number for step in chain[:-1]}
    chain[-1].operation, chain[-1].arguments, chain[-1].inputs = operation, arguments, chain[0].inputs
    flat.steps = [step for step in flat.steps if step.number not in gone]
