"""Leave out what only training needs."""

from __future__ import annotations

from typing import ClassVar

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Refusal
from ..ops.other import Identity
from .base import Property, Rewrite, Rewritten
from .counting import counted
from .draft import Draft, Item


def _idle(node: Node) -> bool:
    operation = node.operation
    if operation.training_only or isinstance(operation, Identity):
        return True
    if not operation.does_nothing(node.input_shapes, node.shape):
        return False
    # The module may be given images of another size than the file's: a pool to 7x7 is idle for one size alone.
    larger = tuple((shape[0], *(size + 1 for size in shape[1:])) for shape in node.input_shapes)
    try:
        return operation.does_nothing(larger, operation.output(larger))
    except Refusal:
        return False


NO_TRAINING = Property("no node serves training alone", lambda graph: tuple(node for node in graph.nodes if node.training_only))
NOTHING_IDLE = Property("every operation does something when the network is evaluated", lambda graph: tuple(filter(_idle, graph.nodes)))


@dataclass(frozen=True, slots=True)
class KeepInference(Rewrite):
    """Side heads go, and with them whatever serves them alone."""

    name: ClassVar[str] = "keep_inference"
    summary: ClassVar[str] = "Leaves out auxiliary heads. Always legal in evaluation."
    ensures: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        gone = [item for item in draft.items() if item.origin.training_only]
        for item in reversed(gone):
            draft.drop(item)
        return draft.finish(f"{counted(len(gone), 'operation')} of auxiliary heads left out" if gone else "")


@dataclass(frozen=True, slots=True)
class DropIdle(Rewrite):
    """Dropout, identities, a scale by 1, a pool of one position: whoever reads them reads what they read."""

    name: ClassVar[str] = "drop_idle"
    summary: ClassVar[str] = "Leaves out operations that change nothing when the network is evaluated. Always legal."
    requires: ClassVar[tuple[Property, ...]] = (NO_TRAINING,)
    ensures: ClassVar[tuple[Property, ...]] = (NOTHING_IDLE,)

    def apply(self, state: Rewritten) -> Rewritten:
        draft = Draft.of(state)
        gone: list[Item] = [item for item in draft.items() if _idle(item.origin)]
        for item in gone:
            draft.replace(item, item.inputs[0])
        return draft.finish(f"{counted(len(gone), 'idle operation')} left out" if gone else "")


def unread(graph: Graph) -> tuple[Node, ...]:
    """Nodes whose output nobody reads, beside inputs and outputs."""
    return tuple(node for node in graph.nodes if not node.is_port and not graph.users(node))
