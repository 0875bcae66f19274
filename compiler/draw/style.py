"""Colours and type: themes, a colour for each kind of operation and each kind of block, heat for costs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from ...base.records import dataclass

POINTS = {"name": 9.0, "count": 9.0, "plain": 9.0, "small": 8.0, "edge": 8.0, "frame": 9.0, "legend": 7.5}
BOLD = frozenset({"name", "count"})  # styles of words
SMALLEST = 6.0  # points on paper; smaller text cannot be read


@dataclass(frozen=True, slots=True)
class Theme:
    """Every colour of a picture. `blocks` are given to the kinds of block in order of appearance."""

    name: str
    page: str
    text: str
    faint: str  # small text
    line: str
    skip: str
    frame: str
    frame_fills: tuple[str, str]  # by turns, from the outside in
    families: Mapping[str, str]
    other: str
    blocks: tuple[str, ...]
    heat: tuple[str, ...]
    marks: Mapping[str, str]  # what became of a step between two networks
    skip_style: str = "solid"
    count: str = ""
    stroke: str = ""  # one colour around every box; empty: a darker (or lighter) shade of its own
    strokes: Mapping[str, str] = field(default_factory=dict)


LIGHT = Theme(
    name="light",
    page="#ffffff",
    text="#16191d",
    faint="#454c55",
    line="#5a626c",
    skip="#b4480f",
    frame="#c3cad2",
    frame_fills=("#f7f8fa", "#ffffff"),
    families={
        "convolution": "#cfe0f4",
        "dense": "#e2d6f1",
        "norm": "#e6ebe8",
        "activation": "#fbe7bd",
        "pool": "#f7d2cd",
        "merge": "#ffffff",
        "attention": "#c8ebe2",
        "port": "#ffffff",
    },
    other="#ebebe8",
    blocks=("#d3e8d2", "#fde0c4", "#d9def7", "#f4d5e6", "#cdebf0", "#f4efbf", "#e3d9cb", "#dfeec0"),
    marks={"same": "#f0f1f3", "added": "#c3e6bd", "removed": "#f5c6c1", "changed": "#fae39a", "renamed": "#d3e2f6", "moved": "#e3d3f2"},
    heat=("#fff8ee", "#fee3bb", "#fdc48a", "#fb9a5c", "#e7643a", "#bf2f1f"),
    count="#9c1f1f",
)

DARK = Theme(
    name="dark",
    page="#14181d",
    text="#eef1f4",
    faint="#c3cad2",
    line="#98a2ad",
    skip="#f0a05a",
    frame="#454e59",
    frame_fills=("#1b2027", "#222932"),
    families={
        "convolution": "#274a6d",
        "dense": "#4c3a6b",
        "norm": "#38423d",
        "activation": "#5b4a1c",
        "pool": "#6a3532",
        "merge": "#222932",
        "attention": "#1d5347",
        "port": "#222932",
    },
    other="#3b3f44",
    blocks=("#2c4f35", "#6a4422", "#3a4278", "#653252", "#1f525b", "#55501d", "#51473a", "#44551f"),
    marks={"same": "#262c34", "added": "#245c2b", "removed": "#74302c", "changed": "#5f4d12", "renamed": "#2b4a70", "moved": "#513570"},
    heat=("#2a2320", "#4a2c1f", "#6d3a20", "#a04a1e", "#d9772f", "#ffc27a"),
    count="#ffb4a6",
)

PRINT = Theme(
    name="print",
    page="#ffffff",
    text="#000000",
    faint="#000000",
    line="#000000",
    skip="#000000",
    frame="#8c8c8c",
    frame_fills=("#ffffff", "#ffffff"),
    families={},
    other="#ffffff",
    blocks=("#e9e9e9",),
    marks={"same": "#ffffff", "added": "#dedede", "removed": "#dedede", "changed": "#dedede", "renamed": "#ffffff", "moved": "#dedede"},
    heat=("#ffffff", "#e4e4e4", "#c9c9c9", "#aaaaaa", "#7f7f7f", "#4a4a4a"),
    skip_style="dotted",
    count="#000000",
    stroke="#000000",
)

THEMES: Mapping[str, Theme] = {theme.name: theme for theme in (LIGHT, DARK, PRINT)}


def channels(color: str) -> tuple[int, int, int]:
    return int(color[1:3], 16), int(color[3:5], 16), int(color[5:7], 16)


def luminance(color: str) -> float:
    """Relative luminance, as WCAG 2 defines it."""
    parts = [value / 255 for value in channels(color)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, two: str) -> float:
    """The ratio of WCAG 2, from 1 to 21; text wants 4.5 at least."""
    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def mixed(one: str, two: str, share: float) -> str:
    """`share` of the way from colour `one` to colour `two`."""
    parts = [round(a + (b - a) * share) for a, b in zip(channels(one), channels(two), strict=True)]
    return "#" + "".join(f"{part:02x}" for part in parts)


def readable(fill: str, wanted: str) -> str:
    """`wanted` where it can be read on `fill`, else black or white, whichever is plainer."""
    if contrast(fill, wanted) >= 4.5:
        return wanted
    return max(("#000000", "#ffffff"), key=lambda color: contrast(fill, color))


def outline(theme: Theme, fill: str) -> str:
    return theme.stroke or mixed(fill, theme.text, 0.45)


def heat(theme: Theme, share: float) -> str:
    """The colour of a box that costs `share` (0 to 1) of the dearest one."""
    place = max(0.0, min(1.0, share)) * (len(theme.heat) - 1)
    step = min(int(place), len(theme.heat) - 2)
    return mixed(theme.heat[step], theme.heat[step + 1], place - step)
