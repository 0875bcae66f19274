"""From a graph and trained weights to the fast module, live or as a TorchScript file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from ....base.records import dataclass
from ...codegen.pytorch import Mode
from ...graph.graph import Graph
from ...ops.base import Shape
from ...rewrite.base import Rewritten
from ...rewrite.weights import Store
from ...runtime.live_module import load, naming_of
from ...runtime.own_code import own_files
from .onednn import OneDnn
from .step import Backend
from .writer import Written, write

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch import dtype as Dtype


@dataclass(frozen=True)
class Fast:
    """An optimised network: the module with its weights, the source that it was made from, and the graph behind it."""

    module: nn.Module
    written: Written
    state: Rewritten
    backend: Backend


def fast(graph: Graph, weights: Mapping[str, Tensor], backend: Backend | None = None, dtype: str = "float32") -> Fast:
    """The network for inference, with the weights of a state_dict of the plain module."""
    backend = OneDnn() if backend is None else backend
    state = backend.rewritten(graph)
    return assemble(state, make_weights(state, weights, dtype), backend, dtype)


def rewritten(graph: Graph, weights: Mapping[str, Tensor], dtype: str = "float32") -> nn.Module:
    """The module of PyTorch's own operations after the rewrites that every way of running gains by, for other formats."""
    return fast(graph, weights, Backend.rewriting(), dtype).module


def assemble(state: Rewritten, tensors: Mapping[str, Tensor], backend: Backend, dtype: str = "float32") -> Fast:
    """The module of a graph that is rewritten already, and whose weights are made."""
    import torch

    files = own_files(state.graph, Mode.INFERENCE)
    written = write(state, backend, naming_of(files))
    module = load(written.source, written.class_name, files).eval().requires_grad_(False).to(getattr(torch, dtype))
    # The tensors themselves, not copies: a large network is held once.
    wanted = module.state_dict()
    state_dict = {key: _as_image(_kept(tensors[recipe], getattr(torch, dtype)), wanted[key]) for key, recipe in written.tensors.items()}
    module.load_state_dict(state_dict, assign=True)
    return Fast(module, written, state, backend)


def make_weights(state: Rewritten, weights: Mapping[str, Tensor], dtype: str = "float32") -> dict[str, Tensor]:
    """The tensors that the recipes make, worked out in double precision, one after another, and kept in that of `dtype`."""
    import torch

    def read(key: str) -> Tensor:
        value = weights[key].detach().cpu()
        return value.double() if value.is_floating_point() else value

    def filled(shape: Shape, value: float) -> Tensor:
        return torch.full(shape, value, dtype=torch.double)

    def join(parts: Sequence[Tensor], axis: int) -> Tensor:
        return torch.cat(list(parts), axis)

    store = Store(read, filled, join)  # type: ignore[arg-type]
    kinds = {key: getattr(torch, recipe.dtype or dtype) for key, recipe in state.weights.items()}
    return {key: _kept(recipe.make(store), kinds[key]).contiguous() for key, recipe in state.weights.items()}  # type: ignore[arg-type]


def _kept(value: Tensor, dtype: Dtype) -> Tensor:
    """A tensor in the precision that was asked for; places in a table stay whole numbers."""
    return value.to(dtype) if value.is_floating_point() else value


def _as_image(value: Tensor, wanted: Tensor) -> Tensor:
    """The weight of a convolution of signals as that of one of images of one row; every other tensor as it is."""
    return value.unsqueeze(2) if (value.dim(), wanted.dim()) == (3, 4) else value
