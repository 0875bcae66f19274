"""The rules of an operation of one's own, worked out for its arguments and for what comes in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import lru_cache
from math import lcm

from ...base.diagnostics import Problem
from ...base.records import dataclass
from ...base.source import Source
from ...dsl import ast
from ...dsl.parser.parse import parse_expression
from ..ops.axis_names import STANDARD, Axes
from ..ops.base import Refusal, Shape, Shapes, Weight, show
from ..ops.parameters import ANYTHING, BadValue, Plain
from ..ops.parameters import Named as NamedSizes
from .closures import Binding, Environment, Labelled
from .effort import MOST_STEPS, Effort
from .evaluator import Evaluator
from .explain_values import names_in
from .own_data import Choice, Declaration, Demand, Facts, Loop, Named, Result, Row, Rule, Said, Tensor
from .shape_of import ShapeOf
from .shape_of import Shapes as ShapesOf
from .values import Exhausted, Unknowable, show_value

DTYPES = ("float", "int64", "bool")
"""What a buffer may hold: numbers of the module's own precision, whole numbers, true and false."""

LARGEST_DIVISOR = 512
"""Beyond it sizes are not tried whole periods long."""

MOST_TENSORS = 10_000
"""How many tensors one operation keeps at most."""


@lru_cache(maxsize=4096)
def tree_of(text: str) -> ast.Expression:
    """The expression of a rule. Its text was read once already, where it was declared."""
    tree, mistakes = parse_expression(Source("rule", text))
    assert tree is not None and not mistakes, (text, mistakes)
    return tree


def facts(declaration: Declaration, values: tuple[tuple[str, Plain], ...], inputs: Shapes, axes: tuple[Axes, ...]) -> Facts | Refusal:
    """All that the rules say, or why they refuse. `axes` are the names of the inputs' axes, () for the usual ones."""
    try:
        return _Rules(declaration, dict(values), inputs, axes).facts()
    except Refusal as refusal:
        return refusal.with_traceback(None)


def default(declaration: Declaration, rule: Rule, values: Mapping[str, Plain]) -> Plain:
    """The default of a parameter that reads those before it."""
    value = _Rules(declaration, values, (), ()).value(rule)
    try:
        return ANYTHING.read(value)
    except BadValue as bad:
        place = declaration.place(rule)
        raise Refusal(
            "E341", f"a default of `{declaration.name}` is {show_value(value)}, and must be {bad.expected}", notes=(f"at {place}",)
        ) from None


@dataclass(slots=True, eq=False)
class _Found:
    arguments: tuple[tuple[str | None, Plain], ...] | None
    shape: object
    weights: list[Weight]
    counts: dict[str, int]
    places: dict[str, Rule]
    sees: tuple[int, ...] | None = None
    divisor: int = 1


