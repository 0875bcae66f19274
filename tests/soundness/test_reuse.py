"""What is used again: archc's networks answer as PyTorch's modules do that are called again, and every output stores weights once."""

from __future__ import annotations

import io
import os
import random
from collections import Counter
from pathlib import Path

import onnx
import onnxruntime
import pytest
import torch
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

from archc.compiler.analysis.cost import BY, cost
from archc.compiler.codegen.pytorch import Mode
from archc.compiler.document import to_json
from archc.compiler.emit.fast.build import rewritten
from archc.compiler.emit.fast.optimized import optimized
from archc.compiler.emit.onnx import save
from archc.compiler.emit.torch_export import export
from archc.compiler.emit.torchscript import script
from archc.compiler.graph.graph import Graph
from archc.compiler.runtime.live_module import build
from archc.reporting.terminal import to_text
from tests.emit.checks import as_tuple, check_answers, check_gradients
from tests.sample import EVERYTHING
from tests.support import checked as checked_text

from .oracle import Refused, Stricter
from .reuse_oracle import run
from .reuse_programs import Maker, ReuseProgram

PROGRAMS = int(os.environ.get("ARCHC_REUSE_PROGRAMS", "1000" if EVERYTHING else "20"))
PARTS = 4
BUILT = 40
"""Of so many programs one is built in all targets."""


def tensors(program: ReuseProgram) -> list[Tensor]:
    generator = torch.Generator().manual_seed(1)
    return [torch.randn(2, *shape, generator=generator) for _, shape in program.inputs]


def outcome(program: ReuseProgram, given: list[Tensor]) -> tuple[list[Tensor], dict[str, Tensor]] | str:
    """The oracle's answers and weights, or why there are none."""
    try:
        return run(program, given)
    except (Refused, Stricter) as refused:
        return repr(refused)


def agrees(program: ReuseProgram, in_all_targets: bool = False) -> str:
    text = program.write()
    checked = checked_text(text, "random.arch")
    given = tensors(program)
    ran = outcome(program, given)
    if isinstance(ran, str):
        assert checked.has_errors, f"{text}\nPyTorch: {ran}"
        return "refused"
    answers, weights = ran
    assert checked.program is not None, f"{text}\n{to_text(checked.diagnostics)}"
    graph = checked.graph
    shapes = [(2, *node.shape) for node in graph.outputs]
    assert shapes == [tuple(answer.shape) for answer in answers], f"{text}\n{shapes}"
    module = build(graph, Mode.INFERENCE).eval()
    wanted = module.state_dict()
    assert wanted.keys() <= weights.keys(), f"{text}\n{sorted(wanted.keys() - weights.keys())}"
    module.load_state_dict({key: weights[key] for key in wanted})
    with torch.no_grad():
        same(module(*given), answers, text)
        check_counts(graph, module, given, text)
        if in_all_targets:
            check_targets(graph, module, given, answers, text)
    if in_all_targets:
        check_answers(graph)
        if all(graph.users(node) for node in graph.inputs):  # what nothing reads has no gradient
            check_gradients(graph)
    return "runs"


def same(found: object, wanted: list[Tensor], text: str) -> None:
    found = tuple(found.values()) if isinstance(found, dict) else tuple(found) if isinstance(found, list) else found
    for one, other in zip(as_tuple(found), wanted, strict=True):
        torch.testing.assert_close(one, other, rtol=1e-3, atol=1e-4, equal_nan=True, msg=lambda told: f"{text}\n{told}")


def check_counts(graph: Graph, module: nn.Module, given: list[Tensor], text: str) -> None:
    """Parameters once, work each time it is done; every table adds up, and the document knows every node by a name of its own."""
    with FlopCounterMode(display=False) as counter:
        module(*given)
    figures = cost(graph)
    assert figures.total.parameters == sum(value.numel() for value in module.parameters()), text
    assert figures.total.macs * 2 * len(given[0]) == counter.get_total_flops(), text
    for by in BY:
        rows = cost(graph, by=by).rows
        assert sum(row.work.parameters for row in rows) == figures.total.parameters, text
        assert len({row.path for row in rows}) == len(rows), f"{text}\n{Counter(row.path for row in rows).most_common(1)}"
    assert len({node.unique for node in graph.nodes}) == len(graph.nodes), text
    assert to_json(graph)


def stored(tensors: dict[str, Tensor]) -> int:
    """Elements, each storage once."""
    return sum({value.untyped_storage().data_ptr(): value.numel() for value in tensors.values() if value.is_floating_point()}.values())


def check_targets(graph: Graph, module: nn.Module, given: list[Tensor], answers: list[Tensor], text: str) -> None:
    once = stored(module.state_dict())

    def loaded(scripted: torch.jit.ScriptModule) -> torch.jit.ScriptModule:
        buffer = io.BytesIO()
        torch.jit.save(scripted, buffer)
        buffer.seek(0)
        return torch.jit.load(buffer)  # type: ignore[no-any-return, no-untyped-call]

    plain = loaded(script(module))
    same(plain(*given), answers, text)
    assert stored(plain.state_dict()) == once, text
    made = optimized(graph, module)
    fast = loaded(made.scripted)
    same(fast(*given), answers, f"{text}\n{made.told}")
    kernels = {value.data_ptr(): value for value in fast.state_dict().values() if value.dim() == 4 and value.shape[1] > 1}
    assert len({value.numpy().tobytes() for value in kernels.values()}) == len(kernels), f"{text}\na weight is stored twice"
    exported = export(module, graph)
    same(exported.module()(*given), answers, text)
    assert sum(value.numel() for value in exported.state_dict.values() if value.is_floating_point()) == once, text
    for each in (module, rewritten(graph, module.state_dict())):
        check_onnx(each, graph, given, answers, text)


def check_onnx(module: nn.Module, graph: Graph, given: list[Tensor], answers: list[Tensor], text: str) -> None:
    folder = Path(os.environ.get("TMPDIR", "/tmp"))
    path = folder / f"reuse-{os.getpid()}.onnx"
    try:
        save(module, graph, str(path))
        session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
        feed = {row.name: tensor.numpy() for row, tensor in zip(session.get_inputs(), tensors_read(session, graph, given), strict=True)}
        same(tuple(torch.from_numpy(value) for value in session.run(None, feed)), answers, text)
        convolutions = {row.name: row for row in onnx.load(str(path)).graph.initializer if len(row.dims) == 4}
        kept = {bytes(row.raw_data) for row in convolutions.values()}
        assert len(kept) == len(convolutions), f"{text}\na weight is stored twice: {sorted(convolutions)}"
    finally:
        path.unlink(missing_ok=True)


def tensors_read(session: onnxruntime.InferenceSession, graph: Graph, given: list[Tensor]) -> list[Tensor]:
    by_name = {node.names[-1]: tensor for node, tensor in zip(graph.inputs, given, strict=True)}
    return [by_name[row.name] for row in session.get_inputs()]


@pytest.mark.slow
@pytest.mark.parametrize("part", range(PARTS))
def test_random_programs(part: int) -> None:
    torch.set_num_threads(1)
    verdicts: Counter[str] = Counter()
    for number in range(PROGRAMS // PARTS):
        program = Maker(random.Random(part * 1_000_003 + number)).program()
        verdicts[agrees(program, in_all_targets=number % BUILT == 0)] += 1
    if PROGRAMS >= 1000:
        assert verdicts["runs"] > PROGRAMS // PARTS // 3, verdicts
