"""Races with a clock of our own: what is counted, in which order, and what is said of it."""

from __future__ import annotations

from archc.compiler.bench.hardware import describe
from archc.compiler.runtime.timing import Ratio, Timings, race


class Clock:
    """A clock that legs push on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.order: list[str] = []

    def leg(self, name: str, *seconds: float) -> tuple[str, object]:
        left = list(seconds)

        def run() -> None:
            self.order.append(name)
            self.now += left.pop(0) if len(left) > 1 else left[0]

        return name, run

    def __call__(self) -> float:
        return self.now


def test_every_leg_runs_in_every_round_and_each_starts_in_turn() -> None:
    clock = Clock()
    timings = race(dict([clock.leg("a", 2.0), clock.leg("b", 1.0), clock.leg("c", 4.0)]), rounds=4, pause=0, clock=clock)
    assert clock.order[9:] == list("aabbccbbccaaccaabbaabbcc")
    assert timings.seconds == {"a": (2.0,) * 4, "b": (1.0,) * 4, "c": (4.0,) * 4}
    assert timings.rounds == 4


def test_warming_up_does_not_count() -> None:
    clock = Clock()
    timings = race(dict([clock.leg("a", 9.0, 8.0, 7.0, 5.0, 1.0, 6.0, 2.0)]), rounds=2, pause=0, clock=clock)
    assert timings.seconds == {"a": (1.0, 2.0)}


def test_ratios_are_taken_round_by_round() -> None:
    """A round in which everything was three times as slow changes nothing."""
    timings = Timings({"new": (1.0, 3.0, 1.1, 1.0), "old": (2.0, 6.0, 2.2, 2.0)})
    assert timings.ratio("new", "old") == Ratio(2.0, 2.0, 2.0)
    assert timings.ratio("old", "new").median == 0.5
    assert timings.median("new") == 1.05
    assert timings.best("old") == 2.0


def test_the_spread_is_that_of_the_middle_half() -> None:
    assert Ratio.of([1.0, 2.0, 3.0, 4.0, 100.0, 0.0, 5.0, 6.0]) == Ratio(3.5, 2.0, 6.0)


def test_a_race_that_takes_too_long_ends_after_the_least_rounds() -> None:
    clock = Clock()
    assert race(dict([clock.leg("a", 1.0)]), rounds=50, seconds=0.0, pause=0, clock=clock).rounds == 5


def test_the_machine_is_told_without_whose_it_is() -> None:
    rows = describe().rows()
    assert all(rows.values())
    assert not any("/" in value for key, value in rows.items() if key != "processor")
