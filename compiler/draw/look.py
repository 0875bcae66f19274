"""How a picture is to look."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import PurePath
from urllib.parse import quote

from ...base.records import dataclass
from ...base.source import Span
from .style import LIGHT, Theme
from .values import Column

COSTS = ("parameters", "macs", "activations")


def by_file_name(span: Span) -> str:
    """The link to a place in the source: the file's name and the line."""
    return f"{quote(PurePath(span.source.name).name)}#L{span.line}"


@dataclass(frozen=True, slots=True)
class Look:
    """How a picture is to look. `color_by`: kind, none, parameters, macs, activations, or a name with `values`.

    `direction`: TB, LR, BT or RL; None is TB, and a U where long skips nest. `values` gives a number for nodes (by their unique path), such as measured seconds; `unit` is printed after them.
    `width` is in inches: a wider picture is made smaller to fit. `resolution` is in dots an inch, for bitmaps. `link` makes the address of a place in the source.
    """

    theme: Theme = LIGHT
    direction: str | None = None
    color_by: str = "kind"
    width: float | None = None
    values: Mapping[str, float] | None = None
    unit: str = ""
    column: Column | None = None
    """Numbers of the reader's own; they colour the boxes where `color_by` is their name."""
    legend: bool = True
    resolution: int = 72
    link: Callable[[Span], str] = by_file_name
    plain: bool = False
    """Names alone: nothing of what is in a box, no shapes beside lines."""

    @property
    def own(self) -> Column | None:
        """The reader's numbers, where they colour the boxes."""
        return self.column if self.column is not None and self.column.name == self.color_by else None


PLAIN = Look()
