"""Pictures laid out, and what Graphviz led wrong mended: as geometry, and in every format that Graphviz draws."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import TypeVar

from .dot import Writer
from .graphviz import SECONDS, Failure, render
from .graphviz_json import Geometry, Place, first_of, lay_out
from .mend import mended
from .positions import as_placed, led

T = TypeVar("T")
Write = Callable[[Writer], str]


def geometries(writers: Sequence[Writer], seconds: float = SECONDS) -> tuple[Geometry, ...] | Failure:
    """Where everything stands in each picture, or why that is not known."""

    def made(some: Sequence[Writer]) -> Sequence[tuple[Geometry, None]] | Failure:
        found = lay_out([writer.write() for writer in some], seconds)
        return found if isinstance(found, Failure) else [(geometry, None) for geometry in found]

    found = _in_order(writers, made)
    if isinstance(found, Failure):
        return found
    return tuple(_mended(writer, geometry) for writer, (geometry, _) in zip(writers, found, strict=True))


def rendered(writer: Writer, form: str, seconds: float = SECONDS) -> bytes | Failure:
    """One picture in the format `form`: as Graphviz draws it, where it led no line wrong."""

    def made(some: Sequence[Writer]) -> Sequence[tuple[Geometry, bytes]] | Failure:
        drawn = render(some[0].write(), f"json+{form}", seconds)
        return drawn if isinstance(drawn, Failure) else [first_of(drawn)]

    found = _in_order([writer], made)
    if isinstance(found, Failure):
        return found
    ((before, drawn),) = found
    after = _mended(writer, before)
    if after == before:
        return drawn
    placed = render(writer.write(), "dot", seconds)
    return placed if isinstance(placed, Failure) else render(as_placed(led(placed.decode(), before, after)), form, seconds)


def placed(writers: Sequence[Writer], texts: Sequence[Write], seconds: float = SECONDS) -> tuple[tuple[str, Geometry], ...] | Failure:
    """Texts that hold the places of all that is in them (`layout=nop2`), each with its geometry; `texts` may write more around the pictures."""
    write = {writer.picture.root.name: text for writer, text in zip(writers, texts, strict=True)}

    def made(some: Sequence[Writer]) -> Sequence[tuple[Geometry, str]] | Failure:
        drawn = render("\0".join(write[writer.picture.root.name](writer) for writer in some), "dot+json", seconds)
        if isinstance(drawn, Failure):
            return drawn
        found: list[tuple[Geometry, str]] = []
        for _ in some:
            end = drawn.index(b"\n}\n") + len(b"\n}\n")
            text = drawn[:end].decode()
            geometry, drawn = first_of(drawn[end:])
            found.append((geometry, text))
        return found

    found = _in_order(writers, made)
    if isinstance(found, Failure):
        return found
    done: list[tuple[str, Geometry]] = []
    for writer, (before, text) in zip(writers, found, strict=True):
        after = _mended(writer, before)
        done.append((led(text, before, after, writer.picture.root.name if writer.picture.prefix else ""), after))
    return tuple(done)


def _in_order(
    writers: Sequence[Writer], made: Callable[[Sequence[Writer]], Sequence[tuple[Geometry, T]] | Failure]
) -> list[tuple[Geometry, T]] | Failure:
    """What is made of each picture where Graphviz looks for crossings twice; where branches lose their order by it, what is made without.

    Where they lose it there as well they are kept from below, which takes more room.
    """
    for writer in writers:
        writer.looks_again, writer.from_below = True, False
    first = made(writers)
    if isinstance(first, Failure):
        return first
    found = list(first)
    for otherwise in (False, True):
        lost = [number for number, writer in enumerate(writers) if not _is_ordered(writer, found[number][0].places)]
        if not lost:
            break
        for number in lost:
            writers[number].looks_again, writers[number].from_below = False, otherwise
        again = made([writers[number] for number in lost])
        if isinstance(again, Failure):
            return again
        for number, one in zip(lost, again, strict=True):
            found[number] = one
    return found


def _is_ordered(writer: Writer, places: Mapping[str, Place]) -> bool:
    """Whether branches stand in the order of the text, from left to right, or from top to bottom where the picture leads across.

    Columns of maps may stand the other way round, all of them, with the largest at the right.
    """

    def ways(rows: Iterable[Sequence[str]]) -> set[bool]:
        pairs = ((places[one], places[two]) for row in rows for one, two in pairwise(row))
        return {two.y > one.y if writer.leads_across else two.x > one.x for one, two in pairs}

    columns = ways(row for grid in writer.scales.grids.values() for row in grid.rows)
    return len(columns) < 2 and False not in ways(row.names for rows in writer.beside.values() for row in rows)


def _mended(writer: Writer, geometry: Geometry) -> Geometry:
    return mended(writer.picture, geometry, writer.ways)
