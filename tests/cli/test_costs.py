"""The commands about costs: cost, fit, sweep, sizes."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.sample import sample

from .conftest import Run

# --------------------------------------------------------------------------------------------------- cost


def test_tables_of_cost(run: Run) -> None:
    assert "26,986" in run("cost", "alexnet", "--table", "lecture").stdout
    assert "bottleneck" in run("cost", "resnet18", "--table", "receptive").stdout
    assert run("cost", "good.arch", "--table", "kinds").stdout.splitlines()[3].startswith("activation")


def test_formats_of_cost(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("cost", "good.arch", "--by", "op", "--format", "csv").stdout)))
    *rows, total = rows
    assert [row["op"] for row in rows] == ["conv", "bn", "relu", "global_avgpool", "flatten", "linear"]
    assert total["path"] == "total" and int(total["parameters"]) == sum(int(row["parameters"]) for row in rows)
    assert rows[0]["MACs"] == str(8 * 27 * 1024)
    assert run("cost", "good.arch", "--format", "markdown").stdout.splitlines()[2].startswith("| path |")
    document = json.loads(run("cost", "good.arch", "--table", "lecture", "--format", "json").stdout)
    assert document["version"] == 1 and document["rows"][1]["#parameters"] == 216


def test_memory_as_text_and_picture(run: Run, folder: Path) -> None:
    result = run("cost", "good.arch", "--memory", "--optimizer", "adam", "-o", "memory.svg")
    assert "inference" in result.stdout and "training with adam" in result.stdout and "peak" in result.stdout
    assert result.stderr.splitlines()[-1] == "wrote memory.svg"
    assert len(list(ElementTree.parse(folder / "memory.svg").getroot())) == 2


def test_memory_as_json(run: Run) -> None:
    document = json.loads(run("cost", "good.arch", "--memory", "--batch", "2", "--format", "json").stdout)
    assert (document["version"], document["batch"]) == (1, 2)
    moments = document["training"]["moments"]
    assert max(row["bytes"] for row in moments) == document["training"]["peak_bytes"]
    assert [row["path"] for row in document["inference"]["moments"]][:2] == ["stem.conv1", "stem.bn1"]


def test_a_plot_needs_memory(run: Run) -> None:
    result = run("cost", "good.arch", "-o", "memory.svg")
    assert result.exit_code == 2 and "--memory" in result.stderr


def test_conventions(run: Run) -> None:
    assert "4,132,436,968" in run("cost", "resnet50", "--convention", "ptflops").stdout
    assert "8,178,368,512" in run("cost", "resnet50", "--convention", "all").stdout


def test_devices(run: Run, folder: Path) -> None:
    assert "roofline on H100" in run("cost", "good.arch", "--device", "h100").stdout
    (folder / "mine.json").write_text('{"name": "mine", "flops": 1e12, "bandwidth": 1e11}')
    assert "roofline on mine" in run("cost", "good.arch", "--device-spec", "mine.json").stdout
    (folder / "mine.json").write_text('{"flops": 1e12}')
    result = run("cost", "good.arch", "--device-spec", "mine.json")
    assert result.exit_code == 2 and "`bandwidth` must be a number above 0" in result.stderr


# ---------------------------------------------------------------------------------------------------- fit


def test_the_paper_s_table(run: Run) -> None:
    document = json.loads(
        run("fit", "resnext50", "--vary", "cardinality=1,2,4,8,32", "--vary", "base", "--match", "macs=resnet50", "--format", "json").stdout
    )
    assert [tuple(row["values"].values()) for row in document["solutions"]] == [(1, 64), (2, 40), (4, 24), (8, 14), (32, 4)]
    assert document["goal"]["target"] == 4_089_184_256 and document["best"] == {"cardinality": 1, "base": 64}


@pytest.mark.parametrize(("cardinality", "base"), sample([(1, 64), (2, 40), (4, 24), (8, 14), (32, 4)], 1, 3))
def test_each_cardinality_by_itself(run: Run, cardinality: int, base: int) -> None:
    result = run("fit", "resnext50", "--vary", "base", "--match", "macs=resnet50", "--set", f"cardinality={cardinality}", "--format", "csv")
    assert result.stdout.splitlines()[1].startswith(f"{base},")


def test_most_and_where(run: Run) -> None:
    result = run("fit", "good.arch", "--vary", "width=8..512:8", "--most", "parameters=10K", "--format", "csv")
    assert result.stdout.splitlines()[1].split(",")[0] == "256"
    result = run("fit", "good.arch", "--vary", "width=8..512:8", "--most", "parameters=10K", "--where", "macs <= 3M", "--format", "csv")
    assert result.stdout.splitlines()[1].split(",")[0] == "104"


def test_what_cannot_be_met(run: Run) -> None:
    result = run("fit", "good.arch", "--vary", "width=1..8", "--match", "parameters=1M")
    assert result.exit_code == 1 and result.stderr.strip() == "no value of width reaches parameters=1M"


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--vary", "width"), "say what to meet"),
        (("--vary", "width", "--match", "macs=1M", "--most", "macs=1M"), "say what to meet"),
        (("--vary", "width", "--match", "1M"), "`1M` is not of the form cost=target"),
        (("--vary", "width", "--match", "speed=1M"), "`speed` is no cost"),
        (("--vary", "width", "--match", "parameter=1M"), "did you mean `parameters`?"),
        (("--vary", "width=1", "--vary", "width=2", "--match", "macs=1M"), "`width` is given twice"),
        (("--vary", "width=a,b", "--match", "macs=1M"), "fit varies whole numbers"),
        (("--vary", "width=9..3", "--match", "macs=1M"), "holds no value"),
        (("--vary", "width", "--match", "macs=1M", "--where", "macs < 3"), "not of the form"),
    ],
)
def test_wrong_calls_of_fit(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run("fit", "good.arch", *arguments)
    assert result.exit_code == 2 and told in result.stderr.replace("\n", " ")


def test_an_unknown_parameter_is_the_language_s_error(run: Run) -> None:
    result = run("fit", "good.arch", "--vary", "widht=1..8", "--match", "macs=1M")
    assert result.exit_code == 1 and "widht" in result.stderr and "width" in result.stderr


# -------------------------------------------------------------------------------------------------- sweep


@pytest.mark.parametrize("command", [("sweep", "good.arch"), ("fit", "good.arch", "--match", "macs=1M")])
def test_a_parameter_that_is_none_is_one_error_before_any_work(run: Run, command: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.compiler.explore.family.Family.figures", None)
    result = run(*command, "--vary", "widht=1..8")
    assert result.exit_code == 1 and result.stdout == ""
    assert result.stderr.count("error[E204]: the network `good` has no parameter `widht`") == 1 and "`width`" in result.stderr


def test_a_grid(run: Run, folder: Path) -> None:
    result = run(
        "sweep", "good.arch", "--vary", "width=4,8", "--vary", "classes=10..20:10", "--jobs", "1", "--plot", "front.svg", "--format", "json"
    )
    document = json.loads(result.stdout)
    assert [(row["width"], row["classes"]) for row in document["rows"]] == [(4, 10), (4, 20), (8, 10), (8, 20)]
    assert [row["pareto"] for row in document["rows"]] == [True, True, True, True] and document["pareto"] == ["macs", "parameters"]
    assert document["rows"][2]["parameters"] == 322
    assert (folder / "front.svg").read_text().count("<circle") == 4


def test_the_front_weighs_a_cost_against_what_one_gains(run: Run, folder: Path) -> None:
    """A column of the list that tells it, else the parameters; which was taken, and why, stands below the table."""
    grid = run("sweep", "good.arch", "--vary", "width=4,8", "--jobs", "1").stdout
    assert "the least macs, the most parameters).\nNo column tells what one gains: the parameters stand for it" in grid
    (folder / "runs.csv").write_text("width,seed,val_loss,top1\n4,1,0.9,70.5\n8,2,0.7,75.0\n16,3,0.8,74.0\n")
    losses = run("sweep", "good.arch", "--list", "runs.csv", "--jobs", "1").stdout
    assert "(the least macs, the least val_loss).\n`val_loss` is taken" in losses
    assert [line.endswith("*") for line in losses.splitlines()[3:6]] == [True, True, False]
    (folder / "runs.csv").write_text("width,seed,top1\n4,1,70.5\n8,2,75.0\n16,3,74.0\n")
    gains = run("sweep", "good.arch", "--list", "runs.csv", "--jobs", "1").stdout
    assert "(the least macs, the most top1).\n`top1` is taken for what one gains: more is better" in gains
    assert [line.endswith("*") for line in gains.splitlines()[3:6]] == [True, True, False]


def test_a_column_that_is_none_is_an_error_before_any_work(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("archc.compiler.explore.family.Family.costs", None)
    result = run("sweep", "good.arch", "--vary", "width=4,8", "--jobs", "1", "--pareto", "macs,+acuracy")
    assert result.exit_code == 2 and "`acuracy` is no column" in result.stderr


def test_a_list_in_which_no_column_is_a_parameter(run: Run, folder: Path) -> None:
    """Else every variant would be the same network, without a word."""
    (folder / "runs.csv").write_text("kernel,accuracy\n4,70.5\n8,75.0\n")
    result = run("sweep", "good.arch", "--list", "runs.csv", "--jobs", "1")
    assert result.exit_code == 2 and "no column is a parameter of the network: there are width, classes" in result.stderr


def test_a_list_with_accuracies(run: Run, folder: Path) -> None:
    (folder / "runs.csv").write_text("width,accuracy\n4,70.5\n8,75.0\n16,74.0\n")
    result = run("sweep", "good.arch", "--list", "runs.csv", "--jobs", "1", "--pareto", "macs,+accuracy")
    lines = result.stdout.splitlines()
    assert [line.endswith("*") for line in lines[3:6]] == [True, True, False]
    assert "●" in result.stdout


def test_a_variant_that_does_not_compile_is_a_row(run: Run) -> None:
    rows = list(csv.DictReader(io.StringIO(run("sweep", "good.arch", "--vary", "width=8,0", "--jobs", "1", "--format", "csv").stdout)))
    assert rows[0]["error"] == "" and "at least 1" in rows[1]["error"] and rows[1]["macs"] == ""


def test_a_journal_is_read_again(run: Run, folder: Path) -> None:
    arguments = ("sweep", "good.arch", "--vary", "width=4,8", "--journal", "done.jsonl", "--jobs", "1", "--format", "csv")
    first = run(*arguments).stdout
    noted = (folder / "done.jsonl").read_text()
    assert len(noted.splitlines()) == 2
    assert run(*arguments).stdout == first and (folder / "done.jsonl").read_text() == noted
    (folder / "good.arch").write_text((folder / "good.arch").read_text().replace("conv(width, 3", "conv(width, 5"))
    assert run(*arguments).stdout != first and len((folder / "done.jsonl").read_text().splitlines()) == 4


def test_wrong_calls_of_sweep(run: Run) -> None:
    assert "which variants" in run("sweep", "good.arch").stderr
    assert "two columns" in run("sweep", "good.arch", "--vary", "width=4", "--jobs", "1", "--pareto", "macs").stderr
    assert "has no values" in run("sweep", "good.arch", "--vary", "width").stderr


# -------------------------------------------------------------------------------------------------- sizes


def test_sizes(run: Run) -> None:
    assert "multiples of 16 from 16" in run("sizes", "unet").stdout
    document = json.loads(run("sizes", "alexnet", "--format", "json").stdout)
    assert document["axes"][0]["fixed_by"] == "classifier.0.linear1" and document["axes"][0]["built"]["smallest"] == 223
