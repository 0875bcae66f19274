"""Calls as a newcomer makes them: a value that was forgotten, an option in the wrong place, a part of what was asked for that fails."""

from __future__ import annotations

import json
from pathlib import Path

import click
import pytest

from archc.cli import COMMANDS, FILES, group
from archc.cli.cost import HEEDS
from archc.compiler.targets import TARGETS
from tests.cli.conftest import Run

CONTEXT = click.Context(group, help_option_names=["-h", "--help"])


def command_of(name: str) -> click.Command:
    found = group.get_command(CONTEXT, name)
    assert found is not None
    return found


def with_value() -> list[tuple[str, str]]:
    """Every command with each of its options that takes a value."""
    rows = []
    for name in COMMANDS:
        options = [row for row in command_of(name).get_params(CONTEXT) if isinstance(row, click.Option)]
        rows += [(name, word) for row in options if not row.is_flag for word in row.opts]
    return rows


# ------------------------------------------------------------------------------------- a forgotten value


def test_help_is_no_value(run: Run) -> None:
    for command, option in with_value():
        for word in ("--help", "-h"):
            result = run(command, option, word)
            assert (result.exit_code, result.stdout.split()[:1]) == (0, ["Usage:"]), (command, option, word)


def test_an_option_is_no_value(run: Run) -> None:
    for command, option in with_value():
        result = run(command, option, "-q")
        assert result.exit_code == 2, (command, option)
        assert f"`{option}` takes a value, and `-q` is an option" in " ".join(result.stderr.split()), (command, option)


def test_what_looks_like_an_option_is_no_value(run: Run, folder: Path) -> None:
    result = run("draw", "good.arch", "-o", "--insset")
    assert result.exit_code == 2
    assert "`-o` takes a value, and `--insset` is no value: write `--output=…`" in " ".join(result.stderr.split())
    assert not list(folder.glob("--*"))


def test_a_value_may_look_like_an_option_where_that_is_said(run: Run) -> None:
    result = run("draw", "good.arch", "--open=--help")
    assert "has no part `--help` to open" in result.stderr


@pytest.mark.parametrize("words", [("--color", "--help"), ("--color", "-h")])
def test_help_is_no_value_before_the_command_either(run: Run, words: tuple[str, ...]) -> None:
    assert "A language and compiler" in run(*words).stdout


@pytest.mark.parametrize(
    "words", [("cost", "good.arch", "--set", "width=-4"), ("draw", "good.arch", "-o", "-", "--format", "dot"), ("explain", "--", "--by")]
)
def test_a_dash_may_begin_a_value(run: Run, words: tuple[str, ...]) -> None:
    assert "takes a value" not in run(*words).stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("bench", "good.arch", "--ways", "eager", "--against", "torchvision:resnet18"), "`--against` is for the ways `reference`"),
        (("diff", "good.arch", "good.arch", "--direction", "LR"), "`--direction` is for the picture: `-o FILE` is not there"),
        (("sweep", "good.arch", "--vary", "width=4,8", "--cluster", "tcp://h:1", "--jobs", "2"), "`--cluster` has its own workers"),
    ],
)
def test_an_option_that_the_rest_of_the_call_makes_no_use_of_is_refused(run: Run, words: tuple[str, ...], said: str) -> None:
    result = run(*words)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in " ".join(result.stderr.split())


# --------------------------------------------------------------------------------------- given twice


def test_an_option_of_one_value_is_given_once(run: Run) -> None:
    """In every command: the first of two values would be passed over in silence."""
    for command in COMMANDS:
        for option in command_of(command).get_params(CONTEXT):
            if not isinstance(option, click.Option) or option.multiple or (option.is_flag and not option.secondary_opts):
                continue
            words = [option.opts[0]] if not option.is_flag else []
            values = ["1", "2"] if words else [option.opts[0], option.secondary_opts[0]]
            result = run(command, *(word for value in values for word in (*words, value)))
            assert result.exit_code == 2, (command, option.name)
            told = " ".join(result.stderr.split())
            assert f"`{max(option.opts, key=len)}` is given twice, and takes one value" in told, (command, option.name, told)


