"""torch.export: one graph for every batch size."""

from __future__ import annotations

import functools
import io
import logging
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

from ..files.write import write
from ..graph.graph import Graph
from ..ops.base import Shape
from ..runtime.sample_inputs import zeros
from .free_axes import FreeAxes, as_free_as_can_be
from .label_limits import tell_labels
from .own_steps import told_at_its_step
from .training_part import NAME, training_part

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.export import ExportedProgram

EXAMPLE_BATCH = 2
"""The batch size while tracing: 0 and 1 would be taken for constants."""


def export(module: nn.Module, graph: Graph, dynamic: Sequence[str] = ()) -> ExportedProgram:
    """A generated module for inference as an exported program. The module itself is left as it was.

    The batch is free, and so are the axes of the names in `dynamic`. Raises `ArchError` (F626) where one of them is fixed.
    """
    return exported(module, graph, dynamic)[0]


def exported(module: nn.Module, graph: Graph, dynamic: Sequence[str] = ()) -> tuple[ExportedProgram, FreeAxes]:
    """The same, with the sizes that it takes."""
    import torch

    def traced(free: FreeAxes, **more: Any) -> ExportedProgram:
        return torch.export.export(plain, example_inputs(module, free), dynamic_shapes=free.dims(), **more)

    def tried(free: FreeAxes) -> ExportedProgram:
        try:
            program = traced(free)
        except Exception:  # what PyTorch cannot prove of a size (how a tensor lies in memory, say) is then looked at when the program runs
            program = traced(free, prefer_deferred_runtime_asserts_over_guards=True)
        runs = program.module()
        for shapes in free.others():  # a guard may hold a size to what was traced, though it was left free
            runs(*_zeros(module, free, EXAMPLE_BATCH, shapes))
        return program

    tell_labels(module, graph, "a program of torch.export")
    told = told_at_its_step(graph, "a program of torch.export", export_alone)
    with answering_plainly(module) as plain, torch.no_grad(), quiet(), told:
        return as_free_as_can_be(graph, dynamic, tried if dynamic else traced)


def export_alone(module: nn.Module, graph: Graph) -> ExportedProgram:
    """One step by itself, with nothing free but the batch."""
    import torch

    free = FreeAxes(graph, ())
    return torch.export.export(module, example_inputs(module, free), dynamic_shapes=free.dims())


def save(program: ExportedProgram, path: str, graph: Graph) -> None:
    """Write the file whole or not at all, with a note of what evaluation does not tell of the network."""
    import torch

    # By way of the memory: where a disk is full, PyTorch's own writer ends the process.
    made = io.BytesIO()
    torch.export.save(program, made, extra_files={NAME: training_part(graph)})
    write(path, made.getbuffer())


@contextmanager
def quiet() -> Iterator[None]:
    """Without what PyTorch's exporters have to say: they tell their progress, doubts and deprecations on every channel there is."""
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir", "torch.fx.experimental.symbolic_shapes")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


@contextmanager
def answering_plainly(module: nn.Module) -> Iterator[nn.Module]:
    """The module, evaluating, and answering with a dictionary where it has several outputs.

    What is exported is loaded where the class of its named tuple does not exist.
    """
    made, was = type(module), module.training

    class Plain(made):  # type: ignore[misc, valid-type]
        @functools.wraps(made.forward)
        def forward(self, *inputs: Tensor) -> object:
            answer = made.forward(self, *inputs)
            return answer._asdict() if hasattr(answer, "_asdict") else answer

    try:
        module.__class__ = Plain
        yield module.eval()
    finally:
        module.__class__ = made
        module.train(was)


def example_inputs(module: nn.Module, free: FreeAxes, batch: int = EXAMPLE_BATCH) -> tuple[Tensor, ...]:
    """An input of a right shape for each of the network's, where the module is."""
    return _zeros(module, free, batch, free.examples())


def _zeros(module: nn.Module, free: FreeAxes, batch: int, shapes: tuple[Shape, ...]) -> tuple[Tensor, ...]:
    first = next(iter(module.parameters()), None)
    device, dtype = (None, None) if first is None else (first.device, first.dtype)
    return zeros(free.graph, batch, device, dtype, shapes)
