"""TikZ source for papers."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from archc.compiler.draw import Options, View, draw_text, fold
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph

from .build import Builder, Conv, residual_network, unet


def source(graph: Graph) -> str:
    data = draw_text(graph, "tex").data
    assert data is not None
    return data.decode()


@pytest.mark.parametrize("graph", [residual_network(), unet()], ids=["residual", "unet"])
def test_a_line_a_box_and_a_line_a_line(graph: Graph) -> None:
    text, picture = source(graph), fold(graph, View())
    assert len(re.findall(r"^\\node\[(?:box|merge)", text, re.MULTILINE)) == len(picture.boxes())
    assert len(re.findall(r"^\\draw\[way", text, re.MULTILINE)) == len(picture.lines)
    assert len(re.findall(r"^\\draw\[frame", text, re.MULTILINE)) == len(picture.frames())
    assert text.count("{") == text.count("}")
    assert text == source(graph)


@pytest.mark.parametrize(("name", "options"), [("resnet18", Options(insets=True)), ("yolov8n", Options()), ("unet", Options())])
def test_a_line_follows_the_boxes_at_its_ends(name: str, options: Options) -> None:
    """Each is told from boxes or joints that have a name, and ends on the edge of its box; what is in the middle follows one of both."""
    data = draw_text(check(name).graph, "tex", options).data
    assert data is not None
    text = data.decode()
    named = set(re.findall(r"^\\(?:node\[(?:box|merge)[^\n]*?|coordinate) \((\w+)\) at", text, re.MULTILINE))
    lines = re.findall(r"^\\draw\[(?:way|own skip).*$", text, re.MULTILINE)
    assert named and lines
    for line in lines:
        points = re.findall(r"\((?:\[shift=\{\((-?[\d.]+),(-?[\d.]+)\)\}\])?(\w+)(\.\w+)?\)", line)
        assert len(points) == 1 + 3 * line.count("..") // 2 and {end for _, _, end, _ in points} <= named
        middle = (len(points) - 1) // 2
        assert {end for _, _, end, _ in points[: middle + 1]} == {points[0][2]}
        assert {end for _, _, end, _ in points[middle + 1 :]} == {points[-1][2]}


def test_the_words_are_there() -> None:
    text = source(check("resnext50").graph)
    assert r"1x1, 128 $\rightarrow$ 3x3, 128, g32 $\rightarrow$ 1x1, 256" in text
    assert r"$\times$5" in text
    assert r"$\times$14$\times$14" in text


@pytest.mark.parametrize("name", [r"\input{x}", "a_b^c", "50%", "{", "$x$", "#1", "~", "漢", "a\nb"])
def test_no_name_is_a_command(name: str) -> None:
    build = Builder(name)
    build.input(3, 8, 8, label=name)
    with build.inside("stage", name, title=name):
        build.place(Conv(4))
    build.output()
    text = source(build.graph())
    assert r"\input" not in text
    escaped = text.replace("\\\\", "").replace(r"\{", "").replace(r"\}", "")
    assert escaped.count("{") == escaped.count("}")
    assert len(re.findall(r"^\\node", text, re.MULTILINE)) == 5
    assert text.isascii()


PAPER = r"""\documentclass{article}
\usepackage{tikz}
\usetikzlibrary{arrows.meta}
\begin{document}
\noindent\resizebox{6cm}{!}{\input{figure}}
\end{document}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "options"),
    [("resnet18", Options(insets=True)), ("unet", Options()), ("alexnet", Options(style="volumes"))],
    ids=lambda row: str(row)[:12],
)
def test_latex_sets_the_figure_without_a_complaint(name: str, options: Options, tmp_path: Path) -> None:
    program = shutil.which("pdflatex")
    if (
        program is None
        or not shutil.which("kpsewhich")
        or subprocess.run(["kpsewhich", "tikz.sty"], capture_output=True, check=False).returncode
    ):
        pytest.skip("LaTeX with TikZ is not here")
    data = draw_text(check(name).graph, "tex", options).data
    assert data is not None
    (tmp_path / "figure.tex").write_bytes(data)
    (tmp_path / "paper.tex").write_text(PAPER, encoding="utf-8")
    done = subprocess.run(
        [program, "-interaction=nonstopmode", "-halt-on-error", "paper.tex"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1500:]
    assert "1 page" in done.stdout and "Missing character" not in done.stdout and "Overfull" not in done.stdout
