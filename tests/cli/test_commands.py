"""The other commands: results on stdout, people's text on stderr, exit statuses."""

from __future__ import annotations

import csv
import io
import json
import re
from pathlib import Path

import pytest

import archc
from archc.cli import COMMANDS, build, cost, draw
from archc.compiler.analysis.conventions import CONVENTIONS
from archc.compiler.analysis.cost import BY
from archc.compiler.analysis.dtypes import BYTES
from archc.compiler.analysis.memory import OPTIMIZERS
from archc.compiler.analysis.roofline import DEVICES
from archc.compiler.draw import DIRECTIONS, LEVELS, THEMES
from archc.compiler.files.library import names, networks
from archc.compiler.runtime.prepare import DTYPES
from archc.compiler.targets import TARGETS, USUAL
from tests.sample import sample

from .conftest import Run


def test_help_lists_every_command(run: Run) -> None:
    result = run("--help")
    assert result.exit_code == 0
    listed = [line.split()[0] for line in result.stdout.partition("Commands:")[2].splitlines() if line.startswith("  ") and line[2] != " "]
    assert listed == list(COMMANDS)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(run: Run, name: str) -> None:
    result = run(name, "--help")
    assert result.exit_code == 0
    assert "--color" in result.stdout
    assert "--traceback" in result.stdout


def test_words_stated_for_help_are_the_compilers() -> None:
    assert cost.DTYPES == tuple(BYTES)
    assert cost.OPTIMIZERS == tuple(OPTIMIZERS)
    assert cost.DEVICES == tuple(DEVICES)
    assert cost.CONVENTIONS == (*CONVENTIONS, "all")
    assert BY == ("stage", "block", "op")
    assert (draw.LEVELS, draw.DIRECTIONS, draw.THEMES) == (LEVELS, DIRECTIONS, tuple(THEMES))
    assert build.TARGETS == tuple(target.word for target in TARGETS)
    assert build.USUAL == USUAL
    assert build.DTYPES == DTYPES


def test_version(run: Run) -> None:
    result = run("--version")
    assert result.exit_code == 0
    assert re.fullmatch(r"archc 0\.1\.0 \(Python 3\.\d+\.\S+, torch \S+, \w+ \S+\)\n", result.stdout)


@pytest.mark.parametrize(("word", "meant"), [("chek", "`check`"), ("drawing", "`draw`"), ("net.arch", "`archc check net.arch`")])
def test_a_command_that_is_none(run: Run, word: str, meant: str) -> None:
    result = run(word)
    assert result.exit_code == 2
    assert f"did you mean {meant}" in result.stderr


def test_nothing_asked_is_help(run: Run) -> None:
    result = run()
    assert result.exit_code == 2
    assert "Usage: archc" in result.output


