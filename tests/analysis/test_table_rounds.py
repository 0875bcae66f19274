"""Tables of very many steps: equal rounds stand once, what differs is bounded, and data are whole."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence

import pytest

from archc.compiler.analysis.cost import cost
from archc.compiler.analysis.cost_table import cost_table
from archc.compiler.analysis.receptive import receptive_table
from archc.compiler.analysis.table import Table
from archc.compiler.analysis.table_rounds import MOST_ROWS, shortened
from tests.support import graph_of


def repeated(count: int, body: str = "conv(4, 3) -> relu") -> str:
    return f"network n {{\n  input x[4, 8, 8]\n  repeat {count} {{ {body} }}\n  flatten -> linear(3)\n}}\n"


def table(text: str) -> Table:
    return cost_table(cost(graph_of(text), by="op"))


def test_equal_rounds_stand_once_with_how_many_there_are() -> None:
    lines = table(repeated(700)).text().splitlines()
    assert [line.split("  ")[0] for line in lines[3:7]] == ["blocks.0..699.conv1 ×700", "blocks.0..699.relu1 ×700", "flatten1", "linear1"]
    assert "×N: so many equal rounds; the figures are those of one of them." in lines
    assert "All 1,402 rows: `--format csv` or `--format json`." in lines
    assert len(lines) < 30


def test_the_total_is_that_of_all() -> None:
    (total,) = [line for line in table(repeated(700)).text().splitlines() if line.startswith("total")]
    assert f"{700 * (4 * 4 * 9 + 4) + 256 * 3 + 3:,}" in total


def test_data_are_whole() -> None:
    rows = list(csv.reader(io.StringIO(table(repeated(700)).csv())))
    assert len(rows) == 1 + 1402 + 1
    assert rows[1400][0] == "blocks.699.relu1"


def test_what_differs_is_bounded() -> None:
    found = receptive_table(graph_of(repeated(700)))
    lines = found.text().splitlines()
    assert len(lines) < MOST_ROWS + 20
    assert any(line.startswith("…: 40") and line.endswith("rows that are not shown.") for line in lines)
    assert found.markdown().count("\n") < MOST_ROWS + 20


def test_a_table_of_a_usual_length_is_shown_as_it_is() -> None:
    text = table(repeated(100)).text()
    assert "×" not in text and "blocks.57.conv1" in text


def names(*rows: str) -> list[Sequence[str]]:
    return [(row, "1") for row in rows]


def test_rounds_of_several_rows_and_of_several_kinds() -> None:
    rows = names("stem", *(f"a.{n}.{step}" for n in range(400) for step in ("conv1", "relu1")), *(f"b.{n}" for n in range(300)), "fc")
    shown, notes = shortened(rows)
    assert [row[0] for row in shown] == ["stem", "a.0..399.conv1 ×400", "a.0..399.relu1 ×400", "b.0..299 ×300", "fc"]
    assert len(notes) == 2


@pytest.mark.parametrize("count", [MOST_ROWS, MOST_ROWS + 1, 3 * MOST_ROWS])
def test_no_more_rows_than_a_person_scrolls_through(count: int) -> None:
    shown, _ = shortened([(f"step{n}", str(n * n)) for n in range(count)])
    assert len(shown) == min(count, MOST_ROWS + 1)
    assert shown[0][0] == "step0" and shown[-1][0] == f"step{count - 1}"
