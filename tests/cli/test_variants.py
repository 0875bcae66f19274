"""Sweeps and fits as they are asked for: columns that bear the same name, values that are given twice or that nobody would heed."""

from __future__ import annotations

import csv
import io
import json
import socket
from pathlib import Path

import pytest

import archc
from tests.cli.conftest import Run

NET = """\
network net(width = 8, hidden = 4, flag = true, act = "relu", depths = [1, 1], classes = 10) {
  input image[3, 32, 32]
  for depth in depths { repeat depth { conv(width, 3, bias = flag) -> relu } }
  global_avgpool -> flatten -> linear(hidden) -> linear(classes)
}
"""


@pytest.fixture(autouse=True)
def net(folder: Path) -> None:
    (folder / "net.arch").write_text(NET, encoding="utf-8")


def swept(run: Run, *words: str) -> list[dict[str, str]]:
    result = run("sweep", "net.arch", *words, "--jobs", "1", "--format", "csv")
    assert result.exit_code == 0, result.stderr
    return list(csv.DictReader(io.StringIO(result.stdout)))


# ------------------------------------------------------------------------------------------------- columns


@pytest.mark.parametrize("cost", ["macs", "parameters", "memory", "training_memory", "time", "error", "pareto"])
def test_a_column_of_a_list_does_not_replace_a_figure_of_archc(run: Run, folder: Path, cost: str) -> None:
    """The MACs that a paper tells stand beside those that archc counts; the front is of archc's."""
    alone = swept(run, "--vary", "width=1,2")
    (folder / "l.csv").write_text(f"width,{cost}\n1,99\n2,98\n", encoding="utf-8")
    (folder / "l.json").write_text(json.dumps([{"width": 1, cost: 99}, {"width": 2, cost: 98}]), encoding="utf-8")
    for file in ("l.csv", "l.json"):
        rows = swept(run, "--list", file)
        assert [row.pop(f"{cost} (list)") for row in rows] == ["99", "98"]
        assert rows == alone
    found = archc.sweep("net.arch", variants=[{"width": 1, cost: 99}])
    assert found.rows[0][f"{cost} (list)"] == 99 and found.rows[0]["macs"] == int(alone[0]["macs"])
    assert found.front[0].figures["macs"] == int(alone[0]["macs"])


def test_a_parameter_that_is_called_as_a_figure_has_its_own_column(run: Run, folder: Path) -> None:
    (folder / "net.arch").write_text(NET.replace("hidden", "memory"), encoding="utf-8")
    rows = swept(run, "--vary", "memory=4,8", "--pareto", "memory (set),macs")
    assert [row["memory (set)"] for row in rows] == ["4", "8"]
    assert [int(row["memory"]) for row in rows] == [row.figures["memory"] for row in archc.sweep("net.arch", "memory=4,8")]
    for found in (archc.sweep("net.arch", "memory=4"), archc.fit("net.arch", {"memory": [4]}, most="macs=1G")):
        assert found.rows[0]["memory (set)"] == 4 and found.rows[0]["memory"] == int(rows[0]["memory"])


REFUSED = {
    "width,width\n1,2\n": "`width` is there twice",
    "width,acc,acc\n1,2,3\n": "`acc` is there twice",
    "width,macs,macs (list)\n1,2,3\n": "`macs (list)` is there twice",
    '[{"width": 1, "width": 2}]': "`width` is there twice",
    "Width,classes\n1,2\n": "did you mean `width`?",
    "classes,widht\n1,2\n": "did you mean `width`?",
    "classes,widths\n1,2\n": "did you mean `width`?",
    '[{"classes": 1, "depth": 2}]': "did you mean `depths`?",
}


@pytest.mark.parametrize("text", REFUSED)
def test_a_heading_that_would_be_lost_is_refused(run: Run, folder: Path, text: str) -> None:
    (folder / "list").write_text(text, encoding="utf-8")
    result = run("sweep", "net.arch", "--list", "list", "--jobs", "1")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "error[F643]" in result.stderr and REFUSED[text] in " ".join(result.stderr.split())


def test_a_mistyped_name_of_variants_in_python_is_refused() -> None:
    with pytest.raises(archc.ArchError, match="did you mean `width`"):
        archc.sweep("net.arch", variants=[{"classes": 8, "widht": 4}])


def test_a_heading_that_is_like_no_parameter_is_carried_along(run: Run, folder: Path) -> None:
    """Blanks around names and values mean nothing; a name beside the parameter that it is like is another one."""
    (folder / "l.csv").write_text("width, width2 , top1, class\n1, 5, 70.5, cat\n\n2,6,75,dog\n", encoding="utf-8")
    rows = swept(run, "--list", "l.csv")
    assert [(row["width"], row["width2"], row["top1"], row["class"]) for row in rows] == [
        ("1", "5", "70.5", "cat"),
        ("2", "6", "75", "dog"),
    ]


def test_an_accuracy_that_is_no_number_is_null_in_json(run: Run, folder: Path) -> None:
    (folder / "l.csv").write_text("width,top1\n1,nan\n2,inf\n4,70.5\n", encoding="utf-8")
    result = run("sweep", "net.arch", "--list", "l.csv", "--jobs", "1", "--format", "json")

    def refuse(word: str) -> None:
        raise AssertionError(word)

    document = json.loads(result.stdout, parse_constant=refuse)
    assert [row["top1"] for row in document["rows"]] == [None, None, 70.5]


# -------------------------------------------------------------------------------------------- what is varied


