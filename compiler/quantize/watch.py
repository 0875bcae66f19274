"""A module that tells, while it runs, what each of its steps makes."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from typing import TYPE_CHECKING, ClassVar, TypeAlias

from ...base.records import dataclass
from ..emit.fast.build import Fast, assemble
from ..emit.fast.step import Backend, Step
from ..graph.graph import Graph
from ..graph.program import Node
from ..rewrite.base import Rewritten

if TYPE_CHECKING:
    from torch import Tensor

Seen: TypeAlias = "Callable[[int, Tensor], Tensor]"
"""Called with the index of a node and what it made; what it answers is what others read."""


@dataclass(frozen=True, slots=True)
class _Watching(Backend):
    name: ClassVar[str] = "watching"
    summary: ClassVar[str] = "every step is told of"

    inner: Backend = field(default_factory=Backend)

    def enter(self, name: str, node: Node) -> str:
        return f"self.seen({node.index}, {self.inner.enter(name, node) or name})"

    def step(self, graph: Graph, node: Node, attribute: str, operands: Sequence[str]) -> Step:
        step = self.inner.step(graph, node, attribute, operands)
        return dataclasses.replace(step, value=f"self.seen({node.index}, {step.value})")


def watched(state: Rewritten, tensors: Mapping[str, Tensor], backend: Backend) -> Fast:
    """The module of a graph as a back end writes it, which cannot be scripted; `run` says who is told."""
    return assemble(state, tensors, _Watching(inner=backend))


def run(made: Fast, given: Sequence[Tensor], seen: Seen) -> tuple[Tensor, ...]:
    """What the module answers, all outputs in a tuple; `seen` is told of every step."""
    import torch

    vars(made.module)["seen"] = seen
    with torch.no_grad():
        answer = made.module(*given)
    return answer if isinstance(answer, tuple) else (answer,)
