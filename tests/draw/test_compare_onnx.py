"""Two ONNX files, from any tool, on one page: what differs in their architectures, part by part."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from archc.cli import group
from tests.browser import browser, in_browser

from .pages import labels

__all__ = ["browser"]

pytestmark = pytest.mark.slow


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
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_two_onnx_files_are_compared_as_git_compares_texts(browser: Any, tmp_path: Path) -> None:
    one = exported(tmp_path / "one.onnx", 16, squeezed=False)
    two = exported(tmp_path / "two.onnx", 32, squeezed=True)
    page = tmp_path / "diff.html"
    done = CliRunner().invoke(group, ["diff", str(one), str(two), "-o", str(page)])
    assert done.exit_code == 0, done.output
    browser.get(page.as_uri())
    shown = [row.text.split("\n")[0] for row in browser.find_elements("css selector", "#changes tbody tr:not(.group)")]
    assert shown[0] == "~ 1.0.0 (conv) channels: 16 -> 32, [16, 16, 16] -> [32, 16, 16] +2.32K +590K"
    assert {row.split(")")[0] for row in shown if row[0] in "+\u2212"} == {
        "+ 1.1 (maxpool", "+ 1.2.0 (conv", "+ 1.2.1 (relu", "\u2212 1.1.0 (conv", "\u2212 1.1.1 (relu",
    }  # fmt: skip
    assert [row.text for row in browser.find_elements("css selector", "#changes .group th")] == ["1: 7 changes", "2: 1 change"]
    one_side, other_side = labels(browser), labels(browser, canvas="canvas1")
    assert one_side[:2] == other_side[:2] == ["x, 3\u00d716\u00d716", "group, 3x3, 16"]  # the hierarchy: what is the same is shut
    assert [label.split(",")[0] for label in one_side if label[0] in "+\u2212"] == ["\u2212 conv 1x1"]
    assert [label.split(",")[0] for label in other_side if label[0] in "+\u2212"] == ["+ maxpool 2x2", "+ conv 1x1"]
    browser.find_element("id", "next").click()
    assert [labels(browser, "box.on", canvas) for canvas in ("canvas", "canvas1")] == [["~ conv 3x3, 16"], ["~ conv 3x3, 32"]]
    assert browser.get_log("browser") == []
