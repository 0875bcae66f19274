"""Random programs of what came to the language late: tensors that no step makes, einsum and rearrange, reading where data says, pools that
remember, several tensors at once, axes with names. As in `programs.py` a program is data that writes itself; `form_oracle.py` runs it in PyTorch."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import TypeAlias

from .programs import Operation, Skip

Size: TypeAlias = "int | tuple[int, ...]"


class Text(str):
    """A text of the language, in its quotes."""

    __slots__ = ()


def show(value: object) -> str:
    if isinstance(value, Text):
        return f'"{value}"'
    if isinstance(value, bool):
        return "true" if value else "false"
    return "x".join(map(str, value)) if isinstance(value, tuple) else str(value)


def call(name: str, arguments: tuple[tuple[str, object], ...]) -> str:
    inner = ", ".join(f"{word} = {show(value)}" if word else show(value) for word, value in arguments)
    return f"{name}({inner})" if inner else name


@dataclass(frozen=True, slots=True)
class Path:
    """What stands behind a `|`: where it begins, and the steps from there. A tensor that no step makes is a step."""

    steps: tuple[Operation | Skip, ...]

    def write(self) -> str:
        return " -> ".join(step.write("") if isinstance(step, Skip) else call(step.name, step.arguments) for step in self.steps)


@dataclass(frozen=True, slots=True)
class Joined:
    """A merge; with `label` it can be read again."""

    head: str
    arguments: tuple[tuple[str, object], ...]
    paths: tuple[Path, ...]

    def write(self) -> str:
        return f"{call(self.head, self.arguments)} {{ {' '.join(f'| {path.write()}' for path in self.paths)} }}"


@dataclass(frozen=True, slots=True)
class Single:
    operation: Operation

    def write(self) -> str:
        return call(self.operation.name, self.operation.arguments)


@dataclass(frozen=True, slots=True)
class Several:
    """`split(n, axis) as a, b`, or the block `ends` that gives two; and what takes them all: a merge, or the block `each` that takes a list."""

    maker: Operation
    taker: Operation
    names: tuple[str, ...] = ()

    def write(self) -> str:
        made = call(self.maker.name, self.maker.arguments)
        taken = call(self.taker.name, self.taker.arguments)
        if not self.names:
            return f"{made} -> {taken}"
        paths = " ".join(f"| skip({name})" for name in self.names)
        return f"{made} as {', '.join(self.names)}\n  {taken} {{ {paths} }}"


@dataclass(frozen=True, slots=True)
class Statement:
    form: Joined | Single | Several
    label: str = ""

    def write(self) -> str:
        return f"{self.label}: {self.form.write()}" if self.label else self.form.write()


@dataclass(frozen=True, slots=True)
class FormProgram:
    """`names` are those of the input's axes, where they are not the usual ones."""

    shape: tuple[int, ...]
    statements: tuple[Statement, ...]
    names: tuple[str, ...] = ()

    def write(self) -> str:
        sizes = [f"{name} = {size}" for name, size in zip(self.names, self.shape, strict=True)] if self.names else map(str, self.shape)
        lines = "\n  ".join(row.write() for row in self.statements)
        return f"{BLOCKS}\nnetwork random {{\n  input x[{', '.join(sizes)}]\n  {lines}\n}}\n"


BLOCKS = """block ends(few, many, kernel) gives low, high {
  low: conv(few, kernel)
  high: conv(many, kernel)
}
block each(out) takes xs[] {
  concat { | for i in range(len(xs)): skip(xs[i]) -> conv(out + i, 1) }
}
"""


