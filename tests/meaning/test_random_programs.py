"""Random programs of PyTorch: what edits make of one answers as PyTorch does with the same weights, or is left without a network."""

from __future__ import annotations

import random
import re
import warnings
from typing import TypeAlias

import pytest

from tests.sample import sample
from tests.support import checked, mended

Line: TypeAlias = "str | list[Line]"
"""A line, or a loop of two rounds."""

LAYERS = {
    "conv1": ("nn.Conv2d(4, 4, 3, padding=1)", "conv(4)"),
    "conv2": ("nn.Conv2d(4, 4, 1)", "conv(4, 1)"),
    "bn1": ("nn.BatchNorm2d(4)", "bn"),
    "seq": ("nn.Sequential(nn.Conv2d(4, 4, 3, padding=1), nn.ReLU())", "{ conv(4) -> relu }"),
}
FUNCTIONS = ("F.relu({})", "torch.sigmoid({})", "torch.tanh({})", "F.avg_pool2d({}, 3, 1, 1)", "F.gelu({})")
METHODS = (".sigmoid()", ".tanh()", ".relu()", ".mean([2, 3], keepdim=True)", ".exp()")
WITH_NUMBERS = ("{} * 2", "{} + 1", "{} - 1", "{} / 2", "1 - {}", "-{}", "3 * {}")


class Written:
    """A program as Python has it, and the same lines in a text of archc's."""

    def __init__(self, seed: int) -> None:
        self.random = choose = random.Random(seed)
        self.layers = choose.sample(list(LAYERS), choose.choice([0, 0, 1, 2]))
        self.input = choose.choice(["x", "x", "x", "image"])
        self.names = [self.input]
        self.in_block = choose.random() < 0.25
        self.steps_before = not self.in_block and choose.random() < 0.3
        if self.steps_before:
            self.names.append("y")
        self.body = self.lines(choose.choice([1, 2, 3, 4]))
        kind = choose.random()
        self.end = ""
        if kind < 0.3:
            self.end = f"return {self.name()}"
        elif kind < 0.5:
            self.end = f"return {self.value()}"
        elif kind < 0.58:
            self.end = f"return {self.value(1)}, {self.value(1)}"

    def name(self) -> str:
        return self.random.choice(self.names)

    def value(self, depth: int = 0) -> str:
        choose = self.random
        kind = choose.random()
        if depth > 2 or kind < 0.15:
            return self.name()
        if self.layers and kind < 0.35:
            return f"self.{choose.choice(self.layers)}({self.value(depth + 1)})"
        if kind < 0.5:
            return choose.choice(FUNCTIONS).format(self.value(depth + 1))
        if kind < 0.68:
            return (self.name() if choose.random() < 0.7 else f"({self.value(depth + 1)})") + choose.choice(METHODS)
        if kind < 0.74:
            return f"{choose.choice(['torch.maximum', 'torch.add'])}({self.name()}, {self.name()})"
        if kind < 0.78:
            return choose.choice(WITH_NUMBERS).format(self.name())
        other = self.value(depth + 1)
        return f"{self.value(depth + 1)} {choose.choice('++*-')} {f'({other})' if ' ' in other else other}"

    def lines(self, count: int, may_loop: bool = True) -> list[Line]:
        choose, found = self.random, list[Line]()
        for _ in range(count):
            kind = choose.random()
            if may_loop and kind < 0.18:
                names = list(self.names)
                found.append(self.lines(choose.choice([1, 1, 2]), may_loop=False))
                self.names = names
                continue
            name = choose.choice(["x", "x", self.input, "out", "y", "identity", "h"])
            if kind < 0.35 and name in self.names:
                found.append(f"{name} {choose.choice('++*-')}= {self.value(1)}")
            else:
                found.append(f"{name} = {self.name() if kind < 0.45 else self.value()}")
            if name not in self.names:
                self.names.append(name)
        return found

    def text(self) -> str:
        choose = self.random
        head, foot = choose.choice([("for i in range(2) {", "}"), ("for i in range(2):", ""), ("repeat 2 {", "}")])
        as_in_python = self.steps_before or choose.random() < 0.5
        rows = [f"self.{name} = {LAYERS[name][0]}" if as_in_python else f"{name}: {LAYERS[name][1]}" for name in self.layers]
        rows += ["y: conv(4, 3)"] * self.steps_before
        for line in self.body:
            rows += [line] if isinstance(line, str) else [head, *(f"  {inner}" for inner in line), *[foot] * bool(foot)]
        body = "".join(f"  {row}\n" for row in [*rows, *[self.end] * bool(self.end)])
        if self.in_block:
            return f"block f takes {self.input} {{\n{body}}}\nnetwork n {{\n  input {self.input}[4, 8, 8]\n  f\n}}\n"
        return f"network n {{\n  input {self.input}[4, 8, 8]\n{body}}}\n"

    def python(self) -> str:
        """A function of Python's, in which `x += y` leaves what else has the name of `x`."""
        rows = [f"y = self.y({self.input})"] * self.steps_before
        for line in self.body:
            rows += [line] if isinstance(line, str) else ["for i in range(2):", *(f"  {inner}" for inner in line)]
        rows.append(self.end or f"return {rows[-1].split()[0]}")
        rows = [re.sub(r"^(\s*)(\w+) ([-+*])= (.*)$", r"\1\2 = \2 \3 (\4)", row) for row in rows]
        return f"def forward(self, {self.input}):\n" + "".join(f"  {row}\n" for row in rows)


