"""Lists, differences, sweeps and fits from Python: the commands' tables as values."""

from __future__ import annotations

import csv
import io
import json
import pickle
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy
import pytest
from click.testing import CliRunner

import archc
from archc.base.records import MOST_SHOWN
from archc.cli import group
from archc.compiler.analysis.table import Listing

TEXT = """\
network small(width = 8, depths = [1, 1], bias = true, act = "relu", classes = 10) {
  input image[3, 32, 32]
  require act == "relu", "only relu"
  for depth in depths { repeat depth { conv(width, 3, bias = bias) -> relu } }
  global_avgpool -> flatten -> linear(classes)
}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "small.arch").write_text(TEXT, encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", archc.ArchWarning)
        yield tmp_path


def printed(*words: str) -> str:
    done = CliRunner().invoke(group, list(words))
    assert done.exit_code == 0, done.output
    return done.stdout


RESULTS: dict[str, tuple[Callable[[], Listing[object]], tuple[str, ...]]] = {
    "list": (lambda: archc.networks(), ("list",)),
    "diff": (lambda: archc.diff("small.arch", archc.compile("small.arch", width=16)), ("diff", "small.arch", "small.arch", "--set-b", "width=16")),
    "sweep": (
        lambda: archc.sweep("small.arch", {"width": [4, 8], "depths": [[1, 2], [3]]}, set={"classes": 5}),
        ("sweep", "small.arch", "--vary", "width=4,8", "--vary", "depths=[1, 2],[3]", "--set", "classes=5", "--jobs", "1"),
    ),
    "fit": (
        lambda: archc.fit("small.arch", {"width": range(1, 65)}, most={"parameters": 10_000}, where="macs <= 3M"),
        ("fit", "small.arch", "--vary", "width=1..64", "--most", "parameters=10K", "--where", "macs <= 3M"),
    ),
}  # fmt: skip


@pytest.mark.parametrize("command", RESULTS)
def test_a_result_prints_as_the_command_does(command: str) -> None:
    ask, words = RESULTS[command]
    found = ask()
    assert str(found) == printed(*words).rstrip("\n")
    assert json.loads(json.dumps(found.to_json())) == json.loads(printed(*words, "--format", "json"))


@pytest.mark.parametrize("command", RESULTS)
def test_a_result_is_a_short_sequence_with_plain_rows(command: str) -> None:
    found = RESULTS[command][0]()
    assert len(found) == len(list(found)) == len(found.rows) > 0 and found[0] in found and found[:1] == (found[0],)
    assert json.loads(json.dumps(found.rows)) == found.rows
    assert "\n" not in repr(found) and len(repr(found)) <= MOST_SHOWN
    assert pickle.loads(pickle.dumps(found.rows)) == found.rows


def test_rows_of_a_sweep_hold_values_not_text() -> None:
    found = archc.sweep("small.arch", {"depths": [[1, 2]], "bias": [True, False], "width": numpy.array([8])})
    assert [(row["depths"], row["bias"], row["width"], row["pareto"]) for row in found.rows] == [
        ([1, 2], True, 8, True),
        ([1, 2], False, 8, False),
    ]
    assert [row["act"] for row in archc.sweep("small.arch", {"act": ["relu"]}).rows] == ["relu"]


def test_what_the_command_line_writes_will_do() -> None:
    plain = archc.sweep("small.arch", {"width": [4, 8]}, set={"classes": 5}, input=(3, 16, 16), pareto=("macs", "+memory"))
    assert plain == archc.sweep("small.arch", "width=4,8", set=["classes=5"], input="3x16x16", pareto="macs,+memory")
    assert plain == archc.sweep("small.arch", ["width=4..8:4"], set="classes=5", input={"image": "3x16x16"}, pareto="macs,+memory")
    assert archc.fit("small.arch", "width=1..64", most="macs=1M") == archc.fit("small.arch", {"width": range(1, 65)}, most={"macs": 10**6})


def test_a_sweep_takes_a_list_of_variants_or_its_file(folder: Path) -> None:
    rows = [{"width": 4, "accuracy": numpy.float32(0.5)}, {"width": 8, "accuracy": 0.75}]
    found = archc.sweep("small.arch", variants=rows)
    (folder / "rows.csv").write_text("width,accuracy\n4,0.5\n8,0.75\n")
    assert found == archc.sweep("small.arch", variants=folder / "rows.csv")
    assert found.axes.y == "accuracy" and found.axes.y_gains and [row["accuracy"] for row in found.rows] == [0.5, 0.75]
    assert [row.variant.name for row in found.front] == ["width=4", "width=8"]


def test_files_that_are_asked_for_are_written(folder: Path) -> None:
    seen: list[tuple[int, int]] = []
    found = archc.sweep(
        "small.arch",
        "width=4,8",
        plot=folder / "front.svg",
        journal=folder / "done.jsonl",
        progress=lambda done, of: seen.append((done, of)),
    )
    assert (folder / "front.svg").read_text().count("<circle") == 2 and len((folder / "done.jsonl").read_text().splitlines()) == 2
    assert seen == [(0, 2), (1, 2), (2, 2)]
    assert archc.sweep("small.arch", "width=4,8", journal=folder / "done.jsonl", jobs=2) == found
    archc.diff("small.arch", archc.compile("small.arch", width=4), output=folder / "both.dot")
    assert "digraph" in (folder / "both.dot").read_text()


def test_a_fit_to_what_another_network_costs() -> None:
    target = archc.compile("small.arch", width=24)
    found = archc.fit("small.arch", "width", match={"macs": target})
    assert found.best is not None and found.best.values == {"width": 24} and found.best == found[0]
    tried: list[int] = []
    archc.fit("small.arch", {"width": [8, 16, 24]}, nearest={"memory": 10**6}, progress=lambda values, count: tried.append(values["width"]))
    assert set(tried) <= {8, 16, 24} and tried


def test_a_goal_that_nothing_meets_is_an_empty_result() -> None:
    found = archc.fit("small.arch", "width=1..8", match="parameters=1M", where=["macs <= 3M"])
    assert not found and found.best is None and found.rows == []
    assert str(found) == "no value of width reaches parameters=1M where macs <= 3M"


def test_networks_that_are_the_same_differ_in_nothing() -> None:
    assert not archc.diff("small.arch", "small.arch", input="3x16x16")


MISTAKES: dict[str, tuple[Callable[[], object], str, str]] = {
    "no such file": (lambda: archc.diff("small.arch", "smal.arch"), "F611", "small.arch"),
    "no such network": (lambda: archc.sweep("resnet5", "width=8"), "F611", "resnet50"),
    "a parameter that is none": (lambda: archc.sweep("small.arch", {"widht": [8]}), "E204", "width"),
    "a fit of it": (lambda: archc.fit("small.arch", "widht", most="macs=1M"), "E204", "width"),
    "a parameter to set that is none": (lambda: archc.fit("small.arch", "width", most="macs=1M", set={"clases": 1}), "E204", "classes"),
    "neither grid nor list": (lambda: archc.sweep("small.arch"), "F641", "list"),
    "both": (lambda: archc.sweep("small.arch", "width=8", variants=[{"width": 8}]), "F641", "list"),
    "no parameter": (lambda: archc.sweep("small.arch", {}), "F641", "base=8,16,32"),
    "no values": (lambda: archc.sweep("small.arch", {"width": []}), "F641", "width=1,2,4"),
    "no values of a fit": (lambda: archc.fit("small.arch", {"width": []}, most="macs=1M"), "F641", "width=1,2,4"),
    "one number": (lambda: archc.sweep("small.arch", {"width": 8}), "F641", "[8, 16, 32]"),
    "a value that is none": (lambda: archc.sweep("small.arch", {"width": [{1}]}), "F641", "a list of them"),
    "a text that cannot be written": (lambda: archc.sweep("small.arch", {"act": ['"']}), "F641", "without quotes"),
    "no name": (lambda: archc.sweep("small.arch", "8,16"), "F641", "base=8,16,32"),
    "twice": (lambda: archc.sweep("small.arch", ["width=8", "width=4"]), "F641", "at once"),
    "too many": (lambda: archc.sweep("small.arch", {"width": range(10**9)}), "F641", "step"),
    "too many together": (lambda: archc.sweep("small.arch", {"width": range(1, 1000), "classes": range(1, 1000)}), "F641", "step"),
    "standard input": (lambda: archc.sweep("-", "width=8"), "F641", "save"),
    "no process": (lambda: archc.sweep("small.arch", "width=8", jobs=0), "F645", "larger"),
    "halves": (lambda: archc.fit("small.arch", {"width": [0.5]}, most="macs=1M"), "F641", "width=1..64"),
    "no goal": (lambda: archc.fit("small.arch", "width"), "F642", "macs=resnet50"),
    "two goals": (lambda: archc.fit("small.arch", "width", most="macs=1M", match="macs=1M"), "F642", "macs=resnet50"),
    "no such cost": (lambda: archc.fit("small.arch", "width", most={"mac": 10}), "F642", "macs"),
    "no target": (lambda: archc.fit("small.arch", "width", most={"macs": 0.5}), "F642", "whole number"),
    "two costs": (lambda: archc.fit("small.arch", "width", most={"macs": 1, "flops": 1}), "F642", "one cost"),
    "a target that is no network": (lambda: archc.fit("small.arch", "width", most="macs=resnet5"), "F611", "resnet50"),
    "a limit that is none": (lambda: archc.fit("small.arch", "width", most="macs=1M", where="macs < 3"), "F642", "<="),
    "no such column": (lambda: archc.sweep("small.arch", "width=8", pareto="macs,+acc"), "F642", "macs"),
    "one column": (lambda: archc.sweep("small.arch", "width=8", pareto="macs"), "F642", "macs,parameters"),
    "no such optimizer": (lambda: archc.sweep("small.arch", "width=8", optimizer="adams"), "F645", "adam"),
    "an empty list": (lambda: archc.sweep("small.arch", variants=[]), "F643", "width"),
    "a list of no parameter": (lambda: archc.sweep("small.arch", variants=[{"kernel": 8}]), "F643", "parameter it sets"),
    "every value refused": (lambda: archc.fit("small.arch", {"width": [0]}, most="macs=1M"), "E", ""),
}  # fmt: skip


@pytest.mark.parametrize("name", MISTAKES)
def test_a_mistake_is_an_error_with_a_code_and_a_remedy(name: str) -> None:
    call, code, remedy = MISTAKES[name]
    with pytest.raises(archc.ArchError) as caught:
        call()
    (row, *_) = caught.value.diagnostics
    assert row.code.startswith(code) and remedy in (row.help or "")


def test_the_csv_of_costs_ends_with_their_total() -> None:
    total = archc.compile("small.arch").cost().total
    for by in ("stage", "block", "op"):
        *rows, last = csv.DictReader(io.StringIO(printed("-q", "cost", "small.arch", "--by", by, "--format", "csv")))
        assert last["path"] == "total" and int(last["parameters"]) == total.parameters == sum(int(row["parameters"]) for row in rows)


def test_costs_print_as_the_command_does() -> None:
    assert str(archc.compile("small.arch").cost(by="op")) == printed("cost", "small.arch", "--by", "op").rstrip("\n") + "\n"


@pytest.mark.parametrize(("given", "option"), [(("width=8", "widht=1"), "--set widht"), (("widht=8", "width=1"), "--vary widht")])
def test_the_option_that_names_no_parameter_is_pointed_at(given: tuple[str, str], option: str) -> None:
    vary, setting = given
    with pytest.raises(archc.ArchError) as caught:
        archc.sweep("small.arch", vary, set=setting)
    (row, *_) = caught.value.diagnostics
    assert row.code == "E204" and row.primary.span.source.name == option