@pytest.mark.parametrize("words", [("-o", "a.svg", "--output", "b.svg"), ("-oa.svg", "-o", "b.svg"), ("--output=a.svg", "-ob.svg")])
def test_it_is_one_option_however_it_is_written(run: Run, folder: Path, words: tuple[str, ...]) -> None:
    result = run("draw", "good.arch", *words)
    assert (result.exit_code, "`--output` is given twice" in result.stderr) == (2, True)
    assert not list(folder.glob("*.svg"))


def test_what_takes_a_list_says_so(run: Run) -> None:
    said = " ".join(run("build", "good.arch", "--target", "python", "--target", "json").stderr.split())
    assert "or write all in one: `--target=WORD,…`" in said


@pytest.mark.parametrize(
    "words",
    [("--color", "always", "check", "good.arch", "--color", "never"), ("--color", "always", "--color", "never", "check", "good.arch")],
)
def test_an_option_before_the_command_is_the_same_behind_it(run: Run, words: tuple[str, ...]) -> None:
    result = run(*words)
    assert (result.exit_code, "`--color` is given twice" in result.stderr) == (2, True)


def test_a_flag_may_be_said_again(run: Run) -> None:
    assert run("-q", "check", "good.arch", "-q").exit_code == 0
    assert run("cost", "good.arch", "--set", "width=4", "--set", "classes=3").exit_code == 0


# ------------------------------------------------------------------------------------------- parts that fail


def test_a_sweep_with_a_variant_that_fails_says_so_last_and_ends_with_3(run: Run) -> None:
    result = run("sweep", "good.arch", "--vary", "width=0,8,16", "--jobs", "1")
    assert result.exit_code == 3
    assert result.stderr.splitlines()[-1] == "1 of 3 variants cannot be made: the column `error` says why"
    result = run("sweep", "good.arch", "--vary", "width=0,-1", "--jobs", "1")
    assert result.exit_code == 1
    assert run("sweep", "good.arch", "--vary", "width=8,16", "--jobs", "1").exit_code == 0


def test_a_sweep_in_which_every_variant_fails_explains_no_front(run: Run) -> None:
    result = run("sweep", "good.arch", "--vary", "width=0,-1", "--jobs", "1")
    assert "error" in result.stdout and "Pareto" not in result.stdout and "No column tells" not in result.stdout
    assert "on the Pareto front" in run("sweep", "good.arch", "--vary", "width=0,8", "--jobs", "1").stdout


@pytest.mark.parametrize(
    ("goal", "title"),
    [
        (("--match", "parameters=500"), "parameters that reach 500"),
        (("--most", "macs=9M"), "macs that do not exceed 9,000,000"),
        (("--nearest", "flops=9M"), "flops that are nearest to 9,000,000"),
        (("--match", "memory=9000"), "memory that reaches 9,000"),
    ],
)
def test_the_heading_of_a_fit_is_a_sentence(run: Run, goal: tuple[str, str], title: str) -> None:
    assert f"good.arch: {title}\n" in run("fit", "good.arch", "--vary", "width=1..64", *goal).stdout


def test_the_status_of_a_sweep_does_not_ask_how_it_is_printed(run: Run) -> None:
    result = run("-q", "sweep", "good.arch", "--vary", "width=0,8", "--jobs", "1", "--format", "json")
    assert result.exit_code == 3 and len(json.loads(result.stdout)["rows"]) == 2


def test_of_several_files_one_bad_one_counts(run: Run, folder: Path) -> None:
    (folder / "bad.arch").write_text("network bad { conv(3) }\n", encoding="utf-8")
    assert run("check", "good.arch", "bad.arch", "good.arch").exit_code == 1
    assert run("fmt", "--check", "good.arch", "nowhere.arch").exit_code == 2


# ---------------------------------------------------------------------------------- options nobody heeds


