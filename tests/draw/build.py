"""Small programs made by hand, for tests of pictures that need odd names or wirings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar

from archc.base.records import dataclass
from archc.base.source import Source
from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Node, Program, Scope
from archc.compiler.ops.base import Operation, Shape, Shapes, Weight
from archc.compiler.ops.parameters import CHANNELS, COUNT, parameter
from archc.compiler.ops.ports import Input, Output


@dataclass(frozen=True, slots=True)
class Conv(Operation):
    name: ClassVar[str] = "conv"
    family: ClassVar[str] = "convolution"
    caption_says_all: ClassVar[bool] = True
    channels: int = parameter(CHANNELS, "channels")
    kernel: int = parameter(COUNT, "kernel", 3)
    stride: int = parameter(COUNT, "stride", 1)

    def output(self, inputs: Shapes) -> Shape:
        return (self.channels, *(-(-size // self.stride) for size in inputs[0][1:]))

    def weights(self, inputs: Shapes) -> tuple[Weight, ...]:
        return (Weight("weight", (self.channels, inputs[0][0], self.kernel, self.kernel)),)

    def macs(self, inputs: Shapes, output: Shape) -> int:
        return inputs[0][0] * self.kernel**2 * output[0] * output[1] * output[2]

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"{self.kernel}x{self.kernel}, {self.channels}" + (f", /{self.stride}" if self.stride > 1 else "")


@dataclass(frozen=True, slots=True)
class Relu(Operation):
    name: ClassVar[str] = "relu"
    family: ClassVar[str] = "activation"

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]


@dataclass(frozen=True, slots=True)
class Dropout(Operation):
    name: ClassVar[str] = "dropout"
    family: ClassVar[str] = "regularise"

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]


@dataclass(frozen=True, slots=True)
class Pool(Operation):
    name: ClassVar[str] = "maxpool"
    family: ClassVar[str] = "pool"

    def output(self, inputs: Shapes) -> Shape:
        return (inputs[0][0], *(size // 2 for size in inputs[0][1:]))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return "2x2, /2"


@dataclass(frozen=True, slots=True)
class Up(Operation):
    name: ClassVar[str] = "deconv"
    family: ClassVar[str] = "convolution"
    channels: int = parameter(CHANNELS, "channels")

    def output(self, inputs: Shapes) -> Shape:
        return (self.channels, *(2 * size for size in inputs[0][1:]))

    def caption(self, inputs: Shapes, output: Shape) -> str:
        return f"2x2, {self.channels}, x2"


@dataclass(frozen=True, slots=True)
class Add(Operation):
    name: ClassVar[str] = "add"
    family: ClassVar[str] = "merge"
    symbol: ClassVar[str] = "+"
    most_inputs: ClassVar[int | None] = None

    def output(self, inputs: Shapes) -> Shape:
        return inputs[0]


@dataclass(frozen=True, slots=True)
class Concat(Operation):
    name: ClassVar[str] = "concat"
    family: ClassVar[str] = "merge"
    most_inputs: ClassVar[int | None] = None

    def output(self, inputs: Shapes) -> Shape:
        return (sum(shape[0] for shape in inputs), *inputs[0][1:])


class Builder:
    """Places operations one after another. `at` is the index of the current tensor."""

    def __init__(self, name: str = "net", file: str = "net.arch") -> None:
        self.source = Source(file, "network net { }\n")
        self.span = self.source.span(0, 7)
        self.name = name
        self.root = Scope("network", (), None, self.span, template=name)
        self.scope = self.root
        self.nodes: list[Node] = []
        self.at = -1

    def place(self, operation: Operation, inputs: Sequence[int] | None = None, label: str = "", training_only: bool = False) -> int:
        sources = tuple(inputs) if inputs is not None else (self.at,)
        shapes = tuple(self.nodes[index].shape for index in sources)
        names = (label or f"{operation.name}{len(self.nodes)}",)
        scope = self.root if operation.family == "port" else self.scope
        self.nodes.append(
            Node(
                len(self.nodes), operation, sources, shapes, operation.output(shapes), scope, names, self.span,
                training_only=training_only, label=bool(label),
            )
        )  # fmt: skip
        self.at = len(self.nodes) - 1
        return self.at

    def input(self, *shape: int, label: str = "x") -> int:
        return self.place(Input(shape), (), label)

    def output(self, of: int | None = None, label: str = "", training_only: bool = False) -> int:
        index = self.at if of is None else of
        at = self.place(Output(), (index,), label or "output", training_only)
        self.at = index
        return at

    @contextmanager
    def inside(self, kind: str, name: str = "", template: str = "", title: str = "", doc: str = "") -> Iterator[Scope]:
        outer = self.scope
        names = (name,) if name else ()
        self.scope = Scope(kind, names, outer, self.span, doc=doc, template=template, title=title or (name if kind == "stage" else ""))
        try:
            yield self.scope
        finally:
            self.scope = outer

    def graph(self) -> Graph:
        return Graph(Program(self.name, "", self.span, self.root, tuple(self.nodes)))


def bottleneck(build: Builder, name: str, out: int, stride: int = 1, project: bool = False) -> None:
    """A residual block, as the language writes it."""
    with build.inside("block", name, "bottleneck"):
        start = build.at
        with build.inside("path"):
            build.place(Conv(out // 4, 1))
            build.place(Relu())
            build.place(Conv(out // 4, 3, stride))
            build.place(Relu())
            end = build.place(Conv(out, 1))
        if project:
            with build.inside("path"):
                start = build.place(Conv(out, 1, stride), (start,))
        build.place(Add(), (end, start))
        build.place(Relu())


def residual_network(depths: Sequence[int] = (3, 4, 6, 3)) -> Graph:
    build = Builder("resnet50")
    build.input(3, 224, 224)
    with build.inside("stage", title="stem"):
        build.place(Conv(64, 7, 2))
        build.place(Relu())
        build.place(Pool())
    for number, depth in enumerate(depths):
        with build.inside("stage", f"layer{number + 1}"):
            for place in range(depth):
                bottleneck(build, str(place), 256 * 2**number, 2 if number and not place else 1, place == 0)
    build.output()
    return build.graph()


def unet(depth: int = 4, width: int = 64) -> Graph:
    """Down, and up again with what was seen on the way down."""

    def double(name: str, channels: int) -> int:
        with build.inside("block", name, "double"):
            for _ in range(2):
                build.place(Conv(channels))
                build.place(Relu())
        return build.at

    build = Builder("unet")
    build.input(3, 512, 512)
    seen = []
    with build.inside("stage", "encoder"):
        for level in range(depth):
            seen.append(double(f"e{level}", width * 2**level))
            build.place(Pool())
    double("bottom", width * 2**depth)
    with build.inside("stage", "decoder"):
        for level in reversed(range(depth)):
            with build.inside("path"):
                up = build.place(Up(width * 2**level))
            build.place(Concat(), (seen[level], up))
            double(f"d{level}", width * 2**level)
    build.place(Conv(2, 1))
    build.output()
    return build.graph()
