"""Statements are broken as ruff breaks them."""

from __future__ import annotations

import random
import subprocess
import sys
from pathlib import Path

from archc.compiler.codegen.line_breaking import WIDTH, broken

STATEMENTS = (
    "self.x = nn.Sequential(Block(64, 128, 256, stride=2), *(Block(256, 128, 256) for _ in range(3)), nn.ReLU(inplace=True))",
    "self.x = nn.Sequential(*(Block(256, 128, 256, stride=1, dilation=3, groups=32, kernel=7, padding=3) for _ in range(12)))",
    'self.x = nn.Sequential(OrderedDict([("a", nn.Conv2d(64, 64, 3)), ("b", nn.Conv2d(64, 64, 3)), ("c", nn.Conv2d(6, 64, 3))]))',
    'self.dense = nn.Sequential(OrderedDict((f"denselayer{i}", DenseLayer(32 * i + 32, 128, 32)) for i in range(1, 123)))',
    "self.convs = nn.ModuleList([nn.Conv2d(64, 64, 3), nn.Conv2d(64, 64, 3), nn.Conv2d(64, 64, 3), nn.Conv2d(64, 64, 3)])",
    'self.heads = nn.ModuleDict({"a": nn.Conv2d(64, 64, 3), "b": nn.Conv2d(64, 64, 3), "c": nn.Conv2d(64, 64, 3, padding=1)})',
    "self.very_long_name_of_a_module = nn.Conv2d(in_channels, out_channels, kernel_size, stride=stride, padding=padding)",
    "first_of_many, second_of_many, third_of_many, fourth = self.a_module_with_a_long_name(argument, argument, argument)",
    "out = torch.cat([first_of_many, second_of_many, third_of_many, fourth, fifth_of_many, sixth_of_many, seventh], dim=1)",
    "out = first_of_many + second_of_many + third_of_many + fourth_of_many + fifth_of_many + sixth_of_many + seventh_of_many",
    "return first_of_many + second_of_many + third_of_many + fourth_of_many + fifth_of_many + sixth_of_many + seventh_of_many",
    "return first_of_many, second_of_many, third_of_many, fourth_of_many, fifth_of_many, sixth_of_many, seventh_of_many_more",
    "return Outputs(first=first_of_many, second=second_of_many, third=third_of_many, fourth=fourth_of_many, fifth=fifth)",
)


def ruff_agrees(text: str, folder: Path) -> str:
    """What ruff would change."""
    path = folder / "statements.py"
    path.write_text(text, encoding="utf-8")
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--no-cache", "--line-length", str(WIDTH), "--diff", str(path)]
    return subprocess.run(command, capture_output=True, text=True).stdout


def function(body: list[str]) -> str:
    return "\n".join(["class Some:", "    def some(self):", *body]) + "\n"


def test_statements(tmp_path: Path) -> None:
    body = [line for statement in STATEMENTS for line in broken(statement, 8)]
    assert max(map(len, body)) <= WIDTH
    assert ruff_agrees(function(body), tmp_path) == ""


def test_signatures(tmp_path: Path) -> None:
    lines = ["class Some:"]
    for count in range(1, 24):
        result = f"tuple[{', '.join(['Tensor'] * count)}]"
        lines += [*broken(f"def made{count}(self, x: Tensor) -> {result}:", 4), "        pass", ""]
        rows = ", ".join(["self", *(f"parameter{number}: Tensor" for number in range(count))])
        lines += [*broken(f"def method{count}({rows}) -> tuple[Tensor, Tensor]:", 4), "        pass", ""]
    assert ruff_agrees("\n".join(lines[:-1]) + "\n", tmp_path) == ""


def test_random_constructors(tmp_path: Path) -> None:
    """Nested as the generator nests them, of every length."""
    chance = random.Random(0)

    def made(depth: int) -> str:
        if depth == 0 or chance.random() < 0.3:
            arguments = ", ".join(
                [
                    str(chance.randrange(2048)),
                    *(f"{name}={chance.randrange(9)}" for name in ("kernel_size", "stride")[: chance.randrange(3)]),
                ]
            )
            return f"nn.{chance.choice(('Conv2d', 'BatchNorm2d', 'Linear'))}({arguments})"
        parts = [made(depth - 1) for _ in range(chance.randrange(1, 4))]
        if chance.random() < 0.3:
            return (
                "nn.Sequential(OrderedDict([" + ", ".join(f'("{name}", {part})' for name, part in zip("abc", parts, strict=False)) + "]))"
            )
        if chance.random() < 0.2:
            return f"nn.ModuleList({parts[0]} for _ in range({chance.randrange(2, 9)}))"
        return f"nn.Sequential({', '.join(parts)})"

    body = [line for number in range(300) for line in broken(f"self.part{number} = {made(3)}", 8)]
    assert ruff_agrees(function(body), tmp_path) == ""


def test_comment_goes_where_it_fits() -> None:
    assert broken("x = f(x)", 8, "[64, 56, 56]") == ["        x = f(x)  # [64, 56, 56]"]
    assert broken("x = " + "f" * 80, 8, "[64, 56, 56]") == ["        x = " + "f" * 80]
