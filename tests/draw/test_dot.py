"""DOT: what is written is what the picture holds, and nothing that a user wrote can break out of it."""

from __future__ import annotations

import re

import pytest

from archc.compiler.draw import THEMES, Look, View, fold, to_dot
from archc.compiler.draw.graphviz import render
from archc.compiler.draw.style import contrast
from archc.compiler.graph.graph import Graph
from tests.support import checked

from .build import Add, Builder, Conv, Dropout, Relu, residual_network, unet
from .reading import lines

NODE = re.compile(r"^\t+(n\d+) \[", re.MULTILINE)


PLAIN, BLOCKS = Look(), View()


def dot(graph: Graph, view: View = BLOCKS, look: Look = PLAIN) -> str:
    return to_dot(graph, fold(graph, view), look)


def drawn_edges(graph: Graph) -> list[tuple[str, str]]:
    """The edges in the DOT text of everything unfolded, as pairs of node names."""
    text = dot(graph, View("op", open=("*",)), Look(direction="TB"))
    return sorted(lines(text))


def graph_edges(graph: Graph) -> list[tuple[str, str]]:
    return sorted((f"n{producer.index}", f"n{user.index}") for producer, user, _ in graph.edges())


@pytest.mark.parametrize("graph", [residual_network(), unet()], ids=["residual", "unet"])
def test_drawn_edges_equal_the_graphs(graph: Graph) -> None:
    assert drawn_edges(graph) == graph_edges(graph)
    assert len(set(NODE.findall(dot(graph, View("op", open=("*",)))))) == len(graph.nodes)


@pytest.mark.parametrize("level", ["stage", "block", "op"])
def test_the_text_is_the_same_every_time(level: str) -> None:
    assert dot(residual_network(), View(level)) == dot(residual_network(), View(level))


def test_shapes_stand_only_where_they_change() -> None:
    build = Builder()
    build.input(16, 8, 8)
    build.place(Conv(16))
    build.place(Relu())
    build.place(Conv(32, stride=2))
    build.output()
    text = dot(build.graph(), View("op"))
    assert re.findall(r'label=" ([\d×]+) "', text) == ["32×4×4"]


def test_a_skip_has_a_style_of_its_own() -> None:
    build = Builder()
    start = build.input(16, 8, 8)
    end = build.place(Conv(16))
    build.place(Add(), (end, start))
    build.output()
    skips = [line for line in dot(build.graph()).splitlines() if "->" in line and "class=skip" in line]
    assert len(skips) == 1
    assert "n0 -> n2" in skips[0]
    assert "weight=1 " in skips[0] or "weight=1]" in skips[0]


def test_a_network_that_comes_up_again_is_a_u() -> None:
    text = dot(unet())
    assert "newrank=true" in text
    assert len(re.findall("rank=same", text)) == 4
    assert text.count("dir=back") == 14
    assert "newrank" not in dot(unet(), look=Look(direction="LR"))
    assert "newrank" not in dot(residual_network(), View("op"))


def test_a_gate_within_a_residual_branch_is_no_u() -> None:
    text = """
block se { mul { | skip | global_avgpool -> conv(4, 1) -> relu -> conv(16, 1) -> sigmoid } }
network n {
  input x[16, 8, 8]
  add { | conv(16) -> bn -> se | skip }
}
"""
    found = checked(text, "n.arch")
    assert "newrank" not in dot(found.graph, View("op"))


def test_aux_heads_are_dashed() -> None:
    build = Builder()
    build.input(16, 8, 8)
    trunk = build.place(Conv(16))
    with build.inside("aux", "side"):
        build.place(Conv(4), (trunk,), training_only=True)
        side = build.at
    build.output(trunk)
    build.output(side, "side", training_only=True)
    text = dot(build.graph())
    aux = [line for line in text.splitlines() if "n2 [" in line or "-> n2" in line or "n2 -> n4" in line]
    aux = [line for line in aux if "[" in line]  # no unseen line that keeps an order
    assert len(aux) == 3
    assert all("dashed" in line for line in aux)


HOSTILE = ["<b>x</b>", '"; } digraph evil {', "a\\nb\\", "]]>", "<script>alert(1)</script>", "é ☃ 漢", "\x00\x1b[31m", "&amp;", "<>"]


@pytest.mark.parametrize("name", HOSTILE)
def test_a_name_cannot_break_out(name: str) -> None:
    build = Builder(name, file=name + ".arch")
    build.input(3, 8, 8, label=name + "1")  # no two steps have one name
    with build.inside("stage", name, title=name, doc=name):
        build.place(Conv(4), label=name + "2")
        with build.inside("block", name, template=name):
            build.place(Conv(4), label=name)
            build.place(Dropout())
    build.output(label=name)
    graph = build.graph()
    for level in ("stage", "block", "op"):
        text = dot(graph, View(level))
        assert len(lines(text)) == len(fold(graph, View(level)).lines)
        assert "\x00" not in text
        labels = "".join(re.findall(r"label=<(.*?)> \w+=", text))
        assert isinstance(render(text, "json"), bytes)
        assert not re.search(r"<(?!/?(FONT|B|BR|TABLE|TR|TD)[ />])", labels)


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("color_by", ["kind", "macs", "none"])
def test_text_can_be_read_on_every_box(theme: str, color_by: str) -> None:
    for graph in (residual_network(), unet()):
        for level in ("stage", "block", "op"):
            text = dot(graph, View(level), Look(theme=THEMES[theme], color_by=color_by))
            page = THEMES[theme].page
            for line in text.splitlines():
                colors = re.findall(r'<FONT POINT-SIZE="[\d.]+" COLOR="(#\w{6})"', line)
                fill = re.search(r'fillcolor="(#\w{6})"', line)
                assert all(contrast(fill.group(1) if fill else page, color) >= 4.5 for color in colors), line
    assert contrast(page, THEMES[theme].faint) >= 4.5
    assert all(contrast(fill, THEMES[theme].faint) >= 4.5 for fill in THEMES[theme].frame_fills)


def test_heat_sums_to_the_network() -> None:
    graph = residual_network()
    text = dot(graph, look=Look(color_by="macs"))
    assert "4.09G in all" in text
    assert sum(node.macs for node in graph.nodes) == 4_087_136_256
