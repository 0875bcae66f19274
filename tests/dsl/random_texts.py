"""Random texts by the rules of the grammar, with the words that are names in some places and not in others."""

from __future__ import annotations

import random
from dataclasses import dataclass

WORDS = [
    "block",
    "network",
    "operation",
    "weight",
    "buffer",
    "stage",
    "aux",
    "input",
    "output",
    "default",
    "budget",
    "expect",
    "import",
    "from",
    "as",
    "takes",
    "indexed",
    "flat",
    "arch",
]
NAMES = [*WORDS, "a", "b", "conv", "relu", "iffy", "order", "elsewhere", "x2", "in_", "_"]
ENDS = ["\n", "\n", "\n", "  # else { |\n", "\n\n# 'if'\n"]


@dataclass
class Writer:
    chance: random.Random

    def name(self) -> str:
        return self.chance.choice(NAMES)

    def dotted(self) -> str:
        return ".".join(self.name() for _ in range(self.chance.choice((1, 1, 2, 3)))) + self.chance.choice(("", "", "", ".in", " . else"))

    def value(self, depth: int) -> str:
        """A value that stands anywhere; one with an `if` is in parentheses."""
        kind = self.chance.randrange(9) if depth else 0
        inner = depth - 1
        match kind:
            case 1:
                operator = self.chance.choice(("+", "-", "*", "/", "//", "%", "**", "and", "or"))
                return f"{self.value(inner)} {operator} {self.value(inner)}"
            case 2:
                return f"({self.choice(inner)})"
            case 3:
                return f"{self.dotted()}({self.value(inner)}, {self.name()} = {self.choice(inner)})"
            case 4:
                return f"[{self.choice(inner)}, {self.value(inner)}]"
            case 5:
                return f"-{self.value(0)}"
            case 6:
                return (
                    f'"{self.chance.choice(("", "if ", "# ", "{{"))}{{{self.dotted()}}}{self.chance.choice(("", " else", "}}", " # {{"))}"'
                )
            case 7:
                return f"not {self.value(0)} == {self.value(0)}" if not inner else self.value(inner)
        return self.chance.choice(("3", "0.5", "26M", "1x7", "true", "none", '"t"', "in.channels", self.dotted(), self.dotted()))

    def choice(self, depth: int) -> str:
        """A value, or one that an `if` chooses."""
        if depth and self.chance.random() < 0.4:
            return f"{self.value(depth - 1)} if {self.value(depth - 1)} else {self.choice(depth - 1)}"
        return self.value(depth)

    def statement(self, depth: int) -> str:
        kind = self.chance.randrange(13) if depth else self.chance.randrange(5)
        value = self.choice(2)
        mode = self.chance.choice(("", "", "indexed ", "flat "))
        match kind:
            case 0:
                return f"{self.name()}: {self.dotted()}({value}) -> {self.name()}"
            case 1 | 2:
                return f"let {self.name()} = {value}"
            case 3:
                return f"require {value}" + self.chance.choice(("", ', "t{a}"'))
            case 4:
                return self.chance.choice(
                    (
                        f"output {self.dotted()}, {self.name()} = {self.dotted()}",
                        f'output "l{{{self.dotted()}}}", {self.name()}',
                        f"input {self.name()}[{value}]",
                        f"expect [{value}]",
                    )
                )
            case 5 | 6:
                return f"if {value} {self.body(depth)}" + self.chance.choice(
                    ("", f" else {self.body(depth)}", f" else if {value} {self.body(depth)}")
                )
            case 7:
                return f"repeat {value} as {self.name()} {self.body(depth)}"
            case 8:
                return f"for {self.name()} in {value} {self.body(depth)}"
            case 9:
                return f"{self.chance.choice(('stage', 'aux'))} {self.name()} {mode}{self.body(depth)}"
            case 10:
                inside = [self.statement(depth - 1) for _ in range(3)]
                return f"{self.name()} {{ | {inside[0]}{self.chance.choice(ENDS)}| if {value}: {inside[1]}\n| for k, v in {value}: {inside[2]}\n}}"
            case 11:
                return f'"l{{{self.dotted()}}}": {mode}{self.body(depth)}'
        return f"default {self.dotted()}({value}), {self.name()}"

    def body(self, depth: int) -> str:
        return "{ " + "".join(self.statement(depth - 1) + self.chance.choice(ENDS) for _ in range(self.chance.randint(0, 3))) + "}"


def random_text(seed: int) -> str:
    writer = Writer(random.Random(seed))
    head = writer.chance.choice(("block {}", "network {}", "network {} indexed", "block {} takes flat flat"))
    return f"{head.format(writer.name())} {writer.body(4)}\n"