@pytest.mark.parametrize(
    "words",
    [
        ("sweep", "--vary", "width=1,2", "--jobs", "1"),
        ("sweep", "--list", "l.csv", "--jobs", "1"),
        ("fit", "--vary", "width=1..4", "--most", "macs=1M"),
        ("fit", "--vary", "classes=1,2", "--vary", "width", "--most", "macs=1M"),
    ],
)
def test_a_value_that_is_set_is_not_varied_too(run: Run, folder: Path, words: tuple[str, ...]) -> None:
    (folder / "l.csv").write_text("width\n1\n2\n", encoding="utf-8")
    command, *options = words
    result = run(command, "net.arch", *options, "--set", "width=3")
    assert result.exit_code == 2 and "`width` is varied and set" in result.stderr and "leave `width=3` out" in result.stderr


def test_a_value_that_is_set_is_that_of_the_rows_which_have_none(run: Run, folder: Path) -> None:
    (folder / "l.csv").write_text("width,top1\n1,70\n,71\n", encoding="utf-8")
    rows = swept(run, "--list", "l.csv", "--set", "width=3")
    assert [int(row["macs"]) for row in rows] == [row.figures["macs"] for row in archc.sweep("net.arch", "width=1,3")]


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("flag", "fit varies whole numbers, and `flag` is `true`"),
        ("flag=0,1", "`archc sweep --vary flag=false,true` tries"),
        ("act=1,2", "fit varies whole numbers, and `act` is"),
        ("depths=1..4", "fit varies whole numbers, and `depths` is"),
        ("width=1..64:0", "the step of `1..64:0` is 0"),
        ("width=64..1:2", "write the smaller end first: `width=1..64:2`"),
    ],
)
def test_what_a_fit_cannot_vary(run: Run, vary: str, said: str) -> None:
    result = run("fit", "net.arch", "--vary", vary, "--most", "macs=1M")
    assert (result.exit_code, result.stdout) == (2, "") and said in " ".join(result.stderr.split())


def test_what_is_offered_for_a_truth_value_works(run: Run) -> None:
    assert [row["flag"] for row in swept(run, "--vary", "flag=false,true")] == ["false", "true"]


@pytest.mark.parametrize(
    ("vary", "said"),
    [
        ("width=1,2,2,3", "`width` has the value `2` twice"),
        ("width=1,2,2,3", "write each once: `width=1,2,3`"),
        ("depths=[1,2],[3],[1,2]", "write each once: `depths=[1,2],[3]`"),
    ],
)
def test_a_value_is_tried_once(run: Run, vary: str, said: str) -> None:
    result = run("sweep", "net.arch", "--vary", vary, "--jobs", "1")
    assert result.exit_code == 2 and said in " ".join(result.stderr.split())


def test_a_front_is_of_two_columns(run: Run) -> None:
    result = run("sweep", "net.arch", "--vary", "width=1,2", "--jobs", "1", "--pareto", "macs,+macs")
    assert result.exit_code == 2 and "`macs` is one column, and a front weighs two" in result.stderr
    result = run("sweep", "net.arch", "--vary", "width=1,2", "--vary", "classes=2,3", "--jobs", "1", "--pareto", "macs,nope")
    help = " ".join(result.stderr.split("= help:")[1].split())
    assert help == "one of parameters, macs, flops, activations, memory, time, training_memory, width, classes"


# --------------------------------------------------------------------------------------------- without end


@pytest.mark.parametrize("last", [10**6, 10**9, 10**12])
def test_a_fit_of_many_values_ends(last: int) -> None:
    """The largest are refused, for no network is so large: the goal is passed long before."""
    few = archc.fit("net.arch", {"width": range(1, 4097)}, most="macs=1M")
    found = archc.fit("net.arch", f"width=1..{last}", most="macs=1M")
    assert found.best is not None and few.best is not None and found.best.values == few.best.values and found.best.tried < 100
    assert not archc.fit("net.arch", f"width=1..{last}", most="macs=1")
    kept = archc.fit("net.arch", f"width=1..{last}", match="macs=1M", where="parameters >= 10K").best
    assert kept is not None and kept.figures["parameters"] >= 10_000
    (before,) = archc.sweep("net.arch", {"width": [kept.values["width"] - 1]})
    assert before.figures["macs"] < 1_000_000 or before.figures["parameters"] < 10_000


def test_many_values_with_gaps_are_not_tried_one_by_one(run: Run, folder: Path) -> None:
    gaps = NET.replace("  for", '  require width % 64 == 0, "64"\n  for', 1)
    (folder / "net.arch").write_text(gaps, encoding="utf-8")
    result = run("fit", "net.arch", "--vary", "width=1..1000000", "--most", "macs=1G")
    assert result.exit_code == 2 and "are too many to be tried one by one" in " ".join(result.stderr.split())
    assert run("fit", "net.arch", "--vary", "width=64..1000000:64", "--most", "macs=1G").exit_code == 0


@pytest.mark.parametrize("command", [("fit", "--most", "macs=1M"), ("sweep", "--jobs", "1")])
def test_more_values_than_can_be_counted(run: Run, command: tuple[str, ...]) -> None:
    result = run(command[0], "net.arch", "--vary", f"width=1..1{'0' * 30}", *command[1:])
    assert result.exit_code == 2 and "more values than can be counted" in result.stderr


def test_a_scheduler_that_is_not_there_is_told_at_once(run: Run) -> None:
    with socket.socket() as held:  # a port that is taken, and where nobody listens
        held.bind(("127.0.0.1", 0))
        pytest.importorskip("distributed", reason="needs the extra `dask`")
        result = run("sweep", "net.arch", "--vary", "width=1,2", "--cluster", f"tcp://127.0.0.1:{held.getsockname()[1]}")
    assert result.exit_code == 2 and "there is no Dask scheduler at `tcp://127.0.0.1:" in " ".join(result.stderr.split())
    assert "refused" in result.stderr