def trouble(seed: int) -> str | None:
    """What is another network; "" where there is none, None where the text was left without a network."""
    import torch
    import torch.nn.functional as F
    from torch import nn

    import archc

    written = Written(seed)
    text = written.text()
    found, _ = mended(text)
    if checked(found).program is None:
        return None
    torch.manual_seed(seed)
    layers = {name: eval(LAYERS[name][0], {"nn": nn}) for name in written.layers} | {"y": nn.Conv2d(4, 4, 3, padding=1)}
    module = nn.ModuleDict(layers).eval()
    for tensor in module.state_dict().values():
        if tensor.is_floating_point():
            tensor.copy_(torch.rand_like(tensor) * 0.5 + 0.1)
    made = archc.compile(found).to_module().eval()
    known = module.state_dict()
    keys = {key: re.sub(r"^seq\.conv1\.", "seq.0.", re.sub(r"^f\d?\.", "", key)) for key in made.state_dict()}
    if unknown := [key for key, name in keys.items() if name not in known]:
        return f"{unknown} are nobody's weights:\n{text}\n{found}"
    made.load_state_dict({key: known[name] for key, name in keys.items()})
    names: dict[str, object] = {"F": F, "torch": torch}
    exec(written.python(), names)
    image = torch.rand(2, 4, 8, 8) + 0.1
    with torch.no_grad():
        wanted = names["forward"](type("Net", (), layers), image.clone())  # type: ignore[operator]
        answer = made(image.clone())
    both = [row if isinstance(row, tuple | list) else (row,) for row in (wanted, answer)]
    same = len(both[0]) == len(both[1]) and all(
        one.shape == other.shape and torch.allclose(one, other, atol=1e-4, rtol=1e-3, equal_nan=True)
        for one, other in zip(*both, strict=True)
    )
    return "" if same else f"{text}\n{found}"


SEEDS = sample(range(1200), one_in=40)


@pytest.fixture(scope="module")
def troubles() -> list[str | None]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # what a program says and nothing reads is no other network
        return [trouble(seed) for seed in SEEDS]


def test_no_edit_makes_another_network(troubles: list[str | None]) -> None:
    assert [row for row in troubles if row] == []


def test_some_are_made(troubles: list[str | None]) -> None:
    """The test above would hold if none were."""
    assert sum(row == "" for row in troubles) >= len(SEEDS) // 8
