"""Tensors as solids to scale, and the plain style."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import CliRunner

from archc.cli import group
from archc.compiler.draw import Look, Options, draw_text, fold
from archc.compiler.draw.dot import Writer
from archc.compiler.draw.font import width
from archc.compiler.draw.laid_out import geometries
from archc.compiler.draw.look import PLAIN
from archc.compiler.draw.style import POINTS
from archc.compiler.draw.volumes import ROW, Scene, scene
from archc.compiler.draw.volumes_written import points
from archc.compiler.driver import check
from tests.support import graph_of

SVG = "{http://www.w3.org/2000/svg}"
NETWORKS = (
    "alexnet",
    "resnet50",
    "unet",
    "googlenet",
    "vit_b_16",
    "segnet",
    "retinanet_resnet50",
    "ddpm",
    "alexnet_towers",
    "slowfast_r50",
)


def made(name: str) -> Scene:
    graph = check(name).graph
    return scene(graph, fold(graph), Look())


def test_alexnet_as_in_its_figure() -> None:
    solids = made("alexnet").solids
    said = [(solid.above, solid.below[0]) for solid in solids]
    assert said[:2] == [("224\u00d7224", "3"), ("55\u00d755", "96")]
    assert said[-3:] == [("", "9216"), ("", "4096"), ("", "1000")]
    assert [solid.high for solid in solids] == sorted((solid.high for solid in solids), reverse=True)
    thick = {solid.below[0]: solid.thick for solid in solids}
    assert thick["3"] < thick["96"] < thick["256"] < thick["384"] < thick["4096"]


def test_a_stage_of_one_size_is_one_solid_with_its_name() -> None:
    names = [solid.below[1] for solid in made("resnet50").solids]
    assert names[3:7] == ["layer1", "layer2", "layer3", "layer4"]
    assert "features" not in [solid.below[1] for solid in made("alexnet").solids]  # it holds others as well


def test_a_pool_is_a_solid_of_its_own_and_a_run_is_named_after_what_computes_most() -> None:
    """The fifth group of VGG-16 gives maps of the size that the pool before it gave."""
    names = [solid.below[1] for solid in made("vgg16").solids]
    assert names[-6:-3] == ["maxpool 2x2, /2", "conv 3x3, 512 \u00d73", "maxpool 2x2, /2"]
    assert names[-1] == "linear 1000"
    names = [solid.below[1] for solid in made("vit_b_16").solids]
    assert "encoder_layer \u00d712" in names and names[-1] == "head: linear 1000"  # not `select`, which comes before it


def test_each_layer_that_computes_has_a_solid_of_its_own() -> None:
    """As the paper's five convolutions have, of which three give one shape."""
    names = [solid.below[1] for solid in made("alexnet").solids]
    assert names[5:8] == ["conv 3x3, 384", "conv 3x3, 384, g2", "conv 3x3, 256, g2"]
    assert sum("inception" in solid.below[1] for solid in made("googlenet").solids) == 9


def test_a_second_tower_has_a_row_of_its_own() -> None:
    drawn = made("alexnet_towers")
    rows = [[solid for solid in drawn.solids if solid.row == row] for row in (0, 1)]
    assert len(rows[0]) + len(rows[1]) == len(drawn.solids) and drawn.words == ""
    above = {solid.column: solid.below for solid in rows[0]}
    assert len(rows[1]) == 8 and all(above[solid.column] == solid.below for solid in rows[1])
    assert min(solid.y - solid.high for solid in rows[1]) > max(solid.y for solid in rows[0])
    into = {head.below for tail, head, _ in drawn.arrows if (tail.row, head.row) == (1, 0)}
    assert {size for size, _ in into} == {"96", "256", "9216", "4096"} and {name for _, name in into} == {"concat"}


def test_skips_over_the_same_solids_run_apart() -> None:
    drawn = made("hourglass")
    skips = [points(tail, head, skips, drawn) for tail, head, skips in drawn.arrows if skips]
    levels = [(way[2][1], way[1][0], way[-2][0]) for way in skips]
    assert len(levels) == 3 and all(level > 0 for level, _, _ in levels)
    for (one, left, right), (two, begin, end) in combinations(levels, 2):
        assert one != two or right < begin or end < left


def test_more_ways_than_a_few_rows_hold_are_named() -> None:
    drawn = made("hrnet_w18")
    assert {solid.row for solid in drawn.solids} == {0}
    assert drawn.words.startswith("Beside the main path, without a solid: ")


def test_what_a_skip_enters_is_apart_from_what_it_skips() -> None:
    text = (
        "input x[4, 8, 8]\n  a: conv(4) -> conv(4, 1)\n  maxpool(2) -> b: deconv(4, 2, stride = 2)\n  add { | skip | skip(a) } -> conv(8)"
    )
    graph = graph_of(f"network n {{\n  {text}\n}}\n")
    drawn = scene(graph, fold(graph), Look())
    (skip,) = [(tail.below[1], head.below[1]) for tail, head, skips in drawn.arrows if skips]
    assert skip[1] == "+" and "b: deconv" in "".join(solid.below[1] for solid in drawn.solids)


