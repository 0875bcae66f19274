"""Pictures laid out, and what Graphviz led wrong mended: as geometry, and in every format that Graphviz draws."""

from __future__ import annotations

from collections.abc import Sequence

from .dot import Writer
from .graphviz import SECONDS, Failure, render
from .graphviz_json import Geometry, first_of, lay_out
from .mend import mended
from .positions import as_placed, led


def geometries(writers: Sequence[Writer], seconds: float = SECONDS) -> tuple[Geometry, ...] | Failure:
    """Where everything stands in each picture, or why that is not known."""
    made = lay_out([writer.write() for writer in writers], seconds)
    if isinstance(made, Failure):
        return made
    return tuple(_mended(writer, geometry) for writer, geometry in zip(writers, made, strict=True))


def rendered(writer: Writer, form: str, seconds: float = SECONDS) -> bytes | Failure:
    """One picture in the format `form`: as Graphviz draws it, where it led no line wrong."""
    dot = writer.write()
    made = render(dot, f"json+{form}", seconds)
    if isinstance(made, Failure):
        return made
    before, drawn = first_of(made)
    after = _mended(writer, before)
    if after == before:
        return drawn
    placed = render(dot, "dot", seconds)
    return placed if isinstance(placed, Failure) else render(as_placed(led(placed.decode(), before, after)), form, seconds)


def placed(writers: Sequence[Writer], dots: Sequence[str], seconds: float = SECONDS) -> tuple[tuple[str, Geometry], ...] | Failure:
    """Texts that hold the places of all that is in them (`layout=nop2`), each with its geometry; `dots` may have more around the pictures."""
    made = render("\0".join(dots), "dot+json", seconds)
    if isinstance(made, Failure):
        return made
    texts: list[tuple[str, Geometry]] = []
    for writer in writers:
        end = made.index(b"\n}\n") + len(b"\n}\n")
        text = made[:end].decode()
        before, made = first_of(made[end:])
        after = _mended(writer, before)
        texts.append((led(text, before, after, writer.picture.root.name if writer.picture.prefix else ""), after))
    return tuple(texts)


def _mended(writer: Writer, geometry: Geometry) -> Geometry:
    return mended(writer.picture, geometry, writer.ways)
