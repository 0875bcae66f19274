"""DOT with the places of all that is in it, as Graphviz writes it (`-Tdot`): lines led another way, texts moved and put together.

Graphviz draws such a text as it stands (`layout=nop2`), so that what is laid out apart, or mended, has every format that it draws.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from ...base.records import dataclass
from .graphviz_json import Geometry, Point, Way

PLACES = re.compile(
    r'((?:^|[\[\t ])(?:bb|lp|pos)=)"([^"]*)"', re.MULTILINE
)  # a quote within a text has a backslash, within HTML it is `&quot;`
BOUNDS = re.compile(r'\bbb="([^"]*)"')
ROOT = re.compile(r"^\tgraph \[.*?\n?\t\];\n", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True, slots=True)
class Part:
    """A text with places, and how far it is moved to its own, rightwards and downwards."""

    text: str
    x: float = 0.0
    y: float = 0.0


def bounds(text: str) -> tuple[float, float, float, float]:
    """Left, bottom, right and top of a whole picture."""
    found = BOUNDS.search(text)
    assert found is not None
    left, bottom, right, top = map(float, found[1].split(","))
    return left, bottom, right, top


def as_placed(text: str) -> str:
    """The text with the word that its places stand."""
    return ROOT.sub(lambda found: found[0].replace("graph [", "graph [layout=nop2,\n\t\t", 1), text, count=1)


def led(text: str, before: Geometry, after: Geometry, prefix: str = "") -> str:
    """The text with the ways of lines that are others in `after`. `prefix` begins the names of its lines."""
    left, _, _, top = bounds(text)

    def written(point: Point) -> str:
        return f"{point[0] + left:.5g},{top - point[1]:.5g}"

    changed: dict[str, Way] = {
        f"{prefix}e{number}": way for number, (old, way) in enumerate(zip(before.ways, after.ways, strict=True)) if old != way
    }
    changed |= {name: way for name, way in after.common.items() if before.common[name] != way}
    for name, way in changed.items():
        points = list(way.points)
        backwards = _begins_at_its_head(text, name)
        tip = f"{'s' if backwards else 'e'},{written(points.pop())} " if len(points) % 3 == 2 else ""
        values = {"pos": tip + " ".join(map(written, reversed(points) if backwards else points))} | (
            {"lp": written(way.label)} if way.label is not None else {}
        )
        text = _with_values(text, name, values)
    return text


def _begins_at_its_head(text: str, name: str) -> bool:
    """Whether Graphviz leads a line from its head to its tail, as up the arm of a U: this stands before its name, in the order of the alphabet."""
    return re.search(rf"\bdir=back,\n(?:(?!.*\];\n).*\n)*?\t+id={re.escape(name)},\n", text) is not None


def _with_values(text: str, name: str, values: Mapping[str, str]) -> str:
    """Other values of attributes that stand behind the name of a line: Graphviz writes one a row, in the order of the alphabet."""
    for word, value in sorted(values.items()):
        pattern = re.compile(rf'(\bid={re.escape(name)},\n(?:(?!.*\];\n).*\n)*?\t+{word}=)"[^"]*"')
        text = pattern.sub(lambda found, value=value: f'{found[1]}"{value}"', text, count=1)  # type: ignore[misc]
    return text


def moved(text: str, x: float, y: float) -> str:
    """The text with everything further to the right and further up."""

    def point(word: str) -> str:
        begin = word[:2] if word[:2] in ("e,", "s,") else ""
        across, up = word[len(begin) :].split(",")
        return f"{begin}{float(across) + x:.6g},{float(up) + y:.6g}"

    def places(found: re.Match[str]) -> str:
        words = found[2].replace("\\\n", "").split()
        if "bb=" in found[1]:
            x0, y0, x1, y1 = map(float, words[0].split(","))
            return f'{found[1]}"{x0 + x:.6g},{y0 + y:.6g},{x1 + x:.6g},{y1 + y:.6g}"'
        return f'{found[1]}"{" ".join(map(point, words))}"'

    return PLACES.sub(places, text)


def together(head: str, parts: Sequence[Part]) -> str:
    """One text of several. `head` is an empty graph with what all share; a part's corner at the top left comes to its place."""
    bodies = []
    for part in parts:
        left, _, _, top = bounds(part.text)
        body = ROOT.sub("", moved(part.text, part.x - left, -part.y - top), count=1)
        bodies.append(body[body.index("{") + 1 : body.rindex("}")])
    return as_placed(head.rstrip()[:-1] + "".join(bodies) + "}\n")
