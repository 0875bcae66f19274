"""The DOT language: boxes, lines and attributes as the text that Graphviz reads."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_]*|-?(\.[0-9]+|[0-9]+(\.[0-9]*)?)")
FRAME = "cluster_"
"""What the name of a part begins with that has a frame."""
_KEYWORDS = frozenset({"node", "edge", "graph", "digraph", "subgraph", "strict"})


class Said(str):
    """A text in which no backslash means anything, and no `<` makes it HTML."""

    __slots__ = ()

    @staticmethod
    def of(text: str) -> Said:
        return Said(text.replace("\\", "\\\\"))


class Drawing:
    """A directed graph, or a part of one, line by line. A value in angle brackets is HTML unless it is `Said`."""

    def __init__(self, name: str = "", word: str = "digraph") -> None:
        self.is_frame = name.startswith(FRAME)
        self._head = f"{word} {quoted(name)} {{" if word and name else "{"
        self._lines: list[str] = []

    @property
    def source(self) -> str:
        return "\n".join([self._head, *self._lines, "}"]) + "\n"

    def attr(self, what: str, **values: str) -> None:
        """Of all that follow, `what` being graph, node or edge."""
        self._add(what + _listed(sorted(values.items())))

    def node(self, name: str, **values: str) -> None:
        self._add(quoted(name) + _listed(_label_first(values)))

    def edge(self, tail: str, head: str, **values: str) -> None:
        self._add(f"{quoted(tail)} -> {quoted(head)}{_listed(_label_first(values))}")

    @contextmanager
    def subgraph(self, name: str = "", rank: str = "") -> Iterator[Drawing]:
        """A part: a frame where its name says so, boxes side by side where it has a rank."""
        part = Drawing(name, "subgraph" if name else "")
        if rank:
            part._add(f"rank={rank}")
        yield part
        self._lines += [f"\t{line}" for line in (part._head, *part._lines, "}")]

    def _add(self, line: str) -> None:
        self._lines.append("\t" + line)


def quoted(text: str) -> str:
    """A name or a value as DOT writes it."""
    if text.startswith("<") and text.endswith(">") and not isinstance(text, Said):
        return text
    if _PLAIN.fullmatch(text) and text.lower() not in _KEYWORDS:
        return text
    return '"' + text.replace('"', '\\"') + '"'


def _label_first(values: dict[str, str]) -> list[tuple[str, str]]:
    return sorted(values.items(), key=lambda row: (row[0] != "label", row[0]))


def _listed(values: Sequence[tuple[str, str]]) -> str:
    return f" [{' '.join(f'{quoted(name)}={quoted(value)}' for name, value in values)}]" if values else ""