def test_a_way_that_begins_within_a_run_ends_outside_of_it() -> None:
    # The gate begins at the first sum and enters the product: as one solid they would come before and after the gate.
    graph = graph_of(
        "network n { input image[8, 16, 16]\n conv(8, 3)\n add { | conv(8, 3) | skip } -> relu\n"
        " mul { | conv(8, 3) | gate: { global_avgpool -> conv(8, 1) -> sigmoid } }\n conv(4, 1) }"
    )
    made = scene(graph, fold(graph), Look())
    columns = {name: solid.column for solid in made.solids for name in solid.boxes}
    lines = [line for line in fold(graph).lines if line.tail in columns and line.head in columns]
    assert all(columns[line.tail] <= columns[line.head] for line in lines)
    assert len({columns[name] for name in columns}) > 3


def test_a_u_goes_down_and_comes_up_and_its_skips_are_level() -> None:
    drawn = made("unet")
    assert drawn.is_u
    heights = [solid.y for solid in drawn.solids]
    deepest = heights.index(max(heights))
    assert heights[: deepest + 1] == sorted(heights[: deepest + 1])
    assert heights[deepest:][::-1] == sorted(heights[deepest:])
    skips = [(tail, head) for tail, head, skips in drawn.arrows if skips]
    assert len(skips) == 4 and all(tail.y == head.y for tail, head in skips)


@pytest.mark.parametrize("name", [*NETWORKS, "unetpp", "hourglass"])
def test_an_arrow_ends_at_the_solid_of_what_it_comes_to(name: str) -> None:
    """At what stands first in it, unless all of it is one stage: `conv` with the sum behind it would seem to take what the sum takes."""
    graph = check(name).graph
    picture = fold(graph)
    drawn = scene(graph, picture, Look())
    stages = {frame.scope.path[-1] for frame in picture.frames() if frame.scope.path}
    order = {box.name: place for place, box in enumerate(picture.boxes())}
    held = {box: solid for solid in drawn.solids for box in solid.boxes}
    for line in picture.lines:
        if line.size or line.head not in held or held[line.head] == held.get(line.tail) or held[line.head].below[1] in stages:
            continue
        assert line.head == min(held[line.head].boxes, key=order.__getitem__), (line.tail, line.head)


def test_a_sum_that_another_row_or_a_skip_comes_to_is_no_part_of_the_step_before_it() -> None:
    graph = graph_of(
        "network n { input image[8, 16, 16]\n a: conv(8, 3) -> relu\n stem: conv(8, 3) -> relu -> conv(8, 1)\n"
        " add { | skip | skip(a) } -> relu -> conv(8, 3)\n add { | skip -> conv(8, 3) | skip(a) -> conv(8, 5) -> conv(8, 5) } -> relu -> last: conv(8, 1) }"
    )
    names = [solid.below[1] for solid in scene(graph, fold(graph), Look()).solids]
    assert [name for name in names if "+" in name] == ["+", "+"]
    assert {"conv 1x1, 8", "last: conv 1x1, 8"} <= set(names)


@pytest.mark.parametrize("name", [*NETWORKS, "unetpp", "hourglass"])
def test_no_two_arrows_run_on_one_level(name: str) -> None:
    """But those of one tensor, and those to one solid."""
    drawn = made(name)
    level = []
    for tail, head, skips in drawn.arrows:
        way = points(tail, head, skips, drawn)
        if len(way) == 6:
            level.append((tail, head, way[2][1], way[2][0], way[3][0]))
    for (tail, head, y, left, right), (other, to, at, begin, end) in combinations(level, 2):
        if tail != other and head != to and left < end and begin < right:
            assert abs(y - at) > 2.5, (tail.below, head.below, other.below, to.below)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_skip_runs_through_no_solid_and_no_size(name: str) -> None:
    drawn = made(name)
    boxes = []
    for solid in drawn.solids:
        boxes.append((solid.x, solid.y - solid.high - solid.deep, solid.x + solid.thick + solid.deep, solid.y))
        middle, half = solid.x + (solid.thick + solid.deep) / 2, width(solid.above, POINTS["small"]) / 2
        boxes.append((middle - half, solid.y - solid.high - solid.deep - ROW, middle + half, solid.y - solid.high - solid.deep - 3))
        half = width(solid.below[1], POINTS["small"]) / 2
        boxes.append((middle - half - 1, solid.y + ROW + 2, middle + half + 1, solid.y + 2 * ROW))
    for tail, head, skips in drawn.arrows:
        for (left, top), (right, bottom) in pairwise(points(tail, head, skips, drawn)):
            (left, right), (top, bottom) = sorted((left, right)), sorted((top, bottom))
            own = [tail.x, head.x]  # an arrow between two of one level begins on the slanted side of the first
            crossed = [box for box in boxes if box[0] not in own and left < box[2] and right > box[0] and top < box[3] and bottom > box[1]]
            assert not crossed, (tail.below, head.below)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_solid_and_no_text_covers_another(name: str) -> None:
    drawn = made(name)
    for one, two in pairwise(drawn.solids):
        if one.row != two.row or (drawn.is_u and one.y != two.y):
            continue
        middle = [solid.x + (solid.thick + solid.deep) / 2 for solid in (one, two)]
        reach = [
            max(solid.thick + solid.deep, *(width(text, POINTS["small"]) for text in (solid.above, *solid.below))) / 2
            for solid in (one, two)
        ]
        assert middle[0] + reach[0] < middle[1] - reach[1]
    assert all(0 < solid.x and solid.x + solid.thick + solid.deep < drawn.width and 0 < solid.y < drawn.height for solid in drawn.solids)


