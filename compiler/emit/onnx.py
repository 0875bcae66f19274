"""ONNX, by way of torch.export."""

from __future__ import annotations

import contextlib
import importlib.util
import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Source
from ...reporting.error import ArchError
from ..files.write import whole
from ..graph.graph import Graph
from .torch_export import answering_plainly, dynamic_shapes, example_inputs

if TYPE_CHECKING:
    from torch import Tensor, nn

OPSET = 22
"""The version of the operators."""

_NEEDED = ("onnx", "onnxscript")


def save(module: nn.Module, graph: Graph, path: str) -> None:
    """Write a generated module for inference, whole or not at all. Inputs and outputs have the network's names; the batch is free."""
    import torch

    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ArchError((_needs(missing, path),))
    with answering_plainly(module) as plain, _small_out_pads(plain), whole(path) as draft, torch.no_grad(), quiet():
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


@contextlib.contextmanager
def _small_out_pads(module: nn.Module) -> Iterator[None]:
    """Every `out_pad` smaller than the stride, as runtimes want it: a stride's worth of it is one more input position, of zeros.

    PyTorch, and so archc, also takes an `out_pad` that is only smaller than the dilation. The module itself is left as it was.
    """
    from torch import nn

    changed = []
    for part in module.modules():
        if isinstance(part, nn.ConvTranspose1d | nn.ConvTranspose2d | nn.ConvTranspose3d):
            more = [out_pad // stride for out_pad, stride in zip(part.output_padding, part.stride, strict=True)]
            if any(more):
                changed.append((part, part.output_padding, part.register_forward_pre_hook(_longer(more))))
                part.output_padding = tuple(out_pad % stride for out_pad, stride in zip(part.output_padding, part.stride, strict=True))
    try:
        yield
    finally:
        for part, out_pad, hook in changed:
            part.output_padding = out_pad
            hook.remove()


def _longer(more: list[int]) -> Callable[[nn.Module, tuple[Tensor, ...]], Tensor]:
    """A hook that puts so many zeros at the end of each axis."""
    from torch.nn import functional

    sides = [side for count in reversed(more) for side in (0, count)]
    return lambda _, inputs: functional.pad(inputs[0], sides)


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