def test_a_bug_is_one_line(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise KeyError("width")

    monkeypatch.setattr("archc.compiler.driver.check_all", broken)
    result = run("check", "good.arch")
    assert result.exit_code == 70
    assert result.stderr.startswith("archc: a bug: archc has failed: KeyError: 'width'\n")
    assert "please report it" in result.stderr
    assert "Traceback" not in result.stderr
    assert "Traceback" in run("check", "--traceback", "good.arch").stderr


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def stopped(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("archc.compiler.driver.check_all", stopped)
    result = run("check", "good.arch")
    assert (result.exit_code, result.stderr.strip()) == (130, "interrupted")


# --------------------------------------------------------------------------------------------------- cost


def test_cost(run: Run) -> None:
    result = run("cost", "good.arch")
    assert result.exit_code == 0
    assert result.stderr == ""
    assert "stem" in result.stdout
    # 8 filters of 3x3x3, a norm's two numbers a channel, and ten classes of eight numbers and a bias.
    assert f"{8 * 27 + 16 + 90:,}" in result.stdout


def test_cost_as_json_is_the_contract(run: Run) -> None:
    document = json.loads(run("cost", "resnext50", "--format", "json").stdout)
    assert document["version"] == 1
    assert document["network"] == "resnext50"
    assert (document["batch"], document["input"], document["output"]) == (1, {"image": [3, 224, 224]}, {"output": [1000]})
    assert document["totals"]["parameters"] == 25_028_904
    assert document["totals"]["macs"] == 4_230_479_872
    assert {"buffers", "flops", "activations", "weights_bytes", "inference_peak_bytes", "training_peak_bytes"} <= set(document["totals"])
    assert {"path", "op", "output", "parameters", "macs", "flops", "activations"} <= set(document["rows"][0])
    assert document["training_only"]["parameters"] == 0


def test_cost_of_a_file_with_errors(run: Run) -> None:
    result = run("cost", "bad.arch", "--format", "json")
    assert (result.exit_code, result.stdout) == (1, "")
    assert "error[E301]" in result.stderr


def test_cost_of_blocks_alone(run: Run, folder: Path) -> None:
    (folder / "blocks.arch").write_text("block twice(n) { conv(n) -> conv(n) }\n", encoding="utf-8")
    result = run("cost", "blocks.arch")
    assert result.exit_code == 1
    assert "defines blocks but no network" in result.stderr


# --------------------------------------------------------------------------------------------------- draw


def test_draw(run: Run, folder: Path) -> None:
    result = run("draw", "good.arch")
    assert result.exit_code == 0, result.output
    assert result.stderr.startswith("good.svg: diagram, ")
    assert "<svg" in (folder / "good.svg").read_text(encoding="utf-8")
    assert not list(folder.glob(".archc*"))


def test_draw_where_nothing_may_be_written(run: Run, folder: Path) -> None:
    (folder / "taken").write_text("", encoding="utf-8")
    result = run("draw", "good.arch", "-o", "taken/good.dot")
    assert result.exit_code == 3
    assert "error[F615]: `taken/good.dot` could not be written" in result.stderr


@pytest.mark.parametrize(("text", "inches"), [("3.3in", 3.3), ("2", 2.0), ("8cm", 8 / 2.54), ("84mm", 8.4 / 2.54), ("240pt", 240 / 72)])
def test_a_width_on_paper(text: str, inches: float) -> None:
    option = next(option for option in draw.command.params if option.name == "width")
    assert option.callback is not None
    context = draw.command.make_context("draw", ["x.arch", "--width", text])
    assert context.params["width"] == pytest.approx(inches)


@pytest.mark.parametrize("text", ["wide", "3q", "-1in", "0in", "1.2.3in", "in"])
def test_no_width(run: Run, text: str) -> None:
    assert run("draw", "good.arch", "--width", text).exit_code == 2


# ---------------------------------------------------------------------------------------------------- new


def test_new(run: Run, folder: Path) -> None:
    result = run("new", "mine")
    assert result.exit_code == 0
    assert "next: archc check mine.arch" in result.stderr
    assert run("check", "--deny", "warnings", "mine.arch").stderr == "mine.arch: mine: [3, 32, 32] -> [10]\n"
    again = run("new", "mine")
    assert again.exit_code == 2
    assert "is there already" in again.stderr
    assert run("new", "mine", "--force").exit_code == 0


def test_new_variant(run: Run, folder: Path) -> None:
    assert run("new", "mine", "--from", "resnet50").exit_code == 0
    assert "from resnet50 import resnet50" in (folder / "mine.arch").read_text(encoding="utf-8")
    assert run("check", "mine.arch", "--set", "classes=7").stderr == "mine.arch: mine: [3, 224, 224] -> [7]\n"
    assert run("diff", "resnet50", "mine.arch").exit_code == 0


def test_a_new_file_with_the_name_of_a_network_of_archc_says_what_it_hides(run: Run, folder: Path) -> None:
    result = run("new", "resnet50")
    assert result.exit_code == 0
    assert "a network `resnet50` comes with archc" in result.stderr and "`archc new my_resnet50`" in result.stderr
    assert "comes with archc" in run("new", "efficientnet_b3").stderr  # a preset in another file
    assert "comes with archc" not in run("new", "my_resnet50").stderr
    hidden = run("new", "w", "--from", "resnet50")
    assert hidden.exit_code == 2 and not (folder / "w.arch").exists()
    assert "`resnet50.arch` hides the library's `resnet50`" in hidden.stderr
    (folder / "sub").mkdir()
    assert run("new", "sub/w", "--from", "resnet50").exit_code == 0
    assert run("check", "sub/w.arch").exit_code == 0
    (folder / "sub" / "resnet50.arch").write_text("network resnet50 { input x[4] relu }\n", encoding="utf-8")
    hidden = run("new", "sub/w", "--from", "resnet50", "--force")
    assert hidden.exit_code == 2 and "hides the library's `resnet50`" in hidden.stderr


@pytest.mark.parametrize("name", sample(names()))
def test_a_variant_of_every_network(run: Run, name: str) -> None:
    assert run("new", "mine", "--from", name).exit_code == 0
    assert run("check", "mine.arch").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("2net",), "is no name for a network"),
        (("class",), "reserves the word; `class_` will do"),
        (("conv",), "is no name for a network"),
        (("mine", "--from", "resnt50"), "did you mean `resnet50`"),
        (("resnet50", "--from", "resnet50"), "needs a name of its own"),
        (("mine", "--from", "units"), "there is no network `units`"),
    ],
)
def test_not_started(run: Run, arguments: tuple[str, ...], told: str) -> None:
    result = run("new", *arguments)
    assert result.exit_code == 2
    assert told in result.stderr


