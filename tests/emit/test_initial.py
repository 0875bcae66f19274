"""Every weight starts as its operation's record says, and where that says nothing, as PyTorch does."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from archc.compiler import driver
from archc.compiler.codegen.pytorch import Mode, to_python
from archc.compiler.files.library import names
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from tests.sample import sample
from tests.support import checked

MIXED = """network mixed {
  input image[8, 12, 12]
  conv(8, 3, init = "kaiming") -> conv(8, 3) -> conv(8, 3, init = "zeros", bias = false)
  stage body indexed { conv(8, 1, init = "xavier") -> bn -> relu -> conv(8, 1, init = "kaiming") }
  stage end { layer_scale(0.25) -> global_avgpool -> flatten -> linear(4, init = "normal", std = 0.5) }
}
"""

GAINS = """network gains {
  input image[8, 12, 12]
  default std_conv(gain = true, init = "kaiming_in")
  std_conv(8, 3) -> std_conv(8, 3, start = 0) -> std_conv(4, 3, start = 0, bias = false)
}
"""

CHAINED = """block conv_norm(out) indexed { conv(out, 3, bias = false, init = "kaiming") -> bn -> relu }
network chained {
  input image[8, 12, 12]
  a: conv_norm(8) -> b: conv_norm(4) -> c: conv(4, 1) -> d: conv_norm(2)
}
"""


class Record:
    """Stands in for `torch.nn.init`: notes what was done last to each tensor, and does nothing."""

    def __init__(self) -> None:
        self.last: dict[int, object] = {}
        self.kept: list[Tensor] = []

    def function(self, name: str) -> Callable[..., Tensor]:
        def note(tensor: Tensor, *arguments: object, **named: object) -> Tensor:
            self.last[id(tensor)] = (name, arguments, tuple(sorted(named.items())))
            self.kept.append(tensor)  # so that no other tensor gets its id
            return tensor

        return note


@pytest.fixture
def record(monkeypatch: pytest.MonkeyPatch) -> Iterator[Record]:
    noted = Record()
    for name in dir(nn.init):
        if name.endswith("_") and not name.startswith("_") and not name.startswith("__"):
            monkeypatch.setattr(nn.init, name, noted.function(name))
    with torch.device("meta"):
        yield noted


def expected(graph: Graph, mode: Mode, record: Record) -> dict[str, object]:
    """By key: what is done last to each tensor, from the records alone."""
    space: dict[str, object] = {"nn": nn, "F": F, "torch": torch, "Tensor": Tensor}
    found: dict[str, object] = {}
    for node in graph.nodes:
        if node.shares is not None or (node.training_only and mode is Mode.INFERENCE):
            continue
        for text in node.operation.helpers(node.input_shapes):
            exec(text, space)
        construct = node.operation.module(node.input_shapes)
        tensors: dict[str, Tensor] = {}
        if construct is not None:
            arguments = ", ".join(f"{'' if name is None else f'{name}='}{value!r}" for name, value in construct.arguments)
            tensors = dict(eval(f"{construct.target}({arguments})", space).named_parameters())
        for weight in node.weights:
            if not weight.name:
                tensors[""] = nn.Parameter(torch.empty(weight.shape))
        for name, call in node.operation.initialization().calls:
            eval(call.format("tensor"), {**space, "tensor": tensors[name]})
        found |= {f"{node.key}.{name}" if name else node.key: record.last.get(id(tensor)) for name, tensor in tensors.items()}
    return found


def check(graph: Graph, mode: Mode, record: Record) -> None:
    module = build(graph, mode)
    assert {name: record.last.get(id(value)) for name, value in module.named_parameters()} == expected(graph, mode, record)


@pytest.mark.parametrize("name", sample(sorted(names()), 1))
def test_shipped(name: str, record: Record) -> None:
    graph = driver.compile(name).graph
    for mode in Mode if any(node.training_only for node in graph.nodes) else [Mode.TRAIN]:
        check(graph, mode, record)


def test_mixed(record: Record) -> None:
    """Some convolutions start as PyTorch does, so that no loop can start the others."""
    graph = checked(MIXED, "mixed.arch").graph
    check(graph, Mode.TRAIN, record)
    text = to_python(graph)
    assert "nn.init.xavier_uniform_(self.body[0].weight)" in text
    assert text.count("for module in self.modules()") == 1, "linear layers all start alike"


def test_what_some_of_a_class_start_otherwise_and_others_leave() -> None:
    """Two of three gains start at 0; the third's record says nothing of it, and no loop may take it along."""
    gains = [value.unique().tolist() for name, value in build(checked(GAINS, "gains.arch").graph).named_parameters() if "gain" in name]
    assert gains == [[1.0], [0.0], [0.0]]


@pytest.mark.parametrize(
    "step", ['linear(4, init = "truncated", std = 0)', "add(broadcast = true) { | skip | relative_bias(2x2, 4, std = 0) }"]
)
def test_a_truncated_start_without_a_deviation_is_zeros(step: str) -> None:
    """PyTorch's own divides by the deviation."""
    shape = "[4, 4, 4]" if "bias" in step else "[8]"
    module = build(checked(f"network n {{ input x{shape} {step} }}", "n.arch").graph)
    assert not any(value.any() for value in module.parameters())


def test_class_that_is_a_chain(record: Record) -> None:
    """An `nn.Sequential` of its own is reached by numbers, not by the names of its members."""
    graph = checked(CHAINED, "chained.arch").graph
    check(graph, Mode.TRAIN, record)
    assert "nn.init.kaiming_normal_(self[0].weight" in to_python(graph)
