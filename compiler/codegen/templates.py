"""What PyTorch code stands for one operation: read once from its record for each distinct operation and input."""

from __future__ import annotations

import ast
import re
from collections import Counter
from dataclasses import field

from ...base.records import dataclass
from ..graph.batchless import operands, stretched
from ..graph.graph import Graph
from ..graph.program import Node
from ..ops.base import Operation, Shapes, Weight
from ..ops.parameters import Plain
from .torch_defaults import DEFAULTS, family

HOLE = "operand{}_"
"""What stands for an operand in a template."""

_HOLE = re.compile(r"operand(\d+)_")


@dataclass(frozen=True, slots=True)
class Template:
    """An expression with holes for its operands. `free` tells which holes stand alone (an argument of a call), so that
    anything may be put there without parentheses; `once` which occur once, so that a call may be put there at all.
    `is_sum` tells that the whole needs parentheses inside a larger expression. `is_hole`: it is its operand, unchanged."""

    text: str
    free: tuple[bool, ...]
    once: tuple[bool, ...]
    is_sum: bool
    is_hole: bool

    def fill(self, operands: list[str], sums: list[bool]) -> str:
        def put(match: re.Match[str]) -> str:
            number = int(match.group(1))
            text = operands[number]
            return f"({text})" if sums[number] and not self.free[number] else text

        return _HOLE.sub(put, self.text)


@dataclass(frozen=True, slots=True)
class Recipe:
    """How an operation is made (`target`, with all its arguments, PyTorch's defaults filled in) and how it is called."""

    target: str
    arguments: tuple[tuple[str | None, Plain], ...]
    defaults: dict[str, Plain] = field(hash=False)
    expression: str
    expression_in_place: str
    weights: tuple[Weight, ...] = ()
    partials: int = 0
    """How many tensors it makes on its way (`Operation.partials`)."""
    operands: tuple[str, ...] = ()
    """The texts of its operands, where some are expanded to the batch."""
    buffer: str = ""
    """What makes the fixed tensor that it reads, of `arguments`."""
    whole: tuple[str, int, int] | None = None
    """Of one of several results what makes them all (`Operation.whole`)."""
    results: int = 0
    """How many tensors its module answers with as a tuple; 0: with one as it is."""
    number: int = 0
    """Which of them it is, of the module that made its first operand (`Operation.result_number`)."""

    @property
    def has_bare_weight(self) -> bool:
        """Whether it has a weight without a module, or a fixed tensor, which its expression names."""
        return bool(self.buffer) or any(not weight.name for weight in self.weights)

    @property
    def is_saved(self) -> bool:
        """Whether a state_dict has its weights."""
        return bool(self.weights)

    @property
    def has_matrix(self) -> bool:
        return any(len(weight.shape) > 1 for weight in self.weights)

    @property
    def skeleton(self) -> tuple[object, ...]:
        """What two operations must have in common to be made by one line with other numbers."""
        keywords = tuple(keyword for keyword, _ in self.arguments)
        return (
            self.target,
            self.buffer,
            self.is_saved,
            keywords,
            self.operands if self.target else self.expression,
            self.results,
            self.number,
        )


class Recipes:
    """Recipes and templates, each worked out once."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self._recipes: dict[tuple[Operation, Shapes, tuple[bool, ...]], Recipe] = {}
        self._templates: dict[str, Template] = {}

    def of(self, node: Node) -> Recipe:
        key = (node.operation, node.input_shapes, stretched(self._graph, node))
        found = self._recipes.get(key)
        if found is None:
            found = self._recipes[key] = _read(node, key[2])
        return found

    def template(self, text: str) -> Template:
        found = self._templates.get(text)
        if found is None:
            found = self._templates[text] = _template(text)
        return found


def holes(operation: Operation, shapes: Shapes) -> list[str]:
    """One for each operand, then one for the operation's own tensor where that stands alone, without a module."""
    count = len(shapes) + (operation.constant(shapes) is not None or any(not weight.name for weight in operation.weights(shapes)))
    return [HOLE.format(number) for number in range(count)]


def _read(node: Node, expanded: tuple[bool, ...]) -> Recipe:
    operation, shapes = node.operation, node.input_shapes
    construct, constant = operation.module(shapes), operation.constant(shapes)
    names = holes(operation, shapes)
    if expanded:
        names[: len(shapes)] = operands(names[: len(shapes)], expanded, node)
    expression = operation.expression(names, shapes) or ""
    in_place = (operation.expression(names, shapes, True) or "") if operation.may_work_in_place else expression
    texts = operation.handed(names[: len(shapes)]) or (tuple(names[: len(shapes)]) if expanded else ())
    whole = operation.whole(names, shapes)
    weights, partials = operation.weights(shapes), len(operation.partials(shapes))
    if construct is None:
        arguments = constant.arguments if constant is not None else ()
        buffer = constant.target if constant is not None else ""
        number = operation.result_number()
        return Recipe("", arguments, {}, expression, in_place, weights, partials, texts, buffer, whole, number=number)
    usual = DEFAULTS.get(family(construct.target), {})
    given = {keyword: value for keyword, value in construct.arguments if keyword is not None}
    first = [(keyword, value) for keyword, value in construct.arguments if keyword is None or keyword not in usual]
    rest = [(keyword, given.get(keyword, value)) for keyword, value in usual.items()]
    results = len(operation.results(shapes))
    return Recipe(construct.target, (*first, *rest), usual, expression, in_place, weights, partials, texts, whole=whole, results=results)


def _template(text: str) -> Template:
    tree = ast.parse(text, mode="eval").body
    found = [int(number) for number in _HOLE.findall(text)]
    count = max(found, default=-1) + 1
    free = [True] * count
    for parent in ast.walk(tree):
        kept: list[ast.AST]
        if isinstance(parent, ast.Call):
            kept = [parent.func]
        elif isinstance(parent, ast.List | ast.Tuple | ast.keyword):
            kept = []
        else:
            kept = list(ast.iter_child_nodes(parent))
        for child in kept:
            match = _HOLE.fullmatch(child.id) if isinstance(child, ast.Name) else None
            if match is not None:
                free[int(match.group(1))] = False
    is_hole = isinstance(tree, ast.Name) and _HOLE.fullmatch(tree.id) is not None
    is_sum = not isinstance(tree, ast.Call | ast.Name | ast.Attribute | ast.Subscript)
    times = Counter(found)
    return Template(text, tuple(free), tuple(times[number] == 1 for number in range(count)), is_sum, is_hole)
