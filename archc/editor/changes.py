"""Changes to texts: layout, fixes, and names written anew."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from ..base.diagnostics import Edit
from ..base.records import dataclass
from ..base.source import Source
from ..compiler.ops import TABLE
from ..dsl.format.printer import format_source
from ..grammar import TABLES
from .meaning import definition, references
from .service import Service


def layout(source: Source, first: int = 1, last: int | None = None) -> tuple[Edit, ...]:
    """What the one layout changes in the lines `first` to `last` (from 1). A text with mistakes is left as it is."""
    before, after = source.text.split("\n"), format_source(source).split("\n")
    last = len(before) if last is None else last
    edits = []
    for tag, start, end, new_start, new_end in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if tag == "equal" or end < first or start + 1 > last:
            continue
        edits.append(_lines(source, before, start, end, after[new_start:new_end]))
    return tuple(edits)


def _lines(source: Source, before: list[str], start: int, end: int, lines: list[str]) -> Edit:
    """The edit that puts `lines` in place of the lines `start` to `end` (from 0, `end` left out)."""
    text = "".join(f"{line}\n" for line in lines)
    if end < len(before):
        return Edit(source.span(source.line_starts[start], source.line_starts[end]), text)
    # The last line has no end: its own is that of the line before.
    begin = source.line_starts[start] - 1 if start else 0
    return Edit(source.span(begin, len(source.text)), ("\n" if start and lines else "") + text.removesuffix("\n"))


@dataclass(frozen=True, slots=True)
class Refused:
    """A name cannot be written anew; `why` is for a person."""

    why: str


def rename(
    service: Service, path: str, offset: int, name: str, folders: tuple[str, ...] = (), library: str = ""
) -> dict[str, tuple[Edit, ...]] | Refused:
    """The edits of each file that give what stands at a place another name. It is tried first: the files must be as sound as before."""
    wrong = why_not(service, path, offset, library)
    if wrong is not None:
        return wrong
    if not re.fullmatch(TABLES["patterns"]["NAME"], name) or name in TABLES["words"] or name in ("in", "skip", "reuse"):
        return Refused(f"`{name}` is no name: letters, digits and `_`, a letter first, and no word of the language")
    if name in TABLE:
        return Refused(f"`{name}` is an operation")
    index = service.index(path)
    use = index.at(offset) if index is not None else None
    assert use is not None
    found: dict[str, dict[int, Edit]] = {}
    for file, place in references(service, path, use.symbol, folders):
        text = place.span.text
        quoted = text.startswith('"')
        found.setdefault(file, {})[place.span.start] = Edit(place.span, f'"{name}"' if quoted else name)
    edits = {file: tuple(rows[start] for start in sorted(rows)) for file, rows in found.items()}
    meaning = definition(service, path, use.symbol)
    assert meaning is not None
    around = [file for file in service.files_around(meaning.path, folders) if _names(service, file, meaning.symbol.name)]
    return _tried(service, edits, name, (*edits, *around[:MOST_TRIED])) or edits


MOST_TRIED = 50
"""How many files around that hold the name are checked before it is written anew."""


def _names(service: Service, file: str, word: str) -> bool:
    source = service.source(file)
    return source is not None and word in source.text


def why_not(service: Service, path: str, offset: int, library: str = "") -> Refused | None:
    """Why what stands at a place cannot be given another name."""
    index = service.index(path)
    use = index.at(offset) if index is not None else None
    if use is None:
        return Refused("here is no name")
    found = definition(service, path, use.symbol)
    if found is None or found.symbol.kind == "import":
        alias = found is not None and use.symbol.plain and use.symbol.span is not None
        if not alias:
            return Refused(f"`{use.symbol.name}` is defined in no file of yours")
        return Refused("write the import's `as` anew by hand: the name of a file is no name of the text")
    if library and found.path.startswith(library):
        return Refused(f"`{use.symbol.name}` is defined in a file that comes with archc")
    return None if found.symbol.plain else Refused(f"the label `{found.symbol.name}` is worked out, and has no name to write anew")


def _tried(service: Service, edits: dict[str, tuple[Edit, ...]], name: str, files: tuple[str, ...]) -> Refused | None:
    """Why the edits would not do: they are made in a service of their own, and what it says of each file is compared."""
    trial = Service()
    for path in service.opened:
        source = service.source(path)
        if source is not None:
            trial.open(path, source.text)
    for path, rows in edits.items():
        text = rows[0].span.source.text
        for edit in reversed(rows):
            text = text[: edit.span.start] + edit.text + text[edit.span.end :]
        trial.open(path, text)
    for path in dict.fromkeys(files):
        before = [row.code for row in service.answer(path).diagnostics if row.is_error]
        after = [row for row in trial.answer(path).diagnostics if row.is_error]
        if len(after) > len(before):
            return Refused(f"with the name `{name}`: {after[0].message} (line {after[0].primary.span.line})")
        if not before and [row.program for row in service.answer(path).networks] and not _as_many(service, trial, path):
            return Refused(f"with the name `{name}` the networks of the file would be others")
    return None


def _as_many(service: Service, trial: Service, path: str) -> bool:
    """Whether the networks make the same operations of the same shapes as before."""
    shapes = [
        [[(type(node.operation), node.shape) for node in row.program.nodes] for row in one.answer(path).networks if row.program is not None]
        for one in (service, trial)
    ]
    return shapes[0] == shapes[1]
