"""Operations of one's own: declared, checked, counted, drawn and kept as data, without a line of their code being run."""

from __future__ import annotations

import copy
import pickle
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import archc
from archc.cli import group
from archc.compiler.analysis.sizes import sizes
from archc.compiler.document import to_document
from archc.compiler.driver import check
from archc.reporting.terminal import to_text

from .layers import DECLARED, NETWORK, write

BOMB = "raise SystemExit('this code was run')\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def said(text: str, folder: Path) -> str:
    path = write(folder, text)
    return to_text(check(path.name).diagnostics)


def test_nothing_of_the_class_is_needed_to_check_to_count_and_to_draw(folder: Path) -> None:
    path = write(folder, layers=BOMB)
    net = archc.compile(path)
    steps = {node.key: node for node in net.program.nodes}
    assert steps["stem"].shape == (8, 8, 8)
    assert {row.name: row.shape for row in steps["stem"].weights} == {"conv.weight": (8, 12, 1, 1), "conv.bias": (8,)}
    assert steps["stem"].macs == 8 * 8 * 8 * 12
    assert net.cost().total.macs > steps["stem"].macs
    net.draw(folder / "n.svg")
    assert "focus" in (folder / "n.svg").read_text()
    assert "Focus(3, 8, k=1)" in net.to_python()
    document = to_document(net.typed_graph)
    node = next(row for row in document["nodes"] if row["id"] == "stem")  # type: ignore[union-attr, index]
    assert (node["op"], node["arguments"]) == ("focus", {"channels": 8, "kernel": 1})
    assert "my_layers" not in sys.modules


def test_sizes_are_those_that_the_rule_takes(folder: Path) -> None:
    (height, width) = sizes(archc.compile(write(folder)).typed_graph)
    assert str(height.built) == str(height.compiled) == str(width.built) == "multiples of 8 from 8"


def test_a_size_that_the_rule_refuses_is_told_with_the_rule_and_with_sizes_that_would_do(folder: Path) -> None:
    text = said(DECLARED + NETWORK.replace("size = 16", "size = 18"), folder)
    assert "error[E220]: `focus` refuses [8, 9, 9]: 9 / 2 is not a whole number: `in.height / 2`" in text
    assert "its rule is `[channels, in.height / 2, in.width / 2]`, at n.arch:4:9" in text
    assert "it would do with `x` of 16x16 or 20x20 instead of 18x18" in text


def test_a_program_with_them_is_plain_data(folder: Path) -> None:
    net = archc.compile(write(folder))
    for other in (pickle.loads(pickle.dumps(net)), copy.deepcopy(net), archc.compile(folder / "n.arch")):
        assert other == net and hash(other) == hash(net)
        assert other.program.nodes[1].operation == net.program.nodes[1].operation
    write(folder, (DECLARED + NETWORK).replace("kernel ** 2", "kernel ** 3"))
    assert archc.compile(folder / "n.arch") != net


def test_they_are_imported_as_blocks_are(folder: Path) -> None:
    write(folder, DECLARED)
    (folder / "user.arch").write_text(
        "from n import focus\nimport n\nnetwork u { input x[3, 8, 8] focus(8) -> n.focus(4) }\n", encoding="utf-8"
    )
    assert archc.compile(folder / "user.arch").program.nodes[-1].shape == (4, 2, 2)


@pytest.mark.parametrize(
    ("body", "wanted"),
    [
        ("input x[3, 8, 8]\n repeat 2 { focus(8) }", (8, 2, 2)),
        ("input x[3, 8, 8]\n let unit = focus(5)\n unit", (5, 4, 4)),
        ("input x[3, 8, 8]\n default focus(channels = 7)\n focus", (7, 4, 4)),
        ("input x[4, 8, 8]\n one: focus(4)\n upsample(2)\n reuse(one)", (4, 4, 4)),
        ("input x[height = 8, width = 4, channels = 3]\n permute([2, 0, 1]) -> focus(6)", (6, 4, 2)),
    ],
)
def test_they_stand_where_any_step_stands(folder: Path, body: str, wanted: tuple[int, ...]) -> None:
    write(folder, f"{DECLARED}network n {{\n {body}\n}}\n")
    assert archc.compile(folder / "n.arch").program.nodes[-1].shape == wanted


