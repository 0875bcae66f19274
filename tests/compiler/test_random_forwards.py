"""Random lines of a `forward`: where edits put them into steps, the network is what Python would have made of them, or they are left alone."""

from __future__ import annotations

import random
from typing import TypeAlias

import pytest

from archc.compiler.graph.program import Program
from tests.sample import sample
from tests.support import checked, mended

Term: TypeAlias = "tuple[str, tuple[Term, ...]]"
"""An operation and what it works on."""

X: Term = ("x", ())
ACTIVATIONS = ("relu", "gelu", "sigmoid", "tanh")
NAMES = ("x", "y", "out", "identity", "a")


def made(name: str, *parts: Term) -> Term:
    """A sum or a product without nesting, its parts in order."""
    if name not in ("add", "mul"):
        return name, parts
    flat = [inner for part in parts for inner in (part[1] if part[0] == name else (part,))]
    return name, tuple(sorted(flat))


class Forward:
    """Lines, and what the last of them gives."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.known: dict[str, Term] = {"x": X}
        self.declared: dict[str, str] = {}
        self.lines: list[str] = []
        if self.random.random() < 0.4:
            for number in range(self.random.randint(1, 3)):
                operation = self.random.choice(["relu", "gelu", "conv"])
                self.declared[f"m{number}"] = operation
                self.lines.append(f"m{number}: {'conv(8)' if operation == 'conv' else operation}")
        self.last = X
        for _ in range(self.random.randint(1, 6)):
            self.line()

    def line(self) -> None:
        name = self.random.choice(NAMES)
        text, term = self.term()
        if name in self.known and self.random.random() < 0.2:
            text, term = self.term(1)
            self.last = made("add", self.known[name], term)
            self.lines.append(f"{name} += {text}")
        else:
            self.last = term
            self.lines.append(f"{name} = {text}")
        self.known[name] = self.last

    def term(self, depth: int = 0) -> tuple[str, Term]:
        kind = self.random.random() if depth < 3 else 0.0
        if kind < 0.35:
            name = self.random.choice(list(self.known))
            return name, self.known[name]
        text, term = self.term(depth + 1)
        if kind < 0.6:
            operation = self.random.choice(ACTIVATIONS)
            return f"{self.random.choice(['', 'F.', 'torch.'])}{operation}({text})", made(operation, term)
        if kind < 0.75 or (kind < 0.85 and not self.declared):
            return f"conv(8)({text})", made("conv", term)
        if kind < 0.85:
            label = self.random.choice(list(self.declared))
            return f"{self.random.choice(['self.', ''])}{label}({text})", made(self.declared[label], term)
        other, second = self.term(depth + 1)
        sign = self.random.choice("+*")
        joined = f"{text} {sign} {other}"
        return joined if depth == 0 else f"({joined})", made("add" if sign == "+" else "mul", term, second)


def given_by(program: Program) -> Term:
    """What the output of a program is."""

    def term(index: int) -> Term:
        node = program.nodes[index]
        if node.operation.name == "input":
            return X
        return made(node.operation.name, *(term(other) for other in node.inputs))

    (output,) = [node for node in program.nodes if node.is_port and node.inputs]
    return term(output.inputs[0])


@pytest.mark.parametrize("seed", sample(range(2000), one_in=20))
def test_edits_mean_what_the_lines_mean(seed: int) -> None:
    forward = Forward(seed)
    text = "network n {\n  input x[8, 8, 8]\n" + "".join(f"  {line}\n" for line in forward.lines) + "}\n"
    found, _ = mended(text)
    program = checked(found).program
    assert program is None or given_by(program) == forward.last, f"{text}\n{found}"


def test_some_are_mended() -> None:
    """The test above would hold if none were."""
    found = [
        mended("network n {\n  input x[8, 8, 8]\n" + "".join(f"  {line}\n" for line in Forward(seed).lines) + "}\n")[0]
        for seed in range(20)
    ]
    assert sum(checked(text).program is not None for text in found) >= 8
