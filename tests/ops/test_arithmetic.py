"""Reductions, functions of each element, quotients and the norms by length: one shape, and one number, with PyTorch's."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from archc.compiler.ops.base import Operation, Shape

from .compare import Case, anything, compare, fast
from .samples import op
from .test_numbers import run
from .test_other_shapes import several, tensor
from .torch_side import modules

REDUCTIONS = {
    "mean": torch.mean,
    "sum": torch.sum,
    "max": torch.amax,
    "min": torch.amin,
    "norm": torch.linalg.vector_norm,
    "var": torch.var,
}

FUNCTIONS = ("exp", "log", "sqrt", "rsqrt", "reciprocal", "abs", "sin", "cos", "square")


def batched(axis: int, shape: Shape) -> int:
    """The axis as PyTorch counts it, the batch first; one that is not there where the batch would be meant."""
    return axis + 1 if axis >= 0 else axis if -axis <= len(shape) else 99


@st.composite
def reductions(draw: st.DrawFn) -> Case:
    shape = draw(anything)
    axis = draw(st.one_of(st.integers(-5, 5), st.lists(st.integers(-5, 5), min_size=1, max_size=3).map(tuple)))
    return op("reduce", by=draw(st.sampled_from(list(REDUCTIONS))), axis=axis, keep=draw(st.booleans())), (shape,)


@fast
@given(reductions())
def test_reductions(case: Case) -> None:
    operation, (shape,) = case
    arguments = dict(operation.arguments())
    axis, keep, by = arguments["axis"], bool(arguments["keep"]), str(arguments["by"])
    dims = [batched(each, shape) for each in (axis if isinstance(axis, tuple) else (axis,)) if isinstance(each, int)]

    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        # Not on the meta device, which lets axes pass that are named twice.
        return tensor(REDUCTIONS[by](torch.zeros(inputs[0].shape), dim=dims, keepdim=keep))

    def stricter(refusal: object) -> bool:
        """Of all axes something must stay, and a variance is of several values."""
        places = {dim % (len(shape) + 1) for dim in dims if dim != 99}
        single = all(([1, *shape][place]) == 1 for place in places)
        return len(places) == len(shape) or (by == "var" and single)

    compare(case, reference, stricter)


@fast
@given(st.sampled_from([*FUNCTIONS, "selu", "celu", "rms_norm", "offset", "clamp", "power"]), anything)
def test_what_works_element_by_element(name: str, shape: Shape) -> None:
    settings: dict[str, dict[str, object]] = {"offset": {"addend": 1}, "clamp": {"max": 2}, "power": {"exponent": 0.5}}
    compare((op(name, **settings.get(name, {})), (shape,)), lambda operation, inputs: inputs[0])


@fast
@given(st.sampled_from(["normalize", "log_softmax"]), st.integers(-5, 5), anything)
def test_along_an_axis(name: str, axis: int, shape: Shape) -> None:
    def reference(operation: Operation, inputs: Sequence[Tensor]) -> Tensor:
        return torch.softmax(torch.zeros(inputs[0].shape), batched(axis, shape))

    compare((op(name, axis=axis), (shape,)), reference)


@fast
@given(anything)
def test_a_batch_norm_of_the_last_axis(shape: Shape) -> None:
    layer = nn.BatchNorm1d(shape[-1], device="meta")
    compare(
        (op("bn", last=True), (shape,)),
        lambda operation, inputs: tensor(layer(inputs[0].flatten(0, -2))).reshape(inputs[0].shape),
    )


@fast
@given(st.sampled_from(["div", "minimum"]), several())
def test_merges(name: str, inputs: tuple[Shape, ...]) -> None:
    stretches = name == "div"
    if stretches:
        inputs = inputs[:2]
    same_axes = len({len(shape) for shape in inputs}) == 1

    def reference(operation: Operation, values: Sequence[Tensor]) -> Tensor:
        answer = values[0]
        for other in values[1:]:
            answer = answer + other
        return answer

    compare((op(name), inputs), reference, lambda refusal: not stretches or not same_axes)


@pytest.mark.parametrize("by", REDUCTIONS)
@pytest.mark.parametrize("axis", ["channels", "height", ("height", "width"), (0, -1)])
@pytest.mark.parametrize("keep", [True, False])
def test_reductions_are_pytorchs(by: str, axis: object, keep: bool) -> None:
    x = torch.randn(2, 3, 4, 5)
    words = {"channels": 1, "height": 2, "width": 3, 0: 1, -1: 3}
    dims = [words[each] for each in (axis if isinstance(axis, tuple) else (axis,))]
    expected = tensor(REDUCTIONS[by](x, dim=dims, keepdim=keep))
    torch.testing.assert_close(run(op("reduce", by=by, axis=axis, keep=keep), x), expected)


def test_functions_of_each_element_are_pytorchs() -> None:
    x = torch.rand(2, 3, 4) + 0.1
    for name in FUNCTIONS:
        torch.testing.assert_close(run(op(name), x - 0.3), getattr(torch, name)(x - 0.3), equal_nan=True)
    assert run(op("power", exponent=2.5), x).equal(x**2.5)
    assert run(op("clamp", min=0.3, max=0.6), x).equal(x.clamp(0.3, 0.6))
    assert run(op("clamp", max=0.6), x).equal(x.clamp(max=0.6))
    assert run(op("clamp", min=0), -x).equal(torch.zeros_like(x))
    assert run(op("offset", addend=2), x).equal(x + 2)
    assert run(op("offset", addend=-0.25), x).equal(x - 0.25)
    torch.testing.assert_close(run(op("selu"), x - 0.5), F.selu(x - 0.5))
    torch.testing.assert_close(run(op("celu", alpha=0.5), x - 0.5), F.celu(x - 0.5, 0.5))
    assert run(op("log_softmax", axis=-1), x).equal(torch.log_softmax(x, -1))
    assert run(op("div"), x, x[:, :1] + 1).equal(x / (x[:, :1] + 1))
    assert run(op("minimum"), x, 0.5 - x, x * x).equal(torch.stack([x, 0.5 - x, x * x]).amin(0))


def test_norms_by_length_are_the_formula() -> None:
    x = torch.randn(2, 6, 3, 4)
    torch.testing.assert_close(run(op("normalize"), x), x / x.square().sum(1, keepdim=True).sqrt())
    torch.testing.assert_close(run(op("normalize", axis="width"), x), F.normalize(x, dim=3))
    zero = torch.zeros(1, 4)
    assert run(op("normalize", eps=0.5), zero).equal(zero)
    root = (x.square().mean(1, keepdim=True) + 1e-6).sqrt()
    torch.testing.assert_close(run(op("rms_norm"), x), x / root)
    torch.testing.assert_close(run(op("rms_norm", affine=False), x), x / root)
    (module,) = modules(op("rms_norm", last=True), ((6, 3, 4),))
    weight = module.get_parameter("op.weight")
    nn.init.normal_(weight)
    torch.testing.assert_close(module(x), x / (x.square().mean(-1, keepdim=True) + 1e-6).sqrt() * weight)


def test_a_batch_norm_of_tokens_is_that_of_the_same_rows() -> None:
    x = torch.randn(3, 5, 6) * 2 + 1
    (module,) = modules(op("bn", last=True, momentum=0.3), ((5, 6),))
    theirs = nn.BatchNorm1d(6, momentum=0.3)
    for training in (True, False):
        answer = module.train(training)(x)
        expected = theirs.train(training)(x.flatten(0, 1)).reshape(x.shape)
        torch.testing.assert_close(answer, expected)
    ours = {key.removeprefix("op."): value for key, value in module.state_dict().items()}
    assert ours.keys() == theirs.state_dict().keys()
    for key, value in theirs.state_dict().items():
        torch.testing.assert_close(ours[key], value)


def test_a_layer_norm_may_have_no_bias() -> None:
    for shape in ((5, 6), (6, 3, 4)):
        (module,) = modules(op("ln", bias=False), (shape,))
        assert [key for key, _ in module.named_parameters()] == ["op.weight"]
