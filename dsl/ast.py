"""The syntax tree. Every node is frozen and knows its place; nothing here is resolved or checked."""

from __future__ import annotations

from typing import TypeAlias

from ..base.records import dataclass
from ..base.source import Source, Span

# --------------------------------------------------------------------------------------------- expressions


@dataclass(frozen=True, slots=True)
class Number:
    """`7`, `0.5`, `26M`, `1e-3`. Exact where it is whole: `4.2G` is the integer 4_200_000_000."""

    span: Span
    value: int | float


@dataclass(frozen=True, slots=True)
class Size:
    """`1x7`: one integer an axis, two at least."""

    span: Span
    values: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Text:
    """`"layer{i + 1}"`: literal pieces and expressions, in order. Adjacent literals do not occur."""

    span: Span
    pieces: tuple[str | Expression, ...]


@dataclass(frozen=True, slots=True)
class Constant:
    """`true`, `false`, `none`."""

    span: Span
    value: bool | None


@dataclass(frozen=True, slots=True)
class Name:
    span: Span
    name: str


@dataclass(frozen=True, slots=True)
class Attribute:
    """`in.channels`, `e1.height`, `backbone.layer3.channels`, `resnet.bottleneck`. `in` parses as Name("in")."""

    span: Span
    value: Expression
    name: str
    name_span: Span


@dataclass(frozen=True, slots=True)
class Index:
    """`c3[0]`."""

    span: Span
    value: Expression
    index: Expression


@dataclass(frozen=True, slots=True)
class List:
    span: Span
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`operator` is `-` or `not`."""

    span: Span
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary:
    """`operator` is one of `+ - * / // % **`, a comparison `== != < <= > >=`, `and`, `or`. A chain `a < b < c` parses as `a < b and b < c`."""

    span: Span
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional:
    """`value if condition else otherwise`."""

    span: Span
    value: Expression
    condition: Expression
    otherwise: Expression


Expression: TypeAlias = "Number | Size | Text | Constant | Name | Attribute | Index | List | Unary | Binary | Conditional | Call"


@dataclass(frozen=True, slots=True)
class Argument:
    """`stride = 2` or, with `name` None, a positional value."""

    span: Span
    name: str | None
    name_span: Span | None
    value: Expression


@dataclass(frozen=True, slots=True)
class Call:
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


# ---------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Path:
    """`| steps`, `| if c: steps`, `| repeat n as i: steps`, `| for k in list: steps`.

    `qualifier` has an empty body: it holds the condition or the loop alone. `bar` is the place of the `|`.
    """

    span: Span
    bar: Span
    qualifier: If | Repeat | For | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Merge:
    """`add { | conv(64) | skip }`."""

    span: Span
    head: Call
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Group:
    """`{ … }`, `indexed { … }`, `flat { … }`. `mode` is `""`, `"indexed"` or `"flat"`."""

    span: Span
    mode: str
    body: tuple[Statement, ...]


Action: TypeAlias = "Call | Merge | Group"


@dataclass(frozen=True, slots=True)
class Step:
    """`label: action`. `span` covers both; `label` may hold expressions (`"e{i}": double(64)`) or be a plain name."""

    span: Span
    label: Text | None
    action: Action


@dataclass(frozen=True, slots=True)
class Chain:
    """`a -> b -> c`."""

    span: Span
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Stage:
    """`stage NAME mode { … }`."""

    span: Span
    name: Text
    mode: str
    body: tuple[Statement, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Aux:
    """`aux NAME mode { … }`: a side head of the training network."""

    span: Span
    name: Text
    mode: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Repeat:
    """`repeat count as variable { … }`."""

    span: Span
    count: Expression
    variable: Name | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class For:
    """`for variable in values { … }` or, with `index`, `for index, variable in values { … }`."""

    span: Span
    index: Name | None
    variable: Name
    values: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If:
    """`if condition { … } else { … }`; `else if` is an If as the only statement of `otherwise`."""

    span: Span
    condition: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Let:
    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Default:
    """`default conv(bias = false), bn(eps = 0.001)`."""

    span: Span
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Require:
    span: Span
    condition: Expression
    message: Text | None


@dataclass(frozen=True, slots=True)
class Expect:
    """`expect [2048, 7, 7]`."""

    span: Span
    shape: List


@dataclass(frozen=True, slots=True)
class Limit:
    """`macs <= 4.3G`."""

    span: Span
    quantity: Name
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Budget:
    span: Span
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Input:
    """`input image[3, 224, 224]`."""

    span: Span
    name: Name
    shape: List


@dataclass(frozen=True, slots=True)
class OutputItem:
    """`p3` or `name = label`. `name` None means: the label's own last part."""

    span: Span
    name: Name | None
    label: Call


@dataclass(frozen=True, slots=True)
class Output:
    """`output p3, p4, logits = classifier.fc`."""

    span: Span
    items: tuple[OutputItem, ...]


@dataclass(frozen=True, slots=True)
class Broken:
    """A statement that could not be read. It was reported; what it would have made is unknown."""

    span: Span


Statement: TypeAlias = "Chain | Stage | Aux | Repeat | For | If | Let | Default | Require | Expect | Budget | Input | Output | Broken"

# --------------------------------------------------------------------------------------------- files


@dataclass(frozen=True, slots=True)
class Parameter:
    span: Span
    name: Name
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Block:
    """`block name(params) takes a, b mode { … }`. `head` is the place of `block name(params)`."""

    span: Span
    head: Span
    name: Name
    parameters: tuple[Parameter, ...]
    inputs: tuple[Name, ...]
    mode: str
    body: tuple[Statement, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Network:
    """`network name(params) { … }`, or `network name(params) = other(arguments)` with `variant_of` set and an empty body."""

    span: Span
    head: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    variant_of: Call | None = None
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Import:
    """`import models.resnet as r`: `path` is ("models", "resnet"), `alias` r."""

    span: Span
    path: tuple[str, ...]
    path_span: Span
    alias: Name | None


@dataclass(frozen=True, slots=True)
class FromImport:
    """`from resnet import bottleneck, basic`."""

    span: Span
    path: tuple[str, ...]
    path_span: Span
    names: tuple[Name, ...]


Item: TypeAlias = "Import | FromImport | Let | Default | Block | Network | Broken"


@dataclass(frozen=True, slots=True)
class File:
    """One `.arch` file. `doc` is the `##` text that opens it, when a blank line parts it from what follows."""

    source: Source
    items: tuple[Item, ...]
    doc: str = ""
