"""Which networks are drawn as a U."""

from __future__ import annotations

import pytest

from archc.compiler.draw import fold
from archc.compiler.draw.u_shape import STRAIGHT, Arms, arms
from archc.compiler.driver import check
from tests.support import graph_of

from .checks import laid_out

U = """
  a: conv(8) -> maxpool(2) -> b: conv(8) -> maxpool(2) -> conv(8)
  concat { | skip(b) | upsample(2) } -> conv(8)
  concat { | skip(a) | upsample(2) } -> end: conv(8)
"""
BACKBONE = f"network down_and_up {{ input image[3, 32, 32]\n{U}\n}}\n"


def of(text: str) -> Arms:
    return arms(fold(graph_of(text)))


def test_a_network_that_is_one() -> None:
    assert of(f"network n {{ input image[3, 32, 32]\n{U}\n conv(4) }}").level


def test_a_vector_that_every_level_reads_is_no_level_of_it() -> None:
    """As the time of a diffusion network: it comes in at the side, and the bottom stays where the maps are smallest."""
    text = """
      block moved(out) takes x, t { add(broadcast = true) { | conv(out) | skip(t) -> linear(out) -> reshape([out, 1, 1]) } }
      network n {
        input image[3, 32, 32]
        input t[8]
        skip(t) -> time: linear(16)
        skip(image) -> first: conv(8) -> a: moved(8) { | skip | skip(time) }
        maxpool(2) -> b: moved(8) { | skip | skip(time) } -> maxpool(2) -> c: moved(8) { | skip | skip(time) }
        concat { | skip(b) | upsample(2) } -> d: moved(8) { | skip | skip(time) }
        concat { | skip(a) | upsample(2) } -> e: moved(8) { | skip | skip(time) }
      }
    """
    picture = fold(graph_of(text))
    found = arms(picture)
    labels = {box.name: box.nodes[-1].path[0] for box in picture.boxes()}
    assert labels[found.deepest] == "c" and len(found.level) == 2
    assert {labels[name] for name in found.rising} >= {"d", "e"} and not {labels[name] for name in found.rising} & {
        "time",
        "first",
        "a",
        "b",
    }


def test_one_in_a_stage_with_all_that_follows() -> None:
    assert of(f"network n {{ input image[3, 32, 32]\n stage all {{ {U}\n conv(4) }} }}").level


@pytest.mark.parametrize("after", ["stage head { conv(4) }", "conv(4) -> conv(4)"])
def test_not_where_it_is_a_backbone_for_the_rest(after: str) -> None:
    """What follows would climb beside the backbone, through its frames."""
    assert of(f"{BACKBONE}network n {{ input image[3, 32, 32]\n body: down_and_up\n {after} }}") is STRAIGHT


def test_a_backbone_alone_is_one_still() -> None:
    assert of(f"{BACKBONE}network n {{ input image[3, 32, 32]\n body: down_and_up }}").level


def test_not_where_answers_are_given_on_the_way_down() -> None:
    """Then there are other ways up beside the one that would be the second arm, as in a nested U-Net."""
    assert of(f"network n {{ input image[3, 32, 32]\n{U}\n output end }}").level
    assert of(f"network n {{ input image[3, 32, 32]\n{U}\n skip(a) -> early: conv(4)\n output end, early }}") is STRAIGHT


def test_branches_beside_the_arms_stand_in_the_order_of_the_text() -> None:
    """YOLOv8's head tells boxes and classes of each of three maps."""
    graph = check("yolov8n").graph
    ((picture, geometry),) = laid_out(graph, [fold(graph)])
    assert arms(picture).level
    named = {".".join(box.scope.path): geometry.places[box.name] for box in picture.boxes() if box.scope is not None}
    for number in range(3):
        one, two = (named[f"model.head.{name}.{number}"] for name in ("cv2", "cv3"))
        assert one.x + one.width < two.x and one.y == two.y
