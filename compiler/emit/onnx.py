"""ONNX, by way of torch.export."""

from __future__ import annotations

import ast
import contextlib
import importlib.util
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from ...base.diagnostics import Diagnostic, Label
from ...base.source import Source
from ...reporting.error import ArchError
from ..files.system_errors import quoted
from ..files.write import whole
from ..graph.graph import Graph
from .attention_axes import attention_of_four_axes
from .free_axes import FreeAxes, as_free_as_can_be
from .label_limits import tell_labels
from .onnx_adaptive import windows_of_the_day
from .onnx_correlation import correlation_by_rows
from .own_steps import told_at_its_step
from .torch_export import answering_plainly, example_inputs, export_alone, quiet

if TYPE_CHECKING:
    from torch import Tensor, nn

OPSET = 22
"""The version of the operators."""

_OF_THE_EXPORT = ("pkg.torch.onnx.stack_trace", "pkg.torch.onnx.fx_node", "pkg.onnxscript.rewriter.rule_name")
"""What PyTorch notes at a node: lines of files of this machine, and how it came about."""

_CLASSES = "pkg.torch.onnx.class_hierarchy"

_NEEDED = ("onnx", "onnxscript")


def save(module: nn.Module, graph: Graph, path: str, dynamic: Sequence[str] = ()) -> FreeAxes:
    """Write a generated module for inference, whole or not at all. Inputs and outputs have the network's names.

    The batch is free, and so are the axes of the names in `dynamic`: the sizes that the file takes come back. Raises `ArchError`
    (F616, F619, F626).
    """
    import torch

    missing = [name for name in _NEEDED if importlib.util.find_spec(name) is None]
    if missing:
        raise ArchError((_needs(missing, path),))
    tell_labels(module, graph, "PyTorch's exporter to ONNX")

    def made(free: FreeAxes) -> None:
        program = torch.onnx.export(
            plain,
            example_inputs(module, free),
            dynamo=True,
            opset_version=OPSET,
            input_names=[node.names[-1] for node in graph.inputs],
            output_names=[node.names[-1] for node in graph.outputs],
            dynamic_shapes=free.dims(),
            verbose=False,
        )
        assert program is not None
        _are_free(program.model, free)
        _tell_scopes(program.model, plain)
        program.save(draft, external_data=False)

    with (
        answering_plainly(module) as plain,
        _small_out_pads(plain),
        attention_of_four_axes(),
        correlation_by_rows(plain),
        windows_of_the_day(bool(dynamic)),
        whole(path) as draft,
        torch.no_grad(),
        quiet(),
    ):
        try:
            with told_at_its_step(graph, "ONNX", _alone):
                return as_free_as_can_be(graph, dynamic, made)[1]
        except torch.onnx.OnnxExporterError as error:
            raise ArchError((_cannot(error, path),)) from error


def _are_free(model: Any, free: FreeAxes) -> None:
    """Refuse a file in which a size is fixed all the same: where PyTorch's exporter cannot prove a rounding, it fixes the size without a word.

    Of outputs that hang on such a size the exporter may state the one that it traced; none is stated then, for runtimes warn of others.
    """
    for value, node in zip(model.graph.inputs, free.graph.inputs, strict=True):
        for axis in free.of(node):
            size = value.shape[axis.number + 1]
            if isinstance(size, int):
                raise RuntimeError(f"{axis.name} is fixed to {size}")
    for value, places in zip(model.graph.outputs, free.varying_outputs(), strict=True):
        for place in places:
            if value.shape is not None and isinstance(value.shape[place + 1], int):
                value.shape[place + 1] = None


def _tell_scopes(model: Any, module: nn.Module) -> None:
    """Every node tells the part of the network that it is in, as viewers show it (`layer1/0/conv1`); nothing tells of this machine.

    A convolution that took a norm into it bears the norm's scope: whose weights it has tells which it is.
    """
    parts = dict(module.named_modules())
    made, plain = type(module).__mro__[1], type(module)
    for node in model.graph:
        told = node.metadata_props
        for name in _OF_THE_EXPORT:
            told.pop(name, None)
        scopes = [scope for scope in ast.literal_eval(told.get("pkg.torch.onnx.name_scopes", "[]"))[:-1] if scope]
        weight = node.inputs[1] if node.op_type in ("Conv", "ConvTranspose") else None
        owner = (weight.name or "").removesuffix(".weight") if weight is not None else ""
        scope = owner if owner and owner in parts else scopes[-1] if scopes else ""
        told["namespace"] = scope.replace(".", "/")
        if (classes := told.get(_CLASSES)) is not None:
            told[_CLASSES] = classes.replace(f"{plain.__module__}.{plain.__qualname__}", f"{made.__module__}.{made.__qualname__}")


def _alone(module: nn.Module, graph: Graph) -> object:
    import torch

    return torch.onnx.export(export_alone(module, graph), dynamo=True, opset_version=OPSET, verbose=False)


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
    reason = f"has no rule for `{unknown[1]}`" if unknown else "gives up"
    return Diagnostic(
        "F619",
        f"the network cannot be written as ONNX: PyTorch's exporter {reason}",
        Label(Source(path, "").span(0, 0)),
        notes=() if unknown else (quoted(error, -1),),
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
