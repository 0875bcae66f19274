"""The expressions of the syntax tree, and the base of all its nodes. See `ast.py`, which has them all."""

from __future__ import annotations

from typing import TypeAlias

from ..base.records import dataclass
from ..base.source import Span


class Node:
    """The base of all that stands in the tree."""

    __slots__: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Number(Node):
    """`7`, `0.5`, `26M`, `1e-3`. Exact where it is whole: `4.2G` is the integer 4_200_000_000."""

    span: Span
    value: int | float


@dataclass(frozen=True, slots=True)
class Duration(Node):
    """`5ms`, `300us`: a time, in microseconds. It stands in a budget alone."""

    span: Span
    value: int | float


@dataclass(frozen=True, slots=True)
class Size(Node):
    """`1x7`: one integer an axis, two at least."""

    span: Span
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Text(Node):
    """`"layer{i + 1}"`: literal pieces and expressions, in order. Adjacent literals do not occur."""

    span: Span
    pieces: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Constant(Node):
    """`true`, `false`, `none`."""

    span: Span
    value: bool | None


@dataclass(frozen=True, slots=True)
class Name(Node):
    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Attribute(Node):
    """`in.channels`, `e1.height`, `backbone.layer3.channels`, `resnet.bottleneck`. `in` parses as Name("in")."""

    span: Span
    value: Expression
    name: str
    name_span: Span


@dataclass(frozen=True, slots=True)
class Index(Node):
    """`c3[0]`."""

    span: Span
    value: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class List(Node):
    span: Span
    items: tuple[Expression, ...]
    names: tuple[str, ...] = ()  # of axes (`[length = 197, channels = 768]`), "" for an item without one; none where no item has one


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """`operator` is `-` or `not`."""

    span: Span
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """`operator` is one of `+ - * / // % **`, a comparison `== != < <= > >=`, `and`, `or`. A chain `a < b < c` parses as `a < b and b < c`."""

    span: Span
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """`value if condition else otherwise`."""

    span: Span
    value: Expression
    condition: Expression
    otherwise: Expression


Expression: TypeAlias = "Number | Duration | Size | Text | Constant | Name | Attribute | Index | List | Unary | Binary | Conditional | Call"


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """`stride = 2` or, with `name` None, a positional value."""

    span: Span
    name: str | None
    name_span: Span | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Call(Node):
    """`conv(64, 7, stride = 2)`, `bn` (no parentheses: `bare`), `resnet.bottleneck(256)`.

    The same node stands for a step, the head of a merge, a row of `default`, and a function or a template
    with arguments inside an expression (`round(x)`, `act = leaky_relu(0.1)`).
    `path` is the dotted name, `path_span` its place.
    """

    span: Span
    path: tuple[str, ...]
    path_span: Span
    arguments: tuple[Argument, ...] = ()
    bare: bool = False
