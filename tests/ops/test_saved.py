"""What autograd keeps of each call, measured, against what the record says."""

from __future__ import annotations

import pytest
import torch

from archc.compiler.ops.base import Operation, Shapes
from archc.compiler.ops.strides import in_order

from .samples import SAMPLES, describe
from .torch_side import BATCH, modules, tensors

FLOAT_BYTES = 4


def measured(module: torch.nn.Module, values: list[torch.Tensor]) -> tuple[set[int], bool, int]:
    """The numbers of the inputs that are kept, whether the output is, and the bytes of everything else."""
    kept: dict[int, torch.Tensor] = {}

    def pack(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(pack, lambda tensor: tensor):
        result = module(*values)
    own = {value.untyped_storage().data_ptr() for value in (*module.parameters(), *module.buffers())}
    places = [value.untyped_storage().data_ptr() for value in values]
    answer = result.untyped_storage().data_ptr()
    further = sum(
        tensor.untyped_storage().nbytes() for place, tensor in kept.items() if place not in own and place not in places and place != answer
    )
    return {number for number, place in enumerate(places) if place in kept}, answer in kept, further


KNOWN = [sample for sample in SAMPLES if not sample[0].gives_integers]


@pytest.mark.parametrize(("operation", "inputs"), KNOWN, ids=[describe(*sample) for sample in KNOWN])
def test_saved(operation: Operation, inputs: Shapes) -> None:
    output = operation.output(inputs)
    said = operation.saved(inputs, output)
    for module in modules(operation, inputs):
        values = [v.requires_grad_() * 1 if v.is_floating_point() else v for v in tensors(operation, inputs)]
        kept, keeps_output, further = measured(module.train(), values)
        layouts = [in_order((BATCH, *shape)) for shape in inputs]
        assert (kept, keeps_output) == (set(said.inputs) - set(operation.copied_inputs(layouts)), said.output)
        copies = operation.kept_copies(layouts)
        assert further == (said.extra * FLOAT_BYTES + said.extra_bytes) * BATCH + (said.once + copies) * FLOAT_BYTES
