"""A package of AOTInductor: the network compiled ahead of time, for inputs of one size."""

from __future__ import annotations

import contextlib
import logging
import os
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Source
from ...reporting.error import ArchError
from ..files.write import whole
from ..graph.graph import Graph
from .attention_axes import attention_of_four_axes
from .free_axes import FreeAxes
from .own_steps import told_at_its_step
from .torch_export import answering_plainly, example_inputs, export_alone

if TYPE_CHECKING:
    from torch import nn

ELSEWHERE = "`--target torchscript --optimize` needs no compiler"


def save(module: nn.Module, graph: Graph, path: str, batch: int = 1) -> None:
    """Write a generated module for inference, whole or not at all, for a batch of that size. The module itself is left as it was.

    The example has the order of numbers that a tensor has by itself. Compiled code takes its inputs to lie as the example does and
    does not look, so with channels last it would answer wrongly, and silently, where an ordinary tensor is given. Inside the
    package images have their channels last all the same: freezing lays out weights and images as oneDNN wants them.
    """
    import torch

    _need_compiler(path)
    from torch._inductor import aoti_compile_and_package, config
    from torch._inductor.exc import CppCompileError
    from torch._inductor.utils import fresh_inductor_cache

    told = told_at_its_step(graph, "a program of torch.export", export_alone)
    with answering_plainly(module) as plain, whole(path) as draft, torch.no_grad(), _quiet(), told:
        with attention_of_four_axes():
            program = torch.export.export(plain, example_inputs(module, FreeAxes(graph, ()), batch))
        # A cache of its own, for in the common one every package would leave its weights behind for good.
        with config.patch(freezing=True), fresh_inductor_cache(dir=os.path.dirname(draft)):
            try:
                aoti_compile_and_package(program, package_path=draft)
            except RuntimeError as error:
                cause = getattr(error, "inner_exception", error)
                if not isinstance(cause, CppCompileError):
                    raise
                raise ArchError((_refused(cause.output, path),)) from error


def _need_compiler(path: str) -> None:
    """Raises `ArchError` where nothing can be compiled: better now than after the graph is made."""
    try:
        from torch._inductor import aoti_compile_and_package  # noqa: F401
        from torch._inductor.cpp_builder import get_cpp_compiler
        from torch._inductor.exc import InvalidCxxCompiler
    except ImportError as error:
        raise ArchError((_cannot(f"this PyTorch has no AOTInductor ({error})", "install a PyTorch that has it", path),)) from error
    try:
        get_cpp_compiler()
    except InvalidCxxCompiler as error:
        help = "install one (`g++`, `clang++`), or name yours in the variable `CXX`"
        raise ArchError((_cannot("there is no C++ compiler here", help, path),)) from error


def _refused(said: str, path: str) -> Diagnostic:
    """The compiler is there and fails; the first line that tells of an error says why."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    line = next((line for line in lines if "error" in line.lower()), lines[0] if lines else "no reason given")
    return _cannot(f"the C++ compiler fails: {line[:160]}", "use another compiler, by the variable `CXX`", path)


def _cannot(reason: str, help: str, path: str) -> Diagnostic:
    place = Label(Source(path, "").span(0, 0))
    return Diagnostic("F620", f"an AOTInductor package cannot be compiled: {reason}", place, help=f"{help}; {ELSEWHERE}")


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Without the deprecations of PyTorch's own parts, and what they log below errors."""
    before = logging.root.manager.disable
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        logging.disable(logging.WARNING)
        try:
            yield
        finally:
            logging.disable(before)
