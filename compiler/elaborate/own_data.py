"""An operation of one's own as plain data: its parameters, its class, and its rules as the texts that they are.

A rule is kept as its text, and read again where it is worked out: nothing of it leads back to a syntax tree or an environment, so that
a program that holds it pickles, copies and compares.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import field
from typing import TypeAlias

from ...base.records import dataclass
from ...base.source import Source, Span
from ..ops.axis_names import AXIS_NAMES
from ..ops.base import Shape, Weight
from ..ops.parameters import Parameter, Plain

WORDS: dict[str, str] = {
    "shape": "the sizes of what comes out, as a list: `shape [channels, in.height / 2, in.width / 2]`; of several results a list of those",
    "arguments": "what the class's constructor is given: `arguments [in.channels, channels, k = kernel]`",
    "macs": "multiply-accumulates at batch 1",
    "flops": "floating-point operations at batch 1; two a MAC where nothing is said",
    "saved": "numbers that a training step keeps for the backward pass, beside the inputs",
    "scratch": "numbers of further tensors that are alive at once while it runs",
    "sees": "how far a position sees along each axis, a number or a list of them: 3 for a 3x3 convolution; nothing said: the whole input",
}
"""The words with which a rule begins, and what each says."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One expression of a declaration: its text, and where it stands in the file."""

    text: str
    start: int = field(compare=False)
    end: int = field(compare=False)


@dataclass(frozen=True, slots=True)
class Named:
    """`let name = value`."""

    name: str
    value: Rule


@dataclass(frozen=True, slots=True)
class Demand:
    """`require condition, "message"`."""

    condition: Rule
    message: Rule | None


@dataclass(frozen=True, slots=True)
class Said:
    """`shape [ … ]`, `macs …`: one of `WORDS` with its value. Of `arguments` the items are rules, each with its keyword."""

    word: str
    value: Rule
    items: tuple[tuple[str, Rule], ...] = ()


@dataclass(frozen=True, slots=True)
class Tensor:
    """`weight conv.weight[64, 3, 3, 3]`, or a buffer."""

    key: Rule
    shape: Rule
    learned: bool


@dataclass(frozen=True, slots=True)
class Choice:
    """`if condition { … } else { … }`."""

    condition: Rule
    rows: tuple[Row, ...]
    otherwise: tuple[Row, ...]


@dataclass(frozen=True, slots=True)
class Loop:
    """`for index, variable in values { … }`."""

    index: str | None
    variable: str
    values: Rule
    rows: tuple[Row, ...]


Row: TypeAlias = "Named | Demand | Said | Tensor | Choice | Loop"


@dataclass(frozen=True, slots=True)
class Declaration:
    """All that a text says of an operation of one's own.

    `defaults` are those of parameters that are no plain values (they read other parameters); `constants` the values of the file that rules
    read. `origin` and `class_name` name the class: a Python file (its path), or a module that is installed. `outputs` are names of several
    results; `takes_list`, `gives_list`: the last of the inputs, or results, stands for as many as there are.
    """

    name: str
    parameters: tuple[Parameter, ...]
    defaults: tuple[tuple[str, Rule], ...]
    inputs: tuple[str, ...]
    origin: str
    class_name: str
    rows: tuple[Row, ...]
    constants: tuple[tuple[str, Plain], ...] = ()
    doc: str = ""
    outputs: tuple[str, ...] = ()
    takes_list: bool = False
    gives_list: bool = False
    head: Span = field(compare=False, kw_only=True)
    target: Span = field(compare=False, kw_only=True)

    @property
    def source(self) -> Source:
        return self.head.source

    @property
    def reads_axes(self) -> bool:
        """Whether a rule speaks of an axis by its name."""
        return any(_AXES.search(rule.text) for rule in _rules(self.rows))

    def place(self, rule: Rule) -> Span:
        """Where a rule stands."""
        return self.source.span(rule.start, rule.end)


_AXES = re.compile(rf"\.\s*({'|'.join(AXIS_NAMES)})\b")


def _rules(rows: tuple[Row, ...]) -> Iterator[Rule]:
    for row in rows:
        for field_ in row.__slots__:
            value = getattr(row, field_)
            if isinstance(value, Rule):
                yield value
            elif field_ in ("rows", "otherwise"):
                yield from _rules(value)


@dataclass(frozen=True, slots=True)
class Result:
    """One tensor that comes out. `name` is its label within that of the step, "" of the only one; `axes` the names that its shape was given, `()` for none."""

    name: str
    shape: Shape
    axes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules say for one set of arguments and inputs. `sees` has a number for each axis behind the channels, where it is said."""

    results: tuple[Result, ...]
    arguments: tuple[tuple[str | None, Plain], ...]
    weights: tuple[Weight, ...]
    counts: tuple[tuple[str, int], ...]
    sees: tuple[int, ...] | None
    divisor: int
    """What sizes must divide by, as far as the rules say it: a common multiple of what they divide them by."""
    places: tuple[tuple[str, Rule], ...] = field(compare=False)
    """Which rule said what: a word of `WORDS`, or the key of a tensor."""

    def count(self, word: str) -> int | None:
        return dict(self.counts).get(word)