# ----------------------------------------------------------------------------------------- list, explain


def test_list(run: Run) -> None:
    result = run("list")
    assert result.exit_code == 0
    line = next(line for line in result.stdout.splitlines() if line.startswith("resnext50 "))
    assert "25,028,904" in line
    assert "4,230,479,872" in line


def test_list_for_programs(run: Run) -> None:
    document = json.loads(run("list", "--format", "json").stdout)
    assert [row["name"] for row in document["networks"]] == list(networks())
    rows = list(csv.reader(io.StringIO(run("list", "--format", "csv").stdout)))
    assert [row[0] for row in rows[1:]] == list(networks())


def test_list_in_part(run: Run) -> None:
    """By task in groups; filters join, and words of a paper stand in any order and case."""
    lines = run("list").stdout.splitlines()
    heads = [lines.index(task) for task in ("classification", "segmentation", "video")]
    assert (
        heads == sorted(heads)
        and lines.index("classification") < [line.split()[:1] for line in lines].index(["efficientnet_b3"]) < heads[1]
    )
    found = json.loads(run("list", "--task", "classification", "--paper", "LE tan,", "--max-parameters", "8M", "--format", "json").stdout)
    names = [row["name"] for row in found["networks"]]
    assert names == [*(f"efficientnet_b{number}" for number in (0, 1)), *(f"mnasnet{width}" for width in ("0_5", "0_75", "1_0", "1_3"))]
    assert json.loads(run("list", "--paper", "nobody", "--format", "json").stdout)["networks"] == []
    papers = [row["paper"] for row in json.loads(run("list", "--paper", "He", "--format", "json").stdout)["networks"]]
    assert papers and all(re.search(r"\bHe\b", paper) for paper in papers)  # not whatever has "the" in its title
    assert "No network" in run("list", "--paper", "nobody").stdout
    assert [row.name for row in archc.networks(task="video", max_parameters=10_000_000)] == ["s3d"]


@pytest.mark.parametrize(("option", "value", "told"), [("--task", "segmentatio", "`segmentation`"), ("--max-parameters", "few", "26M")])
def test_a_list_that_cannot_be_asked_for(run: Run, option: str, value: str, told: str) -> None:
    result = run("list", option, value)
    assert result.exit_code == 2 and result.stdout == "" and "F644" in result.stderr and told in result.stderr