def test_the_targets_tell_of_every_option_of_a_build() -> None:
    """Those that are about all targets, and what Click and the face add, are heeded by no target's record."""
    everywhere = {"set", "input", "trust", "output", "target", "quiet", "verbose", "color", "traceback", "help"}
    names = {max(row.opts, key=len).lstrip("-") for row in command_of("build").get_params(CONTEXT) if isinstance(row, click.Option)}
    heeded = {name for target in TARGETS for name in target.heeds}
    assert names - everywhere == heeded
    assert {needs for target in TARGETS for needs in target.heeds.values()} - {""} <= heeded


@pytest.mark.parametrize("words", [("--target", "torchscript"), ("--target", "python,torchscript"), ()])
def test_a_batch_is_refused_where_nothing_is_measured(run: Run, folder: Path, words: tuple[str, ...]) -> None:
    result = run("build", "good.arch", *words, "--batch", "4", "-o", "out")
    assert result.exit_code == 2
    assert "`--batch` is for `--target` `torchscript` with `--tune` and `aotinductor`" in " ".join(result.stderr.split())
    assert not (folder / "out").exists()


def test_what_some_targets_make_no_use_of_is_told(run: Run) -> None:
    result = run("build", "good.arch", "--target", "python,torchscript", "--dtype", "float64", "-o", "out")
    assert result.exit_code == 0, result.stderr
    assert "--dtype: heeded by torchscript; python is made without it" in result.stderr.splitlines()


def test_nothing_is_told_of_what_is_always_made(run: Run) -> None:
    result = run("build", "good.arch", "--train", "-o", "out")
    assert result.exit_code == 0 and "heeded" not in result.stderr


@pytest.mark.parametrize("option", ["--optimize", "--tune"])
def test_training_and_tuning_are_two_things(run: Run, option: str) -> None:
    result = run("build", "good.arch", "--target", "torchscript", "--train", option)
    assert result.exit_code == 2 and f"`{option}` is for inference, `--train` for training" in " ".join(result.stderr.split())


COSTS = {
    "--table lecture --by op": "`--by` is for `--device`, `--device this`, `--device-spec` and the table of costs: `--table lecture` makes no use of it",
    "--table receptive --batch 2": "`--table receptive` makes no use of it",
    "--convention thop --dtype float16": "`--convention` makes no use of it",
    "--device cpu --optimizer adam": "`--device` makes no use of it",
    "--memory --by op": "`--memory` makes no use of it",
    "-o plot.svg": "`--output` is for `--memory`: the table of costs makes no use of it",
    "--memory --format csv": "`--memory` draws a plot, which is no csv",
    "--memory --table kinds": "`--memory` and `--table kinds` are tables of their own: ask for one of them",
    "--device cpu --convention thop": "are tables of their own",
}


@pytest.mark.parametrize("options", list(COSTS))
def test_an_option_that_a_table_of_costs_does_not_heed_is_refused(run: Run, options: str) -> None:
    result = run("cost", "good.arch", *options.split())
    assert result.exit_code == 2
    assert COSTS[options] in " ".join(result.stderr.split())


def test_the_tables_tell_of_every_option_of_cost() -> None:
    everywhere = {
        "set",
        "input",
        "format",
        "table",
        "memory",
        "convention",
        "device",
        "device-spec",
        "quiet",
        "verbose",
        "color",
        "traceback",
        "help",
    }
    names = {max(row.opts, key=len).lstrip("-") for row in command_of("cost").get_params(CONTEXT) if isinstance(row, click.Option)}
    assert names - everywhere == set().union(*HEEDS.values())


def test_every_command_has_a_file() -> None:
    assert set(FILES) <= set(COMMANDS)


# ------------------------------------------------------------------------------------------------- goals

