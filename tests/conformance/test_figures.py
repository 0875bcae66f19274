"""Networks that neither torchvision nor timm has, against the figures that their authors state."""

from __future__ import annotations

from dataclasses import dataclass, field

import pytest

from archc.compiler import driver
from archc.compiler.files.library import names
from tests.conformance.test_library import count


@dataclass(frozen=True, slots=True)
class Figure:
    """`parameters` to the unit; `macs` as rounded as the source has it, so that ours may differ by `within` of it."""

    name: str
    parameters: int
    macs: float | None = None
    within: float = 0.01
    settings: dict[str, object] = field(default_factory=dict)

    def __str__(self) -> str:
        return "-".join([self.name, *(f"{key}={value}" for key, value in self.settings.items())])


def yolov8(width: int, depth: int, most: int, parameters: int, gflops: float) -> Figure:
    """The 16 fixed numbers by which the boxes are decoded count as parameters there; a MAC is 2 FLOPs, and norms count as well."""
    return Figure("yolov8n", parameters - 16, gflops * 1e9 / 2, 0.02, {"width": width, "depth": depth, "most": most})


FIGURES = [
    # The summaries at the head of the authors' yolov8.yaml: n, s, m, l and x, for 80 classes at 640 pixels.
    yolov8(16, 1, 256, 3_157_200, 8.9),
    yolov8(32, 1, 512, 11_166_560, 28.8),
    yolov8(48, 2, 576, 25_902_640, 79.3),
    yolov8(64, 3, 512, 43_691_520, 165.7),
    yolov8(80, 3, 640, 68_229_648, 258.5),
]


@pytest.mark.parametrize("figure", FIGURES, ids=str)
def test_counts(figure: Figure) -> None:
    program = driver.compile(figure.name, settings=figure.settings).program
    assert program is not None
    assert count(program, trainable=True, side_heads=False) == figure.parameters
    if figure.macs is not None:
        assert sum(node.macs for node in program.nodes) == pytest.approx(figure.macs, rel=figure.within)


def test_they_are_of_the_library() -> None:
    assert {figure.name for figure in FIGURES} <= set(names())