def test_every_knob_of_a_family(run: Run, folder: Path) -> None:
    """What is worked out from other parameters goes on following them; a word of the family's file comes along."""
    assert run("new", "mine", "--from", "efficientnet_b6").exit_code == 0
    text = (folder / "mine.arch").read_text(encoding="utf-8")
    assert "from efficientnet import slow\n" in text and "# Follows from the others where it is not given: depths = [" in text
    for knob in ("width = 1.8", "depth = 2.6", "norm = slow", "drop = 0.5", "size = 528", "classes = 1000"):
        assert f"  {knob}" in text
    assert run("diff", "efficientnet_b6", "mine.arch").exit_code == 0


def test_explain(run: Run) -> None:
    result = run("explain", "e301")
    assert result.exit_code == 0
    assert result.stdout.startswith("E301: ")
    assert "What to do." in result.stdout
    operation = run("explain", "conv").stdout
    assert operation.startswith("conv\n\n`conv(channels, kernel = 3, ")
    assert "- `channels`: " in operation
    assert "divisible(x, 8)" in run("explain", "divisible").stdout
    assert run("explain", "Conv2d").stdout.startswith("`Conv2d` is `conv` in archc.\n")
    assert run("explain", "lstm").stdout.startswith("lstm\n\n`lstm(features, ")
    assert "step by step" in run("explain", "LSTMCell").stdout
    assert "resnet50" in run("explain").stdout


@pytest.mark.parametrize(("word", "meant"), [("convv", "`conv`"), ("E3011", "`E301`"), ("qqq", "such as E301")])
def test_nothing_to_explain(run: Run, word: str, meant: str) -> None:
    result = run("explain", word)
    assert (result.exit_code, result.stdout) == (2, "")
    assert meant in result.stderr


# ---------------------------------------------------------------------------------------------------- fmt


MESSY = "network   messy{input a[3,8,8]\nconv( 8 )->relu # as it is\n}"
NEAT = "network messy {\n  input a[3, 8, 8]\n  conv(8) -> relu # as it is\n}\n"


def test_fmt(run: Run, folder: Path) -> None:
    (folder / "messy.arch").write_text(MESSY, encoding="utf-8")
    result = run("fmt", "messy.arch", "good.arch")
    assert result.exit_code == 0
    assert result.stderr == "messy.arch: changed\n"
    assert (folder / "messy.arch").read_text(encoding="utf-8").split() == NEAT.split()
    assert run("fmt", "messy.arch", "good.arch").stderr == "2 files: nothing to change\n"


def test_fmt_that_changes_nothing(run: Run, folder: Path) -> None:
    (folder / "messy.arch").write_text(MESSY, encoding="utf-8")
    assert run("fmt", "--check", "messy.arch").exit_code == 1
    assert run("fmt", "--check", "good.arch").exit_code == 0
    result = run("fmt", "--diff", "messy.arch")
    assert result.exit_code == 0
    assert "-conv( 8 )->relu # as it is\n" in result.stdout
    assert "+  conv(8) -> relu " in result.stdout
    assert (folder / "messy.arch").read_text(encoding="utf-8") == MESSY


def test_fmt_leaves_a_broken_file_alone(run: Run, folder: Path) -> None:
    (folder / "broken.arch").write_text("network n { conv(", encoding="utf-8")
    result = run("fmt", "broken.arch", "nowhere.arch")
    assert result.exit_code == 2
    assert "error[E1" in result.stderr
    assert "error[F611]" in result.stderr
    assert (folder / "broken.arch").read_text(encoding="utf-8") == "network n { conv("


def test_fmt_leaves_the_library_alone(run: Run) -> None:
    result = run("fmt", "resnet50")
    assert result.exit_code == 2
    assert "comes with archc" in result.stderr
