"""Random legal networks over the whole language: images, signals, volumes, sequences and token ids, several inputs and outputs, reuse.

A network grows statement by statement; a statement that archc refuses is drawn again. What is legal is the concern of
`test_soundness.py`: here the question is whether the numbers that archc gives of a network are those of its module.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field

from archc.compiler.graph.graph import Graph
from archc.compiler.graph.program import Program
from archc.compiler.ops.base import Shape
from tests.support import checked

from .shaped import shaped

INPUTS = ("image", "image", "image", "signal", "volume", "vector", "ids", "ids", "sequence", "sequence")
PAD_MODES = ('"reflect"', '"replicate"', '"circular"')
PADS = ("", ", value = 1", *(f", mode = {mode}" for mode in PAD_MODES))
UPSAMPLE_MODES = ('"linear"', '"bilinear"', '"trilinear"', '"bicubic"', '"nearest-exact"')


@dataclass(slots=True)
class Wide:
    """Makes one network from a source of chance."""

    chance: random.Random
    lines: list[str] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    reusable: list[str] = field(default_factory=list)
    inputs: list[str] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)
    ids: bool = False
    fitted: bool = False
    """Whether axes of size 1 come in, and steps that are made to fit (`shaped.py`)."""
    shape_now: Shape = ()
    """That of the last statement."""

    def network(self) -> str:
        """The text of a legal network."""
        chance = self.chance
        kind = chance.choice(INPUTS)
        self.ids = kind == "ids"
        self.inputs = [f"input x[{self.shape(kind)}]"]
        if chance.random() < 0.25:
            self.inputs.append(self.inputs[0].replace("input x", "input y"))
            self.labels.append("y")
        if self.ids:
            self.lines.append(f"embedding({chance.randint(3, 50)}, {self.channels()})")
            if len(self.inputs) > 1:
                self.labels.remove("y")
                if chance.random() < 0.7:
                    self.lines.append("skip(y) -> other: " + self.lines[0])
                    self.labels.append("other")
        else:
            self.labels.append("x")
        for _ in range(chance.randint(1, 6)):
            self.grow()
        if len(self.inputs) > 1 and "y" in self.labels and not any("skip(y)" in line for line in self.lines):
            self.inputs.pop()
        outputs = [label for label in self.labels if label.startswith("l")]
        if outputs and chance.random() < 0.3:
            self.add("last: " + self.operation())
            if any(line.startswith("last: ") for line in self.lines):
                self.add("output last, " + ", ".join(chance.sample(outputs, min(len(outputs), chance.randint(1, 2)))))
        return self.text()

    def text(self) -> str:
        body = "\n  ".join((*self.inputs, *(self.lines or ["identity"])))
        return "".join(f"{block}\n" for block in self.blocks) + f"network random {{\n  {body}\n}}\n"

    def program(self) -> Program | None:
        return checked(self.text(), "random.arch").program

    def add(self, line: str) -> bool:
        self.lines.append(line)
        program = self.program()
        if program is not None:
            self.shape_now = program.nodes[-1].shape
            return True
        self.lines.pop()
        return False

    def grow(self) -> None:
        """One more statement, if one of a few tries is legal."""
        for _ in range(12):
            line, label = self.statement()
            if self.add(line):
                if label:
                    self.labels.append(label)
                return

    def statement(self) -> tuple[str, str]:
        chance, number = self.chance, len(self.lines)
        kind = chance.random()
        if self.fitted and self.shape_now and chance.random() < 0.2:
            step = shaped(chance, self.shape_now, self.labels)
            return (step, "") if chance.random() < 0.6 else (f"l{number}: {step}", f"l{number}")
        if kind < 0.2:
            label = f"l{number}"
            step = self.operation()
            self.reusable += [label]
            return f"{label}: {step}", label
        if kind < 0.28 and self.reusable:
            return f"reuse({chance.choice(self.reusable)})", ""
        if kind < 0.52:
            merge = self.merge(2)
            return (merge, "") if chance.random() < 0.7 else (f"l{number}: {merge}", f"l{number}")
        if kind < 0.62:
            mode = chance.choice((" indexed", "", "", " flat"))
            return f"stage s{number}{mode} {{\n    {self.chain(2, 4)}\n  }}", ""
        if kind < 0.70:
            return f"repeat {chance.randint(1, 3)} {{ {chance.choice((self.chain(1, 3), self.merge(1)))} }}", ""
        if kind < 0.78:
            name = f"b{number}"
            block = f"block {name} {{ {chance.choice((self.chain(2, 4), self.merge(1), f'a: {self.operation()} -> {self.operation()}'))} }}"
            self.blocks.append(block)
            return f"{name}" + chance.choice(("", f" -> {name}", f" -> {self.operation()}")), ""
        return self.chain(1, 3), ""

    def chain(self, least: int, most: int) -> str:
        return " -> ".join(self.operation() for _ in range(self.chance.randint(least, most)))

    def merge(self, depth: int) -> str:
        chance = self.chance
        head = chance.choice(
            (
                "add",
                "add",
                "add",
                "concat",
                "concat",
                "mul",
                "sub",
                "maximum",
                "mean",
                "div",
                "minimum",
                "stack",
                "stack(1)",
                "stack(-1)",
                "add(broadcast = true)",
                "sub(broadcast = true)",
                "matmul",
                "attention(2)",
            )
        )
        if head == "concat" and chance.random() < 0.4:
            head = f"concat(axis = {chance.randint(0, 2)})"
        paths = [self.path(depth - 1) for _ in range(2 if head in ("div", "matmul", "attention(2)") else chance.choice((2, 2, 3)))]
        if chance.random() < 0.4:
            paths[-1] = "skip"
        return f"{head} {{ {' '.join(f'| {path}' for path in paths)} }}"

    def path(self, depth: int) -> str:
        kind = self.chance.random()
        if kind < 0.25:
            return f"skip({self.chance.choice(self.labels)})" if self.labels and self.chance.random() < 0.5 else "skip"
        if depth > 0 and kind < 0.4:
            return f"{self.merge(depth)} -> {self.operation()}" if kind < 0.33 else self.merge(depth)
        return self.chain(1, 2)

    # ------------------------------------------------------------------------------------------ operations

    def shape(self, kind: str) -> str:
        def size() -> int:
            return 1 if self.fitted and self.chance.random() < 0.12 else self.chance.randint(2, 14)

        sizes = {
            "image": [self.channels(), size(), size()],
            "signal": [self.channels(), size() * 2],
            "volume": [self.channels(), size() // 2 + 1, size() // 2 + 1, size() // 2 + 1],
            "vector": [self.channels() * 3],
            "ids": [size()],
            "sequence": [size(), self.channels()],
        }[kind]
        return ", ".join(map(str, sizes))

    def channels(self) -> int:
        return self.chance.choice(((1,) if self.fitted else ()) + (2, 3, 4, 4, 6, 8, 8, 12, 16))

    def operation(self) -> str:
        chance = self.chance
        k, s, c = chance.randint(1, 4), chance.randint(1, 3), self.channels()
        axis = chance.choice((0, 0, 1, 2, -1))
        group = chance.choice((1, 1, 2, 4))
        return chance.choice(
            (
                f"conv({c}, {k})",
                f"conv({c}, {k}, stride = {s}, groups = {group}, bias = {chance.choice(('true', 'false'))})",
                f"conv({c}, {k}, pad = {chance.choice(('same', 'valid', '1', '2'))}, dilation = {chance.randint(1, 2)}, stride = {s})",
                f"conv({c}, 3, pad_mode = {chance.choice(PAD_MODES)})",
                f"dwconv({k})",
                f"std_conv({c}, {k}, stride = {s}, groups = {group}, gain = {chance.choice(('true', 'false'))})",
                f"weight_norm_conv({c}, {k}, pad = {chance.choice(('same', 'causal', '1'))})",
                f"spectral_norm_conv({c}, {k})",
                f"spectral_norm_deconv({c}, {k}, stride = {s}, groups = {group})",
                f"{chance.choice(('spectral', 'weight'))}_norm_linear({c})",
                f"deconv({c}, {k}, stride = {s}, groups = {group})",
                f"linear({c})",
                f"linear({c}, bias = false)",
                f"linear({c}, last = true)",
                "bn",
                f"gn({group})",
                "ln",
                "ln(last = true)",
                f"instance_norm(affine = {chance.choice(('true', 'false'))})",
                f"lrn({chance.randint(2, 5)})",
                *(
                    "relu",
                    "relu",
                    "relu6",
                    "leaky_relu",
                    "elu",
                    "gelu",
                    "silu",
                    "mish",
                    "sigmoid",
                    "tanh",
                    "hard_sigmoid",
                    "hard_swish",
                    "softplus",
                ),
                "prelu",
                f"softmax({axis})",
                f"maxpool({k}, stride = {s})",
                f"maxpool({k}, stride = {s}, pad = {chance.choice(('same', '1'))})",
                f"avgpool({k}, stride = {s})",
                f"avgpool({k}, stride = {s}, pad = {chance.choice(('same', '1'))}, count_pad = {chance.choice(('true', 'false'))})",
                f"adaptive_avgpool({k})",
                f"adaptive_maxpool({k})",
                "global_avgpool",
                "global_maxpool",
                *("flatten", "tokens", "tokens"),
                *(f"reshape([{c}, -1])", "reshape([-1])", f"reshape([-1, {k}, {s}])"),
                *("permute([1, 0])", "permute([2, 0, 1])", "permute([1, 2, 0])", "permute([0, 2, 1])", "permute([1, 2, 3, 0])"),
                *(
                    'rearrange("c (h p) w -> h w (p c)", p = 2)',
                    'rearrange("(a b) ... -> b ... a", a = 2)',
                    'rearrange("c h w -> (h c) w")',
                ),
                f"channel_shuffle({group})",
                "pixel_shuffle(2)",
                f"slice({axis}, {chance.randint(0, 2)}, {chance.randint(2, 5)})",
                f"chunk({chance.randint(0, 1)}, 2, axis = {axis})",
                f"select({chance.randint(0, 2)}, {axis})",
                f"crop({k})",
                f"pad({chance.randint(1, 2)}{chance.choice(PADS)})",
                f"upsample({s})",
                f"upsample({s}, mode = {chance.choice(UPSAMPLE_MODES)})",
                "dropout(0.5)",
                "drop_path(0.2)",
                *(f"attention({group})", f"attention({group})"),
                *(
                    "bn(last = true)",
                    "ln(bias = false)",
                    "rms_norm",
                    "rms_norm(last = true)",
                    "rms_norm(affine = false, last = true)",
                    f"normalize({axis})",
                ),
                *(
                    f"slice({axis}, {chance.randint(0, 2)}, step = 2)",
                    "pixel_unshuffle(2)",
                    f"flip({axis})",
                    f"roll({chance.randint(-2, 2)}, {axis})",
                ),
                *(
                    "roll([1, -2], [0, 1])",
                    "global_avgpool -> expand([-1, 4, 3])",
                    f"unfold({k}, stride = {s})",
                    "unfold(3, pad = 1, dilation = 2)",
                ),
                f"unfold({k}, stride = {s}) -> fold({chance.randint(3, 9)}, {k}, stride = {s})",
                *("exp", "abs -> log", "abs -> sqrt", "rsqrt", "reciprocal", "sin", "cos", "square", "power(3)", "offset(-0.5)"),
                *("clamp(-1, 1)", "clamp(min = 0)", "selu", "celu", f"log_softmax({axis})"),
                *(
                    f'reduce("{chance.choice(("mean", "sum", "max", "min", "norm", "var"))}", {along}, {keep})'
                    for along in (axis, f"[{axis}, -2]")
                    for keep in ("true", "false")
                ),
                *("class_token", "position_embedding", "layer_scale", "scale(2)", "identity"),
            )
        )


def legal(chance: random.Random, fitted: bool = False) -> tuple[str, Graph]:
    """A legal network: its text and its graph."""
    while True:
        maker = Wide(chance, fitted=fitted)
        text = maker.network()
        program = maker.program()
        if program is not None:
            return text, Graph(program)
