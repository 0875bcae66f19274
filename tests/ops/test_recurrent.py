"""`lstm` and `gru` are PyTorch's layers, batch first, with its keys: the same answers, gradients and work."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from tests.analysis.texts import problems_of
from tests.support import program_of

from .compare import budget
from .samples import op
from .test_refusals import refused
from .torch_side import modules

LAYERS = {"lstm": nn.LSTM, "gru": nn.GRU}


@budget(30)
@given(
    st.sampled_from(sorted(LAYERS)),
    st.tuples(st.integers(1, 6), st.integers(1, 6)),
    st.integers(1, 5),
    st.integers(1, 3),
    st.booleans(),
    st.booleans(),
    st.sampled_from([(), (3,), (2, 2)]),
)
def test_against_pytorchs_layer(
    word: str, shape: tuple[int, int], features: int, layers: int, bidirectional: bool, bias: bool, front: tuple[int, ...]
) -> None:
    operation = op(word, features=features, layers=layers, bidirectional=bidirectional, bias=bias)
    reference = LAYERS[word](shape[1], features, layers, bias=bias, batch_first=True, bidirectional=bidirectional)
    whole = (*front, *shape)
    (module,) = modules(operation, (whole,))
    layer = module.get_submodule("op")
    assert list(layer.state_dict()) == list(reference.state_dict())
    layer.load_state_dict(reference.state_dict())
    x = torch.randn(2, *whole)
    expected = reference(x.flatten(0, -3))[0].unflatten(0, x.shape[:-2])
    assert operation.output((whole,)) == tuple(expected.shape[1:])
    torch.testing.assert_close(module(x), expected)
    torch.testing.assert_close(torch.jit.script(module)(x), expected)
    module(x).square().sum().backward()
    expected.square().sum().backward()
    for name, parameter in reference.named_parameters():
        torch.testing.assert_close(layer.get_parameter(name).grad, parameter.grad)


def test_dropout_lies_between_layers_alone() -> None:
    (module,) = modules(op("gru", features=4, layers=2, dropout=0.5), ((5, 3),))
    x = torch.randn(2, 5, 3)
    torch.manual_seed(0)
    assert not torch.equal(module.train()(x), module(x))
    assert torch.equal(module.eval()(x), module(x))
    text = next(iter(op("gru", features=4, dropout=0.5).module(((5, 3),)).arguments[-1]))  # type: ignore[union-attr]
    assert text == "batch_first", "of one layer PyTorch would warn that it drops nothing"


@pytest.mark.parametrize("word", sorted(LAYERS))
def test_a_sequence_is_wanted_with_its_channels_last(word: str) -> None:
    assert refused(op(word, features=4), (8,)).code == "E313"
    for shape in ("3, 8, 8", "3, 4, 8, 8"):
        (problem,) = problems_of(f"network n {{ input x[{shape}]\n {word}(4) }}")
        assert problem.code == "E313", "an image would be read along its width"
    program = program_of(f"network n {{\n  input x[6, 4, 4]\n  tokens -> {word}(8, bidirectional = true) -> relu\n}}\n")
    assert (program.nodes[-2].shape, program.nodes[-2].axes) == ((16, 16), ("length", "channels"))


def test_another_length_runs() -> None:
    (module,) = modules(op("lstm", features=4), ((5, 3),))
    assert module(torch.zeros(2, 9, 3)).shape == (2, 9, 4)


@pytest.mark.parametrize("word", sorted(LAYERS))
def test_weights_put_in_the_place_of_its_own_are_read(word: str) -> None:
    """By torch.func, and by torch.export, whose programs kept copies of them beside the parameters: other weights of a program changed nothing."""
    (module,) = modules(op(word, features=4, layers=2, bidirectional=True), ((5, 3),))
    x = torch.randn(2, 5, 3)
    others = {name: weight + 1 for name, weight in module.state_dict().items()}
    found = torch.func.functional_call(module, others, (x,))
    program = torch.export.export(module.eval(), (x,))
    assert not program.constants
    module.load_state_dict(others)
    torch.testing.assert_close(found, module(x))