@dataclass(slots=True)
class FormMaker:
    chance: random.Random
    labels: list[str] = field(default_factory=list)
    pools: list[tuple[str, int, int]] = field(default_factory=list)

    def program(self) -> FormProgram:
        chance = self.chance
        if chance.random() < 0.3:
            return self.named()
        shape = (chance.choice((2, 3, 4, 6, 8)), *(chance.randint(2, 9) for _ in range(chance.choices((1, 2, 3), (1, 12, 1))[0])))
        return FormProgram(shape, tuple(self.statement() for _ in range(chance.randint(1, 4))))

    def named(self) -> FormProgram:
        """A sequence or an image whose axes stand in any order, and steps that look for them."""
        chance = self.chance
        names = chance.choice(
            (("length", "channels"), ("channels", "length"), ("height", "width", "channels"), ("width", "channels", "height"))
        )
        shape = tuple(chance.choice((2, 3, 4, 6)) for _ in names)
        words = (*names, "channels", "length")
        rows = []
        for _ in range(chance.randint(1, 4)):
            axis, size = chance.choice(words), chance.choice((2, 3, 4))
            rows.append(
                chance.choice(
                    (
                        Single(Operation("linear", (("features", size),))),
                        Single(Operation("softmax", (("axis", axis),))),
                        Single(Operation("softmax")),
                        Single(Operation("slice", (("axis", axis), ("stop", size)))),
                        Single(Operation("chunk", (("i", 0), ("n", 2)))),
                        Single(Operation("reduce", (("by", Text("mean")), ("axis", axis)))),
                        Single(Operation("conv", (("channels", size),))),
                        Single(Operation("permute", (("order", chance.sample(range(len(names)), len(names))),))),
                        Single(Operation("flip", (("axis", axis),))),
                        Several(Operation("split", (("n", 2),)), Operation("concat", (("axis", axis),))),
                        Joined("concat", (), (Path((Skip(),)), Path((Operation("linear", (("features", size),)),)))),
                        Joined("concat", (("axis", axis),), (Path((Skip(),)), Path((Operation("slice", (("axis", axis), ("stop", 1))),)))),
                    )
                )
            )
        return FormProgram(shape, tuple(Statement(row) for row in rows), names)

    def statement(self) -> Statement:
        chance = self.chance
        label = f"l{len(self.labels)}" if chance.random() < 0.4 else ""
        makers = (self.plain, self.learned, self.product, self.pattern, self.sampled, self.pooled, self.back, self.sequence, self.several)
        form = chance.choices((*makers, self.compared, self.deformed, self.convolved), (3, 2, 2, 3, 2, 2, 2, 2, 3, 1, 2, 2))[0]()
        if label and not isinstance(form, Several):
            self.labels.append(label)
            if isinstance(form, Single) and form.operation.name == "maxpool":
                a = dict(form.operation.arguments)
                self.pools.append((label, int(str(a["kernel"])), int(str(a["stride"]))))
            return Statement(form, label)
        return Statement(form)

    def read(self) -> Skip:
        return Skip(self.chance.choice(self.labels) if self.labels and self.chance.random() < 0.5 else None)

    def numbers(self, count: int, most: int = 6) -> list[int]:
        return [self.chance.randint(1, most) for _ in range(count)]

    # ------------------------------------------------------------------------------------------------ forms

    def plain(self) -> Single:
        chance = self.chance
        rows = (
            Operation(
                "conv", (("channels", chance.choice((2, 4, 6))), ("kernel", chance.choice((1, 3))), ("stride", chance.choice((1, 1, 2))))
            ),
            Operation("relu"),
            Operation("permute", (("order", chance.sample(range(3), 3)),)),
            Operation("upsample", (("scale", 2),)),
        )
        return Single(chance.choice(rows))

    def learned(self) -> Joined:
        """A tensor that no step makes, beside one that a step made: of a shape that fits, stretches, or neither."""
        chance = self.chance
        sizes = [chance.choice((1, 1, 2, 4, 6)), *(chance.choice((1, 1, 3, 5)) for _ in range(chance.choice((1, 2, 2, 2, 3))))]
        made = Operation("parameter", (("shape", sizes),))
        if chance.random() < 0.3:
            value: object = [chance.randint(-2, 2) / 2 for _ in range(chance.randint(1, 4))]
            made = Operation("constant", (("value", chance.choice((0.5, value))),))
        head = chance.choice(("add", "add", "mul", "mul", "concat", "maximum", "div"))
        arguments = (("broadcast", True),) if head == "add" and chance.random() < 0.8 else ()
        return Joined(head, arguments, (Path((self.read(),)), Path((made,))))

    def product(self) -> Joined:
        pattern = self.chance.choice(
            (
                "c h w, d h w -> c d",
                "c h w, c h w -> h w",
                "c h w, c h v -> h w v",
                "c h w, h w -> c",
                "c h w, k c -> k h w",
                "l d, s d -> l s",
                "c h w, c k w -> k h",
                "c h w, c h w -> h c h",
                "c h w, d h w -> c d e",
            )
        )
        second = Path((self.read(),)) if self.chance.random() < 0.6 else Path((Operation("parameter", (("shape", self.numbers(2)),)),))
        return Joined("einsum", (("", Text(pattern)),), (Path((self.read(),)), second))

    def pattern(self) -> Single:
        chance = self.chance
        p, q = chance.choice((1, 2, 3)), chance.choice((2, 3))
        pattern, sizes = chance.choice(
            (
                ("c (h p) (w q) -> (h w) (p q) c", (("p", p), ("q", q))),
                ("(r c) h w -> r c h w", (("r", p),)),
                ("c h w -> (h w) c", ()),
                ("c h w -> w 1 (c h)", ()),
                ("(h w) c -> c h w", (("h", p),)),
                ("(r s c) h w -> c (h r) (w s)", (("r", p), ("s", q))),
                ("r c ... -> c r ...", ()),
                ("... (w q) -> q ... w", (("q", q),)),
                ("c h w -> c h", ()),
                ("c 1 w -> w c", ()),
            )
        )
        return Single(Operation("rearrange", (("", Text(pattern)), *sizes)))

    def sampled(self) -> Joined:
        chance = self.chance
        if chance.random() < 0.4:
            boxes = Operation("parameter", (("shape", [chance.randint(1, 4), chance.choice((4, 4, 4, 5))]),))
            size = chance.choice((2, 3, (1, 2), (2, 3, 2)))
            arguments = (("size", size), ("scale", chance.choice((0.5, 1))), ("aligned", chance.random() < 0.5))
            return Joined("roi_align", arguments, (Path((self.read(),)), Path((boxes,))))
        turned = Operation("permute", (("order", [1, 2, 0]),))
        grid = chance.choice(
            (
                Path((Operation("conv", (("channels", chance.choice((2, 2, 3))),)), turned)),
                Path((Operation("parameter", (("shape", [*self.numbers(2), chance.choice((2, 2, 3))]),)),)),
                Path((Operation("parameter", (("shape", [*self.numbers(3), 3]),)),)),
                Path((self.read(),)),
            )
        )
        arguments = (("mode", Text(chance.choice(("bilinear", "nearest", "bicubic")))), ("align_corners", chance.random() < 0.5))
        return Joined("grid_sample", arguments, (Path((self.read(),)), grid))

    def pooled(self) -> Single:
        chance = self.chance
        kernel = chance.choice((2, 2, 3))
        arguments = (
            ("kernel", kernel),
            ("stride", chance.choice((kernel, kernel, 2, 1))),
            ("ceil", chance.random() < 0.3),
            ("indices", True),
        )
        return Single(Operation("maxpool", arguments))

    def back(self) -> Joined | Single:
        if not self.pools:
            return self.pooled()
        label, kernel, stride = self.chance.choice(self.pools)
        arguments: tuple[tuple[str, object], ...] = (("kernel", kernel), ("stride", stride))
        if self.chance.random() < 0.15:
            arguments = (("kernel", 2), ("stride", 2))
        if self.chance.random() < 0.4:
            arguments += (("like", self.chance.choice(("x", *self.labels))),)
        return Joined("maxunpool", arguments, (Path((self.read(),)), Path((Skip(f"{label}.indices"),))))

    def sequence(self) -> Single:
        chance = self.chance
        like = chance.choice(("x", *self.labels))
        rows = (
            Operation("tokens"),
            Operation("image", (("like", like),)),
            Operation("image", (("like", like),)),
            Operation("image", (("size", chance.choice((2, 3, (2, 4)))),)),
            Operation("linear", (("features", 4),)),
        )
        return Single(chance.choice(rows))

    def several(self) -> Several:
        chance = self.chance
        n = chance.choice((2, 2, 3))
        if chance.random() < 0.4:
            few, many = chance.choice(((2, 2), (2, 3), (4, 4)))
            maker = Operation("ends", (("few", few), ("many", many), ("kernel", chance.choice((1, 3, 2)))))
            n = 2
        else:
            maker = Operation("split", (("n", n), *((("axis", chance.randint(0, 2)),) if chance.random() < 0.4 else ())))
        taker = chance.choice((Operation("add"), Operation("concat"), Operation("mul"), Operation("each", (("out", 2),)), Operation("sub")))
        names: tuple[str, ...] = ()
        if maker.name == "split" and taker.name != "each" and chance.random() < 0.4:
            names = tuple(f"{letter}{len(self.labels)}_{chance.randint(0, 10**6)}" for letter in "abc"[: chance.choice((n, n, n, 2))])
        return Several(maker, taker, names)

    def compared(self) -> Joined:
        chance = self.chance
        arguments = (("displacement", chance.choice((0, 1, 3, (0, 2), (1, 2, 3)))), ("stride", chance.choice((1, 2))))
        return Joined("correlation", arguments, (Path((self.read(),)), Path((self.read(),))))

    def convolved(self) -> Joined:
        """Filters that no step makes, or that one did: of a shape that fits, or not."""
        chance = self.chance
        groups = chance.choice((1, 1, 2, 4))
        sizes = [chance.choice((groups, 2 * groups, 3)), chance.choice((1, 2, 4)), *(chance.choice((1, 2, 3, 3)) for _ in "hw")]
        made = Operation("parameter", (("shape", sizes[: chance.choice((4, 4, 4, 4, 3))]),))
        filters = Path((made,) if chance.random() < 0.9 else (self.read(),))
        return Joined("convolve", (("stride", chance.choice((1, 1, 2, (2, 1)))), ("groups", groups)), (Path((self.read(),)), filters))

    def deformed(self) -> Joined:
        chance = self.chance
        kernel, stride = chance.choice((1, 3, 3, (3, 1))), chance.choice((1, 1, 2))
        taps = kernel**2 if isinstance(kernel, int) else kernel[0] * kernel[1]
        groups = chance.choice((1, 1, 2))
        sets = chance.choice((1, 1, 2, 3))
        many = 2 * taps * sets + chance.choice((0, 0, 0, 0, 1))

        def moved(channels: int, step: int) -> Path:
            return Path((Operation("conv", (("channels", channels), ("kernel", kernel), ("stride", step))),))

        paths = [Path((self.read(),)), moved(many, chance.choice((stride, stride, stride, 1)))]
        if chance.random() < 0.4:
            paths.append(moved(taps * chance.choice((sets, sets, 1)), stride))
        arguments = (("channels", chance.choice((2, 4))), ("kernel", kernel), ("stride", stride), ("groups", groups))
        return Joined("deform_conv", arguments, tuple(paths))
