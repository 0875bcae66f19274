"""The schedule of one body of code: which calls make a statement, what its variables are called, and how long each tensor is held.

Calls are made in the order of evaluation. What a call made waits, unnamed, on a stack, until the next call takes it in as
an argument; it gets a name when it is needed twice, or when a line would become too long or too deep. A tensor lives until
its variable is assigned again or its body returns; one without a name until the call that took it in is done.

The source is printed from this (`class_source.py`), and the memory analysis reads the lifetimes (`analysis/liveness.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import field, replace
from itertools import pairwise, takewhile
from typing import TypeAlias

from ...base.records import dataclass
from .designs import Call
from .identifiers import singular, variable_name
from .line_breaking import INDENT, WIDTH
from .templates import HOLE, Recipes, Template

DEEPEST, DEEPEST_OPERAND = 3, 2
"""How many calls a line nests, and how many of them may be in an operand of a merge."""

MOST_WAITING = 8
"""How many expressions wait at most: more would not fit in a line."""

_GENERIC = ("x", "out", "y", "z")


@dataclass(frozen=True, slots=True)
class Statement:
    """`names = text`. `tensor` is the first of what it makes, `tensors` are all; a name is `_` where nothing reads that one."""

    names: tuple[str, ...]
    text: str
    tensor: int
    count: int = 1

    @property
    def tensors(self) -> range:
        return range(self.tensor, self.tensor + self.count)


@dataclass(frozen=True, slots=True)
class Loop:
    """`for member in container: name = text`, which makes `tensors`, one a round."""

    member: str
    container: str
    name: str
    text: str
    tensors: tuple[int, ...]


Place: TypeAlias = "tuple[str, int, int]"
"""A member of an nn.ModuleList: how the list is reached, the member's place in it, and how many it holds."""


@dataclass(frozen=True, slots=True)
class Time:
    """When a call is done (`share` 1), or that share of the way from the step before it to its first one.

    Calls are told by the first tensor that they make.
    """

    call: int
    share: float = 1


@dataclass(frozen=True, slots=True)
class Partial:
    """A tensor that a call makes on its way to `tensor`: `number` 0 of `a + b + c` is the sum of the first two."""

    time: Time
    tensor: int
    number: int


@dataclass(slots=True, eq=False)
class Schedule:
    """The statements of one body, and the expressions that it answers with: names, or, of a single output, the last expression.

    `released` tells when the body lets go of what it holds. Tensors are the numbers of `Design.local`.
    """

    outputs: tuple[int, ...]
    statements: list[Statement | Loop] = field(default_factory=list)
    results: list[str] = field(default_factory=list)
    released: dict[int, Time] = field(default_factory=dict)
    partials: list[Partial] = field(default_factory=list)


@dataclass(slots=True, eq=False)
class _Waiting:
    """An expression that has no name yet. `reads` are the variables in it; `first` is the call that it begins with."""

    tensor: int
    text: str
    is_sum: bool
    depth: int
    is_heavy: bool
    reads: list[str]
    call: Call
    first: int