@pytest.mark.parametrize("name", NETWORKS)
def test_every_box_is_in_a_solid_or_named_below(name: str) -> None:
    graph = check(name).graph
    picture = fold(graph)
    drawn = scene(graph, picture, Look())
    held = {box for solid in drawn.solids for box in solid.boxes}
    left = [box for box in picture.boxes() if box.name not in held and box.main.operation.name != "output"]
    more = re.search(r" and (\d+) more$", drawn.words)
    named = drawn.words.partition(": ")[2].split("; ") if drawn.words else []
    assert len(named) + (int(more.group(1)) if more else 0) == len(left)


def test_as_svg_and_as_tikz_that_a_person_can_edit() -> None:
    graph = check("alexnet").graph
    svg = draw_text(graph, "svg", Options(style="volumes", width=6.9)).data
    tikz = draw_text(graph, "tex", Options(style="volumes")).data
    assert svg is not None and tikz is not None
    root = ElementTree.fromstring(svg)
    assert root.get("width") == "496.8pt"
    solids = [one for one in root.iter(f"{SVG}g") if (one.get("id") or "").startswith("v")]
    assert len(solids) == len(made("alexnet").solids)
    assert all(len(list(solid.iter(f"{SVG}polygon"))) == 3 for solid in solids)
    lines = re.findall(rb"^\\volume\{.*\}$", tikz, re.MULTILINE)
    assert len(lines) == len(solids)
    assert all(line.count(b"{") == line.count(b"}") == 9 for line in lines if b"times" not in line)
    assert svg == draw_text(graph, "svg", Options(style="volumes", width=6.9)).data


def test_a_width_at_which_nothing_can_be_read_is_told() -> None:
    graph = check("unet").graph
    (told,) = draw_text(graph, "svg", Options(style="volumes", width=6.9)).diagnostics
    found = re.search(r"--width ([\d.]+)in", told.help or "")
    assert told.code == "W551" and found is not None
    assert draw_text(graph, "svg", Options(style="volumes", width=float(found[1]))).diagnostics == ()


def test_what_cannot_be_volumes_is_refused(tmp_path: Path) -> None:
    for more in (["-o", "n.png"], ["--insets", "-o", "n.svg"]):
        done = CliRunner().invoke(group, ["draw", "alexnet", "--style", "volumes", *more[:-1], str(tmp_path / more[-1])])
        assert done.exit_code == 2 and "F606" in done.output
    assert list(tmp_path.iterdir()) == []


def test_plain_boxes_have_names_alone(tmp_path: Path) -> None:
    graph = graph_of("network n {\n  input x[3, 8, 8]\n  conv(4, 3) -> bn -> relu\n}\n")
    drawn = draw_text(graph, "svg", Options(style="plain"))
    assert drawn.data is not None
    root = ElementTree.fromstring(drawn.data)
    assert ["".join(text.itertext()).strip() for text in root.iter(f"{SVG}text")] == ["x", "conv 3x3, 4", "output"]
    assert set(re.findall(rb'fill="(#\w+)"', drawn.data)) <= {b"#ffffff", b"#000000"}


def test_a_plain_box_is_named_after_what_computes_and_not_after_what_stands_before() -> None:
    graph = graph_of("network n {\n  input x[3, 8, 8]\n  relu -> conv(4, 3)\n  bn -> relu -> global_avgpool -> flatten\n}\n")
    drawn = draw_text(graph, "svg", Options(style="plain"))
    assert drawn.data is not None
    texts = ["".join(text.itertext()).strip() for text in ElementTree.fromstring(drawn.data).iter(f"{SVG}text")]
    assert texts == ["x", "conv 3x3, 4", "global_avgpool", "output"]


def test_the_boxes_of_a_frame_of_a_plain_picture_are_equally_wide() -> None:
    graph = check("resnet18").graph
    picture = fold(graph)
    made = geometries([Writer(graph, picture, replace(PLAIN, plain=True))])
    assert isinstance(made, tuple)
    for frame in picture.frames():
        wide = [made[0].places[item.name].width for item in frame.items]
        assert max(wide) - min(wide) < 0.2, frame.name


def test_widths_have_names(tmp_path: Path) -> None:
    file = tmp_path / "n.svg"
    for words, wide in (("column", 238), ("page", 497)):
        done = CliRunner().invoke(group, ["draw", "googlenet", "--open", "inception", "--width", words, "-o", str(file)])
        assert done.exit_code == 0
        found = re.search(r'width="(\d+)pt"', file.read_text(encoding="utf-8"))
        assert found is not None and abs(int(found.group(1)) - wide) <= 1
