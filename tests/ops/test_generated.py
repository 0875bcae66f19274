"""The texts of every sample: they run, eager and scripted, and make the shape and the weights that the record says."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import torch

from archc.compiler.ops import TABLE
from archc.compiler.ops.base import Operation, Shapes

from .samples import SAMPLES, describe
from .torch_side import modules, shape_of, tensors

Sample = tuple[Operation, Shapes]


def over(keep: Callable[[Operation, Shapes], bool] = lambda operation, inputs: True) -> pytest.MarkDecorator:
    """The test runs once for each sample that `keep` keeps."""
    kept = [sample for sample in SAMPLES if keep(*sample)]
    return pytest.mark.parametrize(("operation", "inputs"), kept, ids=[describe(*sample) for sample in kept])


def grown(inputs: Shapes) -> Shapes:
    """The same inputs with larger sides; an axis of 1 stays, for it stretches."""
    return tuple((shape[0], *(size + 2 if size > 1 else 1 for size in shape[1:])) for shape in inputs)


def runs_at_any_size(operation: Operation, inputs: Shapes) -> bool:
    ranks = {len(shape) for shape in inputs}
    fixed = operation.name in (
        "reshape",
        "rearrange",
        "matmul",
        "fold",
        "grid_sample",
        "affine_grid",
        "deform_conv",
        "einsum",
        "maxunpool",
    ) or operation.weights(inputs) != operation.weights(grown(inputs))
    return len(ranks) == 1 and ranks.pop() > 1 and not fixed


def test_every_operation_has_a_sample() -> None:
    assert {operation.name for operation, _ in SAMPLES} == set(TABLE)


@over()
def test_shape_eager_and_scripted(operation: Operation, inputs: Shapes) -> None:
    expected = operation.output(inputs)
    made = list(modules(operation, inputs))
    assert made, "neither module nor expression"
    for module in made:
        module.eval()
        values = tensors(operation, inputs)
        eager = module(*values)
        assert shape_of(eager) == expected
        scripted = torch.jit.script(module)
        torch.testing.assert_close(scripted(*values), eager, equal_nan=True)
        module.train()
        assert shape_of(module(*values)) == expected
        assert shape_of(scripted.train()(*values)) == expected


@over()
def test_weights_are_the_state_dict(operation: Operation, inputs: Shapes) -> None:
    said = [(weight.name, weight.shape) for weight in operation.weights(inputs)]
    (module, *_) = modules(operation, inputs)
    state = [(key.removeprefix("op").removeprefix("."), tuple(value.shape)) for key, value in module.state_dict().items()]
    assert state == said
    trainable = {name.removeprefix("op").removeprefix(".") for name, _ in module.named_parameters()}
    assert trainable == {weight.name for weight in operation.weights(inputs) if weight.trainable}
    dtypes = {"float": torch.float32, "int64": torch.int64}
    assert [value.dtype for value in module.state_dict().values()] == [dtypes[weight.dtype] for weight in operation.weights(inputs)]


@over(lambda operation, inputs: len(list(modules(operation, inputs))) == 2)
def test_module_and_expression_agree(operation: Operation, inputs: Shapes) -> None:
    made = list(modules(operation, inputs))
    values = tensors(operation, inputs)
    torch.testing.assert_close(made[0].eval()(*values), made[1].eval()(*values))


@over(runs_at_any_size)
def test_works_at_another_size(operation: Operation, inputs: Shapes) -> None:
    """What is written for one size of image runs at another, where the weights allow it."""
    larger = grown(inputs)
    for module in modules(operation, inputs):
        assert shape_of(module.eval()(*tensors(operation, larger))) == operation.output(larger)


@over(lambda operation, inputs: operation.may_work_in_place)
def test_in_place_is_the_same_and_overwrites(operation: Operation, inputs: Shapes) -> None:
    for module, plain in zip(modules(operation, inputs, in_place=True), modules(operation, inputs), strict=True):
        (value,) = tensors(operation, inputs)
        expected = plain(value.clone())
        assert module(value).data_ptr() == value.data_ptr()
        torch.testing.assert_close(value, expected)


@over(lambda operation, inputs: operation.output_may_be_overwritten and operation.name != "embedding")
def test_what_may_be_overwritten_is_not_needed_again(operation: Operation, inputs: Shapes) -> None:
    """The output is a tensor of its own; it is written over after the call, and the gradient still comes out."""
    for module in modules(operation, inputs):
        values = [value.requires_grad_() * 1 if value.is_floating_point() else value for value in tensors(operation, inputs)]
        result = module.train()(*values)
        assert result.untyped_storage().data_ptr() not in {value.untyped_storage().data_ptr() for value in values}
        result.relu_().sum().backward()


@over(lambda operation, inputs: bool(operation.initialization().calls))
def test_initialization_is_a_call_for_a_weight(operation: Operation, inputs: Shapes) -> None:
    shapes = {weight.name: weight.shape for weight in operation.weights(inputs)}
    for name, text in operation.initialization().calls:
        value = torch.empty(shapes[name])
        exec(text.format("value"), {"nn": torch.nn, "value": value})
        assert torch.isfinite(value).all()
