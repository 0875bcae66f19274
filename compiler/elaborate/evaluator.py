"""Expressions to values. Integers are exact; every refusal shows the expression and its values."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field

from ...base.diagnostics import Diagnostic, Label, Problem
from ...base.records import dataclass
from ...dsl import ast
from ..ops import TABLE
from ..ops.suggest import closest, did_you_mean
from .closures import Builtin, Environment, Labelled, Module, Origin, Partial, Template
from .effort import Effort
from .explain_axes import named_sizes, no_such_axis
from .explain_lists import gathered
from .explain_numbers import rounded
from .explain_steps import part_of
from .explain_values import comma_of_a_list, dotted_name, from_elsewhere, nothing_of_the_file, unknown_name, with_origins
from .foreign_methods import method_of_a_tensor, step_as_value, step_of_a_number
from .foreign_shapes import Around
from .foreign_steps import unknown_step
from .functions import FUNCTIONS
from .operators import apply_operator
from .shape_of import ShapeOf, Shapes
from .values import UNKNOWN, WORDS, Size, Unknowable, kind_of, show_value


def nowhere(axis: int, told: str) -> tuple[list[Label], list[Origin]]:
    """The answer of an evaluator that has no program behind it."""
    return [], []


def _nothing() -> Shapes | None:
    """What is at hand for an evaluator that stands at no step."""
    return None


def _nothing_comes_in(node: ast.Name) -> Diagnostic:
    told = "the tensor that comes in" if node.name == "in" else "what the step before gave"
    return Diagnostic(
        "E228",
        f"`{node.name}` is the shape of {told}, and there is none here",
        Label(node.span, "nothing comes in"),
        help=f"write the number, or read `{node.name}` behind the `input` of the network, or in a block",
    )


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Works out expressions at one place. `entry` is the shape of what enters the innermost body (None: unknown), or those of several tensors.

    `shape_of` gives the shape of a labelled step's output, None where it is unknown. Raises `Problem` for a mistake and
    `Unknowable` where an earlier mistake left a value unknown.
    """

    environment: Environment
    entry: Shapes | None
    shape_of: Callable[[Labelled], Shapes | None]
    decided: Callable[[int, str], tuple[list[Label], list[Origin]]] = nowhere
    """Which places gave an axis of what enters its size, and the expressions that they were worked out from (for messages)."""
    effort: Effort = field(default_factory=Effort)
    lost: bool = False
    """Whether something does enter, and a mistake left its shape unknown."""
    current: Callable[[], Shapes | None] = _nothing
    """The shape of what the step before gave, as it is when it is asked for: `here`."""

    def value(self, node: ast.Expression) -> object:
        """The value of `node`; never `UNKNOWN`."""
        value = self._value(node)
        if isinstance(value, tuple | str) and isinstance(node, ast.List | ast.Binary | ast.Call):
            self.effort.value(value, node.span)
        return value

    def _value(self, node: ast.Expression) -> object:
        match node:
            case ast.Number(value=number):
                return number
            case ast.Duration():
                said = Diagnostic(
                    "E208",
                    f"`{node.span.text}` is a time, which stands in a budget alone",
                    Label(node.span),
                    help="`budget time <= 5ms`; elsewhere write a number",
                )
                raise Problem(said)
            case ast.Size(values=values):
                return Size(values)
            case ast.Text():
                return self.text(node)
            case ast.Constant(value=constant):
                return constant
            case ast.Name():
                return self.name(node)
            case ast.Attribute():
                return self.attribute(node)
            case ast.Index():
                return self.index(node)
            case ast.List():
                return self.list(node)
            case ast.Unary():
                return self.unary(node)
            case ast.Binary(operator="and" | "or"):
                return self.logical(node)
            case ast.Binary():
                left, right = self.value(node.left), self.value(node.right)
                self._read(node, left)
                try:
                    return apply_operator(node, left, right)
                except Problem as problem:
                    raise Problem(with_origins(self, problem.diagnostic, node)) from None
            case ast.Conditional():
                return self.value(node.value if self.condition(node.condition) else node.otherwise)
            case ast.Call():
                return self.call(node)
        raise TypeError(node)

    # --------------------------------------------------------------------------------------------- parts

    def _read(self, node: ast.Expression, *lists: object) -> None:
        """Pay for going through lists."""
        for value in lists:
            if isinstance(value, tuple):
                self.effort.value(value, node.span)

    def list(self, node: ast.List) -> tuple[object, ...]:
        values = tuple(self.value(item) for item in node.items)
        return values if not node.names else named_sizes(node, values)

    def text(self, node: ast.Text) -> str:
        pieces: list[str] = []
        for piece in node.pieces:
            if len(pieces) % 100 == 99:  # before they are too many to join
                self.effort.value("".join(pieces), node.span)
            if isinstance(piece, str):
                pieces.append(piece)
            else:
                value = self.value(piece)
                pieces.append(value if isinstance(value, str) else show_value(value))
        text = "".join(pieces)
        self.effort.value(text, node.span)
        return text

    def condition(self, node: ast.Expression) -> bool:
        value = self.value(node)
        if not isinstance(value, bool):
            raise Problem(
                Diagnostic(
                    "E226",
                    f"a condition must be true or false, and `{node.span.text}` is {kind_of(value)}: {show_value(value)}",
                    Label(node.span, f"is {show_value(value)}"),
                    help="compare it with something, for example `!= 0`" if isinstance(value, int | float) else None,
                )
            )
        return value

    def name(self, node: ast.Name) -> object:
        if node.name == "in":
            if self.entry is None:
                if self.lost:
                    raise Unknowable
                raise Problem(_nothing_comes_in(node))
            return self.entry
        binding = self.environment.binding(node.name)
        if binding is not None:
            label = self._nearer_label(node.name, binding.value)
            if label is None:
                binding.used = True
                if binding.value is UNKNOWN:
                    raise Unknowable
                return binding.value
            return self._shape(label)
        labelled = self.environment.label(node.name)
        if labelled is not None:
            return self._shape(labelled)
        if node.name in TABLE:
            return Builtin(TABLE[node.name])
        if node.name == "here":
            return self._here(node)
        if node.name in WORDS:
            return node.name
        if self.environment.has_holes:
            raise Unknowable
        raise Problem(unknown_name(self.environment, node.name, node.span))

    def _here(self, node: ast.Name) -> Shapes:
        found = self.current()
        if found is None and self.lost:
            raise Unknowable
        if found is None:
            raise Problem(_nothing_comes_in(node))
        return found

    def _nearer_label(self, name: str, value: object) -> Labelled | None:
        # A parameter or let comes before a label, a label before a block or network.
        if isinstance(value, Template | Module):
            return self.environment.label(name)
        return None

    def _shape(self, labelled: Labelled) -> Shapes:
        labelled.used = True
        shape = self.shape_of(labelled)
        if shape is None:
            raise Unknowable
        return shape

    def attribute(self, node: ast.Attribute) -> object:
        dotted = dotted_name(node)
        if dotted is not None and from_elsewhere(self.environment, dotted):
            raise Problem(unknown_name(self.environment, dotted, node.span, "operation or block"))
        label = self.labelled(node.value)
        if label is not None and node.name in label.members:
            return self._shape(label.members[node.name])
        value = self.value(node.value)
        if isinstance(value, Module):
            binding = value.environment.bindings.get(node.name)
            if binding is not None:
                if binding.value is UNKNOWN:
                    raise Unknowable
                return binding.value
            if value.environment.incomplete:
                raise Unknowable
            raise Problem(nothing_of_the_file(value.name, node, tuple(value.environment.bindings)))
        if isinstance(value, ShapeOf):
            return self._size(node, value)
        if isinstance(value, tuple) and value and all(isinstance(row, ShapeOf) for row in value) and dotted != f"in.{node.name}":
            return tuple(self._size(node, row) for row in value if isinstance(row, ShapeOf))  # of a list of tensors that of each
        raise Problem(
            Diagnostic(
                "E227",
                f"`{node.value.span.text}` is {kind_of(value)} and has no `{node.name}`",
                Label(node.name_span, f"of {kind_of(value)}"),
                help=gathered(node.name)
                or (f"`in[0].{node.name}` is that of the first of the tensors at hand" if (dotted or "").startswith("in.") else None)
                if isinstance(value, tuple)
                else part_of(node.value.span.text, node.name)
                if isinstance(value, Template)
                else None,
            )
        )

    def _size(self, node: ast.Attribute, shape: ShapeOf) -> object:
        found = shape.attribute(node.name)
        if found is None:
            raise Problem(no_such_axis(node, shape, self.current()))
        return found

    def labelled(self, node: ast.Expression) -> Labelled | None:
        """The label that `node` (a name, or names joined by dots) stands for, if it stands for one."""
        if isinstance(node, ast.Name) and node.name != "in":
            return self.environment.label(node.name)
        if isinstance(node, ast.Attribute):
            outer = self.labelled(node.value)
            return outer.members.get(node.name) if outer is not None else None
        return None

    def labelled_path(self, path: Sequence[str]) -> Labelled | None:
        """The label that names joined by dots stand for, as those of a step."""
        label = self.environment.label(path[0])
        for part in path[1:]:
            label = label.members.get(part) if label is not None else None
        return label

    def index(self, node: ast.Index) -> object:
        if isinstance(node.value, ast.List) and (comma := comma_of_a_list(node)) is not None:
            raise Problem(comma)
        value, index = self.value(node.value), self.value(node.index)
        if not isinstance(value, tuple | str):
            raise Problem(
                Diagnostic(
                    "E223",
                    f"`{node.value.span.text}` is {kind_of(value)}, and only a list has items",
                    Label(node.value.span, f"is {show_value(value)}"),
                )
            )
        if isinstance(index, bool) or not isinstance(index, int):
            raise Problem(
                Diagnostic(
                    "E223",
                    f"the number of an item must be a whole number, and `{node.index.span.text}` is {show_value(index)}",
                    Label(node.index.span, f"is {kind_of(index)}"),
                    help=rounded(index, node.index.span.text),
                )
            )
        if not -len(value) <= index < len(value):
            told = (
                f"items are numbered from 0 to {len(value) - 1}"
                if len(value) > 1
                else "its only item is 0"
                if value
                else "the list is empty"
            )
            message = f"item {show_value(index)} of a list of {len(value)}: {show_value(value)}"
            raise Problem(with_origins(self, Diagnostic("E223", message, Label(node.span, told)), node))
        return value[index]

    def unary(self, node: ast.Unary) -> object:
        if node.operator == "not":
            return not self.condition(node.operand)
        value = self.value(node.operand)
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Problem(
                Diagnostic(
                    "E222",
                    f"`-` needs a number, and `{node.operand.span.text}` is {kind_of(value)}: {show_value(value)}",
                    Label(node.operand.span, f"is {show_value(value)}"),
                )
            )
        return -value

    def logical(self, node: ast.Binary) -> bool:
        left = self.condition(node.left)
        if node.operator == "and":
            return left and self.condition(node.right)
        return left or self.condition(node.right)

    def call(self, node: ast.Call) -> object:
        """A function, or an operation or block with some of its arguments as a value."""
        if len(node.path) == 1 and node.path[0] in FUNCTIONS and self.environment.binding(node.path[0]) is None:
            for argument in node.arguments:
                if argument.name is not None:
                    raise Problem(
                        Diagnostic(
                            "E224",
                            f"`{node.path[0]}` takes its arguments without names",
                            Label(argument.span, f"leave out `{argument.name} =`"),
                        )
                    )
            values = tuple(self.value(argument.value) for argument in node.arguments)
            self._read(node, *values)
            try:
                return FUNCTIONS[node.path[0]].apply(node, values)
            except Problem as problem:
                raise Problem(with_origins(self, problem.diagnostic, node)) from None
        callee = self.resolve(node, wanted="function, block or operation")
        if isinstance(callee, Partial):
            raise Problem(
                Diagnostic("E211", f"`{'.'.join(node.path)}` has its arguments already", Label(node.span, "called a second time"))
            )
        if isinstance(callee, Builtin):
            tensor = next((row.value for row in node.arguments if row.name is None and isinstance(row.value, ast.Name)), None)
            if tensor is not None and self.environment.binding(tensor.name) is None and self.environment.label(tensor.name) is not None:
                raise Problem(step_as_value(node, tensor))
            if callee.place is None and (worked := step_of_a_number(node, callee)) is not None:
                raise Problem(worked)
        if isinstance(callee, Template | Builtin):
            return Partial(callee, node.arguments, self.environment)
        raise Problem(
            Diagnostic(
                "E211",
                f"`{'.'.join(node.path)}` is {kind_of(callee)} and cannot be called",
                Label(node.path_span, f"is {show_value(callee)}"),
                help=did_you_mean(closest(node.path[0], FUNCTIONS)),
            )
        )

    def _around(self, at_hand: Callable[[], Shapes | None]) -> Around:
        shape = at_hand()
        return Around(self.environment, shape if isinstance(shape, ShapeOf) else None, self.shape_of)

    def resolve(self, node: ast.Call, wanted: str, at_hand: Callable[[], Shapes | None] = lambda: None) -> object:
        """The value that the dotted name of a call stands for. `at_hand`: the shape of the tensor that a step would take, for messages."""
        if len(node.path) == 2 and self.environment.binding(node.path[0]) is None:
            label = self.environment.label(node.path[0])
            if label is not None and node.path[1] not in label.members and not node.bare:
                raise Problem(method_of_a_tensor(node, self._around(at_hand)))
        end = node.path_span.start + len(node.path[0])
        expression: ast.Expression = ast.Name(node.path_span.source.span(node.path_span.start, end), node.path[0])
        if len(node.path) == 1:
            name = node.path[0]
            binding = self.environment.binding(name)
            if binding is None and name not in TABLE:
                if self.environment.has_holes:
                    raise Unknowable
                raise Problem(unknown_step(self._around(at_hand), name, node, wanted))
            if binding is not None:
                binding.used = True
                if binding.value is UNKNOWN:
                    raise Unknowable
                return binding.value
            return Builtin(TABLE[name])
        whole = ".".join(node.path)
        if from_elsewhere(self.environment, whole):
            raise Problem(unknown_step(self._around(at_hand), whole, node, wanted))
        for part in node.path[1:]:
            expression = ast.Attribute(node.path_span, expression, part, node.path_span)
        return self.value(expression)
