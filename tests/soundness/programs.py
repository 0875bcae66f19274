"""Random programs: legal ones, illegal ones, and those in between.

A program is data that knows how to write itself in the language; `oracle.py` runs the same data in PyTorch. The two share
nothing else.
"""

from __future__ import annotations

import itertools
import random
from dataclasses import dataclass, field
from typing import TypeAlias

Arguments: TypeAlias = "tuple[tuple[str, object], ...]"


@dataclass(frozen=True, slots=True)
class Operation:
    name: str
    arguments: Arguments = ()

    def write(self, indent: str) -> str:
        inner = ", ".join(f"{name} = {show(value)}" for name, value in self.arguments)
        return f"{self.name}({inner})" if inner else self.name


@dataclass(frozen=True, slots=True)
class Skip:
    """`skip`, or `skip(label)`."""

    label: str | None = None

    def write(self, indent: str) -> str:
        return "skip" if self.label is None else f"skip({self.label})"


@dataclass(frozen=True, slots=True)
class Merge:
    head: str
    arguments: Arguments
    paths: tuple[tuple[Step, ...], ...]

    def write(self, indent: str) -> str:
        inner = ", ".join(f"{name} = {show(value)}" for name, value in self.arguments)
        head = f"{self.head}({inner})" if inner else self.head
        rows = "".join(f"\n{indent}  | {join(path, indent + '    ')}" for path in self.paths)
        return f"{head} {{{rows}\n{indent}}}"


@dataclass(frozen=True, slots=True)
class Repeat:
    count: int
    body: tuple[Step, ...]

    def write(self, indent: str) -> str:
        return f"repeat {self.count} {{ {' -> '.join(step.write(indent + '  ') for step in self.body)} }}"


@dataclass(frozen=True, slots=True)
class Labelled:
    label: str
    step: Step

    def write(self, indent: str) -> str:
        return f"{self.label}: {self.step.write(indent)}"


Step: TypeAlias = "Operation | Skip | Merge | Repeat | Labelled"


@dataclass(frozen=True, slots=True)
class RandomProgram:
    shape: tuple[int, ...]
    steps: tuple[Step, ...]

    def write(self) -> str:
        lines = "\n  ".join(step.write("  ") for step in self.steps)
        return f"network random {{\n  input x[{', '.join(map(str, self.shape))}]\n  {lines}\n}}\n"


def join(path: tuple[Step, ...], indent: str) -> str:
    """The steps of a path: arrows join steps; a loop is a statement and stands on its own line."""
    text = path[0].write(indent)
    for before, step in itertools.pairwise(path):
        loop = isinstance(before, Repeat) or isinstance(step, Repeat)
        text += (f"\n{indent}" if loop else " -> ") + step.write(indent)
    return text