@dataclass(slots=True, eq=False)
class Scheduler:
    """Schedules one body. `callee` gives the text that reaches a member, `in_list` its place in an nn.ModuleList, `labels` what the author
    called a tensor; `names` has the inputs."""

    recipes: Recipes
    callee: Callable[[Call], str]
    in_list: Callable[[Call], Place | None]
    labels: dict[int, str]
    names: dict[int, str]
    schedule: Schedule = field(init=False)
    _waiting: list[_Waiting] = field(default_factory=list)
    _alias: dict[int, int] = field(default_factory=dict)
    _left: dict[int, int] = field(default_factory=dict)
    _uses: dict[int, int] = field(default_factory=dict)
    _holds: dict[str, int] = field(default_factory=dict)
    _kept: set[int] = field(default_factory=set)
    _soon: set[int] = field(default_factory=set)
    _members: set[str] = field(default_factory=set)
    _numbered: dict[str, tuple[str, int]] = field(default_factory=dict)
    _least: dict[str, int] = field(default_factory=dict)
    """By word, a number below which none is free: a merge of a thousand paths must not try a thousand names for each."""

    def run(self, calls: Sequence[tuple[Call, int]], outputs: Sequence[int]) -> Schedule:
        """The schedule of `calls`, each with the number of its first result."""
        for tensor, name in self.names.items():
            self._holds[name] = tensor
        real = []
        for call, first in calls:
            written = call.recipe is not None and not call.as_module and not call.recipe.number
            if written and call.operands and self._template(call).is_hole:
                self._alias[first] = self._resolve(call.operands[0])
            else:
                real.append((call, first))
        real = self._joined(real)
        outputs = [self._resolve(output) for output in outputs]
        for tensor in (*(self._resolve(operand) for call, _ in real for operand in call.operands), *outputs):
            self._left[tensor] = self._left.get(tensor, 0) + 1
        self._uses = dict(self._left)
        self._kept = set(outputs) if len(outputs) > 1 else set()
        self.schedule = Schedule(tuple(outputs))
        position = 0
        while position < len(real):
            call, first = real[position]
            rounds = real[position : position + self._rounds(real, position)]
            position += max(1, len(rounds))
            after = real[position][0].operands if position < len(real) else outputs
            self._soon = {self._resolve(operand) for operand in (*call.operands, *after)}
            if rounds:
                self._loop(rounds)
            else:
                self._place(call, first)
        self._end(Time(real[-1][1]) if real else None)
        return self.schedule

    def _end(self, end: Time | None) -> None:
        outputs = self.schedule.outputs
        if len(outputs) == 1 and len(self._waiting) == 1 and self._waiting[0].tensor == outputs[0]:
            self.schedule.results = [self._waiting.pop().text]
        else:
            self._flush(len(self._waiting))
            self.schedule.results = [self.names[output] for output in outputs]
        if end is not None:
            for tensor in (*self._holds.values(), *outputs):
                self.schedule.released.setdefault(tensor, end)

    # ---------------------------------------------------------------------------------------------- calls

    def _joined(self, calls: list[tuple[Call, int]]) -> list[tuple[Call, int]]:
        """All results of one operation, where they follow each other, as one call."""
        joined: list[tuple[Call, int]] = []
        place = 0
        while place < len(calls):
            call, first = calls[place]
            if call.recipe is not None and call.recipe.results:
                further = _further(calls, place)
                numbers = (0, *(row.recipe.number for row in further if row.recipe is not None))
                joined.append((replace(call, parts=len(numbers), numbers=numbers), first))
                place += len(numbers)
                continue
            row = calls[place : place + (call.recipe.whole[2] if call.recipe is not None and call.recipe.whole is not None else 0)]
            if together(row):
                joined.append((replace(call, parts=len(row)), first))
                place += len(row)
            else:
                joined.append((call, first))
                place += 1
        return joined

    def _resolve(self, tensor: int) -> int:
        return self._alias.get(tensor, tensor)

    def _template(self, call: Call) -> Template:
        assert call.recipe is not None
        return self.recipes.template(call.recipe.expression_in_place if call.in_place else call.recipe.expression)

    def _text(self, call: Call) -> Template:
        if call.has_bare_weight:
            template = self._template(call)
            return replace(template, text=template.text.replace(HOLE.format(len(call.operands)), self.callee(call)))
        if call.parts > 1 and not call.numbers:
            assert call.recipe is not None and call.recipe.whole is not None
            return self.recipes.template(call.recipe.whole[0])
        if not call.as_module:
            return self._template(call)
        count = len(call.operands)
        holes = ", ".join(HOLE.format(number) for number in range(count))
        if call.recipe is not None and (call.recipe.operands or call.numbers == (0,)):
            only = "[0]" if call.numbers == (0,) else ""
            return self.recipes.template(f"{self.callee(call)}({', '.join(call.recipe.operands) or holes}){only}")
        return Template(f"{self.callee(call)}({holes})", (True,) * count, (True,) * count, is_sum=False, is_hole=False)

    def _place(self, call: Call, first: int) -> None:
        template = self._text(call)
        operands = self._operands(call)
        nested = {waiting.tensor: waiting for waiting in self._taken(call, template, operands)}
        texts, sums, reads = [], [], []
        for operand in operands:
            if operand in nested:
                texts.append(nested[operand].text)
                sums.append(nested[operand].is_sum)
                reads.extend(nested[operand].reads)
                self.schedule.released[operand] = Time(first)
            else:
                texts.append(self.names[operand])
                sums.append(False)
                reads.append(self.names[operand])
            self._read(operand)
        self._make_partials(call, first, operands, nested)
        text = template.fill(texts, sums)
        depth = 1 + max((waiting.depth for waiting in nested.values()), default=0)
        heavy = call.is_heavy or any(waiting.is_heavy for waiting in nested.values())
        begun = min((first, *(waiting.first for waiting in nested.values())))
        made = _Waiting(first, text, template.is_sum, depth, heavy, reads, call, begun)
        self._waiting.append(made)
        if call.results > 1:
            self._flush(len(self._waiting) - 1)  # while this call waits, what it reads keeps its name
            self._several(call, first, self._waiting.pop())
            return
        if self._uses.get(first, 0) > 1:
            self._flush(len(self._waiting))
        elif len(self._waiting) > MOST_WAITING:
            self._flush(1)

    def _make_partials(self, call: Call, first: int, operands: Sequence[int], nested: dict[int, _Waiting]) -> None:
        """`f(x) + g(x) + h(x)` adds the first two before it calls `h`, and lets go of them."""
        count = call.recipe.partials if call.recipe is not None else 0
        following = first
        for number in range(count - 1, -1, -1):
            behind = operands[number + 2] if number + 2 < len(operands) else -1
            if behind in nested:
                following = nested[behind].first
            time = Time(following, (number + 1) / (count + 1))
            self.schedule.partials.append(Partial(time, first, number))
            for operand in operands[(number + 1 if number else 0) : number + 2]:
                if operand in nested:
                    self.schedule.released[operand] = time

    def _operands(self, call: Call) -> list[int]:
        return [self._resolve(operand) for operand in call.operands]

    def _read(self, tensor: int) -> None:
        self._left[tensor] -= 1
        if self._left[tensor] == 0 and self.names.get(tensor) in self._numbered:
            word, number = self._numbered[self.names[tensor]]
            self._least[word] = min(self._least[word], number)

    # ---------------------------------------------------------------------------------------------- loops

    def _rounds(self, calls: Sequence[tuple[Call, int]], start: int) -> int:
        """How many calls from `start` on are one loop over a whole nn.ModuleList: each takes what the one before it made, and the rest alike."""
        place = self._place_of(calls[start][0])
        if place is None or place[1] != 0 or start + place[2] > len(calls) or place[2] < 2:
            return 0
        others = self._operands(calls[start][0])[1:]
        for number, ((_, made), (call, _)) in enumerate(pairwise(calls[start : start + place[2]]), 1):
            if self._place_of(call) != (place[0], number, place[2]) or self._uses.get(made, 0) != 1 or made in self._kept:
                return 0
            if self._operands(call) != [made, *others]:
                return 0
        return place[2]

    def _place_of(self, call: Call) -> Place | None:
        return self.in_list(call) if call.as_module and call.results == 1 and call.operands and call.takes_and_gives_one else None

    def _loop(self, rounds: Sequence[tuple[Call, int]]) -> None:
        """`for block in self.blocks: x = block(x)`; the variable starts as what enters the loop."""
        self._flush(len(self._waiting))
        call, first = rounds[0]
        tensors = tuple(made for _, made in rounds)
        place = self._place_of(call)
        assert place is not None
        entering, *others = self._operands(call)
        self._read(entering)
        name, entry = self._choose(first, [self.names[entering]], by_label=False), self.names[entering]
        if name in self._holds:
            self.schedule.released.setdefault(self._holds[name], Time(first, 1 if name == entry else 0))
        if name != entry:
            self.schedule.statements.append(Statement((name,), entry, entering))
        member = self._member(place[0])
        text = f"{member}({', '.join([name, *(self.names[operand] for operand in others)])})"
        self.schedule.statements.append(Loop(member, place[0], name, text, tensors))
        for before, after in pairwise(tensors):
            self.schedule.released[before] = Time(after)
            for operand in (before, *others):
                self._read(operand)
        for operand in others:
            self._read(operand)
        self.names[tensors[-1]] = name
        self._holds[name] = tensors[-1]

    def _member(self, container: str) -> str:
        """`block` for `self.blocks`; no other variable is called so, for TorchScript tells a module and a tensor apart."""
        last = container.rpartition(".")[2]
        own = singular(last) if last.isidentifier() else ""
        wishes = itertools.chain(
            filter(None, (own and variable_name(own), "block", "module")), (f"block{number}" for number in itertools.count(2))
        )
        taken = {*self.names.values(), *self.labels.values()}
        name = next(wish for wish in wishes if wish not in taken)
        self._members.add(name)
        return name

    def _several(self, call: Call, first: int, waiting: _Waiting) -> None:
        made = dict(zip(call.numbers or range(call.results), range(first, first + call.results), strict=True))
        read = {number: tensor for number, tensor in made.items() if not call.numbers or self._uses.get(tensor, 0)}
        count = call.recipe.results if call.recipe is not None and call.numbers else call.results
        given = {
            number: self._name(tensor, waiting.reads if tensor == first else [], first, by_label=True) for number, tensor in read.items()
        }
        names = [given.get(number, "_") for number in range(count)]
        self.schedule.statements.append(Statement(tuple(names), waiting.text, first, call.results))

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
        is_unary = len(operands) == 1
        for waiting in nested:
            if not template.once[operands.index(waiting.tensor)]:
                return False  # it would be worked out twice
            if waiting.depth >= (DEEPEST if is_unary else DEEPEST_OPERAND):
                return False
            if is_unary and call.is_heavy and waiting.is_heavy:
                return False
            if call.design is not None or (waiting.call.design is not None and is_unary):
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
            name = self._name(waiting.tensor, waiting.reads, waiting.tensor, by_label)
            self.schedule.statements.append(Statement((name,), waiting.text, waiting.tensor))

    def _name(self, tensor: int, reads: Sequence[str], made_by: int, by_label: bool) -> str:
        name = self._choose(tensor, reads, by_label)
        if name in self._holds:
            self.schedule.released.setdefault(self._holds[name], Time(made_by))
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
        word = label or "out"
        number = self._least.get(word, 2)
        while self._is_live(f"{word}{number}"):
            number += 1
        self._least[word] = number
        self._numbered[f"{word}{number}"] = (word, number)
        return f"{word}{number}"

    def _is_live(self, name: str) -> bool:
        if name in self._members:
            return True
        held = self._holds.get(name)
        if held is None:
            return False
        return self._left.get(held, 0) > 0 or any(name in waiting.reads for waiting in self._waiting)


def _further(calls: Sequence[tuple[Call, int]], place: int) -> list[Call]:
    """The results behind the first that the module of this call makes beside it; those that nothing reads are not among them."""
    _, first = calls[place]
    rows = takewhile(lambda row: row[0].recipe is not None and row[0].recipe.number and row[0].operands[0] == first, calls[place + 1 :])
    return [call for call, _ in rows]


def together(calls: Sequence[tuple[Call, int]]) -> bool:
    """Whether these are all results of one operation, one after another, which one call makes."""
    if len(calls) < 2 or any(call.recipe is None or call.recipe.whole is None or call.as_module for call, _ in calls):
        return False
    first, _ = calls[0]
    assert first.recipe is not None and first.recipe.whole is not None
    text, _, count = first.recipe.whole
    wholes = [call.recipe.whole for call, _ in calls if call.recipe is not None]
    return wholes == [(text, number, count) for number in range(count)] and all(call.operands == first.operands for call, _ in calls)
