"""What a body gives, be it written in archc's statements, in lines of Python's, or in both."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from ...base.records import dataclass
from .body import GIVEN, LOOP, PART, Body
from .meant import Unread, Value
from .state import State
from .statements import Row, statements


@dataclass(frozen=True, slots=True)
class Read:
    """What a body gives, None where that is not certain, and whether lines of Python's stand in it."""

    results: tuple[Value, ...] | None
    is_python: bool


def read_body(text: str, inputs: Sequence[str], scalars: Iterable[str]) -> Read:
    """`inputs` are those that a block takes by name, `scalars` its parameters."""
    rows = statements(text)
    flat = list(_all(rows))
    is_python = any(_looks_like_python(row) for row in flat)
    body = Body(_state(flat, inputs, scalars), all(row.text.startswith("self.") for row in flat if _looks_like_python(row)))
    try:
        body.run(rows)
        results = body.results()
    except (Unread, RecursionError):
        return Read(None, is_python or body.state.is_python)
    return Read(results, is_python or body.state.is_python)


def _all(rows: Sequence[Row]) -> Iterable[Row]:
    for row in rows:
        yield row
        if row.body is not None:
            yield from _all(row.body)
        elif (inner := LOOP.match(row.text) or PART.match(row.text)) is not None and inner[inner.re.groups] is not None:
            yield from _all(statements(inner[inner.re.groups]))


_PYTHON: Final = re.compile(r"return\b|(?:self\.)?\w+(?:\s*,\s*\w+)*\s*[-+*/@]?=(?!=)|(?:for|repeat|while|if|elif|else)\b[^{}]*:\s*\Z")


def _looks_like_python(row: Row) -> bool:
    return row.body is not None or _PYTHON.match(row.text) is not None or "self." in row.text


def _state(rows: Sequence[Row], inputs: Sequence[str], scalars: Iterable[str]) -> State:
    given = [match[1].removeprefix("self.") for row in rows if (match := GIVEN.match(row.text)) is not None]
    known = set(inputs) | {match[1] for row in rows if (match := re.match(r"(?:input\s+)(\w+)", row.text)) is not None}
    often = {name for name in given if given.count(name) > 1 or name in known}
    labels = {match[1] for row in rows if (match := re.match(r"([A-Za-z_]\w*)\s*:(?!=)", row.text)) is not None}
    made = {
        match[1] or match[2]
        for row in rows
        if (match := re.match(r"(?:self\.)?(\w+)\s*=\s*[\w.]+\(|self\.(\w+)\s*=\s*\w+\Z", row.text)) is not None
    }
    text = "\n".join(row.text for row in rows)
    called = {
        name
        for name in labels | made
        if name not in often
        and re.search(rf"\bskip\(\s*{name}\s*\)|\boutput\b.*\b{name}\b", text) is None
        and re.search(
            rf"(?<![\w.])(?:self\.)?{name}\s*\((?!\s*\))|(?:->|\n|\A)[ \t]*(?:self\.)?{name}[ \t]*(?:->|\n|\Z)|->[ \t]*{name}\b", text
        )
    }
    entry = Value("entry")
    once = frozenset(name for name in given if len(re.findall(rf"(?<!= )\b{name}\b", text)) == 1)
    state = State(entry, frozenset(often), frozenset(called), once, current=entry, scalars=set(scalars))
    for number, name in enumerate(inputs):
        state.names[name] = entry if number == 0 else Value("input", site=name)
    return state
