"""The golden table: for every sample its shape, weights, work, what is kept, and the text that makes it.

After a change that is meant: `python -m tests.ops.test_golden` writes the table anew; read the difference.
"""

from __future__ import annotations

from pathlib import Path

from archc.compiler.ops.base import Operation, Shapes, show
from archc.compiler.ops.strides import in_order

from .samples import SAMPLES, describe
from .torch_side import BATCH, write

GOLDEN = Path(__file__).with_name("golden.txt")


def entry(operation: Operation, inputs: Shapes) -> str:
    output = operation.output(inputs)
    lines = [describe(operation, inputs), f"  output   {show(output)}"]
    weights = [f"{weight.name or 'itself'} {show(weight.shape)}" for weight in operation.weights(inputs)]
    if weights:
        lines.append(f"  weights  {', '.join(weights)}")
    lines.append(f"  work     {operation.macs(inputs, output)} MACs, {operation.flops(inputs, output)} FLOPs")
    saved = operation.saved(inputs, output)
    kept = [f"input {number + 1}" for number in saved.inputs] + ["output"] * saved.output
    kept += [f"{count} {what}" for count, what in ((saved.extra, "more"), (saved.extra_bytes, "bytes"), (saved.once, "once")) if count]
    lines.append(f"  keeps    {', '.join(kept) or 'nothing'}")
    copies = operation.kept_copies([in_order((BATCH, *shape)) for shape in inputs]) if inputs else 0
    if copies:
        lines.append(f"  copies   {copies} for {BATCH} of them")
    construct = operation.module(inputs)
    if construct is not None:
        lines.append(f"  module   {write(construct)}")
    names = ["x", "y", "z"][: len(inputs)]
    constant = operation.constant(inputs)
    bare = ["self.weight"] if constant is not None or any(not weight.name for weight in operation.weights(inputs)) else []
    if constant is not None:
        lines.append(f"  fixed    {write(constant)}")
    call = operation.expression([*names, *bare], inputs)
    if call is not None:
        lines.append(f"  call     {call}")
    lines += [f"  starts   {text.format(name or 'itself')}" for name, text in operation.initialization().calls]
    caption = operation.told(inputs, output)
    if caption:
        lines.append(f"  caption  {caption}")
    return "\n".join(lines) + "\n"


def table() -> str:
    return "\n".join(entry(*sample) for sample in SAMPLES)


def test_golden_table() -> None:
    assert table() == GOLDEN.read_text(encoding="utf-8")


if __name__ == "__main__":
    GOLDEN.write_text(table(), encoding="utf-8")
