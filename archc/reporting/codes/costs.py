"""Codes of costs (E45x)."""

from __future__ import annotations

from .code import Code

ROWS: tuple[Code, ...] = (
    Code(
        "E451",
        "a budget that is not kept",
        "`budget` states what a network may cost: `parameters`, `macs`, `flops` and `activations` for one image, and `memory`, the bytes of "
        "its weights and of the peak of an inference of one image in float32. They are checked at every compile. `time` is what its optimised module "
        "is foreseen to take for one image on the machine at hand (`time <= 5ms`); it is checked where `archc calibrate` was called. In a block, or a network "
        "that is a step of another, a budget is about that part. Heads that only training has do not count.",
        "network n {\n  input x[3, 32, 32]\n  budget parameters <= 1K\n  conv(64, 3)\n}\n",
        "Make the dearest parts that the message names smaller, or state the budget that was meant. `archc cost` shows every part, and "
        "`archc fit` finds the value of a parameter that keeps a budget.",
    ),
)
