"""Random networks of blocks: instances that differ in numbers, in structure, in what they share, in how they are named."""

from __future__ import annotations

from random import Random


class Maker:
    """Writes the text of a network. Most are legal."""

    def __init__(self, chance: Random) -> None:
        self.chance = chance
        self.blocks: list[tuple[str, list[str]]] = []
        self.labels: list[str] = []
        self.reusable: list[str] = []
        self.heads = 0

    def network(self) -> str:
        text = "".join(self.block(number) for number in range(self.chance.randrange(1, 4)))
        body = "".join(f"  {line}\n" for line in self.body())
        return f"{text}network random {{\n  input image[{4 * self.chance.randrange(1, 3)}, 12, 12]\n{body}}}\n"

    # ------------------------------------------------------------------------------------------- blocks

    def block(self, number: int) -> str:
        name, mode = f"block{number}", self.chance.choice(("", "", "indexed ", "flat "))
        parameters = [
            "out",
            *self.chance.sample(["kernel = 3", "stride = 1", "act = relu", "gate = false", "mid = 8", "sizes = [4, 8]"], 3),
        ]
        known = [row.split(" ")[0] for row in parameters]
        lines = self.block_body(known)
        doc = self.chance.choice(("", f"## What block {number} does.\n"))
        self.blocks.append((name, known))
        return f"{doc}block {name}({', '.join(parameters)}) {mode}{{\n" + "".join(f"  {line}\n" for line in lines) + "}\n"

    def block_body(self, known: list[str]) -> list[str]:
        chance = self.chance
        if "mid" in known and chance.random() < 0.5:
            known = [*known, "wide"]
            lines = ["let wide = 2 * mid"]
        else:
            lines = []
        last = f"conv(out, 1{', stride = stride' if 'stride' in known else ''})"
        path = f"{self.steps(known)} -> {chance.choice(('', 'last: '))}{last}"
        style = chance.randrange(4)
        if style == 0:
            lines.append(path)
        elif style == 1:
            condition = "in.channels == out" + (" and stride == 1" if "stride" in known else "")
            lines.append(f"add {{ | {path} | if {condition}: skip }}")
        elif style == 2:
            short = f"conv(out, 1{', stride = stride' if 'stride' in known else ''}) -> bn"
            lines.append(f"add {{ | {path} | {chance.choice(('', 'short: '))}{{ {short} }} }} -> {'act' if 'act' in known else 'relu'}")
        else:
            lines.append(f"concat {{ | {path} | {chance.choice(('', 'side: '))}{last} }} -> conv(out, 1)")
        if "gate" in known:
            lines.append("if gate { mul { | skip | global_avgpool -> conv(in.channels, 1) -> sigmoid } }")
        return lines

    def steps(self, known: list[str]) -> str:
        chance = self.chance
        width = chance.choice(
            [word for word in ("out", "mid", "wide", "sizes[0]", "sizes[1]", "8") if word.split("[")[0] in known or word == "8"]
        )
        kernel = "kernel" if "kernel" in known else chance.choice(("1", "3", "1x3"))
        groups = chance.choice(("", "", ", groups = 2", ", bias = false"))
        act = "act" if "act" in known else chance.choice(("relu", "silu", "leaky_relu(0.2)", "identity"))
        rows = [f"conv({width}, {kernel}{groups})", "bn", act]
        if chance.random() < 0.3:
            rows = ["bn", act, f"conv({width}, {kernel}{groups})"]
        if chance.random() < 0.3:
            rows.append("dwconv(3) -> bn")
        return " -> ".join(rows)

    # ------------------------------------------------------------------------------------------ network

    def body(self) -> list[str]:
        lines = ["conv(8, 3) -> relu"]
        for number in range(self.chance.randrange(2, 6)):
            lines += self.part(number)
        if self.labels and self.chance.random() < 0.4:
            lines.append(f"concat {{ | skip -> global_avgpool | skip({self.chance.choice(self.labels)}) -> global_avgpool }}")
        lines.append(self.chance.choice(("global_avgpool -> flatten -> linear(3)", "conv(2, 1)", "conv(4, 1) -> dropout(0) -> relu")))
        if self.labels and self.chance.random() < 0.3:
            lines[-1] = f"end: {{ {lines[-1]} }}"
            lines.append(f"output end, {self.chance.choice(self.labels)}")
        return lines

    def call(self) -> str:
        name, known = self.chance.choice(self.blocks)
        values = {
            "kernel": ("1", "3", "5"), "stride": ("1", "1", "2"), "act": ("relu", "silu", "leaky_relu(0.1)"), "gate": ("true", "false"),
            "mid": ("4", "8", "12"), "sizes": ("[4, 8]", "[8, 4]", "[4, 12]"),
        }  # fmt: skip
        given = [f"{word} = {self.chance.choice(values[word])}" for word in known[1:] if self.chance.random() < 0.5]
        return f"{name}({', '.join([self.chance.choice(('8', '8', '12', '16')), *given])})"

    def part(self, number: int) -> list[str]:
        chance = self.chance
        kind = chance.randrange(8)
        if kind == 0:
            mode = chance.choice(("", "indexed ", "flat "))
            inner = " -> ".join(self.call() for _ in range(chance.randrange(1, 4)))
            return [f"stage stage{number} {mode}{{ {inner} }}"]
        if kind == 1:
            return [f"stage stage{number} {{ repeat {chance.randrange(1, 5)} {{ {self.call()} }} }}"]
        if kind == 2:
            return [f'stage stage{number} {{ for i in range({chance.randrange(2, 5)}) {{ "unit{{i}}": {self.call()} }} }}']
        if kind == 3:
            return [f'for i in range({chance.randrange(2, 4)}) {{ "part{number}.{{i}}": conv(8, 3) -> "norm{number}.{{i}}": bn }}']
        if kind == 4:
            self.heads += 1
            return [f"aux head{self.heads} {{ {chance.choice(('', 'conv(4, 1) -> '))}global_avgpool -> flatten -> fc: linear(2) }}"]
        label = f"label{number}"
        if kind == 5 and self.reusable:
            return [f"{chance.choice(('relu -> ', ''))}conv(8, 1) -> reuse({chance.choice(self.reusable)})"]
        self.labels.append(label)
        if chance.random() < 0.5:
            self.reusable.append(f"keep{number}")
            return [
                f"conv(8, 1) -> keep{number}: {chance.choice((self.call(), 'conv(8, 3)', '{ bn -> relu -> conv(8, 1) }'))}",
                f"{label}: skip",
            ]
        return [f"{label}: {self.call()}"]
