"""Random programs that use steps again: groups, stages, blocks, merges and single steps, nested, renamed, on other inputs.

A program is data that writes itself in the language; `reuse_oracle.py` runs the same data in PyTorch. The two share nothing else.
Every step with weights has a label, so that its key is known without archc's rules for names.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Plain:
    """An operation without weights, as it is written."""

    text: str

    def write(self, indent: str) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class Layer:
    """An operation with weights: `conv` with its channels and kernel, `bn`, `prelu`, or a `layer_scale`, whose weight has no module."""

    label: str
    name: str
    numbers: tuple[int, ...] = ()

    def write(self, indent: str) -> str:
        inner = f"({', '.join(map(str, self.numbers))})" if self.numbers else ""
        return f"{self.label}: {self.name}{inner}"


@dataclass(frozen=True, slots=True)
class Part:
    """Steps under one name: a group, a stage, a side head, or a call of a block that holds them."""

    label: str
    kind: str  # group | indexed | stage | aux | block
    body: tuple[Step, ...]
    block: str = ""

    def write(self, indent: str) -> str:
        if self.kind == "block":
            return f"{self.label}: {self.block}"
        head = (
            f"{self.kind} {self.label}"
            if self.kind in ("stage", "aux")
            else f"{self.label}: {'indexed' if self.kind == 'indexed' else ''}".rstrip()
        )
        return f"{head} {{\n{write_body(self.body, indent + '  ')}\n{indent}}}"


@dataclass(frozen=True, slots=True)
class Each:
    """A loop whose labels tell its rounds apart: they belong to the body around it."""

    stem: str
    count: int
    layer: Layer

    def write(self, indent: str) -> str:
        step = self.layer.write(indent).partition(": ")[2]
        return f'for i in range({self.count}) {{ "{self.stem}{{i}}": {step} -> relu }}'

    def layers(self) -> list[Layer]:
        return [Layer(f"{self.stem}{number}", self.layer.name, self.layer.numbers) for number in range(self.count)]


@dataclass(frozen=True, slots=True)
class Merge:
    """`head` is an operation, or a block that takes two tensors; `body` is what that holds, with its inputs `x` and `y`."""

    label: str
    head: str
    paths: tuple[tuple[Step, ...], ...]
    body: tuple[Step, ...] = ()

    def write(self, indent: str) -> str:
        name = f"{self.label}: " if self.label else ""
        rows = "".join(f"\n{indent}  | {write_body(path, indent + '    ').lstrip()}" for path in self.paths)
        return f"{name}{self.head} {{{rows}\n{indent}}}"


@dataclass(frozen=True, slots=True)
class Repeat:
    count: int
    body: tuple[Step, ...]

    def write(self, indent: str) -> str:
        return f"repeat {self.count} {{\n{write_body(self.body, indent + '  ')}\n{indent}}}"


@dataclass(frozen=True, slots=True)
class Skip:
    path: tuple[str, ...]

    def write(self, indent: str) -> str:
        return f"skip({'.'.join(self.path)})" if self.path else "skip"


@dataclass(frozen=True, slots=True)
class Reuse:
    path: tuple[str, ...]
    label: str = ""

    def write(self, indent: str) -> str:
        name = f"{self.label}: " if self.label else ""
        return f"{name}reuse({'.'.join(self.path)})"


Step: TypeAlias = "Plain | Layer | Part | Each | Merge | Repeat | Skip | Reuse"


def write_body(body: tuple[Step, ...], indent: str) -> str:
    return "\n".join(indent + step.write(indent) for step in body)


@dataclass(frozen=True, slots=True)
class ReuseProgram:
    inputs: tuple[tuple[str, tuple[int, ...]], ...]
    blocks: tuple[tuple[str, str, tuple[Step, ...]], ...]
    body: tuple[Step, ...]
    outputs: tuple[tuple[str, ...], ...]

    def write(self) -> str:
        blocks = "".join(f"block {name}{takes} {{\n{write_body(body, '  ')}\n}}\n" for name, takes, body in self.blocks)
        inputs = "".join(f"  input {name}[{', '.join(map(str, shape))}]\n" for name, shape in self.inputs)
        ends = ", ".join(f"o{number} = {'.'.join(path)}" for number, path in enumerate(self.outputs))
        output = f"  output {ends}\n" if ends else ""
        return f"{blocks}network random {{\n{inputs}{write_body(self.body, '  ')}\n{output}}}\n"


Members: TypeAlias = "dict[str, Members]"


@dataclass(slots=True)
class Scope:
    """What the maker knows at a place: the labels of this body and of those around it, with what is inside each."""

    labels: Members = field(default_factory=dict)
    above: Scope | None = None
    taken: set[str] = field(default_factory=set)
    is_round: bool = False
    is_indexed: bool = False

    def known(self) -> Members:
        return {**(self.above.known() if self.above else {}), **self.labels}


@dataclass(slots=True)
class Maker:
    chance: random.Random
    blocks: list[tuple[str, tuple[Step, ...], Members]] = field(default_factory=list)
    pairs: list[tuple[str, tuple[Step, ...], Members]] = field(default_factory=list)

    def program(self) -> ReuseProgram:
        small = self.chance.random() < 0.4
        shapes = (("a", (4, 8, 8)), ("b", (4, 6, 6) if small else (4, 8, 8)))
        inputs = shapes[: self.chance.choice((1, 2, 2))]
        for number in range(self.chance.randint(0, 2)):
            scope = Scope()
            self.blocks.append((f"block{number}", self.body(scope, 1, 3), scope.labels))
        if self.chance.random() < 0.4:
            scope = Scope({"x": {}, "y": {}}, taken={"x", "y"})
            body = self.body(scope, 1, 2)
            self.pairs.append(("pair", body, {name: inner for name, inner in scope.labels.items() if name not in "xy"}))
        top = Scope({name: {} for name, _ in inputs}, taken={name for name, _ in inputs})
        body = self.body(top, 3, self.chance.randint(3, 8))
        paths = [path for path in self.paths(top) if path[0] not in dict(inputs)]
        outputs = tuple(self.chance.sample(paths, min(len(paths), self.chance.randint(1, 4)))) if self.chance.random() < 0.7 else ()
        written = [(name, "", inner) for name, inner, _ in self.blocks] + [(name, " takes x, y", inner) for name, inner, _ in self.pairs]
        return ReuseProgram(inputs, tuple(written), body, outputs)

    def body(self, scope: Scope, depth: int, count: int) -> tuple[Step, ...]:
        return tuple(self.step(scope, depth) for _ in range(count))

    def label(self, scope: Scope) -> str:
        """A name that this body does not have yet; those around it may."""
        name = self.chance.choice([name for name in (f"n{number}" for number in range(40)) if name not in scope.taken][:3])
        scope.taken.add(name)
        return name

    def paths(self, scope: Scope) -> list[tuple[str, ...]]:
        found: list[tuple[str, ...]] = []
        waiting = [((name,), members) for name, members in scope.known().items()]
        while waiting:
            path, members = waiting.pop()
            found.append(path)
            waiting += [((*path, name), inner) for name, inner in members.items()]
        return sorted(found)

    def members(self, scope: Scope, path: tuple[str, ...]) -> Members:
        members = scope.known()[path[0]]
        for name in path[1:]:
            members = members[name]
        return members

    def step(self, scope: Scope, depth: int) -> Step:
        kind = self.chance.random()
        paths = [path for path in self.paths(scope) if path not in (("a",), ("b",), ("x",), ("y",))]
        if kind < 0.28 and paths:
            path = self.chance.choice(paths)
            label = self.label(scope) if self.chance.random() < 0.5 else ""
            if label:
                scope.labels[label] = self.members(scope, path)
            return Reuse(path, label)
        if kind < 0.36 and self.paths(scope):
            return Skip(self.chance.choice(self.paths(scope)))
        if kind < 0.56 and depth:
            return self.part(scope, depth)
        if kind < 0.66 and depth:
            return self.merge(scope, depth)
        if kind < 0.71 and depth and not scope.is_indexed:  # an indexed part numbers its steps, not its rounds
            inner = Scope(above=scope, is_round=True)
            return Repeat(self.chance.randint(1, 2), self.body(inner, depth - 1, self.chance.randint(2, 3)))
        if kind < 0.74 and not scope.is_round:  # in a round it would make the round's number go
            stem = self.label(scope) + "_"
            each = Each(stem, self.chance.randint(1, 3), self.layer(Scope()))
            scope.labels.update({layer.label: {} for layer in each.layers()})
            return each
        if kind < 0.80:
            return Plain(self.chance.choice(("relu", "sigmoid", "gelu", "dropout(0.5)", "maxpool(3, stride = 1, pad = 1)", "identity")))
        return self.layer(scope)

    def layer(self, scope: Scope) -> Layer:
        name = self.chance.choice(("conv", "conv", "conv", "bn", "prelu", "layer_scale"))
        label = self.label(scope)
        scope.labels[label] = {}
        return Layer(label, name, (self.chance.choice((4, 4, 4, 4, 4, 8)), self.chance.choice((1, 3))) if name == "conv" else ())

    def part(self, scope: Scope, depth: int) -> Part:
        kind = self.chance.choice(("group", "group", "indexed", "stage", "aux", "block"))
        label = self.label(scope)
        if kind == "block" and self.blocks:
            name, body, members = self.chance.choice(self.blocks)
            scope.labels[label] = members
            return Part(label, "block", body, name)
        inner = Scope(above=scope, is_indexed=kind == "indexed")
        body = self.body(inner, depth - 1, self.chance.randint(1, 3))
        if kind == "aux" and depth == 3:
            return Part(label, kind, body)
        scope.labels[label] = inner.labels
        return Part(label, "group" if kind in ("aux", "block") or (kind == "stage" and depth < 3) else kind, body)

    def merge(self, scope: Scope, depth: int) -> Merge:
        label = self.label(scope) if self.chance.random() < 0.6 else ""
        head = self.chance.choice(("add", "add", "mul", "maximum", "concat"))
        # The labels of paths belong to the body that holds the merge.
        paths = tuple(
            (Skip(()),) if self.chance.random() < 0.3 else self.body(scope, min(depth - 1, 1), self.chance.randint(1, 2)) for _ in range(2)
        )
        if label and self.pairs and self.chance.random() < 0.4:
            name, body, members = self.pairs[0]
            scope.labels[label] = members
            return Merge(label, name, paths, body)
        if label:
            scope.labels[label] = {}
        return Merge(label, head, paths)
