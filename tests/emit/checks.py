"""What must be true of the source that is generated for any graph."""

from __future__ import annotations

import io
from collections.abc import Sequence

import torch
from torch import Tensor, nn

from archc.compiler.codegen.pytorch import Mode
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build

from .direct import Direct


def expected_weights(graph: Graph, mode: Mode) -> dict[str, tuple[int, ...]]:
    """Key and shape of every tensor of the state_dict."""
    return {
        f"{node.key}.{weight.name}" if weight.name else node.key: tuple(weight.shape)
        for node in graph.nodes
        if mode is not Mode.INFERENCE or not node.training_only
        for weight in node.weights
    }


def actual_weights(module: nn.Module) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in module.state_dict().items()}


def shaken(module: nn.Module) -> nn.Module:
    """Statistics and biases away from where they start, where they would hide mistakes; nothing is dropped by chance."""
    generator = torch.Generator().manual_seed(0)
    kept = module.state_dict()  # a fixed filter, which no state_dict has, stays
    with torch.no_grad():
        for name, value in [*module.named_buffers(), *module.named_parameters()]:
            if name not in kept:
                continue
            if name.endswith("running_var"):
                value.copy_(torch.rand(value.shape, generator=generator) + 0.5)
            elif value.is_floating_point():
                value.add_(0.1 * torch.randn(value.shape, generator=generator))
    return module


def inputs_of(graph: Graph, batch: int = 2) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(batch, *node.shape, generator=generator) for node in graph.inputs]


def as_tuple(answer: object) -> tuple[Tensor, ...]:
    if isinstance(answer, Tensor):
        return (answer,)
    assert isinstance(answer, tuple)
    return tuple(answer)


def assert_equal(found: object, wanted: Sequence[Tensor]) -> None:
    answers = as_tuple(found)
    assert [value.shape for value in answers] == [value.shape for value in wanted]
    for one, other in zip(answers, wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-4, atol=1e-5, equal_nan=True)


def check_answers(graph: Graph) -> None:
    """Eager, scripted and node by node: the same answers when evaluated, from each kind of source, and the inputs stay as they were."""
    trained = shaken(build(graph, Mode.TRAIN))
    weights = trained.state_dict()
    direct = Direct(graph, weights)
    given = inputs_of(graph)
    kept = [value.clone() for value in given]
    with torch.no_grad():
        for mode in Mode:
            module = build(graph, mode)
            module.load_state_dict(weights, strict=mode is not Mode.INFERENCE)
            module.eval()
            wanted = direct(*given, side_heads=mode is Mode.SIDE_HEADS)
            assert_equal(module(*given), wanted)
            assert_equal(script(module)(*given), wanted)
    assert all(torch.equal(one, other) for one, other in zip(given, kept, strict=True)), "an input was written to"


def check_gradients(graph: Graph) -> None:
    """One step of training: in place or not, every parameter and every input has the gradient that it should have."""
    module = shaken(build(graph, Mode.TRAIN))
    direct = Direct(graph, module.state_dict())
    found, wanted = inputs_of(graph), inputs_of(graph)
    for value in [*found, *wanted]:
        value.requires_grad_()
    module.train()
    torch.manual_seed(0)
    answers = as_tuple(module(*found))
    torch.manual_seed(0)
    expected = direct(*wanted, training=True, side_heads=True)
    assert_equal(answers, expected)
    for outputs in (answers, expected):
        total = sum((value * torch.linspace(0, 1, value.numel()).view_as(value)).sum() for value in outputs)
        assert isinstance(total, Tensor)
        total.backward()  # type: ignore[no-untyped-call]
    gradients = {name: value.grad for name, value in module.named_parameters() if value.grad is not None}
    assert gradients.keys() == direct.gradients().keys()
    for name, gradient in direct.gradients().items():
        torch.testing.assert_close(
            gradients[name], gradient, rtol=1e-3, atol=1e-4, equal_nan=True, msg=lambda text, name=name: f"{name}: {text}"
        )
    assert_equal(tuple(value.grad for value in found), [value.grad for value in wanted if value.grad is not None])


def check_all(graph: Graph) -> None:
    """The keys in every mode, and in both what the network answers and learns."""
    for mode in Mode:
        assert actual_weights(build(graph, mode)) == expected_weights(graph, mode)
    check_answers(graph)
    check_gradients(graph)


def check_loaded(graph: Graph) -> None:
    """TorchScript that was saved and loaded has the same keys and answers."""
    module = build(graph, Mode.INFERENCE).eval()
    file = io.BytesIO()
    torch.jit.save(script(module), file)
    file.seek(0)
    loaded = torch.jit.load(file)
    images = inputs_of(graph)
    assert list(loaded.state_dict()) == list(module.state_dict())
    torch.testing.assert_close(loaded(*images), module(*images))
