"""The statements of a `forward`: calls nested as a person would nest them, and variables named.

Calls are emitted in the order of evaluation. What a call made waits, unnamed, on a stack, until the next call takes it
in as an argument; it gets a name when it is needed twice, or when a line would become too long or too deep.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import field, replace

from ...base.records import dataclass
from ..graph.program import Node
from .designs import Call, Design
from .identifiers import variable_name
from .line_breaking import INDENT, WIDTH
from .templates import HOLE, Recipes, Template

DEEPEST = 3
"""How many calls a line nests."""

MOST_WAITING = 8
"""How many expressions wait at most: more would not fit in a line."""

_GENERIC = ("x", "out", "y", "z")


@dataclass(frozen=True, slots=True)
class Statement:
    """A line, and the shape of what it makes (`""`: not told)."""

    text: str
    comment: str = ""


@dataclass(slots=True)
class _Waiting:
    """An expression that has no name yet. `reads` are the variables in it."""

    tensor: int
    text: str
    is_sum: bool
    depth: int
    is_heavy: bool
    reads: list[str]
    call: Call


@dataclass(slots=True, eq=False)
class ForwardWriter:
    """Writes one body. `callee` gives the text that reaches a member, `shape` the comment on a tensor, `labels` what the
    author called it."""

    design: Design
    recipes: Recipes
    callee: Callable[[Call], str]
    shape: Callable[[int], str]
    labels: dict[int, str]
    names: dict[int, str] = field(default_factory=dict)
    statements: list[Statement] = field(default_factory=list)
    _waiting: list[_Waiting] = field(default_factory=list)
    _alias: dict[int, int] = field(default_factory=dict)
    _left: dict[int, int] = field(default_factory=dict)
    _uses: dict[int, int] = field(default_factory=dict)
    _holds: dict[str, int] = field(default_factory=dict)
    _kept: set[int] = field(default_factory=set)
    _soon: set[int] = field(default_factory=set)

    def write(self, calls: Sequence[tuple[Call, int]], outputs: Sequence[int]) -> list[str]:
        """Write the calls (each with the number of its first result); the texts of the outputs come back.

        `names` must hold the inputs. The texts are names, or, of a single output, the last expression.
        """
        for name_of, name in self.names.items():
            self._holds[name] = name_of
        real = []
        for call, first in calls:
            if call.recipe is not None and not call.as_module and self._template(call).is_hole:
                self._alias[first] = self._resolve(call.operands[0])
            else:
                real.append((call, first))
        outputs = [self._resolve(output) for output in outputs]
        for call, _ in real:
            for operand in call.operands:
                self._count(self._resolve(operand))
        for output in outputs:
            self._count(output)
        self._uses = dict(self._left)
        self._kept = set(outputs) if len(outputs) > 1 else set()
        for position, (call, first) in enumerate(real):
            after = real[position + 1][0].operands if position + 1 < len(real) else outputs
            self._soon = {self._resolve(operand) for operand in (*call.operands, *after)}
            self._place(call, first)
        if len(outputs) == 1 and len(self._waiting) == 1 and self._waiting[0].tensor == outputs[0]:
            return [self._waiting.pop().text]
        self._flush(len(self._waiting))
        return [self.names[output] for output in outputs]

    # ---------------------------------------------------------------------------------------------- calls

    def _resolve(self, tensor: int) -> int:
        return self._alias.get(tensor, tensor)

    def _count(self, tensor: int) -> None:
        self._left[tensor] = self._left.get(tensor, 0) + 1

    def _template(self, call: Call) -> Template:
        assert call.recipe is not None
        return self.recipes.template(call.recipe.expression_in_place if call.in_place else call.recipe.expression)

    def _text(self, call: Call) -> Template:
        if call.has_bare_weight:
            template = self._template(call)
            return replace(template, text=template.text.replace(HOLE.format(len(call.operands)), self.callee(call)))
        if not call.as_module:
            return self._template(call)
        count = len(call.operands)
        holes = ", ".join(HOLE.format(number) for number in range(count))
        return Template(f"{self.callee(call)}({holes})", (True,) * count, (True,) * count, is_sum=False, is_hole=False)

    def _place(self, call: Call, first: int) -> None:
        template = self._text(call)
        operands = [self._resolve(operand) for operand in call.operands]
        nested = {waiting.tensor: waiting for waiting in self._taken(call, template, operands)}
        texts, sums, reads = [], [], []
        for operand in operands:
            if operand in nested:
                texts.append(nested[operand].text)
                sums.append(nested[operand].is_sum)
                reads.extend(nested[operand].reads)
            else:
                texts.append(self.names[operand])
                sums.append(False)
                reads.append(self.names[operand])
            self._left[operand] -= 1
        text = template.fill(texts, sums)
        depth = 1 + max((waiting.depth for waiting in nested.values()), default=0)
        heavy = call.is_heavy or any(waiting.is_heavy for waiting in nested.values())
        made = _Waiting(first, text, template.is_sum, depth, heavy, reads, call)
        self._waiting.append(made)
        if call.results > 1:
            self._flush(len(self._waiting) - 1)  # while this call waits, what it reads keeps its name
            self._several(call, first, self._waiting.pop())
            return
        if self._uses.get(first, 0) > 1:
            self._flush(len(self._waiting))
        elif len(self._waiting) > MOST_WAITING:
            self._flush(1)

    def _several(self, call: Call, first: int, waiting: _Waiting) -> None:
        tensors = range(first, first + call.results)
        names = [self._name(tensor, waiting.reads if tensor == first else [], True) for tensor in tensors]
        self.statements.append(Statement(f"{', '.join(names)} = {waiting.text}", self.shape(first)))

    def _taken(self, call: Call, template: Template, operands: Sequence[int]) -> list[_Waiting]:
        """The waiting expressions that the call takes in as they are, off the stack; what else it needs gets a name."""
        waiting = [row.tensor for row in self._waiting]
        wanted = [operand for operand in operands if operand in waiting]
        best = 0
        for count in range(1, len(wanted) + 1):
            if wanted[-count:] != waiting[-count:]:
                break
            if self._reads_well(call, template, operands, self._waiting[-count:]):
                best = count
        if best < len(wanted):
            # Of two operands one may stay in the line; of more, all have names or none.
            best = best if len(wanted) == 2 else 0
            self._flush(len(self._waiting) - best, by_label=len(wanted) > 2)
        taken = self._waiting[len(self._waiting) - best :]
        del self._waiting[len(self._waiting) - best :]
        return taken

    def _reads_well(self, call: Call, template: Template, operands: Sequence[int], nested: Sequence[_Waiting]) -> bool:
        for waiting in nested:
            if not template.once[operands.index(waiting.tensor)]:
                return False
            if waiting.depth >= (DEEPEST if len(operands) == 1 else 2):
                return False
            if len(operands) == 1 and call.is_heavy and waiting.is_heavy:
                return False
            if call.design is not None or (waiting.call.design is not None and len(operands) == 1):
                return False  # an inner module has a line of its own, unless it is part of a sum
        inside = {waiting.tensor: waiting for waiting in nested}
        texts = [inside[row].text if row in inside else self.names.get(row, "branch0") for row in operands]
        length = len(template.fill(texts, [row in inside and inside[row].is_sum for row in operands]))
        return 2 * INDENT + len("return ") + length <= WIDTH

    # ------------------------------------------------------------------------------------------- variables

    def _flush(self, count: int, by_label: bool = False) -> None:
        """Give the first `count` waiting expressions a name, in order; `by_label` where they are parts of one merge."""
        for _ in range(count):
            waiting = self._waiting.pop(0)
            name = self._name(waiting.tensor, waiting.reads, by_label)
            self.statements.append(Statement(f"{name} = {waiting.text}", self.shape(waiting.tensor)))

    def _name(self, tensor: int, reads: Sequence[str], by_label: bool) -> str:
        name = self._choose(tensor, reads, by_label)
        self.names[tensor] = name
        self._holds[name] = tensor
        return name

    def _choose(self, tensor: int, reads: Sequence[str], by_label: bool) -> str:
        """The author's label for what is needed twice; else the name of what is not needed any more; else a free one."""
        label = self.labels.get(tensor, "")
        if label and (by_label or tensor in self._kept or self._uses.get(tensor, 0) > 1) and not self._is_live(label):
            return label
        for name in reads:
            if name in _GENERIC and not self._is_live(name):
                return name
        wishes = ["x", "out", label] if tensor in self._soon or not label else ["x", label]
        for name in (*wishes, *_GENERIC):
            if name and not self._is_live(name):
                return name
        number = 2
        while self._is_live(f"{label or 'out'}{number}"):
            number += 1
        return f"{label or 'out'}{number}"

    def _is_live(self, name: str) -> bool:
        held = self._holds.get(name)
        if held is None:
            return False
        return self._left.get(held, 0) > 0 or any(name in waiting.reads for waiting in self._waiting)


