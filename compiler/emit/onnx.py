"""ONNX, by way of torch.export."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import re
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ...dsl.diagnostics import ArchError, Diagnostic, Label
from ...dsl.source import Source
from ..graph import Graph
from ..outputs import whole
from .export import answering_plainly, dynamic_shapes, example_inputs

if TYPE_CHECKING:
    from torch import nn

OPSET = 22
"""The version of the operators."""

_NEEDED = ("onnx", "onnxscript")


def save(module: nn.Module, graph: Graph, path: str) -> None:
    """Write a generated module for inference, whole or not at all. Inputs and outputs have the network's names; the batch is free."""
    import torch

    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ArchError((_needs(missing, path),))
    with answering_plainly(module) as plain, whole(path) as draft, torch.no_grad(), quiet():
        try:
            torch.onnx.export(
                plain,
                example_inputs(module, graph),
                draft,
                dynamo=True,
                opset_version=OPSET,
                input_names=[node.names[-1] for node in graph.inputs],
                output_names=[node.names[-1] for node in graph.outputs],
                dynamic_shapes=dynamic_shapes(graph),
                external_data=False,
                verbose=False,
            )
        except torch.onnx.OnnxExporterError as error:
            raise ArchError((_cannot(error, path),)) from error


def _cannot(error: Exception, path: str) -> Diagnostic:
    """PyTorch's exporter gives up; where it names the step that it has no rule for, so does the message."""
    unknown = re.search(r"No ONNX function found for <OpOverload\(op='([\w.]+)'", str(error))
    reason = f"has no rule for `{unknown[1]}`" if unknown else f"says: {str(error).splitlines()[-1].strip()[:160]}"
    return Diagnostic(
        "F619",
        f"the network cannot be written as ONNX: PyTorch's exporter {reason}",
        Label(Source(path, "").span(0, 0)),
        help="`--target export` or `torchscript` has no such limit; `archc explain` of an operation names its ONNX operator",
    )


def _needs(missing: list[str], path: str) -> Diagnostic:
    names = " and ".join(f"`{name}`" for name in missing)
    return Diagnostic(
        "F616",
        f"an ONNX file needs the package{'s' if len(missing) > 1 else ''} {names}",
        Label(Source(path, "").span(0, 0)),
        help="`pip install 'archc[onnx]'`",
    )


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without what the exporter has to say."""
    # It tells its progress and the deprecations of its own parts on every channel there is.
    loggers = [logging.getLogger(name) for name in ("torch.onnx", "onnxscript", "onnx_ir")]
    levels = [logger.level for logger in loggers]
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        warnings.simplefilter("ignore")
        for logger in loggers:
            logger.setLevel(logging.ERROR)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)
