"""The syntax tree. Every node is frozen and knows its place; nothing here is resolved or checked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Final, Literal, TypeAlias

from ..base.records import dataclass
from ..base.source import Source, Span
from .expressions import Argument as Argument
from .expressions import Attribute as Attribute
from .expressions import Binary as Binary
from .expressions import Call as Call
from .expressions import Conditional as Conditional
from .expressions import Constant as Constant
from .expressions import Duration as Duration
from .expressions import Expression as Expression
from .expressions import Index as Index
from .expressions import List as List
from .expressions import Name as Name
from .expressions import Node as Node
from .expressions import Number as Number
from .expressions import Size as Size
from .expressions import Text as Text
from .expressions import Unary as Unary

Mode: TypeAlias = Literal["", "indexed", "flat"]
"""How a body names what stands in it: by kind and ordinal, by position, or as if it were not there."""


# ---------------------------------------------------------------------------------------------- statements


@dataclass(frozen=True, slots=True)
class Path(Node):
    """`| steps`, `| if c: steps`, `| repeat n as i: steps`, `| for k in list: steps`.

    `qualifier` has an empty body: it holds the condition or the loop alone. `bar` is the place of the `|`.
    """

    span: Span
    bar: Span
    qualifier: If | Repeat | For | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Merge(Node):
    """`add { | conv(64) | skip }`."""

    span: Span
    head: Call
    paths: tuple[Path, ...]


@dataclass(frozen=True, slots=True)
class Group(Node):
    """`{ … }`, `indexed { … }`, `flat { … }`. `mode` is `""`, `"indexed"` or `"flat"`."""

    span: Span
    mode: Mode
    body: tuple[Statement, ...]


Action: TypeAlias = "Call | Merge | Group"


@dataclass(frozen=True, slots=True)
class Step(Node):
    """`label: action as a, b`. `label` may hold expressions (`"e{i}": double(64)`) or be a plain name. `names` are those of its results."""

    span: Span
    label: Text | None
    action: Action
    names: tuple[Text, ...] = ()


@dataclass(frozen=True, slots=True)
class Chain(Node):
    """`a -> b -> c`."""

    span: Span
    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Stage(Node):
    """`stage NAME mode { … }`."""

    span: Span
    name: Text
    mode: Mode
    body: tuple[Statement, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class Aux(Node):
    """`aux NAME mode { … }`: a side head of the training network."""

    span: Span
    name: Text
    mode: Mode
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Repeat(Node):
    """`repeat count as variable { … }`."""

    span: Span
    count: Expression
    variable: Name | None
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class For(Node):
    """`for variable in values { … }` or, with `index`, `for index, variable in values { … }`."""

    span: Span
    index: Name | None
    variable: Name
    values: Expression
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class If(Node):
    """`if condition { … } else { … }`; `else if` is an If as the only statement of `otherwise`."""

    span: Span
    condition: Expression
    body: tuple[Statement, ...]
    otherwise: tuple[Statement, ...] = ()


@dataclass(frozen=True, slots=True)
class Let(Node):
    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Default(Node):
    """`default conv(bias = false), bn(eps = 0.001)`."""

    span: Span
    calls: tuple[Call, ...]


@dataclass(frozen=True, slots=True)
class Require(Node):
    span: Span
    condition: Expression
    message: Text | None


@dataclass(frozen=True, slots=True)
class Expect(Node):
    """`expect [2048, 7, 7]`."""

    span: Span
    shape: List


@dataclass(frozen=True, slots=True)
class Limit(Node):
    """`macs <= 4.3G`."""

    span: Span
    quantity: Name
    operator: str
    value: Expression


@dataclass(frozen=True, slots=True)
class Budget(Node):
    span: Span
    limits: tuple[Limit, ...]


@dataclass(frozen=True, slots=True)
class Input(Node):
    """`input image[3, 224, 224]`."""

    span: Span
    name: Name
    shape: List


@dataclass(frozen=True, slots=True)
class OutputItem(Node):
    """`p3`, `name = label` or `name = "layer4.0"`. `name` None means: the label's own last part."""

    span: Span
    name: Name | None
    label: Call | Text


@dataclass(frozen=True, slots=True)
class Output(Node):
    """`output p3, p4, logits = classifier.fc`."""

    span: Span
    items: tuple[OutputItem, ...]


@dataclass(frozen=True, slots=True)
class Broken(Node):
    """A statement that could not be read. It was reported; what it would have made is unknown."""

    span: Span


@dataclass(frozen=True, slots=True)
class Rule(Node):
    """`shape [channels, in.height / 2]`, `macs …`: what an operation of one's own says of itself, `name` being the word."""

    span: Span
    name: Name
    value: Expression


@dataclass(frozen=True, slots=True)
class Tensor(Node):
    """`conv.weight[64, 3, 3, 3]`: a tensor by its key."""

    span: Span
    key: Text
    shape: List


@dataclass(frozen=True, slots=True)
class Kept(Node):
    """`weight conv.weight[64, 3, 3, 3], conv.bias[64]`, or `buffer …`: tensors that an operation of one's own keeps."""

    span: Span
    learned: bool
    tensors: tuple[Tensor, ...]


Statement: TypeAlias = (
    "Chain | Stage | Aux | Repeat | For | If | Let | Default | Require | Expect | Budget | Input | Output | Rule | Kept | Broken"
)
"""What stands in a body; `Rule` and `Kept` in that of an operation of one's own alone."""

# --------------------------------------------------------------------------------------------- files


@dataclass(frozen=True, slots=True)
class Parameter(Node):
    span: Span
    name: Name
    default: Expression | None


