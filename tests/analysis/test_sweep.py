"""Sweeps: grids, lists, journals, processes that die, Dask workers that are killed, Pareto fronts."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archc.compiler.explore.lists import listed
from archc.compiler.explore.pareto import front
from archc.compiler.explore.sweep import (
    Cluster,
    Journal,
    Local,
    Rows,
    Setting,
    Value,
    Variant,
    grid,
    serial,
    sweep,
    to_csv,
)


def double(settings: Setting) -> tuple[Mapping[str, Value], str]:
    value = int(dict(settings)["x"])
    return ({}, f"{value} is odd") if value % 2 else ({"macs": 2 * value}, "")


def deadly(settings: Setting) -> tuple[Mapping[str, Value], str]:
    if dict(settings)["x"] == "2":
        os._exit(9)
    return double(settings)


def test_grid_in_order() -> None:
    assert [variant.name for variant in grid({"a": ["1", "2"], "b": ["3", "4"]})] == ["a=1, b=3", "a=1, b=4", "a=2, b=3", "a=2, b=4"]


def test_lists_carry_what_is_no_parameter() -> None:
    expected = (Variant((("x", "4"),), (("accuracy", 77.1),)), Variant((("x", "6"),), (("accuracy", 78),)))
    assert listed("x,accuracy\n4,77.1\n6,78\n", ["x"]) == expected
    assert listed('[{"x": 4, "accuracy": 77.1}, {"x": 6, "accuracy": 78}]', ["x"]) == expected


def test_results_keep_the_order_and_errors_are_rows() -> None:
    results = sweep(grid({"x": ["4", "3", "2"]}), double, serial)
    assert [result.figures.get("macs") for result in results] == [8, None, 4]
    assert to_csv(results) == "x,macs,error\n4,8,\n3,,3 is odd\n2,4,\n"


def test_processes_give_the_same() -> None:
    variants = grid({"x": [str(value) for value in range(12)]})
    assert sweep(variants, double, Local(2)) == sweep(variants, double, serial)


def test_a_process_that_dies_loses_only_its_own_variant() -> None:
    results = sweep(grid({"x": ["0", "2", "4", "6"]}), deadly, Local(2))
    assert [result.figures.get("macs") for result in results] == [0, None, 8, 12]
    assert results[1].error == "its process died 3 times"


def test_goes_on_where_it_stopped(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "sweep.jsonl", "stamp")
    variants = grid({"x": ["0", "2", "4"]})

    def one_then_power_cut(evaluate: object, rows: object) -> Rows:
        yield variants[0], {"macs": 0}, ""
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep(variants, double, one_then_power_cut, journal)
    journal.path.write_text(journal.path.read_text() + '{"key": "cut o')

    worked: list[str] = []

    def noting(settings: Setting) -> tuple[Mapping[str, Value], str]:
        worked.append(dict(settings)["x"])
        return double(settings)

    steps: list[tuple[int, int]] = []
    results = sweep(variants, noting, serial, journal, lambda done, of: steps.append((done, of)))
    assert worked == ["2", "4"] and steps == [(1, 3), (2, 3), (3, 3)]
    assert results == sweep(variants, double, serial)
    worked.clear()
    assert sweep(variants, noting, serial, journal) == results and worked == []
    assert sweep(variants, noting, serial, Journal(journal.path, "another file")) == results and worked == ["0", "2", "4"]


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 5)), max_size=20), st.tuples(st.booleans(), st.booleans()))
def test_two_figures_sort_as_all_pairs_do(rows: list[tuple[int, int]], largest: tuple[bool, bool]) -> None:
    padded = [(*row, 0) for row in rows]
    assert front(rows, largest) == front(padded, (*largest, False))


def test_front_of_three() -> None:
    assert front([(1, 5), (2, 2), (3, 3), (5, 1)], (False, False)) == [True, True, False, True]
    assert front([(1, 5), (2, 9), (3, 3)], (False, True)) == [True, True, False]


def slow(settings: Setting) -> tuple[Mapping[str, Value], str]:
    import time

    time.sleep(0.1)
    return double(settings)


def test_a_killed_dask_worker_loses_nothing() -> None:
    distributed = pytest.importorskip("distributed", reason="the extra `dask` is not installed")
    variants = grid({"x": [str(value) for value in range(0, 40, 2)]})
    killed: list[int] = []

    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, processes=True, dashboard_address=None) as cluster:

        def kill_one(done: int, of: int) -> None:
            if done == 5 and not killed:
                worker = next(iter(cluster.workers.values()))
                killed.append(worker.process.pid)
                os.kill(worker.process.pid, 9)

        results = sweep(variants, slow, Cluster(cluster.scheduler_address), progress=kill_one)
    assert killed
    assert [result.figures.get("macs") for result in results] == [2 * value for value in range(0, 40, 2)]
