"""Two networks side by side."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from archc.compiler.analysis.diff import diff
from archc.compiler.draw import THEMES, Look, fold
from archc.compiler.draw.compare import difference_dot, draw_difference
from archc.compiler.draw.labels import frame_rows
from archc.compiler.draw.marks import marks_of, renamed_parts, signed
from archc.compiler.draw.style import contrast
from archc.compiler.driver import check
from tests.support import graph_of

from .build import Builder, Conv, Pool, Relu


def two() -> tuple[Builder, Builder]:
    """One convolution changed, one gone, one new."""
    one, other = Builder("one"), Builder("other")
    for build in (one, other):
        build.input(3, 8, 8)
        build.place(Conv(8), label="a")
        build.place(Relu(), label="b")
    one.place(Conv(8, 5), label="c")
    other.place(Conv(8, 3), label="c")
    one.place(Relu(), label="gone")
    other.place(Pool(), label="new")
    for build in (one, other):
        build.output()
    return one, other


def test_new_gone_and_changed_have_a_sign_and_a_colour() -> None:
    one, other = (build.graph() for build in two())
    text = difference_dot(diff(one, other), Look())
    marks = THEMES["light"].marks
    for name, mark, sign in (
        ("an3", "changed", "~"),
        ("an4", "removed", "\u2212"),
        ("bn3", "changed", "~"),
        ("bn4", "added", "+"),
        ("an1", "same", ""),
    ):
        (line,) = [line for line in text.splitlines() if re.match(rf"\t+{name} \[label", line)]
        assert f'fillcolor="{marks[mark]}"' in line
        assert (f"<B>{sign} </B>" in line) == bool(sign)
    assert "cluster_a" in text and "cluster_b" in text


def test_equal_networks_are_folded_to_their_stages() -> None:
    graph = check("resnet50").graph
    text = difference_dot(diff(graph, graph), Look())
    assert len(re.findall(r"^\t+a\w+ \[label", text, re.MULTILINE)) == 8
    assert THEMES["light"].marks["added"] not in re.sub(r"label=<.*?TABLE>", "", text.split("n0")[1])


def test_a_repeat_that_changed_alike_stays_folded() -> None:
    text = difference_dot(diff(check("resnet50").graph, check("resnext50").graph), Look())
    assert "\u00d75" in text
    assert text.count("3x3, 512, g32") == 1


def test_the_picture_is_written(tmp_path: Path) -> None:
    difference = diff(check("resnet50").graph, check("resnet50d").graph)
    assert draw_difference(difference, tmp_path / "diff.svg") == ()
    svg = (tmp_path / "diff.svg").read_text()
    assert "resnet50 and resnet50d: what differs" in svg
    assert "25,557,032 parameters" in svg and "25,576,264 parameters" in svg
    (said,) = draw_difference(difference, tmp_path / "diff.gif")
    assert said.code == "F602"


def test_marks_can_be_read() -> None:
    for theme in THEMES.values():
        assert all(contrast(fill, theme.text) >= 4.5 and contrast(fill, theme.faint) >= 4.5 for fill in theme.marks.values())


def test_a_step_that_was_moved_has_a_sign_and_a_colour() -> None:
    def made(*kernels: tuple[str, int]) -> Builder:
        build = Builder("n")
        build.input(8, 8, 8)
        for label, kernel in kernels:
            build.place(Conv(8, kernel), label=label)
        build.output()
        return build

    one, other = made(("a", 3), ("b", 5), ("c", 7)), made(("a", 3), ("e", 7), ("f", 5))
    text = difference_dot(diff(one.graph(), other.graph()), Look())
    (line,) = [line for line in text.splitlines() if "<B>\u2192 </B>" in line and re.match(r"\t+b", line)]
    assert f'fillcolor="{THEMES["light"].marks["moved"]}"' in line


@pytest.mark.parametrize(
    ("after", "settings", "names"),
    [
        ("b.arch", [], ("net (a.arch)", "net (b.arch)")),
        ("a.arch", ["width=16"], ("net (width = 8)", "net (width = 16)")),
        ("b.arch", ["width=16"], ("net (a.arch, width = 8)", "net (b.arch, width = 16)")),
        ("sub/a.arch", [], ("net ({folder}/a.arch)", "net (sub/a.arch)")),
        ("a.arch", [], ("net", "net")),
        ("other.arch", [], ("net", "other")),
    ],
)
@pytest.mark.parametrize("form", ["svg", "html"])
def test_two_networks_of_one_name_are_told_apart(
    form: str, after: str, settings: list[str], names: tuple[str, str], tmp_path: Path
) -> None:
    from click.testing import CliRunner

    from archc.cli import group

    text = "network net(width = 8) { input x[8, 16, 16] conv(width, 3) -> relu }\n"
    (tmp_path / "sub").mkdir()
    for name in ("a.arch", "b.arch", "sub/a.arch"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    (tmp_path / "other.arch").write_text(text.replace("network net", "network other"), encoding="utf-8")
    given = [str(tmp_path / "a.arch"), str(tmp_path / after), *(word for setting in settings for word in ("--set-b", setting))]
    file = tmp_path / f"d.{form}"
    done = CliRunner().invoke(group, ["diff", *given, "-o", str(file)])
    assert done.exit_code == 0, done.output
    found = re.findall(
        r"<h2>(.*?) <small>" if form == "html" else r'font-weight="bold" font-size="11[^>]*>([^<]*)<', file.read_text(encoding="utf-8")
    )
    assert [name.format(folder=tmp_path.name) for name in names] == found[:2]


BEFORE = """
network n {
  input x[8, 8, 8]
  stage wide { conv(8, 3) -> relu
    stage inner { conv(8, 3) -> tanh } }
  stage swapped { conv(8, 1) -> relu }
  stage head { global_avgpool -> flatten -> linear(10) }
}
"""
AFTER = (
    BEFORE.replace("wide", "broad")
    .replace("swapped { conv(8, 1) -> relu }", "other { dwconv(3) -> gelu }")
    .replace("stage head", "stage extra { conv(8, 5) -> sigmoid -> conv(8, 5) }\n  stage head")
)


def test_headings_have_the_sign_of_a_stage_that_is_new_gone_or_of_another_name() -> None:
    """Its steps alone were told to be renamed. One of which no step bears its name still is none that was renamed."""
    told = {}
    for one, other in ((BEFORE, AFTER), (AFTER, BEFORE)):
        difference = diff(graph_of(one), graph_of(other))
        picture = signed(fold(difference.before), marks_of(difference, difference.before), renamed_parts(difference)[0])
        told |= {frame.scope.title: [frame.sign, frame_rows(frame)[0][0].text] for frame in picture.frames()}
    assert {name: sign for name, (sign, _) in told.items()} == {
        "wide": "=", "broad": "=", "inner": "", "swapped": "", "other": "", "extra": "\u2212", "head": "",
    }  # fmt: skip
    assert told["broad"][1] == "= " and told["inner"][1] == "inner"
    assert "<B>= </B>" in difference_dot(diff(graph_of(BEFORE), graph_of(AFTER)), Look())
