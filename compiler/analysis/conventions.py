"""How other counters count: the figure of each to the unit, and why it differs from the exact MACs.

A counter meets PyTorch's modules and functions, not the operations of the language, so a convention is a table from the
PyTorch class of an operation (`Conv`, `BatchNorm`, `AdaptiveAvgPool`; the number of dimensions left out) to a rule. What stands
in no row counts nothing. All figures are for one image in evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import field

from ...base.records import dataclass
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import product
from .cost import elements
from .table import Cell, Column, Table

Rule = Callable[[Node], int]

CONVOLUTIONS = ("Conv", "ConvTranspose")
MAX_POOLS = ("MaxPool", "AdaptiveMaxPool")
AVERAGE_POOLS = ("AvgPool", "AdaptiveAvgPool")
NORMS = ("BatchNorm", "InstanceNorm", "GroupNorm", "LayerNorm")


def read(node: Node) -> int:
    """Elements of the first input."""
    return product(node.input_shapes[0])


def written(node: Node) -> int:
    return product(node.shape)


def bias(node: Node) -> int:
    """One addition for each output element, where there is a bias."""
    owns_bias = any(weight.name == "bias" for weight in node.operation.weights(node.input_shapes))
    return product(node.shape) if owns_bias else 0


def affine(node: Node) -> bool:
    return any(weight.trainable for weight in node.operation.weights(node.input_shapes))


def per_element(plain: int, scaled: int) -> Rule:
    """So many for each input element of a norm, without and with a weight and a bias."""
    return lambda node: read(node) * (scaled if affine(node) else plain)


def times(factor: int, rule: Rule) -> Rule:
    return lambda node: factor * rule(node)


def each(names: tuple[str, ...], rule: Rule) -> dict[str, Rule]:
    return dict.fromkeys(names, rule)


def trainable(node: Node) -> int:
    return elements(weight for weight in node.operation.weights(node.input_shapes) if weight.trainable)


def at_output(node: Node) -> int:
    """What a transposed convolution costs more when its window is taken at each output position, not at each input position."""
    weight = node.operation.weights(node.input_shapes)[0]
    return weight.elements * product(node.shape[1:]) - node.macs


def adaptive_average(node: Node) -> int:
    """A sum over each window and one division, for each output."""
    return product(node.input_shapes[0][1:]) * node.shape[0] + product(node.shape)


@dataclass(frozen=True, slots=True)
class Difference:
    """One reason why a counter's figure is not the exact one."""

    reason: str
    rules: Mapping[str, Rule]


@dataclass(frozen=True, slots=True)
class Convention:
    """`factor` times the exact MACs, and the differences. `skips`: classes whose MACs it does not count."""

    name: str
    tool: str
    unit: str
    factor: int = 1
    differences: tuple[Difference, ...] = ()
    skips: tuple[str, ...] = field(default=())


_PTFLOPS_HOOKED = ("ReLU", "PReLU", "ELU", "LeakyReLU", "ReLU6", "GELU", *MAX_POOLS, *AVERAGE_POOLS)
_PTFLOPS_PATCHED = ("ReLU", "PReLU", "ELU", "GELU", "SiLU", "Softmax", *MAX_POOLS, *AVERAGE_POOLS)

