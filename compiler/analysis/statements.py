"""How long the variables of each generated `forward` hold their tensors.

The code generator nests calls into statements and gives variables their names (`emit/forward.py`); a tensor lives until its
variable is assigned again or its `forward` returns. This follows the same rules for one body, on the graph alone: what is
waiting to be nested, what gets a name, and which name.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ...base.records import dataclass

WIDTH = 100 - 8 - len("return ")
"""The longest expression of a statement."""

DEEPEST, DEEPEST_OPERAND = 3, 2
"""How many calls one statement nests, and how many of them may be in an operand of a merge."""

MOST_WAITING = 8

GENERIC = ("x", "out", "y", "z")


@dataclass(slots=True, eq=False)
class Call:
    """One call of a body: an operation or an inner module. Tensors are told by the index of the node that makes them.

    `text` is the call with `{}` for each operand; `first` and `last` the positions at which it begins and is done;
    `partials` how many tensors it makes on its way (`Operation.partials`).
    """

    first: int
    last: int
    text: str
    is_heavy: bool
    is_module: bool
    operands: list[int]
    results: list[int]
    partials: int = 0
    labels: dict[int, str] = field(default_factory=dict)
    """What the author called the results; "" or nothing where they did not."""

    @property
    def is_unary(self) -> bool:
        return len(self.operands) == 1


@dataclass(slots=True, eq=False)
class _Waiting:
    tensor: int
    text: str
    depth: int
    is_heavy: bool
    reads: list[str]
    call: Call
    first: int


@dataclass(frozen=True, slots=True)
class Partial:
    """A tensor that a call makes on its way: `number` 0 of `a + b + c` is the sum of the first two. `time` lies between positions."""

    time: float
    tensor: int
    number: int


@dataclass(slots=True)
class Body:
    """One body. `release` tells for each tensor that a call made the time at which nothing in the body holds it any more.

    Times are positions, and fractions between them for what happens inside a statement before the next position is reached.
    """

    calls: Sequence[Call]
    inputs: Sequence[tuple[str, int]]
    outputs: Sequence[int]
    release: dict[int, float] = field(default_factory=dict)
    partials: list[Partial] = field(default_factory=list)
    _names: dict[int, str] = field(default_factory=dict)
    _holds: dict[str, int] = field(default_factory=dict)
    _left: dict[int, int] = field(default_factory=dict)
    _uses: dict[int, int] = field(default_factory=dict)
    _waiting: list[_Waiting] = field(default_factory=list)
    _soon: set[int] = field(default_factory=set)
    _numbers: dict[str, tuple[str, int]] = field(default_factory=dict)
    _least: dict[str, int] = field(default_factory=dict)
    """By word, a number below which none is free: a merge of a thousand paths must not try a thousand names for each."""

    def run(self) -> dict[int, float]:
        for name, tensor in self.inputs:
            self._names[tensor] = name
            self._holds[name] = tensor
        for call in self.calls:
            for operand in call.operands:
                self._uses[operand] = self._uses.get(operand, 0) + 1
        for output in self.outputs:
            self._uses[output] = self._uses.get(output, 0) + 1
        self._left = dict(self._uses)
        for place, call in enumerate(self.calls):
            following = self.calls[place + 1].operands if place + 1 < len(self.calls) else self.outputs
            self._soon = {*call.operands, *following}
            self._place(call)
        end = self.calls[-1].last
        for waiting in self._waiting:
            self.release[waiting.tensor] = end
        for tensor in self._holds.values():
            self.release.setdefault(tensor, end)
        return self.release

    def _place(self, call: Call) -> None:
        taken = self._taken(call)
        nested = {waiting.tensor: waiting for waiting in taken}
        texts, reads = [], []
        for operand in call.operands:
            if operand in nested:
                texts.append(nested[operand].text)
                reads += nested[operand].reads
                # What passes from call to call inside a statement is let go of by the call that takes it.
                self.release[operand] = call.last
            else:
                texts.append(self._names[operand])
                reads.append(self._names[operand])
            self._left[operand] -= 1
            if self._left[operand] == 0 and self._names.get(operand) in self._numbers:
                word, number = self._numbers[self._names[operand]]
                self._least[word] = min(self._least[word], number)
        if call.partials:
            self._make_partials(call, nested)
        first = min((call.first, *(waiting.first for waiting in taken)))
        depth = 1 + max((waiting.depth for waiting in taken), default=0)
        heavy = call.is_heavy or any(waiting.is_heavy for waiting in taken)
        made = _Waiting(call.results[0] if call.results else -1, call.text.format(*texts), depth, heavy, reads, call, first)
        self._waiting.append(made)
        if len(call.results) > 1:
            self._flush(len(self._waiting) - 1)
            self._waiting.pop()
            for number, tensor in enumerate(call.results):
                self._assign(tensor, call.labels.get(tensor, ""), reads if number == 0 else [], call.last, by_label=True)
            return
        if self._uses.get(made.tensor, 0) > 1:
            self._flush(len(self._waiting))
        elif len(self._waiting) > MOST_WAITING:
            self._flush(1)

    def _make_partials(self, call: Call, nested: dict[int, _Waiting]) -> None:
        """`f(x) + g(x) + h(x)` adds the first two before it calls `h`, and lets go of them."""
        following = call.last
        for number in range(call.partials - 1, -1, -1):
            behind = call.operands[number + 2] if number + 2 < len(call.operands) else -1
            if behind in nested:
                following = nested[behind].first
            time = following - 1 + (number + 1) / (call.partials + 1)
            self.partials.append(Partial(time, call.results[0], number))
            for operand in call.operands[(number + 1 if number else 0) : number + 2]:
                if operand in nested:
                    self.release[operand] = time

    def _taken(self, call: Call) -> list[_Waiting]:
        waiting = [row.tensor for row in self._waiting]
        wanted = [operand for operand in call.operands if operand in waiting]
        best = 0
        for count in range(1, len(wanted) + 1):
            if wanted[-count:] != waiting[-count:]:
                break
            if self._reads_well(call, self._waiting[-count:]):
                best = count
        if best < len(wanted):
            # Of two operands one may stay in the line; of more, all have names or none.
            best = best if len(wanted) == 2 else 0
            self._flush(len(self._waiting) - best, by_label=len(wanted) > 2)
        start = len(self._waiting) - best
        taken = self._waiting[start:]
        del self._waiting[start:]
        return taken

    def _reads_well(self, call: Call, nested: Sequence[_Waiting]) -> bool:
        if call.is_module:
            return False
        for waiting in nested:
            if call.text.count(f"{{{call.operands.index(waiting.tensor)}}}") > 1:
                return False  # it would be worked out twice
            if waiting.depth >= (DEEPEST if call.is_unary else DEEPEST_OPERAND):
                return False
            if call.is_unary and (waiting.call.is_module or (call.is_heavy and waiting.is_heavy)):
                return False
        inside = {waiting.tensor: waiting.text for waiting in nested}
        texts = [inside.get(operand) or self._names.get(operand, "branch0") for operand in call.operands]
        return len(call.text.format(*texts)) <= WIDTH

    def _flush(self, count: int, by_label: bool = False) -> None:
        for _ in range(count):
            waiting = self._waiting.pop(0)
            self._assign(waiting.tensor, waiting.call.labels.get(waiting.tensor, ""), waiting.reads, waiting.call.last, by_label)

    def _assign(self, tensor: int, label: str, reads: Sequence[str], position: int, by_label: bool) -> None:
        name = self._choose(tensor, label, reads, by_label)
        before = self._holds.get(name)
        if before is not None:
            self.release.setdefault(before, position)
        self._names[tensor] = name
        self._holds[name] = tensor

    def _choose(self, tensor: int, label: str, reads: Sequence[str], by_label: bool) -> str:
        """The author's label for what is needed twice; else the name of what is not needed any more; else a free one."""
        kept = len(self.outputs) > 1 and tensor in self.outputs
        if label and (by_label or kept or self._uses.get(tensor, 0) > 1) and not self._is_live(label):
            return label
        for name in reads:
            if name in GENERIC and not self._is_live(name):
                return name
        wishes = ["x", "out", label] if tensor in self._soon or not label else ["x", label]
        for name in (*wishes, *GENERIC):
            if name and not self._is_live(name):
                return name
        word = label or "out"
        number = self._least.get(word, 2)
        while self._is_live(f"{word}{number}"):
            number += 1
        self._least[word] = number
        self._numbers[f"{word}{number}"] = (word, number)
        return f"{word}{number}"

    def _is_live(self, name: str) -> bool:
        held = self._holds.get(name)
        if held is None:
            return False
        return self._left.get(held, 0) > 0 or any(name in waiting.reads for waiting in self._waiting)
