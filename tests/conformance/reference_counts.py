"""What the references count: `python -m tests.conformance.reference_counts NAME…` writes rows of `tests/facts/networks.json`.

Parameters and buffers are the reference module's, MACs those of PyTorch's own counter, and a stage is a module at most two names deep, with
the shape that it answers, in the order of the calls. Nothing of archc takes part, but for the size of the image.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archc.compiler import driver
from tests.conformance import reference

OF_MORE = ("cait_xxs24.norm",)
"""What the reference runs over more positions than it uses of the answer."""

TARGET = Path(__file__).parents[1] / "facts" / "networks.json"


def shapes_at(name: str, shape: tuple[int, ...]) -> dict[str, object]:
    """MACs and the stages for one image of `shape`, on the meta device."""
    module = reference.build_empty(name).to("meta").eval().requires_grad_(False)
    stages: list[tuple[str, list[int]]] = []

    def note(path: str) -> None:
        def called(_: nn.Module, __: object, answer: object) -> None:
            if isinstance(answer, Tensor):
                stages.append((path, list(answer.shape[1:])))

        module.get_submodule(path).register_forward_hook(called)

    for path, part in module.named_modules():
        # A detector's head answers for all levels at once, and ours of that name for the first.
        head = name in reference.DETECTORS and path.startswith("head.")
        if path and path.count(".") < 2 and not head and f"{name}.{path}" not in OF_MORE and not isinstance(part, nn.Identity):
            note(path)
    counter = FlopCounterMode(display=False)
    with counter, torch.no_grad():
        reference.answering(name, module)(torch.empty(1, *shape, device="meta"))
    return {"macs": counter.get_total_flops() // 2, "stages": stages}


def row(name: str, *others: int) -> dict[str, object]:
    """At the size that the file states, and for square images of the sides in `others`."""
    module = reference.build_empty(name)
    program = driver.compile(name).program
    assert program is not None
    native = program.nodes[0].shape
    stored = module.state_dict()
    at = {str(native[-1]): shapes_at(name, native)} | {str(side): shapes_at(name, (*native[:-2], side, side)) for side in others}
    return {
        "reference": reference.called(name),
        "parameters": sum(value.numel() for value in module.parameters()),
        "buffers": sum(value.numel() for key, value in module.named_buffers() if key in stored),
        "training_only": 0,
        "at": at,
    }


def write(rows: dict[str, dict[str, object]]) -> None:
    """`rows` put among those that are there, a line each."""
    found = json.loads(TARGET.read_text(encoding="utf-8")) | rows
    lines = (f"{json.dumps(name)}: {json.dumps(value, separators=(',', ':'))}" for name, value in sorted(found.items()))
    TARGET.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    write({name: row(name, *map(int, sides)) for name, *sides in (argument.split(":") for argument in sys.argv[1:])})
