"""TorchScript: compiled from the generated source, saved whole, loaded where only torch is."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from ..codegen.pytorch import Mode
from ..files.write import write
from ..graph.graph import Graph
from .label_limits import tell_labels
from .own_steps import told_at_its_step

if TYPE_CHECKING:
    import torch
    from torch import nn


def mode_for(train: bool) -> Mode:
    """TorchScript has one return type: side heads always answer, or never."""
    return Mode.SIDE_HEADS if train else Mode.INFERENCE


def script(module: nn.Module, train: bool = False, graph: Graph | None = None) -> torch.jit.ScriptModule:
    """A generated module as TorchScript, set to evaluate or to train. The module itself is left as it was.

    With `graph`, whose plain module it is, raises `ArchError`: F667 where a class of the user's own, of one of its steps, is not made for it;
    F627 where a file could not hold a label.
    """
    import torch

    if graph is not None:
        tell_labels(module, graph, "TorchScript", ascii_alone=True)
    was = module.training
    _forget_addresses(module)
    try:
        module.train(train)
        with _quiet(), told_at_its_step(graph, "TorchScript", lambda step, _: torch.jit.script(step)):
            made = torch.jit.script(module)
    finally:
        module.train(was)
    assert isinstance(made, torch.jit.ScriptModule)
    return made


def _forget_addresses(module: nn.Module) -> None:
    """PyTorch knows its functions by their addresses in memory, those too that are gone (an operator whose library was closed).

    A number or a list of the module that happens to lie at such an address would be taken for the function: "builtin cannot be used as a value".
    """
    import torch

    known = torch.jit._builtins._get_builtin_table()  # type: ignore[no-untyped-call]
    for part in module.modules():
        for value in vars(part).values():
            if not callable(value):
                known.pop(id(value), None)


def save(scripted: torch.jit.ScriptModule, path: str) -> None:
    """Write the file whole or not at all."""
    import torch

    # By way of the memory: where a disk is full, PyTorch's own writer ends the process.
    made = io.BytesIO()
    with _quiet():
        torch.jit.save(scripted, made)
    write(path, made.getbuffer())


@contextmanager
def _quiet() -> Iterator[None]:
    # PyTorch calls TorchScript deprecated since 2.10. Who asked for a TorchScript file is told so in the documentation.
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message=r".*torch\.jit\.", category=DeprecationWarning)
        warnings.filterwarnings("ignore", message=r".*torch\.jit\.", category=FutureWarning)
        yield
