"""What a body gives: two that mean the same are found to, and two that differ in a tensor, a layer or an order are not."""

from __future__ import annotations

import pytest

from archc.compiler.meaning.meant import same
from archc.compiler.meaning.whole import Read, read_body


def read(text: str) -> Read:
    return read_body(f"\ninput x[4, 8, 8]\n{text}\n", (), ())


SAME = [
    ("x = F.relu(x)", "relu"),
    ("x = conv(4)(x)\nx = x + x", "a: conv(4)\nadd { | skip(a) | skip(a) }"),
    ("y = conv(4)(x)\nreturn x - y.tanh()", "conv(4) -> y: skip\nsub { | skip(x) | skip(y) -> tanh }"),
    ("self.c = nn.Conv2d(4, 4, 1)\nx = self.c(self.c(x))", "c: conv(4, 1) -> reuse(c)"),
    ("d: conv(4)\nrepeat 3 {\n  x = F.relu(self.d(x))\n}", "d: conv(4)\nrelu\nrepeat 2 { reuse(d) -> relu }"),
    ("for i in range(2):\n  x = conv(4)(x)", "repeat 2 { conv(4) }"),
    ("x = x + 1 + conv(4)(x)", "add { | offset(1) | conv(4) }"),
    ("x = torch.cat([x, x.relu()], 1)", "concat { | skip | relu }"),
    ("return F.relu(x), x", "r: relu\noutput r, x"),
    ("if c:\n  x = relu(x)\nelse:\n  x = gelu(x)", "if c { relu } else { gelu }"),
    ("x = nn.Sequential(nn.Conv2d(4, 4, 3), nn.ReLU())(x)", "conv(4) -> relu"),
    ("x = layers.Conv2D(4, 3, activation='relu')(x)", "conv(4) -> relu"),
]
DIFFERENT = [
    ("x = F.relu(x)", "sigmoid"),
    ("x = conv(4)(x)\nx = x + x", "add { | conv(4) | conv(4) }"),
    ("x = conv(4)(x) + conv(4)(x)", "a: conv(4)\nadd { | skip(a) | skip(a) }"),
    ("y = conv(4)(x)\nreturn x - y.tanh()", "conv(4) -> y: skip\nsub { | skip(x) | skip(y) } -> tanh"),
    ("y = conv(4)(x)\nreturn x - y", "conv(4) -> y: skip\nsub { | skip(y) | skip(x) }"),
    ("self.c = nn.Conv2d(4, 4, 1)\nx = self.c(self.c(x))", "c: conv(4, 1) -> conv(4, 1)"),
    ("self.c = nn.Conv2d(4, 4, 1)\nself.d = nn.Conv2d(4, 4, 1)\nx = self.d(x)", "c: conv(4, 1)"),
    ("d: conv(4)\nrepeat 3 {\n  x = F.relu(self.d(x))\n}", "repeat 3 { d: conv(4) -> relu }"),
    ("d: conv(4)\nrepeat 1 {\n  x = F.relu(self.d(x))\n}", "repeat 1 { d: conv(4) -> relu }"),
    ("for i in range(2):\n  x = conv(4)(x)", "repeat 2 { skip(x) -> conv(4) }"),
    ("x = x * 2", "scale(3)"),
    ("return F.relu(x), x", "r: relu\noutput x, r"),
    ("return F.relu(x), F.gelu(x)", "relu -> gelu"),
    ("if c:\n  x = relu(x)\nelse:\n  x = gelu(x)", "if d { relu } else { gelu }"),
    ("y = F.dropout(x)\nx = y + y", "add { | dropout | dropout }"),
]
UNREAD = [
    "conv(4) -> relu\nreturn x",
    "conv(4) -> relu(x)",
    "return foo.bar(x)",
    "x = y if c else x",
    "x = 1 - x",
    "x = x[0]",
    "return x\nrelu",
    "x = self.missing(x)",
    "x = conv(4)\ngelu\nx = relu(x)",
    "add { | if c: relu | skip }\nx = x + x",
    "y = x\nx += relu(x)\nreturn y",
    "while c:\n  x = relu(x)",
]


@pytest.mark.parametrize(("lines", "steps"), SAME)
def test_what_means_the_same(lines: str, steps: str) -> None:
    before, after = read(lines), read(steps)
    assert before.results is not None and after.results is not None
    assert before.is_python and not after.is_python
    assert same(before.results, after.results)


@pytest.mark.parametrize(("lines", "steps"), DIFFERENT)
def test_what_does_not(lines: str, steps: str) -> None:
    before, after = read(lines), read(steps)
    assert before.results is not None and after.results is not None
    assert not same(before.results, after.results)


@pytest.mark.parametrize("lines", UNREAD)
def test_what_is_not_certain(lines: str) -> None:
    assert read(lines).results is None
