"""Which value of a parameter meets a budget: an exact search over whole numbers, without torch.

The figure is compared as the integer that it is. Where it grows (or falls) with the parameter, a search by halves finds the
closest value; where the tried values show that it does neither, every value is tried.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import field
from itertools import pairwise, product

from ...base.records import dataclass

Figures = Mapping[str, int]
"""Costs by name: parameters, macs, flops, activations, memory."""

Evaluate = Callable[[Mapping[str, int]], "Figures | None"]
"""The costs at some values of the parameters; None where the network refuses them (a `require`, a shape)."""

FARTHEST_STEP = 16
"""How many refused values in a row a search by halves steps over before it tries every value."""

MOST_AT_ONCE = 4096
"""So many values are tried one by one before anything is taken to go on as it began."""

MOST_TRIED = 100_000
"""How many values are tried one by one; more of them take hours."""

LOOKS = 16
"""At how many values a cost is looked at, to find that it does not rise or fall throughout."""


@dataclass(frozen=True, slots=True)
class Vary:
    """A parameter and the values that it may take, in increasing order."""

    name: str
    values: Sequence[int]


@dataclass(frozen=True, slots=True)
class Goal:
    """What to meet. `way`: `match`, the least that reaches `target`; `most`, the largest that does not exceed it; `nearest`, either."""

    quantity: str
    target: int
    way: str = "match"

    def meets(self, value: int) -> bool:
        return self.way == "nearest" or (value >= self.target if self.way == "match" else value <= self.target)

    def distance(self, value: int) -> tuple[bool, int]:
        """Smaller is better."""
        return (not self.meets(value), abs(value - self.target))


@dataclass(frozen=True, slots=True)
class Bound:
    """A constraint: `quantity` at most (or at least) `value`."""

    quantity: str
    value: int
    least: bool = False

    def holds(self, figures: Figures) -> bool:
        return figures[self.quantity] >= self.value if self.least else figures[self.quantity] <= self.value


@dataclass(frozen=True, slots=True)
class Solution:
    """The best values found, their costs, and how many networks were elaborated to find them.

    `other` is the nearest on the other side of the target, with its value of the last parameter.
    """

    values: Mapping[str, int]
    figures: Figures
    tried: int
    other: tuple[int, Figures] | None = None


class TooMany(Exception):
    """The values cannot be searched by halves, and are too many to be tried one by one."""


@dataclass(slots=True)
class _Search:
    """The last parameter is searched; each value of the others is a search of its own."""

    evaluate: Evaluate
    goal: Goal
    bounds: tuple[Bound, ...]
    outer: Mapping[str, int]
    vary: Vary
    known: dict[int, Figures | None] = field(default_factory=dict)

    def at(self, place: int) -> Figures | None:
        if place not in self.known:
            self.known[place] = self.evaluate({**self.outer, self.vary.name: self.vary.values[place]})
        return self.known[place]

    def _seen(self, place: int) -> Figures:
        """The costs at a place that the network accepts."""
        figures = self.at(place)
        assert figures is not None
        return figures

    def best(self) -> Solution | None:
        if not self._by_halves() or not self._monotone():
            if len(self.vary.values) > MOST_TRIED:
                raise TooMany
            for place in range(len(self.vary.values)):
                self.at(place)
        choices = [
            (place, figures)
            for place, figures in sorted(self.known.items())
            if figures is not None and all(bound.holds(figures) for bound in self.bounds)
        ]
        if not choices:
            return None
        name, target = self.goal.quantity, self.goal.target
        place, figures = min(choices, key=lambda choice: (self.goal.distance(choice[1][name]), choice[0]))
        if not self.goal.meets(figures[name]):
            return None
        beyond = [(one, row) for one, row in choices if (row[name] - target) * (figures[name] - target) < 0]
        other = min(beyond, key=lambda choice: (abs(choice[1][name] - target), choice[0]), default=None)
        return Solution(
            {**self.outer, self.vary.name: self.vary.values[place]},
            figures,
            len(self.known),
            None if other is None else (self.vary.values[other[0]], other[1]),
        )

    def _by_halves(self) -> bool:
        """Whether both neighbours of the goal were found among the values that keep the bounds. False: there are too many gaps for that."""
        low = self._from(0, +1)
        high = self._from(len(self.vary.values) - 1, -1)
        if high is None and low is not None and len(self.vary.values) > MOST_AT_ONCE:
            high = self._beyond(low)
        if low is None or high is None:
            return False
        for bound in self.bounds:
            first, last = (bound.holds(self._seen(place)) for place in (low, high))
            if first and last:
                continue
            if not first and not last:
                # If its cost rises or falls throughout, nothing between keeps it either: a look at some tells whether it does.
                for place in range(low, high, max(1, (high - low) // LOOKS)):
                    self.at(place)
                return True
            # The last value that is at most the limit, or the first that is at least that.
            crossing = self._cross(bound.quantity, bound.value if bound.least else bound.value + 1, low, high)
            if crossing is None:
                return False
            low, high = (low, crossing[0]) if first else (crossing[1], high)
        return self._cross(self.goal.quantity, self.goal.target, low, high) is not None

    def _beyond(self, low: int) -> int | None:
        """Where the largest values are refused (no network is so large): a place past the goal, and past what bounds ask at least, by doubling."""
        step, before = 1, self._seen(low)[self.goal.quantity]
        while low + step < len(self.vary.values):
            place = self._from(low + step, +1)
            if place is None:
                return None
            figures = self._seen(place)
            # Of a cost that falls nothing is known behind: more may follow.
            if figures[self.goal.quantity] > max(before, self.goal.target) and all(
                bound.holds(figures) for bound in self.bounds if bound.least
            ):
                return place
            step *= 2
        return None

    def _cross(self, quantity: str, target: int, low: int, high: int) -> tuple[int, int] | None:
        """The neighbours between which a cost passes `target`, found by halves. None: too many values between them are refused."""
        first, last = (self._seen(place)[quantity] for place in (low, high))
        rising = first <= last
        while high - low > 1:
            middle = self._from((low + high) // 2, +1, high)
            if middle is None:
                middle = self._from((low + high) // 2, -1, low)
            if middle is None:
                return (low, high) if high - low <= FARTHEST_STEP else None
            if middle in (low, high):
                break
            if (self._seen(middle)[quantity] < target) == rising:
                low = middle
            else:
                high = middle
        return low, high

    def _from(self, place: int, step: int, stop: int | None = None) -> int | None:
        """The first place from `place` that the network accepts, `stop` excluded."""
        for _ in range(FARTHEST_STEP):
            if not 0 <= place < len(self.vary.values) or place == stop:
                return None
            if self.at(place) is not None:
                return place
            place += step
        return None

    def _monotone(self) -> bool:
        """Whether what was seen of the goal's cost, and of each bound's, rises or falls throughout."""
        rows = [figures for place in sorted(self.known) if (figures := self.known[place]) is not None]
        names = {self.goal.quantity, *(bound.quantity for bound in self.bounds)}
        pairs = [(one[name], two[name], name) for one, two in pairwise(rows) for name in names]
        return all(
            all(one <= two for one, two, which in pairs if which == name) or all(one >= two for one, two, which in pairs if which == name)
            for name in names
        )


def fit(evaluate: Evaluate, vary: Sequence[Vary], goal: Goal, bounds: Sequence[Bound] = ()) -> tuple[Solution, ...]:
    """For each value of all parameters but the last, the last one's best value, in the order of the values.

    Combinations that nothing satisfies are left out.
    """
    *outer, inner = vary
    solutions = []
    for values in product(*(row.values for row in outer)):
        fixed = dict(zip((row.name for row in outer), values, strict=True))
        found = _Search(evaluate, goal, tuple(bounds), fixed, inner).best()
        if found is not None:
            solutions.append(found)
    return tuple(solutions)


def nearest(solutions: Sequence[Solution], goal: Goal) -> Solution | None:
    """The best of several solutions."""
    return min(solutions, key=lambda one: goal.distance(one.figures[goal.quantity]), default=None)
