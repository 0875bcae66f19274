"""The memory of one call, to the element: what it needs beside its inputs and its output, forward and backward, however the inputs lie.

The operations named here are exact by themselves. Those that are not, are so in the networks of `tests/soundness`.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from archc.compiler.ops.base import BYTES_A_FLOAT, Backward, Operation, Shapes, product
from archc.compiler.ops.strides import Layout
from tests.analysis.tracker import Loss, Tracker

from .samples import SAMPLES, describe
from .test_strided_inputs import LYING
from .torch_side import BATCH, layout_of, modules, tensors

EXACT = {
    "exp",
    "log",
    "sqrt",
    "rsqrt",
    "reciprocal",
    "abs",
    "sin",
    "cos",
    "square",
    "power",
    "clamp",
    "offset",
    "selu",
    "celu",
    "log_softmax",
    "reduce",
    "normalize",
    "rms_norm",
    "stack",
    "expand",
    "rearrange",
    "flip",
    "roll",
    "unfold",
    "fold",
    "slice",
    "pixel_unshuffle",
    "div",
}
EXACT_SAMPLES = [sample for sample in SAMPLES if sample[0].name in EXACT and not getattr(sample[0], "like", False)] + [
    sample for sample in SAMPLES if sample[0].name == "bn" and sample[0].arguments()[-1] == ("last", True)
]


def lies_as(layout: Layout, tensor: Tensor) -> bool:
    """The stride of an axis of 1 says nothing."""
    rows = zip(layout.sizes, layout.strides, tensor.shape, tensor.stride(), strict=True)
    return all(size == other and (size == 1 or one == two) for size, one, other, two in rows)


def as_it_is(x: Tensor) -> Tensor:
    return x


def elements(count: int) -> int:
    return -(-count // BYTES_A_FLOAT)


@pytest.mark.parametrize("lie", [as_it_is, *LYING], ids=lambda lie: lie.__name__)
@pytest.mark.parametrize(("operation", "inputs"), EXACT_SAMPLES, ids=[describe(*sample) for sample in EXACT_SAMPLES])
def test_one_call(operation: Operation, inputs: Shapes, lie: Callable[[Tensor], Tensor]) -> None:
    output = operation.output(inputs)
    for module in modules(operation, inputs):
        values = [lie(value).detach() for value in tensors(operation, inputs)]
        layouts = [layout_of(value) for value in values]
        lying = operation.layout(layouts, (BATCH, *output))
        tracker = Tracker()
        with torch.no_grad(), tracker:
            tracker.book((*module.parameters(), *module.buffers(), *values))
            before = tracker.alive
            tracker.restart()
            answer = module.eval()(*values)
        is_view = operation.is_view and not operation.is_copied(layouts, (BATCH, *output))
        own = 0 if is_view else operation.storage(inputs, output) * BATCH
        assert lies_as(lying, answer)
        scratch = operation.scratch(inputs, output) * BATCH
        assert elements(tracker.peak - before) == own + scratch + operation.copies(layouts, lying, False)
        for wanted in itertools.product((True, False), repeat=len(inputs)):
            if any(wanted) or list(module.parameters()):
                back_and_forth(operation, inputs, module.train(), [lie(value).detach() for value in tensors(operation, inputs)], wanted)


def back_and_forth(operation: Operation, inputs: Shapes, module: torch.nn.Module, values: list[Tensor], wanted: tuple[bool, ...]) -> None:
    output = operation.output(inputs)
    layouts = [layout_of(value) for value in values]
    asked = [value.requires_grad_() for value, asks in zip(values, wanted, strict=True) if asks]
    weights = list(module.parameters())
    saved = operation.saved(inputs, output)
    extra = saved.extra if wanted[0] else saved.extra - saved.extra_for_inputs
    kept = extra * BATCH + saved.once + elements(saved.extra_bytes * BATCH) + operation.kept_copies(layouts)
    made = operation.scratch(inputs, output) * BATCH + operation.copies(layouts, operation.layout(layouts, (BATCH, *output)), True)
    is_view = operation.is_view and not operation.is_copied(layouts, (BATCH, *output))
    own = 0 if is_view else operation.storage(inputs, output) * BATCH
    tracker = Tracker()
    with tracker:
        tracker.book((*weights, *module.buffers(), *values))
        before = tracker.alive
        tracker.restart()
        answer = module(*values)
        assert elements(tracker.alive - before) == own + kept
        assert elements(tracker.peak - before) == own + max(made, kept)
        gradient = torch.ones(answer.shape)
        before = tracker.alive
        tracker.restart()
        found = torch.autograd.grad(answer, asked + weights, gradient, retain_graph=False)
        peak = elements(tracker.peak - before)
    check_gradients(operation, inputs, layouts, wanted, found, weights, layout_of(gradient), 0, peak)
    # The same where nothing else holds the gradient of the output: it is let go of when it has been read.
    values = [value.detach().requires_grad_(asks) for value, asks in zip(values, wanted, strict=True)]
    tracker = Tracker()
    with tracker:
        tracker.book((*weights, *module.buffers(), *values))
        loss = Loss.apply(module(*values))
        tracker.restart()
        before = tracker.alive
        found = torch.autograd.grad(loss, [value for value in values if value.requires_grad] + weights)
        peak = elements(tracker.peak - before) - 1  # the loss's own gradient
    whole = product(output) * BATCH
    check_gradients(operation, inputs, layouts, wanted, found, weights, layout_of(gradient), whole, peak - whole)


def check_gradients(
    operation: Operation,
    inputs: Shapes,
    layouts: list[Layout],
    wanted: tuple[bool, ...],
    found: tuple[Tensor, ...],
    weights: list[Tensor],
    gradient: Layout,
    freed: int,
    peak: int,
) -> None:
    output = operation.output(inputs)
    back = Backward(inputs, output, BATCH, tuple(layouts), gradient, freed, wanted, (True,) * len(inputs), True)
    told = sum(weight.numel() for weight in weights) + operation.backward_scratch(back)
    for place, number in enumerate(number for number, asks in enumerate(wanted) if asks):
        assert lies_as(operation.gradient_layout(number, back), found[place])
        if not operation.passes_gradient(number, inputs, output) or operation.copies_gradient(back):
            told += operation.gradient_stored(number, back)
    assert peak == told
