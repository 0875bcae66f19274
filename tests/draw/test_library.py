"""The pictures of the shipped networks."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

from archc.compiler.analysis.cost import cost
from archc.compiler.draw import LEVELS, Look, Options, View, draw_text, fold, to_dot
from archc.compiler.driver import check
from archc.compiler.files import library
from archc.compiler.graph.graph import Graph
from archc.manual.gallery import digest, large
from tests.sample import sample

from .reading import lines

NETWORKS = [name for name in library.files() if name != "units"]  # which has blocks alone


# Four resolutions side by side, and each hears each of the others, or every step of a nested U-Net all before it: meshes, whose knots are
# what their figures show; a BiFPN's lattice of five levels is drawn whole for the same reason.
MOST = {"hrnet_w18": 69, "unetpp": 48, "efficientdet_d0": 74}


@cache
def of(name: str) -> Graph:
    checked = check(name)
    assert not checked.has_errors and checked.program is not None
    return checked.graph


@pytest.mark.parametrize("name", sample(NETWORKS, 0, 12))
def test_drawn_edges_equal_the_graphs(name: str) -> None:
    network = of(name)
    edges = sorted((producer.index, user.index, operand) for producer, user, operand in network.edges())
    for level in LEVELS:
        picture = fold(network, View(level))
        assert sorted([edge for line in picture.lines for edge in line.edges] + list(picture.hidden)) == edges
        drawn_nodes = {node.index for box in picture.boxes() for node in box.nodes}
        assert len(drawn_nodes) == sum(len(box.nodes) for box in picture.boxes())
        assert all(node.operation.passes_on() for node in network.nodes if node.index not in drawn_nodes)
        drawn = lines(to_dot(network, picture, Look(direction="TB")))
        assert sorted(drawn) == sorted((line.tail, line.head) for line in picture.lines)
    whole = fold(network, View(open=("*",)))
    boxes = {node.index: box.name for box in whole.boxes() for node in box.nodes}

    def source(index: int) -> str:
        """What made a tensor: a step that hands it on has no box."""
        return boxes[index] if index in boxes else source(network.nodes[index].inputs[0])

    between = [(source(producer), boxes[user]) for producer, user, _ in edges if user in boxes]
    drawn = lines(to_dot(network, whole, Look(direction="TB")))
    if len(set(boxes.values())) == len(boxes):
        assert sorted(drawn) == sorted(between)
    else:  # equal pools in a row are one box, whose tensors leave it by one line
        assert sorted(set(drawn)) == sorted({row for row in between if row[0] != row[1]})


@pytest.mark.parametrize("name", sample(NETWORKS, 1))
def test_at_most_forty_boxes_and_stages_as_in_the_file(name: str) -> None:
    network = of(name)
    picture = fold(network)
    assert len(picture.boxes()) <= MOST.get(name, 40)
    stages = {scope.title for scope in network.members if scope.kind == "stage"}
    drawn = [frame for frame in picture.frames() if frame.scope.kind == "stage"]
    assert {frame.scope.title for frame in drawn} <= stages
    assert sum(frame.count for frame in drawn) == len(stages)  # equal ones are one frame, with how many there are


@pytest.mark.parametrize("name", sample(NETWORKS, 2))
def test_heat_sums_to_the_networks_total(name: str) -> None:
    network = of(name)
    table = cost(network).total
    for level in LEVELS:
        work = fold(network, View(level)).work
        assert (work.parameters, work.macs, work.activations) == (table.parameters, table.macs, table.activations)


def repeats(name: str, template: str) -> list[int]:
    """How many calls of a block stand in each frame, folded ones counted."""
    picture = fold(of(name))
    rows = []
    for frame in (picture.root, *picture.frames()):
        calls = [item.count for item in frame.items if item.scope is not None and item.scope.template == template]
        if calls:
            rows.append(sum(calls))
    return rows


@pytest.mark.parametrize(
    ("name", "template", "expected"),
    [
        ("resnext50", "bottleneck", [3, 4, 6, 3]),
        ("resnet152", "bottleneck", [3, 8, 36, 3]),
        ("densenet121", "dense", [6, 12, 24, 16]),
        ("inception_v4", "inception_a", [4]),
        ("inception_v4", "inception_b", [7]),
        ("inception_v4", "inception_c", [3]),
        ("vit_b_16", "encoder_layer", [12]),
    ],
)
def test_repeats_are_folded(name: str, template: str, expected: list[int]) -> None:
    assert repeats(name, template) == expected


@pytest.mark.parametrize("name", ["resnext50", "resnet152", "unet", "mobilenet_v2", "vit_b_16", "convnext_tiny"])
def test_the_picture_fits_a_page_and_can_be_read(name: str) -> None:
    """On a portrait page (6.5 by 9 inches) no text is smaller than 6 points."""
    drawn = draw_text(of(name), "svg")
    assert drawn.data is not None
    found = re.search(rb'width="(\d+)pt" height="(\d+)pt"', drawn.data)
    assert found is not None
    width, height = int(found.group(1)), int(found.group(2))
    scale = min(1.0, 6.5 * 72 / width, 9 * 72 / height)
    smallest = min(float(size) for size in re.findall(rb'font-size="([\d.]+)"', drawn.data))
    assert smallest * scale >= 6.0


def test_drawing_needs_no_torch() -> None:
    program = (
        "import sys; from archc.compiler.driver import check; from archc.compiler.draw import draw_text;"
        "assert draw_text(check('resnext50').graph, 'svg').data;"
        "loaded = {'torch', 'rich'} & set(sys.modules); assert not loaded, loaded"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_command_line_offers_what_there_is() -> None:
    from archc.cli import draw as command
    from archc.compiler.draw import COSTS, DIRECTIONS, THEMES

    assert command.LEVELS == LEVELS
    assert command.DIRECTIONS == DIRECTIONS
    assert tuple(THEMES) == command.THEMES
    assert set(command.COLORS) == {"kind", "none", "cost", "time", *COSTS}


def test_a_picture_at_the_width_of_a_column() -> None:
    drawn = draw_text(of("resnext50"), "svg", Options(width=3.0))
    assert drawn.data is not None and b'width="216pt"' in drawn.data
    [high] = drawn.diagnostics
    assert high.code == "W551" and "11.0 in high, and a page has 9" in high.message and high.help == "draw it with `--level stage`"
    assert draw_text(of("resnext50"), "svg", Options(width=1.8, level="stage")).diagnostics == ()
    usual = draw_text(of("resnext50"), "svg", Options(insets=False))
    for form in ("svg", "png", "pdf"):  # a width is the most: nothing is enlarged, and that is told
        wider = draw_text(of("resnext50"), form, Options(width=6.9, insets=False))
        assert [row.code for row in wider.diagnostics] == ["W553", "W551"] and (form != "svg" or wider.data == usual.data)
    narrow = draw_text(of("resnext50"), "svg", Options(width=1.0))
    assert [row.code for row in narrow.diagnostics] == ["W551"]


def test_the_gallery_shows_every_network() -> None:
    docs = Path(__file__).parents[2] / "docs"
    text = (docs / "gallery.md").read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == NETWORKS
    shown = {f"{name}-{level}.svg" for name in NETWORKS for level in ("stage", "block")}
    assert {path.name for path in (docs / "gallery").iterdir()} == shown | {"sums.txt"}


@pytest.mark.slow
@pytest.mark.parametrize("name", sample(NETWORKS, 3, 40))
def test_large_pictures_have_the_same_bytes_on_every_machine(name: str) -> None:
    """Where they have not: `make gallery`."""
    sums = (Path(__file__).parents[2] / "docs" / "gallery" / "sums.txt").read_text(encoding="utf-8").splitlines()
    kept = [row for row in sums if row.split()[1] in (f"{name}-insets.svg", f"{name}-op.svg")]
    assert [f"{digest(picture)}  {name}-{kind}.svg" for kind, picture in sorted(large(name).items())] == kept
