"""The search of `archc fit`: exact, and against trying everything."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import accumulate

from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.explore.fit import Bound, Goal, Vary, fit, nearest


def square(values: Mapping[str, int]) -> dict[str, int]:
    return {"macs": values["width"] ** 2, "parameters": 3 * values["width"]}


def test_closest_whole_number() -> None:
    (found,) = fit(square, [Vary("width", range(1, 4097))], Goal("macs", 1_000_000, "nearest"))
    assert found.values == {"width": 1000} and found.figures["macs"] == 1_000_000
    assert found.tried < 20


def test_most_never_exceeds_its_target() -> None:
    (found,) = fit(square, [Vary("width", range(1, 4097))], Goal("macs", 1_001_999, "most"))
    assert found.values == {"width": 1000}
    (nearer,) = fit(square, [Vary("width", range(1, 4097))], Goal("macs", 1_001_999, "nearest"))
    assert nearer.values == {"width": 1001} and nearer.other == (1000, {"macs": 10**6, "parameters": 3000})
    (least,) = fit(square, [Vary("width", range(1, 4097))], Goal("macs", 1_000_001, "match"))
    assert least.values == {"width": 1001}


def test_nothing_fits() -> None:
    assert fit(square, [Vary("width", range(10, 20))], Goal("macs", 50, "most")) == ()
    assert fit(square, [Vary("width", range(10, 20))], Goal("macs", 500)) == ()


def test_a_step_and_a_bound() -> None:
    (found,) = fit(square, [Vary("width", range(8, 4097, 8))], Goal("macs", 10**6, "nearest"), [Bound("parameters", 1500)])
    assert found.values == {"width": 496}
    (found,) = fit(square, [Vary("width", range(8, 4097, 8))], Goal("macs", 10**4, "nearest"), [Bound("parameters", 1500, least=True)])
    assert found.values == {"width": 504}


@given(
    steps=st.lists(st.tuples(st.integers(0, 3), st.integers(0, 3)), min_size=1, max_size=60),
    target=st.integers(0, 100), limit=st.integers(0, 100), least=st.booleans(), falls=st.booleans(),
    way=st.sampled_from(["match", "most", "nearest"]),
)  # fmt: skip
def test_a_bound_is_as_if_every_value_were_tried(
    steps: list[tuple[int, int]], target: int, limit: int, least: bool, falls: bool, way: str
) -> None:
    """Costs that rise, or fall, and stay the same for a while."""
    macs, parameters = ([*accumulate(row)] for row in zip(*steps, strict=True))
    if falls:
        macs, parameters = macs[::-1], parameters[::-1]

    def evaluate(values: Mapping[str, int]) -> dict[str, int]:
        return {"macs": macs[values["width"]], "parameters": parameters[values["width"]]}

    goal, bound = Goal("macs", target, way), Bound("parameters", limit, least)
    found = fit(evaluate, [Vary("width", range(len(steps)))], goal, [bound])
    kept = [width for width in range(len(steps)) if bound.holds(evaluate({"width": width})) and goal.meets(macs[width])]
    best = min((abs(macs[width] - target) for width in kept), default=None)
    assert (None if best is None else best) == (abs(found[0].figures["macs"] - target) if found else None)


def test_a_bound_takes_no_trying_of_every_value() -> None:
    (found,) = fit(square, [Vary("width", range(1, 4097))], Goal("macs", 10**7, "most"), [Bound("parameters", 300)])
    assert found.values == {"width": 100} and found.tried < 40
    assert fit(square, [Vary("width", range(1, 4097))], Goal("macs", 10**7, "match"), [Bound("parameters", 300)]) == ()


def test_a_bound_that_the_ends_alone_break_is_not_given_up() -> None:
    """Its cost falls and rises again: neither end keeps the bound, and values between them do."""

    def evaluate(values: Mapping[str, int]) -> dict[str, int]:
        return {"macs": values["width"], "parameters": abs(values["width"] - 2000)}

    (found,) = fit(evaluate, [Vary("width", range(1, 4097))], Goal("macs", 2050, "most"), [Bound("parameters", 100)])
    assert found.values == {"width": 2050}


def test_a_bound_beside_a_gap_is_tried_everywhere() -> None:
    """Where the bound is crossed the network refuses more values in a row than a search steps over."""

    def evaluate(values: Mapping[str, int]) -> dict[str, int] | None:
        width = values["width"]
        return None if 100 < width < 160 else {"macs": width, "parameters": width}

    (found,) = fit(evaluate, [Vary("width", range(1, 257))], Goal("macs", 1000, "most"), [Bound("parameters", 120)])
    assert found.values == {"width": 100}


def test_one_search_for_each_value_of_the_first_parameter() -> None:
    def evaluate(values: Mapping[str, int]) -> dict[str, int]:
        return {"macs": values["depth"] * values["width"]}

    goal = Goal("macs", 100, "nearest")
    found = fit(evaluate, [Vary("depth", (1, 2, 3)), Vary("width", range(1, 200))], goal)
    assert [dict(row.values) for row in found] == [{"depth": 1, "width": 100}, {"depth": 2, "width": 50}, {"depth": 3, "width": 33}]
    best = nearest(found, goal)
    assert best is not None and best.values == {"depth": 1, "width": 100}


def test_a_figure_that_goes_up_and_down_is_tried_everywhere() -> None:
    def evaluate(values: Mapping[str, int]) -> dict[str, int]:
        return {"macs": abs(values["width"] - 50) * 10 + 7}

    (found,) = fit(evaluate, [Vary("width", range(1, 101))], Goal("macs", 7, "nearest"))
    assert found.values == {"width": 50}


@given(
    st.lists(st.integers(0, 50), min_size=1, max_size=80),
    st.sets(st.integers(0, 79)),
    st.integers(0, 900),
    st.sampled_from(["match", "most", "nearest"]),
    st.booleans(),
)
def test_as_good_as_trying_everything(steps: list[int], refused: set[int], target: int, way: str, falling: bool) -> None:
    figures = [sum(steps[: place + 1]) for place in range(len(steps))]
    if falling:
        figures.reverse()

    def evaluate(values: Mapping[str, int]) -> dict[str, int] | None:
        return None if values["x"] in refused else {"macs": figures[values["x"]]}

    goal = Goal("macs", target, way)
    found = fit(evaluate, [Vary("x", range(len(figures)))], goal)
    choices = [value for place, value in enumerate(figures) if place not in refused and goal.meets(value)]
    if not choices:
        assert found == ()
    else:
        assert abs(found[0].figures["macs"] - target) == min(abs(value - target) for value in choices)