GOALS = {
    "--match parameters<=10K": "write `--most parameters=10K`",
    "--most parameters>=10K": "write `--match parameters=10K`",
    "--nearest parameters<10K": "write `--most parameters=10K`",
    "--match parameters==10K": "write `--match parameters=10K`",
    "--most parameters:10K": "write `--most parameters=10K`",
    "--most macs=4GB": "`macs=4G`",
    "--most macs=4.1": "`macs=4.1G` or `macs=4.1M`",
    "--most macs=1MB": "write it with K, M or G, or in full: `macs=1M`",
    "--most memory=1MiB": "in full: `memory=1048576`",
    "--most macs=1.5T": "in full: `macs=1500000000000`",
    "--most macs=1,500.5K": "in full: `macs=1500.5K`",
    "--most macs=1,5M": "a target is a number like `macs=4G`",
    "--most macs=5Q": "a target is a number like `macs=4G`",
    "--most macs=nan": "a target is a number like `macs=4G`",
    "--most macs=-inf": "a target is a number like `macs=4G`",
    "--most macs=5ms": "`5ms` is a time: write `time=5ms`",
    "--most time=0.5": "`time=0.5ms`",
    "--most time=0s": "`time=5ms`",
    "--most macs=60M --where time>=5": "`time >= 5ms`",
    "--most macs=60M --where macs<=1MiB": "write `macs <= 1048576`",
    "--most macs=60M --where macs>=2.5": "write `macs >= 3`",
    "--most macs=60M --where macs<2.5": "write `macs <= 2`",
    "--most macs=60M --where macs<=5ms": "a limit is a number",
    "--most macs=60,000,000": "`macs=60000000`",
    "--most params<=3M": "did you mean `parameters`?",
    "--match =4G": "`match` takes one cost and its target",
    "--most macs=60M --where parameters<10K": "write `parameters <= 9999`",
    "--most macs=60M --where parameters=10K": "write `parameters <= 10K`",
    "--most macs=60M --where macs<=resnet50": "a limit is a number",
}


@pytest.mark.parametrize("goal", list(GOALS))
def test_what_is_nearly_a_goal_is_told_as_one(run: Run, goal: str) -> None:
    result = run("fit", "good.arch", "--vary", "width=1..8", *goal.split())
    assert result.exit_code == 2
    assert GOALS[goal] in " ".join(result.stderr.split())


@pytest.mark.parametrize("goal", ["--most parameters=10K", "--match parameters=200", "--most macs=4G", "--match parameters=100"])
def test_the_goals_that_are_offered_are_met(run: Run, goal: str) -> None:
    assert run("fit", "good.arch", "--vary", "width=1..8", *goal.split()).exit_code == 0


@pytest.mark.parametrize(
    ("words", "near"),
    [
        ("build good.arch --target onx", "did you mean `onnx`?"),
        ("bench good.arch --ways egaer", "did you mean `eager`?"),
        ("build good.arch --weights w.pth --adapt chanels", "did you mean `channels`?"),
        ("biuld good.arch", "did you mean `build`?"),
    ],
)
def test_a_word_that_is_none_is_told_with_the_nearest(run: Run, words: str, near: str) -> None:
    result = run(*words.split())
    assert result.exit_code == 2 and near in " ".join(result.stderr.split())


def test_a_file_without_a_name(run: Run) -> None:
    result = run("check", "")
    assert result.exit_code == 2 and "the name of the file is empty" in result.stderr


def test_what_two_networks_of_one_call_have_in_common_is_warned_of_once(run: Run, folder: Path) -> None:
    (folder / "twice.arch").write_text("network twice(w = 8) {\n  input x[3, 8, 8]\n  conv(w) -> bn\n}\n", encoding="utf-8")
    (folder / "other.arch").write_text("network other(w = 8) {\n  input x[3, 8, 8]\n  conv(w) -> bn\n}\n", encoding="utf-8")
    for words in (("twice.arch", "twice.arch"), ("twice.arch", "twice.arch", "--set-b", "w=16")):
        assert run("diff", *words).stderr.count("warning[W502]") == 1
    assert run("diff", "twice.arch", "other.arch").stderr.count("warning[W502]") == 2