@dataclass(frozen=True, slots=True)
class Block(Node):
    """`block name(params) takes a, b gives c, d mode { … }`. `head` is the place of `block name(params)`.

    `takes_list`, `gives_list`: the last of `inputs` or `outputs` is a list (`takes xs[]`).
    """

    span: Span
    head: Span
    name: Name
    parameters: tuple[Parameter, ...]
    inputs: tuple[Name, ...]
    mode: Mode
    body: tuple[Statement, ...]
    doc: str = ""
    outputs: tuple[Name, ...] = ()
    takes_list: bool = False
    gives_list: bool = False


@dataclass(frozen=True, slots=True)
class Network(Node):
    """`network name(params) mode { … }`, or `network name(params) = other(arguments)` with `variant_of` set and an empty body.

    A variant that names no parameters is a preset: its parameters are those of the other, and what it gives them are its defaults.
    """

    span: Span
    head: Span
    name: Name
    parameters: tuple[Parameter, ...]
    body: tuple[Statement, ...]
    variant_of: Call | None = None
    doc: str = ""
    mode: Mode = ""

    @property
    def is_preset(self) -> bool:
        return self.variant_of is not None and not self.parameters


@dataclass(frozen=True, slots=True)
class Operation(Node):
    """`operation name(params) takes a, b gives c, d from "file.py:Class" { … }`. `head` is the place of `operation name(params)`.

    `takes_list`, `gives_list` are those of a block.
    """

    span: Span
    head: Span
    name: Name
    parameters: tuple[Parameter, ...]
    inputs: tuple[Name, ...]
    target: Text
    body: tuple[Statement, ...]
    doc: str = ""
    outputs: tuple[Name, ...] = ()
    takes_list: bool = False
    gives_list: bool = False


@dataclass(frozen=True, slots=True)
class Import(Node):
    """`import models.resnet as r`: `path` is ("models", "resnet"), `alias` r."""

    span: Span
    path: tuple[str, ...]
    path_span: Span
    alias: Name | None


@dataclass(frozen=True, slots=True)
class FromImport(Node):
    """`from resnet import bottleneck, basic`."""

    span: Span
    path: tuple[str, ...]
    path_span: Span
    names: tuple[Name, ...]


Item: TypeAlias = "Import | FromImport | Let | Default | Block | Network | Operation | Broken"


@dataclass(frozen=True, slots=True)
class Edition(Node):
    """`arch 1`."""

    span: Span
    number: int


@dataclass(frozen=True, slots=True)
class File(Node):
    """One `.arch` file. `doc` is the `##` text that opens it, when a blank line parts it from what follows."""

    source: Source
    edition: Edition | None
    items: tuple[Item, ...]
    doc: str = ""


# --------------------------------------------------------------------------------------------- walking


def children(node: Node) -> list[Node]:
    """The nodes that stand directly in `node`, in the order of the text."""
    found: list[Node] = []
    kind = type(node)
    if kind not in _HOLDING:
        _HOLDING[kind] = tuple(name for name in kind.__slots__ if kind.__annotations__[name] not in _PLAIN)
    for name in _HOLDING[kind]:
        value = getattr(node, name)
        if isinstance(value, Node):
            found.append(value)
        elif isinstance(value, tuple):
            found += [item for item in value if isinstance(item, Node)]
    return found


_HOLDING: Final[dict[type[Node], tuple[str, ...]]] = {}
"""Of each kind of node the fields that may hold others: places, words and numbers are most of a tree, and hold none."""

_PLAIN: Final = frozenset({"Span", "str", "bool", "int", "int | float", "Mode", "tuple[str, ...]", "tuple[int, ...]"})


def walk(*roots: Node, parts: Callable[[Node], Sequence[Node]] = children) -> Iterator[Node]:
    """The nodes and all that stands in them, each before what it holds, in the order of the text. `parts` tells where to go on."""
    stack = list(reversed(roots))
    while stack:
        node = stack.pop()
        yield node
        stack += reversed(parts(node))


def given(node: Node) -> tuple[Name | None, ...]:
    """The names that a node gives to something: what it holds beside them is read."""
    match node:
        case Let(name=name) | Parameter(name=name) | Input(name=name) | OutputItem(name=name) | Network(name=name):
            return (name,)
        case Repeat(variable=name) | Import(alias=name):
            return (name,)
        case For(index=index, variable=variable):
            return (index, variable)
        case Block(name=name, inputs=inputs, outputs=outputs) | Operation(name=name, inputs=inputs, outputs=outputs):
            return (name, *inputs, *outputs)
        case FromImport(names=names):
            return names
        case Limit(quantity=name) | Rule(name=name):
            return (name,)  # a word of the language
    return ()


def reading(node: Node) -> list[Node]:
    """The children that are read: all but the names that the node gives."""
    names = given(node)
    return [child for child in children(node) if child not in names] if names else children(node)


def labels(*roots: Node, parts: Callable[[Node], Sequence[Node]] = children) -> Iterator[tuple[Step | Stage | Aux, Text]]:
    """What has a label, with it: steps, stages and side heads. The names of a step's results are labels, too."""
    for node in walk(*roots, parts=parts):
        for label in labels_of(node):
            assert isinstance(node, Step | Stage | Aux)
            yield node, label


def labels_of(node: Node) -> tuple[Text, ...]:
    """Those of this one."""
    if isinstance(node, Stage | Aux):
        return (node.name,)
    if isinstance(node, Step):
        return node.names if node.label is None else (node.label, *node.names)
    return ()
