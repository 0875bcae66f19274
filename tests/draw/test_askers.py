"""What people asked other viewers for, each done as the asker would, in a browser: the number is that of the issue."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archc.cli import group
from tests.browser import browser, in_browser, until

from .pages import click, labels, places, shape, struck, view
from .test_compare_page import BEFORE, chosen, made, rows

__all__ = ["browser"]

BOTH = ("canvas", "canvas1")


def ran(*words: str | Path) -> None:
    done = CliRunner().invoke(group, [str(word) for word in words])
    assert done.exit_code == 0, done.output


def short(browser: Any, canvas: str) -> list[str]:
    return [label.split(",")[0] for label in labels(browser, canvas=canvas)]


def colors(browser: Any, canvas: str, sign: str) -> set[str]:
    """The fills of boxes whose words begin with a sign."""
    found = browser.execute_script(
        "return [...document.querySelectorAll(`#${arguments[0]} .box`)].filter(box => box.getAttribute('aria-label').startsWith(arguments[1]))"
        ".map(box => getComputedStyle(box.querySelector('rect, ellipse')).fill)",
        canvas,
        sign,
    )
    return set(found)


def exported(file: Path, wide: int, *, squeezed: bool) -> Path:
    """A network of PyTorch's as its own exporter writes it, with modules in modules."""
    torch = pytest.importorskip("torch")
    pytest.importorskip("onnx")
    nn = torch.nn

    def unit(channels: int, out: int, kernel: int) -> Any:
        return nn.Sequential(nn.Conv2d(channels, out, kernel, padding=kernel // 2), nn.ReLU())

    body = [unit(16, wide, 3), *([nn.MaxPool2d(2)] if squeezed else []), unit(wide, 16, 1)]
    net = nn.Sequential(unit(3, 16, 3), nn.Sequential(*body), nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)))
    torch.onnx.export(
        net.eval(), (torch.zeros(1, 3, 16, 16),), str(file), dynamo=False, input_names=["x"], dynamic_axes={"x": {0: "batch"}}
    )
    return file


@in_browser
@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_netron_1543_two_models_are_compared_as_git_compares_texts(browser: Any, tmp_path: Path) -> None:
    """ "Same diff feature as in Git, but for models. So you can import two models and compare them to spot architectural differences."

    And, as its maintainer answers, hierarchies are handled.
    """
    one = exported(tmp_path / "one.onnx", 16, squeezed=False)
    two = exported(tmp_path / "two.onnx", 32, squeezed=True)
    page = tmp_path / "diff.html"
    ran("diff", one, two, "-o", page)
    browser.get(page.as_uri())
    shown = [row.text.split("\n")[0] for row in browser.find_elements("css selector", "#changes tbody tr:not(.group)")]
    assert shown[0] == "~ 1.0.0 (conv) channels: 16 \u2192 32, [16, 16, 16] \u2192 [32, 16, 16] +2.32K +590K"
    assert {row.split(")")[0] for row in shown if row[0] in "+\u2212"} == {
        "+ 1.1 (maxpool", "+ 1.2.0 (conv", "+ 1.2.1 (relu", "\u2212 1.1.0 (conv", "\u2212 1.1.1 (relu",
    }  # fmt: skip
    assert [row.text for row in browser.find_elements("css selector", "#changes .group th")] == ["1: 7 changes", "2: 1 change"]
    one_side, other_side = labels(browser), labels(browser, canvas="canvas1")
    assert one_side[:2] == other_side[:2] == ["x, 3\u00d716\u00d716", "group, 3x3, 16"]  # the hierarchy: what is the same is shut
    assert [label.split(",")[0] for label in one_side if label[0] in "+\u2212"] == ["\u2212 conv 1x1"]
    assert [label.split(",")[0] for label in other_side if label[0] in "+\u2212"] == ["+ maxpool 2x2", "+ conv 1x1"]
    click(browser, "group, 3x3, 16")  # and opens in both, down to its steps, of which none differs
    assert [short(browser, canvas)[1:3] for canvas in BOTH] == [["conv 3x3", "relu"]] * 2
    browser.find_element("id", "next").click()
    assert [labels(browser, "box.on", canvas) for canvas in BOTH] == [["~ conv 3x3, 16"], ["~ conv 3x3, 32"]]
    assert browser.get_log("browser") == []


@in_browser
@pytest.mark.slow
def test_netron_1544_a_model_is_compared_across_export_and_deployment(browser: Any, tmp_path: Path) -> None:
    """ "Tracking model graph diff and comparison"; what is asked for in it is to compare a model across export, compilation and deployment."""
    pytest.importorskip("onnx")
    (tmp_path / "before.arch").write_text(BEFORE.replace("old: relu -> ", ""), encoding="utf-8")
    ran("build", tmp_path / "before.arch", "--target", "export,onnx", "-o", tmp_path / "exported")
    ran("build", tmp_path / "before.arch", "--target", "onnx", "--optimize", "-o", tmp_path / "deployed")
    page = tmp_path / "diff.html"

    ran("diff", tmp_path / "before.arch", tmp_path / "exported" / "before.pt2", "-o", page)
    browser.get(page.as_uri())
    assert rows(browser) == []
    assert "no step differs; 17 the same" in browser.find_element("id", "totals").text

    for file in (tmp_path / "exported", tmp_path / "deployed"):
        ran("diff", tmp_path / "before.arch", file / "before.onnx", "-o", page)
        browser.get(page.as_uri())
        # For inference a norm is part of the convolution before it; all other steps are told to be what they were.
        told = {row.split(" -> ")[0].split(" (")[0] for row in rows(browser) if row[0] in "+\u2212"}
        assert told == {f"\u2212 {step}.bn1" for step in ("stem.first", "body.a", "body.b", "body.c")}
        assert "10,138 -> 9,978" in browser.find_element("css selector", "#changes .totals").text
        browser.find_element("id", "unfold").click()
        for words in ("conv 3x3, 32", "linear 10"):
            click(browser, next(label for label in labels(browser) if words in label))
            assert [[words in label for label in labels(browser, "box.on", canvas)] for canvas in BOTH] == [[True]] * 2
    assert browser.get_log("browser") == []