CONVENTIONS: dict[str, Convention] = {
    "exact": Convention("exact", "archc", "MACs"),
    "flopcounter": Convention("flopcounter", "torch.utils.flop_counter.FlopCounterMode", "FLOPs", factor=2),
    "fvcore": Convention(
        "fvcore",
        "fvcore.nn.FlopCountAnalysis",
        "MACs, which it calls flops",
        differences=(
            Difference("2 an element of batch norm (1 without weight and bias)", {"BatchNorm": per_element(1, 2)}),
            Difference("5 an element of other norms (4 without weight and bias)", each(NORMS[1:], per_element(4, 5))),
            Difference("1 an input element of adaptive average pools", {"AdaptiveAvgPool": read}),
        ),
    ),
    "ptflops": Convention(
        "ptflops",
        "ptflops, backend pytorch",
        "MACs",
        differences=(
            Difference("1 a bias added", each((*CONVOLUTIONS, "Linear"), bias)),
            Difference("2 an element of norms (1 without weight and bias)", each(NORMS, per_element(1, 2))),
            Difference("1 an input element of activations and pools, by the module's hook", each(_PTFLOPS_HOOKED, read)),
            Difference("the same once more, by the function that the module calls", each(_PTFLOPS_PATCHED, read)),
        ),
    ),
    "ptflops-aten": Convention(
        "ptflops-aten",
        "ptflops, backend aten",
        "MACs",
        differences=(Difference("1 a bias added", each((*CONVOLUTIONS, "Linear"), bias)),),
    ),
    "torchinfo": Convention(
        "torchinfo",
        "torchinfo.summary",
        "mult-adds",
        differences=(
            Difference("1 a bias added", each((*CONVOLUTIONS, "Linear"), bias)),
            Difference("the weights of norms and of PReLU once each, not for each element", each((*NORMS, "PReLU"), trainable)),
            Difference("a transposed convolution's window at each output position", {"ConvTranspose": at_output}),
        ),
    ),
    "thop": Convention(
        "thop",
        "thop.profile",
        "MACs",
        differences=(
            Difference(
                "4 an element of batch, layer and instance norm (2 without weight and bias)",
                each(("BatchNorm", "InstanceNorm", "LayerNorm"), per_element(2, 4)),
            ),
            Difference("1 an output element of average pools", {"AvgPool": written}),
            Difference("the window and 1 for each output of adaptive average pools", {"AdaptiveAvgPool": adaptive_average}),
            Difference("1 an element of PReLU", {"PReLU": read}),
            Difference("a transposed convolution's window at each output position", {"ConvTranspose": at_output}),
        ),
    ),
    "calflops": Convention(
        "calflops",
        "calflops, FLOPs",
        "FLOPs",
        factor=2,
        differences=(
            Difference("1 a bias added by convolutions, none by linear layers", each(CONVOLUTIONS, bias)),
            Difference("2 an element of batch norm (1 without weight and bias)", {"BatchNorm": per_element(1, 2)}),
            Difference("5 an element of other norms (4 without weight and bias)", each(NORMS[1:], per_element(4, 5))),
            Difference(
                "1 an input element of activations", each(("ReLU", "ReLU6", "PReLU", "ELU", "LeakyReLU", "SiLU", "GELU", "Softmax"), read)
            ),
            Difference("1 an input element of pools", each((*MAX_POOLS, *AVERAGE_POOLS), read)),
        ),
    ),
}
"""By the word that `--convention` takes."""


@dataclass(frozen=True, slots=True)
class Account:
    """A counter's figure for one network, taken apart."""

    convention: Convention
    macs: int
    parts: tuple[tuple[str, int], ...]

    @property
    def figure(self) -> int:
        return self.convention.factor * self.macs + sum(value for _, value in self.parts)


def account(graph: Graph, convention: Convention) -> Account:
    """What the counter says of the network, reason by reason."""
    nodes = graph.trunk
    macs = sum(node.macs for node in nodes)
    sums = [0] * len(convention.differences)
    for node in nodes:
        name = torch_class(node)
        for number, difference in enumerate(convention.differences):
            rule = difference.rules.get(name)
            if rule is not None:
                sums[number] += rule(node)
    return Account(convention, macs, tuple(zip((row.reason for row in convention.differences), sums, strict=True)))


def torch_class(node: Node) -> str:
    """The PyTorch class of an operation without its dimensions: `Conv` for `nn.Conv2d`; "" where it is a function."""
    module = node.operation.module(node.input_shapes)
    if module is None:
        return ""
    name = module.target.rpartition(".")[2]
    return name[:-2] if name[-2:] in ("1d", "2d", "3d") else name


def convention_table(graph: Graph, convention: Convention) -> Table:
    """The table that `archc cost --convention NAME` prints: from the exact figure to the counter's."""
    result = account(graph, convention)
    rows: list[tuple[Cell, ...]] = [("exact MACs: convolutions, linear layers, attention's products", result.macs)]
    if convention.factor != 1:
        rows.append((f"{convention.factor} FLOPs a MAC", (convention.factor - 1) * result.macs))
    rows += [(reason, value) for reason, value in result.parts]
    columns = (Column("what it counts", left=True), Column(convention.unit))
    total: tuple[Cell, ...] = (convention.tool, result.figure)
    notes = ("One image, evaluation, every operation as a module of PyTorch. docs/costs.md compares the counters.",)
    return Table(columns, tuple(rows), total, notes, f"{graph.program.name}: as {convention.tool} counts")


def conventions_table(graph: Graph) -> Table:
    """All counters side by side (`--convention all`); each reason with what it adds stands below."""
    rows: list[tuple[Cell, ...]] = []
    notes = []
    for convention in CONVENTIONS.values():
        result = account(graph, convention)
        extra = sum(value for _, value in result.parts)
        rows.append((convention.name, convention.tool, convention.unit, result.figure, convention.factor, extra))
        notes += [f"{convention.name}: {value:+,}: {reason}" for reason, value in result.parts if value]
    columns = (
        Column("convention", left=True),
        Column("counter", left=True),
        Column("unit", left=True),
        Column("figure"),
        Column("a MAC is"),
        Column("beside MACs"),
    )
    return Table(columns, tuple(rows), None, tuple(notes), f"{graph.program.name}: how counters count")