def labels_of(design: Design, nodes: Sequence[Node]) -> dict[int, str]:
    """What the author called each tensor that a design's calls make: the label of the step or part that made it."""
    found: dict[int, str] = {}
    for call, first in numbered_calls(design):
        item = call.items[0]
        if isinstance(item, Node):
            name = item.names[-1] if item.label and item.names else ""
            found[first] = name
        elif call.results == 1:
            found[first] = next((part for part in reversed(item.scope.names) if not part.isdigit()), "")
        else:
            # Of several results each has the name that it has inside.
            for number, index in enumerate(item.outputs):
                path = nodes[index].path[len(item.scope.path) :]
                found[first + number] = path[0] if len(path) > 1 or nodes[index].label else ""
    return {tensor: variable_name(name) for tensor, name in found.items() if name.isidentifier()}


def input_names(design: Design, nodes: Sequence[Node]) -> list[str]:
    """What a class's forward calls its inputs: `x`, and the others by what made them."""
    names: list[str] = []
    for index in design.units[0].inputs:
        wish = "x" if not names else _producer_name(nodes[index])
        number, name = 2, wish
        while name in names:
            name, number = f"{wish}{number}", number + 1
        names.append(name)
    return names


def _producer_name(node: Node) -> str:
    if node.names and node.names[-1].isidentifier() and (node.label or node.operation.family == "port"):
        return variable_name(node.names[-1])
    scope = node.scope
    while scope.parent is not None:
        if scope.names and scope.names[-1].isidentifier():
            return variable_name(scope.names[-1])
        scope = scope.parent
    return "y"


def numbered_calls(design: Design) -> list[tuple[Call, int]]:
    """Each call with the local number of its first result."""
    rows, number = [], design.inputs
    for call in design.calls:
        rows.append((call, number))
        number += call.results
    return rows