@in_browser
def test_model_explorer_46_steps_of_two_graphs_are_associated_and_their_difference_is_shown(browser: Any, tmp_path: Path) -> None:
    """Two graphs side by side, nodes associated by ids, a diff view; best "a computed graph diff". Later, in 376: missing nodes red, new ones green."""
    browser.get(made(tmp_path).as_uri())
    click(browser, "~ conv 3x3, 16")
    assert [chosen(browser, canvas) for canvas in BOTH] == [["~ conv 3x3"], ["~ conv 5x5"]]
    click(browser, "= classifier: linear 10", "canvas1")  # by what it does, where its id is another
    assert [chosen(browser, canvas) for canvas in BOTH] == [["= linear 10"], ["= classifier: linear 10"]]
    alone = [[label for label in short(browser, canvas) if label[0] in "+\u2212"] for canvas in BOTH]
    assert alone == [["\u2212 old: relu"], ["+ squeeze: conv 1x1"]]
    for canvas, sign, strongest in (("canvas", "\u2212", 0), ("canvas1", "+", 1)):
        (fill,) = colors(browser, canvas, sign)
        parts = [int(part) for part in fill.removeprefix("rgb(").removesuffix(")").split(", ")]
        assert parts[strongest] == max(parts) and sorted(parts)[-2] < parts[strongest], "red, and green"
    assert rows(browser) == [
        "~ body.b.conv1 (conv)", "\u2212 body.old (relu)", "+ body.squeeze (conv)", "~ body.c.conv1 (conv)", "= head.fc -> head.classifier (linear)",
    ]  # fmt: skip
    assert browser.get_log("browser") == []


DEEP = "network deep {\n  input signal[4, 64]\n" + "".join(f"  stage s{k} {{ conv({8 + k}) -> relu }}\n" for k in range(9)) + "}\n"


def across(found: dict[str, tuple[float, float, float, float]]) -> bool:
    """Whether boxes stand in a row, from left to right."""
    return all(one[2] <= two[0] for one, two in pairwise(sorted(found.values())))


@in_browser
def test_model_explorer_69_models_are_displayed_horizontally(browser: Any, tmp_path: Path) -> None:
    """ "To maximize screen space": of a model that is deeper than it is wide each layer appears bigger on screen; there is "an option that changes the orientation"."""
    (tmp_path / "deep.arch").write_text(DEEP, encoding="utf-8")
    for options, is_across in (((), False), (("--direction", "LR"), True)):
        ran("draw", tmp_path / "deep.arch", "--level", "op", "-o", tmp_path / "deep.html", *options)
        browser.get((tmp_path / "deep.html").as_uri())
        sizes = {}
        for _ in range(2):
            assert across(places(browser)) is is_across
            browser.find_element("id", "fit").click()
            left, _, right, _ = shape(browser, "#canvas")
            sizes[is_across] = (right - left) / view(browser)[2]
            browser.find_element("id", "turn").click()
            is_across = not is_across
        assert sizes[True] > 1.2 * sizes[False], "pixels that a point of the picture takes"


@in_browser
def test_model_explorer_69_a_turned_page_keeps_what_is_open_and_chosen(browser: Any, tmp_path: Path) -> None:
    browser.get(made(tmp_path).as_uri())
    click(browser, "a unit")
    click(browser, "~ conv 3x3, 16")
    before = [sorted(labels(browser, canvas=canvas)) for canvas in BOTH]
    for is_across in (True, False, True):
        browser.find_element("tag name", "body").send_keys("r")
        assert [sorted(labels(browser, canvas=canvas)) for canvas in BOTH] == before
        assert [chosen(browser, canvas) for canvas in BOTH] == [["~ conv 3x3"], ["~ conv 5x5"]]
        assert [across(places(browser, canvas)) for canvas in BOTH] == [is_across] * 2
        one, two = shape(browser, "#canvas"), shape(browser, "#canvas1")
        assert (one[3] <= two[1], one[2] <= two[0]) == (is_across, not is_across), "one above the other, or beside it"
        left, right = places(browser)["~ conv 3x3, 16"], places(browser, "canvas1")["~ conv 5x5, 16"]
        axis = 0 if is_across else 1
        assert (left[axis] + left[axis + 2]) / 2 == pytest.approx((right[axis] + right[axis + 2]) / 2, abs=3), "together still"
    until(lambda: "turned=1" in browser.current_url)
    link = browser.current_url
    browser.get("about:blank")
    browser.get(link)
    assert [across(places(browser, canvas)) for canvas in BOTH] == [True] * 2
    assert browser.get_log("browser") == []


@in_browser
def test_model_explorer_69_no_line_runs_through_what_is_opened_on_a_turned_page(browser: Any, tmp_path: Path) -> None:
    """What comes to a box from above ran through its heading, where the flow leads to the right."""
    ran("draw", "resnext50", "-o", tmp_path / "net.html")
    browser.get((tmp_path / "net.html").as_uri())
    browser.find_element("id", "turn").click()
    assert struck(browser) == []
    for label in ("bottleneck, | 1x1, 256", "downsample projection"):
        click(browser, label)
        assert struck(browser) == []
    assert browser.get_log("browser") == []
