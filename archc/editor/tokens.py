"""What each word of a text is, for colours: by the language's own scanner, and names by what they stand for."""

from __future__ import annotations

import re
from typing import Final

from ..base.records import dataclass
from ..dsl.lexer.keywords import read_tokens
from ..dsl.lexer.scanner import WORDS
from .symbols import Index, Kind

_COMMENT: Final = re.compile(r"#[^\n]*")
_NAMES: Final[dict[Kind, str]] = {
    "network": "class",
    "block": "class",
    "imported": "class",
    "parameter": "parameter",
    "argument": "parameter",
    "let": "variable",
    "round": "variable",
    "label": "property",
    "member": "property",
    "input": "property",
    "axis": "property",
    "import": "namespace",
    "operation": "function",
    "function": "function",
    "word": "keyword",
}
KINDS: Final = ("keyword", "string", "number", "comment", "class", "parameter", "variable", "property", "namespace", "function")
_BY_TOKEN: Final = {
    **dict.fromkeys((*WORDS.values(), "VALUE_IF"), "keyword"),
    **dict.fromkeys(("TEXT", "TEXT_START", "TEXT_PIECE", "TEXT_END"), "string"),
    **dict.fromkeys(("NUMBER", "SIZE"), "number"),
}


@dataclass(frozen=True, slots=True)
class Coloured:
    """A piece of one line. `is_definition`: it gives the name."""

    start: int
    end: int
    kind: str
    is_definition: bool = False


def coloured(index: Index) -> tuple[Coloured, ...]:
    """In the order of the text; none goes over the end of a line, and none into another."""
    source = index.source
    names = {(use.span.start, use.span.end): use for use in index.uses}
    texts = {use.span.start: use for use in index.uses}
    found: list[Coloured] = []
    done = 0
    for token in read_tokens(source).tokens:
        found += [Coloured(row.start(), row.end(), "comment") for row in _COMMENT.finditer(source.text, done, token.start)]
        done = max(done, token.end)
        use = names.get((token.start, token.end)) or (texts.get(token.start) if token.kind == "NAME" else None)
        kind = _NAMES.get(use.symbol.kind, "") if use is not None else ""
        kind = kind or _BY_TOKEN.get(token.kind, "")
        start = token.start
        for piece in source.text[token.start : token.end].split("\n") if kind else ():
            if piece:
                found.append(Coloured(start, start + len(piece), kind, use is not None and use.is_definition))
            start += len(piece) + 1
    return tuple(found)
