"""What is to be drawn, as plain data: boxes, frames around them, lines between them. Nothing of layout, colour or file format."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from ...base.records import dataclass
from ..analysis.cost import total, work_of
from ..analysis.cost_table import Work
from ..graph.program import Node, Scope
from ..ops.base import Shape

Edge = tuple[int, int, int]
"""One edge of the graph: the indices of producer and user, and the position of the operand."""


@dataclass(frozen=True, slots=True)
class Box:
    """One drawn node.

    `nodes` are all nodes of the graph that it stands for, `first` those of one round where `count` equal ones are
    folded (`x3`). `scope` is the part of the network that is folded into the box, None for an operation or a chain of
    them; `main` the operation that gives such a chain its name. `parallel` tells that the rounds stand side by side.
    `shares` is the part or step whose weights it uses again, where nothing around it is drawn that says so already.
    """

    name: str
    nodes: tuple[Node, ...]
    first: tuple[Node, ...]
    scope: Scope | None
    main: Node
    count: int = 1
    parallel: bool = False
    training_only: bool = False
    shares: str = ""
    apart: str = ""
    """What it is by its parameters, where another box beside it would say the same."""
    number: str = ""
    """A number of the reader's own."""

    @property
    def is_operation(self) -> bool:
        """Whether it is one operation, or one with its norm and activation."""
        return self.scope is None

    @property
    def is_merge(self) -> bool:
        return self.scope is None and len(self.first) == 1 and self.main.operation.family == "merge"

    @property
    def is_applied(self) -> bool:
        """Whether its rounds are one part with one set of weights, applied to several tensors."""
        return self.parallel and any(node.shares is not None for node in self.nodes[len(self.first) :])

    @property
    def is_port(self) -> bool:
        return self.scope is None and self.main.is_port

    @property
    def output(self) -> Shape:
        return self.nodes[-1].shape

    @property
    def work(self) -> Work:
        return total(work_of(node) for node in self.nodes)


@dataclass(frozen=True, slots=True)
class Frame:
    """A box around boxes: a stage, an opened block, a folded repeat whose first round is shown (`count` of them)."""

    name: str
    scope: Scope
    items: tuple[Box | Frame, ...]
    count: int = 1
    parallel: bool = False
    training_only: bool = False
    shares: str = ""
    number: str = ""
    """A number of the reader's own, where its items do not tell all of it."""
    sign: str = ""
    """What became of it in another network."""

    @property
    def nodes(self) -> tuple[Node, ...]:
        return tuple(node for box in self.boxes() for node in box.nodes)

    def boxes(self) -> Iterator[Box]:
        for item in self.items:
            if isinstance(item, Box):
                yield item
            else:
                yield from item.boxes()

    def frames(self) -> Iterator[Frame]:
        """The frames inside, outer ones first, without this one."""
        for item in self.items:
            if isinstance(item, Frame):
                yield item
                yield from item.frames()


@dataclass(frozen=True, slots=True)
class Line:
    """One drawn edge, and the edges of the graph that it stands for. `count` is the number of its tensors.

    `tensors` are the nodes that make them, of folded rounds those of the first: lines of one tail that have the same carry the same.

    `skip`: another way leads from the tail to the head. `size`: the head asks how large the tensor is and does not read it. `shape` is printed beside the line where it changed there.
    """

    tail: str
    head: str
    edges: tuple[Edge, ...]
    tensors: tuple[int, ...]
    count: int = 1
    skip: bool = False
    shape: Shape | None = None
    training_only: bool = False
    size: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """The folded view of a network, or of the inside of a box.

    `hidden` are the edges inside a box, and those from one folded round to the next. The inside of a box has ports,
    where lines come in and go out: `entries` are the nodes outside that make what comes in, `exits` the nodes inside
    whose tensors leave. Their ends of lines are called `in0`, `in1`, …, `out0`, ….
    """

    network: str
    doc: str
    root: Frame
    lines: tuple[Line, ...]
    hidden: tuple[Edge, ...]
    level: str
    entries: tuple[int, ...] = ()
    exits: tuple[int, ...] = ()
    prefix: str = ""
    """What stands before every name, where the picture stands beside another one."""

    def prefixed(self, word: str) -> Picture:
        """The same picture with `word` before every name, for a place beside another one."""

        def item(one: Box | Frame) -> Box | Frame:
            if isinstance(one, Box):
                return replace(one, name=word + one.name)
            return replace(one, name=word + one.name, items=tuple(item(inner) for inner in one.items))

        root = replace(self.root, name=word + self.root.name, items=tuple(item(one) for one in self.root.items))
        lines = tuple(replace(line, tail=word + line.tail, head=word + line.head) for line in self.lines)
        return replace(self, root=root, lines=lines, prefix=word)

    def boxes(self) -> tuple[Box, ...]:
        return tuple(self.root.boxes())

    def frames(self) -> tuple[Frame, ...]:
        return tuple(self.root.frames())

    @property
    def work(self) -> Work:
        """The network's own: aux heads are left out."""
        return total(work_of(node) for box in self.boxes() for node in box.nodes if not node.training_only)