def test_axes_are_read_by_their_names(folder: Path) -> None:
    text = f"{DECLARED}network n {{\n  input x[height = 8, width = 6, channels = 3]\n  focus\n}}\n"
    net = archc.compile(write(folder, text))
    assert net.program.nodes[1].shape == (64, 4, 3)
    assert net.program.nodes[1].weights[0].shape == (64, 12, 1, 1)


def test_conditions_loops_and_values_of_the_file_say_what_is_kept(folder: Path) -> None:
    text = """let wide = 4
operation mixed(width = wide, rates = [1, 2], gated = rates[0] > 1) takes a, b from "layers/mine.py:Mixed" {
  require a.shape == b.shape, "{a.channels} and {b.channels} channels"
  shape [channels = width * len(rates), height = a.height, width = b.width]
  for i, rate in rates { weight "branches.{i}.weight"[width, a.channels, rate, rate] }
  if gated { weight gate[1] } else { buffer steps[dtype = "int64"] }
}
network n { input x[3, 8, 8] mixed { | conv(6) | conv(6) } }
"""
    net = archc.compile(write(folder, text))
    node = net.program.nodes[3]
    assert node.shape == (8, 8, 8)
    assert [(row.name, row.shape, row.trainable, row.dtype) for row in node.weights] == [
        ("branches.0.weight", (4, 6, 1, 1), True, "float"),
        ("branches.1.weight", (4, 6, 2, 2), True, "float"),
        ("steps", (), False, "int64"),
    ]
    assert "6 and 3 channels" in said(text.replace("| conv(6) | conv(6)", "| conv(6) | skip"), folder)


@pytest.mark.parametrize(
    "words",
    [
        ["check", "n.arch"],
        ["check", "n.arch", "--fix"],
        ["cost", "n.arch"],
        ["draw", "n.arch", "-o", "n.svg"],
        pytest.param(["sizes", "n.arch"], marks=pytest.mark.slow),
        ["fmt", "--check", "n.arch"],
        ["diff", "n.arch", "n.arch"],
        ["sweep", "n.arch", "--vary", "size=16,24"],
        ["build", "n.arch", "--target", "python,diagram,json"],
        ["list"],
    ],
    ids=lambda words: " ".join(words),
)
def test_no_command_runs_the_class_unasked(words: list[str], folder: Path) -> None:
    write(folder, layers="open('was_run', 'w').close()\n" + BOMB)
    done = CliRunner().invoke(group, words, prog_name="archc")
    assert done.exit_code == 0, done.output
    assert not (folder / "was_run").exists()


@pytest.mark.parametrize(
    "words", [["build", "n.arch"], ["verify", "n.arch"], ["bench", "n.arch"], ["draw", "n.arch", "--color-by", "time"]]
)
def test_what_would_run_the_class_asks_for_trust(words: list[str], folder: Path) -> None:
    write(folder, layers="open('was_run', 'w').close()\n" + BOMB)
    done = CliRunner().invoke(group, words, prog_name="archc")
    assert done.exit_code != 0 and "error[F661]" in done.output, done.output
    assert not (folder / "was_run").exists()


def test_the_json_of_a_network_with_them_is_no_text_again_and_says_so(folder: Path) -> None:
    write(folder, layers=BOMB)
    CliRunner().invoke(group, ["build", "n.arch", "--target", "json"], prog_name="archc")
    done = CliRunner().invoke(group, ["import", "build/n/n.json"], prog_name="archc")
    assert "error[F653]" in done.output and "`focus`, an operation of one's own" in done.output, done.output
