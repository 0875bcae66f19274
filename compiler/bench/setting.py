"""What the legs of a bench share, and what a way of running a network is."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import field
from typing import TYPE_CHECKING

from ...base.records import dataclass
from ..graph.graph import Graph
from ..runtime.timing import Leg, Watch

if TYPE_CHECKING:
    from torch import Tensor, nn


class NotHere(Exception):
    """A way that this machine does not have; the text says what is missing."""


@dataclass(frozen=True)
class Setting:
    """What all legs of a run share. `reference` is another library's module of the same network."""

    graph: Graph
    module: nn.Module
    given: tuple[Tensor, ...]
    threads: int
    device: str = "cpu"
    dtype: str = "float32"
    reference: nn.Module | None = None
    same_weights: bool = False
    """Whether it has the module's own weights, and should give the same answers."""
    room: ExitStack = field(default_factory=ExitStack)
    """What puts the files of the run away at its end."""
    watch: Watch = lambda text: None

    @property
    def weights(self) -> Mapping[str, Tensor]:
        return self.module.state_dict()


@dataclass(frozen=True, slots=True)
class Way:
    """One way: its name, what it is, and how its leg is made. `of_reference`: it runs the other library's module."""

    name: str
    what: str
    make: Callable[[Setting], Leg]
    of_reference: bool = False
    answers: bool = True
    """Whether its leg returns the network's answer."""