class _Rules:
    def __init__(self, declaration: Declaration, values: Mapping[str, Plain], inputs: Shapes, axes: tuple[Axes, ...]) -> None:
        self.declaration = declaration
        self.values = values
        self.inputs = inputs
        names = axes or tuple(STANDARD.get(len(shape), ("",) * len(shape)) for shape in inputs)
        self.shapes = [ShapeOf(shape, row) for shape, row in zip(inputs, names, strict=True)]
        bindings = {name: Binding(value, declaration.head) for name, value in (*declaration.constants, *values.items())}
        labels = self.labels(declaration.inputs, declaration.takes_list, 0)
        self.environment = Environment(bindings=bindings, labels=labels)
        self.found = _Found(None, None, [], {}, {})
        self.effort = Effort()

    def facts(self) -> Facts:
        self.run(self.declaration.rows, self.environment)
        found = self.found
        results = self.results()
        given = found.arguments
        if given is None:
            given = tuple((name, value) for name, value in self.values.items())
        counts, places = tuple(found.counts.items()), tuple(found.places.items())
        return Facts(results, given, tuple(found.weights), counts, self.found.sees, found.divisor, places)

    def labels(self, names: Sequence[str], is_list: bool, start: int) -> dict[str, Labelled]:
        """The names of inputs or results, which are those shapes from `start` on; the last of a list stands for all that are left."""
        head = self.declaration.head
        labels = {name: Labelled(name, start + place, head) for place, name in enumerate(names)}
        if is_list:
            labels[names[-1]] = Labelled(names[-1], tuple(range(start + len(names) - 1, len(self.shapes))), head)
        return labels

    # ------------------------------------------------------------------------------------------------ rows

    def run(self, rows: Sequence[Row], environment: Environment) -> None:
        for row in rows:
            self.spend()
            match row:
                case Named(name=name, value=value):
                    environment.bindings[name] = Binding(self.value(value, environment), self.declaration.head)
                    self.divided(value, environment)
                case Demand(condition=condition):
                    self.demand(row, environment)
                    self.divided(condition, environment)
                case Said(word="arguments", items=items):
                    self.found.arguments = tuple((name or None, self.plain(rule, environment)) for name, rule in items)
                    self.found.places["arguments"] = row.value
                case Said(word=word, value=value):
                    self.found.places[word] = value
                    self.say(word, value, environment)
                case Tensor():
                    self.tensor(row, environment)
                case Choice(condition=condition, rows=inside, otherwise=otherwise):
                    with self.reading(condition):
                        holds = self.evaluator(environment).condition(tree_of(condition.text))
                    self.run(inside if holds else otherwise, Environment(environment))
                case Loop():
                    self.loop(row, environment)

    def spend(self) -> None:
        try:
            self.effort.spend(1, self.declaration.head)
        except Exhausted:
            message = f"the rules of `{self.declaration.name}` ask for more than {MOST_STEPS} steps, the limit"
            raise Refusal(
                "E341", message, notes=(f"declared at {self.declaration.head}",), help="look for loops inside each other that multiply"
            ) from None

    def demand(self, row: Demand, environment: Environment) -> None:
        evaluator = self.evaluator(environment)
        with self.reading(row.condition):
            if evaluator.condition(tree_of(row.condition.text)):
                return
        text = " ".join(row.condition.text.split())
        message = f"`{text}` does not hold" if row.message is None else str(self.value(row.message, environment))
        raise self.refusal("E230", message, row.condition, None)

    def loop(self, row: Loop, environment: Environment) -> None:
        values = self.value(row.values, environment)
        if not isinstance(values, tuple):
            raise self.refusal("E341", f"`for` needs a list, and `{row.values.text}` is {show_value(values)}", row.values, None)
        for index, value in enumerate(values):
            self.spend()
            inside = Environment(environment, {row.variable: Binding(value, self.declaration.head)})
            if row.index is not None:
                inside.bindings[row.index] = Binding(index, self.declaration.head)
            self.run(row.rows, inside)

    def say(self, word: str, rule: Rule, environment: Environment) -> None:
        value = self.value(rule, environment)
        if word == "shape":
            self.found.shape = value
            self.divided(rule, environment)
            # Behind its rule the shape itself may be read: `macs out.channels * out.height * out.width`.
            start = len(self.shapes)
            for row in self.results():
                self.shapes.append(ShapeOf(row.shape, row.axes or self.usual(row.shape)))
            self.environment.labels["out"] = Labelled("out", start, self.declaration.head)
            self.environment.labels |= self.labels(self.declaration.outputs, self.declaration.gives_list, start)
            return
        if word == "sees":
            self.found.sees = self.reach(value, rule)
            return
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise self.refusal("E341", f"`{word}` is {show_value(value)}, and must be a whole number of at least 0", rule, None)
        self.found.counts[word] = value

    def divided(self, rule: Rule, environment: Environment) -> None:
        """Note by what a rule divides a size of what comes in."""
        for node in ast.walk(tree_of(rule.text)):
            if isinstance(node, ast.Binary) and node.operator in ("/", "//", "%") and names_in(node.left):
                value = self.evaluator(environment).value(node.right)
                common = lcm(self.found.divisor, value) if isinstance(value, int) and value > 0 else 0
                self.found.divisor = common if 0 < common <= LARGEST_DIVISOR else self.found.divisor

    def tensor(self, row: Tensor, environment: Environment) -> None:
        key = self.value(row.key, environment)
        assert isinstance(key, str)
        tree = tree_of(row.shape.text)
        assert isinstance(tree, ast.List)
        dtype = "float"
        sizes = []
        for place, item in enumerate(tree.items):
            name = tree.names[place] if tree.names else ""
            with self.reading(row.shape):
                value = self.evaluator(environment).value(item)
            if name == "dtype":
                if value not in DTYPES or row.learned:
                    told = "a weight holds floating-point numbers" if row.learned else f"its `dtype` is one of {', '.join(DTYPES)}"
                    raise self.refusal("E341", f"`{key}` is {show_value(value)}: {told}", row.shape, None)
                dtype = str(value)
            elif isinstance(value, bool) or not isinstance(value, int) or value < 1:
                raise self.refusal(
                    "E341", f"a size of `{key}` is {show_value(value)}, and must be a whole number of at least 1", row.shape, item
                )
            else:
                sizes.append(value)
        if key in self.found.places:
            raise self.refusal("E341", f"two tensors have the key `{key}`", row.key, None)
        if len(self.found.weights) >= MOST_TENSORS:
            raise self.refusal("E341", f"it keeps more than {MOST_TENSORS} tensors, the limit", row.key, None)
        self.found.places[key] = row.shape
        self.found.weights.append(Weight(key, tuple(sizes), row.learned, dtype))

    def usual(self, shape: Shape) -> Axes:
        """The names of a result's axes where the text says none: those of what comes in, where it has as many."""
        first = self.shapes[0].axes
        return first if len(first) == len(shape) else ("",) * len(shape)

    def reach(self, value: object, rule: Rule) -> tuple[int, ...]:
        """`sees 3`, `sees [3, 5]`: a number for each axis behind the channels of what comes in."""
        count = len(self.inputs[0]) - 1
        sizes = value if isinstance(value, tuple) else (value,) * count
        if len(sizes) != count or any(isinstance(size, bool) or not isinstance(size, int) or size < 1 for size in sizes):
            message = f"`sees` is {show_value(value)}, and must be a whole number of at least 1, or {count} of them"
            raise self.refusal("E341", message, rule, None)
        return tuple(size for size in sizes if isinstance(size, int))

    def results(self) -> tuple[Result, ...]:
        """What comes out, one or several."""
        value, rule = self.found.shape, self.found.places.get("shape")
        if rule is None:
            message = f"`{self.declaration.name}` says no `shape` for these arguments"
            raise Refusal("E341", message, notes=(f"declared at {self.declaration.head}",), help="say it in each branch of an `if`")
        names = self.declaration.outputs
        tree = tree_of(rule.text)
        if not names:
            return (self.result("", value, rule, tree),)
        fits = isinstance(value, tuple) and (len(value) == len(names) or (self.declaration.gives_list and len(value) >= len(names)))
        if not isinstance(value, tuple) or not fits or not all(isinstance(row, tuple | ShapeOf) for row in value):
            several = f"{len(names)}{' or more' if self.declaration.gives_list else ''}"
            message = f"its `shape` is {show_value(value)}, and must be a list of {several} shapes, one for each result"
            raise self.refusal("E341", message, rule, None)
        if self.declaration.gives_list:
            names = (*names[:-1], *(f"{names[-1]}.{number}" for number in range(len(value) - len(names) + 1)))
        items = tree.items if isinstance(tree, ast.List) and len(tree.items) == len(value) else (tree,) * len(value)
        return tuple(self.result(name, row, rule, item) for name, row, item in zip(names, value, items, strict=True))

    def result(self, name: str, value: object, rule: Rule, tree: ast.Expression) -> Result:
        if isinstance(value, ShapeOf):
            return Result(name, value.shape, value.axes)
        if not isinstance(value, tuple) or not value:
            raise self.refusal("E341", f"its `shape` is {show_value(value)}, and must be a list of sizes", rule, None)
        for place, size in enumerate(value):
            item = tree.items[place] if isinstance(tree, ast.List) and len(tree.items) == len(value) else None
            if isinstance(size, bool) or not isinstance(size, int) or size < 1:
                of = f"`{name}`" if name else "its output"
                message = f"size {place} of {of} is {show_value(size)}, and must be a whole number of at least 1"
                raise self.refusal("E341", message, rule, item)
        return Result(name, tuple(value), value.names if isinstance(value, NamedSizes) else ())

    # -------------------------------------------------------------------------------------------- values

    def evaluator(self, environment: Environment | None = None) -> Evaluator:
        def shape_of(labelled: Labelled) -> ShapesOf | None:
            if isinstance(labelled.tensor, tuple):
                return tuple(self.shapes[place] for place in labelled.tensor)
            return self.shapes[labelled.tensor] if labelled.tensor is not None else None

        return Evaluator(environment or self.environment, self.shapes[0] if self.shapes else None, shape_of, effort=self.effort)

    def value(self, rule: Rule, environment: Environment | None = None) -> object:
        with self.reading(rule):
            return self.evaluator(environment).value(tree_of(rule.text))

    def plain(self, rule: Rule, environment: Environment) -> Plain:
        value = self.value(rule, environment)
        if isinstance(value, ShapeOf):
            value = value.shape
        elif isinstance(value, tuple):
            value = tuple(row.shape if isinstance(row, ShapeOf) else row for row in value)
        try:
            return ANYTHING.read(value)
        except BadValue as bad:
            raise self.refusal("E341", f"an argument of its class is {show_value(value)}, and must be {bad.expected}", rule, None) from None

    @contextmanager
    def reading(self, rule: Rule) -> Iterator[None]:
        """What cannot be worked out is a refusal of what came in, with the place of the rule."""
        try:
            yield
        except Problem as problem:
            found = problem.diagnostic
            at = found.primary.span
            tree = next((node for node in ast.walk(tree_of(rule.text)) if getattr(node, "span", None) == at), None)
            raise self.refusal(found.code, found.message, rule, tree) from None
        except (Exhausted, Unknowable) as failure:
            message = failure.diagnostic.message if isinstance(failure, Exhausted) else f"`{rule.text}` cannot be worked out"
            raise self.refusal("E341", message, rule, None) from None

    def refusal(self, code: str, message: str, rule: Rule, node: ast.Node | None) -> Refusal:
        """With the place of the rule and, where it reads a size of what comes in, that axis."""
        came = " and ".join(show(shape) for shape in self.inputs)
        operand, axis = self._read(node if node is not None else tree_of(rule.text))
        told = f"`{self.declaration.name}` refuses {came}: {message}" if came else f"`{self.declaration.name}`: {message}"
        note = f"its rule is `{' '.join(rule.text.split())}`, at {self.declaration.place(rule)}"
        return Refusal(code, told, operand=operand, axis=axis, notes=(note,))

    def _read(self, node: ast.Node) -> tuple[int | None, int | None]:
        """The first input's axis that an expression reads."""
        for name in names_in(node):  # type: ignore[arg-type]
            if not isinstance(name, ast.Attribute) or not isinstance(name.value, ast.Name) or not self.shapes:
                continue
            word = name.value.name
            operand = 0 if word == "in" else self.declaration.inputs.index(word) if word in self.declaration.inputs else None
            axis = self.shapes[operand].place(name.name) if operand is not None else None
            if axis is not None:
                return operand, axis
        return (0 if self.inputs else None), None
