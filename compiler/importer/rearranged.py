"""Axes split, permuted and joined as one `rearrange`, which says what the steps do.

A run of views is followed by the factors of its axes: a reshape cuts factors, a permutation carries them. What comes out is a pattern
where each axis before and after is made of whole factors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import field

from ...base.records import dataclass
from .flat_steps import Flat, Plain, Step, Word

LETTERS = ("a", "b", "d", "e", "f", "g", "i", "j", "k", "l", "m", "n")
STEPS = frozenset(("reshape", "flatten", "permute"))
OF_ONE_AXIS = frozenset(("unflatten", "flatten"))
"""Functions that cut or join axes by themselves: with these no permutation is needed for a pattern to say more than a shape."""

Groups = list[list[int]]
"""For each axis the factors that it is made of."""


@dataclass(slots=True, eq=False)
class Factors:
    """The axes of a tensor on its way through views."""

    sizes: list[int]
    before: Groups
    now: Groups
    free: set[int] = field(default_factory=set)
    """Factors whose size the model itself works out from the others."""

    @classmethod
    def of(cls, shape: Sequence[int]) -> Factors:
        return cls(list(shape), [[axis] for axis in range(len(shape))], [[axis] for axis in range(len(shape))])

    def permute(self, order: Sequence[int]) -> None:
        self.now = [self.now[axis] for axis in order]

    def reshape(self, shape: Sequence[int], free: int | None) -> bool:
        """Whether the new axes are made of whole factors, or of parts of one."""
        left = [factor for row in self.now for factor in row]
        found: Groups = []
        for size in shape:
            row: list[int] = []
            while left and (size > 1 or not row) and (self.sizes[left[0]] == 1 or size > 1):
                factor = left.pop(0)
                own = self.sizes[factor]
                if size % own and own % size == 0:
                    left.insert(0, self._cut(factor, size))
                    own = size
                if size % own:
                    return False
                row.append(factor)
                size //= own
            if size > 1:
                return False
            found.append(row)
        if any(self.sizes[factor] > 1 for factor in left) or not found:
            return False
        found[-1] += left
        self.now = found
        if free is not None and len(found[free]) == 1:
            self.free.add(found[free][0])
        return True

    def _cut(self, factor: int, size: int) -> int:
        """The rest of a factor that becomes `size`."""
        rest = len(self.sizes)
        self.sizes.append(self.sizes[factor] // size)
        self.sizes[factor] = size
        for rows in (self.before, self.now):
            for row in rows:
                if factor in row:
                    row.insert(row.index(factor) + 1, rest)
        return rest

    def join(self) -> None:
        """Neighbours that stay neighbours are one factor."""
        for row in self.before:
            place = 0
            while place + 1 < len(row):
                pair = row[place : place + 2]
                home = next((other for other in self.now if pair[0] in other), [])
                at = home.index(pair[0]) if home else 0
                if home[at : at + 2] == pair:
                    self.sizes[pair[0]] *= self.sizes[pair[1]]
                    row.remove(pair[1])
                    home.remove(pair[1])
                else:
                    place += 1
        self._drop_ones()

    def _drop_ones(self) -> None:
        """An axis of 1 that goes into another is written as `1`."""
        for row in self.before:
            home = next((other for other in self.now if row and row[0] in other), [])
            if len(row) == 1 < len(home) and self.sizes[row[0]] == 1:
                home.remove(row[0])
                row.clear()

    @property
    def is_turned(self) -> bool:
        before, now = ([factor for row in rows for factor in row] for rows in (self.before, self.now))
        return before != now

    @property
    def is_cut(self) -> bool:
        return any(len(row) != 1 for row in (*self.before, *self.now))


def pattern(factors: Factors, attends: bool = False, ends: bool = False) -> tuple[str, dict[str, int]]:
    """The pattern, and the sizes that it needs: of each axis that is cut all but one. With `ends` it takes back another that cut windows."""
    names = _names(factors, attends, ends)
    left, right = ([_side([names[factor] for factor in row]) for row in rows] for rows in (factors.before, factors.now))
    told: dict[str, int] = {}
    cut = [row for row in factors.before if len(row) > 1]
    for row in cut:
        hinted = [factor for factor in row if factor in factors.free]
        # Windows that are cut out are told by their own sides; else what stands first is told.
        free = (
            hinted[0]
            if len(hinted) == 1
            else row[0]
            if len(cut) > 1 and not (len(cut) == 2 and (ends or _puts_back(factors, *cut)))
            else row[-1]
        )
        told |= {names[factor]: factors.sizes[factor] for factor in row if factor != free}
    return f"{' '.join(left)} -> {' '.join(right)}", told


def _puts_back(factors: Factors, first: Sequence[int], second: Sequence[int]) -> bool:
    """Whether two axes are windows that go back into rows and columns: of such that are cut out the sides are equal for the most part."""
    return factors.sizes[first[-1]] != factors.sizes[second[-1]]


def _names(factors: Factors, attends: bool, ends: bool) -> dict[int, str]:
    """`h` and `w` with what they are cut into, `heads` and `c` where the module attends; letters elsewhere."""
    before, now = factors.before, factors.now
    found = _windows(factors, ends) or _sequence(before, now) or (_heads(factors) if attends else None)
    if found is not None:
        return found
    letters = iter(LETTERS)
    return {factor: next(letters) for row in before for factor in row}


def _windows(factors: Factors, ends: bool) -> dict[int, str] | None:
    """An image of which rows and columns are cut, or put together."""
    groups = factors.before
    cut = [place for place, row in enumerate(groups) if len(row) == 2]
    if len(groups) != 3 or len(cut) != 2 or any(len(row) not in (1, 2) for row in groups):
        return None
    whole = next(place for place in range(3) if place not in cut)
    first, second = (groups[place] for place in cut)
    outer, inner = (("h", "w"), ("p", "q")) if ends or _puts_back(factors, first, second) else (("h", "p"), ("w", "q"))
    return {first[0]: outer[0], first[1]: outer[1], second[0]: inner[0], second[1]: inner[1], groups[whole][0]: "c"}


def _sequence(before: Groups, now: Groups) -> dict[int, str] | None:
    """A sequence as the image that it was, or an image as a sequence."""
    lengths = [len(row) for row in before], [len(row) for row in now]
    if lengths[0] == [2, 1] and lengths[1] == [1, 1, 1]:
        return {before[0][0]: "h", before[0][1]: "w", before[1][0]: "c"}
    if lengths == ([1, 1, 1], [1, 2]) and [*now[0], *now[1]] == [row[0] for row in before]:
        return {now[0][0]: "c", now[1][0]: "h", now[1][1]: "w"}
    if lengths == ([1, 1, 1], [2, 1]) and [*now[0], *now[1]] == [row[0] for row in before]:
        return {now[0][0]: "h", now[0][1]: "w", now[1][0]: "c"}
    return None


def _heads(factors: Factors) -> dict[int, str] | None:
    """The features of a sequence cut into heads, or heads side by side again."""
    before, now = factors.before, [row for row in factors.now if row]
    lengths = [len(row) for row in before], [len(row) for row in now]
    if lengths == ([1, 2], [1, 1, 1]) and now[1] == before[0]:
        return {before[0][0]: "l", before[1][0]: "heads", before[1][1]: "c"}
    if lengths == ([1, 3], [1, 1, 1, 1]):
        count = {2: "two", 3: "three"}.get(factors.sizes[before[1][0]])
        return None if count is None else {before[0][0]: "l", before[1][0]: count, before[1][1]: "heads", before[1][2]: "c"}
    if lengths == ([1, 1, 1], [1, 2]) and now == [before[1], [*before[0], *before[2]]]:
        return {now[0][0]: "l", now[1][0]: "heads", now[1][1]: "c"}
    return None


def _side(names: Sequence[str]) -> str:
    return "1" if not names else names[0] if len(names) == 1 else f"({' '.join(names)})"


def rearranged(flat: Flat) -> None:
    """Fold such runs, each step of which is read by the next alone, in place."""
    attends = {step.path for step in flat.steps if step.operation in ("sdpa", "softmax")}
    shapes, gone = flat.shapes(), set[int]()
    known: dict[tuple[str, str | None], tuple[tuple[int, ...], tuple[int, ...]]] = {}
    """For each module what its last pattern took and made: another that makes the one of the other takes it back."""
    for run in _runs(flat):
        start = 0
        while start < len(run):
            for stop in range(len(run), start, -1):
                part = run[start:stop]
                factors = _followed(part, shapes[part[0].inputs[0]])
                if factors is None:
                    continue
                if len(part) > 1 and factors.is_turned and not factors.is_cut:
                    order = [axis for row in factors.now for axis, own in enumerate(factors.before) if own == row]
                    part[-1].operation, part[-1].arguments, part[-1].inputs = "permute", {"order": order}, list(part[0].inputs)
                    gone |= {step.number for step in part[:-1]}
                    start = stop - 1
                    break
                if _says_more(part, factors):
                    module, into, made = (part[0].path, part[0].again), shapes[part[0].inputs[0]], part[-1].shape
                    ends = known.pop(module, None) == (made, into)
                    if not ends:
                        known[module] = into, made
                    if _is_image(factors):
                        _as_image(part, flat)
                    else:
                        text, told = pattern(factors, part[0].path in attends, ends)
                        arguments: dict[str, Plain] = {"pattern": text, **told}
                        part[-1].operation, part[-1].arguments, part[-1].inputs = "rearrange", arguments, list(part[0].inputs)
                    gone |= {step.number for step in part[:-1]}
                    start = stop - 1
                    break
            start += 1
    flat.steps = [step for step in flat.steps if step.number not in gone]


def _is_image(factors: Factors) -> bool:
    """Whether a sequence becomes the image that it was, whose sides the model has both."""
    first, *rest = factors.before
    return (
        len(first) > 1
        and len(rest) == 1 == len(rest[0])
        and factors.now == [rest[0], *([row] for row in first)]
        and factors.free.isdisjoint(first)
    )


def _as_image(run: Sequence[Step], flat: Flat) -> None:
    """Of the size of the tensor that was measured, or else of that of the run: at another size it is refused, where a pattern would go on with other rows."""
    last = run[-1]
    here = {step.number for step in flat.steps} | {row.number for row in flat.inputs}
    like = next((step.like for step in run if step.like in here or isinstance(step.like, Word)), None)
    last.operation, last.inputs = "image", list(run[0].inputs)
    if like is None:
        sides = last.shape[1:]
        last.arguments = {"size": sides[0] if set(sides) == {sides[0]} and len(sides) == 2 else sides}
    else:
        last.arguments = {"like": like if isinstance(like, Word) else True}
        last.inputs += [] if isinstance(like, Word) else [like]


def _says_more(run: Sequence[Step], factors: Factors) -> bool:
    """Whether a pattern says more than the steps: axes that are cut and turned, or that the model itself cuts or joins one by one."""
    if sum(map(len, factors.before)) > len(LETTERS) or not factors.is_cut:
        return False
    if factors.is_turned or any(step.operation == "permute" for step in run):  # of a single window it turns axes of 1
        return True
    return len(run[-1].shape) > 1 and all(step.by in OF_ONE_AXIS for step in run)


def _followed(run: Sequence[Step], shape: Sequence[int]) -> Factors | None:
    factors = Factors.of(shape)
    for step in run:
        if step.operation == "permute":
            order = step.arguments["order"]
            assert isinstance(order, list)
            factors.permute(order)
        elif not factors.reshape(step.shape, step.free):
            return None
    factors.join()
    return factors


def _runs(flat: Flat) -> list[list[Step]]:
    """The longest runs of views in one module."""
    made, uses = flat.made(), flat.uses()
    found: dict[int, list[Step]] = {}
    for step in flat.steps:
        if step.operation not in STEPS or len(step.shape) < 2:
            continue
        before = made.get(step.inputs[0])
        is_next = before is not None and before.number in found and uses[before.number] == 1
        if is_next and before is not None and (before.path, before.again) == (step.path, step.again):
            found[step.number] = [*found.pop(before.number), step]
        else:
            found[step.number] = [step]
    return list(found.values())
