"""The examples of docs/own_operations.md: each is checked, counted and built, equal to its class used directly, and counted as PyTorch counts."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

import archc
from archc.base.source import Source
from archc.compiler.codegen.borrowed import borrowing
from archc.compiler.driver import check
from archc.dsl.format.printer import format_source
from archc.reporting.terminal import to_text
from tests.docs.listings import listings
from tests.emit.checks import as_tuple

PAGE = Path(__file__).parents[2] / "docs" / "own_operations.md"
FILES = {row.file: row.text for row in listings(PAGE) if row.file is not None}
EXAMPLES = sorted(name.removesuffix(".arch") for name in FILES if name.endswith(".arch"))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    for name, text in FILES.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    return tmp_path


def test_there_are_ten_and_each_has_at_most_twenty_lines() -> None:
    assert len(EXAMPLES) >= 11
    assert {name: lines for name in EXAMPLES if (lines := len(FILES[f"{name}.arch"].splitlines())) > 20} == {}


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_has_no_mistake_and_the_one_layout(name: str, folder: Path) -> None:
    found = check(f"{name}.arch")
    assert found.diagnostics == (), to_text(found.diagnostics)
    assert format_source(Source.of(name, FILES[f"{name}.arch"])) == FILES[f"{name}.arch"]


def _imported(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"direct_{path.stem}", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", EXAMPLES)
def test_it_is_the_class_used_directly(name: str, folder: Path) -> None:
    net = archc.compile(f"{name}.arch", trust=True)
    torch.manual_seed(0)
    model = net.to_module().eval()
    # Parameters, and keys with their shapes.
    state = {key: tuple(value.shape) for key, value in model.state_dict().items()}
    weights = {f"{node.key}.{row.name}": row for node in net.program.nodes for row in node.weights}
    assert state == {key: row.shape for key, row in weights.items()}
    assert sum(row.numel() for row in model.parameters()) == net.cost().total.parameters
    # Every step of one's own beside its class, with its weights and what comes in.
    seen: dict[str, tuple[tuple[torch.Tensor, ...], torch.Tensor | tuple[torch.Tensor, ...]]] = {}
    steps = borrowing(net.program.nodes)
    assert steps
    for node, _ in steps:
        model.get_submodule(node.key).register_forward_hook(lambda _, given, answer, key=node.key: seen.update({key: (given, answer)}))
    images = [torch.randn(3, *node.shape) for node in net.program.nodes if node.is_port and not node.inputs]
    with FlopCounterMode(display=False) as counter:
        model(*(image[:1] for image in images))
    assert counter.get_total_flops() == 2 * net.cost().total.macs
    model(*images)
    for node, row in steps:
        construct = node.operation.module(node.input_shapes)
        assert construct is not None
        values = [value for keyword, value in construct.arguments if keyword is None]
        named = {keyword: value for keyword, value in construct.arguments if keyword is not None}
        direct = getattr(_imported(folder / row.origin), row.name)(*values, **named).eval()
        direct.load_state_dict(model.get_submodule(node.key).state_dict())
        given, answer = seen[node.key]
        again = direct(*given)
        rows = list(zip(as_tuple(again), as_tuple(answer), strict=True))
        assert all(torch.equal(one, other) for one, other in rows)
        shapes = [row.output((node.shape, *node.input_shapes)) for _, row in node.operation.results(node.input_shapes)[1:]]
        assert [tuple(one.shape) for one, _ in rows] == [(3, *shape) for shape in (node.shape, *shapes)]
    # TorchScript answers the same; gradients reach every weight.
    x = model(*images)
    scripted = net.to_torchscript(model.state_dict())(*images)
    for one, other in zip(x if isinstance(x, tuple) else [x], scripted if isinstance(scripted, tuple) else [scripted], strict=True):
        assert torch.allclose(one, other, atol=1e-5)
    sum(row.square().sum() for row in (x if isinstance(x, tuple) else [x])).backward()
    assert [key for key, row in model.named_parameters() if row.grad is None] == []