def show(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return "x".join(map(str, value))
    return str(value)


@dataclass(slots=True)
class Maker:
    """Makes one program from a source of chance."""

    chance: random.Random
    rank: int = 2
    labels: list[str] = field(default_factory=list)

    def program(self) -> RandomProgram:
        self.rank = self.chance.choices((1, 2, 3), (1, 8, 1))[0]
        shape = (self.chance.choice((1, 2, 3, 4, 6, 8, 12)), *(self.chance.randint(1, 17) for _ in range(self.rank)))
        steps = [self.step(2) for _ in range(self.chance.randint(1, 5))]
        if self.chance.random() < 0.2:
            steps += [Operation("flatten"), Operation("linear", (("features", self.chance.randint(1, 9)),))]
        return RandomProgram(shape, tuple(steps))

    def step(self, depth: int) -> Step:
        kind = self.chance.random()
        if depth and kind < 0.22:
            return self.merge(depth)
        if depth and kind < 0.28:
            return Repeat(self.chance.randint(0, 3), tuple(self.operation() for _ in range(self.chance.randint(1, 2))))
        if depth == 2 and kind < 0.40:
            label = f"l{len(self.labels)}"
            step = Labelled(label, self.operation())
            self.labels.append(label)
            return step
        return self.operation()

    def merge(self, depth: int) -> Merge:
        head = self.chance.choice(("add", "add", "concat", "concat", "mul", "maximum", "sub", "mean"))
        count = 2 if head == "sub" else self.chance.choice((2, 2, 3))
        paths = tuple(self.path(depth - 1) for _ in range(count))
        arguments: Arguments = ()
        if head == "concat" and self.chance.random() < 0.15:
            arguments = (("axis", self.chance.randint(0, self.rank)),)
        return Merge(head, arguments, paths)

    def path(self, depth: int) -> tuple[Step, ...]:
        if self.chance.random() < 0.3:
            usable = list(self.labels)
            return (Skip(self.chance.choice(usable) if usable and self.chance.random() < 0.4 else None),)
        return tuple(self.step(depth) for _ in range(self.chance.randint(1, 2)))

    # ------------------------------------------------------------------------------------------ operations

    def size(self, low: int, high: int) -> int | tuple[int, ...]:
        if self.rank > 1 and self.chance.random() < 0.15:
            return tuple(self.chance.randint(low, high) for _ in range(self.rank))
        return self.chance.randint(low, high)

    def channels(self) -> int:
        return self.chance.choice((1, 2, 3, 4, 6, 8, 12))

    def some(self, *rows: tuple[str, object, float]) -> Arguments:
        return tuple((name, value) for name, value, likely in rows if self.chance.random() < likely)

    def operation(self) -> Operation:
        maker = self.chance.choices(
            (self.conv, self.deconv, self.pool, self.same, self.norm, self.adaptive, self.reshape), (8, 1, 4, 4, 2, 1, 2)
        )[0]
        return maker()

    def conv(self) -> Operation:
        if self.chance.random() < 0.15:
            return Operation(
                "dwconv",
                (
                    ("kernel", self.size(1, 5)),
                    *self.some(("stride", self.size(1, 3), 0.3), ("pad", self.pad(), 0.4), ("dilation", self.size(1, 2), 0.2)),
                ),
            )
        return Operation(
            "conv",
            (
                ("channels", self.channels()),
                ("kernel", self.size(1, 5)),
                *self.some(
                    ("stride", self.size(1, 3), 0.3),
                    ("pad", self.pad(), 0.4),
                    ("groups", self.chance.choice((1, 2, 3, 4)), 0.2),
                    ("dilation", self.size(1, 3), 0.15),
                    ("bias", False, 0.3),
                ),
            ),
        )

    def pad(self) -> object:
        return self.chance.choice(("half", "valid", "same", 0, 1, 2))

    def deconv(self) -> Operation:
        return Operation(
            "deconv",
            (
                ("channels", self.channels()),
                ("kernel", self.chance.randint(1, 4)),
                *self.some(
                    ("stride", self.chance.randint(1, 3), 0.6),
                    ("pad", self.chance.randint(0, 2), 0.4),
                    ("out_pad", self.chance.randint(0, 2), 0.3),
                ),
            ),
        )

    def pool(self) -> Operation:
        name = self.chance.choice(("maxpool", "avgpool"))
        kernel = self.size(1, 4)
        extra = (("dilation", self.chance.randint(1, 2), 0.15),) if name == "maxpool" else ()
        return Operation(
            name,
            (
                ("kernel", kernel),
                *self.some(("stride", self.size(1, 3), 0.5), ("pad", self.chance.randint(0, 2), 0.3), ("ceil", True, 0.4), *extra),
            ),
        )

    def same(self) -> Operation:
        return Operation(self.chance.choice(("relu", "sigmoid", "identity", "gelu", "hard_swish")))

    def norm(self) -> Operation:
        if self.chance.random() < 0.4:
            return Operation("gn", (("groups", self.chance.choice((1, 2, 3, 4))),))
        return Operation("bn")

    def adaptive(self) -> Operation:
        if self.chance.random() < 0.4:
            return Operation(self.chance.choice(("global_avgpool", "global_maxpool")))
        return Operation(self.chance.choice(("adaptive_avgpool", "adaptive_maxpool")), (("size", self.size(1, 6)),))

    def reshape(self) -> Operation:
        choice = self.chance.random()
        if choice < 0.4:
            n = self.chance.randint(1, 4)
            return Operation("chunk", (("i", self.chance.randint(0, n)), ("n", n)))
        if choice < 0.7:
            return Operation("channel_shuffle", (("groups", self.chance.choice((1, 2, 3, 4))),))
        return Operation("upsample", (("scale", self.chance.randint(1, 3)),))
