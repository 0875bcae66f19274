"""Several ways of doing the same, timed turn by turn."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from statistics import median
from time import perf_counter, sleep

from ...base.records import dataclass

Leg = Callable[[], object]
Watch = Callable[[str], None]

LEAST_ROUNDS = 5
WARM_UP = 3

PAUSE = 0.01
"""Seconds between two legs: the threads of the one before go on spinning for a while, and would take the next one's processor."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as fast as the reference a leg is: the median of the rounds, and between what the middle half of them lies."""

    median: float
    low: float
    high: float

    @staticmethod
    def of(values: Sequence[float]) -> Ratio:
        rows = sorted(values)
        return Ratio(median(rows), rows[len(rows) // 4], rows[(3 * len(rows)) // 4])


@dataclass(frozen=True, slots=True)
class Timings:
    """Seconds of every leg in every round. All legs ran in every round, one after the other, each round beginning with another."""

    seconds: Mapping[str, tuple[float, ...]]

    @property
    def rounds(self) -> int:
        return len(next(iter(self.seconds.values())))

    def median(self, leg: str) -> float:
        return median(self.seconds[leg])

    def best(self, leg: str) -> float:
        return min(self.seconds[leg])

    def ratio(self, leg: str, reference: str) -> Ratio:
        """Speed against the reference, round by round: what slows a whole round falls out."""
        return Ratio.of([other / own for own, other in zip(self.seconds[leg], self.seconds[reference], strict=True)])


def race(
    legs: Mapping[str, Leg],
    *,
    rounds: int = 30,
    seconds: float = 20.0,
    pause: float = PAUSE,
    clock: Callable[[], float] = perf_counter,
    watch: Watch = lambda text: None,
) -> Timings:
    """Time the legs, up to `rounds` rounds or about `seconds` in all (then at least five rounds).

    In its turn a leg runs twice, and the second run counts: it is as in a program that has nothing else to do.
    """
    for name, leg in legs.items():
        watch(f"{name}: warming up")
        for _ in range(WARM_UP):
            leg()
    found: dict[str, list[float]] = {name: [] for name in legs}
    order = list(legs)
    start = perf_counter()
    for number in range(rounds):
        if number >= LEAST_ROUNDS and perf_counter() - start > seconds:
            break
        watch(f"round {number + 1} of {rounds}")
        # Each round starts with another leg, so that no leg always follows the same one's leavings in the cache.
        first = number % len(order)
        for name in (*order[first:], *order[:first]):
            sleep(pause)
            legs[name]()  # not timed: it finds the others' leavings in the caches, and its own threads asleep
            began = clock()
            legs[name]()
            found[name].append(clock() - began)
    return Timings({name: tuple(row) for name, row in found.items()})
