"""Boxes that are opened on the page: what comes to them runs on to where it is read, and through nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from archc.compiler.draw import fold
from archc.compiler.draw.page.page import to_page
from archc.compiler.driver import check
from archc.compiler.graph.graph import Graph
from tests.browser import browser, in_browser
from tests.sample import only_in_campaign
from tests.support import graph_of

from .pages import labels, places, struck

__all__ = ["browser"]

# The ways up take their skip as a second tensor, and the ways down keep one in their middle: lines reach these boxes at their sides.
U = """
block down(c) { kept: conv(c, 3) -> relu -> conv(c, 3) -> maxpool(2) }
block up(c) takes x, kept { concat { | skip(x) -> upsample(2) | skip(kept) } -> conv(c, 3) -> relu -> conv(c, 1) }
network n {
  input image[3, 64, 64]
  stage encoder { e0: down(8) -> e1: down(16) -> e2: down(24) }
  bottom: conv(32, 3)
  stage decoder {
    d2: up(24) { | skip | skip(encoder.e2.kept) }
    d1: up(16) { | skip | skip(encoder.e1.kept) }
    d0: up(8) { | skip | skip(encoder.e0.kept) }
  }
}
"""
# The second tensor of the block comes from far above, and the heading is longer than what it shows.
BESIDE = """
block mixed_with_what_was_remembered(c) takes x, kept { add { | skip(x) -> conv(c, 3) -> relu -> conv(c, 3) | skip(kept) -> conv(c, 1) } -> relu }
network n {
  input image[3, 32, 32]
  first: conv(8, 3) -> relu
  conv(8, 3) -> relu -> conv(8, 3) -> relu
  a: mixed_with_what_was_remembered(8) { | skip | skip(first) } -> relu
  b: mixed_with_what_was_remembered(8) { | skip | skip(first) }
}
"""
# What the middle one hears comes from the left, at the height of the heading.
FUSED = """
block hear(i, j, c) {
  if j > i { conv(c[i], 1) -> bn -> upsample(2 ** (j - i)) }
  if j < i { conv(c[i], 3, stride = 2 ** (i - j)) -> bn -> relu }
}
block exchange(c) takes xs[] gives sums[] {
  for i in range(len(xs)) { skip(xs[i]) -> "branches.{i}": conv(c[i], 3) }
  for i in range(len(xs)) {
    add { | for j in range(len(xs)): skip(branches[j]) -> "fuse.{i}.{j}": hear(i, j, c) }
      -> "sums.{i}": relu
  }
}
block begin(c) gives ys[] { for i in range(len(c)) { conv(c[i], 3, stride = 1 if i == 0 else 2) -> "ys.{i}": relu } }
network n {
  input image[3, 64, 64]
  begin([8, 16, 32])
  stage one { exchange([8, 16, 32]) }
  stage two { exchange([8, 16, 32]) }
  maps: skip
  add { | skip(maps[0]) | skip(maps[1]) -> conv(8, 1) -> upsample(2) }
}
"""


@pytest.fixture
def shown(browser: Any) -> Iterator[Any]:
    yield browser
    assert browser.get_log("browser") == []


def open_each(browser: Any, folder: Path, graph: Graph, direction: str | None = None) -> Iterator[str]:
    """The page with one box open, and with another one, and so on; the key of each."""
    file = folder / "n.html"
    made = to_page(graph, direction=direction)
    assert isinstance(made, str)
    file.write_text(made, encoding="utf-8")
    browser.get(file.as_uri())
    keys = browser.execute_script(
        "return JSON.parse(document.getElementById('data').text).layouts[0].boxes.filter(box => box.i !== undefined).map(box => box.n)"
    )
    for key in keys:
        browser.get("about:blank")
        browser.get(f"{file.as_uri()}#open={key}")
        assert browser.find_elements("css selector", f'#canvas [data-key^="{key}/"]'), "it opened"
        yield key


@in_browser
@pytest.mark.parametrize("direction", [None, "LR"])
@pytest.mark.parametrize("text", [U, BESIDE, FUSED])
def test_no_line_runs_through_a_box_or_a_heading(shown: Any, tmp_path: Path, text: str, direction: str | None) -> None:
    opened = [(key, struck(shown)) for key in open_each(shown, tmp_path, graph_of(text), direction)]
    assert opened and [row for row in opened if row[1]] == []


@in_browser
def test_what_is_opened_on_the_way_up_leads_up(shown: Any, tmp_path: Path) -> None:
    upwards = []
    for _ in open_each(shown, tmp_path, graph_of(U)):
        found = places(shown)
        convs = [place[1] for label, place in found.items() if label.startswith(("conv 3x3", "conv 1x1")) and label != "bottom"]
        assert any(label.startswith("image") for label in labels(shown))
        upwards.append(any(label.startswith("concat") and place[1] > min(convs) for label, place in found.items()))
    assert upwards == [False, False, False, True, True, True]


@only_in_campaign
@in_browser
@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["unet", "ddpm", "hrnet_w18", "googlenet", "resnet50_fpn", "deeplabv3_resnet50", "efficientdet_d0", "hourglass", "ssd300_vgg16"]
)
def test_no_line_of_a_shipped_network_runs_through_a_box(shown: Any, tmp_path: Path, name: str) -> None:
    assert [key for key in open_each(shown, tmp_path, check(name).graph) if struck(shown)] == []


@in_browser
def test_a_frame_keeps_room_for_its_heading_beside_the_line_that_comes_in(shown: Any, tmp_path: Path) -> None:
    """The strip of what stands at a U's bottom ends in the middle of the arms: the frame of one came close around its boxes, and its words onto the line."""
    graph = check("unet").graph
    (tmp_path / "n.html").write_text(str(to_page(graph)), encoding="utf-8")
    (bottom,) = [box.name for box in fold(graph).boxes() if box.scope is not None and box.scope.path == ("bottom",)]
    shown.get(f"{(tmp_path / 'n.html').as_uri()}#open={bottom}")
    assert struck(shown) == []


FRAMES = """
const layout = JSON.parse(document.getElementById('data').text).layouts[0];
const within = layout.boxes.find(box => box.n === arguments[0]).f;
return layout.frames.flatMap((frame, number) => {
  const drawn = document.querySelector(`#canvas [data-key="${frame.n}"]`).parentNode.querySelector(':scope > rect').getBBox();
  return within.includes(number) ? [] : [[frame.r[0][0][0], frame.p[2], drawn.width]];
});
"""


@in_browser
def test_other_frames_stay_as_wide_as_they_were(shown: Any, tmp_path: Path) -> None:
    """They stand above and below what is opened, in the strip that it takes."""
    graph = check("resnet18").graph
    found = [frame for key in open_each(shown, tmp_path, graph) for frame in shown.execute_script(FRAMES, key)]
    assert len(found) > 20
    assert [row for row in found if abs(row[1] - row[2]) > 1] == []
